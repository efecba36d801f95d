"""One invocation of a sweep: a new run, or a run that goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from spbench.errors import InputError, RunError
from spbench.formats.yaml_model import first_problem
from spbench.measure.affinity import usable_cpus
from spbench.store.run_folder import SWEEP, RunFolder
from spbench.store.schema import Row, Status
from spbench.sweeps.case import Case
from spbench.sweeps.case_runner import CaseRunner
from spbench.sweeps.cases import build_cases
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.model_layers import ModelLayers, read_model_layers
from spbench.sweeps.row import RowMaker
from spbench.sweeps.run import missing_cases, run_sweep
from spbench.sweeps.summary import BASELINE, Finding, findings, subject_of

RESULTS = Path("results")


class SweepSession:
    """A sweep with its folder and the cases that are still to be measured.

    Attributes
    ----------
    config : SweepConfig
    folder : RunFolder
    missing : list of Case
    notes : list of str
        What the user should know before it starts.
    """

    baseline = BASELINE

    def __init__(self, config: SweepConfig, folder: RunFolder, cases: list[Case], notes: list[str]):
        self.config = config
        self.folder = folder
        self.notes = notes
        self.missing = missing_cases(cases, config.backends, folder.rows())

    @classmethod
    def start(
        cls, out: Path | None, file: str | Path | None, given: Mapping[str, Any]
    ) -> SweepSession:
        """A new run in the folder ``out``. Raises :class:`InputError` before anything is run."""
        config = SweepConfig.build(file, given)
        cases, notes = plan(config)
        path = out or RESULTS / f"{datetime.now():%Y%m%d-%H%M%S}-{config.name}"
        RunFolder.reserve(path)
        folder = RunFolder.create(path, config.model_dump(mode="json"), machine(measure=True))
        return cls(config, folder, cases, notes)

    @classmethod
    def resume(cls, path: Path, file: str | Path | None, given: Mapping[str, Any]) -> SweepSession:
        """Go on with the run in ``path``. What else is given must agree with it.

        Raises :class:`InputError` for the folder of another sweep or another machine.
        """
        folder = RunFolder.open(path)
        config = _stored_config(folder)
        if file is not None or given:
            base = {} if file is not None else config.model_dump()
            _require_same(path, config, SweepConfig.build(file, base | dict(given)))
        if machine(measure=False)["fingerprint"] != folder.machine.get("fingerprint"):
            raise InputError(f"{path} was measured on another machine: start anew with --out")
        cases, notes = plan(config)
        session = cls(config, folder, cases, notes)
        done = len(cases) - len(session.missing)
        session.notes.append(f"{done} of {len(cases)} cases are in {path} already")
        return session

    def run(self, progress: Callable[[Case, list[Row]], None]) -> None:
        """Measure what is missing. Raises :class:`RunError` if it cannot go on."""
        if not self.missing:
            return
        host = str(self.folder.machine["fingerprint"])
        settings = self.config.protocol
        maker = RowMaker(self.folder.run_id, host, settings)
        self.folder.claim()
        with CaseRunner(self.config.backends, settings, maker) as runner:
            run_sweep(self.missing, runner, self.folder, progress)

    @property
    def subject(self) -> str:
        """The backend that the findings are about."""
        return subject_of(self.config.backends)

    def findings(self) -> list[Finding]:
        return findings(self.folder.latest(), self.subject)

    def remarks(self) -> list[str]:
        """A line for each backend and status that came with a reason, with the most common one."""
        groups: dict[tuple[str, Status], Counter[str]] = {}
        for row in self.folder.latest():
            if row.reason:
                groups.setdefault((row.backend, row.status), Counter())[row.reason] += 1
        return [_remark(*key, reasons) for key, reasons in groups.items()]

    def raise_if_wrong(self) -> None:
        """Raises :class:`RunError` if a backend's numbers were wrong."""
        wrong = [row for row in self.folder.latest() if row.status is Status.WRONG]
        if wrong:
            first = wrong[0]
            raise RunError(
                f"{len(wrong)} wrong result{'s' * (len(wrong) > 1)}, the first: {first.backend} "
                f"on {first.m}x{first.k}x{first.n}: {first.reason}"
            )

    def close(self) -> None:
        self.folder.close()


def plan(config: SweepConfig) -> tuple[list[Case], list[str]]:
    """The cases of a sweep, and notes about it. Raises :class:`InputError`."""
    cpus = len(usable_cpus())
    if max(config.threads) > cpus:
        raise InputError(f"threads {max(config.threads)}: this process may use {cpus} CPUs")
    model = ModelLayers([])
    if config.from_model is not None:
        model = read_model_layers(config.from_model, config.model_layers, config.pattern)
    cases = build_cases(config, model.layers)
    return cases, [note for note in (model.note, _padding_note(cases)) if note]


def _remark(backend: str, status: Status, reasons: Counter[str]) -> str:
    count = reasons.total()
    reason = reasons.most_common(1)[0][0]
    return f"{backend}: {status} in {count} case{'s' * (count > 1)}: {reason}"


def _padding_note(cases: Sequence[Case]) -> str:
    problems = [case.problem for case in cases]
    padded = [one for one in problems if not one.pattern.divides(one.m, one.k)]
    if not padded:
        return ""
    shapes = dict.fromkeys(f"{one.m}x{one.k}" for one in padded)
    first = padded[0]
    return (
        f"{', '.join(shapes)}: not a multiple of the block ({first.pattern}), so blocks at the "
        f"edge are padded with zeros"
    )


def _stored_config(folder: RunFolder) -> SweepConfig:
    try:
        return SweepConfig.model_validate(folder.sweep)
    except ValidationError as error:
        raise InputError(f"{folder.path / SWEEP}: {first_problem(error)}") from error


def _require_same(path: Path, there: SweepConfig, here: SweepConfig) -> None:
    for key in SweepConfig.model_fields:
        old, new = getattr(there, key), getattr(here, key)
        if old != new:
            raise InputError(
                f"{path} is another sweep's folder: {key} is {old} there, {new} here. "
                f"--resume needs no other options"
            )


def machine(measure: bool) -> dict[str, Any]:
    """Facts of this machine, with its limits only if they shall be measured (about a second)."""
    from spbench.measure.machine import machine_facts  # loads the compiled module

    return machine_facts(measure)
