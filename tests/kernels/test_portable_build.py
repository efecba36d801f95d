"""What is built for a CPU that is not x86 loads and multiplies, built here as there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The modules are there before spbench.kernels asks for them, so that it takes these.
SCRIPT = """
import importlib.util, sys
from pathlib import Path
for path in Path(sys.argv[1]).glob("*.so"):
    name = "spbench.kernels._native." + path.name.partition(".")[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
import numpy as np
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels import PackedWeight, Panels, active_isa, spmm
from spbench.measure.machine import machine_facts
assert active_isa() == "scalar"
w = np.arange(-60, 60, dtype=np.int8).reshape(12, 10)
x = np.arange(200, dtype=np.uint8).reshape(10, 20)
y = spmm(PackedWeight.pack(BlockSparseMatrix.from_dense(w, BlockShape(4, 1))), Panels.from_array(x))
assert (y.to_array() == w.astype(np.int32) @ x.astype(np.int32)).all()
limits = machine_facts()["limits"]
assert limits["int8_peak_gops"] == "unknown" and limits["bandwidth_gb_s"]["dram"] > 0
print("fine")
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake on the path")
def test_the_portable_build_works(tmp_path):
    python = f"-DPython_EXECUTABLE={sys.executable}"
    source, build = str(ROOT / "cython_kernels"), str(tmp_path)
    run(
        "cmake",
        "-S",
        source,
        "-B",
        build,
        "-DSPBENCH_PORTABLE=ON",
        "-DCMAKE_BUILD_TYPE=Debug",
        python,
    )
    run("cmake", "--build", build, "--parallel", "2")
    assert "fine" in run(sys.executable, "-c", SCRIPT, build)


def run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
