"""What users get for bad input: one line that names the thing, its exit code, nothing written.

A table of mistakes through Click's runner, and those that need a real process after it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from small_models import bert_tensors, write_safetensors

from spbench.cli import main

LONG = "n" * 300
CODE_OF_THE_USER = {
    "raises": "1 / 0",
    "exits": "raise SystemExit(0)",
    "holds_no_backend": "class Nothing: pass",
    "half": "from spbench.backends.base import Backend\nclass Half(Backend): name = 'half'",
}
TEXTS = {
    "list-key.yaml": "? [a, b]\n: 1\n",
    "map-key.yaml": "skip: []\n? {a: b}\n: 1\n",
    "self-list.yaml": "shapes: &a [*a]\n",
    "self-map.yaml": "a: &x {b: *x}\n",
    "deep.yaml": "a: " + "[" * 5000,
    "bomb.yaml": "a0: &a0 [x]\n"
    + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)),
    "large.yaml": "# " + "x" * (1 << 20),
    "two.yaml": "skip: []\n---\nskip: []\n",
    "twice.yaml": "sparsity: 0.8\nsparsity: 0.9\n",
    "list.yaml": "- 1\n",
    "skip.yaml": "skip: foo\n",
    "rule.yaml": "overrides: [query]\n",
    "protocol.yaml": "shapes: [8x8x8]\nprotocol: 5\n",
    "nul.yaml": 'from_model: "a\\0b"\n',
    "shapes.yaml": "shapes: [[8x8x8]]\n",
}


def _change(**files: bytes):
    return lambda model: [(model / _file(name)).write_bytes(text) for name, text in files.items()]


def _file(name: str) -> str:
    return {"config": "config.json", "weights": "model.safetensors", "record": "spbench.json"}[name]


def _in_the_way(name: str, what: str):
    """Put a folder, a dangling link or a circle of links where a file belongs."""

    def change(model: Path) -> None:
        path = model / _file(name)
        path.unlink()
        path.mkdir() if what == "folder" else path.symlink_to(path if what == "loop" else "gone")

    return change


def _infinite_norm(model: Path) -> None:
    tensors = bert_tensors()
    tensors["embeddings.LayerNorm.weight"][0] = np.inf
    write_safetensors(model / "model.safetensors", tensors)


PRUNE, INSPECT, SWEEP = "prune {m} --out out ", "inspect {m} ", "run-gemm sweep --out out "
ONE, MODEL_SWEEP = "run-gemm one ", "run-gemm sweep --out out --from-model {m} "
SHAPE = "--shapes 8x8x8 --backend numpy "
MISTAKES = [
    # a model that is not there
    ("prune '' --out out", None, "the model's name is empty"),
    ("prune ~no-such-user/x --out out", None, "no-such-user/x: no such user"),
    (f"prune {LONG} --out out", None, "File name too long"),
    (f"inspect {LONG}", None, "File name too long"),
    ("inspect circle", None, "circle: Too many levels of symbolic links"),
    ("inspect dangling", None, "dangling: a link to nothing"),
    ("inspect file", None, "file: a file; give the folder"),
    ("inspect file/below", None, "file/below: no such folder"),
    ("inspect /dev/null", None, "/dev/null: a device, pipe or socket"),
    ("inspect empty", None, "empty: no config.json"),
    ("inspect os", None, "os: no such folder, and no installed package"),
    ("inspect click", None, "carries no model"),
    # a model that is damaged
    (INSPECT, _in_the_way("config", "folder"), "config.json: a folder, not a file"),
    (INSPECT, _in_the_way("config", "link"), "config.json: a link to nothing"),
    (INSPECT, _in_the_way("config", "loop"), "config.json: Too many levels"),
    (INSPECT, _in_the_way("weights", "folder"), "model.safetensors: a folder, not a file"),
    (INSPECT, _in_the_way("weights", "link"), "model.safetensors: a link to nothing"),
    (PRUNE, _change(config=b'{"model_type": []}'), "config.json: model_type is not a name"),
    (PRUNE, _change(config=b'{"model_type": {}}'), "config.json: model_type is not a name"),
    (PRUNE, _change(config=b'{"a":' * 200_000), "config.json: not JSON"),
    (PRUNE, _change(config=b"[" * 200_000), "config.json: not JSON"),
    (PRUNE, _change(config=b"1" * 5000), "config.json: not JSON"),
    (PRUNE, _change(config=b"null"), "config.json: not a JSON object"),
    (PRUNE, _change(weights=b"\xff" * 99), "model.safetensors: corrupt or truncated"),
    (PRUNE, _change(record=b"[" * 200_000), "spbench.json: not a record"),
    (PRUNE, _infinite_norm, "embeddings.LayerNorm.weight holds NaN or Inf"),
    (INSPECT, _infinite_norm, "embeddings.LayerNorm.weight holds NaN or Inf"),
    # a place that cannot be written
    ("prune {m} --out ''", None, "give --out another name"),
    ("prune {m} --out .", None, "give --out another name"),
    (f"prune {{m}} --out {LONG}", None, "File name too long"),
    (f"prune {{m}} --out new/{LONG}/x", None, "File name too long"),
    ("prune {m} --out circle", None, "Too many levels of symbolic links"),
    ("prune {m} --out circle/x", None, "Too many levels of symbolic links"),
    ("prune {m} --out file/x/y", None, "file is a file"),
    ("prune {m} --out /proc/x", None, "/proc/x: cannot be written"),
    (f"run-gemm sweep {SHAPE} --out {LONG}", None, "File name too long"),
    (f"run-gemm sweep --resume {LONG}", None, "File name too long"),
    (f"report {LONG}", None, "File name too long"),
    # blocks
    (PRUNE + "--pattern 999999999999999999999x1", None, "at most 2147483647"),
    (PRUNE + "--pattern " + "9" * 5000 + "x1", None, "at most 2147483647"),
    (PRUNE + "--pattern \N{ARABIC-INDIC DIGIT FOUR}x1", None, "write ROWSxCOLS"),
    (PRUNE + "--pattern 0x4", None, "block shape 0x4: every side must be at least 1"),
    (INSPECT + "--pattern 4x1,", None, "block shape ''"),
    (MODEL_SWEEP + "--pattern 999999999999999999999x1", None, "at most 2147483647"),
    (MODEL_SWEEP + "--pattern 100000x100000", None, "block shape 100000x100000: more than 65536"),
    (SWEEP + SHAPE + "--pattern 100000x1", None, "block shape 100000x1: more than 65536"),
    # other options of prune
    (PRUNE + "--sparsity 1.5", None, "sparsity 1.5"),
    (PRUNE + "--sparsity nan", None, "sparsity nan"),
    (PRUNE + "--sparsity much", None, "'--sparsity': 'much'"),
    (PRUNE + "--skip (", None, "not a regular expression"),
    (PRUNE + "--skip a{99999999999}", None, "not a regular expression"),
    (PRUNE + "--skip " + "(" * 5000 + ")" * 5000, None, "not a regular expression"),
    (PRUNE + "--scope row", None, "'--scope'"),
    # recipes and sweeps in YAML
    (PRUNE + "--recipe absent.yaml", None, "absent.yaml: cannot be read: No such file"),
    (PRUNE + "--recipe empty", None, "empty: cannot be read: Is a directory"),
    (PRUNE + f"--recipe {LONG}", None, "cannot be read: File name too long"),
    (PRUNE + "--recipe list-key.yaml", None, "list-key.yaml:1: a key must be plain text"),
    (PRUNE + "--recipe map-key.yaml", None, "map-key.yaml:2: a key must be plain text"),
    (PRUNE + "--recipe deep.yaml", None, "deep.yaml: nested too deeply"),
    (PRUNE + "--recipe bomb.yaml", None, "nested without end, or too deeply"),
    (PRUNE + "--recipe large.yaml", None, "large.yaml: larger than 1 MiB"),
    (PRUNE + "--recipe two.yaml", None, "two.yaml:2: not YAML: expected a single document"),
    (PRUNE + "--recipe twice.yaml", None, "twice.yaml:2: key 'sparsity' is given twice"),
    (PRUNE + "--recipe list.yaml", None, "list.yaml:1: keys and values are expected"),
    (PRUNE + "--recipe skip.yaml", None, "skip.yaml:1: skip: a list is expected"),
    (PRUNE + "--recipe rule.yaml", None, "overrides: keys and values are expected"),
    (SWEEP + "--config list-key.yaml", None, "list-key.yaml:1: a key must be plain text"),
    (SWEEP + "--config self-list.yaml", None, "self-list.yaml:1: nested without end"),
    (SWEEP + "--config self-map.yaml", None, "self-map.yaml:1: nested without end"),
    (SWEEP + "--config protocol.yaml", None, "protocol: keys and values are expected"),
    (SWEEP + "--config shapes.yaml", None, "shapes: one value is expected"),
    (SWEEP + "--config nul.yaml", None, "no file can have this name"),
    # sizes and counts
    (SWEEP + "--shapes 999999999999x999999999999x1", None, "at most 2147483647"),
    (SWEEP + "--shapes 8x8x" + "9" * 5000, None, "at most 2147483647"),
    (SWEEP + "--shapes \N{ARABIC-INDIC DIGIT FOUR}x4x4", None, "write MxK or MxKxN"),
    (SWEEP + "--shapes 8x8x2147483647", None, "shape 8x8x2147483647: its numbers need"),
    (MODEL_SWEEP + "--model-tokens 2147483647", None, "its numbers need"),
    (SWEEP + "--shapes 8x8 --tokens 0", None, "tokens: "),
    (SWEEP + SHAPE + "--threads -1", None, "threads: "),
    (SWEEP + SHAPE + "--threads many", None, "threads: "),
    (SWEEP + SHAPE + "--sparsity ,", None, "sparsity: "),
    (SWEEP + SHAPE + "--seed " + "9" * 30, None, "seed: "),
    (SWEEP + SHAPE + "--protocol foo=1", None, "unknown key 'foo'; known keys: case_budget_s"),
    (SWEEP + SHAPE + "--protocol round=9", None, "did you mean 'rounds'?"),
    (SWEEP + SHAPE + "--protocol case_timeout_s=inf", None, "case_timeout_s: "),
    (SWEEP + SHAPE + f"--name {'a' * 10}/b", None, "name 'aaaaaaaaaa/b'"),
    # backends
    (ONE + "--shape 8x8x8 --backend .a:X", None, "unknown backend '.a:X'"),
    (ONE + "--shape 8x8x8 --backend :", None, "unknown backend ':'"),
    (ONE + "--shape 8x8x8 --backend os:path", None, "unknown backend 'os:path'"),
    (ONE + "--shape 8x8x8 --backend json:JSONDecoder", None, "unknown backend 'json:JSONDecoder'"),
    (ONE + "--shape 8x8x8 --backend holds_no_backend:Nothing", None, "unknown backend 'holds_no"),
    (ONE + "--shape 8x8x8 --backend holds_no_backend:Other", None, "unknown backend 'holds_no"),
    (ONE + "--shape 8x8x8 --backend half:Half", None, "'half:Half': it lacks title"),
    (ONE + "--shape 8x8x8 --backend raises:X", None, "'raises:X': ZeroDivisionError"),
    (ONE + "--shape 8x8x8 --backend exits:X", None, "'exits:X': SystemExit"),
    (ONE + "--shape 8x8x8 --backend absent:X", None, "no module absent"),
    (ONE + "--shape 8x8x8 --backend absent.module:X", None, "no module absent.module"),
    # no such thing
    ("prun", None, "No such command 'prun'"),
    ("prune {m}", None, "Missing option '--out'"),
    ("inspect {m} --formt csv", None, "No such option"),
]


@pytest.fixture
def place(tmp_path, make_model, monkeypatch) -> Path:
    """A folder, worked in, with a model and everything that the table's mistakes need."""
    make_model(name="model")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "dangling").symlink_to("gone")
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    for name, text in CODE_OF_THE_USER.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _everything(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


def _arguments(command: str) -> list[str]:
    words = command.replace("{m}", "model").split()
    return ["" if word == "''" else word for word in words]


@pytest.mark.parametrize(
    ("command", "damage", "message"), MISTAKES, ids=[f"{m[0][:50]}-{m[2][:30]}" for m in MISTAKES]
)
def test_a_mistake_is_one_line_and_leaves_nothing(place, command, damage, message):
    if damage:
        damage(place / "model")
    before = _everything(place)
    done = CliRunner().invoke(main, _arguments(command))
    assert done.exit_code == 2, done.output
    assert isinstance(done.exception, SystemExit)
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 1500
    assert _everything(place) == before


# As root, permissions are no obstacle; the process gives up the capabilities that make it so:
# PR_CAPBSET_DROP of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (<linux/prctl.h>).
def _as_anyone() -> None:
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


def _spbench(*arguments: str | bytes | Path, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "spbench", *arguments]
    options = {"capture_output": True, "timeout": 60} | options
    return subprocess.run(command, check=False, **options)


def _is_one_line(done: subprocess.CompletedProcess, code: int, message: str) -> None:
    assert (done.returncode, done.stdout) == (code, b""), done.stderr.decode()
    error = done.stderr.decode()
    assert error.startswith("Error: ")
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        "inspect closed",
        "prune closed --out out",
        "prune closed/model --out out",
        "prune model --out closed/out",
        "prune model --out out --recipe closed/recipe.yaml",
        "report closed/run",
        "run-gemm sweep --resume closed/run",
        "run-gemm sweep --shapes 8x8x8 --backend numpy --out closed/run",
        "run-gemm sweep --config closed/sweep.yaml",
    ],
)
def test_a_folder_that_may_not_be_entered(place, command):
    closed = place / "closed"
    closed.mkdir(mode=0)
    before = _everything(place)
    done = _spbench(*command.split(), preexec_fn=_as_anyone)
    _is_one_line(done, 2, "Permission denied")
    assert "closed" in done.stderr.decode()
    closed.chmod(0o755)
    assert _everything(place) == before


