"""A BERT-like encoder in NumPy and f32, obvious rather than fast: what calibration looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from spbench.formats.encoder import Encoder

Observe = Callable[[str, int, np.ndarray], None]
"""Called with a point's name, its layer, and its values."""

POINTS = ("input", "query", "key", "value", "context", "middle", "raised", "activated")
"""Where the engine quantises, in each layer: what enters Q, K and V; these; attention's output;
what enters the feed-forward layers; what enters and what leaves their activation."""
SIGNED = frozenset({"query", "key", "value"})
"""Points that are s8 and symmetric; the others are u8."""


class FloatEmbedding:
    """What enters the first block: its tables, in memory."""

    def __init__(self, encoder: Encoder) -> None:
        self._config = encoder.config
        self._word, self._position = encoder.weight("word"), encoder.weight("position")
        self._type = encoder.weight("type")[0] if encoder.has("type") else np.float32(0)
        self._norm = encoder.weight("embedding_norm"), encoder.bias("embedding_norm")

    def __call__(self, sentences: Sequence[np.ndarray]) -> np.ndarray:
        """Of token ids [tokens] each, token type 0: f32 [tokens of all sentences, hidden]."""
        places = [self._config.first_position + np.arange(len(ids)) for ids in sentences]
        x = self._word[np.concatenate(sentences)] + self._position[np.concatenate(places)]
        return layer_norm(x + self._type, *self._norm, self._config.epsilon)


class FloatEncoder:
    """All weights in memory.

    Parameters
    ----------
    encoder : Encoder
        Whose tensors are read.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.config = encoder.config
        self.embedding = FloatEmbedding(encoder)
        parts = ("query", "key", "value", "out", "attention_norm", "up", "down", "norm")
        self.layers = [
            {part: (encoder.weight(part, layer), encoder.bias(part, layer)) for part in parts}
            for layer in range(self.config.layers)
        ]

    def forward(self, ids: np.ndarray, observe: Observe | None = None) -> np.ndarray:
        """Last hidden state [tokens, hidden] of one sentence, token type 0.

        ``ids`` [tokens] are in the vocabulary, no more than positions exist.
        """
        *_, last = self.layers_of([ids], observe)
        return last

    def layers_of(
        self, sentences: Sequence[np.ndarray], observe: Observe | None = None
    ) -> Iterator[np.ndarray]:
        """Hidden states [tokens of all sentences, hidden] after each layer, as :meth:`forward`."""
        see = observe or (lambda *_: None)
        config = self.config
        ends = np.cumsum([len(ids) for ids in sentences])[:-1]
        x = self.embedding(sentences)
        for i, layer in enumerate(self.layers):
            see("input", i, x)
            q, k, v = (_linear(x, *layer[part]) for part in ("query", "key", "value"))
            see("query", i, q)
            see("key", i, k)
            see("value", i, v)
            context = np.concatenate(
                [
                    attention(*one, config.heads)
                    for one in zip(*(np.split(a, ends) for a in (q, k, v)), strict=True)
                ]
            )
            see("context", i, context)
            x = layer_norm(
                x + _linear(context, *layer["out"]), *layer["attention_norm"], config.epsilon
            )
            see("middle", i, x)
            raised = _linear(x, *layer["up"])
            see("raised", i, raised)
            activated = ACTIVATIONS[config.activation](raised)
            see("activated", i, activated)
            x = layer_norm(x + _linear(activated, *layer["down"]), *layer["norm"], config.epsilon)
            yield x


def layer_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float) -> np.ndarray:
    """LayerNorm over the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    return (centred / np.sqrt(variance + np.float32(epsilon)) * gamma + beta).astype(np.float32)


def gelu(x: np.ndarray) -> np.ndarray:
    """GELU with erf by Abramowitz and Stegun 7.1.26, within 2e-7 of it; of x's own type."""
    z = np.abs(x) * 0.7071067811865476
    t = 1 / (1 + 0.3275911 * z)
    tail = t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))
    tail = t * (0.254829592 + t * (-0.284496736 + tail))
    erf = np.sign(x) * (1 - tail * np.exp(-z * z))
    return (0.5 * x * (1 + erf)).astype(x.dtype, copy=False)


def relu(x: np.ndarray) -> np.ndarray:
    """max(0, x)."""
    return np.maximum(x, 0)


ACTIVATIONS = {"gelu": gelu, "relu": relu}


def _linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return x @ weight.T + bias


def attention(q: np.ndarray, k: np.ndarray, v: np.ndarray, heads: int) -> np.ndarray:
    tokens, hidden = q.shape
    q, k, v = (a.reshape(tokens, heads, -1).transpose(1, 0, 2) for a in (q, k, v))
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(np.float32(q.shape[-1]))
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return (weights @ v).transpose(1, 0, 2).reshape(tokens, hidden)
