"""A tree of /proc and /sys in which a test writes what a machine tells."""

from __future__ import annotations

import os
from pathlib import Path

from spbench.measure.system_files import SystemFiles

CPU = "sys/devices/system/cpu"


class FakeSystem:
    def __init__(self, root: Path):
        self._root = root
        self.files = SystemFiles(root)

    def write(self, path: str, content: object) -> None:
        file = self._root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{content}\n")

    def cpu_ticks(self, *cpus: tuple[int, int, int]) -> None:
        """(busy, idle, stolen) of each CPU, busy and idle spread over the kinds that count."""
        lines = ["cpu  1 2 3 4 5 6 7 8 9 10"]
        for number, (busy, idle, stolen) in enumerate(cpus):
            kinds = [busy - 4, 1, 1, idle - 1, 1, 1, 1, stolen, 7, 7]
            lines.append(f"cpu{number} {' '.join(map(str, kinds))}")
        self.write("proc/stat", "\n".join([*lines, "intr 1 2 3"]))

    def process(self, pid: int, parent: int, ticks: tuple[int, int, int, int]) -> None:
        """``ticks``: user, system, and both of children that ended."""
        kinds = " ".join(map(str, ticks))
        self.write(
            f"proc/{pid}/stat", f"{pid} (a) b (c) S {parent} 1 1 0 -1 0 0 0 0 0 {kinds} 20 0 1"
        )

    def me(self, ticks: int) -> None:
        self.process(os.getpid(), 1, (ticks, 0, 0, 0))
