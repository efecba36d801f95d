"""A pruning that is cut off goes on where it was: the same bytes, and nothing twice."""

from __future__ import annotations

import errno

import pytest

from spbench.errors import RunError
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning import journal as journal_module
from spbench.pruning.journal import Journal
from spbench.pruning.methods import METHODS
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe

_RECIPE = """
sparsity: 0.6
schedule: {{steps: {steps}, curve: linear}}
sample: {{texts: 9}}
scope: {scope}
"""
_LAYERS = 12  # of the small encoder: two blocks of six


class _CutOffError(Exception):
    pass


@pytest.fixture
def recipe(tmp_path, texts):
    def build(method: str, steps: int, scope: str) -> Recipe:
        file = tmp_path / "recipe.yaml"
        file.write_text(_RECIPE.format(steps=steps, scope=scope))
        return Recipe.build(file, method=method, calibration=texts)

    return build


@pytest.fixture
def solved(monkeypatch):
    """Names of the layers that any method was asked to solve; ``solved.limit`` cuts it off."""

    class Solved(list):
        limit = None

    names = Solved()
    for method in METHODS.values():

        def watched(problems, counts, pool, *, solve=method.solve):
            if names.limit is not None and len(names) >= names.limit:
                raise _CutOffError
            names.extend(problem.name for problem in problems)
            return solve(problems, counts, pool)

        monkeypatch.setattr(method, "solve", watched, raising=False)
    return names


def _bytes(pruning, target):
    pruning.save(target)
    return {path.name: path.read_bytes() for path in target.iterdir() if path.is_file()}


@pytest.mark.parametrize("method", ["magnitude", "wanda", "second-order"])
@pytest.mark.parametrize(("steps", "scope"), [(1, "layer"), (3, "global"), (1, "sensitivity")])
@pytest.mark.parametrize("limit", [1, 7, 12, 29])
def test_a_cut_off_pruning_goes_on(reader, recipe, solved, tmp_path, method, steps, scope, limit):
    wanted, checkpoint = recipe(method, steps, scope), Checkpoint.open(reader)
    whole = _bytes(prune(checkpoint, wanted, threads=2), tmp_path / "whole")
    at_once = len(solved)
    assert at_once == _LAYERS * steps
    solved.clear()
    solved.limit = limit
    try:
        prune(checkpoint, wanted, threads=2, journal=Journal(tmp_path / "journal"))
        assert limit >= at_once
    except _CutOffError:
        assert limit <= len(solved) < at_once
    solved.limit = None
    again = prune(checkpoint, wanted, threads=2, journal=Journal(tmp_path / "journal"))
    assert len(solved) == at_once
    assert _bytes(again, tmp_path / "again") == whole


@pytest.mark.parametrize("kept", [0, 100, -1])
def test_a_damaged_layer_is_settled_again(reader, recipe, solved, tmp_path, kept):
    wanted, checkpoint = recipe("second-order", 1, "layer"), Checkpoint.open(reader)
    whole = prune(checkpoint, wanted, threads=1, journal=Journal(tmp_path / "journal"))
    expected = _bytes(whole, tmp_path / "whole")
    damaged = tmp_path / "journal/0/5.npz"
    damaged.write_bytes(damaged.read_bytes()[:kept])
    solved.clear()
    again = prune(checkpoint, wanted, threads=1, journal=Journal(tmp_path / "journal"))
    assert len(solved) == 1
    assert _bytes(again, tmp_path / "again") == expected


def test_only_the_last_step_stays_on_the_disk(reader, recipe, tmp_path):
    journal = Journal(tmp_path / "journal")
    prune(Checkpoint.open(reader), recipe("wanda", 3, "layer"), threads=1, journal=journal)
    assert [path.name for path in (tmp_path / "journal").iterdir()] == ["2"]


def test_a_full_disk_is_one_line_and_leaves_no_part(reader, recipe, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal_module.np, "savez", full)
    with pytest.raises(RunError, match="journal/0: No space left on device; make room"):
        prune(
            Checkpoint.open(reader), recipe("wanda", 1, "layer"), threads=1,
            journal=Journal(tmp_path / "journal"),
        )  # fmt: skip
    assert list((tmp_path / "journal/0").iterdir()) == []
