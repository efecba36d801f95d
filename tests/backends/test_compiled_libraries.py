"""LIBXSMM, TVM and the low precisions: what is chosen, what is said, what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from backend_cases import LIBRARIES, assert_exact, exact, installed, make_case

from spbench.backends import backend_class, libxsmm_bcsc, libxsmm_spmdm, shims, tvm_bsr
from spbench.backends.csr import csr_arrays
from spbench.errors import RunError
from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.check import check
from spbench.gemm.data import make_data
from spbench.gemm.reference import reference_result

PATTERNS = ["1x1", "1x4", "2x2", "4x1", "4x4", "8x1", "16x1", "4x8", "3x5"]
BLOCKED = ("libxsmm-int8", "libxsmm-bf16", "libxsmm-f32", "tvm-bsr-f32")
BLOCKED += ("tvm-bsr-f32-tuned", "tvm-bsr-int8")


def case(pattern: str, m: int = 48, k: int = 40, n: int = 21, sparsity: float = 0.7):
    return make_data(GemmProblem(m, k, n, BlockShape.parse(pattern), sparsity))


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", BLOCKED)
def test_every_pattern_is_right(name, pattern) -> None:
    backend = installed(name)
    assert_exact(backend, case(pattern))
    assert_exact(backend, case(pattern, m=31, k=37, n=3))
    backend.release()


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_case_without_weights(name) -> None:
    backend = installed(name)
    block = "4x4" if name.startswith(("libxsmm", "tvm")) else "4x1"
    assert_exact(backend, make_case(np.zeros((8, 8), np.int8), np.ones((3, 8), np.uint8), block))
    backend.release()


@pytest.mark.parametrize("name", [name for name in LIBRARIES if name != "onednn-f32"])
@pytest.mark.parametrize("output", ["f32", "u8", "s8"])
def test_outputs_that_it_has_not(name, output) -> None:
    problem = GemmProblem(8, 8, 8, BlockShape(4, 1), 0.5, output=output)
    reason = installed(name).supports(problem, 1)
    assert f"output {output}" in reason and "epilogue" in reason


def test_onednn_f32_adds_the_bias() -> None:
    backend = installed("onednn-f32")
    problem = GemmProblem(64, 96, 33, BlockShape(4, 1), 0.6, output="f32")
    assert backend.supports(problem, 1) == ""
    data = make_data(problem)
    backend.prepare(data, 1)
    backend.layout(data.x)
    backend.run(1)
    assert check(backend.result(), reference_result(data), backend.tolerance) == ""
    backend.release()
    for output in ("u8", "s8"):
        byte = GemmProblem(8, 8, 8, BlockShape(4, 1), 0.5, output=output)
        assert "byte epilogue" in backend.supports(byte, 1)


def test_onednn_csr_is_not_in_every_build(monkeypatch) -> None:
    installed("onednn-csr")
    monkeypatch.setattr("spbench.backends.dnnl_session.lacks_csr", lambda library: True)
    availability = backend_class("onednn-csr").available()
    assert not availability.ok
    assert "built without sparse memory" in availability.reason


def test_csr_has_no_weights_that_are_zero() -> None:
    backend = installed("onednn-csr")
    data = case("4x4")
    assert_exact(backend, data)
    assert backend.footprint().stored_weights == len(csr_arrays(data.weight)[2])
    backend.release()


# LIBXSMM 2


@pytest.mark.parametrize(
    ("name", "pattern", "widened"),
    [
        ("libxsmm-int8", "4x1", "4x1 blocks run as 4x4"),
        ("libxsmm-int8", "16x1", "16x1 blocks run as 16x4"),
        ("libxsmm-int8", "4x4", ""),
        ("libxsmm-bf16", "4x1", "4x1 blocks run as 4x2"),
        ("libxsmm-f32", "4x1", ""),
    ],
)
def test_libxsmm_says_which_blocks_it_widens(name, pattern, widened) -> None:
    backend = installed(name)
    data = case(pattern, 64, 64, 16)
    assert_exact(backend, data)
    assert backend.handicaps().startswith(widened) and bool(backend.handicaps()) == bool(widened)
    assert backend.footprint().stored_weights >= data.weight.stored_weights
    backend.release()


def test_libxsmm_leaves_out_widths_that_are_wrong(monkeypatch) -> None:
    backend = installed("libxsmm-f32")
    right = backend._result
    monkeypatch.setattr(backend, "_result", lambda each: right(each) + 1e6 * (each.width != 32))
    backend.prepare(case("4x1", n=64), 1)
    assert "packed width 32" in backend.implementation()
    assert "gave wrong results left out (here 16, 64" in backend.handicaps()
    monkeypatch.setattr(backend, "_result", lambda each: right(each) + 1e6)
    with pytest.raises(RunError, match="LIBXSMM: wrong results for packed widths"):
        backend.prepare(case("4x1", n=64), 1)
    backend.release()


def test_libxsmm_without_a_kernel_says_so(monkeypatch) -> None:
    backend = installed("libxsmm-f32")
    monkeypatch.setattr(backend, "_make", lambda width: None)
    with pytest.raises(RunError, match="LIBXSMM: no kernel for the case"):
        backend.prepare(case("4x1"), 1)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("rows", [4, 12, 100])
def test_libxsmm_gives_no_thread_nothing_to_do(threads, rows) -> None:
    backend = libxsmm_bcsc.LibxsmmF32()
    backend._threads = threads
    backend._weight = case("4x1", m=rows).weight
    ranges = backend._share_rows()
    assert [first for first, _ in ranges[1:]] == [last for _, last in ranges[:-1]]
    assert ranges[0][0] == 0 and ranges[-1][1] == len(backend._weight.indptr) - 1
    assert all(first < last for first, last in ranges) and len(ranges) <= threads


def test_libxsmm_needs_a_compiler_for_threads(monkeypatch, tmp_path) -> None:
    backend = installed("libxsmm-f32")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler")
    problem = GemmProblem(8, 8, 8, BlockShape(4, 1), 0.5)
    assert "no C compiler no-such-compiler" in backend.supports(problem, 2)
    assert backend.supports(problem, 1) == ""


# LIBXSMM 1


def test_spmdm_is_missing(monkeypatch) -> None:
    monkeypatch.setattr(libxsmm_spmdm, "_FOLDERS", ("/no/such/folder",))
    availability = backend_class("libxsmm-spmdm").available()
    assert not availability.ok
    assert availability.reason == "LIBXSMM 1.x not found: no libxsmm.a in the system"
    assert availability.install == "apt-get install libxsmm-dev"


def test_spmdm_has_no_compiler(monkeypatch, tmp_path) -> None:
    installed("libxsmm-spmdm")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler")
    availability = backend_class("libxsmm-spmdm").available()
    assert not availability.ok
    assert "no C compiler no-such-compiler" in availability.reason
    assert availability.install == shims.INSTALL_COMPILER


# The shims


def test_a_shim_is_compiled_once(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shims.open_shim("omp_calls")
    (file,) = (tmp_path / "spbench").iterdir()
    made_ns = file.stat().st_mtime_ns
    shims.open_shim("omp_calls")
    assert [each.stat().st_mtime_ns for each in (tmp_path / "spbench").iterdir()] == [made_ns]


def test_a_newer_library_makes_a_new_shim(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    archive = tmp_path / "library.a"
    archive.write_bytes(b"!<arch>\n")
    shims.open_shim("omp_calls", made_with=[str(archive)])
    archive.write_bytes(b"!<arch>\n" + bytes(60))
    shims.open_shim("omp_calls", made_with=[str(archive)])
    assert len(list((tmp_path / "spbench").iterdir())) == 2


def test_what_the_compiler_says_is_the_reason(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(RunError, match=r"cc failed: .*no-such-library"):
        shims.open_shim("omp_calls", ["-lno-such-library"])
    assert list((tmp_path / "spbench").iterdir()) == []


def test_a_cache_that_cannot_be_made_is_a_reason(monkeypatch, tmp_path) -> None:
    (tmp_path / "spbench").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(RunError, match="cannot be written"):
        shims.open_shim("omp_calls")


# TVM


def test_tvm_is_missing(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tvm", None)
    availability = backend_class("tvm-bsr-int8").available()
    assert not availability.ok
    assert "TVM does not load" in availability.reason
    assert availability.install == tvm_bsr.INSTALL


def test_tvm_without_vnni(monkeypatch) -> None:
    backend = installed("tvm-bsr-int8")
    monkeypatch.setattr(tvm_bsr, "_features", set)
    problem = GemmProblem(8, 8, 8, BlockShape(4, 1), 0.5)
    assert "needs AVX512-VNNI" in backend.supports(problem, 1)


def test_tvm_stops_trying_in_time(monkeypatch) -> None:
    backend = installed("tvm-bsr-int8")
    monkeypatch.setattr(tvm_bsr, "TUNE_S", 0.0)
    data = case("4x1", n=64)
    assert_exact(backend, data)
    assert "tile of 16 tokens" in backend.implementation()
    backend.release()


@pytest.mark.parametrize(
    ("n", "tiles"),
    [(1, [1, 16]), (4, [1, 16]), (5, [16]), (17, [16, 32]), (48, [16, 48]), (64, [16, 32, 64])],
)
def test_tiles_that_are_tried(n, tiles) -> None:
    backend = tvm_bsr.TvmBsrInt8()
    backend._rows = 4
    assert backend._tiles(n) == tiles
    backend._rows = 3
    assert backend._tiles(1) == [16]
    backend._rows = 64
    assert backend._tiles(n) == [16]


@pytest.mark.parametrize("pattern", ["4x1", "8x1", "16x1", "4x4", "8x8", "4x3"])
def test_tvm_with_rows_as_lanes_is_right(pattern, monkeypatch) -> None:
    backend = installed("tvm-bsr-int8")
    monkeypatch.setattr(backend, "_tiles", lambda n: [1])
    for n in (1, 3):
        assert_exact(backend, case(pattern, m=50, k=37, n=n))
        assert "vnni rows" in backend.implementation()
    backend.release()


def test_groups_of_four_channels() -> None:
    """Rows of 5 and of 0 single columns: two groups, the second filled up."""
    dense = np.zeros((8, 9), np.int8)
    dense[:4, [0, 2, 3, 5, 8]] = np.arange(1, 21).reshape(4, 5)
    data = make_case(dense, np.ones((1, 9), np.uint8))
    starts, channels, quads = tvm_bsr._by_four(data.weight)
    assert starts.tolist() == [0, 2, 2]
    assert channels.tolist() == [[0, 2, 3, 5], [8, 0, 0, 0]]
    assert quads[0, 1].tolist() == [6, 7, 8, 9]
    assert quads[1, 3].tolist() == [20, 0, 0, 0]
    assert exact(data)[3, 0] == dense[3].sum()


# Blocks that a library does not know


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("onemkl-csr", "oneMKL's BSR takes square ones only"),
        ("onednn-csr", "oneDNN knows no blocks"),
        ("libxsmm-spmdm", "spmdm knows no blocks"),
    ],
)
def test_blocks_that_run_as_single_weights_are_said(name, why) -> None:
    backend = installed(name)
    said = f"4x1 blocks run as single weights, as {why}"
    backend.prepare(case("4x1"), 1)
    assert said in backend.handicaps().split("; ")
    backend.prepare(case("1x1"), 1)
    assert "single weights" not in backend.handicaps()
    backend.release()


# Placements of a case


@pytest.mark.parametrize(("name", "tries"), [("libxsmm-f32", "_make"), ("tvm-bsr-int8", "_make")])
def test_other_placements_run_what_the_first_one_chose(name, tries, monkeypatch) -> None:
    data = case("4x1", n=64)
    first, second = installed(name), installed(name)
    first.prepare(data, 1)
    made = []
    make = getattr(second, tries)
    monkeypatch.setattr(second, tries, lambda size: made.append(size) or make(size))
    second.prepare(data, 1)
    assert len(made) == 1
    assert second.implementation() == first.implementation()
    assert second.handicaps() == first.handicaps()
    second.prepare(case("4x1", n=64), 1)  # another case of the same size
    assert len(made) > 2
    first.release()
    second.release()
