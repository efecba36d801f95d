"""Rows as a data frame whose column types follow the schema, not the values that occur."""

from __future__ import annotations

import json
import types
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row

if TYPE_CHECKING:
    import pandas

_DTYPES = {int: "Int64", float: "Float64", str: "string"}


def typed_frame(run: RunFolder) -> pandas.DataFrame:
    """:meth:`RunFolder.frame` with whole numbers kept whole, though some rows lack them.

    Lists of numbers stay lists; other structures become JSON text.
    """
    frame = run.frame()
    for name, field in Row.model_fields.items():
        column, kind = field.alias or name, _kind(field.annotation)
        if kind in _DTYPES:
            frame[column] = frame[column].astype(_DTYPES[kind])
        elif get_origin(kind) is not list:
            frame[column] = frame[column].map(as_json).astype("string")
    return frame


def list_columns() -> dict[str, type]:
    """The columns that hold lists, with the type of their elements."""
    kinds = {
        field.alias or name: _kind(field.annotation) for name, field in Row.model_fields.items()
    }
    return {name: get_args(kind)[0] for name, kind in kinds.items() if get_origin(kind) is list}


def as_json(value: Any) -> str | None:
    """The value as one line of JSON; what is missing stays so."""
    return json.dumps(value) if isinstance(value, list | dict) else None


def _kind(annotation: Any) -> Any:
    """The type of a field, None left aside; an enumeration of texts is a text."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(kind for kind in get_args(annotation) if kind is not type(None))
    if isinstance(annotation, type) and issubclass(annotation, str):
        return str
    return annotation
