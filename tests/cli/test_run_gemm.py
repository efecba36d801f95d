"""run-gemm as a user meets it, through real processes where that matters."""

import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_models import BERT_LAYERS, bert_tensors

from spbench.cli import main
from spbench.store.run_folder import RunFolder

FAKE = "fake_backends:"
QUICK = "rounds=8,warmup_ms=1,hot_us=0"
COMMAND = [sys.executable, "-m", "spbench", "run-gemm"]


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch):
    """Machine facts without the second that measuring its limits takes."""
    from spbench.measure import limits

    monkeypatch.setattr(limits, "measure_limits", lambda caches: {})


def invoke(*arguments):
    """In this process."""
    return CliRunner().invoke(main, ["run-gemm", *map(str, arguments)])


def run(*arguments, **options):
    """In a process of its own."""
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def options(*backends, shapes="16x8x4,17x8x4"):
    names = ",".join(FAKE + name for name in backends)
    return ["--shapes", shapes, "--backend", names, "--protocol", QUICK]


def test_sweep_from_options(tmp_path):
    out = tmp_path / "run"
    done = invoke("sweep", *options("Exact", "Crashing"), "--sparsity", "0.5,0.75", "--out", out)
    assert done.exit_code == 0, done.output
    rows = RunFolder.open(out).rows()
    assert len(rows) == 2 * 2 * 2
    assert "16x8x4" in done.stdout and f"spbench report {out}" in done.stdout
    assert f"{FAKE}Crashing: failed in 2 cases: worker killed by SIGSEGV" in done.stdout
    assert "4 of 4, done in" in done.stderr


def test_warnings_are_told_and_kept(tmp_path, monkeypatch):
    from spbench.measure.stability import StabilityWarning
    from spbench.sweeps import watch

    noise = StabilityWarning("load", "Others were busy", "1.5 cores", "Stop them.")
    monkeypatch.setattr(watch, "stability_warnings", lambda *args: [noise])
    out = tmp_path / "run"
    done = invoke("sweep", *options("Exact", shapes="8x8x1"), "--out", out)
    assert done.exit_code == 0, done.output
    assert "warning: Others were busy (1.5 cores). Stop them.\n" in done.stderr
    (kept,) = RunFolder.open(out).warnings()
    assert kept["name"] == "load" and kept["host"] == RunFolder.open(out).machine["fingerprint"]
    assert "warning: " not in invoke("sweep", "--resume", out).stderr  # nothing was measured


def test_sweep_from_a_file_and_its_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sweep.yaml").write_text(
        f"name: small\nshapes: 8x8\ntokens: [1, 2]\nbackends: {FAKE}Exact\n"
        "protocol: {rounds: 8, warmup_ms: 1}\n"
    )
    done = invoke("sweep", "--config", "sweep.yaml", "--tokens", "3")
    assert done.exit_code == 0, done.output
    (folder,) = Path("results").iterdir()
    assert folder.name.endswith("-small")
    assert [row.n for row in RunFolder.open(folder).rows()] == [3]
    assert RunFolder.open(folder).sweep["protocol"]["rounds"] == 8


