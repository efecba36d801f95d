"""Parquet: one line a row, one typed column a field; samples as lists of numbers."""

from __future__ import annotations

import io
from types import ModuleType
from typing import TYPE_CHECKING

from spbench.errors import InputError
from spbench.store.export.typed_frame import list_columns, typed_frame
from spbench.store.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas
    import pyarrow


def render(run: RunFolder) -> bytes:
    """The rows as a Parquet file; its column types are the same for every run.

    Raises :class:`InputError` where pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise InputError("Parquet needs pyarrow: pip install 'spbench[parquet]'") from error
    frame = typed_frame(run)
    sink = io.BytesIO()
    table = pyarrow.Table.from_pandas(frame, _schema(frame, pyarrow), preserve_index=False)
    pyarrow.parquet.write_table(table.replace_schema_metadata(), sink)
    return sink.getvalue()


def _schema(frame: pandas.DataFrame, pyarrow: ModuleType) -> pyarrow.Schema:
    """Said, not inferred: a list that no row has would become a column of nulls."""
    types = {int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    lists = {name: pyarrow.list_(types[kind]) for name, kind in list_columns().items()}
    scalars = {"Int64": types[int], "Float64": types[float], "string": types[str]}
    return pyarrow.schema(
        [(name, lists.get(name) or scalars[str(frame[name].dtype)]) for name in frame.columns]
    )