def test_a_folder_that_may_not_be_written(place):
    (place / "fixed").mkdir(mode=0o555)
    before = _everything(place)
    done = _spbench("prune", "model", "--out", "fixed/out", preexec_fn=_as_anyone)
    _is_one_line(done, 2, "fixed/out: cannot be written: Permission denied")
    assert _everything(place) == before


@pytest.mark.parametrize(
    "command",
    [
        "prune '' --out out",
        "prune model --out out --pattern 999999999999999999999x1",
        "prune model --out out --recipe self-map.yaml",
        "run-gemm one --shape 8x8x8 --backend .a:X",
        "run-gemm sweep --out out --shapes 999999999999x999999999999x1",
    ],
)
def test_mistakes_in_a_real_process(place, command):
    before = _everything(place)
    _is_one_line(_spbench(*_arguments(command)), 2, "")
    assert _everything(place) == before


def test_a_name_that_is_no_text_is_shown_and_written(place):
    name = b"mod\xffel"
    os.rename(b"model", name)
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    shown = _spbench("inspect", name, env=strict)
    assert shown.returncode == 0, shown.stderr.decode()
    assert rb"spbench prune mod\udcffel" in shown.stdout
    pruned = _spbench("prune", name, "--out", b"o\xfft")
    assert pruned.returncode == 0, pruned.stderr.decode()
    assert os.path.isfile(b"o\xfft/spbench.json")


