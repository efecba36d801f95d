"""A recipe with recovery from the outside: killed at any point, it goes on to the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from long_jobs import start_prune, wait_for
from small_recoveries import write_encoder, write_letters

for library in ("torch", "transformers", "tokenizers"):
    pytest.importorskip(library, reason="recovery needs it")

pytestmark = pytest.mark.slow
_RECIPE = """
sparsity: 0.5
recovery:
  steps: {steps}
  batch_tokens: 64
  tokens: 16
  texts: [{file}]
  checkpoint_every: 2
  precision: f32
"""


@pytest.fixture
def job(tmp_path):
    """A model, and what starts its pruning into a folder of the given name."""
    write_encoder(tmp_path / "model")
    write_letters(tmp_path / "texts.txt")

    def start(out: str, *options: str, steps: int = 60) -> subprocess.Popen:
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(_RECIPE.format(steps=steps, file=tmp_path / "texts.txt"))
        return start_prune(tmp_path / "model", recipe, tmp_path / out, "--threads", 1, *options)

    return start


def test_a_killed_run_goes_on_to_the_same_bytes(job, tmp_path):
    at_once = job("whole")
    killed = job("parts")
    state = tmp_path / ".parts.work/training/training-state.pt"
    wait_for(state, killed)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert not (tmp_path / "parts").exists()

    refused = job("parts")
    assert "--resume goes on" in refused.communicate()[1]
    assert refused.returncode == 2
    other = job("parts", "--resume", steps=7)
    assert "of another recipe or model" in other.communicate()[1]
    assert other.returncode == 2

    going_on = job("parts", "--resume")
    progress = going_on.communicate()[1]
    assert going_on.returncode == 0, progress
    assert "distilled, 60 steps" in progress
    assert at_once.communicate() and at_once.returncode == 0
    for name in ("model.safetensors", "spbench.json", "spbench-recovery.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    assert not state.exists()


def test_ctrl_c_says_how_to_go_on_and_a_time_limit_keeps_what_is_learnt(job, tmp_path):
    stopped = job("out", steps=100_000)
    wait_for(tmp_path / ".out.work/training/training-state.pt", stopped)
    os.kill(stopped.pid, signal.SIGINT)
    assert "--resume" in stopped.communicate()[1]
    assert stopped.returncode == 130

    limited = job("out", "--resume", "--time-limit", "0.01", steps=100_000)
    assert "time is up" in limited.communicate()[1]
    assert limited.returncode == 0
    assert '"ended_by": "time limit"' in (tmp_path / "out/spbench-recovery.json").read_text()
    assert (tmp_path / ".out.work").is_dir()
