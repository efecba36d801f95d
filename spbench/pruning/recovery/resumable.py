"""Pruning and recovery as one job that survives a kill at any point.

prune    -> .<name>.work/pruned      whole or absent
recover  -> .<name>.work/training    state after every so many steps
save     -> <name>                   whole or absent; then the work goes
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spbench.errors import RunError
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.prune import Pruning
from spbench.pruning.recipes import Recipe
from spbench.pruning.record import Record, read_record
from spbench.pruning.recovery.recovery import RecoveryRecord, recover
from spbench.pruning.recovery.workspace import Workspace

Finish = Callable[[Path], None]


@dataclass(frozen=True, eq=False)
class ResumableJob:
    """One model, one recipe with recovery, one target.

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

    def prune(self, run: Callable[[], Pruning]) -> Record:
        """``run`` the pruning, unless that is done. Raises as ``Workspace.claim``."""
        work = Workspace.beside(self.target)
        work.claim(self.checkpoint, self.recipe, self.resume)
        if not work.pruned.is_dir():
            run().save(work.pruned)
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
        work = Workspace.beside(self.target)
        pruned = Checkpoint.open(work.pruned)
        settings = self.recipe.recovery
        done = recover(
            pruned, self.checkpoint, settings, work.training, threads, time_limit_s, watch
        )
        done.save(self.target, finish)
        if done.record.ended_by == "steps":
            work.remove()
        return done.record
