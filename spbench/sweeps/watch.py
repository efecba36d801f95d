"""Watching a machine while a sweep runs on it: what disturbed the measuring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from spbench.errors import RunError
from spbench.measure.stability import StabilityWarning, snapshot, stability_warnings
from spbench.store.run_folder import RunFolder
from spbench.sweeps.machine import machine


class Watch:
    """Begins when it is made, before the first worker starts."""

    def __init__(self, host: str):
        self._host = host
        self._before = snapshot()

    def warnings(self) -> list[dict[str, Any]]:
        """What happened so far, as it is kept with the run. Ask when the workers have ended."""
        found = stability_warnings(self._before, snapshot(), machine(measure=False))
        return [warning.to_dict() | {"host": self._host} for warning in found]


@contextmanager
def watched(host: str, folder: RunFolder) -> Iterator[None]:
    """Keep in ``folder`` what happens on this machine until the block ends, however it does."""
    watch = Watch(host)
    try:
        yield
    except BaseException:
        with suppress(RunError):  # the disk may be full; what is under way says so
            folder.add_warnings(watch.warnings())
        raise
    folder.add_warnings(watch.warnings())


def warning_line(warning: Mapping[str, Any], name_host: bool) -> str:
    """A warning that was kept, as a line; with the host's name if there are several."""
    fields = {key: str(warning.get(key, "")) for key in ("name", "what", "number", "advice")}
    where = f"{warning.get('host')}: " if name_host else ""
    return f"{where}{StabilityWarning(**fields)}"
