"""What rows of every kind have in common: a schema, a run, and one line of JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1


class StoredRow(BaseModel):
    """One JSON object on one line of a rows' file. Its field names are kept for ever."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_version: int = Field(SCHEMA, alias="schema")
    run_id: str

    def to_dict(self) -> dict[str, Any]:
        """The row with the field names of its file, values that JSON knows."""
        return self.model_dump(mode="json", by_alias=True)

    def to_json(self) -> str:
        """The row as one line of JSON, without the line's end."""
        return self.model_dump_json(by_alias=True)
