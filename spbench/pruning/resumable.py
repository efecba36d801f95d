"""Pruning and recovery as one job that survives a kill at any point.

prune    -> .<name>.work/journal     layer by layer
         -> .<name>.work/pruned      whole or absent, where recovery comes after it
recover  -> .<name>.work/training    state after every so many steps
save     -> <name>                   whole or absent; then the work goes
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spbench.errors import RunError
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.journal import Journal
from spbench.pruning.prune import Pruning
from spbench.pruning.recipes import Recipe
from spbench.pruning.record import Record, read_record
from spbench.pruning.recovery.recovery import RecoveryRecord, recover
from spbench.pruning.workspace import Workspace

Run = Callable[[Journal], Pruning]
Finish = Callable[[Path], None]


@dataclass(frozen=True, eq=False)
class ResumableJob:
    """One model, one recipe, one target.

    Attributes
    ----------
    checkpoint : Checkpoint
        The dense model; also the teacher.
    recipe : Recipe
    target : Path
        Checked by the caller: see ``Checkpoint.check_target``.
    resume : bool
        Whether to go on where an earlier process stopped.
    """

    checkpoint: Checkpoint
    recipe: Recipe
    target: Path
    resume: bool

    @property
    def workspace(self) -> Workspace:
        """Of the target."""
        return Workspace.beside(self.target)

    def prune(self, run: Run, force: bool = False, finish: Finish | None = None) -> Record:
        """``run`` the pruning, as far as it is not done, and write the target; where the recipe
        has recovery, :meth:`recover` does that. Raises as ``Workspace.claim``."""
        work = self.workspace
        work.claim(self.checkpoint, self.recipe, self.resume)
        try:
            if self.recipe.recovery is None:
                pruning = run(Journal(work.journal))
                pruning.save(self.target, force, finish)
                work.remove()
                return pruning.record
            if not work.pruned.is_dir():
                run(Journal(work.journal)).save(work.pruned)
                work.forget_journal()
        except BaseException:
            work.remove_if_idle()
            raise
        record = read_record(work.pruned)
        if record is None:
            raise RunError(f"{work.pruned}: lost its record; remove {work.folder}, start again")
        return record

    def recover(
        self,
        threads: int,
        time_limit_s: float | None,
        watch: Callable,
        finish: Finish | None = None,
    ) -> RecoveryRecord:
        """Train and write the target; ``finish`` may add to it before it takes its name.

        Where time ran out the work stays, to go on with.
        """
        work = self.workspace
        pruned = Checkpoint.open(work.pruned)
        settings = self.recipe.recovery
        done = recover(
            pruned, self.checkpoint, settings, work.training, threads, time_limit_s, watch
        )
        done.save(self.target, finish)
        if done.record.ended_by == "steps":
            work.remove()
        return done.record
