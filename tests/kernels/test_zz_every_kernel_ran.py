"""Last in this folder: a kernel that this CPU has and that no test ran is a hole in the tests."""

import pytest
from conftest import (
    DENSE_KERNELS,
    ENCODER_KERNELS,
    FLOAT_KERNELS,
    KERNELS,
    LOOKUP_KERNELS,
    RAN,
    SPMV_KERNELS,
)

from spbench.kernels.isa import family

ALL = KERNELS + DENSE_KERNELS + SPMV_KERNELS + FLOAT_KERNELS + LOOKUP_KERNELS + ENCODER_KERNELS


@pytest.fixture
def usable():
    """Kernels that this CPU can run."""
    if not RAN:
        pytest.skip("the kernels' tests were not asked for")
    return [kernel for kernel in ALL if kernel["usable"]]


def test_every_usable_kernel_ran(usable):
    assert {kernel["name"] for kernel in usable} == RAN


def test_every_isa_of_this_cpu_ran_in_every_family(usable):
    has = {(family(kernel), kernel["isa"]) for kernel in usable}
    ran = {(family(kernel), kernel["isa"]) for kernel in ALL if kernel["name"] in RAN}
    assert has == ran
