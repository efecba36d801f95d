"""What a sweep may be asked for, and what the answer is when it may not."""

import pytest

from spbench.backends import DEFAULT_BACKENDS, REGISTRY
from spbench.errors import InputError
from spbench.sweeps.config import SweepConfig


def build(**given):
    return SweepConfig.build(None, given)


def test_all_backends():
    assert build(shapes=["8x8x8"], backends="all").backends == list(REGISTRY)
    mine = ["numpy", "all", "fake_backends:Exact"]
    found = build(shapes=["8x8x8"], backends=mine).backends
    assert found == ["numpy", *(name for name in REGISTRY if name != "numpy"), mine[2]]
    assert set(DEFAULT_BACKENDS) <= set(REGISTRY)


def test_defaults():
    config = build(shapes=["8x8x8"])
    assert config.backends == list(DEFAULT_BACKENDS)
    assert set(DEFAULT_BACKENDS) < set(REGISTRY)
    assert (config.sparsity, config.patterns, config.threads) == ([0.8], ["4x1"], [1])
    assert config.protocol.rounds >= 8


def test_single_values_and_repeats():
    config = build(shapes="768x768X128", sparsity="0.7", threads="2", pattern=["4x1", "4x1"])
    assert config.shapes == ["768x768x128"]
    assert (config.sparsity, config.threads, config.pattern) == ([0.7], [2], ["4x1"])


def test_shapes_with_and_without_tokens():
    config = build(shapes=["8x4", "16x4x3"], tokens=[1, 2])
    assert config.shape_sizes() == [(8, 4, 1), (8, 4, 2), (16, 4, 3)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sparsity": [1.5]}, "sparsity 1.5 must be at least 0 and below 1"),
        ({"sparsity": [1.0]}, "sparsity 1 must"),
        ({"sparsity": [-0.1]}, "sparsity -0.1 must"),
        ({"sparsity": ["nan"]}, "sparsity nan must"),
        ({"sparsity": ["much"]}, "valid number"),
        ({"sparsity": []}, "sparsity: "),
        ({"pattern": ["0x4"]}, "block shape 0x4: every side must be at least 1"),
        ({"pattern": ["four"]}, "block shape 'four': write ROWSxCOLS"),
        ({"shapes": ["8"]}, "shape '8': write MxK or MxKxN"),
        ({"shapes": ["8x0x8"]}, "every side must be at least 1"),
        ({"shapes": ["8x8"]}, "shape 8x8 has no N"),
        ({"shapes": []}, "nothing to measure"),
        ({"tokens": [0]}, "greater than or equal to 1"),
        ({"threads": [0]}, "greater than or equal to 1"),
        ({"backends": ["mkl"]}, "unknown backend 'mkl': choose from spbench, onednn"),
        ({"backends": ["no_such_module:Backend"]}, "no module no_such_module"),
        ({"backends": ["no_such_package.module:Backend"]}, "no module no_such_package.module"),
        ({"output": "s64"}, "output: "),
        ({"cache": "warm"}, "cache: "),
        ({"name": "../up"}, "name '../up'"),
        ({"seed": -1}, "seed: "),
        ({"indifference": 1.0}, "indifference: "),
        ({"model_layers": "("}, "regular expression"),
        ({"protocol": {"rounds": 3}}, "rounds: "),
        ({"protocol": {"turns": 3}}, "turns"),
        ({"shape": ["8x8x8"]}, "shape"),
    ],
)
def test_bad_input_is_one_line(given, message):
    with pytest.raises(InputError) as caught:
        build(**({"shapes": ["8x8x8"]} | given))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_and_what_is_given_over_it(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text("shapes: [8x8]\nsparsity: 0.5\nprotocol:\n  rounds: 9\n")
    config = SweepConfig.build(file, {"tokens": ["3"], "sparsity": ["0.6"]})
    assert config.shape_sizes() == [(8, 8, 3)]
    assert (config.sparsity, config.protocol.rounds) == ([0.6], 9)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("shapes: [8x8x8]\n\nsparsty: 0.8\n", 3, "unknown key 'sparsty'; did you mean 'sparsity'?"),
        ("shapes: [8x8x8]\nprotocol:\n  round: 9\n", 3, "did you mean 'rounds'?"),
        ("shapes: [8x8x8]\nsparsity:\n  - 0.5\n  - 1.5\n", 4, "sparsity 1.5 must"),
        ("shapes: [8x8x8]\nbackends: [nobody]\n", 2, "unknown backend 'nobody'"),
        ("shapes: [8x8x8\n", 2, "not YAML"),
    ],
)
def test_errors_in_a_file_name_the_line(tmp_path, text, line, message):
    file = tmp_path / "sweep.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        SweepConfig.build(file, {})
    assert str(caught.value).startswith(f"{file}:{line}: ") and message in str(caught.value)


def test_a_stored_sweep_is_the_same_sweep():
    config = build(shapes=["8x8x8"], sparsity=[0.7, 0.85], protocol={"rounds": 20})
    assert SweepConfig.model_validate(config.model_dump(mode="json")) == config


def test_settings_of_the_protocol_add_to_those_of_the_file(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text("shapes: [8x8x8]\nprotocol: {rounds: 9, hot_us: 1}\n")
    protocol = SweepConfig.build(file, {"protocol": {"rounds": "10"}}).protocol
    assert (protocol.rounds, protocol.hot_us) == (10, 1)
