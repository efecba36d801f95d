"""What a library was found to do best in a case, for the other placements of the same case.

A small case is laid out in memory several times (``gemm/bench.py``). All placements run what the
first one chose: its row names that, and its ``prepare_ns`` has paid for choosing.
"""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from typing import Any

from spbench.formats import GemmData


class Choice:
    """Remembers the choice for the case at hand, and forgets it with the case."""

    def __init__(self) -> None:
        self._case: weakref.ref[GemmData] | None = None
        self._kept: tuple[Hashable, Any] | None = None

    def of(self, data: GemmData, key: Hashable) -> Any:
        """What was kept for these very numbers and this ``key``; None if nothing was."""
        if self._case is None or self._case() is not data or self._kept[0] != key:
            return None
        return self._kept[1]

    def keep(self, data: GemmData, key: Hashable, what: Any) -> None:
        self._case, self._kept = weakref.ref(data), (key, what)
