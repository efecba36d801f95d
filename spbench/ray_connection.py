"""A connection to a Ray cluster, for whoever computes on one."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from spbench.errors import InputError

try:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
except ImportError as error:
    raise InputError("--executor ray needs Ray: pip install 'ray>=2.40'") from error

__all__ = ["NodeAffinitySchedulingStrategy", "connect", "ray"]

_CONNECT_S = 10.0


def connect(address: str | None) -> None:
    """Join the cluster at ``address`` (``HOST:PORT``), or the one running here.

    Raises :class:`InputError` if none answers.
    """
    _require_listener(address or os.environ.get("RAY_ADDRESS", ""))
    try:
        with _same_sigterm():
            ray.init(address=address or "auto", log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        where = f"at {address}" if address else "here; give --address, or run `ray start --head`"
        raise InputError(f"no Ray cluster answers {where}: {_first_line(error)}") from error


def _require_listener(address: str) -> None:
    """Ray itself waits for minutes for an address where nobody listens."""
    host, colon, port = address.rpartition(":")
    if not address or address in ("auto", "local") or "/" in address:
        return
    if not (colon and port.isdecimal() and int(port) < 1 << 16):
        raise InputError(f"--address {address}: write HOST:PORT")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
    except OSError as error:
        raise InputError(f"--address {address}: no Ray cluster answers ({error})") from error


@contextmanager
def _same_sigterm() -> Iterator[None]:
    """Ray puts its own handler in place of the one that ends a command cleanly."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is not handler:
            signal.signal(signal.SIGTERM, handler)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
