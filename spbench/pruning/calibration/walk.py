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

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spbench.formats.encoder import Encoder
from spbench.pruning.calibration.moments import Moments, MomentSums
from spbench.pruning.calibration.sample import Sample
from spbench.pruning.threads import Threads
from spbench.quantization.float_encoder import ACTIVATIONS, attention, layer_norm

STAGES = (("query", "key", "value"), ("out",), ("up",), ("down",))
"""Layers of a block that share an input, in the order in which they are pruned."""
_GROUP_TOKENS = 1024


@dataclass(frozen=True, eq=False)
class Linear:
    """Weight f32 [M, K] and bias f32 [M] of a linear layer."""

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x @ self.weight.T + self.bias


Parts = Mapping[str, Linear]
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
        groups = self._embedded()
        for number in range(self._encoder.config.layers):
            self._block(number, groups, visit)

    def _block(self, number: int, groups: list[_Group], visit: Visit) -> None:
        block = _Block(self._encoder, number)
        for stage in STAGES:
            layers = {part: block.dense[part] for part in stage}

            def moments(parts: Sequence[str], stage: tuple[str, ...] = stage) -> Moments:
                return self._moments(block, stage, parts, groups)

            block.pruned |= visit(number, layers, moments)
            if stage[0] in ("query", "out", "down"):
                self._each(_Block.advance, block, [(group, stage) for group in groups])

    def _moments(
        self, block: _Block, stage: tuple[str, ...], parts: Sequence[str], groups: list[_Group]
    ) -> Moments:
        point = block.inputs(stage, groups[0])[:64].mean(axis=0)
        pieces = [(group, stage, parts, point) for group in groups]
        return _sum_of(self._threads.map(_Block.sums, block, pieces)).moments()

    def _each(self, function: Callable, block: _Block, pieces: list) -> None:
        for _ in self._threads.map(function, block, pieces):
            pass

    def _embedded(self) -> list[_Group]:
        encoder = self._encoder
        word, position = encoder.weight("word"), encoder.weight("position")
        kind = encoder.weight("type")[0] if encoder.has("type") else np.float32(0)
        norm = encoder.weight("embedding_norm"), encoder.bias("embedding_norm")
        groups = []
        for texts in self._sample.groups(_GROUP_TOKENS):
            first = encoder.config.first_position
            places = np.concatenate([first + np.arange(len(ids)) for ids in texts])
            x = word[np.concatenate(texts)] + position[places] + kind
            x = layer_norm(x, *norm, encoder.config.epsilon)
            groups.append(_Group([len(ids) for ids in texts], x, x))
        return groups


class _Block:
    """One block's layers, dense and as pruned so far, and what they make of a group."""

    def __init__(self, encoder: Encoder, number: int):
        self._config = encoder.config

        def pair(part: str) -> tuple[np.ndarray, np.ndarray]:
            return encoder.weight(part, number), encoder.bias(part, number)

        self.dense = {part: Linear(*pair(part)) for stage in STAGES for part in stage}
        self.pruned = dict(self.dense)
        self._norms = {part: pair(part) for part in ("attention_norm", "norm")}

    def inputs(self, stage: tuple[str, ...], group: _Group) -> np.ndarray:
        """What the layers of a stage see in the pruned stream, [tokens, K]."""
        if stage[0] == "out":
            return group.pruned_context
        return self._raised(self.pruned, group.pruned) if stage[0] == "down" else group.pruned

    def sums(self, piece: tuple[_Group, tuple[str, ...], Sequence[str], np.ndarray]) -> MomentSums:
        """Of a group's inputs, and of the answers wanted from ``parts`` of the stage."""
        group, stage, parts, point = piece
        answers = {part: self._answer(part, group) for part in parts}
        return MomentSums.of(self.inputs(stage, group), answers, point)

    def advance(self, piece: tuple[_Group, tuple[str, ...]]) -> None:
        """Both streams of a group past a stage."""
        group, stage = piece
        if stage[0] == "query":
            group.pruned_context = self._context(self.pruned, group.pruned, group.lengths)
            group.dense_context = self._context(self.dense, group.dense, group.lengths)
            return
        if stage[0] == "out":
            added = self.pruned["out"](group.pruned_context), self.dense["out"](group.dense_context)
            group.pruned_context = group.dense_context = None
            norm = self._norms["attention_norm"]
        else:
            added = tuple(
                layers["down"](self._raised(layers, x))
                for layers, x in ((self.pruned, group.pruned), (self.dense, group.dense))
            )
            norm = self._norms["norm"]
        group.pruned, group.dense = (
            layer_norm(x + more, *norm, self._config.epsilon)
            for x, more in zip((group.pruned, group.dense), added, strict=True)
        )

    def _answer(self, part: str, group: _Group) -> np.ndarray:
        layer = self.dense[part]
        if part == "out":
            return layer(group.dense_context) + group.dense - group.pruned
        if part == "down":
            return layer(self._raised(self.dense, group.dense)) + group.dense - group.pruned
        return layer(group.dense)

    def _raised(self, layers: Parts, x: np.ndarray) -> np.ndarray:
        return ACTIVATIONS[self._config.activation](layers["up"](x))

    def _context(self, layers: Parts, x: np.ndarray, lengths: list[int]) -> np.ndarray:
        ends = np.cumsum(lengths)[:-1]
        parts = (np.split(layers[part](x), ends) for part in STAGES[0])
        texts = zip(*parts, strict=True)
        return np.concatenate([attention(*text, self._config.heads) for text in texts])


def _sum_of(sums: Iterator[MomentSums]) -> MomentSums:
    total = next(sums)
    for more in sums:
        total += more
    return total
