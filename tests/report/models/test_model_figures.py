"""Figures of whole models: never empty, never with cut or covered text."""

from __future__ import annotations

import pytest
from synthetic_models import bench, curve, limit_rows, model_row, quality_row
from synthetic_runs import MACHINE

pytest.importorskip("matplotlib")

from figure_texts import assert_texts_apart

from spbench.report import figures
from spbench.report.figures import style
from spbench.report.machine import Machines
from spbench.report.models.study import ModelStudy
from spbench.report.models.trade_off import trade_offs

MACHINES = Machines({"f00d": MACHINE})
MANY = [
    row
    for model in ("bert-base", "bert-mini")
    for tokens in (16, 128, 384, 512)
    for row in bench((0.5, 0.6, 0.7, 0.8, 0.9), model=model, tokens=tokens)
]
SMALL = bench((0.8, 0.9))
STUDIES = {
    "one sparsity": lambda: bench((0.9,)),
    "two runtimes": lambda: [model_row(), model_row("a runtime with a rather long name", 9e7)],
    "many of everything": lambda: MANY,
    "not pruned": lambda: bench((0.0,), pattern="dense"),
}
CURVES = {
    "a curve": curve,
    "crowded": lambda: curve(["1x4", "4x1", "16x1"], [0.5 + each / 40 for each in range(17)]),
    "two points": lambda: (
        [model_row(pattern=each, sparsity=0.8, model="minilm") for each in ("4x1", "8x1")],
        [quality_row(each, 0.8) for each in ("4x1", "8x1")],
    ),
}


@pytest.fixture
def canvases(monkeypatch):
    """What is drawn, kept instead of saved."""
    drawn = []
    monkeypatch.setattr(style, "_saved", lambda canvas: drawn.append(canvas) or (b"", b""))
    return drawn


def names(found):
    return [each.name for each in found]


@pytest.mark.parametrize("name", STUDIES)
def test_latencies_and_ops(name, canvases):
    study = ModelStudy(STUDIES[name]())
    (setting,) = study.settings
    assert names(figures.model_latency.draw(study, setting, MACHINES)) == ["model-latency"]
    assert names(figures.model_ops.draw(study, MACHINES)) == ["model-time-by-op"]
    figures.model_gain.draw(study, setting, MACHINES)
    for canvas in canvases:
        assert_texts_apart(canvas)


def test_a_gain_by_sparsity_needs_two_sparsities():
    one, two = ModelStudy(bench((0.9,))), ModelStudy(SMALL)
    assert figures.model_gain.draw(one, next(iter(one.settings)), MACHINES) == []
    (figure,) = figures.model_gain.draw(two, next(iter(two.settings)), MACHINES)
    assert "Example EP-1 (AMD), 2026-11-24; 4x1 blocks, 1 thread." in figure.caption
    assert figure.png.startswith(b"\x89PNG")


def test_handicaps_are_under_the_figure(canvases):
    study = ModelStudy(SMALL)
    (figure,) = figures.model_latency.draw(study, next(iter(study.settings)), MACHINES)
    assert "[1] f32: no int8 products." in figure.caption
    labels = [each.get_text() for each in canvases[-1].axes[0].get_yticklabels()]
    assert labels[:2] == ["spbench", "spbench-dense"]
    assert labels[-1] == "torch-f32 [1]"


def test_bars_by_op_are_whole_and_end_in_the_time(canvases):
    figures.model_ops.draw(ModelStudy(SMALL), MACHINES)
    (axes,) = canvases[-1].axes
    ends = {round(bar.get_x() + bar.get_width(), 6) for bar in axes.patches if bar.get_width()}
    assert max(ends) == 100
    assert "8.40 ms" in {text.get_text() for text in axes.texts}


def test_limits_show_where_nothing_is_within(canvases):
    study = ModelStudy(limit_rows())
    assert names(figures.model_limit.draw(study, MACHINES)) == ["model-limit"]
    assert_texts_apart(canvases[-1])
    own, other = canvases[-1].axes[0].lines
    assert list(own.get_xdata()) == [16, 32, 64, 128, 384]
    assert list(other.get_xdata()) == [16, 32, 64]


@pytest.mark.parametrize("name", CURVES)
def test_trade_off(name, canvases):
    models, qualities = CURVES[name]()
    (found,) = trade_offs(ModelStudy(models), qualities)
    (figure,) = figures.trade_off.draw(found, MACHINES)
    assert ("found no place" in figure.caption) == (name == "crowded")
    assert_texts_apart(canvases[-1])


def test_nothing_gives_no_figure():
    study = ModelStudy([model_row()])
    assert figures.model_latency.draw(study, next(iter(study.settings)), MACHINES) == []
    assert figures.model_limit.draw(study, MACHINES) == []
    assert figures.model_ops.draw(ModelStudy([]), MACHINES) == []
