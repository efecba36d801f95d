"""What to do with each layer: blocks that gain for sure, or dense; and what that gives in sum."""

from __future__ import annotations

import pytest
from synthetic_runs import absent, pair, row

from spbench.report.case import group_cases
from spbench.report.recommendation import recommendations
from spbench.report.study import studies
from spbench.store.schema import Status


def advise(rows):
    return recommendations(studies(group_cases(rows), "onednn"))


def layer(name, ratio, **changes):
    return pair(ratio, 0.01, weights=f"mini:{name}", **changes)


def test_each_layer_has_its_own_advice():
    (found,) = advise([*layer("a", 2.0), *layer("b", 0.5), *layer("c", 1.0)])
    assert (found.model, found.n, found.unknown) == ("mini", 128, [])
    assert [each.advice for each in found.layers] == [
        "use 4x1",
        "stay dense",
        "undecided: stay dense",
    ]
    assert found.advised == {"use 4x1": 1, "stay dense": 1, "undecided: stay dense": 1}
    assert [each.gain.value for each in found.layers] == pytest.approx([2, 1, 1], rel=0.01)


def test_the_sum_takes_each_layer_as_advised():
    """Dense 2 + 0.5 us; as advised 1 + 0.5; all sparse 1 + 1."""
    (found,) = advise([*layer("a", 2.0), *layer("b", 0.5)])
    assert found.gain.value == pytest.approx(2.5 / 1.5)
    assert found.gain.low < found.gain.value < found.gain.high < 1.7
    assert found.everywhere.interval.value == pytest.approx(2.5 / 2)
    assert [found.share(each) for each in found.layers] == pytest.approx([0.8, 0.2])


def test_nothing_to_gain_is_a_gain_of_1():
    (found,) = advise(layer("a", 0.5))
    assert (found.gain.low, found.gain.value, found.gain.high) == (1, 1, 1)


def test_the_best_of_several_blocks_is_taken():
    rows = layer("a", 2.0) + layer("a", 3.0, pattern="8x1") + layer("b", 2.0)
    (found,) = advise(rows)
    first, second = found.layers
    assert (first.advice, second.advice) == ("use 8x1", "use 4x1")
    assert len(first.tried) == 2
    assert first.gain.value == pytest.approx(3.0, rel=0.01)


def test_a_sure_gain_is_preferred_to_a_greater_one_that_is_not():
    (found,) = advise(layer("a", 1.2) + layer("a", 1.5, pattern="8x1", rounds=5))
    assert found.layers[0].advice == "use 4x1"


def test_the_rival_is_the_fastest_dense_backend():
    rows = [*layer("a", 2.0), row("numpy", 800.0, weights="mini:a")]
    (found,) = advise([*rows, row("scipy-csr", 10.0, weights="mini:a")])
    assert (found.layers[0].dense_backend, found.layers[0].advice) == ("numpy", "stay dense")


def test_layers_without_a_comparison_are_in_no_sum():
    disturbed = [each.model_copy(update={"lost_share": 0.5}) for each in layer("b", 9.0)]
    failed = [
        row("onednn", weights="mini:c"),
        absent("spbench", Status.FAILED, "crashed", weights="mini:c"),
    ]
    (found,) = advise([*layer("a", 2.0), *disturbed, *failed])
    assert found.unknown == ["b", "c"]
    assert found.gain.value == pytest.approx(2.0)


def test_tokens_threads_and_models_are_kept_apart_and_shapes_left_out():
    rows = layer("a", 2.0) + layer("a", 2.0, n=1) + layer("a", 2.0, threads=2) + pair(2.0)
    rows += pair(2.0, weights="other:a")
    keys = [(each.model, each.n, each.setting.threads) for each in advise(rows)]
    assert keys == [("mini", 1, 1), ("mini", 128, 1), ("other", 128, 1), ("mini", 128, 2)]


def test_without_a_model_there_is_nothing_to_advise():
    assert advise(pair(2.0)) == []
    assert advise([row("spbench", weights="mini:a")]) == []
