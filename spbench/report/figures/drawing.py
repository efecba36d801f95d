"""Figures drawn side by side, by as many processes as there are cores.

A figure takes a quarter of a second of one core, and a page of several settings has
dozens. The processes are forks: what the figures show is there already and need not be sent.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from spbench.measure.affinity import usable_cpus
from spbench.report.figures.style import Figure

Task = Callable[[], list[Figure]]

_tasks: Sequence[Task] = ()
"""What the forks inherit: tasks hold studies, which would take longer to send than to draw."""


@contextmanager
def drawn(tasks: Sequence[Task]) -> Iterator[Iterator[list[Figure]]]:
    """What each of the tasks returns, in their order, for whoever comes to ask for it.

    They are under way from the beginning of the block on. Asking raises what the task raised.
    """
    global _tasks
    workers = min(_workers(), len(tasks))
    if workers < 2:
        yield (task() for task in tasks)
        return
    _tasks = tasks
    fork = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(workers, fork, _leave_signals_to_parent) as pool:
            yield pool.map(_draw, range(len(tasks)))
    finally:
        _tasks = ()


def _workers() -> int:
    """As many as cores; one where forking is missing or, as on macOS, not safe."""
    forks = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    return len(usable_cpus()) if forks else 1


def _leave_signals_to_parent() -> None:
    """Ctrl-C reaches every process of a terminal; one of them has something to say."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _draw(index: int) -> list[Figure]:
    return _tasks[index]()
