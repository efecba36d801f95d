"""Last in this folder: a kernel that this CPU has and that no test ran is a hole in the tests."""

import pytest
from conftest import (
    DENSE_KERNELS,
    FLOAT_KERNELS,
    KERNELS,
    LOOKUP_KERNELS,
    RAN,
    SPMV_KERNELS,
)


def test_every_usable_kernel_ran():
    if not RAN:
        pytest.skip("the kernels' tests were not asked for")
    kernels = KERNELS + DENSE_KERNELS + SPMV_KERNELS + FLOAT_KERNELS + LOOKUP_KERNELS
    assert {kernel["name"] for kernel in kernels if kernel["usable"]} == RAN
