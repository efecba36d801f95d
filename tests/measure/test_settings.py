"""What a protocol may ask for."""

import pytest
from pydantic import ValidationError

from spbench.measure.settings import Protocol


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1, 1e9])
@pytest.mark.parametrize("name", list(Protocol.model_fields))
def test_what_is_no_sane_number_is_refused(name, value):
    with pytest.raises(ValidationError, match=name):
        Protocol(**{name: value})


@pytest.mark.parametrize("name", ["min_turn_us", "case_budget_s", "case_timeout_s"])
def test_what_must_be_positive(name):
    with pytest.raises(ValidationError, match=name):
        Protocol(**{name: 0})


def test_only_what_differs_is_told():
    assert Protocol().changed() == {}
    assert Protocol(rounds=20, precision=0).changed() == {"rounds": 20, "precision": 0}
