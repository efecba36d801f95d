"""A time limit lets a recipe be until it has to act, and then ends with a learning rate of zero."""

from __future__ import annotations

import pytest

from spbench.pruning.recovery.deadline import Deadline


class _Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def _brakes(limit_s: float | None, steps: int, step_s: float = 1.0) -> tuple[list[float], Deadline]:
    clock, found = _Clock(), []
    deadline = Deadline(limit_s, clock)
    for step in range(steps):
        if deadline.is_over:
            break
        found.append(deadline.brake(steps - step))
        clock.now_s += step_s
    return found, deadline


@pytest.mark.parametrize("limit_s", [None, 101.0, 500.0])
def test_time_that_suffices_changes_nothing(limit_s):
    found, deadline = _brakes(limit_s, 100)
    assert found == [1.0] * 100
    assert not deadline.hurried


def test_time_that_does_not_suffice_brings_the_rate_to_zero():
    found, deadline = _brakes(90.0, 1000)
    assert len(found) == 90
    assert found[:60] == [1.0] * 60
    assert found[75] == pytest.approx(0.5)
    assert found[-1] == pytest.approx(1 / 30)
    assert deadline.hurried and deadline.is_over
