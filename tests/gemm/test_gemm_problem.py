"""A problem is one whose exact result exists."""

import numpy as np
import pytest

from spbench.errors import InputError
from spbench.formats import BlockShape, GemmProblem
from spbench.formats.gemm_problem import MOST_K
from spbench.gemm.reference import float64_product
from spbench.sweeps.cases import build_cases
from spbench.sweeps.config import SweepConfig


def problem(k: int) -> GemmProblem:
    return GemmProblem(m=4, k=k, n=1, pattern=BlockShape(4, 1), sparsity=0.5)


def test_sums_that_s32_may_not_hold_are_refused():
    assert problem(MOST_K).k == MOST_K
    with pytest.raises(InputError, match=f"^4x{MOST_K + 1}x1: K may be at most {MOST_K}"):
        problem(MOST_K + 1)


def test_a_sweep_with_such_a_shape_is_refused_before_it_starts():
    config = SweepConfig.build(None, {"shapes": [f"4x{MOST_K + 1}x1"]})
    with pytest.raises(InputError, match="K may be at most"):
        build_cases(config)


@pytest.mark.parametrize("value", [-128, 127])
def test_the_largest_sums_are_exact(value):
    weight = np.full((1, MOST_K), value, np.int8)
    x = np.full((MOST_K, 1), 255, np.uint8)
    assert float64_product(weight, x)[0, 0] == value * 255 * MOST_K
