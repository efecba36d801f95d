"""Rows survive whatever happens to the process or the disk that writes them."""

import json
import os

import pytest

from spbench.errors import InputError, RunError
from spbench.store.run_folder import RunFolder, discard
from spbench.store.schema import Row

SWEEP = {"name": "try", "shapes": ["8x8x8"]}
MACHINE = {"fingerprint": "abc"}


def make_row(case_id: str = "c1", backend: str = "spbench", **changes) -> Row:
    what = {"case_id": case_id, "backend": backend, "m": 8, "k": 8, "n": 8, "pattern": "4x1"}
    how = {"dtype": "u8s8s32", "output": "s32", "threads": 1, "seed": 0, "protocol": {"rounds": 8}}
    sparsity = {"sparsity": 0.5, "sparsity_real": 0.5}
    run = {"run_id": "r", "host": "abc", "status": "ok", "command": "spbench run-gemm one"}
    times = {"time_ns": 12.5, "samples_ns": [12.0, 13.0]}
    return Row(**(what | how | sparsity | run | times | changes))


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "run", SWEEP, MACHINE)


def test_rows_come_back_as_they_were(folder):
    rows = [make_row("c1"), make_row("c2", status="failed", reason='says "no"\nand dies')]
    for row in rows:
        folder.append(row)
    again = RunFolder.open(folder.path)
    assert again.rows() == rows
    assert (again.sweep, again.machine, again.run_id) == (SWEEP, MACHINE, folder.run_id)


def test_json_key_is_schema(folder):
    folder.append(make_row())
    first = json.loads((folder.path / "rows.jsonl").read_text())
    assert first["schema"] == 1 and "schema_version" not in first


def test_last_row_of_a_case_and_backend_wins(folder):
    for row in (make_row(time_ns=1), make_row("c2"), make_row(time_ns=2)):
        folder.append(row)
    assert [(row.case_id, row.time_ns) for row in folder.latest()] == [("c1", 2), ("c2", 12.5)]
    frame = folder.frame()
    assert list(frame["case_id"]) == ["c1", "c2"] and "schema" in frame.columns


def test_frame_of_no_rows_has_the_columns(folder):
    assert "time_ns" in folder.frame().columns


@pytest.mark.parametrize("tail", [b'{"schema": 1, "run', b"\xff\xfe", b"{}"])
def test_torn_last_line_is_forgiven_and_cut_off(folder, tail):
    folder.append(make_row("c1"))
    folder.close()
    with (folder.path / "rows.jsonl").open("ab") as stream:
        stream.write(tail)
    again = RunFolder.open(folder.path)
    assert [row.case_id for row in again.rows()] == ["c1"]
    again.append(make_row("c2"))
    assert [row.case_id for row in again.rows()] == ["c1", "c2"]


@pytest.mark.parametrize("line", ["{torn", "[1]", '{"schema": 1}', '{"schema": 2}', ""])
def test_any_other_broken_line_is_an_error_with_its_number(folder, line):
    folder.append(make_row("c1"))
    with (folder.path / "rows.jsonl").open("a") as stream:
        stream.write(line + "\n" + make_row("c2").to_json() + "\n")
    with pytest.raises(InputError, match=r"rows\.jsonl:2: "):
        folder.rows()


def test_folder_of_another_schema(folder):
    head = json.loads((folder.path / "sweep.json").read_text()) | {"schema": 7}
    (folder.path / "sweep.json").write_text(json.dumps(head))
    with pytest.raises(InputError, match="schema 7"):
        RunFolder.open(folder.path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 1}'])
def test_broken_head(folder, content):
    (folder.path / "sweep.json").write_text(content)
    with pytest.raises(InputError, match=r"sweep\.json"):
        RunFolder.open(folder.path)


def test_no_folder_and_no_run(tmp_path):
    with pytest.raises(InputError, match="no such run folder"):
        RunFolder.open(tmp_path / "missing")
    with pytest.raises(InputError, match="no run folder"):
        RunFolder.open(tmp_path)


