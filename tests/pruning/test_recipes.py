"""Recipes: files, options over files, rules for single layers, and every mistake in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.pruning.recipes import LayerSettings, Recipe

RECIPES = sorted((Path(__file__).parents[2] / "configs" / "recipes").glob("*.yaml"))


@pytest.fixture
def write(tmp_path):
    def to_file(text):
        path = tmp_path / "recipe.yaml"
        path.write_text(text)
        return path

    return to_file


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_of_the_repository_is_valid_and_says_why(path):
    Recipe.build(path)
    assert path.read_text().startswith("# Why: ")


def test_options_go_over_the_file_and_skips_add_up(write):
    file = write("pattern: 8x2\nsparsity: 0.7\nscope: global\nskip: [query]\n")
    recipe = Recipe.build(file, ["key"], sparsity=0.9, norm=None)
    assert recipe.pattern == BlockShape(8, 2)
    assert (recipe.sparsity, recipe.scope, recipe.norm) == (0.9, "global", "l2")
    assert recipe.skip == ("query", "key")


def test_rules_change_what_they_name_and_the_later_wins(write):
    recipe = Recipe.build(
        write(
            "sparsity: 0.9\n"
            "overrides:\n"
            "  - {layers: attention, sparsity: 0.5}\n"
            "  - {layers: query, pattern: 16x1}\n"
            "  - {layers: 'layer\\.0', sparsity: 0, norm: l1}\n"
            "  - {layers: value, skip: true}\n"
        )
    )
    four, sixteen = BlockShape(4, 1), BlockShape(16, 1)
    assert recipe.settings("layer.1.output") == LayerSettings(four, 0.9, "l2")
    assert recipe.settings("layer.1.attention.key") == LayerSettings(four, 0.5, "l2")
    assert recipe.settings("layer.1.attention.query") == LayerSettings(sixteen, 0.5, "l2")
    assert recipe.settings("layer.0.attention.query") == LayerSettings(sixteen, 0.0, "l1")
    assert recipe.settings("layer.1.attention.value") is None


def test_expressions_that_match_nothing_are_told():
    recipe = Recipe.build(skip=["query", "typo"])
    assert recipe.unused(["a.query", "a.key"]) == ["typo"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparsity": 1.5}, "sparsity 1.5: must be at least 0 and below 1"),
        ({"sparsity": 1.0}, "sparsity 1.0: must be"),
        ({"sparsity": -0.1}, "sparsity -0.1: must be"),
        ({"sparsity": float("nan")}, "sparsity nan: must be"),
        ({"pattern": "0x4"}, "block shape 0x4: every side"),
        ({"pattern": "four"}, "block shape 'four': write ROWSxCOLS"),
        ({"scope": "row"}, "scope: Input should be 'layer', 'global' or 'sensitivity'"),
        ({"norm": "l3"}, "norm: Input should be 'l1' or 'l2'"),
        ({"skip": ["("]}, "'(': not a regular expression"),
    ],
)
def test_wrong_options_are_one_line(options, message):
    with pytest.raises(InputError) as caught:
        Recipe.build(**options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("pattern: 4x1\nsparsty: 0.8\n", 2, "unknown key 'sparsty'; did you mean 'sparsity'?"),
        ("pattern: 0x4\n", 1, "block shape 0x4: every side"),
        ("sparsity: 80\n", 1, "sparsity 80: must be"),
        ("overrides:\n  - layers: a\n    patern: 4x1\n", 3, "did you mean 'pattern'?"),
        ("overrides:\n  - sparsity: 0.5\n", 2, "layers: Field required"),
        ("skip: ['(']\n", 1, "not a regular expression"),
    ],
)
def test_wrong_files_name_the_line(write, text, line, message):
    file = write(text)
    with pytest.raises(InputError) as caught:
        Recipe.build(file)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert message in str(caught.value)
