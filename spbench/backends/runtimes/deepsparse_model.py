"""DeepSparse 1.8: int8 that skips zeros, in an interpreter of its own.

It needs an older Python and NumPy than spbench, and its licence is for evaluation, so it is never
installed along: ``SPBENCH_DEEPSPARSE`` names a virtual environment, or its python, that has it. There
a child process runs ``deepsparse_child.py``, which knows nothing of spbench, and times its own calls.
Given: ONNX with QuantizeLinear, MatMulInteger, Add, Cast, Mul, the form that it takes for int8.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from spbench.backends.base import Timing
from spbench.backends.runtimes.base import Availability, Runtime, RuntimeModel
from spbench.backends.runtimes.onnx_graph import onnx_model
from spbench.errors import RunError

VARIABLE = "SPBENCH_DEEPSPARSE"
INSTALL = f"pip install deepsparse==1.8.0 in a virtual environment that {VARIABLE} names"

_CHILD = Path(__file__).with_name("deepsparse_child.py")


class DeepSparse(Runtime):
    """Asks the child, one line of JSON for each question and answer."""

    name = "deepsparse"
    title = "DeepSparse int8, sparse"
    dtype = "int8"

    @classmethod
    def available(cls) -> Availability:
        named = os.environ.get(VARIABLE)
        if not named:
            return _missing(f"{VARIABLE} is not set")
        python = _python(Path(named))
        command = [
            python,
            "-c",
            "import onnx; from deepsparse.version import version as v; print(v)",
        ]
        try:
            answer = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=60
            )
        except OSError as error:
            return _missing(f"{python}: {error.strerror}")
        except subprocess.TimeoutExpired as error:
            return _missing(f"{python}: no answer within {error.timeout:g} s")
        said, complaint = answer.stdout.split(), answer.stderr.strip().splitlines()
        if answer.returncode or not said:
            return _missing(f"{python}: {complaint[-1] if complaint else 'is no Python'}")
        return Availability(ok=True, version=said[-1])

    def convert(self, model: RuntimeModel) -> None:
        """The file is the child's own: DeepSparse rewrites what it reads."""
        self._folder = tempfile.TemporaryDirectory(prefix="spbench-")
        self._file = Path(self._folder.name, "model.onnx")
        self._file.write_bytes(onnx_model(model.encoder, model.scales, model.shape, "integer"))
        self._start()

    def _start(self) -> None:
        self._child = subprocess.Popen(
            [_python(Path(os.environ[VARIABLE])), str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"NM_BIND_THREADS_TO_CORES": "0"},  # the process is pinned already
        )
        self._ask("import")

    def load(self, ids: np.ndarray, threads: int) -> None:
        np.save(self._beside("ids"), ids)
        self._facts = self._ask(
            "load", file=str(self._file), ids=self._beside("ids"), threads=threads
        )
        self._file.unlink()  # large, and nobody cleans up after a process that is killed

    def call(self) -> object:
        return self.run(1)

    def run(self, count: int) -> Timing:
        answer = self._ask("run", count=count)
        return Timing(count, answer["wall_ns"], answer["cpu_ns"])

    def result(self) -> np.ndarray:
        self._ask("result", file=self._beside("hidden"))
        return np.load(self._beside("hidden"))

    def process_id(self) -> int:
        return self._child.pid

    def implementation(self) -> str:
        facts = self._facts
        return f"deepsparse {facts['version']}, {facts['isa']}{' VNNI' if facts['vnni'] else ''}"

    def handicaps(self) -> str:
        share = self._facts["supported"]
        return "" if share == 1 else f"{1 - share:.0%} of the ops run outside its engine"

    def release(self) -> None:
        child, self._child = getattr(self, "_child", None), None
        if child is not None:
            child.kill()
            child.wait()
            child.stdin.close()
            child.stdout.close()
        folder, self._folder = getattr(self, "_folder", None), None
        if folder is not None:
            folder.cleanup()

    def _beside(self, name: str) -> str:
        return str(Path(self._folder.name, f"{name}.npy"))

    def _ask(self, what: str, **details: Any) -> dict[str, Any]:
        try:
            self._child.stdin.write(json.dumps({"what": what, **details}) + "\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RunError(f"DeepSparse's process ended with {self._child.wait()}, in {what}")
        answer = json.loads(line)
        if "error" in answer:
            raise RunError(f"DeepSparse: {answer['error']}")
        return answer


def _missing(reason: str) -> Availability:
    return Availability(ok=False, reason=reason, install=INSTALL)


def _python(named: Path) -> str:
    """The interpreter that a user means by a virtual environment or by the interpreter itself."""
    return str(named / "bin" / "python" if named.is_dir() else named)
