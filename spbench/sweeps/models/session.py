"""One invocation of a study of models: a new run, or a run that goes on; on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from spbench.errors import InputError
from spbench.formats.yaml_model import first_problem
from spbench.store.model_row import ModelRow
from spbench.store.run_folder import MODEL_SWEEP, ModelRunFolder, discard
from spbench.sweeps.absence import absent
from spbench.sweeps.machine import machine
from spbench.sweeps.models.case_runner import BENCH
from spbench.sweeps.models.config import ModelsConfig
from spbench.sweeps.models.outcome import require_results
from spbench.sweeps.same_run import require_same_machines, require_same_sweep
from spbench.sweeps.session import RESULTS
from spbench.sweeps.standing import Standing, names_unavailable
from spbench.sweeps.watch import warning_line, watched


class Case(Protocol):
    """What one measurement is about."""

    @property
    def case_id(self) -> str: ...


class Runner(AbstractContextManager, Protocol):
    """Whatever can measure a case."""

    def measure(self, case: Any) -> list[ModelRow]: ...


Progress = Callable[[Any, Sequence[ModelRow]], None]


@dataclass(frozen=True)
class Study:
    """A kind of question: what it is asked with, its cases, and who answers them.

    ``command`` is its subcommand of ``spbench run-model``; ``runner`` is given the config, the
    run's id and the host.
    """

    command: str
    config: type[ModelsConfig]
    cases: Callable[[Any], Sequence[Case]]
    runner: Callable[[Any, str, str], Runner]


class ModelSession:
    """A study with its folder and the cases that are still to be measured.

    Attributes
    ----------
    study : Study
    folder : ModelRunFolder
    missing : list of Case
    notes : list of str
        What the user should know before it starts.
    """

    def __init__(
        self,
        study: Study,
        config: ModelsConfig,
        folder: ModelRunFolder,
        missing: Sequence[Case],
        notes: Sequence[str] = (),
        is_new: bool = False,
    ):
        self.study = study
        self._config = config
        self.folder = folder
        self.missing = list(missing)
        self.notes = list(notes)
        self._is_new = is_new
        self._old_warnings = len(folder.warnings())

    @classmethod
    def start(
        cls, study: Study, out: Path | None, file: str | Path | None, given: Mapping[str, Any]
    ) -> ModelSession:
        """A new run in the folder ``out``. Raises :class:`InputError` before anything is run."""
        config = study.config.build(file, given)
        cases = study.cases(config)
        path = out or RESULTS / f"{datetime.now():%Y%m%d-%H%M%S}-{config.name}"
        is_new = ModelRunFolder.reserve(path)
        try:
            sweep = config.model_dump(mode="json")
            folder = ModelRunFolder.create(
                path, sweep, machine(measure=True), command=study.command
            )
        except BaseException:
            discard(path, is_new, ModelRunFolder)
            raise
        return cls(study, config, folder, cases, is_new=is_new)

    @classmethod
    def resume(
        cls, study: Study, path: Path, file: str | Path | None, given: Mapping[str, Any]
    ) -> ModelSession:
        """Go on with the run in ``path``; what failed has a new chance.

        So have runtimes that were unavailable, if they are there by now. Raises :class:`InputError` for the folder of another study or another machine.
        """
        folder = ModelRunFolder.open(path)
        config = _stored_config(study, folder)
        if file is not None or given:
            base = {} if file is not None else config.model_dump(exclude_defaults=True)
            require_same_sweep(path, config, study.config.build(file, base | dict(given)))
        cases = study.cases(config)
        here = machine(measure=False)
        require_same_machines(
            path, folder.machines(), {str(here["fingerprint"]): here}, may_grow=False
        )
        rows = folder.latest()
        still_absent = absent(BENCH, sorted(names_unavailable(rows)))
        missing = Standing.of(cases, config.runtimes, rows, still_absent).missing
        notes = [f"{len(cases) - len(missing)} of {len(cases)} cases are in {path} already"]
        return cls(study, config, folder, missing, notes)

    @property
    def remaining(self) -> int:
        return len(self.missing)

    def run(self, progress: Progress) -> None:
        """Measure what is missing, each row on the disk before the next case begins.

        Raises :class:`RunError` if it cannot go on. Interrupted before its first row, a new run
        leaves nothing behind.
        """
        if not self.missing:
            return
        self.folder.claim()
        host = str(machine(measure=False)["fingerprint"])
        runner = self.study.runner(self._config, self.folder.run_id, host)
        try:
            with watched(host, self.folder), runner:
                for case in self.missing:
                    rows = runner.measure(case)
                    for row in rows:
                        self.folder.append(row)
                    progress(case, rows)
        except KeyboardInterrupt:
            if self._is_new and not self.folder.rows():
                self.close()
                discard(self.folder.path, True, ModelRunFolder)
            raise

    def warnings(self) -> list[str]:
        """What speaks against the measuring in this invocation, a line each."""
        kept = self.folder.warnings()[self._old_warnings :]
        return [warning_line(warning, name_host=False) for warning in kept]

    def require_results(self) -> None:
        """Raises :class:`RunError` if a runtime's numbers were wrong, or none has a result."""
        require_results(self.folder.latest())

    def close(self) -> None:
        self.folder.close()


def _stored_config(study: Study, folder: ModelRunFolder) -> ModelsConfig:
    command = folder.head.get("command")
    if command != study.command:
        raise InputError(
            f"{folder.path} is a run of `run-model {command}`: resume it with that command"
        )
    try:
        return study.config.model_validate(folder.sweep)
    except ValidationError as error:
        raise InputError(f"{folder.path / MODEL_SWEEP}: {first_problem(error)}") from error
