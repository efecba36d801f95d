"""Second order: exact weights for a mask, masks near the best, and a better layer than others'."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from spbench.formats import BlockShape
from spbench.pruning.calibration import Answer, Linear, Moments
from spbench.pruning.masks import expand
from spbench.pruning.methods import METHODS, Problem
from spbench.pruning.methods.block_admm import BlockChoice
from spbench.pruning.methods.resolve import NormalEquations
from spbench.pruning.threads import Threads


def _hessian(k, seed=0):
    """Correlated, as activations are."""
    generator = np.random.default_rng(seed)
    mix = generator.normal(size=(k, k)) * generator.gamma(1, size=k)
    return mix @ mix.T / k + 0.05 * np.eye(k)


def _equations(m, k, seed=0):
    weight = np.random.default_rng(seed + 1).normal(size=(m, k))
    hessian = _hessian(k, seed)
    return weight, NormalEquations(hessian, weight @ hessian)


def _loss(equations, weight, dense):
    distance = weight - dense
    return float(np.vdot(distance @ equations.hessian, distance))


def _problem(m=24, k=32, block=None, seed=0, allowed=None):
    weight, equations = _equations(m, k, seed)
    power = float(np.vdot(equations.right, weight))
    moments = Moments(
        1000, np.full(k, 0.5), equations.hessian,
        {"up": Answer(np.ones(m), equations.right, power)},
    )  # fmt: skip
    layer = Linear(weight.astype("f4"), np.zeros(m, "f4"))
    return Problem(
        "layer", layer, block or BlockShape(4, 1), part="up", moments=moments,
        saliency=np.abs(layer.weight), allowed=allowed,
    )  # fmt: skip


@pytest.mark.parametrize("block", ["4x1", "1x4", "3x2", "5x7", "64x64"])
def test_resolved_weights_are_optimal_and_zero_outside(block):
    block, shape = BlockShape.parse(block), (18, 15)
    dense, equations = _equations(*shape)
    mask = np.random.default_rng(2).random(block.grid(*shape)) < 0.5
    with Threads(2) as pool:
        solved = equations.solve(mask, block, pool)
    inside = expand(mask, block, shape)
    assert not solved[~inside].any()
    gradient = (solved - dense) @ equations.hessian
    np.testing.assert_allclose(gradient[inside], 0, atol=1e-9)


def test_chosen_blocks_are_within_a_percent_of_the_best_of_all_choices():
    block, losses = BlockShape(2, 1), []
    dense, equations = _equations(4, 6)
    with Threads(1) as pool:

        def loss(mask):
            return _loss(equations, equations.solve(mask, block, pool), dense)

        for kept in itertools.combinations(range(12), 5):
            mask = np.zeros(12, bool)
            mask[list(kept)] = True
            losses.append(loss(mask.reshape(2, 6)))
        found = BlockChoice(equations, block, 5).mask()
        assert found.sum() == 5
        assert loss(found) <= 1.01 * min(losses)


def test_a_block_that_is_gone_stays_gone():
    allowed = np.random.default_rng(0).random((6, 32)) < 0.5
    problem = _problem(allowed=allowed)
    for method in METHODS.values():
        with Threads(2) as pool:
            [solution] = method.solve([problem], [60], pool)
        assert solution.mask.sum() == 60
        assert not (solution.mask & ~allowed).any()


@pytest.mark.parametrize("block", ["4x1", "1x4", "5x3"])
def test_it_answers_better_than_wanda_and_wanda_better_than_magnitude(block):
    block = BlockShape.parse(block)
    errors = {}
    with Threads(2) as pool:
        for seed, (name, method) in itertools.product(range(5), METHODS.items()):
            problem = _problem(block=block, seed=seed)
            count = int(0.3 * np.prod(block.grid(*problem.weight.shape)))
            [solution] = method.solve([problem], [count], pool)
            layer = solution.layer
            assert solution.mask.sum() == count
            assert not layer.weight[~expand(solution.mask, block, layer.weight.shape)].any()
            error = problem.moments.error("up", layer.weight, layer.bias)
            errors[name] = errors.get(name, 0) + error
    assert errors["second-order"] < 0.7 * errors["wanda"]
    assert errors["wanda"] < errors["magnitude"]


@pytest.mark.parametrize("block", ["4x1", "2x3"])
def test_a_score_is_the_loss_of_a_block_when_all_others_make_up_for_it(block):
    problem = _problem(8, 9, BlockShape.parse(block))
    method = METHODS["second-order"]
    scores = method.scores(problem)
    damped = 0.01 * np.trace(problem.moments.covariance) / 9 * np.eye(9)
    hessian = problem.moments.covariance + damped
    dense = problem.weight.astype("f8")
    equations = NormalEquations(hessian, dense @ hessian)
    with Threads(1) as pool:
        for i, j in [(0, 0), (1, 2)]:
            mask = np.ones(scores.shape, bool)
            mask[i, j] = False
            lost = _loss(equations, equations.solve(mask, problem.block, pool), dense)
            power = problem.moments.answers["up"].power
            assert scores[i, j] == pytest.approx(lost / power, rel=1e-3)


def test_the_number_of_threads_changes_no_bit():
    results = []
    for threads in (1, 3):
        with Threads(threads) as pool:
            [solution] = METHODS["second-order"].solve([_problem(300, 40)], [900], pool)
        results.append((solution.mask.tobytes(), solution.layer.weight.tobytes()))
    assert results[0] == results[1]
