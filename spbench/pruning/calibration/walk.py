"""Calibration text through an encoder, layer after layer, while its layers are pruned.

Two streams run side by side. The pruned one is what a layer will really see once all before it
are pruned (Frantar and Alistarh, SparseGPT, 2023). The dense one says what it should answer. What
is added to the residual stream is asked for the whole distance to the dense stream, so that a layer
mends, as far as it can, what was lost before it:

    query, key, value    input  pruned hidden state x       answer  W y          (y: dense state)
    out                  input  pruned context c            answer  W c' + y - x
    up                   input  pruned middle x             answer  W y
    down                 input  pruned activation h         answer  W h' + y - x

One layer's weights are in memory at a time, and two hidden states a token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spbench.formats.encoder import Encoder
from spbench.pruning.calibration.block import STAGES, Block, Parts
from spbench.pruning.calibration.moments import Moments, MomentSums
from spbench.pruning.calibration.sample import Sample
from spbench.pruning.threads import Threads
from spbench.quantization.float_encoder import FloatEmbedding

_GROUP_TOKENS = 1024


Visit = Callable[[int, Parts, Callable[[Sequence[str]], Moments]], Parts]
"""Asked for what shall replace the layers of a stage: ``visit(block, layers, moments)``, where
``moments(parts)`` are those of the stage's input and of these parts' answers."""


@dataclass(eq=False)
class _Group:
    """Some texts: their lengths, and [tokens, hidden] in the pruned and in the dense stream."""

    lengths: list[int]
    pruned: np.ndarray
    dense: np.ndarray
    pruned_context: np.ndarray | None = None
    dense_context: np.ndarray | None = None


class EncoderWalk:
    """A sample on its way through an encoder.

    Parameters
    ----------
    encoder : Encoder
        The dense model.
    sample : Sample
    threads : Threads
        Entered already.
    """

    def __init__(self, encoder: Encoder, sample: Sample, threads: Threads):
        self._encoder = encoder
        self._sample = sample
        self._threads = threads

    def run(self, visit: Visit) -> None:
        """Let ``visit`` replace the linear layers of every block, each seeing those before it."""
        groups = self._groups()
        for number in range(self._encoder.config.layers):
            self._block(number, groups, visit)

    def _block(self, number: int, groups: list[_Group], visit: Visit) -> None:
        streams = _Streams(Block(self._encoder, number))
        for stage in STAGES:

            def moments(parts: Sequence[str], stage: tuple[str, ...] = stage) -> Moments:
                point = streams.inputs(stage, groups[0]).mean(axis=0)
                pieces = [(group, stage, parts, point) for group in groups]
                return _sum_of(self._threads.map(_Streams.sums, streams, pieces)).moments()

            dense = {part: streams.block.dense[part] for part in stage}
            streams.pruned |= visit(number, dense, moments)
            for _ in self._threads.map(_Streams.advance, streams, [(g, stage) for g in groups]):
                pass

    def _groups(self) -> list[_Group]:
        states = FloatEmbedding(self._encoder)(self._sample.ids)
        groups, start = [], 0
        for texts in self._sample.groups(_GROUP_TOKENS):
            lengths = [len(ids) for ids in texts]
            x = states[start : start + sum(lengths)]
            groups.append(_Group(lengths, x, x))
            start += len(x)
        return groups


class _Streams:
    """One block as it is and as pruned so far, and what both make of a group."""

    def __init__(self, block: Block):
        self.block = block
        self.pruned = dict(block.dense)

    def inputs(self, stage: tuple[str, ...], group: _Group) -> np.ndarray:
        """What the layers of a stage see in the pruned stream, [tokens, K]."""
        if stage[0] == "out":
            return group.pruned_context
        if stage[0] == "down":
            return self.block.raised(self.pruned, group.pruned)
        return group.pruned

    def sums(self, piece: tuple[_Group, tuple[str, ...], Sequence[str], np.ndarray]) -> MomentSums:
        """Of a group's inputs, and of the answers wanted from ``parts`` of the stage."""
        group, stage, parts, point = piece
        answers = {part: self._answer(part, group) for part in parts}
        return MomentSums.of(self.inputs(stage, group), answers, point)

    def advance(self, piece: tuple[_Group, tuple[str, ...]]) -> None:
        """Both streams of a group past a stage."""
        group, stage = piece
        block, pruned, dense = self.block, self.pruned, self.block.dense
        if stage[0] == "query":
            group.pruned_context = block.context(pruned, group.pruned, group.lengths)
            group.dense_context = block.context(dense, group.dense, group.lengths)
        elif stage[0] == "out":
            group.pruned = block.middle(pruned, group.pruned, group.pruned_context)
            group.dense = block.middle(dense, group.dense, group.dense_context)
            group.pruned_context = group.dense_context = None
        elif stage[0] == "down":
            group.pruned = block.output(pruned, group.pruned)
            group.dense = block.output(dense, group.dense)

    def _answer(self, part: str, group: _Group) -> np.ndarray:
        dense = self.block.dense
        if part == "out":
            return dense["out"](group.dense_context) + group.dense - group.pruned
        if part == "down":
            raised = self.block.raised(dense, group.dense)
            return dense["down"](raised) + group.dense - group.pruned
        return dense[part](group.dense)


def _sum_of(sums: Iterator[MomentSums]) -> MomentSums:
    total = next(sums)
    for more in sums:
        total += more
    return total
