"""Accuracy against latency: what belongs together, the front, and which blocks."""

from __future__ import annotations

import pytest
from synthetic_models import curve, estimate, model_row, quality_row

from spbench.report.models.study import ModelStudy
from spbench.report.models.trade_off import Measure, block_order, trade_offs
from spbench.report.models.verdict import trade_off_lines, which_blocks

IMDB = Measure("imdb", is_accuracy=True)
COSINE = Measure("sentence_cosine", is_accuracy=False)


def latency(pattern, sparsity, time_ns, **changes):
    return model_row(
        "spbench", time_ns, model="minilm", pattern=pattern, sparsity=sparsity, **changes
    )


def quality(pattern, sparsity, accuracy, **changes):
    lost = {"accuracy_loss": {"imdb": estimate(0.84 - accuracy, 0.002)}} if sparsity else {}
    return quality_row(
        pattern, sparsity, accuracy={"imdb": estimate(accuracy)}, **{**lost, **changes}
    )


def small():
    """A dense model and three pruned ones, of which 8x1 is beaten in both."""
    models = [
        latency("dense", 0.0, 4e6),
        latency("4x1", 0.8, 2e6),
        latency("16x1", 0.8, 1e6),
        latency("8x1", 0.8, 2.5e6),
    ]
    qualities = [
        quality("dense", 0.0, 0.84),
        quality("4x1", 0.8, 0.835),
        quality("16x1", 0.8, 0.82),
        quality("8x1", 0.8, 0.83),
    ]
    return models, qualities


def of(models, qualities):
    return trade_offs(ModelStudy(models), qualities)


def test_rows_meet_by_model_blocks_and_sparsity():
    models, qualities = small()
    (found,) = of(
        models, [*qualities, quality("4x1", 0.9, 0.8), quality_row("1x4", 0.8, model="x")]
    )
    assert sorted(map(str, found.points)) == ["16x1 at 80 %", "4x1 at 80 %", "8x1 at 80 %", "dense"]
    assert found.blocks == ["4x1", "8x1", "16x1"]


def test_a_pruned_folder_may_have_its_own_name_or_that_of_the_model_before():
    models, qualities = small()
    models = [each.model_copy(update={"source": f"out/{each.pattern}"}) for each in models]
    by_source = qualities[1].model_copy(
        update={"model": "4x1", "source": "./out/4x1", "reference": ""}
    )
    by_reference = qualities[2].model_copy(update={"model": "pruned", "reference": "x/minilm"})
    other = qualities[3].model_copy(update={"model": "pruned", "reference": "other"})
    (found,) = of(models, [qualities[0], by_source, by_reference, other])
    assert sorted(map(str, found.points)) == ["16x1 at 80 %", "4x1 at 80 %", "dense"]


def test_a_model_that_others_pruned_is_none_that_is_dense():
    models = [
        latency("dense", 0.0, 4e6, sparsity_real=0.0),
        latency("dense", 0.0, 2e6, sparsity_real=0.801, case_id="theirs", source="theirs"),
    ]
    theirs = quality("dense", 0.0, 0.83, sparsity_real=0.8, source="theirs")
    (found,) = of(models, [quality("dense", 0.0, 0.84), theirs])
    assert [(str(each), each.time.value) for each in found.points] == [
        ("dense", 4e6),
        ("pruned elsewhere at 80 %", 2e6),
    ]
    assert found.blocks == ["elsewhere"]


def test_sizes_threads_and_machines_are_apart():
    models, qualities = small()
    others = [latency(each.pattern, each.sparsity, 9e6, tokens=32) for each in models]
    assert {each.size for each in of([*models, *others], qualities)} == {"1x128", "1x32"}


def test_the_front_is_what_nothing_beats_in_both():
    (found,) = of(*small())
    assert list(map(str, found.front(IMDB))) == ["16x1 at 80 %", "4x1 at 80 %", "dense"]


def test_of_equals_the_faster_is_on_the_front():
    models, qualities = small()
    qualities[3] = quality("8x1", 0.8, 0.835)
    (found,) = of(models, qualities)
    assert "8x1 at 80 %" not in map(str, found.front(IMDB))


