"""What PyTorch, ONNX Runtime and OpenVINO tell of themselves."""

from __future__ import annotations

import pytest
from backend_cases import block_for, installed

from spbench.backends.handicaps import STORES_F32, int8_isa
from spbench.backends.torch_library import printed_by
from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.data import make_data

RAN = [
    ("torch-int-mm", "s32", "oneDNN "),
    ("torch-qlinear", "s32", "matmul brg"),
    ("torch-qlinear", "f32", "matmul brg"),
    ("torch-qlinear", "s8", "matmul brg"),
    ("torch-qlinear", "u8", ""),  # PyTorch's choice of two
    ("torch-csr", "s32", "torch.mm, oneMKL "),
    ("torch-bsr", "s32", "torch.mm, oneMKL "),
    ("onnxruntime", "s32", "MatMulInteger (CPUExecutionProvider)"),
    ("onnxruntime", "f32", "MatMulIntegerToFloat (CPUExecutionProvider)"),
    ("onnxruntime", "u8", "QGemm (CPUExecutionProvider)"),
    ("openvino", "s32", "FullyConnected "),
    ("openvino", "f32", "FullyConnected "),
    ("openvino", "u8", "FullyConnected "),
    ("openvino", "s8", "FullyConnected "),
]


@pytest.mark.parametrize(("name", "output", "ran"), RAN)
def test_what_ran(name, output, ran) -> None:
    if int8_isa() == "" and "torch-" not in name and name != "onnxruntime":
        pytest.skip("which primitive runs is known for CPUs with int8 dot products only")
    backend = installed(name)
    pattern = BlockShape.parse(block_for(name))
    backend.prepare(make_data(GemmProblem(64, 96, 16, pattern, 0.5, output=output)), 1)
    assert ran in backend.implementation()
    if name == "openvino":
        assert backend.implementation().endswith("_I8") and "+" not in backend.implementation()
    if backend.dtype == "u8s8s32" and int8_isa() == "avx512vnni":
        assert backend.isa() == "avx512vnni"
    no_s32 = output == "s32" and name in ("torch-qlinear", "openvino")
    assert (STORES_F32 in backend.handicaps()) == no_s32
    backend.release()


def test_one_token_in_csr_has_a_function_of_its_own() -> None:
    backend = installed("torch-csr")
    backend.prepare(make_data(GemmProblem(16, 16, 1, BlockShape(4, 1), 0.5)), 1)
    assert backend.implementation().startswith("torch.mv, ")
    backend.release()


def test_standard_output_is_itself_again(capfd) -> None:
    assert printed_by(lambda: None) == ""
    print("later", flush=True)
    assert capfd.readouterr().out == "later\n"


def test_a_model_too_large_for_onnx_is_declined() -> None:
    huge = GemmProblem(2**16, 2**15, 1, BlockShape(4, 1), 0.8)
    assert "2 GiB" in installed("onnxruntime").supports(huge, 1)
