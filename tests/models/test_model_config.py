"""configs/models: each is valid, and what is wrong in one is told with its line."""

from pathlib import Path

import pytest

from spbench.errors import InputError
from spbench.formats.encoder import read_encoder_config
from spbench.models.model_config import ModelConfig

FILES = sorted((Path(__file__).parents[2] / "configs" / "models").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_is_valid_named_as_its_file_and_opens_with_why(file):
    config = ModelConfig.read(file)
    assert config.name == file.stem
    assert file.read_text().startswith("# Why: ")
    sizes = read_encoder_config(config.hugging_face(), config.name)
    assert sizes.layers == config.num_hidden_layers
    assert sizes.feed_forward == config.intermediate_size


def test_the_papers_models_have_the_papers_limits():
    limits = {file.stem: ModelConfig.read(file).latency_limit_ms for file in FILES}
    names = ("bert-mini", "distilbert", "bert-base", "bert-large")
    assert [limits[name] for name in names] == [1, 10, 20, 50]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("hiden_size: 3", "did you mean 'hidden_size'"),
        ("num_attention_heads: 3", "no multiple of num_attention_heads 3"),
        ("name: a/b", "it names a folder"),
        ("weight_gain: 0", "weight_gain"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, line, told):
    base = "num_hidden_layers: 1\nhidden_size: 8\nintermediate_size: 8\n"
    rest = [each for each in ("name: m", "num_attention_heads: 2") if each[:5] != line[:5]]
    file = tmp_path / "model.yaml"
    file.write_text(base + "\n".join([*rest, line]))
    with pytest.raises(InputError, match=told) as error:
        ModelConfig.read(file)
    assert str(error.value).startswith(f"{file}:")
