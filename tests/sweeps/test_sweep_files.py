"""The sweeps that come with spbench: all can be asked for, and the paper's are the paper's."""

from __future__ import annotations

from pathlib import Path

import pytest

from spbench.backends import REGISTRY
from spbench.sweeps.cases import build_cases
from spbench.sweeps.config import SweepConfig

FILES = sorted((Path(__file__).parents[2] / "configs" / "sweeps").glob("*.yaml"))


def sweep(name):
    (file,) = [each for each in FILES if each.stem == name]
    return SweepConfig.build(file, {})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_is_valid_named_as_its_file_and_opens_with_why(file):
    config = SweepConfig.build(file, {})
    assert config.name == file.stem
    assert build_cases(config)
    assert file.read_text().startswith("# Why: ")


def test_the_paper_is_its_whole_grid_with_every_library():
    config = sweep("paper")
    assert (len(config.shapes), len(config.tokens), len(config.sparsity)) == (9, 11, 5)
    assert config.backends == list(REGISTRY)
    assert len(build_cases(config)) == 9 * 11 * 5 * 2


def test_the_quick_one_is_a_part_of_it():
    whole, quick = sweep("paper"), sweep("paper-quick")
    assert set(quick.shape_sizes()) <= set(whole.shape_sizes())
    assert quick.sparsity == whole.sparsity
    assert {"onednn", "onemkl-csr", "libxsmm-spmdm", "tvm-bsr-f32"} < set(quick.backends)
    assert any(n < 128 for _, _, n in quick.shape_sizes())
