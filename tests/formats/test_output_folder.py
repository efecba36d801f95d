"""A folder written beside and renamed: flushed to the disk, exchanged in one step, no traces."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from spbench.errors import InputError, RunError
from spbench.formats import exchange as exchanging
from spbench.formats import output_folder as writing
from spbench.formats.exchange import exchange
from spbench.formats.output_folder import output_folder


def _write(target: Path, text: str = "new") -> None:
    with output_folder(target) as folder:
        (folder / "part").mkdir()
        (folder / "part" / "file").write_text(text)


def _old(target: Path) -> Path:
    target.mkdir()
    (target / "old").touch()
    return target


def test_everything_is_flushed_to_the_disk_before_it_is_renamed_and_the_name_after(
    tmp_path, monkeypatch
):
    flushed = []

    def remember(descriptor):
        flushed.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))

    monkeypatch.setattr(os, "fsync", remember)
    _write(tmp_path / "out")
    *inside, last = flushed
    assert last == tmp_path  # the folder that holds the new name
    hidden = inside[-1].relative_to(tmp_path).parts[0]
    assert hidden.startswith(".out.partial-")
    new = tmp_path / hidden
    assert set(inside) == {new, new / "part", new / "part" / "file"}


@pytest.mark.parametrize("one_step", [True, False])
def test_a_replacement_leaves_only_the_new(tmp_path, monkeypatch, one_step):
    if not one_step:
        monkeypatch.setattr(writing, "exchange", lambda one, other: False)
    target = _old(tmp_path / "out")
    _write(target)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in target.iterdir()] == ["part"]


def test_a_second_rename_that_fails_brings_the_old_folder_back(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "exchange", lambda one, other: False)
    target = _old(tmp_path / "out")
    rename = Path.rename

    def fail_for_the_new(self, to):
        if ".partial-" in self.name:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fail_for_the_new)
    with pytest.raises(RunError, match="out: not written: Input/output error"):
        _write(target)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in target.iterdir()] == ["old"]


def test_no_name_is_missing_while_two_are_exchanged(tmp_path):
    one, other = _old(tmp_path / "one"), tmp_path / "other"
    other.mkdir()
    if not exchange(one, other):
        pytest.skip("the system cannot exchange folders in one step")
    assert not any(one.iterdir())
    assert [path.name for path in other.iterdir()] == ["old"]
    with pytest.raises(FileNotFoundError):
        exchange(one, tmp_path / "absent")


def test_a_system_without_the_call_says_no(tmp_path, monkeypatch):
    monkeypatch.setattr(exchanging.ctypes, "CDLL", lambda *_, **__: object())
    one, other = _old(tmp_path / "one"), tmp_path / "other"
    other.mkdir()
    assert not exchange(one, other)
    assert any(one.iterdir())


@pytest.mark.parametrize("name", ["n" * 255, "\N{SNOWMAN}" * 85])
def test_the_longest_name_is_written(tmp_path, name):
    _write(tmp_path / name)
    _write(tmp_path / name, "again")
    assert (tmp_path / name / "part" / "file").read_text() == "again"


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space left")])
def test_folders_made_on_the_way_are_removed_with_it(tmp_path, failure):
    with (
        pytest.raises((KeyboardInterrupt, RunError)),
        output_folder(tmp_path / "a" / "b" / "c"),
    ):
        raise failure
    assert not any(tmp_path.iterdir())


def test_folders_that_were_there_stay(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(InputError), output_folder(tmp_path / "a" / "b" / ("n" * 256)):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert not any((tmp_path / "a").iterdir())
