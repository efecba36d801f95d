"""Cases that cannot fit into memory are refused before anything is measured."""

from __future__ import annotations

import pytest

from spbench.errors import InputError
from spbench.formats import BlockShape, GemmProblem
from spbench.sweeps import case_memory
from spbench.sweeps.case_memory import bytes_needed, require_memory


def _problem(m, k, n, block=(4, 1)):
    return GemmProblem(m=m, k=k, n=n, pattern=BlockShape(*block), sparsity=0.5)


def test_the_need_is_that_of_the_reference_with_padded_blocks():
    assert bytes_needed(_problem(8, 3, 5)) == 8 * (8 * 3 + 3 * 5 + 8 * 5)
    assert bytes_needed(_problem(9, 3, 5, (4, 2))) == 8 * (12 * 4 + 3 * 5 + 9 * 5)


def test_the_first_that_does_not_fit_is_named(monkeypatch):
    monkeypatch.setattr(case_memory, "_memory_bytes", lambda: 1_000_000)
    require_memory([_problem(64, 64, 64)])
    with pytest.raises(InputError, match=r"shape 512x512x8: its numbers need 0\.00216 GB"):
        require_memory([_problem(64, 64, 64), _problem(512, 512, 8)])


def test_the_limit_of_a_container_counts(monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(case_memory, "_CGROUP_LIMIT", limit)
    installed = case_memory._memory_bytes()
    for text, expected in (("max\n", installed), ("4096\n", 4096), ("9" * 20, installed)):
        limit.write_text(text)
        assert case_memory._memory_bytes() == expected
