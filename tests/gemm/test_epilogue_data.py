"""The epilogue of a problem: its numbers, and the truth about its results."""

import numpy as np
import pytest

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix, GemmData, GemmProblem
from spbench.gemm.check import check
from spbench.gemm.data import make_data
from spbench.gemm.reference import reference_product, reference_result
from spbench.gemm.task import GemmTask
from spbench.kernels.epilogue import Epilogue
from spbench.kernels.problem_epilogue import problem_epilogue
from spbench.kernels.reference import apply_epilogue


def problem(output, **changes):
    sizes = {"m": 40, "k": 64, "n": 50, "sparsity": 0.5, "seed": 1} | changes
    return GemmProblem(pattern=BlockShape(4, 1), output=output, **sizes)


def test_s32_has_no_epilogue():
    data = make_data(problem("s32"))
    assert (data.problem.epilogue, data.scale, data.bias) == ("none", None, None)
    assert np.array_equal(reference_result(data), reference_product(data))
    assert reference_result(data).dtype == np.int32


@pytest.mark.parametrize("output", ["f32", "u8", "s8"])
def test_the_others_have_one_that_depends_on_the_seed_alone(output):
    data, again = make_data(problem(output)), make_data(problem(output))
    other = make_data(problem(output, seed=2))
    assert data.problem.epilogue == "scale+bias"
    assert data.scale.dtype == data.bias.dtype == np.float32
    assert data.scale.shape == data.bias.shape == (40,)
    assert np.array_equal(data.scale, again.scale) and np.array_equal(data.bias, again.bias)
    assert not np.array_equal(data.scale, other.scale)
    assert len(np.unique(data.scale)) == 40


def test_weights_and_activations_do_not_depend_on_the_output():
    bare, requantised = make_data(problem("s32")), make_data(problem("u8"))
    assert np.array_equal(bare.x, requantised.x)
    assert np.array_equal(bare.weight.to_dense(), requantised.weight.to_dense())


@pytest.mark.parametrize(("output", "low", "high"), [("u8", 0, 255), ("s8", -128, 127)])
def test_results_use_the_range_and_seldom_leave_it(output, low, high):
    result = reference_result(make_data(problem(output, m=200, n=200)))
    assert low <= result.min() and result.max() <= high
    saturated = ((result == low) | (result == high)).mean()
    assert 0 < saturated < 0.01
    assert result.std() > 24


def test_a_channel_without_weights_is_its_bias():
    data = make_data(problem("f32", sparsity=0.999))
    empty = ~data.weight.to_dense().any(axis=1)
    assert empty.any()
    result = reference_result(data)[empty]
    assert np.array_equal(result, np.broadcast_to(data.bias[empty, None], result.shape))


@pytest.mark.parametrize("output", ["f32", "u8", "s8"])
def test_the_reference_is_that_of_the_kernels(output):
    data = make_data(problem(output))
    epilogue = Epilogue(output, data.scale, data.bias, y_zero_point=data.problem.y_zero_point)
    product, weight = reference_product(data), data.weight.to_dense()
    rounded = apply_epilogue(product, weight, epilogue)
    reference = reference_result(data)
    assert np.abs(rounded - reference).max() <= (1e-4 if output == "f32" else 0.5)


@pytest.mark.parametrize("output", ["f32", "u8"])
def test_it_reaches_the_worker(tmp_path, output):
    data = make_data(problem(output))
    task = GemmTask.write(data, reference_result(data), 1, tmp_path)
    again, reference = task.read()
    assert np.array_equal(again.scale, data.scale) and np.array_equal(again.bias, data.bias)
    assert np.array_equal(reference, reference_result(data))


def test_the_epilogue_of_the_case_before_is_not_read(tmp_path):
    for output in ("u8", "s32"):
        data = make_data(problem(output))
        task = GemmTask.write(data, reference_result(data), 1, tmp_path)
    assert task.read()[0].scale is None


@pytest.mark.parametrize(("error", "right"), [(1.0, True), (-1.0, True), (1.01, False)])
def test_bytes_may_be_one_step_off(error, right):
    reference = np.array([[10.0, 200.0]])
    result = np.array([[10, 201]], np.uint8)
    assert (check(result, reference + [[0, 1 - error]]) == "") is right


def test_sums_of_another_type_are_no_bytes():
    assert "differ" in check(np.array([[300]], np.int32), np.array([[255.0]]))


def test_an_output_that_does_not_exist():
    with pytest.raises(InputError, match="output 's16': one of s32, f32, u8, s8"):
        problem("s16")


def test_saturated_values_are_cut_in_the_reference():
    pattern = BlockShape(4, 1)
    weight = BlockSparseMatrix.from_dense(np.full((4, 1), 100, np.int8), pattern)
    one, none = np.ones(4, np.float32), np.zeros(4, np.float32)
    shape = GemmProblem(4, 1, 1, pattern, 0.0, output="s8")
    data = GemmData(shape, weight, np.full((1, 1), 255, np.uint8), one, none)
    assert (reference_result(data) == 127).all()


def test_other_epilogues_are_in_units_of_a_deviation():
    usual, gelu = make_data(problem("u8")), make_data(problem("u8", epilogue="gelu"))
    assert (usual.problem.y_scale, gelu.problem.y_scale) == (1, 1 / 32)
    np.testing.assert_allclose(usual.scale, 32 * gelu.scale, rtol=1e-6)
    result = reference_result(gelu)  # GELU's least is -0.17, 5.4 steps below the zero point
    assert 122 <= result.min() < 123 and result.max() > 200


def test_a_residual_is_part_of_the_numbers(tmp_path):
    data = make_data(problem("f32", epilogue="residual"))
    assert data.residual.dtype == np.float32 and data.residual.shape == (40, 50)
    again, _ = GemmTask.write(data, reference_result(data), 1, tmp_path).read()
    assert np.array_equal(again.residual, data.residual)
    plain = make_data(problem("f32"))
    assert np.array_equal(plain.x, data.x) and plain.residual is None


@pytest.mark.parametrize("output", ["u8", "s8"])
def test_a_table_of_gelu_is_less_than_a_step_from_gelu(output):
    data = make_data(problem(output, m=200, n=200, epilogue="gelu-table"))
    product, weight = reference_product(data), data.weight.to_dense()
    stored = apply_epilogue(product, weight, problem_epilogue(data))
    assert np.abs(stored - reference_result(data)).max() < 1
    gelu = reference_result(make_data(problem(output, m=200, n=200, epilogue="gelu")))
    assert np.median(np.abs(stored - gelu)) < 0.5


@pytest.mark.parametrize(
    ("output", "epilogue", "message"),
    [
        ("u8", "selu", "epilogue 'selu': one of scale.bias, relu, gelu, gelu-table, tanh"),
        ("s32", "relu", "epilogue relu does not go with output s32"),
        ("u8", "none", "epilogue none does not go with output u8"),
        ("f32", "gelu-table", "a table takes bytes"),
    ],
)
def test_epilogues_that_do_not_exist(output, epilogue, message):
    with pytest.raises(InputError, match=message):
        problem(output, epilogue=epilogue)
