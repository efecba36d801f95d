"""The paper's comparisons: spbench against each sparse and each dense library."""

from __future__ import annotations

from collections.abc import Sequence

from spbench.report.case import percent
from spbench.report.comparison import count_verdicts
from spbench.report.contender import footnotes
from spbench.report.machine import MachineFacts
from spbench.report.rival import Rival, means_by_tokens, token_groups, type_share
from spbench.report.speedup_tables import by_sparsity, ratio_cell
from spbench.report.study import SUBJECT, Study
from spbench.report.summary import Summary, means
from spbench.report.table import Cell, Table


def over_libraries(study: Study, machine: MachineFacts, sparse: bool) -> Table:
    """Mean over each library of one kind at each sparsity, split by type and kernel."""
    rivals = study.libraries_that_are(sparse)
    labels, notes = footnotes([each.contender for each in rivals], machine)
    rows, facets = [], []
    for rival in rivals:
        share = type_share(rival.contender, machine)
        for tokens, found in means_by_tokens(rival).items():
            for sparsity, summary in found.items():
                start = [labels[rival.name], rival.contender.precision, _listed(tokens)]
                cases = (each for each in rival.comparisons if each.case.n in tokens)
                counts = count_verdicts(each for each in cases if each.case.sparsity == sparsity)
                rows.append([*start, percent(sparsity), *_cells(summary, share), counts])
                facets.append({"backend": rival.name, "sparsity": percent(sparsity)})
    return Table(
        f"Speed-up of {SUBJECT} over each {_kind(sparse)} library",
        [
            *("backend", "type", "tokens", "zeros"),
            *("speed-up", "type x kernel", "spread", "worst and best case", "cases"),
        ],
        rows,
        "Geometric mean over shapes and N, random weights, the nearest library first. Spread: the"
        " geometric standard deviation of the cases; two thirds of those that scatter normally lie"
        " within a factor of it from their mean. Disturbed cases enter none of these."
        f"{_parts(rivals, machine)}{notes}",
        facets=facets,
    )


def over_libraries_by_shape(study: Study, sparse: bool) -> Table:
    """Mean over each library of one kind by shape, for many tokens."""
    rivals = study.libraries_that_are(sparse)
    everything = [each for rival in rivals for each in rival.comparisons]
    tokens = next(iter(token_groups(everything)), [])
    shown = [each for each in everything if each.case.n in tokens]
    sparsities = sorted({each.case.sparsity for each in shown})
    rows = []
    for rival in rivals:
        for m, k in dict.fromkeys(each.case.shape for each in rival.comparisons):
            own = (each for each in rival.comparisons if each.case.shape == (m, k))
            found = means(each for each in own if each.case.n in tokens)
            cells = [ratio_cell(found.get(sparsity)) for sparsity in sparsities]
            rows += [[rival.name, f"{m}x{k}", *cells]] if found else []
    return Table(
        f"Speed-up of {SUBJECT} over each {_kind(sparse)} library by shape, N={_listed(tokens)}",
        ["backend", "MxK", *by_sparsity(sparsities)],
        rows,
        "Geometric mean over N.",
    )


def _cells(summary: Summary, share: float | None) -> list[Cell | str]:
    ratio = summary.interval.value
    return [
        ratio_cell(summary),
        f"{share or 1:.2f} x {ratio / (share or 1):.2f}",
        f"{summary.spread:.2f}",
        ", ".join(
            f"{each.interval.value:.2f} at {'x'.join(map(str, (*each.case.shape, each.case.n)))}"
            for each in (summary.worst, summary.best)
        ),
    ]


def _parts(rivals: Sequence[Rival], machine: MachineFacts) -> str:
    """What the parts of a ratio are, if any library computes in another type."""
    shares = {
        each.contender.precision: share
        for each in rivals
        if (share := type_share(each.contender, machine)) is not None
    }
    if not shares:
        return ""
    told = " and ".join(f"{share:.2f} for {name}" for name, share in sorted(shares.items()))
    return (
        " A speed-up over a library in another type is the product of the type's part, which is"
        f" int8's peak over its own ({told}), and the kernel's part, which is all else."
    )


def _kind(sparse: bool) -> str:
    return "sparse" if sparse else "dense"


def _listed(tokens: Sequence[int]) -> str:
    return ", ".join(map(str, tokens))
