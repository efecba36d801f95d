"""What oneDNN tells of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from backend_cases import assert_exact, installed

from spbench.backends import dnnl_session
from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.data import make_data


def test_isa_is_that_of_the_implementation() -> None:
    backend = installed("onednn")
    assert_exact(backend, make_data(GemmProblem(64, 64, 64, BlockShape.parse("4x1"), 0.5)))
    if backend.implementation() == "brgemm:avx512_core_vnni":
        assert backend.isa() == "avx512vnni"
    assert backend.isa() == "" or backend.isa().startswith(("sse", "avx"))
    backend.release()


def test_without_vnni_it_says_that_sums_can_saturate() -> None:
    installed("onednn")
    script = """
from backend_cases import assert_exact, installed
from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.data import make_data
backend = installed("onednn")
data = make_data(GemmProblem(64, 64, 64, BlockShape.parse("4x1"), 0.5))
backend.prepare(data, 1)
print(backend.implementation())
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parent,
        env=os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "no VNNI" in done.stdout, done.stderr


def test_an_asynchronous_build_is_declined(monkeypatch) -> None:
    backend = installed("onednn")
    monkeypatch.setattr(dnnl_session, "_RUNTIMES", {})
    availability = backend.available()
    assert not availability.ok
    assert "asynchronous" in availability.reason
