"""Whatever stands in a config, an index, a recipe: an answer of one line, or it is read."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe
from spbench.pruning.record import RECORD_NAME, read_record

# Every example writes the same file anew.
ONE_FILE = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -1, 0, 12, 18, 30]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["4x1", "0x4", "9" * 5000 + "x1", "layer", "l1", "(", "a{99999999999}", "bert"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
CONFIG_KEYS = ["model_type", "hidden_size", "dim", "vocab_size", "max_position_embeddings", "x"]
RECIPE_KEYS = ["pattern", "sparsity", "scope", "norm", "skip", "overrides", "layers", "x"]


def _answered(read):
    try:
        return read()
    except InputError as error:
        assert str(error)
        return None


@pytest.fixture
def model(make_model):
    return make_model()


@ONE_FILE
@given(st.dictionaries(st.sampled_from(CONFIG_KEYS), VALUES) | VALUES)
def test_any_config_is_read_or_refused(model, config):
    (model / "config.json").write_text(json.dumps(config), "utf-8")
    checkpoint = _answered(lambda: Checkpoint.open(model))
    if checkpoint is not None:
        _answered(lambda: prune(checkpoint, Recipe()))


@ONE_FILE
@given(st.dictionaries(st.text(max_size=12), VALUES))
def test_any_index_is_read_or_refused(model, places):
    (model / "model.safetensors").unlink(missing_ok=True)
    index = model / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}), "utf-8")
    assert _answered(lambda: Checkpoint.open(model)) is None


@ONE_FILE
@given(st.dictionaries(st.sampled_from(RECIPE_KEYS), VALUES) | VALUES)
def test_any_recipe_is_read_or_refused(tmp_path, model, content):
    file = tmp_path / "recipe.yaml"
    file.write_text(yaml.safe_dump(content), "utf-8")
    recipe = _answered(lambda: Recipe.build(file))
    if recipe is not None:
        _answered(lambda: prune(Checkpoint.open(model), recipe))


@ONE_FILE
@given(st.text(alphabet="ab&*[]{}:?-!|>#%@`'\"\\\n\t 0x1,<", max_size=40))
def test_any_text_is_read_or_refused_as_a_recipe(tmp_path, text):
    file = tmp_path / "recipe.yaml"
    file.write_text(text, "utf-8")
    _answered(lambda: Recipe.build(file))


@ONE_FILE
@given(st.dictionaries(st.sampled_from(["done", "total", "layers", "left_alone"]), VALUES) | VALUES)
def test_any_record_is_read_or_refused(tmp_path, content):
    (tmp_path / RECORD_NAME).write_text(json.dumps(content), "utf-8")
    _answered(lambda: read_record(tmp_path))
