"""``spbench run-model plan`` and ``profile``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from small_encoders import sentences
from tiny_models import tiny_yaml

from spbench.cli import main
from spbench.formats.checkpoint import Checkpoint
from spbench.models import profile as profile_module
from spbench.quantization import calibrate, write_scales


@pytest.fixture
def model(make_engine) -> str:
    folder = make_engine().folder
    write_scales(folder, calibrate(Checkpoint.open(folder), [sentences(30)[0]]))
    return str(folder)


@pytest.fixture
def quick(monkeypatch):
    limits = {
        "int8_peak_gops": 400.0, "f32_peak_gflops": 100.0, "bandwidth_curve": [[1024, 100.0]]
    }  # fmt: skip
    monkeypatch.setattr(profile_module, "measure_limits", lambda caches: limits)
    monkeypatch.setattr(profile_module, "_LEAST_CALLS", 3)


def run(*arguments: str):
    return CliRunner().invoke(main, ["run-model", *arguments])


def test_plan_shows_every_op_and_totals(model):
    result = run("plan", model, "--threads", "1")
    assert result.exit_code == 0, result.output
    assert "0 attention" in result.stdout and "clearly sparse" in result.stdout
    assert "activations: calibrated: the scales" in result.stdout
    assert "of dense int8" in result.stdout and "the first call of 128 tokens" in result.stdout


def test_plan_as_json_is_rows_only(model):
    result = run("plan", model, "--format", "json")
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    up = rows["0 up"]
    assert up["kernel"].startswith("spmm_u8s8_4x1_n64_") and up["form"] == "4x1"
    assert up["kernel"].endswith(up["isa"]) and up["weight_bytes"] > 0
    assert rows["rows"]["form"] == "" and rows["rows"]["sparsity"] is None
    assert "weights: " in result.stderr


def test_profile_by_kind_and_by_op(model, quick):
    kinds = json.loads(run("profile", model, "--seconds", "0", "--format", "json").stdout)
    assert {"qkv", "attention", "out", "up", "down", "norm"} <= {row["name"] for row in kinds}
    result = run("profile", model, "--seconds", "0", "--batch", "2", "--by", "op")
    assert result.exit_code == 0, result.output
    assert "1 down" in result.stdout and "calls of 2 x 128 tokens" in result.stdout


@pytest.mark.parametrize(("name", "start"), [("p.png", b"\x89PNG"), ("p.svg", b"<?xml")])
def test_profile_draws_a_figure(model, quick, tmp_path, name, start):
    pytest.importorskip("matplotlib")
    path = tmp_path / name
    result = run("profile", model, "--seconds", "0", "--figure", str(path))
    assert result.exit_code == 0, result.output
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "nowhere"], "nowhere: no such folder"),
        (["profile", "MODEL", "--figure", "p.pdf"], "ends in .png or .svg"),
        (["profile", "MODEL", "--figure", "no/such/p.png"], "the folder does not exist"),
        (["profile", "MODEL", "--tokens", "600"], "at most 520 tokens"),
        (["profile", "MODEL", "--threads", "0"], "--threads"),
        (["profile", "MODEL", "--threads", "9999"], "threads 9999: this process may use"),
        (["plan", "MODEL", "--threads", "9999"], "threads 9999: this process may use"),
        (["plan", "MODEL", "--threads", "x"], "--threads"),
    ],
)
def test_bad_input_is_one_line(model, arguments, message):
    result = run(*(model if each == "MODEL" else each for each in arguments))
    assert result.exit_code == 2
    assert message in result.output and "Traceback" not in result.output


def test_sizes_alone_are_a_model_too_pruned_if_wanted(tmp_path):
    result = run("plan", tiny_yaml(tmp_path), "--sparsity", "0.8", "--pattern", "8x1")
    assert result.exit_code == 0, result.output
    assert "8x1" in result.stdout
    assert "0 attention" in result.stdout
