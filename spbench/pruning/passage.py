"""A model's linear layers as problems, in the order in which they may be pruned.

weights alone      layer by layer, in any order
calibration text   along the walk: layers that share an input together, each of them seeing
                   what those before it were replaced by
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint, LinearLayer
from spbench.formats.encoder import Encoder
from spbench.pruning.calibration import STAGES, EncoderWalk, Linear, Moments, Sample
from spbench.pruning.calibration.block import Parts
from spbench.pruning.methods import Problem
from spbench.pruning.recipes import LayerSettings
from spbench.pruning.threads import Threads

Problems = Mapping[str, Problem]
"""By the layer's name."""
Settle = Callable[[Problems], Mapping[str, Linear]]
"""What each layer is replaced by for the layers after it; a layer left out stays dense."""
Known = Callable[[str, Linear], Linear | None]
"""What a layer, given its name and dense weights, is replaced by already; None where it is not."""


def _nothing(_name: str, _dense: Linear) -> None:
    return None


@dataclass(frozen=True, eq=False)
class Passage:
    """One way through the layers of a model that have ``settings``.

    Attributes
    ----------
    checkpoint : Checkpoint
    settings : mapping of a layer's name to its settings
    sample : Sample, optional
        Without it, problems come without moments.
    saliency : mapping of a layer's name to f32 [M, K]
        For methods that see gradients.
    """

    checkpoint: Checkpoint
    settings: Mapping[str, LayerSettings]
    sample: Sample | None
    threads: Threads
    saliency: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def layers(self) -> list[LinearLayer]:
        """Those that have settings, in the order of the files."""
        return [layer for layer in self.checkpoint.linear_layers if layer.name in self.settings]

    def run(self, settle: Settle, known: Known = _nothing) -> None:
        """Ask ``settle`` once for every layer that is not ``known``. Raises :class:`InputError`
        for a layer that is not on the way of the text."""
        if self.sample is None:
            for layer in self.layers:
                dense = self._read(layer)
                if known(layer.name, dense) is None:
                    settle({layer.name: self._problem(layer.name, dense)})
            return
        encoder = Encoder.of(self.checkpoint)
        require_on_the_way(encoder, self.settings)

        def visit(
            number: int, stage: Parts, moments: Callable[[Sequence[str]], Moments]
        ) -> dict[str, Linear]:
            names = {part: _layer_name(encoder, part, number) for part in stage}
            wanted = {part: name for part, name in names.items() if name in self.settings}
            done = {part: known(name, stage[part]) for part, name in wanted.items()}
            done = {part: layer for part, layer in done.items() if layer is not None}
            wanted = {part: name for part, name in wanted.items() if part not in done}
            if not wanted:
                return done
            seen = moments([*wanted])
            problems = {
                name: self._problem(name, stage[part], part, number, seen)
                for part, name in wanted.items()
            }
            new = settle(problems)
            return done | {part: new[name] for part, name in wanted.items() if name in new}

        EncoderWalk(encoder, self.sample, self.threads).run(visit)

    def _problem(
        self,
        name: str,
        layer: Linear,
        part: str = "",
        number: int = 0,
        moments: Moments | None = None,
    ) -> Problem:
        given = self.settings[name]
        saliency = self.saliency.get(name)
        return Problem(name, layer, given.pattern, given.norm, part, number, moments, saliency)

    def _read(self, layer: LinearLayer) -> Linear:
        bias = self.checkpoint.tensors.get(f"{layer.name}.bias")
        zeros = np.zeros(layer.shape[0], np.float32)
        return Linear(self.checkpoint.weight(layer), zeros if bias is None else bias.values())


def require_on_the_way(encoder: Encoder, names: Iterable[str]) -> None:
    """Raises :class:`InputError` for a layer that text does not pass."""
    on_the_way = {
        _layer_name(encoder, part, number)
        for number in range(encoder.config.layers)
        for stage in STAGES
        for part in stage
    }
    for name in names:
        if name not in on_the_way:
            raise InputError(
                f"{encoder.checkpoint.source}: {name}: no text passes it on its way through the "
                f"encoder; skip it, or take --method magnitude"
            )


def _layer_name(encoder: Encoder, part: str, number: int) -> str:
    return encoder.tensor_name(part, "weight", number).removesuffix(".weight")
