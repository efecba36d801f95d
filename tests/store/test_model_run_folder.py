"""A run of whole models may share its folder with one of matrix products."""

import pytest

from spbench.errors import InputError
from spbench.store.run_folder import ModelRunFolder, RunFolder, discard

MACHINE = {"fingerprint": "abc"}


def test_both_kinds_share_the_machine(tmp_path):
    RunFolder.create(tmp_path, {"name": "gemm"}, MACHINE)
    ModelRunFolder.create(tmp_path, {"name": "models"}, MACHINE)
    assert RunFolder.open(tmp_path).sweep == {"name": "gemm"}
    assert ModelRunFolder.open(tmp_path).sweep == {"name": "models"}
    assert ModelRunFolder.open(tmp_path).rows() == []


def test_another_machine_is_refused(tmp_path):
    RunFolder.create(tmp_path, {}, MACHINE)
    with pytest.raises(InputError, match="of another machine"):
        ModelRunFolder.create(tmp_path, {}, {"fingerprint": "xyz"})


def test_what_is_discarded_is_its_own(tmp_path):
    RunFolder.create(tmp_path, {}, MACHINE)
    ModelRunFolder.create(tmp_path, {}, MACHINE)
    discard(tmp_path, True, ModelRunFolder)
    assert RunFolder.open(tmp_path).machine == MACHINE
    discard(tmp_path, True)
    assert not tmp_path.exists()
