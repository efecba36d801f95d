"""spbench's engine: block-sparse int8 where the weights are."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from spbench.backends.runtimes.base import Availability, OpTimes, Runtime, RuntimeModel
from spbench.engine import Engine
from spbench.formats.checkpoint import Checkpoint

_PROFILED_CALLS = 5


class Own(Runtime):
    """The engine on the model as it is."""

    name = "spbench"
    title = "spbench int8, block-sparse"
    dtype = "int8"

    @classmethod
    def available(cls) -> Availability:
        from spbench import __version__

        return Availability(ok=True, version=__version__)

    def convert(self, model: RuntimeModel) -> None:
        self._model = model

    def load(self, ids: np.ndarray, threads: int) -> None:
        self._ids = ids
        checkpoint = Checkpoint.open(self._model.folder)
        self._engine = Engine(checkpoint, self._model.scales, threads)

    def call(self) -> object:
        self._hidden = self._engine(self._ids).last_hidden_state
        return self._hidden

    def result(self) -> np.ndarray:
        return self._hidden

    def implementation(self) -> str:
        """``engine avx512vnni: 4x1 in 48 of 48 products``."""
        from spbench.kernels.isa import active_isa

        forms = [row.form for row in self._engine.plan().rows if row.form]
        counts = ", ".join(f"{form} in {forms.count(form)}" for form in sorted(set(forms)))
        return f"engine {active_isa()}: {counts} of {len(forms)} products"

    def weight_bytes(self) -> int:
        return self._engine.plan().weight_bytes

    def op_times(self) -> OpTimes:
        """Medians of a few calls; the clock between ops is in no other figure."""
        calls = [self._engine.time_by_op(self._ids) for _ in range(_PROFILED_CALLS)]
        rows = self._engine.plan().rows
        by_kind = times_by_kind(calls, {row.name: row.kind for row in rows})
        products = {row.kind for row in rows if row.form}
        return OpTimes(by_kind, sum(by_kind[kind] for kind in products))

    def release(self) -> None:
        self._engine = self._model = self._hidden = self._ids = None


class OwnDense(Own):
    """The same engine on the model before it was pruned."""

    name = "spbench-dense"
    title = "spbench int8, unpruned"
    unpruned = True


def times_by_kind(calls: Sequence[Mapping[str, int]], kinds: Mapping[str, str]) -> dict[str, float]:
    """From ns of each op in several calls: medians, those of a kind added up."""
    totals: defaultdict[str, float] = defaultdict(float)
    for op in calls[0]:
        totals[kinds[op]] += statistics.median(call[op] for call in calls)
    return dict(totals)
