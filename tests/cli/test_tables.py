"""One set of rows, four ways to print it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from spbench.cli.tables import percent, print_table

ROWS = [
    {"name": "a,b", "share": 0.5, "extra": 1},
    {"name": "c", "share": None, "extra": 2},
]
HEADERS = {"name": "what", "share": "how much"}


def _printed(capsys, format_, rows=ROWS, **options):
    print_table(rows, HEADERS, format_, **options)
    return capsys.readouterr().out


def test_people_see_heads_shown_values_and_the_total(capsys):
    total = {"name": "total", "share": 0.25}
    lines = _printed(capsys, "table", show={"share": percent}, total=total).splitlines()
    assert lines[0].split() == ["what", "how", "much"]
    assert lines[2].split() == ["a,b", "50.0", "%"]
    assert lines[3].split() == ["c"]
    assert lines[4].split() == ["total", "25.0", "%"]
    assert _printed(capsys, "markdown").startswith("| what")


def test_programs_see_keys_and_raw_values_without_total(capsys):
    total = {"name": "total", "share": 0.25}
    show = {"share": percent}
    assert json.loads(_printed(capsys, "json", show=show, total=total)) == [
        {"name": "a,b", "share": 0.5},
        {"name": "c", "share": None},
    ]
    assert _printed(capsys, "csv", show=show, total=total) == 'name,share\n"a,b",0.5\nc,\n'


def test_data_frames_and_numpy_values_print_as_json(capsys):
    frame = pd.DataFrame({"name": ["x", "y"], "share": [np.float32(0.5), np.nan]})
    assert json.loads(_printed(capsys, "json", frame)) == [
        {"name": "x", "share": 0.5},
        {"name": "y", "share": None},
    ]


@pytest.mark.parametrize("format_", ["table", "json", "csv", "markdown"])
def test_no_rows_print_without_complaint(capsys, format_):
    _printed(capsys, format_, [])
