"""Writing a model: every untouched byte stays, and the folder is complete or not there."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from spbench.errors import InputError, RunError
from spbench.formats.checkpoint import Checkpoint

QUERY = "encoder.layer.0.attention.self.query.weight"


def _files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _save(folder, target, changes=(), extra=None):
    Checkpoint.open(folder).save(target, changes, extra or {})


@pytest.mark.parametrize("sharded", [False, True])
def test_nothing_changed_is_a_copy_to_the_byte(make_model, tmp_path, sharded):
    folder = make_model(sharded=sharded)
    _save(folder, tmp_path / "new" / "copy")
    assert _files(tmp_path / "new" / "copy") == _files(folder)


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16", "F64"])
@pytest.mark.parametrize("sharded", [False, True])
def test_one_changed_tensor_leaves_all_others(make_model, tmp_path, dtype, sharded):
    checkpoint = Checkpoint.open(make_model(dtype=dtype, sharded=sharded))
    bits = checkpoint.tensors[QUERY].bits()
    bits[::2] = 0
    checkpoint.save(tmp_path / "out", [(QUERY, bits)], {})
    written = Checkpoint.open(tmp_path / "out")
    for name, entry in written.tensors.items():
        assert entry.dtype == dtype
        expected = bits if name == QUERY else checkpoint.tensors[name].bits()
        np.testing.assert_array_equal(entry.bits(), expected)


def test_bits_that_do_not_fit_are_refused(make_model, tmp_path):
    with pytest.raises(ValueError, match="do not fit"):
        _save(make_model(), tmp_path / "out", [(QUERY, np.zeros((3, 3), "u4"))])
    assert not list(tmp_path.glob("*out*"))


def test_weights_in_other_formats_are_left_out_but_not_those_of_other_parts(make_model, tmp_path):
    folder = make_model()
    for name in ("onnx/model.onnx", "2_Dense/pytorch_model.bin", ".git/config"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    for name in ("pytorch_model.bin", "tf_model.h5", "model.fp16.safetensors"):
        (folder / name).touch()
    stale = ["model.fp16.safetensors", "onnx/", "pytorch_model.bin", "tf_model.h5"]
    assert Checkpoint.open(folder).stale_files() == stale
    _save(folder, tmp_path / "out")
    kept = ["1_Pooling/config.json", "2_Dense/pytorch_model.bin", "config.json"]
    assert sorted(_files(tmp_path / "out")) == [*kept, "model.safetensors", "vocab.txt"]


def test_a_read_only_source_with_links_gives_a_writable_copy(make_model, tmp_path):
    folder = make_model()
    (folder / "model.safetensors").rename(tmp_path / "blob")
    (folder / "model.safetensors").symlink_to(tmp_path / "blob")
    (tmp_path / "blob").chmod(0o444)
    _save(folder, tmp_path / "out")
    copy = tmp_path / "out" / "model.safetensors"
    assert not copy.is_symlink()
    assert copy.stat().st_mode & 0o200


def test_an_existing_folder_is_replaced_only_by_force_and_only_our_own(make_model, tmp_path):
    checkpoint = Checkpoint.open(make_model())
    target = tmp_path / "out"
    checkpoint.check_target(target, "spbench.json", force=False)
    target.mkdir()
    checkpoint.check_target(target, "spbench.json", force=False)
    (target / "diary.txt").write_text("dear diary")
    with pytest.raises(InputError, match="not written by spbench"):
        checkpoint.check_target(target, "spbench.json", force=True)
    (target / "spbench.json").touch()
    with pytest.raises(InputError, match="--force replaces it"):
        checkpoint.check_target(target, "spbench.json", force=False)
    checkpoint.check_target(target, "spbench.json", force=True)
    checkpoint.save(target, [], {})
    assert _files(target) == _files(checkpoint.folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "out"]


def test_targets_in_or_around_the_source_are_refused(make_model):
    folder = make_model()
    for target in (folder, folder / "pruned", folder.parent, folder / ".." / "model"):
        with pytest.raises(InputError, match="model's folder"):
            Checkpoint.open(folder).check_target(target, "spbench.json", force=True)


def test_a_target_below_a_file_is_refused(make_model, tmp_path):
    folder = make_model()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="not a folder"):
        Checkpoint.open(folder).check_target(tmp_path / "file", "spbench.json", force=True)
    with pytest.raises(InputError, match="cannot be written"):
        _save(folder, tmp_path / "file" / "out")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, InputError, ZeroDivisionError])
def test_whatever_ends_the_writing_leaves_the_old_folder_and_nothing_else(
    make_model, tmp_path, stop
):
    def interrupted():
        yield QUERY, np.zeros((12, 12), "u4")
        raise stop

    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(stop):
        _save(make_model(), target, interrupted())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "out"]
    assert [path.name for path in target.iterdir()] == ["old"]


def test_a_full_disk_is_a_failed_run(make_model, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = make_model()
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(RunError, match="No space left"):
        _save(folder, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


_HALF_WAY = """
import signal, sys, time
from pathlib import Path
from spbench.formats.checkpoint import Checkpoint

def changes(checkpoint):
    yield {query!r}, checkpoint.tensors[{query!r}].bits() * 0
    print("half", flush=True)
    time.sleep(60)

signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the parent ignores it
checkpoint = Checkpoint.open(sys.argv[1])
checkpoint.save(Path(sys.argv[2]), changes(checkpoint), {{}})
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_process_leaves_nothing_under_the_final_name(make_model, tmp_path, number):
    code = _HALF_WAY.format(query=QUERY)
    command = [sys.executable, "-c", code, str(make_model()), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"half\n"
        process.send_signal(number)
    left = sorted(path.name for path in tmp_path.iterdir() if path.name != "model")
    if number == signal.SIGINT:
        assert left == []
    else:
        assert [name.startswith(".out.partial-") for name in left] == [True]
