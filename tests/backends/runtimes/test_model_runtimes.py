"""Every runtime answers as f32 does, for every family; missing ones are skipped with the reason."""

from __future__ import annotations

import numpy as np
import pytest
from small_encoders import encoder_config, encoder_tensors, sentences

from spbench.backends.runtimes import REGISTRY, onnx_graph, require_known, runtime_class
from spbench.backends.runtimes.base import RuntimeModel
from spbench.backends.runtimes.own import times_by_kind
from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.models.likeness import mean_cosine
from spbench.quantization import calibrate
from spbench.quantization.float_encoder import FloatEncoder

SHAPE = (2, 9)
LEAST = {"f32": 0.99999, "bf16": 0.999, "int8": 0.99}


@pytest.fixture(params=["bert", "roberta", "distilbert"])
def model(request, make_model):
    family = request.param
    folder = make_model(encoder_tensors(family, sparsity=0.5), encoder_config(family))
    texts = [sentences(40, seed=seed)[0] for seed in range(4)]
    return RuntimeModel(folder, calibrate(Checkpoint.open(folder), texts), *SHAPE)


@pytest.mark.parametrize("name", REGISTRY)
def test_the_answer_is_the_models(name, model):
    kind = runtime_class(name)
    here = kind.available()
    if not here.ok:
        assert here.install
        pytest.skip(f"{here.reason}; {here.install}")
    ids = sentences(*[SHAPE[1]] * SHAPE[0], seed=7)[0]
    runtime = kind()
    assert runtime.supports(model) == ""
    try:
        runtime.convert(model)
        runtime.load(ids, 1)
        timing = runtime.run(2)
        assert timing.count == 2
        assert timing.wall_ns > 0
        result = runtime.result()
        assert runtime.implementation()
        assert isinstance(runtime.handicaps(), str)
    finally:
        runtime.release()
    encoder = FloatEncoder(model.encoder)
    expected = np.stack([encoder.forward(sentence) for sentence in ids])
    assert result.shape == expected.shape
    assert mean_cosine(result, expected) > LEAST[kind.dtype]


def test_times_by_kind_add_layers_up_and_take_medians():
    calls = [
        {"embedding": 5, "0 qkv": 10, "1 qkv": 20},
        {"embedding": 7, "0 qkv": 30, "1 qkv": 20},
        {"embedding": 6, "0 qkv": 20, "1 qkv": 90},
    ]
    kinds = {"embedding": "embedding", "0 qkv": "qkv", "1 qkv": "qkv"}
    assert times_by_kind(calls, kinds) == {"embedding": 6, "qkv": 40}


def test_deepsparse_is_missing_where_nothing_names_it(monkeypatch, tmp_path):
    kind = runtime_class("deepsparse")
    monkeypatch.delenv("SPBENCH_DEEPSPARSE", raising=False)
    assert "SPBENCH_DEEPSPARSE" in kind.available().install
    monkeypatch.setenv("SPBENCH_DEEPSPARSE", str(tmp_path / "nowhere"))
    assert not kind.available().ok


@pytest.mark.parametrize("script", ["exit 0", "exit 1", "echo no module >&2; exit 1"])
def test_deepsparse_is_missing_where_what_is_named_is_no_python(monkeypatch, tmp_path, script):
    named = tmp_path / "python"
    named.write_text(f"#!/bin/sh\n{script}\n")
    named.chmod(0o755)
    monkeypatch.setenv("SPBENCH_DEEPSPARSE", str(named))
    here = runtime_class("deepsparse").available()
    told = "no module" if "module" in script else "is no Python"
    assert (here.ok, here.reason) == (False, f"{named}: {told}")


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match="unknown runtime 'onnx': choose from spbench, "):
        require_known("onnx")
    require_known("fake_runtimes:Right")
    with pytest.raises(InputError, match="no class made from Runtime"):
        require_known("fake_backends:Exact")


def test_long_sentences_keep_their_small_shares_of_attention(make_model, monkeypatch):
    kind = runtime_class("openvino-int8")
    if not (here := kind.available()).ok:
        pytest.skip(here.install)
    monkeypatch.setattr(onnx_graph, "_MOST_SHARES", SHAPE[1] - 1)
    folder = make_model(encoder_tensors(), encoder_config())
    texts = [sentences(40, seed=seed)[0] for seed in range(4)]
    model = RuntimeModel(folder, calibrate(Checkpoint.open(folder), texts), *SHAPE)
    ids = sentences(*[SHAPE[1]] * SHAPE[0], seed=7)[0]
    runtime = kind()
    runtime.convert(model)
    runtime.load(ids, 1)
    runtime.run(1)
    expected = np.stack([FloatEncoder(model.encoder).forward(sentence) for sentence in ids])
    assert mean_cosine(runtime.result(), expected) > LEAST["int8"]
    runtime.release()
