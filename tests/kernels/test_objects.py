"""Compiled objects keep their instruction sets to themselves.

A weak symbol (a template or inline function of the standard library) in an object built
with AVX-512 may be the copy that the linker keeps for the whole module, which then
crashes on a CPU without it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def objects(library: str) -> list[Path]:
    found = sorted(ROOT.glob(f"build/cp*/CMakeFiles/{library}.dir/**/*.o"))
    if not found or shutil.which("objdump") is None:
        pytest.skip("no build folder beside the tests, or no objdump")
    return found


def output_of(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def disassembly_of(path: Path) -> str:
    return output_of("objdump", "-d", "--no-show-raw-insn", path)


ISA_LIBRARIES = ["avx2", "avxvnni", "avx512bw", "avx512vnni", "avx512vbmi", "probe_avx512"]
ISA_LIBRARIES += ["float_avx2", "float_avx512bw", "float_avx512bf16"]


@pytest.mark.parametrize("library", ISA_LIBRARIES)
def test_no_weak_symbols_in_isa_objects(library):
    for path in objects(library):
        weak = [line for line in output_of("nm", path).splitlines() if " W " in line]
        weak += [line for line in output_of("nm", path).splitlines() if " V " in line]
        assert not weak, f"{path.name}: {weak}"


@pytest.mark.parametrize("library", ["shared", "baseline", "float_baseline", "probe_baseline"])
def test_no_wide_registers_in_baseline_objects(library):
    for path in objects(library):
        disassembly = disassembly_of(path)
        assert "%ymm" not in disassembly and "%zmm" not in disassembly, path.name


@pytest.mark.parametrize(
    ("library", "foreign"),
    [("avx2", ["%zmm", "{%k", "vpdp"]), ("avxvnni", ["%zmm", "{%k"]), ("avx512bw", ["vpdp"])],
)
def test_no_instructions_of_a_higher_level(library, foreign):
    for path in objects(library):
        disassembly = disassembly_of(path)
        assert not [text for text in foreign if text in disassembly], path.name


@pytest.mark.parametrize("library", ["avx2", "avx512bw"])
def test_no_products_that_saturate_at_16_bits(library):
    for path in objects(library):
        assert "vpmaddubsw" not in disassembly_of(path), path.name
