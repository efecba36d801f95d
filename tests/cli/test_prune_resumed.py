"""A long pruning from the outside: killed or stopped, it goes on to the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from long_jobs import start_prune, wait_for
from small_encoders import encoder_config, encoder_tensors
from small_tokenizer import write_texts, write_tokenizer

pytest.importorskip("tokenizers")

_STEPS = 40  # enough to be cut off in between


@pytest.fixture
def start(make_model, tmp_path):
    """What starts the pruning of a small model into a folder of the given name."""
    folder = make_model(encoder_tensors("bert", prefix="bert."), encoder_config("bert"))
    write_tokenizer(folder)
    texts = write_texts(tmp_path / "texts.txt", *range(3, 43))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"method: second-order\nschedule: {{steps: {_STEPS}, curve: linear}}\n")

    def run(out: str, *options: str) -> subprocess.Popen:
        return start_prune(folder, recipe, tmp_path / out, "--calibration", texts, *options)

    return run


def test_a_killed_pruning_goes_on_to_the_same_bytes(start, tmp_path):
    whole = start("whole")
    assert whole.communicate()[1].endswith("whole\n")
    killed = start("parts")
    wait_for(tmp_path / ".parts.work/journal/2", killed)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert not (tmp_path / "parts").exists()

    refused = start("parts")
    assert "an unfinished run; --resume goes on with it" in refused.communicate()[1]
    assert refused.returncode == 2
    other = start("parts", "--resume", "--sparsity", "0.7")
    assert "of another recipe or model" in other.communicate()[1]
    assert other.returncode == 2

    resumed = start("parts", "--resume")
    _, said = resumed.communicate()
    assert resumed.returncode == 0, said
    for name in ("model.safetensors", "spbench.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".work")]


def test_ctrl_c_tells_how_to_go_on(start, tmp_path):
    stopped = start("out")
    wait_for(tmp_path / ".out.work/journal/2", stopped)
    os.kill(stopped.pid, signal.SIGINT)
    assert stopped.communicate()[1] == "Interrupted. Go on with the same command and --resume.\n"
    assert stopped.returncode == 130


def test_a_mistake_leaves_no_unfinished_run(start, tmp_path):
    wrong = start("out", "--skip", ".")
    assert "skips all of its linear layers" in wrong.communicate()[1]
    assert wrong.returncode == 2
    assert not (tmp_path / ".out.work").exists()
