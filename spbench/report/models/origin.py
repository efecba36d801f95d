"""What the model of a run of products was before it was pruned, so that rows of it are found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spbench.errors import InputError
from spbench.pruning.record import read_record
from spbench.sweeps.model_source import ModelSource


def origin_of(head: Mapping[str, Any]) -> str:
    """The last part of what the first pruning read, from the record beside the weights.

    ``head`` is that of the run. Empty for a run without a model, for one that spbench did not
    prune, and where it is no longer what it was.
    """
    stored = head.get("model")
    if not isinstance(stored, Mapping):
        return ""
    try:
        record = read_record(Path(ModelSource.find_again(stored).folder))
    except (InputError, OSError):
        return ""
    return Path((*record.history, record.done)[0].source).name if record else ""
