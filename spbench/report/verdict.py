"""The verdict of a run in exactly three lines, from intervals, with undecided where they overlap.

    Model      this model's own layers, as a whole, against the fastest dense library of each
    Shapes     random weights by sparsity against the fastest dense library of each
    Libraries  everything against the best other sparse library of each case

Or against one dense library, where that was asked for. A part that the run does not have says so, and how to get it. 'Faster from s on' means that
from s on every measured interval lies above 1 by more than the indifference zone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from spbench.backends import DEFAULT_BACKENDS, backend_class
from spbench.measure.statistics import Interval, Verdict
from spbench.report.case import percent
from spbench.report.comparison import Comparison, count_verdicts, steady
from spbench.report.contender import Contender, precision
from spbench.report.machine import MachineFacts
from spbench.report.study import Study
from spbench.report.summary import Summary, means
from spbench.store.schema import Status

DENSE_INT8 = "onednn"
SPARSITIES_SAID = 5


def verdict_lines(study: Study, machine: MachineFacts) -> tuple[str, str, str]:
    """The three lines, each one sentence and without a line break.

    ``machine`` is what the study ran on: it tells which libraries are held back there.
    """
    lines = {
        "Model": _model(study),
        "Shapes": _shapes(study),
        "Libraries": _libraries(study, machine),
    }
    first, second, third = (f"{name:<10} {text}" for name, text in lines.items())
    return first, second, third


def pays_from(by_sparsity: dict[float, Verdict]) -> float | None:
    """The sparsity from which on every measured one is faster; None if the highest is not.

    Faster is what lies more than the indifference zone above 1, with its whole interval.
    """
    start = None
    for sparsity in sorted(by_sparsity, reverse=True):
        if by_sparsity[sparsity] is not Verdict.FASTER:
            break
        start = sparsity
    return start


def times(interval: Interval) -> str:
    """A ratio with its interval: ``4.52x [4.40, 4.61]``."""
    return f"{interval.value:.2f}x [{interval.low:.2f}, {interval.high:.2f}]"


def _model(study: Study) -> str:
    asked = [case for case in study.cases if case.from_model]
    if not asked:
        return "not in this run: sweep a pruned model's own layers with --from-model DIR"
    if not study.models:
        return f"undecided: {_nothing_to_average(study, study.layers)}"
    counted = f"{len(study.layers)} of {len(asked)} layer cases: {count_verdicts(study.layers)}"
    return f"{_totals(study)} ({counted})"


def _totals(study: Study) -> str:
    """The predicted speed-up of each model at each number of tokens, led by the common verdict."""
    said = [
        f"{times(summary.interval)} ({_with_layout([summary])}) for the {_linear_layers(summary)} of {model}"
        f" at N={n}, {percent(summary.sparsity_real)} zeros"
        for (model, n), summary in study.models.items()
    ]
    words = [summary.verdict for summary in study.models.values()]
    against = _against(study, study.layers)
    if len(set(words)) == 1:
        return f"{words[0]}: predicted {'; '.join(said)}, {against}"
    mixed = "; ".join(f"{word} {text}" for word, text in zip(words, said, strict=True))
    return f"depends on the tokens: predicted {mixed}, {against}"


def _linear_layers(summary: Summary) -> str:
    count = len(summary.comparisons)
    return "one linear layer" if count == 1 else f"{count} linear layers"


def _shapes(study: Study) -> str:
    asked = sum(not case.from_model for case in study.cases)
    if not asked:
        return "not in this run: sweep shapes with --shapes MxKxN,... --sparsity ..."
    if not steady(study.random):
        return f"undecided: {_nothing_to_average(study, study.random)}"
    against = _against(study, study.random)
    groups = tokens_by_finding(study.random)
    said = "; ".join(
        f"{_at_tokens(tokens, groups)}{finding}: {_by_sparsity(study.random, tokens)}"
        for finding, tokens in groups.items()
    )
    return f"{said}; {against} ({_all_counts(study.random, asked)})"


def _against(study: Study, comparisons: Sequence[Comparison]) -> str:
    """Which dense library it is compared with; of several, in how many cases with which."""
    if study.baseline is not None:
        return f"against {study.contenders[study.baseline]}"
    rivals = Counter(each.baseline.backend for each in comparisons)
    if len(rivals) == 1:
        text = f"against {study.contenders[next(iter(rivals))]}, the fastest dense library"
    else:
        told = _in_how_many({str(study.contenders[name]): rivals[name] for name in rivals})
        text = f"against the fastest dense library of each case, {told}"
    return text if _has_dense_int8(study) else f"{text}; {_no_dense_int8(study)}"


def tokens_by_finding(comparisons: Sequence[Comparison]) -> dict[str, list[int]]:
    """Numbers of tokens that share what can be said of them: a mean over both would hide it."""
    groups: dict[str, list[int]] = {}
    comparisons = steady(comparisons)
    for n in sorted({each.case.n for each in comparisons}, reverse=True):
        found = means(each for each in comparisons if each.case.n == n)
        groups.setdefault(_break_even(_verdicts(found)), []).insert(0, n)
    return groups


def pays_from_words(study: Study) -> str:
    """What the line about shapes says first, without its figures; empty without shapes."""
    groups = tokens_by_finding(study.random)
    return "; ".join(f"{_at_tokens(tokens, groups)}{said}" for said, tokens in groups.items())


def why_nothing(study: Study) -> str:
    """Why a study has nothing to compare: the commonest reason of its subject, or what to do."""
    reasons = Counter(
        row.reason
        for row in study.rows
        if row.backend == study.subject and row.status is not Status.OK and row.reason
    )
    if reasons and not _subject_counts(study):
        return f"{study.subject}: {reasons.most_common(1)[0][0]}"
    return _missing(study)


def _at_tokens(tokens: list[int], groups: dict[str, list[int]]) -> str:
    return f"at N={', '.join(map(str, tokens))} " if len(groups) > 1 else ""


def _by_sparsity(comparisons: Sequence[Comparison], tokens: list[int]) -> str:
    found = _few(means(each for each in comparisons if each.case.n in tokens))
    alone = [f"{times(summary.interval)} at {percent(sparsity)}" for sparsity, summary in found]
    return f"{', '.join(alone)} ({_with_layout([summary for _, summary in found])})"


def _with_layout(summaries: Sequence[Summary]) -> str:
    """What is left of the ratios when each library brings X into its own layout first."""
    ratios = ", ".join(f"{summary.with_layout.value:.2f}x" for summary in summaries)
    return f"{ratios} with change of layout"


def _few(by_sparsity: dict[float, Summary]) -> list[tuple[float, Summary]]:
    """At most as many as a sentence bears, the highest among them."""
    items = list(by_sparsity.items())
    step = -(-len(items) // SPARSITIES_SAID)
    return items[::-step][::-1]


def _verdicts(by_sparsity: dict[float, Summary]) -> dict[float, Verdict]:
    return {sparsity: summary.verdict for sparsity, summary in by_sparsity.items()}


def _break_even(words: dict[float, Verdict]) -> str:
    start = pays_from(words)
    if start is not None:
        lowest = ", the lowest measured" if start == min(words) else ""
        return f"faster on average from {percent(start)} on{lowest}"
    if len(set(words.values())) == 1:
        return f"{words[min(words)]} on average at every sparsity measured"
    if Verdict.FASTER not in words.values():
        return "slower or undecided at every sparsity measured"
    return "undecided from which sparsity on"


def _libraries(study: Study, machine: MachineFacts) -> str:
    found, summary = study.against_sparse, study.over_sparse
    if not found:
        return f"undecided: {_no_sparse_rival(study)}"
    if summary is None:
        return f"undecided: {_all_disturbed(found)}"
    return (
        f"{summary.verdict}: {times(summary.interval)} on average"
        f" ({_with_layout([summary])}) against the best other sparse"
        f" library of each case, {_rivals(study, found, machine)} ({_all_counts(found, len(study.cases))})"
    )


def _no_sparse_rival(study: Study) -> str:
    """Why there is no other sparse library to compare with, and what to do."""
    if not _subject_counts(study):
        return _subject_missing(study)
    others = [name for name in DEFAULT_BACKENDS if name != study.subject]
    sparse = [name for name in others if backend_class(name).sparse]
    asked = [row for row in study.rows if row.backend in sparse]
    if not asked:
        names = ",".join([study.subject, *sparse])
        return f"no other sparse library is in this run: sweep with --backend {names}"
    missing = [row.reason for row in asked if row.status is Status.UNAVAILABLE]
    if missing:
        return f"no other sparse library is installed: {'; '.join(dict.fromkeys(missing))}"
    return "no other sparse library has a result that counts, see what did not run"


def _rivals(study: Study, comparisons: Sequence[Comparison], machine: MachineFacts) -> str:
    """Who the best rival was, how often, and what holds it back here."""
    wins = Counter(comparison.baseline.backend for comparison in comparisons)
    return _in_how_many(
        {_with_handicap(study.contenders[name], machine): wins[name] for name in wins}
    )


def _in_how_many(names: dict[str, int]) -> str:
    """Such as ``onednn (dense int8) in 60 and numpy (dense f32) in 3``."""
    ordered = sorted(names.items(), key=lambda item: (-item[1], item[0]))
    return " and ".join(f"{name} in {count}" for name, count in ordered)


def _with_handicap(contender: Contender, machine: MachineFacts) -> str:
    """Such as ``onemkl-csr (sparse f32, on its generic path here)``."""
    if not contender.on_generic_path(machine):
        return str(contender)
    return f"{contender.name} ({contender.kind}, on its generic path here)"


def _all_counts(comparisons: Sequence[Comparison], asked: int = 0) -> str:
    """``asked``: the cases that there are, told where some of them have no comparison."""
    count = len(comparisons)
    of_all = f" of {asked}" if asked > count else ""
    noun = "case" if max(asked, count) == 1 else "cases"
    return f"{count}{of_all} {noun}: {count_verdicts(comparisons)}"


def _nothing_to_average(study: Study, found: Sequence[Comparison]) -> str:
    return _all_disturbed(found) if found else _missing(study)


def _all_disturbed(found: Sequence[Comparison]) -> str:
    return (
        f"other processes had the core during every comparison ({_all_counts(found)}): sweep"
        " again on a quiet machine"
    )


def _missing(study: Study) -> str:
    """Why there is nothing to compare, and what to do."""
    if not _subject_counts(study):
        return _subject_missing(study)
    if study.baseline in (None, DENSE_INT8):
        return _no_dense_int8(study)
    return _absence(study, "no baseline", study.baseline)


def _has_dense_int8(study: Study) -> bool:
    return any(
        each.counted and not each.sparse and precision(each.dtype) == "int8"
        for each in study.contenders.values()
    )


def _no_dense_int8(study: Study) -> str:
    return _absence(study, "no dense int8 baseline", DENSE_INT8)


def _absence(study: Study, what: str, baseline: str) -> str:
    """Why ``baseline`` has no result, and what to do."""
    reasons = [
        row.reason
        for row in study.rows
        if row.backend == baseline and row.status is Status.UNAVAILABLE
    ]
    if reasons:
        return f"{what}, {baseline} is unavailable: {reasons[0]}"
    if baseline not in study.contenders:
        return f"{what}: sweep with --backend {study.subject},{baseline}"
    return f"{what}: {baseline} has no result that counts, see what did not run"


def _subject_counts(study: Study) -> bool:
    subject = study.contenders.get(study.subject)
    return subject is not None and subject.counted > 0


def _subject_missing(study: Study) -> str:
    if study.subject not in study.contenders:
        others = ",".join(study.contenders)
        return f"{study.subject} is not in this run: sweep with --backend {study.subject},{others}"
    return f"{study.subject} has no result that counts, see what did not run"
