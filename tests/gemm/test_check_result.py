"""What counts as right."""

import numpy as np
import pytest

from spbench.gemm.check import check

REFERENCE = np.array([[10, -200, 30], [40, 50, 60]], np.int32)


def test_equal_is_right():
    assert check(REFERENCE.copy(), REFERENCE) == ""
    assert check(REFERENCE.astype(np.float32), REFERENCE, 0.0) == ""


def test_the_first_wrong_element_is_named():
    result = REFERENCE.copy()
    result[1, 0] += 1
    result[1, 2] = 0
    assert check(result, REFERENCE) == "Y[1, 0] is 41, not 40 (2 of 6 differ)"


def test_tolerance_is_for_floats_only():
    assert check(REFERENCE + 1, REFERENCE, tolerance=1.0).startswith("Y[0, 0] is 11, not 10")


@pytest.mark.parametrize(("error", "right"), [(0.19, True), (-0.19, True), (0.21, False)])
def test_tolerance_is_relative_to_the_largest(error, right):
    result = REFERENCE.astype(np.float32)
    result[0, 2] += error
    assert (check(result, REFERENCE, tolerance=0.001) == "") is right


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_wrong(value):
    result = REFERENCE.astype(np.float32)
    result[0, 1] = value
    assert check(result, REFERENCE, tolerance=1.0).startswith("Y[0, 1] is")


def test_another_shape_is_wrong():
    assert check(REFERENCE.T, REFERENCE) == "shape (3, 2), not (2, 3)"


def test_nothing_but_zeros():
    zeros = np.zeros((2, 2), np.int32)
    assert check(zeros.astype(np.float32), zeros, 1e-6) == ""
    assert check(zeros + np.float32(1e-9), zeros, 1e-6).startswith("Y[0, 0]")
