"""Figures: there when there is something to show, never empty, never with cut or covered text."""

from __future__ import annotations

import io

import numpy as np
import pytest
from synthetic_runs import MACHINE, SHAPES, pair, realistic, row

pytest.importorskip("matplotlib")

from matplotlib import image
from matplotlib.text import Text

from spbench.report.case import group_cases
from spbench.report.figures import draw_figures, style
from spbench.report.machine import MachineFacts
from spbench.report.study import studies

RUNS = {
    "one case": lambda: pair(4.0),
    "one layer": lambda: pair(4.0, weights="mini:encoder.a.weight"),
    "everything slower": lambda: pair(0.3) + pair(0.4, n=1),
    "nothing zero": lambda: pair(0.3, sparsity=0.0),
    "nothing stored": lambda: pair(9.0, weights="mini:a", sparsity=0.8, sparsity_real=1.0),
    "the demo": lambda: realistic(SHAPES[:3], (1, 128), (0.7, 0.8, 0.9)),
    "deep model, two N": lambda: [
        each
        for n in (1, 128)
        for layer in range(60)
        for each in pair(2 + layer / 20, 0.05, weights=f"big:l.{layer}.weight", n=n)
    ],
    "many N, many sparsities": lambda: [
        each
        for n in range(1, 12)
        for step in range(1, 11)
        for each in pair(1 + step * n / 20, 0.05, n=n, sparsity=step / 11)
    ],
}


def figures_of(rows, machine=MACHINE):
    return draw_figures(studies(group_cases(rows), "onednn")[0], MachineFacts(machine))


@pytest.mark.parametrize("name", RUNS)
def test_no_text_is_cut_or_covers_other_text(name, monkeypatch):
    canvases = []
    monkeypatch.setattr(style, "_saved", lambda canvas, *_: canvases.append(canvas) or b"")
    figures = figures_of(RUNS[name]())
    assert figures
    for canvas in canvases[::2]:
        assert_texts_apart(canvas)


def assert_texts_apart(canvas):
    """Every text lies on the canvas, and no two overlap by more than a hair."""
    canvas.canvas.draw()
    renderer = canvas.canvas.get_renderer()
    texts = [each for each in canvas.findobj(Text) if each.get_visible() and each.get_text()]
    texts = [each for each in texts if not is_idle_tick(each)]
    boxes = [(each.get_text(), each.get_window_extent(renderer)) for each in texts]
    width, height = canvas.bbox.width, canvas.bbox.height
    for text, box in boxes:
        assert -1 <= box.x0 and box.x1 <= width + 1, f"cut at a side: {text!r}"
        assert -1 <= box.y0 and box.y1 <= height + 1, f"cut above or below: {text!r}"
    for index, (text, box) in enumerate(boxes):
        for other, space in boxes[index + 1 :]:
            wide = min(box.x1, space.x1) - max(box.x0, space.x0)
            high = min(box.y1, space.y1) - max(box.y0, space.y0)
            assert wide < 1 or high < 1.5, f"{text!r} covers {other!r}"


def is_idle_tick(text):
    """Labels of ticks beyond the limits exist, but are not drawn."""
    axes = text.axes
    if axes is None:
        return False
    for axis in (axes.xaxis, axes.yaxis):
        if text in [tick.label1 for tick in axis.get_major_ticks()]:
            drawn = [tick.label1 for tick in axis._update_ticks()]
            return text not in drawn
    return False


@pytest.fixture(scope="module")
def demo_figures():
    return figures_of(RUNS["the demo"]())


def test_pictures_are_not_blank(demo_figures):
    for figure in demo_figures:
        pixels = image.imread(io.BytesIO(figure.png))
        ink = np.any(pixels[..., :3] < 0.95, axis=-1).mean()
        assert 0.005 < ink < 0.5, figure.name
        assert b"<svg" in figure.svg


def test_captions_name_machine_date_and_setting(demo_figures):
    assert len(demo_figures) == 4
    for figure in demo_figures:
        assert "Example EP-1 (AMD), 2026-11-24" in figure.caption
        assert "4x1 blocks, 1 thread, hot caches" in figure.caption


def test_the_same_rows_give_the_same_files():
    first, second = (figures_of(pair(4.0)) for _ in range(2))
    assert [figure.svg for figure in first] == [figure.svg for figure in second]
    assert [figure.png for figure in first] == [figure.png for figure in second]


def test_without_a_baseline_there_is_no_figure_of_speedups():
    assert [figure.name for figure in figures_of([row("spbench")])] == ["throughput"]


def test_handicaps_stand_beside_the_figure():
    *_, throughput = figures_of([*pair(2.0), row("onemkl-csr", 5000.0)])
    assert "onemkl-csr" in throughput.caption
    assert "generic path" in throughput.caption
    intel = {**MACHINE, "cpu_model": "Intel(R) Xeon(R)"}
    *_, throughput = figures_of([*pair(2.0), row("onemkl-csr", 5000.0)], intel)
    assert "generic path" not in throughput.caption
