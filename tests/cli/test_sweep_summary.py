"""What a sweep prints at its end."""

from __future__ import annotations

import json

import pytest
from synthetic_runs import absent, pair, realistic, row, write_run

from spbench.cli.sweep_summary import print_sweep_summary
from spbench.store.run_folder import RunFolder
from spbench.store.schema import Status


@pytest.fixture
def printed(tmp_path, capsys):
    def write_and_print(rows, backends=("spbench", "onednn"), **asked):
        folder = write_run(tmp_path / "run", rows)
        head = {"schema": 1, "run_id": "r1", "sweep": {"backends": list(backends)} | asked}
        (folder / "sweep.json").write_text(json.dumps(head))
        print_sweep_summary(RunFolder.open(folder))
        return capsys.readouterr().out

    return write_and_print


def lines_with(text, *parts):
    return [line for line in text.splitlines() if all(part in line for part in parts)]


def test_shapes_break_even_model_and_where_to_go_on(printed, tmp_path):
    text = printed(realistic([(256, 256)], (1, 128), (0.7, 0.9), layers=1))
    (line,) = lines_with(text, "256x256x128", "90.0 %")
    assert "onednn" in line and line.rstrip().endswith("faster")
    (line,) = lines_with(text, "256x256x128", "below 70 % (lowest measured); fit")
    (line,) = lines_with(text, "384x384x128 (4 layers)")
    (line,) = lines_with(
        text, "minilm-4x1-80, N=128: ", "in sum, all 6 linear layers sparse: faster"
    )
    assert "x over the fastest dense" not in line and "] over the fastest dense in sum" in line
    assert "recommended: use 4x1 in 6\n" in text
    assert text.endswith(f"{tmp_path / 'run'}\nspbench report {tmp_path / 'run'}\n")


def test_a_model_of_which_some_layers_stay_dense(printed):
    rows = pair(2.0, weights="m:a") + pair(0.5, weights="m:b")
    rows += [row("onednn", weights="m:c"), absent("spbench", Status.FAILED, "no", weights="m:c")]
    text = printed(rows)
    assert "m, N=128: 1.25x [1.25, 1.25] over the fastest dense in sum, all 2 linear" in text
    advised = "recommended: use 4x1 in 1, stay dense in 1: 1.67x [1.67, 1.67] over the fastest"
    assert advised in text
    assert "not in the sum, without a comparison that counts: 1" in text
    assert "spbench: failed in 1 case: no" in text


def test_without_a_dense_backend_there_are_times_only(printed):
    text = printed([row("spbench")], ["spbench"])
    assert lines_with(text, "768x768x128", "1.0")
    for word in ("speed-up", "verdict", "break-even", "nan", "None"):
        assert word not in text


def test_settings_that_differ_are_columns(printed):
    assert "machine" not in printed(pair(2.0)).split("---")[0]
    other = [each.model_copy(update={"host": "beef"}) for each in pair(2.0)]
    text = printed([*pair(2.0), *other])
    assert "machine" in text.split("---")[0]
    assert lines_with(text, "beef", "faster") and lines_with(text, "f00d", "faster")


def test_nothing_counts(printed):
    text = printed([absent("spbench", Status.FAILED, "crashed")])
    assert "spbench: failed in 1 case: crashed" in text


def test_the_indifference_zone_is_what_the_sweep_asked_for(printed):
    (line,) = lines_with(printed(pair(1.05)), "768x768x128", "80.0 %")
    assert line.rstrip().endswith("faster")
    text = printed(pair(1.05), indifference=0.1)
    (line,) = lines_with(text, "768x768x128", "80.0 %")
    assert line.rstrip().endswith("undecided")
