"""Records beside a model's weights: JSON files that say what was done to it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from spbench.errors import InputError, refusal
from spbench.formats.path_kind import PathKind, path_kind
from spbench.formats.yaml_model import first_problem


class RecordPart(BaseModel):
    """A record, or what it is made of: no key that is not known, and nothing that changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def to_json(self) -> str:
        """As the content of a file."""
        return self.model_dump_json(indent=1) + "\n"


Record = TypeVar("Record", bound=RecordPart)


def read_record_file(path: Path, kind: type[Record]) -> Record | None:
    """The record in the file at ``path``; None where there is none.

    Raises :class:`InputError` for a file that is not a record of this version.
    """
    if path_kind(path) is PathKind.MISSING:
        return None
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise refusal(error, path, "cannot be read") from error
    except (ValidationError, UnicodeDecodeError) as error:
        what = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(f"{path}: not a record this spbench can read ({what})") from error
