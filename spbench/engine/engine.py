"""A model that answers: token ids or text in, NumPy out."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from spbench.engine.batch import Batch
from spbench.engine.compiled_encoder import CompiledEncoder
from spbench.engine.dynamic_encoder import DynamicEncoder
from spbench.engine.heads import Head, find_classifier, find_pooler
from spbench.engine.plan import Plan
from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.kernels import default_num_threads
from spbench.quantization import ActivationScales, read_scales
from spbench.quantization.scale import ActivationBy
from spbench.texts import read_tokenizer

_MOST_TOKENS = 1024  # of one run, unless a single sentence is longer
_ACTIVATION_BYTES = 1 << 20  # of one run and thread that stay in L2
_CACHED_WEIGHT_BYTES = 16 << 20  # so many are read from L3 again sooner than from memory


@dataclass(frozen=True, eq=False)
class EncoderOutput:
    """What a model says about a batch [sentences, length].

    Attributes
    ----------
    last_hidden_state : f32 [sentences, length, hidden]
        Zero where attention_mask is.
    hidden_states : f32 [layers, sentences, length, hidden], or None
        After each layer, of an engine with ``every_layer``.
    """

    last_hidden_state: np.ndarray
    hidden_states: np.ndarray | None
    _batch: Batch
    _pooler: Head | None
    _classifier: Head | None

    @cached_property
    def pooled(self) -> np.ndarray | None:
        """The pooler's output, f32 [sentences, hidden], of models that have one."""
        return self._pooler and self._pooler(self._first)

    @cached_property
    def logits(self) -> np.ndarray | None:
        """The classifier's output, f32 [sentences, labels], of sentence classifiers."""
        return self._classifier and self._classifier(self._first)

    @cached_property
    def mean(self) -> np.ndarray:
        """Mean of the tokens' last hidden states, f32 [sentences, hidden], padding left out: the
        usual sentence embedding."""
        rows = self._rows if self._batch.is_full else self._rows[self._batch.place]
        return _means(rows, self._batch.begin)

    @property
    def _rows(self) -> np.ndarray:
        sentences, length, hidden = self.last_hidden_state.shape
        return self.last_hidden_state.reshape(sentences * length, hidden)

    @property
    def _first(self) -> np.ndarray:
        """The last hidden state of each sentence's first token."""
        return self._rows[self._batch.place[self._batch.begin[:-1]]]


