"""Tables to decide by: from which sparsity on a shape gains, and what to do with each layer."""

from __future__ import annotations

from collections.abc import Sequence

from spbench.measure.statistics import CONFIDENCE
from spbench.report.break_even import BreakEven
from spbench.report.case import layer_names, percent
from spbench.report.recommendation import LayerAdvice, Recommendation
from spbench.report.study import Study
from spbench.report.table import Cell, Table

LAYOUT = "gain with change of layout"


def break_even(study: Study) -> Table:
    """Each random shape: where it breaks even with the fastest dense library."""
    return Table(
        "Break-even with the fastest dense library, by shape",
        ["MxK", "N", "break-even", "with change of layout", "measured at", "fastest dense"],
        [
            _break_even_row(*both)
            for both in zip(study.break_evens, study.break_evens_with_layout, strict=True)
        ],
        "The sparsity at which both take the same time, and its"
        f" {percent(CONFIDENCE)} interval; then the same where each library also pays for bringing"
        " X into its own layout. A line a + b (1 - s) is fitted to the times at the"
        " measured sparsities; the interval is bootstrapped over rounds and widened to hold the fits"
        " without any one of the points. 'fit' marks what lies beyond the measured sparsities, or"
        " rests on two of them, through which every line goes: it is only as good as the line, and"
        " what stands in its brackets claims no confidence. 'Below the lowest' and 'above the"
        " highest measured' are said only where the case measured there bears it out.",
    )


def _break_even_row(found: BreakEven, with_layout: BreakEven) -> list[str]:
    m, k, n = found.shape
    measured = [percent(each.case.sparsity) for each in found.points]
    shown = measured if len(measured) <= 4 else [measured[0], "...", measured[-1]]
    return [
        f"{m}x{k}",
        str(n),
        str(found),
        str(with_layout),
        ", ".join(shown),
        ", ".join(found.rivals),
    ]


def recommendation(found: Recommendation) -> Table:
    """Each layer of a model: what to do with it, what that gains, what it weighs."""
    names = layer_names(each.best.case for each in found.layers)
    rows = [_advice_row(names[each.tensor], each, found.share(each)) for each in found.layers]
    advised = ", ".join(f"{advice} in {count}" for advice, count in found.advised.items())
    whole = [str(found.gain), str(found.gain_with_layout)]
    rows.append(["all layers as advised", "", "", "", advised, *whole, "", "100 %"])
    return Table(
        f"What to do with the layers of {found.model} at N={found.n}",
        [
            "layer",
            "MxK",
            "blocks",
            "zeros",
            "advice",
            "gain",
            LAYOUT,
            "over",
            "share of dense time",
        ],
        rows,
        "Gain is the time of the fastest dense library over the time as advised, with its"
        f" {percent(CONFIDENCE)} interval, then the same where each library also pays for bringing X"
        " into its own layout (layers that follow each other in one layout do not); a layer that stays dense gains nothing and weighs in the"
        f" sum with its dense time.{_unknown(found.unknown)}{_not_run(found)}",
    )


def _advice_row(name: str, layer: LayerAdvice, share: float) -> list[Cell | str]:
    case = layer.best.case
    return [
        name,
        "x".join(map(str, case.shape)),
        layer.pattern,
        percent(case.sparsity_real),
        Cell(layer.advice, layer.best.verdict),
        str(layer.gain),
        str(layer.gain_with_layout),
        layer.dense_backend,
        percent(share),
    ]


def _not_run(found: Recommendation) -> str:
    return "".join(
        f" Blocks of {pattern} did not run in {count} layer{'s' * (count > 1)}: {reason}."
        for (pattern, reason), count in found.not_run.items()
    )


def _unknown(tensors: Sequence[str]) -> str:
    if not tensors:
        return ""
    return f" Without a comparison that counts, and in no sum: {', '.join(tensors)}."
