"""What a reader calls the settings of a run."""

from __future__ import annotations

from collections.abc import Sequence

from spbench.report.machine import Machines
from spbench.report.study import Study


def setting_names(studies: Sequence[Study], machines: Machines) -> list[str]:
    """One for each study: its setting, and the machine where there are several."""
    several = len({study.setting.host for study in studies}) > 1
    return [
        f"{study.setting} on {machines.name(study.setting.host)}" if several else str(study.setting)
        for study in studies
    ]
