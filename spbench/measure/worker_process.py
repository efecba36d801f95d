"""The sweep's side of a worker: start it, ask it, give it up when it is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any

from spbench.measure.channel import Channel
from spbench.measure.player import Answer, PlayerFailed

_EXIT_S = 5.0


class WorkerProcess:
    """A bench in a process of its own; started when first asked, and anew after it was lost.

    ``factory`` is the bench, as ``module:Class``; ``name`` its only argument, and
    the player's name. ``cpus`` are the CPUs it is pinned to, ``threads`` the size
    of the pools of its libraries.
    """

    def __init__(self, factory: str, name: str, threads: int, cpus: Sequence[int]):
        self.name = name
        self._factory = factory
        self._threads = threads
        self._cpus = cpus
        self._process: subprocess.Popen | None = None
        self._channel: Channel | None = None
        self._stderr: IO[bytes] | None = None

    def start(self) -> None:
        """Start without waiting, so that several can load their libraries side by side."""
        if self._process is not None:
            return
        cpus = ",".join(str(cpu) for cpu in self._cpus)
        command = [sys.executable, "-m", "spbench.measure.worker", self._factory, self.name, cpus]
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            env=_environment(self._threads),
            start_new_session=True,  # Ctrl-C is for the sweep, which then ends its workers
        )
        self._channel = Channel(self._process.stdout.fileno(), self._process.stdin.fileno())
        self._greeted = False

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait until it has loaded its library. What goes wrong is told when it is asked."""
        with suppress(PlayerFailed, TimeoutError, EOFError):
            self._greet(timeout_s)

    def ask(self, method: str, *args: Any, timeout_s: float) -> Answer:
        """Call ``method`` of the bench in the worker.

        Raises :class:`PlayerFailed` if it raises or the worker dies, TimeoutError
        if it does not answer in time; then the worker is ended.
        """
        self.start()
        try:
            self._greet(timeout_s)
            self._channel.send((method, args))
            message = self._channel.receive(timeout_s)
        except TimeoutError:
            self.close()
            raise
        except (EOFError, BrokenPipeError):
            raise PlayerFailed(self._bury()) from None
        except BaseException:
            self.close()  # an answer may be under way: the conversation is out of step
            raise
        if isinstance(message, str):
            raise PlayerFailed(message)
        return message

    def close(self) -> None:
        """End the worker, whatever it is doing. It may be asked again."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._forget()

    def _greet(self, timeout_s: float) -> None:
        """Wait until the worker has made its bench."""
        if self._greeted:
            return
        problem = self._channel.receive(timeout_s)
        if problem is not None:
            self.close()
            raise PlayerFailed(problem)
        self._greeted = True

    def _bury(self) -> str:
        """What became of a worker that closed its pipe."""
        try:
            code = self._process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        last_words = self._last_words()
        self._forget()
        if code < 0:
            return f"worker killed by {signal.Signals(-code).name}{last_words}"
        return f"worker ended with exit code {code}{last_words}"

    def _last_words(self) -> str:
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 4096))
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        words = [line.strip() for line in lines if not line.startswith(("  ", "Extension modules"))]
        return f" ({words[-1][:200]})" if words else ""

    def _forget(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            stream.close()
        self._process = self._channel = self._stderr = None


def _environment(threads: int) -> dict[str, str]:
    """Pools of ``threads`` that spin briefly between the calls of a turn, and sleep after it.

    Without spinning an OpenMP region costs a wake-up, 40 to 60 us, which no user of
    the library pays in a loop of calls; at its default libgomp spins for 20 ms and takes the
    cores from whoever has the next turn.
    """
    count = str(threads)
    return os.environ | {
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "KMP_BLOCKTIME": "0",
        "GOMP_SPINCOUNT": "20000",  # about 0.5 ms
        "OPENBLAS_THREAD_TIMEOUT": "4",  # log2 of cycles, 4 is the least; 26 by default
    }
