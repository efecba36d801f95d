"""Outputs are an axis of a sweep, like sparsities."""

import json

import pytest
from click.testing import CliRunner

from spbench.cli import main
from spbench.errors import InputError
from spbench.sweeps.cases import build_cases
from spbench.sweeps.config import SweepConfig


def config(**given):
    return SweepConfig.build(None, {"shapes": ["8x8x4"]} | given)


def test_every_output_of_every_product():
    cases = build_cases(config(output=["s32", "u8"], sparsity=[0.5, 0.8]))
    found = [(case.problem.sparsity, case.problem.output) for case in cases]
    assert found == [(0.5, "s32"), (0.5, "u8"), (0.8, "s32"), (0.8, "u8")]
    assert len({case.case_id for case in cases}) == 4


def test_one_output_is_a_list_of_one_as_in_older_runs():
    assert config(output="f32").output == ["f32"]
    assert config().output == ["s32"]


def test_an_unknown_output_is_refused():
    with pytest.raises(InputError, match="output"):
        config(output=["u8", "s16"])


def test_rows_name_output_and_epilogue():
    arguments = ["run-gemm", "one", "--shape", "8x8x4", "--format", "json", "--output"]
    rounds = ["--protocol", "rounds=8,case_budget_s=0.5"]
    for output, epilogue in (("s32", "none"), ("u8", "scale+bias")):
        done = CliRunner().invoke(main, [*arguments, output, *rounds])
        assert done.exit_code == 0, done.output
        row = json.loads(done.stdout)
        assert (row["status"], row["output"], row["epilogue"]) == ("ok", output, epilogue)
        assert f"--output {output}" in row["command"]
