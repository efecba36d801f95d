"""Lines for the first screen: how whole models compare, and which blocks to choose."""

from __future__ import annotations

from collections.abc import Sequence

from spbench.measure.statistics import Verdict
from spbench.report.case import percent
from spbench.report.models.case import DENSE_TWIN, SUBJECT, ModelCase
from spbench.report.models.comparison import ModelComparison
from spbench.report.models.numbers import milliseconds, points, ratio
from spbench.report.models.study import ModelStudy
from spbench.report.models.trade_off import Choice, Measure, TradeOff
from spbench.store.quality_row import QualityRow

CASES_SAID = 8
RIVALS_SAID = 4


def model_lines(study: ModelStudy) -> tuple[str, ...]:
    """One line for each model, size and number of threads: at the highest sparsity measured.

    Further ones are counted in the last line. Of a model without any other runtime there is
    one line, about its first case.
    """
    chosen = [case for case in _at_highest_sparsity(study) if case.counted(SUBJECT)]
    if not chosen:
        return (_line("Models", _why_nothing(study)),) if study.cases else ()
    compared = [case for case in chosen if study.rivals(case)]
    known = {case.model for case in compared}
    alone = {case.model: case for case in reversed(chosen) if case.model not in known}
    said = [*compared, *alone.values()][:CASES_SAID]
    lines = [_line(case.model, _case(study, case)) for case in said]
    more = len(study.cases) - len(lines)
    if more > 0:
        noun = "case is" if more == 1 else "cases are"
        lines.append(_line("Models", f"{more} more {noun} in the table below"))
    return tuple(lines)


def trade_off_lines(found: Sequence[TradeOff], qualities: Sequence[QualityRow]) -> tuple[str, ...]:
    """For each trade-off a sentence that answers "which block size?" by its main measure."""
    if qualities and not found:
        count = "one model was" if len(qualities) == 1 else f"{len(qualities)} models were"
        missing = f"{count} evaluated, without latencies: bench them with the same --out"
        return (_line("Blocks", missing),)
    return tuple(_line("Blocks", which_blocks(each)) for each in found if each.measures)


def which_blocks(found: TradeOff) -> str:
    """The fastest blocks for each loss that one may allow, from the measured points."""
    measure = found.measures[0]
    choices = found.choices(measure)
    head = f"{found.model} {found.size}, {measure}: "
    if not choices:
        return f"{head}no pruned model loses {measure.told(measure.losses[-1])} or less"
    told = "; ".join(_choice(each, measure) for each in choices)
    winners = list(dict.fromkeys(each.best.block for each in choices))
    if len(found.blocks) == 1:
        answer = f"only {winners[0]} was measured"
    elif len(winners) == 1:
        answer = f"choose {winners[0]} at every loss told"
    else:
        answer = "it depends on the loss allowed"
    return f"{head}{answer}: {told}"


def _choice(choice: Choice, measure: Measure) -> str:
    loss = points(choice.loss) if measure.is_accuracy else f"{choice.loss.value:.3f}"
    rival = choice.next_best
    after = f", next {rival} {milliseconds(rival.time.value)} ms" if rival else ""
    time = milliseconds(choice.best.time.value)
    return f"within {measure.told(choice.allowed)} {choice.best} ({time} ms, loss {loss}{after})"


def _at_highest_sparsity(study: ModelStudy) -> list[ModelCase]:
    """Of each model, size, blocks and setting the case with the most zeros."""
    found: dict[tuple, ModelCase] = {}
    for case in study.cases:
        key = (case.panel, case.setting)
        if key not in found or found[key].sparsity <= case.sparsity:
            found[key] = case
    return list(found.values())


def _case(study: ModelStudy, case: ModelCase) -> str:
    own = case.counted(SUBJECT)
    zeros = f" at {percent(case.sparsity)}" if case.sparsity else ""
    head = f"{case.size}{zeros} ({case.setting}) {milliseconds(own.time_ns)} ms: "
    rivals = study.rivals(case)
    if not rivals:
        return head + _no_rival(study, case)
    told = ", ".join(map(_against, rivals[:RIVALS_SAID]))
    more = len(rivals) - RIVALS_SAID
    return f"{head}{told}{f' and {more} more' if more > 0 else ''}"


def _against(comparison: ModelComparison) -> str:
    times, name = ratio(comparison.interval), comparison.rival.runtime
    match comparison.verdict:
        case Verdict.FASTER:
            return f"{times} faster than {name}"
        case Verdict.SLOWER:
            return f"slower than {name}, {times}"
        case _:
            return f"undecided against {name}, {times}"


def _no_rival(study: ModelStudy, case: ModelCase) -> str:
    others = [name for name in case.rows if name not in (SUBJECT, DENSE_TWIN)]
    if not others:
        return "no other runtime in this run: bench with --runtime all"
    if any(study.comparison(case, name) for name in others):
        return "other processes had the core during every comparison: bench on a quiet machine"
    return "no other runtime has a result that counts, see what did not run"


def _why_nothing(study: ModelStudy) -> str:
    for case in study.cases:
        row = case.rows.get(SUBJECT)
        if row is not None and row.reason:
            return f"{SUBJECT} has no result that counts: {row.reason}"
    return f"{SUBJECT} is not in this run: bench with --runtime {SUBJECT},..."


def _line(name: str, text: str) -> str:
    """The first word is what a page sets off."""
    return f"{'-'.join(name.split()):<10} {text}"
