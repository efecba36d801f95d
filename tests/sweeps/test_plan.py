"""What a sweep will measure, and options that would have no effect."""

import pytest

from spbench.errors import InputError
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.plan import Plan


def plan(**given):
    return Plan.new(SweepConfig.build(None, given), given)


def test_a_machine_gets_the_cases_it_has_cpus_for():
    cases = plan(shapes=["8x8x1"], threads=[1, 2, 4])
    assert [case.threads for case in cases.cases_for({"usable_cpus": 2})] == [1, 2]
    assert cases.cases_for({}) == cases.cases


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"shapes": ["8x8x1"], "tokens": [5]}, "--tokens has no effect: every shape has its own N"),
        ({"shapes": ["8x8x1"], "model_tokens": [5]}, "--model-tokens has no effect without"),
        ({"shapes": ["8x8x1"], "model_layers": "a"}, "--model-layers has no effect without"),
        ({"from_model": "m", "sparsity": [0.5]}, "--sparsity is for shapes"),
        ({"from_model": "m", "tokens": [5]}, "--tokens has no effect: a model has --model-tokens"),
    ],
)
def test_options_without_effect(given, message):
    with pytest.raises(InputError, match=message):
        plan(**given)


def test_options_with_effect(make_model):
    model = str(make_model())
    both = plan(shapes=["8x8", "8x8x1"], tokens=[5], sparsity=[0.5], from_model=model)
    assert {case.problem.n for case in both.cases} == {1, 5, 128}


def test_padding_is_said():
    assert plan(shapes=["8x8x1"]).notes == []
    (note,) = plan(shapes=["9x8x1"]).notes
    assert note.startswith("9x8: not a multiple of the block (4x1)")
