"""The loop of recovery: so many steps of AdamW, or fewer where time is up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from spbench.pruning.recovery.deadline import Deadline
from spbench.pruning.recovery.distillation import ask, hidden_distance, sentence_distance
from spbench.pruning.recovery.fake_int8 import fake_int8
from spbench.pruning.recovery.pupil import Pupil
from spbench.pruning.recovery.settings import RecoverySettings
from spbench.pruning.recovery.text_batches import Position, TextBatch, TextBatches
from spbench.pruning.recovery.training_state import TrainingState, job_name


@dataclass(frozen=True)
class Standing:
    """How far training is."""

    step: int
    steps: int
    loss: float
    is_first: bool  # of this process


Watch = Callable[[Standing], None]  # is told after every step


class Training:
    """One training, from the start or from where an earlier process saved its state.

    The same pupil, teacher, texts, settings and number of threads give the same weights, bit by
    bit, however often it was interrupted.

    Parameters
    ----------
    pupil : Pupil
        Learns; its parameters are changed.
    teacher : nn.Module
        Encoder of the same layers and hidden size.
    batches : TextBatches
    settings : RecoverySettings
    folder : Path
        Holds the state.
    threads : int
    """

    def __init__(
        self,
        pupil: Pupil,
        teacher: nn.Module,
        batches: TextBatches,
        settings: RecoverySettings,
        folder: Path,
        threads: int,
    ) -> None:
        self._pupil = pupil
        self._teacher = teacher
        self._batches = batches
        self._settings = settings
        self._folder = folder
        self._threads = threads
        self._parameters = list(pupil.learning.values())
        self._optimizer = torch.optim.AdamW(
            self._parameters, settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self._job = job_name(settings.model_dump_json(), threads, pupil.learning)
        self._position = Position()
        self.losses: list[float] = []

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.losses)

    def resume(self) -> int:
        """Go on from the saved state, if there is one; returns the steps done.

        Raises :class:`InputError` where the state is of another training.
        """
        state = TrainingState.load(self._folder, self._job)
        if state is not None:
            with torch.no_grad():
                for name, weight in state.weights.items():
                    self._pupil.learning[name].copy_(weight)
            self._optimizer.load_state_dict(state.optimizer)
            torch.set_rng_state(state.random)
            self._position, self.losses = state.position, list(state.losses)
        return self.step

    def run(self, time_limit_s: float | None = None, watch: Watch = lambda _: None) -> bool:
        """Train to the end; False where ``time_limit_s`` ended it before, with its state saved,
        or made it hurry (see :class:`Deadline`)."""
        deadline = Deadline(time_limit_s)
        steps, before = self._settings.steps, self.step
        with _reproducible(self._threads):
            for batch in self._batches.starting_at(self._position):
                if self.step == steps:
                    return not deadline.hurried
                if deadline.is_over:
                    self._save()
                    return False
                share = share_of_rate(self._settings, self.step) * deadline.brake(steps - self.step)
                self.losses.append(self._learn(batch, share))
                self._position = batch.after
                if self.step % self._settings.checkpoint_every == 0 or self.step == steps:
                    self._save()
                watch(Standing(self.step, steps, self.losses[-1], self.step == before + 1))
        raise AssertionError("texts have no end")

    def _learn(self, batch: TextBatch, share: float) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = self._settings.learning_rate * share
        loss = self._distance(torch.from_numpy(batch.ids), torch.from_numpy(batch.mask))
        self._pupil.mask_gradients()
        nn.utils.clip_grad_norm_(self._parameters, self._settings.clip)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._pupil.mask_weights()
        return loss

    def _distance(self, ids: Tensor, mask: Tensor) -> float:
        """The loss; its gradient is left with the parameters."""
        aware = self._settings.quantization_aware
        rounding = fake_int8(self._pupil.linear_layers) if aware else nullcontext()
        narrow = torch.autocast("cpu", torch.bfloat16, self._settings.precision == "bf16")
        with rounding:
            with narrow:
                with torch.no_grad():
                    wanted = ask(self._teacher, ids, mask)
                given = ask(self._pupil.model, ids, mask)
            loss = self._settings.hidden_weight * hidden_distance(given, wanted)
            loss = loss + self._settings.sentence_weight * sentence_distance(given, wanted)
            loss.backward()
        return loss.item()

    def _save(self) -> None:
        TrainingState(
            self._job,
            self.step,
            self._position,
            self.losses,
            {name: parameter.detach() for name, parameter in self._pupil.learning.items()},
            self._optimizer.state_dict(),
            torch.get_rng_state(),
        ).save(self._folder)


def share_of_rate(settings: RecoverySettings, step: int) -> float:
    """Of the highest learning rate, at a step counted from 0: linear up, then linear down."""
    up = settings.warm_up * settings.steps
    rising = (step + 1) / up if up else 1.0
    return min(1.0, rising, (settings.steps - step) / max(1.0, settings.steps - up))


@contextmanager
def _reproducible(threads: int) -> Iterator[None]:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
