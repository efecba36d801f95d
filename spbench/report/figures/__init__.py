"""The figures of a report.

    gain.py        speed-up over the dense baseline by sparsity: does it pay, and from where on
    shapes.py      the same by shape: where it pays
    throughput.py  every backend by sparsity: what else there is, how far from the limit
    layers.py      speed-up by layer of the model
    style.py       what they share: colours, scales, captions, files

Each module has ``draw(study, machine) -> list[Figure]``; a part that the run
does not have gives an empty list. Nothing here uses pyplot, so no state is
shared and no display is needed.
"""

from __future__ import annotations

from spbench.report.figures import gain, layers, shapes, throughput
from spbench.report.figures.style import Figure
from spbench.report.machine import MachineFacts
from spbench.report.study import Study

__all__ = ["Figure", "draw_figures"]


def draw_figures(study: Study, machine: MachineFacts, suffix: str = "") -> list[Figure]:
    """Every figure that the study has data for; ``suffix`` sets its files apart from others'."""
    drawn = [
        figure
        for module in (gain, shapes, layers, throughput)
        for figure in module.draw(study, machine)
    ]
    return [figure.renamed(figure.name + suffix) for figure in drawn]
