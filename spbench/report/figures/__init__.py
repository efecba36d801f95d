"""The figures of a report.

    break_even.py  the sparsity from which on each shape gains: does it pay?
    gain.py        speed-up over the dense baseline by sparsity
    heat_map.py    the same by shape and sparsity, in numbers: where does it pay?
    shapes.py      the same by shape, with intervals and bounds
    layers.py      speed-up by layer of the model
    roofline.py    every row against what the machine can do: how near is the limit?
    libraries.py   speed-up over each library: the paper's comparisons
    throughput.py  every backend by sparsity: what else is there?
    fleet.py       speed-up machine by machine
    model_latency.py   latency of whole models by runtime
    model_gain.py      how much faster spbench answers, by sparsity
    model_ops.py       where its time goes
    model_limit.py     the highest throughput under a latency limit
    trade_off.py       accuracy against latency
    labels.py      texts beside marks that touch nothing
    drawing.py     draws them side by side
    style.py       what they share: colours, scales, captions, files

Each module has ``draw``, which returns a list of :class:`Figure`; a part that the run
does not have gives an empty list. Nothing here uses pyplot, so no state is
shared and no display is needed.
"""

from spbench.report.figures import (
    break_even,
    fleet,
    gain,
    heat_map,
    layers,
    libraries,
    model_gain,
    model_latency,
    model_limit,
    model_ops,
    roofline,
    shapes,
    throughput,
    trade_off,
)
from spbench.report.figures.style import Figure

__all__ = [
    "Figure",
    "break_even",
    "fleet",
    "gain",
    "heat_map",
    "layers",
    "libraries",
    "model_gain",
    "model_latency",
    "model_limit",
    "model_ops",
    "roofline",
    "shapes",
    "throughput",
    "trade_off",
]
