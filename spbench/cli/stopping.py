"""SIGTERM and SIGHUP end a command as Ctrl-C does, so that what was begun is cleaned up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside, the first SIGTERM or SIGHUP raises KeyboardInterrupt; any further one is ignored.

    So the cleaning up is not interrupted in its turn. A signal that is ignored
    (by nohup) or handled already is left as it is.
    """
    if threading.current_thread() is not threading.main_thread():  # signals do not arrive here
        yield
        return
    ours = [number for number in _STOPS if signal.getsignal(number) is signal.SIG_DFL]

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in ours:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
