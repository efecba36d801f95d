"""Last in this folder: a kernel that this CPU has and that no test ran is a hole in the tests."""

import pytest
from conftest import DENSE_KERNELS, KERNELS, RAN, SPMV_KERNELS


def test_every_usable_kernel_ran():
    if not RAN:
        pytest.skip("the kernels' tests were not asked for")
    assert {
        kernel["name"] for kernel in KERNELS + DENSE_KERNELS + SPMV_KERNELS if kernel["usable"]
    } == RAN
