"""``spbench run-model bench`` and ``limit`` from the command line to the rows."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from small_encoders import encoder_config, encoder_tensors
from tiny_models import tiny_yaml

from spbench.cli import main
from spbench.store.run_folder import ModelRunFolder
from spbench.sweeps.machine import machine
from spbench.sweeps.models.case_runner import ModelCaseRunner

FAST = "rounds=8,case_budget_s=0.01,warmup_ms=1,hot_us=1"


def fakes(*names):
    return ",".join(f"fake_runtimes:{name}" for name in names)


@pytest.fixture(autouse=True)
def limits_not_measured(monkeypatch):
    """They take two seconds a run."""
    monkeypatch.setattr("spbench.sweeps.models.session.machine", lambda measure: machine(False))


@pytest.fixture
def run(tmp_path):
    def invoke(*args, study="bench", out="out"):
        words = ["run-model", study, *map(str, args)]
        if "--resume" not in words and out:
            words += ["--out", str(tmp_path / out)]
        return CliRunner().invoke(main, words)

    return invoke


@pytest.fixture
def tiny(tmp_path):
    return tiny_yaml(tmp_path)


@pytest.fixture
def rows(tmp_path):
    return lambda out="out": ModelRunFolder.open(tmp_path / out).latest()


def test_runtimes_side_by_side(run, rows, tiny):
    names = f"spbench,spbench-dense,{fakes('Right')}"
    done = run(tiny, "--runtime", names, "--sparsity", "0.75", "--tokens", "8", "--protocol", FAST)
    assert done.exit_code == 0, done.output
    own, dense, right = rows()
    assert {row.status for row in (own, dense, right)} == {"ok"}
    assert len({row.case_id for row in (own, dense, right)}) == 1
    assert (own.model, own.pattern, own.sparsity) == ("tiny", "4x1", 0.75)
    assert own.sparsity_real == pytest.approx(0.75, abs=0.02)
    assert dense.sparsity_real == 0
    assert 0 < own.weight_bytes < dense.weight_bytes
    assert {"qkv", "attention", "out", "up", "down", "norm"} <= set(own.op_time_ns)
    assert own.linear_ns == sum(own.op_time_ns[kind] for kind in ("qkv", "out", "up", "down"))
    assert own.load_ns > 0
    assert 0.9 < own.cosine < 1
    assert right.cosine == pytest.approx(1)
    assert len(right.samples_ns) == 8
    assert right.p99_ns == max(right.samples_ns)
    assert right.throughput == pytest.approx(1e9 / right.time_ns)
    assert "times spbench's" in done.output


def test_the_command_of_a_row_repeats_it(run, rows, tiny):
    first = run(
        tiny, "--runtime", fakes("Right"), "--sparsity", "0.5", "--pattern", "8x1",
        "--batch", "2", "--tokens", "6", "--protocol", FAST,
    )  # fmt: skip
    assert first.exit_code == 0, first.output
    (row,) = rows()
    again = run(*row.command.split()[3:], out="again")
    assert again.exit_code == 0, again.output
    (repeated,) = rows("again")
    assert (repeated.case_id, repeated.protocol) == (row.case_id, row.protocol)


def test_what_a_runtime_does_wrong_is_its_row_and_nobody_elses(run, rows, tiny):
    names = fakes("Crashing", "Hanging", "OfOtherWeights", "NotANumber", "Missing", "Right")
    protocol = f"{FAST},case_timeout_s=4"
    done = run(tiny, "--runtime", names, "--tokens", "8", "--protocol", protocol)
    assert done.exit_code == 1
    assert "is wrong on tiny 1x8: cosine" in done.output
    crashed, hung, other, nan, missing, right = rows()
    assert [row.status for row in rows()] == [
        "failed", "failed", "wrong", "wrong", "unavailable", "ok",
    ]  # fmt: skip
    assert "SIGSEGV" in crashed.reason
    assert "took more than 4 s" in hung.reason
    assert other.time_ns is None
    assert nan.cosine is None
    assert "pip install fake" in missing.reason
    assert right.time_ns > 0


def test_a_resumed_run_measures_what_failed_again(run, rows, tiny, tmp_path, monkeypatch):
    library = tmp_path / "library"
    monkeypatch.setenv("FAKE_LIBRARY", str(library))
    names = fakes("Mendable", "Right")
    first = run(tiny, "--runtime", names, "--tokens", "4,8", "--protocol", FAST)
    assert first.exit_code == 0, first.output
    assert [row.status for row in rows()] == ["failed", "ok"] * 2
    library.touch()
    second = run("--resume", tmp_path / "out")
    assert second.exit_code == 0, second.output
    assert "0 of 2 cases are in" in second.output
    assert [row.status for row in rows()] == ["ok"] * 4
    third = run("--resume", tmp_path / "out")
    assert "2 of 2 cases are in" in third.output
    other = run("--resume", tmp_path / "out", "--tokens", "5")
    assert other.exit_code == 2
    assert "tokens is [4, 8] there, [5] here" in other.output
    wrong = run("--resume", tmp_path / "out", study="limit")
    assert wrong.exit_code == 2
    assert "resume it with that command" in wrong.output


def test_a_resumed_run_waits_for_no_runtime_that_is_still_not_installed(
    run, rows, tiny, tmp_path, monkeypatch
):
    library = tmp_path / "library"
    monkeypatch.setenv("FAKE_LIBRARY", str(library))
    names = fakes("Installable", "Right")
    run(tiny, "--runtime", names, "--tokens", "4", "--protocol", FAST)
    assert [row.status for row in rows()] == ["unavailable", "ok"]
    assert "1 of 1 cases are in" in run("--resume", tmp_path / "out").output
    library.touch()
    assert "0 of 1 cases are in" in run("--resume", tmp_path / "out").output
    assert [row.status for row in rows()] == ["ok", "ok"]


def test_a_folder_that_is_pruned_already_runs_as_it_is(run, rows, make_model):
    folder = make_model(encoder_tensors(sparsity=0.6), encoder_config(), name="encoder")
    names = f"spbench,{fakes('OfUnpruned')}"
    done = run(folder, "--runtime", names, "--tokens", "8", "--protocol", FAST)
    assert done.exit_code == 0, done.output
    own, unpruned = rows()
    assert (own.model, own.pattern, own.sparsity) == ("encoder", "dense", 0)
    assert own.sparsity_real == pytest.approx(0.6, abs=0.05)
    assert unpruned.status == "ok"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["nowhere.yaml"], "nowhere.yaml"),
        ([], "no model"),
        (["--runtime", "onnx", "MODEL"], "unknown runtime"),
        (["--tokens", "41", "MODEL"], "positions for 40"),
        (["--pattern", "4x1", "MODEL"], "give --sparsity"),
        (["--protocol", "round=3", "MODEL"], "did you mean 'rounds'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(run, tiny, tmp_path, options, told):
    done = run(*[tiny if option == "MODEL" else option for option in options])
    assert done.exit_code == 2
    assert told in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_the_highest_throughput_under_a_limit(run, rows, tiny):
    """A sentence takes 0.1 ms, so that 8 of them are within 5 ms whatever else the machine does."""
    done = run(
        tiny, "--runtime", fakes("Right", "Missing", "OfOtherWeights"), "--tokens", "4",
        "--cores", "1", "--trial-s", "0.01", "--sparsity", "0.5", study="limit",
    )  # fmt: skip
    assert done.exit_code == 1
    right, missing, other = rows()
    assert (right.status, missing.status, other.status) == ("ok", "unavailable", "wrong")
    assert (right.batch, right.instances, right.threads) == (8, 1, 1)
    assert right.latency_limit_ns == 5e6
    assert right.p99_ns <= 5e6
    assert 1_000 < right.throughput <= 10_000
    assert [trial["batch"] for trial in right.protocol["tried"]] == [1, 8]


def test_a_limit_that_nobody_keeps_is_said(run, rows, tiny):
    done = run(
        tiny, "--runtime", fakes("Right"), "--tokens", "4", "--cores", "1", "--trial-s", "0.01",
        "--latency-limit-ms", "0.05", study="limit",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    (row,) = rows()
    assert row.throughput is None
    assert "no setting within 0.05 ms: the quickest has" in row.reason


@pytest.mark.parametrize("study", ["bench", "limit"])
def test_a_lack_of_memory_is_a_row(run, rows, tiny, monkeypatch, study):
    def lacking(self, case, with_unpruned):
        raise MemoryError

    monkeypatch.setattr("spbench.models.workshop.Workshop.task", lacking)
    done = run(tiny, "--runtime", fakes("Right"), "--tokens", "4", study=study)
    assert done.exit_code == 1
    (row,) = rows()
    assert (row.status, row.reason) == ("failed", "not enough memory for the case's numbers")


def test_ctrl_c_keeps_the_rows_and_says_how_to_go_on(run, rows, tiny, tmp_path, monkeypatch):
    def interrupted(self, case):
        if case.tokens > 4:
            raise KeyboardInterrupt
        return measured(self, case)

    measured = ModelCaseRunner.measure
    monkeypatch.setattr(ModelCaseRunner, "measure", interrupted)
    options = ["--runtime", fakes("Right"), "--protocol", FAST, "--tokens"]
    stopped = run(tiny, *options, "4,8")
    assert stopped.exit_code == 130
    assert f"spbench run-model bench --resume {tmp_path / 'out'}" in stopped.output
    assert [row.tokens for row in rows()] == [4]
    nothing = run(tiny, *options, "8", out="nothing")
    assert nothing.exit_code == 130
    assert not (tmp_path / "nothing").exists()
