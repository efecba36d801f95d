"""What follows the encoder on a sentence's first token: the pooler and the classifier, in f32.

A few vectors a batch: NumPy's BLAS does them in microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.errors import InputError
from spbench.formats.encoder import Encoder

_FUNCTIONS = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "": lambda x: x}
# Layers from the first token's last hidden state to the logits, and what follows each. A classifier
# alone, without the layer before it, is one of tokens.
_CLASSIFIERS = {
    "bert": (("pooler.dense", "tanh"), ("classifier", "")),
    "roberta": (("classifier.dense", "tanh"), ("classifier.out_proj", "")),
    "xlm-roberta": (("classifier.dense", "tanh"), ("classifier.out_proj", "")),
    "distilbert": (("pre_classifier", "relu"), ("classifier", "")),
}
_POOLER = (("pooler.dense", "tanh"),)


@dataclass(frozen=True, eq=False)
class Head:
    """Dense layers in f32: weight [out, in], bias [out], name of the function after it."""

    layers: tuple[tuple[np.ndarray, np.ndarray, str], ...]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Of x f32 [sentences, hidden]."""
        for weight, bias, function in self.layers:
            x = _FUNCTIONS[function](x @ weight.T + bias)
        return x


def find_pooler(encoder: Encoder) -> Head | None:
    """The pooler of BERT and RoBERTa, if the checkpoint has it."""
    return _find(encoder, _POOLER)


def find_classifier(encoder: Encoder) -> Head | None:
    """From the first token to logits, if the checkpoint is of a sentence classifier."""
    return _find(encoder, _CLASSIFIERS[encoder.config.family])


def _find(encoder: Encoder, chain: tuple[tuple[str, str], ...]) -> Head | None:
    """Raises :class:`InputError` where layers are there, but do not fit each other."""
    tensors, width, layers = encoder.checkpoint.tensors, encoder.config.hidden, []
    for owner, function in chain:
        prefix = next((p for p in ("", encoder.prefix) if f"{p}{owner}.weight" in tensors), None)
        if prefix is None:
            return None
        name = f"{prefix}{owner}"
        entries = tensors[f"{name}.weight"], tensors.get(f"{name}.bias")
        shapes = [entry and entry.shape for entry in entries]
        if len(shapes[0]) != 2 or shapes[0][1] != width or shapes[1] != shapes[0][:1]:
            raise InputError(
                f"{encoder.checkpoint.source}: {name} is {shapes[0]} with a bias {shapes[1]}; "
                f"its input has {width} channels"
            )
        layers.append((*(entry.values() for entry in entries), function))
        width = shapes[0][0]
    return Head(tuple(layers))
