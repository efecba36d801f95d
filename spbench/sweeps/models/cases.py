"""The cases of a comparison, in a fixed order: model by model, so that weights are made once."""

from __future__ import annotations

from spbench.errors import InputError
from spbench.models.case import ModelCase
from spbench.models.model_choice import ModelChoice
from spbench.sweeps.models.config import ModelSweepConfig


def build_cases(config: ModelSweepConfig) -> list[ModelCase]:
    """Every combination, once. Raises :class:`InputError` for a call that a model cannot take."""
    cases = []
    for model in map(ModelChoice.find, config.models):
        longest = model.encoder.longest
        for pruned in model.variants(config.pattern, config.sparsity):
            for batch, tokens in config.call_sizes():
                if tokens > longest:
                    raise InputError(
                        f"{model.source}: sentences of {tokens} tokens; it has positions for {longest}"
                    )
                cases += [
                    ModelCase(model, pruned, batch, tokens, threads, config.seed)
                    for threads in config.threads
                ]
    by_id = {case.case_id: case for case in cases}
    if len({(case.model.name) for case in cases}) != len(set(config.models)):
        raise InputError(f"two models of one name: {', '.join(config.models)}; measure them apart")
    return list(by_id.values())
