"""Messages over a pair of pipes: a length, then a pickle. Both ends are our own processes."""

from __future__ import annotations

import os
import pickle
import select
import struct
import time
from typing import Any

_LENGTH = struct.Struct("<Q")


class Channel:
    """One end of the conversation between the sweep and a worker."""

    def __init__(self, read_fd: int, write_fd: int):
        self._read_fd = read_fd
        self._write_fd = write_fd

    def send(self, message: Any) -> None:
        """Raises BrokenPipeError if nobody listens."""
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        rest = memoryview(_LENGTH.pack(len(body)) + body)
        while rest:
            rest = rest[os.write(self._write_fd, rest) :]

    def receive(self, timeout_s: float | None = None) -> Any:
        """The next message. Raises EOFError if the other side is gone, TimeoutError if it is slow.

        Waiting is a blocking system call: it costs no CPU time.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        return pickle.loads(self._read(length, deadline))

    def _read(self, size: int, deadline: float | None) -> bytes:
        chunks = bytearray()
        while len(chunks) < size:
            if deadline is not None:
                self._wait_until(deadline)
            chunk = os.read(self._read_fd, size - len(chunks))
            if not chunk:
                raise EOFError("the other side is gone")
            chunks += chunk
        return bytes(chunks)

    def _wait_until(self, deadline: float) -> None:
        poll = select.poll()
        poll.register(self._read_fd, select.POLLIN)
        if not poll.poll(max(0.0, (deadline - time.monotonic()) * 1e3)):
            raise TimeoutError("no message in time")