def test_control_characters_do_not_reach_the_terminal(place):
    _is_one_line(_spbench("inspect", "a\nb\x1b[2J"), 2, r"a\nb\x1b[2J")


def test_a_closed_stdout_and_a_full_stderr_change_no_exit_code(place):
    closed = _spbench("inspect", "model", stdout=None, preexec_fn=lambda: os.close(1))
    assert closed.returncode == 0, closed.stderr.decode()
    with open("/dev/full", "w") as full:
        silent = _spbench("inspect", "absent", capture_output=False, stderr=full)
    assert silent.returncode == 2


def test_a_link_that_leads_back_is_not_followed_for_ever(place):
    (place / "model" / "again").symlink_to(".")
    _is_one_line(_spbench("prune", "model", "--out", "out"), 2, "a link back to a folder above")
    assert not list(place.glob("*out*"))


def test_a_pipe_in_the_model_is_not_copied(place):
    os.mkfifo(place / "model" / "pipe")
    _is_one_line(_spbench("prune", "model", "--out", "out"), 2, "named pipe")
    assert not list(place.glob("*out*"))


def test_the_numbers_of_errors_are_those_of_the_contract():
    """Where the path is at fault the code is 2, else 1; tests/cli/test_main.py has the lines."""
    from spbench.errors import InputError, RunError, refusal_kind

    path = ["ENOENT", "EACCES", "EPERM", "EROFS", "ENAMETOOLONG", "ENOTDIR", "EISDIR", "ELOOP"]
    for name in path:
        assert refusal_kind(OSError(getattr(errno, name), "")) is InputError
    for name in ("ENOSPC", "EIO", "EMFILE", "ENOMEM", "EDQUOT"):
        assert refusal_kind(OSError(getattr(errno, name), "")) is RunError
