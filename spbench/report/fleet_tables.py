"""Tables that set machines side by side."""

from __future__ import annotations

from spbench.report.fleet import Fleet
from spbench.report.machine import Machines
from spbench.report.speedup_tables import by_sparsity, ratio_cell
from spbench.report.summary import means
from spbench.report.table import NOTHING, Table


def fleet_speedups(fleet: Fleet, machines: Machines) -> Table:
    """Mean speed-up over the dense baseline on each machine, over the shapes that all have."""
    everything = [each for found in fleet.shared.values() for each in found]
    sparsities = sorted({each.case.sparsity for each in everything})
    rows = []
    for n in sorted({each.case.n for each in everything}):
        for host, comparisons in fleet.shared.items():
            found = means(each for each in comparisons if each.case.n == n)
            cells = [ratio_cell(found.get(sparsity)) for sparsity in sparsities]
            rows.append([str(n), machines.name(host), _peak(machines, host), *cells])
    cases = len(next(iter(fleet.shared.values())))
    return Table(
        f"Speed-up over {fleet.over} by machine",
        ["N", "machine", "int8 peak (GOPS)", *by_sparsity(sparsities)],
        rows,
        f"Geometric mean over the shapes, of the {cases} cases that every machine has. The"
        " baseline is that of the same machine, so this compares what sparsity is worth, not how"
        " fast machines are.",
    )


def fleet_models(fleet: Fleet, machines: Machines) -> Table:
    """Predicted speed-up of each model's linear layers on each machine."""
    keys = sorted({key for study in fleet.studies for key in study.models})
    rows = [
        [
            f"{model}, N={n}",
            *(ratio_cell(study.models.get((model, n))) for study in fleet.studies),
        ]
        for model, n in keys
    ]
    return Table(
        "Speed-up of the model's linear layers, in sum, by machine",
        ["model", *(machines.name(study.setting.host) for study in fleet.studies)],
        rows,
    )


def fleet_break_evens(fleet: Fleet, machines: Machines) -> Table:
    """Break-even sparsity of each random shape on each machine."""
    columns = [{each.shape: str(each) for each in study.break_evens} for study in fleet.studies]
    shapes = sorted(set().union(*columns), key=lambda shape: (shape[0] * shape[1], shape))
    rows = [
        [f"{m}x{k}", str(n), *(column.get((m, k, n), NOTHING) for column in columns)]
        for m, k, n in shapes
    ]
    return Table(
        "Break-even by machine",
        ["MxK", "N", *(machines.name(study.setting.host) for study in fleet.studies)],
        rows,
        "With the fastest dense library of that shape on that machine.",
    )


def _peak(machines: Machines, host: str) -> str:
    peak = machines.of(host).number("limits", "int8_peak_gops")
    return f"{peak:.4g}" if peak else NOTHING
