"""Epilogues are an axis of a sweep; the usual one leaves a case what it was."""

import json

import pytest
from click.testing import CliRunner

from spbench.cli import main
from spbench.errors import InputError
from spbench.formats import BlockShape, GemmProblem
from spbench.sweeps.case import Case
from spbench.sweeps.cases import build_cases
from spbench.sweeps.config import SweepConfig


def config(**given):
    return SweepConfig.build(None, {"shapes": ["8x8x4"]} | given)


def test_every_epilogue_of_every_output():
    cases = build_cases(config(output=["u8", "s8"], epilogue=["gelu", "residual"]))
    found = [(case.problem.output, case.problem.epilogue) for case in cases]
    assert found == [("u8", "gelu"), ("u8", "residual"), ("s8", "gelu"), ("s8", "residual")]
    assert len({case.case_id for case in cases}) == 4


def test_without_one_it_is_that_of_the_output():
    cases = build_cases(config(output=["s32", "u8"]))
    assert [case.problem.epilogue for case in cases] == ["none", "scale+bias"]


def test_the_usual_epilogue_by_name_is_the_same_case():
    plain = GemmProblem(8, 8, 4, BlockShape(4, 1), 0.5, output="u8")
    named = GemmProblem(8, 8, 4, BlockShape(4, 1), 0.5, output="u8", epilogue="scale+bias")
    assert Case(plain) == Case(named) and Case(plain).case_id == Case(named).case_id


@pytest.mark.parametrize("epilogue", ["selu", "none"])
def test_an_unknown_epilogue_is_refused(epilogue):
    with pytest.raises(InputError, match=f"epilogue '{epilogue}': one of scale"):
        config(output="u8", epilogue=epilogue)


def test_s32_takes_none():
    with pytest.raises(InputError, match="gelu does not go with output s32"):
        build_cases(config(epilogue="gelu"))


def run_one(*options):
    arguments = ["run-gemm", "one", "--shape", "8x8x4", "--format", "json", *options]
    return CliRunner().invoke(main, [*arguments, "--protocol", "rounds=8,case_budget_s=0.5"])


def test_rows_and_their_commands_name_it():
    done = run_one("--output", "u8", "--epilogue", "gelu-table")
    assert done.exit_code == 0, done.output
    row = json.loads(done.stdout)
    assert (row["status"], row["epilogue"]) == ("ok", "gelu-table")
    assert "--output u8 --epilogue gelu-table" in row["command"]
    assert "lookup" in row["implementation"]


def test_a_wrong_combination_is_one_line():
    done = run_one("--epilogue", "relu")
    assert done.exit_code == 2
    assert "epilogue relu does not go with output s32" in done.output
