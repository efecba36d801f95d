"""Tables of speed-ups: in sum, by tokens, by shape, by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from spbench.measure.statistics import Interval, Verdict
from spbench.report.case import layer_names, percent
from spbench.report.comparison import Comparison, count_verdicts, sparse_bound
from spbench.report.study import SUBJECT, Study, over
from spbench.report.summary import Summary, means
from spbench.report.table import NOTHING, Cell, Head, Table
from spbench.report.verdict import pays_from, tokens_by_finding

BOUND = (
    "what s zeros are worth if both multiply at the same speed. It is passed where the dense"
    " library stays below its own peak."
)
"""What 1/(1-s) means, wherever it is drawn."""


def headline(study: Study) -> Table:
    """The figures of the verdict, run alone and with the change of layout."""
    rows = [
        _headline_row(f"{model}, N={n}: {len(summary.comparisons)} layers, sum", summary)
        for (model, n), summary in study.models.items()
    ]
    for tokens in tokens_by_finding(study.random).values():
        found = means(each for each in study.random if each.case.n in tokens)
        where = f"random weights, N={', '.join(map(str, tokens))}"
        rows += [
            _headline_row(f"{where}, {percent(sparsity)}: mean", summary)
            for sparsity, summary in found.items()
        ]
    if study.over_sparse:
        row = _headline_row("best other sparse library: mean", study.over_sparse)
        rows.append([*row[:3], NOTHING, row[4]])
    return Table(
        f"Speed-up of {SUBJECT} over {over(study)}",
        ["what", "speed-up", "with change of layout", "bound 1/(1-s)", "cases"],
        rows,
        "A speed-up of 2.00 is half the time; in brackets its 99 % interval; means are geometric."
        " Packing the weights once is in none of the figures. 'With change of layout' adds to"
        " every call what each library pays to bring the activations X from [tokens, channels],"
        " as transformers hold them, into its own layout; Y's way back is not counted. The bound"
        f" 1/(1-s) is {BOUND}",
    )


def _headline_row(name: str, summary: Summary) -> list[Cell | str]:
    return [
        name,
        _ratio(summary.interval, summary.verdict),
        _ratio(summary.with_layout, summary.verdict_with_layout),
        f"{summary.bound:.2f}",
        count_verdicts(summary.comparisons),
    ]


def speedup_by_tokens(study: Study) -> Table:
    """Mean over the random shapes, by number of tokens and sparsity."""
    return _by_tokens(
        f"Speed-up over {over(study)} by number of tokens",
        study.random,
        "Geometric mean over the shapes. 'Pays from' is the lowest measured sparsity from which"
        f" on the whole interval lies more than {percent(study.indifference)} above 1.",
    )


def speedup_over_sparse(study: Study) -> Table:
    """Mean over the random shapes against the best other sparse library of each."""
    return _by_tokens(
        "Speed-up over the best other sparse library by number of tokens",
        [each for each in study.against_sparse if not each.case.from_model],
        "Geometric mean over the shapes; the rival is the fastest sparse library of each case.",
    )


def _by_tokens(title: str, comparisons: Sequence[Comparison], note: str) -> Table:
    groups = _grouped(comparisons, lambda each: each.case.n)
    sparsities = sorted({each.case.sparsity for each in comparisons})
    rows = []
    for n in sorted(groups):
        found = means(groups[n])
        cells = [ratio_cell(found.get(sparsity)) for sparsity in sparsities]
        rows.append([str(n), *cells, _pays({key: found[key].verdict for key in found})])
    return Table(title, ["N", *by_sparsity(sparsities), "pays from"], rows, note)


def speedup_by_shape(study: Study) -> Table:
    """Each random shape at each sparsity, with interval and verdict."""
    groups = _grouped(study.random, lambda each: (*each.case.shape, each.case.n))
    sparsities = sorted({each.case.sparsity for each in study.random})
    rows = []
    for (m, k, n), found in groups.items():
        cells = {each.case.sparsity: each for each in found}
        rows.append(
            [
                f"{m}x{k}",
                str(n),
                *(_comparison_cell(cells.get(sparsity)) for sparsity in sparsities),
                _pays({sparsity: each.verdict for sparsity, each in cells.items()}),
            ]
        )
    return Table(
        f"Speed-up over {over(study)} by shape and sparsity",
        ["MxK", "N", *by_sparsity(sparsities), "pays from"],
        rows,
        f"Bounds 1/(1-s): {_bounds(study.random)}.",
    )


def speedup_by_layer(study: Study) -> Table:
    """Each layer of the model: what it gains, and what it weighs in the whole."""
    names = layer_names(each.case for each in study.layers)
    whole: Counter[tuple[str, int]] = Counter()
    for each in study.layers:
        whole[each.case.model, each.case.n] += each.baseline.time_ns
    rivals = {id(each.case): each for each in study.against_sparse}
    rows = [
        [
            names[each.case.tensor],
            "x".join(map(str, each.case.shape)),
            str(each.case.n),
            percent(each.case.sparsity_real),
            _comparison_cell(each),
            Cell(f"{each.with_layout} {each.word_with_layout}", each.verdict_with_layout),
            f"{each.bound:.2f}",
            _comparison_cell(rivals.get(id(each.case))),
            f"{100 * each.baseline.time_ns / whole[each.case.model, each.case.n]:.1f} %",
        ]
        for each in study.layers
    ]
    return Table(
        f"Speed-up over {over(study)} by layer of the model",
        [
            "layer",
            "MxK",
            "N",
            "zeros",
            "speed-up",
            "with change of layout",
            "bound",
            "over best other sparse",
            "share of dense time",
        ],
        rows,
        "Zeros are counted in blocks that are not stored. A model's layers have its own pruned"
        " weights.",
    )


def _grouped(comparisons: Iterable[Comparison], key: Callable) -> dict:
    groups: dict = {}
    for comparison in comparisons:
        groups.setdefault(key(comparison), []).append(comparison)
    return groups


def _bounds(comparisons: Sequence[Comparison]) -> str:
    sparsities = sorted({each.case.sparsity for each in comparisons})
    return ", ".join(f"{sparse_bound(each):.2f} at {percent(each)}" for each in sparsities)


def _ratio(interval: Interval, verdict: Verdict) -> Cell:
    return Cell(f"{interval} {verdict}", verdict)


def _comparison_cell(comparison: Comparison | None) -> Cell | str:
    if comparison is None:
        return NOTHING
    return Cell(f"{comparison.interval} {comparison.word}", comparison.verdict)


def by_sparsity(sparsities: Iterable[float]) -> list[Head]:
    """Headers of columns that are each about one sparsity."""
    return [Head(percent(each), {"sparsity": percent(each)}) for each in sparsities]


def ratio_cell(summary: Summary | None) -> Cell | str:
    """A speed-up with its interval and verdict; a dash where there is none."""
    return _ratio(summary.interval, summary.verdict) if summary else NOTHING


def _pays(words: dict[float, Verdict]) -> str:
    start = pays_from(words)
    return percent(start) if start is not None else "none measured"
