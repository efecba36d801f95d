"""A checkpoint stored as bitmasks answers as the plain one does, bit for bit."""

from __future__ import annotations

import json

import numpy as np
from safetensors.numpy import save_file
from small_encoders import encoder_config, encoder_tensors, sentences

from spbench.engine import Engine
from spbench.formats.checkpoint import Checkpoint
from spbench.quantization import calibrate


def as_bitmasks(tensors):
    """As compressed-tensors names and packs the parts."""
    parts = {}
    for name, weight in tensors.items():
        if not name.endswith(".weight"):
            parts[name] = weight
            continue
        layer, kept = name.removesuffix(".weight"), weight != 0
        parts[f"{layer}.shape"] = np.array(weight.shape)
        parts[f"{layer}.compressed"] = weight[kept]
        parts[f"{layer}.bitmask"] = np.packbits(kept, axis=-1, bitorder="little")
    return parts


def test_the_engine_reads_bitmasks(tmp_path):
    ids, mask = sentences(5, 40)
    answers = []
    for change in (lambda tensors: tensors, as_bitmasks):
        folder = tmp_path / change.__name__.strip("<>")
        folder.mkdir()
        save_file(change(encoder_tensors(sparsity=0.8)), folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(encoder_config()))
        checkpoint = Checkpoint.open(folder)
        engine = Engine(checkpoint, calibrate(checkpoint, [ids[1:]]))
        answers.append(engine(ids, mask).last_hidden_state)
    np.testing.assert_array_equal(*answers)
