"""The tables of a report, each from one study or from the whole run.

setting_tables.py        several settings at a glance
decision_tables.py       to decide by: break-even, what to do with each layer
library_tables.py        speed-ups over each library: the paper's comparisons
speedup_tables.py        speed-ups: in sum, by tokens, by shape, by layer
limit_tables.py          share of the roofline's bound
result_tables.py         what ran: times, backends, what did not run
fleet_tables.py          machines side by side
trust_tables.py          an unsteady machine, outliers, drifts
circumstance_tables.py   the machine, the protocol, the commands
"""

from spbench.report.circumstance_tables import commands, machine_facts, protocol, weak_points
from spbench.report.decision_tables import break_even, recommendation
from spbench.report.fleet_tables import fleet_break_evens, fleet_models, fleet_speedups
from spbench.report.library_tables import over_libraries, over_libraries_by_shape
from spbench.report.limit_tables import bound_shares, subject_shares, suspicion
from spbench.report.result_tables import backends, left_out, remarks, times
from spbench.report.setting_tables import settings, together, without_result
from spbench.report.speedup_tables import (
    headline,
    speedup_by_layer,
    speedup_by_shape,
    speedup_by_tokens,
    speedup_over_sparse,
)
from spbench.report.trust_tables import circumstances, disturbances, sample_health, turns

__all__ = [
    "backends",
    "bound_shares",
    "break_even",
    "circumstances",
    "commands",
    "disturbances",
    "fleet_break_evens",
    "fleet_models",
    "fleet_speedups",
    "headline",
    "left_out",
    "machine_facts",
    "over_libraries",
    "over_libraries_by_shape",
    "protocol",
    "recommendation",
    "remarks",
    "sample_health",
    "settings",
    "speedup_by_layer",
    "speedup_by_shape",
    "speedup_by_tokens",
    "speedup_over_sparse",
    "subject_shares",
    "suspicion",
    "times",
    "together",
    "turns",
    "weak_points",
    "without_result",
]
