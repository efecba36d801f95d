"""Drawing side by side: the same figures in the same order, and failures that are seen."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("matplotlib")

from spbench.report.figures import drawing


@pytest.fixture(params=[1, 2], ids=["one core", "two cores"])
def cores(request, monkeypatch):
    monkeypatch.setattr(drawing, "_workers", lambda: request.param)
    return request.param


def test_what_tasks_return_comes_in_their_order(cores):
    with drawing.drawn([lambda number=number: [number] for number in range(5)]) as found:
        assert list(found) == [[0], [1], [2], [3], [4]]


def test_with_several_cores_other_processes_draw(cores):
    with drawing.drawn([lambda: [os.getpid()]] * 2) as found:
        pids = {pid for (pid,) in found}
    assert (os.getpid() in pids) == (cores == 1)


def test_a_failure_is_raised_where_its_figure_is_asked_for(cores):
    def fail():
        raise ValueError("no such colour")

    with drawing.drawn([lambda: [1], fail]) as found:
        assert next(found) == [1]
        with pytest.raises(ValueError, match="no such colour"):
            next(found)


def test_nothing_to_draw(cores):
    with drawing.drawn([]) as found:
        assert list(found) == []
