"""Files in which Linux tells about itself, as an object, so that tests can bring their own tree."""

from __future__ import annotations

from pathlib import Path

UNKNOWN = "unknown"


class SystemFiles:
    """/proc and /sys, below ``root``. What cannot be read is "unknown", never an error."""

    def __init__(self, root: str | Path = "/"):
        self._root = Path(root)

    def text(self, path: str) -> str:
        """The file's content without white space around it; "unknown" if empty or unreadable."""
        try:
            return (self._root / path).read_text().strip() or UNKNOWN
        except (OSError, UnicodeDecodeError):
            return UNKNOWN

    def number(self, path: str) -> int | str:
        """The file's content as a whole number."""
        try:
            return int(self.text(path))
        except ValueError:
            return UNKNOWN

    def find(self, pattern: str) -> list[str]:
        """Paths that match, in order, as :meth:`text` takes them."""
        return sorted(str(path.relative_to(self._root)) for path in self._root.glob(pattern))
