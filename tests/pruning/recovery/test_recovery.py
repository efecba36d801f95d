"""Recovery on a model of two thin layers: zeros stay, it learns, and it goes on after a kill."""

from __future__ import annotations

import json

import numpy as np
import pytest
from small_encoders import encoder_config, encoder_tensors
from small_models import write_safetensors
from small_recoveries import write_encoder, write_letters

from spbench.errors import InputError, RunError
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.recovery.recovery import read_recovery, recover
from spbench.pruning.recovery.settings import RecoverySettings

torch = pytest.importorskip("torch", reason="recovery trains with torch")
pytest.importorskip("transformers", reason="recovery loads models with transformers")
pytest.importorskip("tokenizers", reason="recovery needs a tokenizer")

_SETTINGS = {
    "steps": 12, "batch_tokens": 64, "tokens": 16, "texts": ("letters.txt",), "checkpoint_every": 3,
    "learning_rate": 1e-2, "precision": "f32",
}  # fmt: skip


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A model with zero 4x1 blocks and the dense one, in a folder with texts."""
    monkeypatch.chdir(tmp_path)
    write_letters(tmp_path / "letters.txt")
    folders = write_encoder(tmp_path / "pruned", 0.5), write_encoder(tmp_path / "dense")
    return tuple(map(Checkpoint.open, folders))


def _recover(models, tmp_path, name="out", **given):
    settings = RecoverySettings(**_SETTINGS | given)
    recover(*models, settings, tmp_path / f"{name}.state", 1).save(tmp_path / name)
    return Checkpoint.open(tmp_path / name)


@pytest.mark.parametrize("aware", [False, True])
def test_zeros_stay_and_the_distance_falls(models, tmp_path, aware):
    recovered = _recover(models, tmp_path, steps=60, quantization_aware=aware)
    assert read_recovery(recovered.folder).steps == 60
    losses = torch.load(tmp_path / "out.state/training-state.pt", weights_only=True)["losses"]
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:5])
    for layer in recovered.linear_layers:
        before, after = models[0].weight(layer), recovered.weight(layer)
        np.testing.assert_array_equal(before == 0, after == 0)
    embedding = "embeddings.word_embeddings.weight"
    same = models[0].tensors[embedding].bits(), recovered.tensors[embedding].bits()
    np.testing.assert_array_equal(*same)


def test_the_same_recipe_gives_the_same_bytes_also_when_time_ran_out_in_between(models, tmp_path):
    at_once = _recover(models, tmp_path)
    settings = RecoverySettings(**_SETTINGS)
    for seen in (4, 7):  # stops behind these steps, not at a state that was due
        with pytest.raises(KeyboardInterrupt):
            recover(*models, settings, tmp_path / "b.state", 1, watch=_stop_at(seen))
    partly = recover(*models, settings, tmp_path / "b.state", 1, time_limit_s=0)
    assert partly.record.ended_by == "time limit"
    assert str(partly.record) == "distilled, 6 of 12 steps"
    done = recover(*models, settings, tmp_path / "b.state", 1)
    done.save(tmp_path / "b")
    for name in ("model.safetensors", "spbench-recovery.json"):
        assert (at_once.folder / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def _stop_at(step):
    def watch(standing):
        if standing.step == step:
            raise KeyboardInterrupt

    return watch


def test_a_state_of_another_recipe_or_a_damaged_one_is_refused(models, tmp_path):
    _recover(models, tmp_path)
    other = RecoverySettings(**_SETTINGS | {"learning_rate": 1e-3})
    with pytest.raises(InputError, match="another model, recipe or thread count"):
        recover(*models, other, tmp_path / "out.state", 1)
    state = tmp_path / "out.state/training-state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(InputError, match="damaged"):
        recover(*models, RecoverySettings(**_SETTINGS), tmp_path / "out.state", 1)


def test_a_full_disk_is_one_line_and_keeps_the_earlier_state(models, tmp_path, monkeypatch):
    _recover(models, tmp_path)
    before = (tmp_path / "out.state/training-state.pt").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    from spbench.pruning.recovery.text_batches import Position
    from spbench.pruning.recovery.training_state import TrainingState

    state = TrainingState("job", 1, Position(), [], {}, {}, torch.get_rng_state())
    with pytest.raises(RunError, match="No space left"):
        state.save(tmp_path / "out.state")
    assert (tmp_path / "out.state/training-state.pt").read_bytes() == before
    assert len([*(tmp_path / "out.state").iterdir()]) == 1


def test_models_that_do_not_fit_each_other_are_named(models, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(encoder_config("roberta")))
    write_safetensors(folder / "model.safetensors", encoder_tensors("roberta"))
    other = Checkpoint.open(folder)
    with pytest.raises(InputError, match="family bert, .* roberta: give the model"):
        recover(models[0], other, RecoverySettings(**_SETTINGS), tmp_path / "state", 1)


def test_texts_that_are_neither_a_set_nor_a_file_are_named(models, tmp_path):
    for texts, message in (("imbd", "known: imdb"), ("none.txt", "none.txt.*No such file")):
        settings = RecoverySettings(**_SETTINGS | {"texts": (texts,)})
        with pytest.raises(InputError, match=message):
            recover(*models, settings, tmp_path / "state", 1)
