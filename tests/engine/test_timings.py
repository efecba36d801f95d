"""The file of measured times: kept, and never in the way."""

from __future__ import annotations

import json

import pytest

from spbench.engine.timings import Timings, default_path

KEY, TIMES = "64x48 dense@0.00 4x1@0.10", {"dense": 5.0, "4x1": 4.0}


def test_what_is_put_is_found_by_the_next(tmp_path):
    path = tmp_path / "deep" / "timings.json"
    first = Timings(path)
    assert first.get(KEY) is None
    first.put(KEY, TIMES)
    first.save()
    assert Timings(path).get(KEY) == TIMES
    assert [each.name for each in path.parent.iterdir()] == ["timings.json"]


def test_two_processes_keep_what_both_measured(tmp_path):
    path = tmp_path / "timings.json"
    first, second = Timings(path), Timings(path)
    for timings, key in ((first, "a"), (second, "b")):
        timings.put(key, TIMES)
    first.save()
    second.save()
    assert Timings(path).get("a") == Timings(path).get("b") == TIMES


def test_nothing_new_writes_nothing(tmp_path):
    Timings(tmp_path / "timings.json").save()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000]
    + [json.dumps({KEY: bad}).encode() for bad in (1, {"dense": "x"}, {"dense": -1}, {"dense": None})],
    ids=lambda content: str(content[:20]),
)  # fmt: skip
def test_a_broken_file_is_an_empty_one(tmp_path, content):
    path = tmp_path / "timings.json"
    path.write_bytes(content)
    timings = Timings(path)
    assert timings.get(KEY) is None
    timings.put(KEY, TIMES)
    timings.save()
    assert Timings(path).get(KEY) == TIMES


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    timings = Timings(tmp_path / "file" / "timings.json")
    timings.put(KEY, TIMES)
    timings.save()
    assert timings.get(KEY) == TIMES


def test_the_file_is_in_the_users_cache_and_of_one_isa(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    best = default_path()
    assert best.parent == tmp_path / "spbench"
    monkeypatch.setenv("SPBENCH_ISA", "scalar")
    assert default_path() != best
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_path().parent == tmp_path / "home" / ".cache" / "spbench"
