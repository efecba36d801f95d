"""One case, measured once more: what the command in a row does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.store.schema import Row
from spbench.sweeps.case_runner import CaseRunner
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.machine import machine
from spbench.sweeps.plan import Plan
from spbench.sweeps.row import RowMaker
from spbench.sweeps.thread_count import require_cpus


def measure_one(given: Mapping[str, Any], layer: str | None = None) -> list[Row]:
    """The rows of the only case that ``given`` names (keys of :class:`SweepConfig`).

    ``layer`` is a tensor of the model ``from_model``. Raises :class:`InputError`
    unless exactly one case is named, and every option has an effect on it.
    """
    given = _for_layer(dict(given), layer)
    config = SweepConfig.build(None, given)
    plan = Plan.new(config, given)
    if len(plan.cases) != 1:
        raise InputError(f"one case is measured, these options name {len(plan.cases)}; see `sweep`")
    require_cpus(max(config.threads))
    weight_of = plan.model.weight if plan.model else lambda problem: None
    maker = RowMaker("one", str(machine(measure=False)["fingerprint"]), config.protocol)
    with CaseRunner(config.backends, config.protocol, maker, weight_of) as runner:
        return runner.measure(plan.cases[0])


def _for_layer(given: dict[str, Any], layer: str | None) -> dict[str, Any]:
    """A layer by its exact name, at the tokens given."""
    model = given.get("from_model")
    if (model is None) != (layer is None):
        raise InputError("a model's layer needs both --from-model DIR and --layer NAME")
    if model is None or layer is None:
        return given
    name = Checkpoint.open(model).layer(layer).name
    tokens = given.pop("tokens", None)
    given |= {"model_layers": f"^{re.escape(name)}$"}
    return given if tokens is None else given | {"model_tokens": tokens}
