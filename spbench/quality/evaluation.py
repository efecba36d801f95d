"""Models, texts and a reference in, one row a model out."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.quality.bootstrap import mean_estimate
from spbench.quality.embedder import Embedder, EngineEmbedder, TorchEmbedder, require_torch
from spbench.quality.embedding import Embedding
from spbench.quality.embedding_cache import EmbeddingCache
from spbench.quality.fidelity import fidelity
from spbench.quality.probe import probe, require_probe
from spbench.quality.settings import EvaluationSettings
from spbench.quality.subject import Subject
from spbench.store.quality_row import QualityRow
from spbench.texts import TextSet, Tokens, read_text_set, read_tokenizer
from spbench.texts.text_set import Side

Watch = Callable[[str], None]  # is told after every set of texts that a model has run


@dataclass(frozen=True, eq=False)
class _Found:
    """One model on one task."""

    embedding: Embedding  # of the test texts
    correct: np.ndarray  # bool [test texts]


class Evaluation:
    """Evaluates models on the same texts, against the same reference.

    Parameters
    ----------
    settings : EvaluationSettings
    reference : Checkpoint, optional
        The dense model. It always runs in f32 on torch; without it a row has accuracies only.
    watch : callable

    Raises
    ------
    InputError
        A text package or scikit-learn is missing, or torch, where something runs on it.
    """

    def __init__(
        self,
        settings: EvaluationSettings,
        reference: Checkpoint | None,
        watch: Watch = lambda _: None,
    ) -> None:
        require_probe()
        if reference is not None or settings.runtime == "torch":
            require_torch()
        self.settings, self.reference, self.watch = settings, reference, watch
        self.sets = {task: read_text_set(task) for task in settings.tasks}
        self.run_id = uuid.uuid4().hex[:12]

    @staticmethod
    def steps(models: int, settings: EvaluationSettings, has_reference: bool) -> int:
        """How often ``watch`` will be called."""
        return (models + has_reference) * 2 * len(settings.tasks)

    def rows(self, models: Sequence[Checkpoint]) -> Iterator[QualityRow]:
        """A row for each model, as soon as it is done.

        Raises :class:`InputError` at once for models that cannot be compared or read no text.
        """
        others = [] if self.reference is None else [self.reference]
        for model in [*models, *others]:
            self._tokenizer(model)
            for reference in others:
                _check_comparable(model, reference)
        return self._rows(models)

    def _rows(self, models: Sequence[Checkpoint]) -> Iterator[QualityRow]:
        dense = None
        if self.reference is not None:
            runner = TorchEmbedder(self.reference, self.settings.threads)
            dense = self._run(self.reference, runner, EmbeddingCache.of(self.reference))
        for model in models:
            embedder = self._embedder(model)
            yield self._row(model, embedder.dtype, self._run(model, embedder), dense)

    def _tokenizer(self, model: Checkpoint) -> Any:
        longest = Encoder.of(model).config.longest
        return read_tokenizer(model.folder, min(self.settings.tokens, longest))

    def _embedder(self, model: Checkpoint) -> Embedder:
        if self.settings.runtime == "torch":
            return TorchEmbedder(model, self.settings.threads)
        return EngineEmbedder(model, self.settings.threads)

    def _run(
        self, model: Checkpoint, embedder: Embedder, cache: EmbeddingCache | None = None
    ) -> dict[str, _Found]:
        config, tokenizer = Encoder.of(model).config, self._tokenizer(model)

        def embed(side: Side, state_texts: int) -> Embedding:
            tokens = Tokens.of(tokenizer, side.texts)
            make = partial(Embedding.of, embedder, tokens, config.pad_token, state_texts)
            made = make() if cache is None else cache.get(tokens, state_texts, make)
            self.watch(model.folder.name)
            return made

        found = {}
        for task, texts in self.sets.items():
            train, test = self._train(texts), self._test(texts)
            of_test = embed(test, self.settings.state_texts)
            of_train = embed(train, 0).sentences
            right = probe(of_train, train.labels, of_test.sentences, test.labels)
            found[task] = _Found(of_test, right)
        return found

    def _row(
        self,
        model: Checkpoint,
        dtype: str,
        found: dict[str, _Found],
        dense: dict[str, _Found] | None,
    ) -> QualityRow:
        likeness, loss = {}, {}
        if dense is not None:
            ours, theirs = (
                Embedding.joined([one.embedding for one in each.values()])
                for each in (found, dense)
            )
            likeness = fidelity(ours, theirs)
            loss = {
                task: mean_estimate(dense[task].correct.astype(float) - one.correct)
                for task, one in found.items()
            }
        subject = Subject.of(model)
        return QualityRow(
            run_id=self.run_id,
            model=subject.name,
            source=subject.source,
            reference=self.reference.source if self.reference else "",
            pattern=subject.pattern,
            sparsity=subject.sparsity,
            sparsity_real=subject.sparsity_real,
            method=subject.method,
            recovery=subject.recovery,
            dtype=dtype,
            runtime=self.settings.runtime,
            texts=sum(len(one.correct) for one in found.values()),
            tokens=self.settings.tokens,
            fidelity=likeness,
            accuracy={task: mean_estimate(one.correct) for task, one in found.items()},
            accuracy_loss=loss,
            data=self._data(),
            command=self._command(subject.source),
        )

    def _test(self, texts: TextSet) -> Side:
        return texts.test.first(self.settings.texts)

    def _train(self, texts: TextSet) -> Side:
        return texts.train.first(self.settings.texts)

    def _data(self) -> dict[str, Any]:
        data = {}
        for task, texts in self.sets.items():
            test, train = self._test(texts), self._train(texts)
            data[task] = texts.facts("test", test) | {
                "probe_texts": len(train),
                "probe_digest": train.digest,
                "state_texts": min(self.settings.state_texts, len(test)),
            }
        return data

    def _command(self, source: str) -> str:
        asked = self.settings
        words = ["spbench", "evaluate", source]
        words += ["--reference", self.reference.source] if self.reference else []
        words += ["--runtime", asked.runtime, "--texts", str(asked.texts)]
        words += ["--tokens", str(asked.tokens), "--task", ",".join(asked.tasks)]
        return shlex.join(words)


def _check_comparable(model: Checkpoint, reference: Checkpoint) -> None:
    ours, theirs = (Encoder.of(one).config for one in (model, reference))
    if ours.hidden != theirs.hidden:
        raise InputError(
            f"{model.source} has {ours.hidden} channels, {reference.source} {theirs.hidden}: "
            "give --reference the model that it was pruned from"
        )