def test_choices_are_the_fastest_within_a_loss_and_say_only_what_changes():
    (found,) = of(*small())
    assert [(each.allowed, str(each.best)) for each in found.choices(IMDB)] == [
        (0.005, "4x1 at 80 %"),
        (0.02, "16x1 at 80 %"),
    ]
    (first, second) = found.choices(IMDB)
    assert first.next_best is None
    assert str(second.next_best) == "4x1 at 80 %"


def test_the_sentence_answers_from_the_numbers():
    (found,) = of(*small())
    assert which_blocks(found) == (
        "minilm 1x128, imdb accuracy: it depends on the loss allowed: within 0.5 points 4x1 at 80 %"
        " (2.00 ms, loss 0.50 [0.30, 0.70]); within 2 points 16x1 at 80 % (1.00 ms, loss 2.00 [1.80,"
        " 2.20], next 4x1 at 80 % 2.00 ms)"
    )


def test_one_block_that_always_wins_is_told_as_that():
    models, qualities = small()
    qualities[2] = quality("16x1", 0.8, 0.838)
    assert ": choose 16x1 at every loss told: " in which_blocks(*of(models, qualities))
    (found,) = of(models[:2], qualities[:2])
    assert ": only 4x1 was measured: " in which_blocks(found)
    qualities[1] = quality("4x1", 0.8, 0.5)
    (found,) = of(models[:2], qualities[:2])
    assert which_blocks(found).endswith("no pruned model loses 10 points or less")


def test_a_loss_that_is_not_paired_is_a_difference_of_values():
    models, qualities = small()
    qualities[1] = quality("4x1", 0.8, 0.83, accuracy_loss={})
    (found,) = of(models, qualities)
    point = next(each for each in found.points if each.block == "4x1")
    loss = found.loss(point, IMDB)
    assert (loss.low, loss.value, loss.high) == pytest.approx((0.006, 0.01, 0.014))
    assert found.loss(point, COSINE).value == pytest.approx(1 - point.value(COSINE).value)


def test_without_a_dense_model_a_loss_that_is_not_paired_is_unknown():
    models, qualities = small()
    qualities = [each.model_copy(update={"accuracy_loss": {}}) for each in qualities[1:]]
    (found,) = of(models[1:], qualities)
    assert found.choices(IMDB) == []
    assert found.choices(COSINE)


def test_quality_in_the_timed_precision_counts_before_that_of_torch():
    models, qualities = small()
    floating = quality("4x1", 0.8, 0.9, runtime="torch", dtype="f32")
    (found,) = of(models, [*qualities, floating])
    assert [each.quality.runtime for each in found.points if each.block == "4x1"] == ["spbench"]
    (found,) = of(models, [qualities[0], floating])
    assert [each.quality.runtime for each in found.points if each.block == "4x1"] == ["torch"]


def test_several_ways_to_prune_are_several_points():
    models, qualities = small()
    other = quality("4x1", 0.8, 0.7, method="magnitude", recovery="", source="other")
    (found,) = of(models, [*qualities, other])
    ways = {each.way for each in found.points if each.block == "4x1"}
    assert ways == {"magnitude", "second-order, distilled, 2000 steps"}


def test_the_dense_twin_stands_for_a_dense_model_that_was_not_timed():
    models, qualities = small()
    twin = model_row("spbench-dense", 4.4e6, model="minilm", pattern="4x1", sparsity=0.8)
    (found,) = of([*models[1:], twin], qualities)
    assert found.dense.time.value == 4.4e6


def test_disturbed_latencies_are_no_points():
    models, qualities = small()
    models[1] = latency("4x1", 0.8, 2e6, lost_share=0.5)
    (found,) = of(models, qualities)
    assert "4x1" not in found.blocks


def test_accuracies_come_before_fidelities():
    (found,) = of(*curve())
    assert list(map(str, found.measures)) == [
        "imdb accuracy",
        "short-texts accuracy",
        "sentence cosine",
        "hidden cosine",
    ]
    assert len(trade_off_lines([found], [])) == 1


def test_block_shapes_are_sorted_by_size():
    shapes = ["16x1", "dense", "4x4", "1x4", "4x1", "8x1"]
    assert sorted(shapes, key=block_order) == ["dense", "1x4", "4x1", "8x1", "4x4", "16x1"]