class Engine:
    """A BERT-like encoder on int8 kernels, block-sparse where the weights are.

    >>> engine = Engine.from_pretrained("folder of a model")
    >>> engine.encode(["a text", "another one"])          # f32 [2, 384]
    >>> engine(input_ids, attention_mask).last_hidden_state

    Any number of Python threads may call one engine; they take turns. A call releases the GIL.

    Parameters
    ----------
    checkpoint : Checkpoint
        BERT, DistilBERT or RoBERTa, pruned or not.
    scales : ActivationScales, optional
        From :func:`spbench.quantization.calibrate`. Default: those that `spbench quantize` has put
        into the model's folder; without any, each token gets its own as it comes.
    num_threads : int, optional
        Default: the physical cores that this process may use.
    activation_by : "polynomial" or "table", optional
        See :class:`~spbench.engine.compiled_encoder.CompiledEncoder`.
    every_layer : bool
        Whether calls return ``hidden_states``, which costs a copy of each.

    Raises
    ------
    InputError
        An architecture that is not known, tensors that do not fit config.json, scales of another
        model, or ``activation_by`` without scales.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        scales: ActivationScales | None = None,
        num_threads: int | None = None,
        activation_by: ActivationBy | None = None,
        every_layer: bool = False,
    ) -> None:
        encoder = Encoder.of(checkpoint)
        scales = read_scales(checkpoint.folder) if scales is None else scales
        if scales is not None and len(scales) != encoder.config.layers:
            raise InputError(
                f"{checkpoint.source}: scales of {len(scales)} layers for a model of "
                f"{encoder.config.layers}"
            )
        if scales is None and activation_by is not None:
            raise InputError(
                f"{checkpoint.source}: activation_by {activation_by!r} needs scales, and the model "
                f"has none: run spbench quantize, or leave it out"
            )
        threads = default_num_threads() if num_threads is None else num_threads
        if threads < 1:
            raise ValueError(f"num_threads must be at least 1, not {threads}")
        self.config = encoder.config
        self.folder = checkpoint.folder
        self.is_calibrated = scales is not None
        capacity = -(-max(_MOST_TOKENS, encoder.config.longest) // 64) * 64
        self.compiled = (
            DynamicEncoder(encoder, capacity, threads, every_layer)
            if scales is None
            else CompiledEncoder(encoder, scales, capacity, threads, activation_by, every_layer)
        )
        self._types = len(encoder.weight("type")) if encoder.has("type") else 1
        self._pooler, self._classifier = find_pooler(encoder), find_classifier(encoder)
        self._lock = threading.Lock()

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | Path,
        scales: ActivationScales | None = None,
        num_threads: int | None = None,
        activation_by: ActivationBy | None = None,
        every_layer: bool = False,
    ) -> Engine:
        """Of a Hugging Face folder, or of an installed package that carries one."""
        return cls(Checkpoint.open(name_or_path), scales, num_threads, activation_by, every_layer)

    def __call__(
        self,
        input_ids: np.ndarray,
        attention_mask: np.ndarray | None = None,
        token_type_ids: np.ndarray | None = None,
    ) -> EncoderOutput:
        """Run a batch [sentences, tokens] of integers. Masked tokens cost nothing.

        Raises :class:`InputError` for ids out of the vocabulary, sentences that are too long or
        empty, and arrays of other shapes.
        """
        batch = Batch.of(self.config, self._types, input_ids, attention_mask, token_type_ids)
        sentences, length = batch.shape
        make = np.empty if batch.is_full else np.zeros
        states = make((sentences * length, self._outputs * self.config.hidden), np.float32)
        self._run(batch, states, batch.place)
        by_layer = None
        if self.compiled.every_layer:
            by_layer = states.reshape(sentences, length, self._outputs, -1).transpose(2, 0, 1, 3)
        last = states[:, -self.config.hidden :].reshape(sentences, length, -1)
        return EncoderOutput(last, by_layer, batch, self._pooler, self._classifier)

    def encode(self, texts: Iterable[str], normalize: bool = True) -> np.ndarray:
        """Sentence embeddings f32 [texts, hidden]: means of token states, of length 1 each.

        Texts longer than the model's positions are cut. Raises :class:`InputError` for what is no
        sequence of texts, and without a tokenizer.json in the model's folder, or the package
        ``tokenizers``.
        """
        texts = _checked(texts)
        if not texts:
            return np.empty((0, self.config.hidden), np.float32)
        encoded = self.tokenizer.encode_batch(texts)
        longest = max(len(item.ids) for item in encoded)
        ids, mask, types = (np.zeros((len(texts), longest), np.int64) for _ in range(3))
        ids[:] = self.config.pad_token
        for i, item in enumerate(encoded):
            ids[i, : len(item.ids)] = item.ids
            mask[i, : len(item.ids)] = 1
            types[i, : len(item.ids)] = item.type_ids
        batch = Batch.of(self.config, self._types, ids, mask, types if self._types > 1 else None)
        rows = np.empty((len(batch.ids), self._outputs * self.config.hidden), np.float32)
        self._run(batch, rows, np.arange(len(rows)))
        means = _means(rows[:, -self.config.hidden :], batch.begin)
        if normalize:
            means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        return means

    @property
    def _outputs(self) -> int:
        """Hidden states that a run gives of each token."""
        return self.config.layers if self.compiled.every_layer else 1

    @cached_property
    def tokenizer(self) -> Any:
        """The checkpoint's own, truncating at the model's positions."""
        return read_tokenizer(self.folder, self.config.longest)

    @cached_property
    def _run_tokens(self) -> int:
        """Tokens of one run. What stages hand on (4 + 3 + 3 bytes a channel) should stay in L2, as
        long as weights are then read again from L3: batch 8 of BERT-Base s128 at 90 % gains 4 %.
        """
        compiled = self.compiled
        if compiled.weight_bytes > _CACHED_WEIGHT_BYTES:
            return _MOST_TOKENS
        cached = _ACTIVATION_BYTES // (10 * self.config.hidden)
        return min(max(128, cached) * compiled.num_threads, _MOST_TOKENS)

    def _run(
        self,
        batch: Batch,
        rows: np.ndarray,
        row_of_token: np.ndarray,
        time_ns: np.ndarray | None = None,
    ) -> None:
        for first, after in batch.parts(self._run_tokens):
            begin, end = batch.begin[first], batch.begin[after]
            tokens = slice(begin, end)
            padded = [_padded(a[tokens]) for a in (batch.ids, batch.positions, batch.types)]
            with self._lock:
                self.compiled.plan.run(
                    batch.begin[first : after + 1] - begin,
                    *padded,
                    rows,
                    row_of_token[tokens],
                    time_ns,
                )

    def plan(self) -> Plan:
        """Every op in the order in which it runs, with what was chosen and why; and totals."""
        return Plan.of(self.compiled)

    def time_by_op(
        self, input_ids: np.ndarray, attention_mask: np.ndarray | None = None
    ) -> dict[str, int]:
        """Nanoseconds that each op takes in one call, over all threads together."""
        batch = Batch.of(self.config, self._types, input_ids, attention_mask, None)
        plan = self.compiled.plan
        time_ns = np.zeros((self.compiled.num_threads, len(plan.names)), np.int64)
        rows = np.empty((len(batch.ids), self._outputs * self.config.hidden), np.float32)
        self._run(batch, rows, np.arange(len(rows)), time_ns)
        return dict(zip(plan.names, time_ns.sum(axis=0).tolist(), strict=True))


def _checked(texts: Iterable[str]) -> list[str]:
    """All of them, as UTF-8 can say them; a text alone is refused, not read letter by letter."""
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        raise InputError(f"texts is one {type(texts).__name__}: give a list of texts")
    checked = list(texts)
    for i, text in enumerate(checked):
        if not isinstance(text, str):
            raise InputError(f"texts[{i}] is of type {type(text).__name__}, not str")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"texts[{i}] holds half a surrogate pair, which is no text") from error
    return checked


def _padded(values: np.ndarray) -> np.ndarray:
    """Up to a multiple of 16, with the first row of a table."""
    padded = np.zeros(-(-len(values) // 16) * 16, np.int32)
    padded[: len(values)] = values
    return padded


def _means(rows: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """Token by token, so that a sentence's mean does not depend on the batch (``np.add.reduceat``
    would do it too, ten times slower)."""
    means = np.empty((len(begin) - 1, rows.shape[1]), np.float32)
    for i, (first, after) in enumerate(itertools.pairwise(begin.tolist())):
        np.add.reduce(rows[first:after], axis=0, out=means[i])
        means[i] /= after - first
    return means
