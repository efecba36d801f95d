"""A results folder with any of its three files."""

from __future__ import annotations

import json

import pytest
from synthetic_models import model_row, quality_row, write_models
from synthetic_runs import MACHINE, pair

from spbench.errors import InputError
from spbench.store.results_folder import ResultsFolder


def test_reads_what_is_there(tmp_path):
    products, models, qualities = pair(2.0), [model_row()], [quality_row()]
    both = ResultsFolder.read(write_models(tmp_path / "all", models, qualities, products))
    assert (list(both.rows), list(both.model_rows)) == (products, models)
    assert list(both.quality_rows) == qualities
    assert both.machines == {"f00d": MACHINE}
    alone = ResultsFolder.read(write_models(tmp_path / "models", models))
    assert (alone.rows, alone.quality_rows, alone.machines, alone.sweep) == ([], [], {}, {})
    assert list(alone.model_rows) == models


def test_a_machine_is_known_without_products(tmp_path):
    folder = write_models(tmp_path / "models", [model_row()])
    (folder / "machine.json").write_text(json.dumps(MACHINE))
    assert ResultsFolder.read(folder).machines == {"f00d": MACHINE}


def test_a_later_row_replaces_an_earlier_one_but_not_that_of_a_search(tmp_path):
    rows = [model_row(time_ns=each) for each in (5e6, 6e6)]
    search = model_row(time_ns=7e6, latency_limit_ns=1e7)
    folder = write_models(tmp_path / "run", [*rows, search], [quality_row(), quality_row(texts=9)])
    found = ResultsFolder.read(folder)
    assert [row.time_ns for row in found.model_rows] == [6e6, 7e6]
    assert [row.texts for row in found.quality_rows] == [9]


def test_a_folder_without_rows_is_no_run(tmp_path):
    with pytest.raises(InputError, match="is no run folder"):
        ResultsFolder.read(tmp_path)
    with pytest.raises(InputError, match="no such run folder"):
        ResultsFolder.read(tmp_path / "nowhere")


def test_products_without_their_head_are_refused_beside_models(tmp_path):
    folder = write_models(tmp_path / "run", [model_row()], [], pair(2.0))
    (folder / "sweep.json").unlink()
    with pytest.raises(InputError, match=r"it has no sweep.json"):
        ResultsFolder.read(folder)