def test_a_run_is_never_overwritten(folder):
    with pytest.raises(InputError, match="--resume"):
        RunFolder.create(folder.path, SWEEP, MACHINE)


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "run", "/proc/spbench/run"):
        with pytest.raises(InputError, match="cannot write"):
            RunFolder.create(path, SWEEP, MACHINE)


def test_one_writer_at_a_time(folder):
    folder.append(make_row("c1"))
    second = RunFolder.open(folder.path)
    with pytest.raises(InputError, match="another spbench"):
        second.append(make_row("c2"))
    folder.close()
    second.append(make_row("c2"))
    assert len(second.rows()) == 2


def test_a_written_file_and_its_name_are_on_the_disk(folder, monkeypatch):
    """A rename lasts only once the folder itself is flushed."""
    synced = []
    fsync = os.fsync

    def note(fd):
        synced.append(os.readlink(f"/proc/self/fd/{fd}"))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    folder.add_warnings([{"name": "steal"}])
    assert len(synced) == 2 and synced[0].startswith(f"{folder.path}/.warnings.json")
    assert synced[1] == str(folder.path)


def test_warnings_add_up_over_resumptions(folder):
    assert folder.warnings() == []
    folder.add_warnings([{"name": "steal", "number": 0.25}])
    RunFolder.open(folder.path).add_warnings([{"name": "governor"}])
    RunFolder.open(folder.path).add_warnings([])
    assert [one["name"] for one in folder.warnings()] == ["steal", "governor"]
    (folder.path / "warnings.json").write_text('{"name": "steal"}')
    with pytest.raises(InputError, match=r"warnings\.json: cannot be read"):
        folder.warnings()


def test_warnings_that_find_no_room(folder, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    folder.add_warnings([{"name": "steal"}])
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"warnings\.json: No space left"):
        folder.add_warnings([{"name": "governor"}])
    assert [one["name"] for one in folder.warnings()] == ["steal"]
    assert not list(folder.path.glob(".warnings*"))


def test_facts_of_one_machine_and_of_several(folder, tmp_path):
    assert folder.machines() == {"abc": MACHINE}
    fleet = RunFolder.create(tmp_path / "fleet", SWEEP, None, executor="ray")
    assert fleet.machines() == fleet.machine == {}
    fleet.add_machine("abc@one", {"fingerprint": "abc", "cores": 2})
    fleet.add_machine("abc@two.2", {"fingerprint": "abc", "cores": 4, "more": 1})
    again = RunFolder.open(fleet.path)
    assert list(again.machines()) == ["abc@one", "abc@two.2"]
    assert again.machine == {"fingerprint": "abc"}
    assert again.head["executor"] == "ray"


def test_rows_of_two_hosts_do_not_replace_each_other(folder):
    for row in (make_row(host="one"), make_row(host="two"), make_row(host="one", time_ns=2)):
        folder.append(row)
    assert [(row.host, row.time_ns) for row in folder.latest()] == [("one", 2), ("two", 12.5)]


def test_what_was_made_for_nothing_is_removed(tmp_path):
    new, old = tmp_path / "new", tmp_path / "old"
    old.mkdir()
    assert RunFolder.reserve(new) and not RunFolder.reserve(old)
    RunFolder.create(new, SWEEP, MACHINE).add_warnings([{"name": "steal"}])
    RunFolder.create(old, SWEEP, None).add_machine("abc", MACHINE)
    discard(new, folder_too=True)
    discard(old, folder_too=False)
    assert list(tmp_path.rglob("*")) == [old]


def test_disk_that_fills_keeps_the_finished_rows(folder, monkeypatch):
    folder.append(make_row("c1"))
    write = os.write

    def half_then_full(fd, data):
        if len(data) > 40:
            return write(fd, data[:40])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", lambda fd, data: half_then_full(fd, data[:60]))
    with pytest.raises(RunError, match="No space left on device.*--resume"):
        folder.append(make_row("c2"))
    monkeypatch.undo()
    folder.append(make_row("c3"))
    assert [row.case_id for row in folder.rows()] == ["c1", "c3"]
