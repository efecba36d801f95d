"""Times of layers out of the rows of a run."""

from __future__ import annotations

import pytest
from synthetic_runs import row

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.store.schema import Status
from spbench.sweeps.layer_times import read_layer_times

SHAPE, BLOCK = (768, 768), BlockShape(4, 1)


def _write(folder, rows):
    (folder / "rows.jsonl").write_text("".join(f"{one.to_json()}\n" for one in rows))
    return folder


def test_own_times_by_sparsity_beside_the_fastest_dense_library(tmp_path):
    rows = [
        row(time_ns=300.0, sparsity=0.7),
        row(time_ns=100.0, sparsity=0.9),
        row("onednn", time_ns=800.0, index_bytes=None),
        row("onemkl-dense", time_ns=500.0, index_bytes=None, dtype="u8s8s32", output="s32"),
        row("mystery", time_ns=1.0, status=Status.WRONG, index_bytes=None),
        row("dense-f32", time_ns=2.0, index_bytes=None, dtype="f32"),
        row(time_ns=50.0, sparsity=0.7, n=384, m=16, k=16),
        row(time_ns=40.0, sparsity=0.7, cache="cold"),
    ]
    rows += [row(time_ns=70.0, sparsity=0.7, m=64, k=64)]
    costs = read_layer_times(_write(tmp_path, rows))
    assert costs.pruned(SHAPE, BLOCK, 0.8) == pytest.approx(200, rel=0.01)
    assert costs.dense(SHAPE, BLOCK) == 500
    with pytest.raises(InputError, match="no times of 64x64 in 4x1"):
        costs.dense((64, 64), BLOCK)


def test_a_run_without_own_rows_is_refused(tmp_path):
    with pytest.raises(InputError, match="no measured rows of spbench"):
        read_layer_times(_write(tmp_path, [row("onednn", index_bytes=None)]))
