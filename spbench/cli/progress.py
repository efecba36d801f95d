"""How far a long run is: a bar on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from typing import Any, Self

import click

_LINES = 10


class Progress:
    """Counts steps up to ``total``. Use it as a context."""

    def __init__(self, total: int):
        self._total = total
        self._done = self._skipped = 0
        self._start_s = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Self:
        if self._total and sys.stderr.isatty():
            self._bar = _rich_bar()
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def skip(self, steps: int) -> None:
        """So many were done by an earlier process, which says nothing about the time left."""
        self._done = self._skipped = steps
        if self._bar is not None:
            self._bar.reset(self._task, completed=steps)

    def advance(self, what: str) -> None:
        """One step, ``what``, is done."""
        self._done += 1
        if self._bar is not None:
            self._bar.update(self._task, advance=1, description=what, refresh=True)
        elif self._done * _LINES // self._total > (self._done - 1) * _LINES // self._total:
            click.echo(f"{self._done} of {self._total}, {self._time_left()}", err=True)

    def _time_left(self) -> str:
        spent_s = time.monotonic() - self._start_s
        if self._done == self._total:
            return f"done in {spent_s:.0f} s"
        each_s = spent_s / (self._done - self._skipped)
        return f"about {each_s * (self._total - self._done):.0f} s left"


def _rich_bar() -> Any:
    """Drawn when a step is done, not by a thread of its own, which would wake during turns."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    console = Console(stderr=True)
    return RichProgress(*columns, console=console, transient=True, auto_refresh=False)
