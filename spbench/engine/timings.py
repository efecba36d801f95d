"""Times of products that were measured before, kept for this CPU and these kernels."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from spbench.formats.cache_folder import cache_folder, write_cached
from spbench.kernels import isa_cap
from spbench.kernels._native import spmm as native


class Timings:
    """What one CPU needs for products, by a text that describes them; a file in the user's cache.

    A file that is missing, broken or cannot be written is as good as an empty one: what it would
    have told is measured again.
    """

    def __init__(self, path: Path | None = None) -> None:
        """``path`` is read at the first question. Default: :func:`default_path`."""
        self._path = path
        self._known: dict[str, dict[str, float]] | None = None
        self._new: dict[str, dict[str, float]] = {}

    def get(self, key: str) -> dict[str, float] | None:
        """Nanoseconds by form, or None for what nobody has measured."""
        if self._known is None:
            self._path = self._path or default_path()
            self._known = _read(self._path)
        return self._known.get(key)

    def put(self, key: str, time_ns: dict[str, float]) -> None:
        """For later questions; in the file only after :meth:`save`."""
        self.get(key)
        self._known[key] = self._new[key] = time_ns

    def save(self) -> None:
        """Add what is new to the file, if there is anything, and if it can be written."""
        if not self._new:
            return
        content = json.dumps(_read(self._path) | self._new, indent=1)
        write_cached(self._path, lambda file: file.write(content.encode()))
        self._new = {}


def default_path() -> Path:
    """In ``$XDG_CACHE_HOME/spbench``; its name changes with the CPU, SPBENCH_ISA and the kernels."""
    return cache_folder() / f"timings-{_fingerprint(isa_cap())}.json"


@cache
def _fingerprint(isa: str) -> str:
    digest = hashlib.sha256("\n".join([isa, *native.cpu_features(), _cpu_model()]).encode())
    digest.update(Path(native.__file__).read_bytes())
    return digest.hexdigest()[:12]


def _cpu_model() -> str:
    """Vendor, family, model and stepping, in Linux's words; nothing elsewhere."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    except (OSError, ValueError):
        return ""
    wanted = ("vendor_id", "cpu family", "model", "stepping", "cache size", "CPU part")
    return "\n".join(line for line in first.splitlines() if line.startswith(wanted))


def _read(path: Path) -> dict[str, dict[str, float]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    entries = content.items() if isinstance(content, dict) else ()
    return {key: times for key, times in entries if _are_times(times)}


def _are_times(times: object) -> bool:
    return isinstance(times, dict) and all(
        isinstance(each, int | float) and each > 0 for each in times.values()
    )
