"""The commands of 'To repeat it': the model, the sweep into a new folder, the report of that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from spbench.formats import BlockShape
from spbench.pruning.recipes import Recipe
from spbench.pruning.record import RECORD_NAME, Record, Step, Total
from spbench.report.repetition import repetition
from spbench.sweeps.model_source import ModelSource

SWEEP = {"name": "mine", "shapes": ["768x768"], "tokens": [128], "from_model": None}


def head(**changes):
    return {"sweep": {**SWEEP, **changes}}


@pytest.fixture
def pruned(make_model):
    """A model's folder with a record of these steps."""

    def make(*steps):
        *history, done = steps
        total = Total(weights=1, element_sparsity=0, block_sparsity=0, energy_kept=1)
        record = Record(done=done, total=total, layers=(), left_alone=(), history=tuple(history))
        folder = make_model(name="pruned")
        (folder / RECORD_NAME).write_text(record.to_json())
        return folder

    return make


def step(source, **recipe):
    return Step(spbench_version="1", source=source, recipe=Recipe(**recipe))


def test_the_report_is_that_of_the_new_run():
    lines = repetition(head(), Path("results/run"), report=["--baseline", "numpy"])
    assert lines == [
        "cat > sweep.yaml <<'END'",
        "name: mine",
        "shapes: [768x768]",
        "tokens: [128]",
        "END",
        "spbench run-gemm sweep --config sweep.yaml --out results/run-again",
        "spbench report results/run-again --baseline numpy",
    ]


def test_without_a_sweep_it_says_so():
    assert repetition({}, Path("run")) == [
        "# what the sweep was asked for is not known",
        "spbench report run",
    ]


def test_the_cap_on_kernels_and_the_executor_belong_to_it():
    row = "env SPBENCH_ISA=avx2 spbench run-gemm one --shape 8x8x8"
    lines = repetition({**head(), "executor": "ray"}, Path("run"), row)
    assert lines[-3] == "# add --address HOST:PORT unless the cluster runs here"
    assert lines[-2] == (
        "env SPBENCH_ISA=avx2 spbench run-gemm sweep --config sweep.yaml --executor ray"
        " --out run-again"
    )


def test_a_pruned_model_is_pruned_again_where_it_is_missing(pruned):
    model = pruned(step("some-package", pattern=BlockShape(8, 1), skip=("pooler",)))
    lines = repetition(head(from_model=str(model)), Path("run"))
    assert lines[:9] == [
        "cat > recipe.yaml <<'END'",
        "pattern: 8x1",
        "sparsity: 0.8",
        "method: magnitude",
        "scope: layer",
        "norm: l2",
        "skip: [pooler]",
        "END",
        f"test -d {model} || spbench prune some-package --recipe recipe.yaml --out {model}",
    ]


def test_a_recipe_is_a_line_a_key(pruned):
    lines = repetition(head(from_model=str(pruned(step("base")))), Path("run"))
    assert lines[1:7] == [
        "pattern: 4x1",
        "sparsity: 0.8",
        "method: magnitude",
        "scope: layer",
        "norm: l2",
        "END",
    ]


def test_a_model_pruned_twice_is_pruned_twice(pruned):
    model = pruned(step("base", sparsity=0.5), step("once", sparsity=0.9))
    commands = [line for line in repetition(head(from_model=str(model)), Path("r")) if "||" in line]
    assert commands == [
        "test -d once || spbench prune base --recipe recipe-1.yaml --out once",
        f"test -d {model} || spbench prune once --recipe recipe-2.yaml --out {model}",
    ]


def test_a_model_is_looked_for_where_the_run_found_it(pruned):
    stored = ModelSource.find(str(pruned(step("base")))).to_dict() | {"name": "elsewhere"}
    lines = repetition({**head(from_model="elsewhere"), "model": stored}, Path("run"))
    assert "test -d elsewhere || spbench prune base --recipe recipe.yaml --out elsewhere" in lines


def test_a_model_that_changed_was_made_otherwise(pruned):
    model = pruned(step("base"))
    stored = ModelSource.find(str(model)).to_dict()
    record = model / RECORD_NAME
    record.write_text(record.read_text().replace("0.8", "0.7"))
    first = repetition({**head(from_model=str(model)), "model": stored}, Path("run"))[0]
    assert first.endswith("is not known: it is not here, or no longer what it was")


@pytest.mark.parametrize("kind", ["missing", "broken"])
def test_a_model_whose_making_is_not_known(tmp_path, make_model, kind):
    model = tmp_path / "my model"
    if kind == "broken":
        (make_model(name="my model") / RECORD_NAME).write_text("{")
    first = repetition(head(from_model=str(model)), Path("run"))[0]
    assert first.startswith(f"# how '{model}' was made is not known")


def test_a_model_that_spbench_did_not_prune(make_model):
    model = make_model()
    first = repetition(head(from_model=str(model)), Path("run"))[0]
    assert first == f"# {model} was not pruned by spbench: it must be in its place"


@pytest.mark.slow
def test_the_commands_repeat_the_run(tmp_path, make_model):
    """As a user does: everything in one folder, the model lost in between."""
    pytest.importorskip("matplotlib")
    make_model(name="base")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def shell(script):
        done = subprocess.run(
            ["sh", "-e", "-c", script],
            check=False,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr

    quick = "--protocol rounds=8,warmup_ms=1,case_budget_s=0.1 --backend spbench,numpy"
    shell("spbench prune base --sparsity 0.5 --out pruned")
    shell(f"spbench run-gemm sweep --from-model pruned --model-tokens 16 {quick} --out run")
    shell("spbench report run --baseline numpy")
    page = (tmp_path / "run" / "report.md").read_text()
    script = page.split("## To repeat it")[1].split("```")[1]
    weights = (tmp_path / "pruned" / "model.safetensors").read_bytes()
    subprocess.run(["rm", "-r", "pruned"], cwd=tmp_path, check=True)
    shell(script)
    again = (tmp_path / "pruned" / "model.safetensors").read_bytes()
    assert np.array_equal(np.frombuffer(again, "u1"), np.frombuffer(weights, "u1"))
    assert (tmp_path / "run-again" / "report.html").is_file()
    assert cases(tmp_path / "run-again") == cases(tmp_path / "run")


def cases(run):
    from spbench.store.run_folder import RunFolder

    return {row.key for row in RunFolder.open(run).rows()}
