"""Records beside a model's weights: read, absent, or refused in one line."""

from __future__ import annotations

import pytest

from spbench.errors import InputError
from spbench.pruning import record as pruning_record
from spbench.pruning.recovery.recovery import RECOVERY_NAME, read_recovery
from spbench.quantization import record as quantization_record
from spbench.quantization.scales_file import FILE_NAME, read_scales

READERS = {
    pruning_record.RECORD_NAME: pruning_record.read_record,
    quantization_record.RECORD_NAME: quantization_record.read_record,
    RECOVERY_NAME: read_recovery,
    FILE_NAME: read_scales,
}


@pytest.fixture(params=READERS)
def name(request):
    return request.param


def test_a_model_without_one_has_none(tmp_path, name):
    assert READERS[name](tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"x": 1}', b"\xff"], ids=repr)
def test_another_content_is_refused_with_the_files_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: not ") as refused:
        READERS[name](tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("target", ["nowhere", None], ids=["to nothing", "in a circle"])
def test_a_link_that_leads_nowhere_is_not_taken_for_no_record(tmp_path, name, target):
    (tmp_path / name).symlink_to(target or name)
    with pytest.raises(InputError, match=name):
        READERS[name](tmp_path)
