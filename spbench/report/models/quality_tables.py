"""The tables of what models are still worth, and of accuracy against latency."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from spbench.report.case import percent
from spbench.report.models.case import DENSE
from spbench.report.models.numbers import cosine, median_ms, milliseconds, points, share
from spbench.report.models.trade_off import Measure, TradeOff, block_order
from spbench.report.table import NOTHING, Table
from spbench.store.quality_row import Estimate, QualityRow


def qualities(rows: Sequence[QualityRow]) -> Table:
    """Every evaluated model."""
    fidelities, tasks = (
        _names(rows, lambda row: row.fidelity),
        _names(rows, lambda row: row.accuracy),
    )
    lost = _names(rows, lambda row: row.accuracy_loss)
    found = [
        [
            *_about(row),
            row.reference or NOTHING,
            f"{row.dtype}, {row.runtime}",
            f"{row.texts:,} x {row.tokens}",
            *(_told(row.fidelity.get(name), cosine) for name in fidelities),
            *(_told(row.accuracy.get(name), share) for name in tasks),
            *(_told(row.accuracy_loss.get(name), points) for name in lost),
        ]
        for row in sorted(rows, key=_order)
    ]
    return Table(
        "What each model is still worth",
        [
            *_ABOUT,
            "against",
            "run as",
            "texts x tokens",
            *(name.replace("_", " ") for name in fidelities),
            *(f"{name} accuracy %" for name in tasks),
            *(f"{name} loss, points" for name in lost),
        ],
        found,
        "With 95 % intervals by bootstrap over the same held-out texts. Accuracy is that of a linear"
        " probe on frozen embeddings; its loss is the reference's minus the model's, paired by text.",
        facets=[_facets(row.model, row.pattern, row.sparsity) for row in sorted(rows, key=_order)],
    )


def trade_offs(found: Sequence[TradeOff]) -> Table:
    """Every point: latency, and what the model is worth in each measure."""
    measures = sorted({measure for each in found for measure in each.measures})
    measures.sort(key=lambda measure: not measure.is_accuracy)
    rows, facets = [], []
    for trade_off in found:
        fronts = {measure: trade_off.front(measure) for measure in trade_off.measures}
        for point in sorted(trade_off.points, key=lambda each: each.time.value):
            quality = point.quality
            on_front = [str(measure) for measure, front in fronts.items() if point in front]
            rows.append(
                [
                    *_about(quality),
                    trade_off.size,
                    str(trade_off.threads),
                    median_ms(point.latency),
                    *(_told(point.value(measure), _teller(measure)) for measure in measures),
                    ", ".join(on_front) or NOTHING,
                ]
            )
            facets.append(_facets(quality.model, quality.pattern, quality.sparsity))
    return Table(
        "Accuracy against latency",
        [
            *_ABOUT,
            "batch x tokens",
            "threads",
            "ms a call",
            *(f"{measure} %" if measure.is_accuracy else str(measure) for measure in measures),
            "on the front of",
        ],
        rows,
        "Latency of spbench with its 99 % interval, quality with its 95 % interval. On the front is"
        " what no other model of the table beats in both.",
        facets=facets,
    )


def choices(found: Sequence[TradeOff]) -> Table:
    """The fastest model within each loss that one may allow, in every measure."""
    rows = [
        [
            trade_off.model,
            trade_off.size,
            str(trade_off.threads),
            str(measure),
            measure.told(choice.allowed),
            str(choice.best),
            choice.best.way or NOTHING,
            milliseconds(choice.best.time.value),
            points(choice.loss) if measure.is_accuracy else cosine(choice.loss),
            str(choice.next_best or NOTHING),
            milliseconds(choice.next_best.time.value) if choice.next_best else NOTHING,
        ]
        for trade_off in found
        for measure in trade_off.measures
        for choice in trade_off.choices(measure)
    ]
    return Table(
        "Which blocks: the fastest model within a loss",
        [
            "model",
            "batch x tokens",
            "threads",
            "measure",
            "loss allowed",
            "fastest",
            "pruned by",
            "ms a call",
            "its loss",
            "next other blocks",
            "ms a call",
        ],
        rows,
        "Losses of accuracy in points against the dense model, of a fidelity what is missing to 1. A"
        " loss allowed that changes nothing is left out. The value of the loss decides, not its"
        " interval: where the intervals of two overlap, so may their order.",
        facets=[{"model": str(row[0]), "size": str(row[1])} for row in rows],
    )


def data(rows: Sequence[QualityRow]) -> Table:
    """The texts that models were judged by, as the rows name them: a column a fact."""
    sets: list[dict[str, object]] = []
    for row in rows:
        for name, facts in row.data.items():
            if (one := {"set": name, **facts}) not in sets:
                sets.append(one)
    keys = dict.fromkeys(key for one in sets for key in one)
    return Table(
        "Texts that models were judged by",
        [key.replace("_", " ") for key in keys],
        [[str(one.get(key, NOTHING)) for key in keys] for one in sets],
    )


_ABOUT = ("model", "blocks", "zeros", "pruned by", "then")


def _about(row: QualityRow) -> list[str]:
    zeros = NOTHING if row.pattern == DENSE else percent(row.sparsity)
    return [row.model, row.pattern, zeros, row.method or NOTHING, row.recovery or NOTHING]


def _facets(model: str, pattern: str, sparsity: float) -> dict[str, str]:
    zeros = {} if pattern == DENSE else {"sparsity": percent(sparsity)}
    return {"model": model, "blocks": pattern, **zeros}


def _order(row: QualityRow) -> tuple:
    dense = row.pattern != DENSE
    return (row.model, dense, block_order(row.pattern), row.sparsity, row.source, row.runtime)


def _names(rows: Sequence[QualityRow], of: Callable[[QualityRow], dict]) -> list[str]:
    return sorted({name for row in rows for name in of(row)})


def _teller(measure: Measure) -> Callable[[Estimate], str]:
    return share if measure.is_accuracy else cosine


def _told(estimate: Estimate | None, tell: Callable[[Estimate], str]) -> str:
    return NOTHING if estimate is None else tell(estimate)
