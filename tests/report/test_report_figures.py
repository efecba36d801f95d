"""Figures: there when there is something to show, never empty, never with cut or covered text."""

from __future__ import annotations

import io

import numpy as np
import pytest
from figure_texts import assert_texts_apart
from synthetic_runs import MACHINE, SHAPES, pair, realistic, row

pytest.importorskip("matplotlib")

from matplotlib import image

from spbench.report.case import group_cases
from spbench.report.figures import drawing, heat_map, style
from spbench.report.machine import Machines
from spbench.report.page import compose
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
    "two machines": lambda: [
        each.model_copy(update={"host": host})
        for host in ("an old one", "a new one")
        for each in pair(4.0) + pair(0.9, 0.2, n=1)
    ],
    "many N, many sparsities": lambda: [
        each
        for n in range(1, 12)
        for step in range(1, 11)
        for each in pair(1 + step * n / 20, 0.05, n=n, sparsity=step / 11)
    ],
}


def figures_of(rows, *machines):
    facts = {machine["fingerprint"]: machine for machine in machines or [MACHINE]}
    return compose("run", studies(group_cases(rows), "onednn"), Machines(facts)).figures


def figure_of(rows, name, *machines):
    return next(figure for figure in figures_of(rows, *machines) if figure.name == name)


@pytest.fixture
def canvases(monkeypatch):
    """What is drawn, kept instead of saved."""
    drawn = []
    monkeypatch.setattr(drawing, "_workers", lambda: 1)
    monkeypatch.setattr(style, "_saved", lambda canvas: drawn.append(canvas) or (b"", b""))
    return drawn


@pytest.mark.parametrize("name", RUNS)
def test_no_text_is_cut_or_covers_other_text(name, canvases):
    assert figures_of(RUNS[name]())
    for canvas in canvases:
        assert_texts_apart(canvas)


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
    assert [figure.name for figure in demo_figures] == [
        "break-even",
        "speedup-by-sparsity",
        "speedup-map",
        "speedup-by-shape",
        "speedup-by-layer",
        "roofline",
        "speedup-by-library",
        "throughput",
    ]
    for figure in demo_figures:
        assert "Example EP-1 (AMD), 2026-11-24" in figure.caption
        assert "4x1 blocks, 1 thread, hot caches" in figure.caption


def test_the_same_rows_give_the_same_files():
    first, second = (figures_of(pair(4.0)) for _ in range(2))
    assert [figure.svg for figure in first] == [figure.svg for figure in second]
    assert [figure.png for figure in first] == [figure.png for figure in second]


def axes_of(canvases, rows, name, *machines):
    """The panels of one figure, with their lines."""
    names = [figure.name for figure in figures_of(rows, *machines)]
    return canvases[names.index(name)].axes


def two_distant_sparsities():
    """Both close below their bounds; a line over per cent would cross the bound in between."""
    return pair(1.0, sparsity=0.0) + pair(18.0, sparsity=0.95)


def test_nothing_is_drawn_between_measured_sparsities(canvases):
    (axes,) = axes_of(canvases, two_distant_sparsities(), "speedup-by-sparsity")
    (marks,) = axes.containers
    assert marks.lines[0].get_linestyle() == "None"


@pytest.mark.parametrize("name", ["speedup-by-sparsity", "throughput"])
def test_sparsity_is_drawn_so_that_the_bound_is_straight(canvases, name):
    (axes,) = axes_of(canvases, two_distant_sparsities(), name)
    assert axes.get_xticks() == pytest.approx([0, -np.log(0.05)])
    labels = [axes.xaxis.get_major_formatter()(place) for place in axes.get_xticks()]
    assert labels == ["0", "95"]
    bound = next(line for line in axes.lines if line.get_linestyle() == "--")
    places, values = bound.get_data()
    assert len(places) == 2, "the bound has a bend"
    assert values[1] / values[0] == pytest.approx(np.exp(places[1] - places[0]))


