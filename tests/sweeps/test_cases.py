"""The axes of a sweep become cases: all of them, once, always in the same order."""

from spbench.formats import BlockShape, GemmProblem
from spbench.measure.settings import Protocol
from spbench.sweeps.case import Case
from spbench.sweeps.cases import build_cases
from spbench.sweeps.command import command
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.model_layers import ModelLayer


def build(layers=(), **given):
    return build_cases(SweepConfig.build(None, given), layers)


def test_every_combination_once():
    cases = build(
        shapes=["8x8", "8x8x1"], tokens=[1, 2], sparsity=[0.5, 0.6], pattern=["4x1", "2x2"],
        threads=[1, 2],
    )  # fmt: skip
    assert len(cases) == len(set(cases)) == 2 * 2 * 2 * 2
    assert len({case.case_id for case in cases}) == len(cases)
    assert cases == build(
        shapes=["8x8", "8x8x1"], tokens=[1, 2], sparsity=[0.5, 0.6], pattern=["4x1", "2x2"],
        threads=[1, 2],
    )  # fmt: skip


def test_a_cap_on_the_instruction_set_belongs_to_the_command(monkeypatch):
    monkeypatch.setenv("SPBENCH_ISA", "scalar")
    line = command(Case(GemmProblem(8, 4, 2, BlockShape(4, 1), 0.8)), "spbench", Protocol())
    assert line.startswith("env SPBENCH_ISA=scalar spbench run-gemm one --shape 8x4x2 ")


def test_threads_change_seldom():
    threads = [case.threads for case in build(shapes=["8x8x1", "8x8x2"], threads=[1, 2])]
    assert threads == [1, 1, 2, 2]


def test_layers_come_first_with_their_own_tokens():
    layer = ModelLayer("model:layer.weight", 8, 4, BlockShape(4, 1), 0.75)
    cases = build([layer], shapes=["8x8x1"], from_model="model", model_tokens=[5, 6])
    assert [(case.problem.weights, case.problem.n) for case in cases] == [
        ("model:layer.weight", 5),
        ("model:layer.weight", 6),
        ("random", 1),
    ]
    assert cases[0].problem.sparsity == 0.75


def test_case_id_is_kept_for_ever():
    problem = GemmProblem(m=768, k=768, n=128, pattern=BlockShape(4, 1), sparsity=0.8)
    assert Case(problem).case_id == "b50b901e6686"
    assert Case(problem, threads=2).case_id != Case(problem).case_id


def test_command_names_everything_and_is_quoted():
    problem = GemmProblem(m=8, k=4, n=2, pattern=BlockShape(4, 1), sparsity=0.8, seed=3)
    assert command(Case(problem, 2), "onednn", Protocol(rounds=20, case_budget_s=1.5)) == (
        "spbench run-gemm one --shape 8x4x2 --sparsity 0.8 --pattern 4x1 --output s32 "
        "--backend onednn --threads 2 --seed 3 --protocol rounds=20,case_budget_s=1.5"
    )
    layer = GemmProblem(8, 4, 2, BlockShape(4, 1), 0.8, weights="my models/one:a.weight")
    assert command(Case(layer), "spbench", Protocol()) == (
        "spbench run-gemm one --from-model 'my models/one' --layer a.weight --tokens 2 "
        "--pattern 4x1 --output s32 --backend spbench --threads 1 --seed 0"
    )
