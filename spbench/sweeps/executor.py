"""Where a sweep is measured: on this machine, or on several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from spbench.measure import settings
from spbench.store.run_folder import RunFolder
from spbench.sweeps.case import Case
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.run import Progress
from spbench.sweeps.weight_of import WeightOf


@dataclass(frozen=True)
class Work:
    """What is still to be measured, host by host, and where its rows go."""

    missing: Mapping[str, Sequence[Case]]
    backends: Sequence[str]
    settings: settings.Protocol
    weight_of: WeightOf
    folder: RunFolder
    progress: Progress


class Executor(Protocol):
    """One machine, or several. A host is named as in ``Row.host``."""

    name: str  # as it is kept with the run
    may_grow: bool  # whether a resumed run may go on with further machines
    notes: list[str]  # what the user should know about the machines

    def check(self, config: SweepConfig) -> None:
        """Raises :class:`InputError` for a sweep that cannot run here."""

    def machines(self, known: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Facts of the hosts that are here now. Limits are measured unless ``known`` has them."""

    def absent(self, host: str, backends: Sequence[str]) -> set[str]:
        """Backends whose library is not installed on ``host``."""

    def run(self, work: Work) -> None:
        """Measure all of it. Raises :class:`RunError` if it cannot go on."""

    def close(self) -> None:
        """Let go of the machines."""
