"""The tables of a report, each from one study or from the whole run.

speedup_tables.py        speed-ups: in sum, by tokens, by shape, by layer
result_tables.py         what ran: times, backends, what did not run
circumstance_tables.py   the machine, the protocol, the commands
"""

from spbench.report.circumstance_tables import commands, machine_facts, protocol, weak_points
from spbench.report.result_tables import backends, left_out, remarks, times
from spbench.report.speedup_tables import (
    headline,
    speedup_by_layer,
    speedup_by_shape,
    speedup_by_tokens,
    speedup_over_sparse,
)

__all__ = [
    "backends",
    "commands",
    "headline",
    "left_out",
    "machine_facts",
    "protocol",
    "remarks",
    "speedup_by_layer",
    "speedup_by_shape",
    "speedup_by_tokens",
    "speedup_over_sparse",
    "times",
    "weak_points",
]
