"""spbench machine: what is used of a CPU and what is not, in words and in JSON."""

import json

import pytest
from click.testing import CliRunner

from spbench.cli import main
from spbench.kernels._native import spmm as native


def machine(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["machine", "--no-measure", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def line_of(output: str, label: str) -> str:
    return next(line for line in output.splitlines() if line.startswith(f"{label} "))


def test_unused_features_are_one_line_with_reasons(monkeypatch):
    monkeypatch.setattr(native, "cpu_features", lambda: ["avx2", "fma", "amx_int8"])
    monkeypatch.delenv("SPBENCH_ISA", raising=False)
    assert "amx_int8 (no kernel)" in line_of(machine(), "unused")


def test_json_holds_reasons_and_families(monkeypatch):
    monkeypatch.setattr(native, "cpu_features", lambda: ["avx2", "fma", "amx_int8"])
    facts = json.loads(machine("--format", "json"))
    assert facts["unused_isa"]["amx_int8"] == "no kernel"
    assert facts["kernel_isas"]["spmm u8s8"]


@pytest.mark.parametrize("isa", ["scalar", "avx2"])
def test_a_cap_shows_in_the_families(monkeypatch, isa):
    if isa not in {kernel["isa"] for kernel in native.kernel_table() if kernel["usable"]}:
        pytest.skip(f"this CPU cannot run {isa}")
    monkeypatch.setenv("SPBENCH_ISA", isa)
    assert f"spmm u8s8: {isa}" in line_of(machine(), "by kernel family")
