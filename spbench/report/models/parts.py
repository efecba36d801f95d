"""What a page says of whole models, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from spbench.report import figures
from spbench.report.blocks import Block, Commands, Heading, Paragraph, Sketch
from spbench.report.machine import Machines
from spbench.report.models import quality_tables, tables
from spbench.report.models.limit_verdict import limit_lines
from spbench.report.models.prediction import Prediction, predictions
from spbench.report.models.study import ModelStudy
from spbench.report.models.trade_off import TradeOff, trade_offs
from spbench.report.models.verdict import model_lines, trade_off_lines
from spbench.report.study import Study
from spbench.store.quality_row import QualityRow

SETTINGS_DRAWN = 3
"""Settings beyond these have tables only: figures are nearly all the time that a report takes."""
TRADE_OFFS_DRAWN = 4


@dataclass(frozen=True, eq=False)
class Models:
    """Whole models of a results folder; ``products`` are the studies of its GEMM rows.

    ``origin`` is what the model of the products was before it was pruned, if that is known.
    """

    study: ModelStudy
    qualities: Sequence[QualityRow]
    products: Sequence[Study]
    origin: str = ""

    @classmethod
    def none(cls) -> Models:
        """For a run of products only."""
        return cls(ModelStudy([]), [], [])

    @cached_property
    def trade_offs(self) -> list[TradeOff]:
        return trade_offs(self.study, self.qualities)

    @cached_property
    def predictions(self) -> list[Prediction]:
        return predictions(self.study, self.products, self.origin)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """For the first screen."""
        return (
            *model_lines(self.study),
            *limit_lines(self.study.limited),
            *trade_off_lines(self.trade_offs, self.qualities),
        )

    @property
    def warning(self) -> str:
        """About outputs that were wrong and runtimes that failed; empty if none."""
        return tables.bad_models(self.study)

    @property
    def subject(self) -> str:
        """The models' names; empty without one."""
        names = dict.fromkeys([row.model for row in [*self.study.rows, *self.qualities]])
        return ", ".join(names)

    @property
    def hosts(self) -> list[str]:
        return list(dict.fromkeys(row.host for row in self.study.rows))

    def parts(self, machines: Machines) -> list[Block | Sketch]:
        """Everything from the latencies to the trade-off."""
        return [
            Heading("Whole models"),
            *self._latency(machines),
            Heading("Whole models: predicted and measured"),
            tables.predicted(self.predictions),
            Heading("Throughput under a latency limit"),
            Sketch(partial(figures.model_limit.draw, self.study, machines)),
            tables.throughput_under_limit(self.study.limited),
            Heading("Accuracy against latency"),
            *self._trade_off(machines),
            quality_tables.qualities(self.qualities),
        ]

    def _latency(self, machines: Machines) -> list[Block | Sketch]:
        settings = [
            setting
            for setting, cases in self.study.settings.items()
            if any(map(self.study.rivals, cases))
        ]
        found: list[Block | Sketch] = []
        for number, setting in enumerate(settings[:SETTINGS_DRAWN], 1):
            suffix = "" if number == 1 else f"-{number}"
            for draw in (figures.model_latency.draw, figures.model_gain.draw):
                found.append(Sketch(partial(draw, self.study, setting, machines), suffix))
        if len(settings) > SETTINGS_DRAWN:
            found.append(
                Paragraph(
                    f"Figures are drawn for the first {SETTINGS_DRAWN} of {len(settings)} settings;"
                    " the tables have all of them."
                )
            )
        return [
            *found,
            tables.latencies(self.study),
            Sketch(partial(figures.model_ops.draw, self.study, machines)),
            tables.time_by_op(self.study),
            tables.loading(self.study),
        ]

    def _trade_off(self, machines: Machines) -> list[Block | Sketch]:
        sketches = [
            Sketch(
                partial(figures.trade_off.draw, each, machines), "" if number == 1 else f"-{number}"
            )
            for number, each in enumerate(self.trade_offs[:TRADE_OFFS_DRAWN], 1)
        ]
        return [
            *sketches,
            quality_tables.choices(self.trade_offs),
            quality_tables.trade_offs(self.trade_offs),
        ]

    def trust(self) -> list[Block]:
        """What counts with a remark, and what is left out."""
        return [tables.remarks(self.study), tables.left_out(self.study)]

    def runtimes(self) -> list[Block]:
        """What really ran."""
        return [tables.model_runtimes(self.study)]

    def method(self) -> list[Block]:
        """How models were measured, and on what texts they were judged."""
        return [tables.protocol(self.study), quality_tables.data(self.qualities)]

    def commands(self) -> list[Block]:
        """What repeats the rows, each command once."""
        rows = [*self.study.rows, *self.qualities]
        lines = tuple(dict.fromkeys(row.command for row in rows if row.command))
        return [Commands(lines)] if lines else []