def test_the_map_has_a_number_in_every_cell(canvases):
    rows = pair(4.0, 0.01) + pair(1.0, 0.005, sparsity=0.5) + pair(0.4, 0.01, m=64, sparsity=0.5)
    panel = axes_of(canvases, rows, "speedup-map")[0]
    written = {(text.get_position(), text.get_text()) for text in panel.texts}
    assert written == {((1, 1), "4.00"), ((0, 1), "1.00?"), ((0, 0), "0.40")}


def test_a_map_of_very_many_cells_is_colours(canvases, monkeypatch):
    monkeypatch.setattr(heat_map, "NUMBERS", 1)
    rows = pair(4.0) + pair(3.0, n=1)
    assert not axes_of(canvases, rows, "speedup-map")[0].texts
    assert figure_of(rows, "speedup-map").caption.startswith("Colours (the numbers are in the")


def fills_of(axes):
    return [container.lines[0].get_markerfacecolor() for container in axes.containers[1:]]


def crossing(*sparsities):
    """spbench at 5000 ns of stored weights; dense takes 1000 ns, so they meet at 80 %."""
    return [
        each
        for sparsity in sparsities
        for each in (
            row("spbench", 5000.0 * (1 - sparsity), 0.001, sparsity=sparsity),
            row("onednn", 1000.0, sparsity=sparsity),
        )
    ]


@pytest.mark.parametrize(
    ("sparsities", "fill"), [((0.7, 0.8, 0.9), style.BLUE), ((0.84, 0.86, 0.9), "white")]
)
def test_what_is_not_measured_but_fitted_is_hollow(canvases, sparsities, fill):
    (axes,) = axes_of(canvases, crossing(*sparsities), "break-even")
    assert fills_of(axes) == [fill]
    (mark,) = axes.containers[1].lines[0].get_xdata()
    assert mark == pytest.approx(0.8, abs=0.01)


def test_points_of_the_roofline_are_within_its_panels(canvases):
    rows = [*RUNS["the demo"](), row("scipy-csr", 9e6, n=1, sparsity=0.9)]
    for panel in axes_of(canvases, rows, "roofline"):
        (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
        for line in panel.lines:
            if line.get_marker() not in (None, "None"):
                x, y = map(np.asarray, line.get_data())
                assert ((left < x) & (x < right)).all()
                assert ((low < y) & (y < high)).all()


def test_without_a_baseline_there_is_no_figure_of_speedups():
    names = [figure.name for figure in figures_of([row("spbench")])]
    assert names == ["roofline", "throughput"]


def test_handicaps_stand_beside_the_figure():
    *_, throughput = figures_of([*pair(2.0), row("onemkl-csr", 5000.0)])
    assert "onemkl-csr" in throughput.caption
    assert "generic path" in throughput.caption
    intel = {**MACHINE, "cpu_model": "Intel(R) Xeon(R)"}
    *_, throughput = figures_of([*pair(2.0), row("onemkl-csr", 5000.0)], intel)
    assert "generic path" not in throughput.caption


def test_f32_libraries_have_a_peak_of_their_own(canvases):
    rows = [row("spbench", 200_000.0), row("onednn", 1_000_000.0), row("numpy", 4_000_000.0)]
    limits = MACHINE["limits"] | {"f32_peak_gflops": 117.0}
    real, _ = axes_of(canvases, rows, "roofline", MACHINE | {"limits": limits})
    assert {469.0, 117.0} <= heights_of(real)
    canvases.clear()
    real, _ = axes_of(canvases, rows[:2], "roofline")
    assert 469.0 in heights_of(real) and 117.0 not in heights_of(real)


def test_a_library_in_bf16_has_the_line_of_its_peak(canvases):
    rows = [row("spbench", 2e5), row("onednn", 1e6), row("onednn-bf16", 2e6, dtype="bf16")]
    limits = MACHINE["limits"] | {"f32_peak_gflops": 117.0, "bf16_peak_gflops": 234.0}
    real, _ = axes_of(canvases, rows, "roofline", MACHINE | {"limits": limits})
    assert {469.0, 234.0} <= heights_of(real) and 117.0 not in heights_of(real)


def heights_of(axes):
    """Where its level lines are."""
    return {line.get_ydata()[0] for line in axes.lines if len(set(line.get_ydata())) == 1}
