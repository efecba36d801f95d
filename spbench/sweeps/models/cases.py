"""The cases of a comparison, in a fixed order: model by model, so that weights are made once."""

from __future__ import annotations

from collections.abc import Iterator

from spbench.errors import InputError
from spbench.kernels import default_num_threads
from spbench.models.case import ModelCase
from spbench.models.model_choice import ModelChoice, Pruned
from spbench.sweeps.models.config import BenchConfig, LimitConfig, ModelsConfig
from spbench.sweeps.models.limit_case import LimitCase
from spbench.sweeps.thread_count import require_cpus


def bench_cases(config: BenchConfig) -> list[ModelCase]:
    """Every combination, once. Raises :class:`InputError` for a call that a model cannot take."""
    require_cpus(max(config.threads))
    return [
        ModelCase(model, pruned, batch, tokens, threads, config.seed)
        for model, pruned in _variants(config)
        for batch, tokens in config.call_sizes()
        for threads in config.threads
        if _takes(model, tokens)
    ]


def limit_cases(config: LimitConfig) -> list[LimitCase]:
    """Every combination, once. Raises :class:`InputError`, also for a model without a limit."""
    cores = config.cores or default_num_threads()
    require_cpus(cores, "cores")
    return [
        LimitCase(
            ModelCase(model, pruned, config.batch, tokens, 1, config.seed),
            _limit_ms(config, model),
            cores,
        )
        for model, pruned in _variants(config)
        for tokens in config.tokens
        if _takes(model, tokens)
    ]


def _variants(config: ModelsConfig) -> Iterator[tuple[ModelChoice, Pruned]]:
    models = [ModelChoice.find(source) for source in config.models]
    if len({model.name for model in models}) != len(models):
        raise InputError(f"models of one name: {', '.join(config.models)}; measure them apart")
    for model in models:
        for pruned in model.variants(config.pattern, config.sparsity):
            yield model, pruned


def _takes(model: ModelChoice, tokens: int) -> bool:
    longest = model.encoder.longest
    if tokens > longest:
        raise InputError(f"{model.source}: {tokens} tokens; it has positions for {longest}")
    return True


def _limit_ms(config: LimitConfig, model: ModelChoice) -> float:
    if config.latency_limit_ms is not None:
        return config.latency_limit_ms
    if model.config is None:
        raise InputError(
            f"{model.source}: has no latency limit of its own; give --latency-limit-ms"
        )
    return model.config.latency_limit_ms
