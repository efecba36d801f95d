"""One invocation of a sweep: a new run, or a run that goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from spbench.errors import InputError
from spbench.formats.yaml_model import first_problem
from spbench.store.run_folder import SWEEP, RunFolder, discard
from spbench.store.schema import Row
from spbench.sweeps.case import Case
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.executor import Executor, Work
from spbench.sweeps.outcome import require_results
from spbench.sweeps.plan import Plan
from spbench.sweeps.run import Progress
from spbench.sweeps.same_run import require_same_machines, require_same_sweep
from spbench.sweeps.standing import Standing, names_unavailable
from spbench.sweeps.watch import warning_line

RESULTS = Path("results")


class SweepSession:
    """A sweep with its folder and the cases that are still to be measured.

    Attributes
    ----------
    folder : RunFolder
    missing : dict of str to list of Case
        What is still to be measured, by host.
    notes : list of str
        What the user should know before it starts.
    """

    def __init__(
        self,
        plan: Plan,
        folder: RunFolder,
        executor: Executor,
        missing: dict[str, list[Case]],
        notes: Sequence[str] = (),
        is_new: bool = False,
    ):
        self._plan = plan
        self.folder = folder
        self._executor = executor
        self.missing = missing
        self.notes = [*plan.notes, *executor.notes, *notes]
        self._is_new = is_new
        self._old_warnings = len(folder.warnings())

    @classmethod
    def start(
        cls,
        out: Path | None,
        file: str | Path | None,
        given: Mapping[str, Any],
        executor: Executor,
    ) -> SweepSession:
        """A new run in the folder ``out``. Raises :class:`InputError` before anything is run."""
        config = SweepConfig.build(file, given)
        plan = Plan.new(config, given)
        executor.check(config)
        path = out or RESULTS / f"{datetime.now():%Y%m%d-%H%M%S}-{config.name}"
        is_new = RunFolder.reserve(path)
        try:
            machines = executor.machines({})
            folder = _create(path, plan, executor, machines)
        except BaseException:
            discard(path, is_new)
            raise
        missing = {host: plan.cases_for(facts) for host, facts in machines.items()}
        return cls(plan, folder, executor, missing, _left_out_notes(plan, machines), is_new)

    @classmethod
    def resume(
        cls, path: Path, file: str | Path | None, given: Mapping[str, Any], executor: Executor
    ) -> SweepSession:
        """Go on with the run in ``path``. What else is given must agree with it.

        Failed backends have a new chance, and so have unavailable ones that are there
        by now. Raises :class:`InputError` for the folder of another sweep, another
        model or another machine.
        """
        folder = RunFolder.open(path)
        config = _stored_config(folder)
        if file is not None or given:
            base = {} if file is not None else config.model_dump()
            require_same_sweep(path, config, SweepConfig.build(file, base | dict(given)))
        _require_executor(folder, executor)
        plan = Plan.again(config, folder.head.get("model"), given.get("from_model"))
        executor.check(config)
        known = folder.machines()
        here = executor.machines(known)
        require_same_machines(path, known, here, executor.may_grow)
        for host in here:
            if host not in known:
                folder.add_machine(host, here[host])
        hosts = known | here
        standings = _standings(plan, folder.latest(), hosts, here, executor)
        missing = {host: standing.missing for host, standing in standings.items()}
        notes = [
            *_left_out_notes(plan, hosts),
            *_progress_notes(path, plan, hosts, standings),
            *(_absence_note(host, standings[host]) for host in hosts if host not in here),
        ]
        return cls(plan, folder, executor, missing, [note for note in notes if note])

    @property
    def remaining(self) -> int:
        """Cases still to be measured, over all hosts."""
        return sum(map(len, self.missing.values()))

    def run(self, progress: Progress) -> None:
        """Measure what is missing. Raises :class:`RunError` if it cannot go on.

        Interrupted before its first row, a new run leaves nothing behind.
        """
        if not self.remaining:
            return
        self.folder.claim()
        config, model = self._plan.config, self._plan.model
        weight_of = model.weight if model else lambda problem: None
        try:
            self._executor.run(
                Work(
                    missing=self.missing,
                    backends=config.backends,
                    settings=config.protocol,
                    weight_of=weight_of,
                    folder=self.folder,
                    progress=progress,
                )
            )
        except KeyboardInterrupt:
            if self._is_new and not self.folder.rows():
                self.close()
                discard(self.folder.path, folder_too=True)
            raise

    def warnings(self) -> list[str]:
        """What speaks against the measuring in this invocation, a line each."""
        kept = self.folder.warnings()[self._old_warnings :]
        return [warning_line(warning, len(self.missing) > 1) for warning in kept]

    def require_results(self) -> None:
        """Raises :class:`RunError` if a backend's numbers were wrong, or none has a result."""
        require_results(self.folder.latest())

    def close(self) -> None:
        self.folder.close()


def _create(
    path: Path, plan: Plan, executor: Executor, machines: Mapping[str, dict[str, Any]]
) -> RunFolder:
    more = {"executor": executor.name}
    if plan.model is not None:
        more["model"] = plan.model.to_dict()
    sweep = plan.config.model_dump(mode="json")
    if not executor.may_grow:
        (facts,) = machines.values()
        return RunFolder.create(path, sweep, facts, **more)
    folder = RunFolder.create(path, sweep, None, **more)
    for host, facts in machines.items():
        folder.add_machine(host, facts)
    return folder


def _standings(
    plan: Plan,
    rows: Sequence[Row],
    hosts: Mapping[str, Mapping[str, Any]],
    here: Mapping[str, Any],
    executor: Executor,
) -> dict[str, Standing]:
    standings = {}
    for host in hosts:
        mine = [row for row in rows if row.host == host]
        absent = names_unavailable(mine)
        if absent and host in here:
            absent = executor.absent(host, sorted(absent))
        cases = plan.cases_for(hosts[host])
        standings[host] = Standing.of(cases, plan.config.backends, mine, absent)
    return standings


def _left_out_notes(plan: Plan, hosts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    left_out = {host: len(plan.cases) - len(plan.cases_for(facts)) for host, facts in hosts.items()}
    return [
        f"{host}: {count} of {len(plan.cases)} cases need more CPUs than it has; they are left out"
        for host, count in left_out.items()
        if count
    ]


def _progress_notes(
    path: Path,
    plan: Plan,
    hosts: Mapping[str, Mapping[str, Any]],
    standings: Mapping[str, Standing],
) -> list[str]:
    total = sum(len(plan.cases_for(facts)) for facts in hosts.values())
    done = total - sum(len(standing.missing) for standing in standings.values())
    notes = [f"{done} of {total} cases are in {path} already"]
    again = sum(standing.again for standing in standings.values())
    if again:
        cases = "1 case" if again == 1 else f"{again} cases"
        verb = "is" if again == 1 else "are"
        notes.append(f"{cases} with failed or unavailable backends {verb} measured again")
    return notes


def _absence_note(host: str, standing: Standing) -> str:
    count = len(standing.missing)
    return f"{host} is not here; {count} cases wait for one of its kind" if count else ""


def _stored_config(folder: RunFolder) -> SweepConfig:
    try:
        return SweepConfig.model_validate(folder.sweep)
    except ValidationError as error:
        raise InputError(f"{folder.path / SWEEP}: {first_problem(error)}") from error


def _require_executor(folder: RunFolder, executor: Executor) -> None:
    stored = folder.head.get("executor", "local")
    if stored != executor.name:
        raise InputError(
            f"{folder.path} was measured with --executor {stored}, not {executor.name}: "
            f"--resume it with the same"
        )