def test_a_wrong_result_is_exit_1_and_every_row_is_kept(tmp_path):
    done = invoke("sweep", *options("Wrong", "Exact"), "--out", tmp_path / "run")
    assert done.exit_code == 1
    assert "Error: 2 wrong results, the first: fake_backends:Wrong on 16x8x4: Y[15, 3] is" in (
        done.stderr
    )
    assert len(RunFolder.open(tmp_path / "run").rows()) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shapes", "8x8x8", "--sparsity", "1.5"], "sparsity 1.5 must be at least 0"),
        (["--shapes", "8x8x8", "--pattern", "0x4"], "block shape 0x4"),
        (["--shapes", "8x8x8", "--backend", "mkl"], "unknown backend 'mkl': choose from spbench"),
        (["--shapes", "8x0x8"], "every side must be at least 1"),
        (["--shapes", "8x8"], "has no N"),
        ([], "nothing to measure"),
        (["--shapes", "8x8x8", "--threads", "4096"], "threads 4096: this process may use"),
        (["--shapes", "8x8x8", "--protocol", "rounds"], "write KEY=VALUE"),
        (["--shapes", "8x8x8", "--protocol", "turns=8"], "turns"),
        (["--config", "/nowhere/sweep.yaml"], "/nowhere/sweep.yaml"),
        (["--from-model", "/nowhere/model"], "/nowhere/model"),
        (["--resume", "/nowhere/run"], "no such run folder: /nowhere/run"),
        (["--resume", "a", "--out", "b"], "give either"),
        (["--shapes", "8x8x8", "--tokens", "5"], "--tokens has no effect"),
        (["--shapes", "8x8x8", "--model-tokens", "5"], "no effect without --from-model"),
    ],
)
def test_bad_input_is_exit_2_and_one_line(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke("sweep", *arguments)
    assert done.exit_code == 2, done.output
    assert message in done.stderr and done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_unknown_key_of_a_file_with_its_line(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text("shapes: [8x8x8]\nsparsty: 0.8\n")
    done = run("sweep", "--config", file)
    assert done.returncode == 2
    assert done.stderr == (f"Error: {file}:2: unknown key 'sparsty'; did you mean 'sparsity'?\n")


@pytest.mark.parametrize("place", ["file", "file/run", "/proc/spbench"])
def test_a_folder_that_cannot_be_written(tmp_path, place):
    (tmp_path / "file").write_text("")
    done = invoke("sweep", *options("Exact"), "--out", tmp_path / place)
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: cannot write to the results folder ")


def test_a_run_is_not_overwritten(tmp_path):
    arguments = ["sweep", *options("Exact", shapes="8x8x1"), "--out", tmp_path]
    assert invoke(*arguments).exit_code == 0
    done = invoke(*arguments)
    assert done.exit_code == 2 and "--resume" in done.stderr


def test_resume_of_a_finished_run_measures_nothing(tmp_path):
    invoke("sweep", *options("Exact"), "--out", tmp_path / "run")
    before = (tmp_path / "run" / "rows.jsonl").read_text()
    done = invoke("sweep", "--resume", tmp_path / "run")
    assert done.exit_code == 0 and "2 of 2 cases" in done.stderr
    assert (tmp_path / "run" / "rows.jsonl").read_text() == before


def test_resume_of_another_sweep(tmp_path):
    invoke("sweep", *options("Exact"), "--out", tmp_path / "run")
    same = invoke("sweep", *options("Exact"), "--resume", tmp_path / "run")
    assert same.exit_code == 0, same.output
    other = invoke("sweep", *options("Exact"), "--sparsity", "0.7", "--resume", tmp_path / "run")
    assert other.exit_code == 2
    assert "is another sweep's folder: sparsity is [0.8] there, [0.7] here" in other.stderr


def sweep_of_a_model(model, out):
    arguments = ["--from-model", model, "--model-layers", "query", "--backend", f"{FAKE}Exact"]
    done = invoke("sweep", *arguments, "--protocol", QUICK, "--out", out)
    assert done.exit_code == 0, done.output


def drop_rows(out):
    (out / "rows.jsonl").write_text("")


def test_resume_after_the_model_changed(tmp_path, make_model):
    sweep_of_a_model(make_model(name="model"), tmp_path / "run")
    make_model(bert_tensors(seed=1), name="other")
    shutil.rmtree(tmp_path / "model")
    (tmp_path / "other").rename(tmp_path / "model")
    done = invoke("sweep", "--resume", tmp_path / "run")
    assert done.exit_code == 2 and "the model has changed since" in done.stderr


def test_resume_from_another_folder(tmp_path, make_model, monkeypatch):
    make_model(name="model")
    monkeypatch.chdir(tmp_path)
    sweep_of_a_model("model", "run")
    (row,) = RunFolder.open("run").rows()
    assert row.weights.startswith("model:") and "--from-model model " in row.command
    drop_rows(Path("run"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert invoke("sweep", "--resume", "../run").exit_code == 0
    (again,) = RunFolder.open("../run").rows()
    assert (again.key, again.command) == (row.key, row.command)
    assert again.sparsity_real == row.sparsity_real


def test_resume_after_the_model_moved(tmp_path, make_model):
    model = make_model(name="model")
    sweep_of_a_model(model, tmp_path / "run")
    drop_rows(tmp_path / "run")
    model.rename(tmp_path / "moved")
    done = invoke("sweep", "--resume", tmp_path / "run")
    assert done.exit_code == 2 and f"{model}: no such folder" in done.stderr
    done = invoke("sweep", "--resume", tmp_path / "run", "--from-model", tmp_path / "moved")
    assert done.exit_code == 0, done.output
    (row,) = RunFolder.open(tmp_path / "run").rows()
    assert row.weights.startswith(f"{model}:")


@pytest.mark.parametrize(
    ("backend", "status"), [("Installable", "unavailable"), ("Mendable", "failed")]
)
def test_resume_measures_again_what_may_work_by_now(tmp_path, monkeypatch, backend, status):
    library = tmp_path / "library"
    monkeypatch.setenv("FAKE_LIBRARY", str(library))
    out = tmp_path / "run"
    assert invoke("sweep", *options(backend, "Exact"), "--out", out).exit_code == 0
    assert [row.status for row in RunFolder.open(out).latest()] == [status, "ok"] * 2
    library.touch()
    done = invoke("sweep", "--resume", out)
    assert done.exit_code == 0, done.output
    assert "note: 2 cases with failed or unavailable backends are measured again" in done.stderr
    assert [row.status for row in RunFolder.open(out).latest()] == ["ok"] * 4


def test_resume_does_not_repeat_a_run_for_what_is_still_not_installed(tmp_path):
    out = tmp_path / "run"
    invoke("sweep", *options("Missing", "Exact"), "--out", out)
    before = (out / "rows.jsonl").read_text()
    done = invoke("sweep", "--resume", out)
    assert done.exit_code == 0 and "2 of 2 cases" in done.stderr
    assert "again" not in done.stderr and (out / "rows.jsonl").read_text() == before


def test_resume_under_another_instruction_set(tmp_path, monkeypatch):
    out = tmp_path / "run"
    monkeypatch.setenv("SPBENCH_ISA", "scalar")
    invoke("sweep", *options("Exact"), "--out", out)
    command = RunFolder.open(out).rows()[0].command
    assert command.startswith("env SPBENCH_ISA=scalar spbench run-gemm one ")
    assert invoke("sweep", "--resume", out).exit_code == 0
    machine = json.loads((out / "machine.json").read_text())
    (out / "machine.json").write_text(json.dumps(machine | {"active_isa": "other"}))
    done = invoke("sweep", "--resume", out)
    assert done.exit_code == 2
    assert "was measured with the kernels for other, scalar would run now" in done.stderr


def test_a_sweep_without_a_result_has_failed(tmp_path):
    done = invoke("sweep", *options("Missing", "Raising", shapes="17x8x4"), "--out", tmp_path / "r")
    assert done.exit_code == 1
    assert "Error: no backend has a result: fake_backends:Missing: unavailable" in done.stderr
    assert "ValueError: odd M" in done.stderr
    assert len(RunFolder.open(tmp_path / "r").rows()) == 2


def test_an_interrupt_before_the_first_row_leaves_nothing(tmp_path, monkeypatch):
    from spbench.sweeps import local_executor

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    arguments = ["sweep", *options("Exact"), "--out", tmp_path / "run"]
    for where in ("machine", "run_sweep"):  # while the machine is measured; in the first case
        monkeypatch.setattr(local_executor, where, interrupt)
        done = invoke(*arguments)
        assert done.exit_code == 130 and "Interrupted" in done.stderr
        assert list(tmp_path.iterdir()) == []
        monkeypatch.undo()
    (tmp_path / "run").mkdir()  # what the user has made is the user's
    monkeypatch.setattr(local_executor, "machine", interrupt)
    assert invoke(*arguments).exit_code == 130
    assert [path.name for path in tmp_path.rglob("*")] == ["run"]


def test_resume_on_another_machine(tmp_path):
    invoke("sweep", *options("Exact"), "--out", tmp_path / "run")
    (tmp_path / "run" / "machine.json").write_text('{"fingerprint": "other"}')
    done = invoke("sweep", "--resume", tmp_path / "run")
    assert done.exit_code == 2 and "another machine" in done.stderr


def test_resume_after_a_torn_line_measures_that_case_again(tmp_path):
    invoke("sweep", *options("Exact", "EvenOnly"), "--out", tmp_path / "run")
    rows = tmp_path / "run" / "rows.jsonl"
    rows.write_text(rows.read_text()[:-20])
    done = invoke("sweep", "--resume", tmp_path / "run")
    assert done.exit_code == 0 and "1 of 2 cases" in done.stderr
    assert len(RunFolder.open(tmp_path / "run").latest()) == 4


def test_resume_of_a_folder_with_a_broken_line(tmp_path):
    invoke("sweep", *options("Exact"), "--out", tmp_path / "run")
    rows = tmp_path / "run" / "rows.jsonl"
    rows.write_text("{oops\n" + rows.read_text())
    done = invoke("sweep", "--resume", tmp_path / "run")
    assert done.exit_code == 2 and f"Error: {rows}:1: not a row" in done.stderr


LONG = ["--shapes", ",".join(f"{m}x8x4" for m in range(16, 24)), "--protocol", QUICK]
LONG += ["--backend", f"{FAKE}Slow,{FAKE}Exact"]


def start_and_wait_for_rows(out):
    """A sweep of 8 cases, 0.2 s each, that has finished at least two of them."""
    process = subprocess.Popen(
        [*COMMAND, "sweep", *LONG, "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(out.parent)},  # SIGKILL leaves the case's numbers there
    )
    rows, deadline = out / "rows.jsonl", time.monotonic() + 30
    while _lines(rows) < 4:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    return process


def _lines(path):
    """The file may be gone between two looks: the sweep tries first whether it can write."""
    try:
        return path.read_text().count("\n")
    except FileNotFoundError:
        return 0


def assert_no_worker_is_left(pids):
    deadline = time.monotonic() + 5
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(_runs(pid) for pid in pids)


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def keys(path):
    return sorted(row.key for row in RunFolder.open(path).latest())


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_an_interrupted_sweep_goes_on_where_it_was(tmp_path, name):
    out = tmp_path / "run"
    process = start_and_wait_for_rows(out)
    workers = children(process.pid)
    assert len(workers) == 3  # two backends and the control
    process.send_signal(getattr(signal, name))
    _, told = process.communicate(timeout=20)
    assert_no_worker_is_left(workers)
    if name == "SIGKILL":
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert f"spbench run-gemm sweep --resume {out}" in told and "Traceback" not in told
    finished = keys(out)
    assert 4 <= len(finished) < 16

    done = invoke("sweep", "--resume", out)
    assert done.exit_code == 0, done.output
    assert len(keys(out)) == 16 and set(finished) <= set(keys(out))
    cases = {row.m for row in RunFolder.open(out).latest()}
    assert cases == set(range(16, 24))


def test_a_disk_that_fills_keeps_the_rows(tmp_path):
    """A limit on the size of files stands for the disk: the third row does not fit."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))

    out = tmp_path / "run"
    arguments = [*options("Exact", "EvenOnly", "Missing"), "--out", out]
    done = run("sweep", *arguments, preexec_fn=limit)
    assert done.returncode == 1, done.stderr
    assert "rows.jsonl: File too large; the rows before are safe" in done.stderr
    assert f"--resume {out}" in done.stderr and "Traceback" not in done.stderr
    rows = RunFolder.open(out).rows()
    assert 1 <= len(rows) < 6
    assert invoke("sweep", "--resume", out).exit_code == 0
    assert len(RunFolder.open(out).latest()) == 6


def test_the_command_of_a_row_repeats_it(tmp_path):
    invoke("sweep", *options("Exact"), "--sparsity", "0.3", "--seed", "7", "--out", tmp_path / "r")
    row = RunFolder.open(tmp_path / "r").rows()[1]
    program, *arguments = shlex.split(row.command)
    assert program == "spbench"
    done = CliRunner().invoke(main, [*arguments, "--format", "json"])
    assert done.exit_code == 0, done.output
    again = json.loads(done.stdout)
    timed = [key for key in again if key.endswith("_ns") or "_ns_" in key or "gops" in key]
    same = set(again) - {"run_id", "protocol", "reason", *timed}
    assert {key: again[key] for key in same} == {key: row.to_dict()[key] for key in same}


def test_the_command_of_a_layer_repeats_it(tmp_path, make_model):
    model = make_model()
    out = tmp_path / "run"
    arguments = ["--from-model", model, "--model-tokens", "3", "--backend", f"{FAKE}Exact"]
    done = invoke("sweep", *arguments, "--protocol", QUICK, "--out", out)
    assert done.exit_code == 0, done.output
    assert f"note: {model} was not pruned by spbench" in done.stderr
    row = RunFolder.open(out).rows()[0]
    assert row.weights.startswith(f"{model}:") and row.n == 3
    assert row.sparsity == row.sparsity_real
    done = CliRunner().invoke(main, [*shlex.split(row.command)[1:], "--format", "json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["case_id"] == row.case_id


def test_layers_narrowed_by_a_name(tmp_path, make_model):
    model, out = make_model(), tmp_path / "run"
    arguments = ["--from-model", model, "--backend", f"{FAKE}Exact", "--protocol", QUICK]
    invoke("sweep", *arguments, "--model-layers", "query", "--out", out)
    assert all("query" in row.weights for row in RunFolder.open(out).rows())
    done = invoke("sweep", *arguments, "--model-layers", "nothing", "--out", tmp_path / "other")
    assert done.exit_code == 2 and "no linear layer whose name matches 'nothing'" in done.stderr


def test_one_is_readable_and_says_what_is_wrong():
    done = invoke("one", "--shape", "16x8x4", "--backend", f"{FAKE}Exact", "--protocol", QUICK)
    assert done.exit_code == 0, done.output
    assert "status                 ok\n" in done.stdout and "8 samples" in done.stdout
    done = invoke("one", "--shape", "16x8x4", "--backend", f"{FAKE}Wrong", "--protocol", QUICK)
    assert done.exit_code == 1 and "is wrong: Y[15, 3] is" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shape", "8x8x8,8x8x9"], "these options name 2"),
        (["--layer", "encoder"], "needs both --from-model DIR and --layer NAME"),
        (["--from-model", "/nowhere", "--layer", "x"], "/nowhere"),
        ([], "nothing to measure"),
        (["--shape", "64x64x16", "--tokens", "5"], "--tokens has no effect: every shape has its"),
        (["--shape", "8x8x8", "--threads", "4096"], "this process may use"),
    ],
)
def test_one_with_bad_input(arguments, message):
    done = invoke("one", *arguments)
    assert done.exit_code == 2 and message in done.stderr


def test_one_layer_takes_no_sparsity(make_model):
    layer = ["--from-model", make_model(), "--layer", BERT_LAYERS[0]]
    done = invoke("one", *layer, "--sparsity", "0.3")
    assert done.exit_code == 2 and "a model's layers have the zeros they have" in done.stderr


@pytest.mark.parametrize("threads", [0, 4096])
def test_backends_refuses_threads_as_a_sweep_does(threads):
    done = invoke("backends", "--threads", threads)
    assert done.exit_code == 2 and done.stderr.startswith(f"Error: threads {threads}: ")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_one_that_is_ended_cleans_up(tmp_path, name):
    arguments = ["--shape", "16x8x4", "--backend", f"{FAKE}Slow"]
    process = subprocess.Popen(
        [*COMMAND, "one", *arguments, "--protocol", "rounds=1000,case_budget_s=60"],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("spbench-*/reference.npy")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(getattr(signal, name))
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130 and "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_backends_lists_every_one():
    from spbench.backends import REGISTRY

    done = invoke("backends", "--format", "json")
    assert done.exit_code == 0, done.output
    entries = {entry["name"]: entry for entry in json.loads(done.stdout)}
    assert list(entries) == list(REGISTRY)
    for entry in entries.values():
        assert entry["implementation"] or entry["note"]
