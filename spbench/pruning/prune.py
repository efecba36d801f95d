"""The whole of pruning: a checkpoint and a recipe in, masks, weights and a record out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import spbench
from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.formats.tensor_role import Kind
from spbench.pruning.budgets import counts_by_layer, counts_by_score
from spbench.pruning.calibration import Linear, Sample
from spbench.pruning.calibration.saliency import SaliencyMeter
from spbench.pruning.costs import Costs, WeightCosts
from spbench.pruning.journal import Journal, Numbers, Settled
from spbench.pruning.masks import blocks_to_keep, expand
from spbench.pruning.methods import Method, Problem, Sees, Solution, method_named
from spbench.pruning.passage import Passage, Problems, require_on_the_way
from spbench.pruning.recipes import LayerSettings, Recipe
from spbench.pruning.record import (
    RECORD_NAME,
    LeftAlone,
    PrunedLayer,
    Record,
    Step,
    Total,
    read_record,
)
from spbench.pruning.sensitivity import Sensitivity
from spbench.pruning.sparsity import ZeroCount, zero_blocks, zero_weights
from spbench.pruning.threads import Pool, Threads

Track = Callable[[Iterable], Iterable]  # wraps a loop over layers to show progress


@dataclass(frozen=True, eq=False)
class Pruning:
    """What pruning decided, not yet written.

    Attributes
    ----------
    checkpoint : Checkpoint
    settings : dict
        Layer name to its settings, skipped layers left out.
    masks : dict
        Layer name to bool [block_rows, block_cols]: which blocks stay.
    record : Record
    settled : callable
        Layer name to what is settled of it, read from the disk.
    """

    checkpoint: Checkpoint
    settings: dict[str, LayerSettings]
    masks: dict[str, np.ndarray]
    record: Record
    settled: Callable[[str], Settled]

    def pruned_bits(self) -> Iterator[tuple[str, np.ndarray]]:
        """Each changed tensor's name and new bits, in its dtype.

        What stays keeps its exact bits, unless the method updates weights.
        """
        for name, mask in self.masks.items():
            if new := self.settled(name).bits:
                yield from new.items()
                continue
            layer = self.checkpoint.layer(name)
            bits = self.checkpoint.tensors[layer.tensor].bits()
            bits[~expand(mask, self.settings[name].pattern, layer.shape)] = 0
            yield layer.tensor, bits

    def save(
        self, target: Path, force: bool = False, finish: Callable[[Path], None] | None = None
    ) -> None:
        """Write the pruned folder, complete or not at all; ``force`` replaces an earlier one.

        ``finish`` may add to the folder before it takes its name.

        Raises :class:`InputError` where it may not or cannot be written,
        :class:`RunError` when the disk is full.
        """
        self.checkpoint.check_target(target, RECORD_NAME, force)
        self.checkpoint.save(
            target, self.pruned_bits(), {RECORD_NAME: self.record.to_json()}, finish
        )


def prune(
    checkpoint: Checkpoint,
    recipe: Recipe,
    track: Track = iter,
    pool: Pool | None = None,
    threads: int | None = None,
    costs: Costs | None = None,
    journal: Journal | None = None,
) -> Pruning:
    """Decide which blocks of each linear layer stay, and with which weights.

    The same checkpoint, recipe and text give the same bytes, whatever the number of
    ``threads`` and wherever ``pool`` computes. ``costs`` are what a ``speed_up`` counts in.
    What an earlier process of the same job has settled in ``journal`` is not computed again.

    Raises :class:`InputError` for NaN or Inf anywhere in the checkpoint, for layers stored
    compressed, where no layer is left to prune, and for calibration text that the method needs and that is missing or unfit.
    """
    wanted = {layer.name: recipe.settings(layer.name) for layer in checkpoint.linear_layers}
    settings = {name: given for name, given in wanted.items() if given is not None}
    if not wanted:
        raise checkpoint.no_linear_layer()
    if not settings:
        raise InputError(f"{checkpoint.source}: the recipe skips all of its linear layers")
    if recipe.speed_up is not None and (costs is None or recipe.scope != "sensitivity"):
        raise InputError("a speed_up needs scope sensitivity, and times: give --cost-from RUN")
    for name in settings:
        checkpoint.tensors[checkpoint.layer(name).tensor].check_changeable()
    sample = _read_sample(checkpoint, recipe)
    checkpoint.check_finite()
    along_text = recipe.scope == "sensitivity" or method_named(recipe.method).sees is Sees.INPUTS
    with Threads(threads) as here:
        passage = Passage(checkpoint, settings, sample if along_text else None, here)
        costs, journal = costs or WeightCosts(), journal or Journal()
        return _Run(passage, recipe, sample, pool or here, track, costs, journal).run()


def _read_sample(checkpoint: Checkpoint, recipe: Recipe) -> Sample | None:
    who = f"method {recipe.method}"
    if method_named(recipe.method).sees is Sees.WEIGHTS:
        if recipe.scope != "sensitivity":
            return None
        who = "scope sensitivity"
    if recipe.calibration is None:
        raise InputError(f"{who} looks at text: give --calibration FILE.txt, one text a line")
    return Sample.read(recipe.calibration, checkpoint, recipe.sample)


class _Run:
    """One pruning under way: what is known of each layer so far."""

    def __init__(
        self,
        passage: Passage,
        recipe: Recipe,
        sample: Sample | None,
        pool: Pool,
        track: Track,
        costs: Costs,
        journal: Journal,
    ):
        self._passage, self._recipe, self._pool, self._costs = passage, recipe, pool, costs
        self._method: Method = method_named(recipe.method)
        self._sample, self._track, self._journal = sample, track, journal
        self._numbers = {layer.name: number for number, layer in enumerate(passage.layers)}
        self._masks: dict[str, np.ndarray] = {}
        self._measured: dict[str, Numbers] = {}

    def run(self) -> Pruning:
        passage, recipe, journal = self._passage, self._recipe, self._journal
        steps = self._steps()
        done = journal.latest_step(len(steps), self._numbers.values())
        if done is not None:
            for name, number in self._numbers.items():
                self._take(name, journal.get(done, number))
        for step in range(0 if done is None else done + 1, len(steps)):
            self._prune(step, steps[step])
            if step:
                journal.forget(step - 1)
        last = len(steps) - 1
        return Pruning(
            passage.checkpoint,
            dict(passage.settings),
            self._masks,
            _record(
                passage, recipe, self._sample, [self._measured[name] for name in self._numbers]
            ),
            lambda name: journal.get(last, self._numbers[name]),
        )

    def _steps(self) -> list[dict[str, int]]:
        """How many blocks each layer keeps after each step of the schedule."""
        settings = self._passage.settings
        blocks = {
            layer.name: int(np.prod(settings[layer.name].pattern.grid(*layer.shape)))
            for layer in self._passage.layers
        }
        final = self._counts(blocks)
        shares = [
            self._recipe.schedule.sparsities(1 - final[name] / count)
            for name, count in blocks.items()
        ]
        return [
            {
                name: blocks_to_keep(blocks[name], share)
                for name, share in zip(blocks, step, strict=True)
            }
            for step in zip(*shares, strict=True)
        ]

    def _look_at_gradients(self) -> None:
        """Of the model as pruned so far, where the method wants that."""
        if self._method.sees is not Sees.GRADIENTS:
            return
        passage = self._passage
        encoder = Encoder.of(passage.checkpoint)
        require_on_the_way(encoder, passage.settings)
        zeros = {
            layer.name: ~expand(self._masks[layer.name], given.pattern, layer.shape)
            for layer in passage.layers
            if layer.name in self._masks and (given := passage.settings[layer.name])
        }
        meter = SaliencyMeter(encoder, self._sample, passage.threads.count)
        self._passage = replace(passage, saliency=meter.measure(zeros))

    def _counts(self, blocks: Mapping[str, int]) -> dict[str, int]:
        settings = self._passage.settings
        if self._recipe.scope == "layer":
            return counts_by_layer(blocks, settings)
        return self._journal.counts(lambda: self._counts_by_looking(blocks))

    def _counts_by_looking(self, blocks: Mapping[str, int]) -> dict[str, int]:
        settings = self._passage.settings
        self._look_at_gradients()
        if self._recipe.scope == "sensitivity":
            sensitivity = Sensitivity(self._passage, self._method, self._pool, self._costs)
            chosen = sensitivity.sparsities(self._recipe.sparsity, self._recipe.speed_up)
            return {name: blocks_to_keep(blocks[name], share) for name, share in chosen.items()}
        scores: dict[str, np.ndarray] = {}

        def score(problems: Problems) -> dict[str, Linear]:
            for name, problem in problems.items():
                scores[name] = self._method.scores(problem)
            return {}

        self._passage.run(score)
        return counts_by_score(scores, settings)

    def _prune(self, step: int, counts: Mapping[str, int]) -> None:
        ticks = iter(self._track(self._passage.layers))
        if self._masks or not self._passage.saliency:
            self._look_at_gradients()

        def known(name: str, dense: Linear) -> Linear | None:
            settled = self._journal.get(step, self._numbers[name])
            if settled is None:
                return None
            next(ticks, None)
            self._take(name, settled)
            return self._replacement(name, settled.mask, settled.bits, dense)

        def settle(problems: Problems) -> dict[str, Linear]:
            asked = [replace(one, allowed=self._masks.get(name)) for name, one in problems.items()]
            found = self._method.solve(asked, [counts[name] for name in problems], self._pool)
            new = {}
            for problem, solution in zip(asked, found, strict=True):
                name = problem.name
                settled, new[name] = self._settled(problem, solution)
                self._journal.put(step, self._numbers[name], settled)
                self._take(name, settled)
                next(ticks, None)
            return new

        self._passage.run(settle, known)
        for _ in ticks:
            pass

    def _take(self, name: str, settled: Settled) -> None:
        self._masks[name], self._measured[name] = settled.mask, settled.numbers

    def _settled(self, problem: Problem, solution: Solution) -> tuple[Settled, Linear]:
        """What is written of a layer, and what the layers after it see: the same numbers."""
        bits = {}
        if self._method.updates:
            new = {"weight": solution.layer.weight, "bias": solution.layer.bias}
            for kind, values in new.items():
                name = f"{problem.name}.{kind}"
                bits[name] = self._passage.checkpoint.tensors[name].encoded(values)
        layer = self._replacement(problem.name, solution.mask, bits, problem.layer)
        given = self._passage.settings[problem.name]
        numbers = _measure(problem, given, solution.mask, layer, self._method.updates)
        return Settled(solution.mask, bits, numbers), layer

    def _replacement(
        self, name: str, mask: np.ndarray, bits: Mapping[str, np.ndarray], dense: Linear
    ) -> Linear:
        if bits:
            weight, bias = f"{name}.weight", f"{name}.bias"
            tensors = self._passage.checkpoint.tensors
            return Linear(tensors[weight].decoded(bits[weight]), tensors[bias].decoded(bits[bias]))
        kept = expand(mask, self._passage.settings[name].pattern, dense.weight.shape)
        return Linear(np.where(kept, dense.weight, np.float32(0)), dense.bias)


def _measure(
    problem: Problem, given: LayerSettings, mask: np.ndarray, layer: Linear, updated: bool
) -> Numbers:
    dense, shape = problem.weight, problem.weight.shape
    kept = expand(mask, given.pattern, shape)
    weights, blocks = zero_weights(layer.weight), zero_blocks(layer.weight, given.pattern)
    before, after = _energy(dense), _energy(np.where(kept, dense, np.float32(0)))
    loss = None
    if problem.moments is not None:
        loss = problem.moments.error(problem.part, layer.weight, layer.bias)
    numbers = PrunedLayer(
        name=problem.name,
        shape=shape,
        pattern=given.pattern,
        norm=given.norm,
        sparsity=given.sparsity,
        element_sparsity=weights.share,
        block_sparsity=blocks.share,
        blocks=mask.size,
        blocks_kept=int(mask.sum()),
        partial_blocks=not given.pattern.divides(*shape),
        energy_kept=_share(after, before),
        loss=loss,
        updated=updated,
    )
    return Numbers(numbers, weights, blocks, before, after)


def _energy(weight: np.ndarray) -> float:
    return float(np.square(weight, dtype=np.float64).sum())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _record(
    passage: Passage, recipe: Recipe, sample: Sample | None, measured: list[Numbers]
) -> Record:
    checkpoint = passage.checkpoint
    earlier = read_record(checkpoint.folder)
    weights = sum((one.weights for one in measured), ZeroCount())
    energy, kept = sum(one.energy for one in measured), sum(one.energy_kept for one in measured)
    return Record(
        done=Step(spbench_version=spbench.__version__, source=checkpoint.source, recipe=recipe),
        total=Total(
            weights=weights.total,
            element_sparsity=weights.share,
            block_sparsity=sum((one.blocks for one in measured), ZeroCount()).share,
            energy_kept=_share(kept, energy),
        ),
        layers=[one.layer for one in measured],
        left_alone=_left_alone(checkpoint, [one.layer for one in measured]),
        sample=sample.facts if sample else None,
        not_copied=checkpoint.stale_files(),
        history=(*earlier.history, earlier.done) if earlier else (),
    )


def _left_alone(checkpoint: Checkpoint, pruned: list[PrunedLayer]) -> list[LeftAlone]:
    changed = {f"{layer.name}.bias" for layer in pruned if layer.updated}
    names = {layer.name for layer in pruned}
    kept = []
    for name, role in checkpoint.roles.items():
        if name in changed:
            continue
        if role.kind is not Kind.LINEAR:
            kept.append(LeftAlone(name=name, kind=role.kind, reason=role.reason))
        elif name.removesuffix(".weight") not in names:
            kept.append(LeftAlone(name=name, kind="skipped", reason="on request"))
    return kept
