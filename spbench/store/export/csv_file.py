"""CSV: one line a row, one column a field; lists and settings as JSON text."""

from __future__ import annotations

from spbench.store.export.typed_frame import as_json, list_columns, typed_frame
from spbench.store.run_folder import RunFolder


def render(run: RunFolder) -> bytes:
    """The rows as CSV in UTF-8, with a line of names; an empty field has no value."""
    frame = typed_frame(run)
    for column in list_columns():
        frame[column] = frame[column].map(as_json)
    return frame.to_csv(index=False, lineterminator="\n").encode()
