"""Scales on disk."""

from __future__ import annotations

import pytest

from spbench.errors import InputError
from spbench.quantization import LayerScales, Scale, read_scales, write_scales
from spbench.quantization.float_encoder import POINTS
from spbench.quantization.scales_file import FILE_NAME

POINT_SCALES = {point: Scale(0.1 + i / 3, 7 * i) for i, point in enumerate(POINTS)}
SCALES = [LayerScales(POINT_SCALES, by) for by in ("polynomial", "table", "polynomial")]


def test_what_is_written_is_read_exactly(tmp_path):
    assert write_scales(tmp_path, SCALES).name == FILE_NAME
    assert read_scales(tmp_path) == SCALES


def test_a_model_without_scales_is_no_error(tmp_path):
    assert read_scales(tmp_path) is None


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_scales(tmp_path / "nowhere", SCALES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not scales"),
        ("[]", "not scales"),
        ('{"schema": 1, "layers": []}', "schema 1, not 2; run `spbench quantize` again"),
        ('{"schema": 2}', "not scales"),
        ('{"schema": 2, "layers": [{"activation_by": "table", "input": [1, 2]}]}', "not scales"),
        ('{"schema": 2, "layers": [3]}', "not scales"),
    ],
)
def test_another_content_is_one_line(tmp_path, content, message):
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(InputError, match=message):
        read_scales(tmp_path)


@pytest.mark.parametrize("wrong", ["0.0", "-1", "NaN", "Infinity", '"1"'])
def test_a_step_that_is_none_is_refused(tmp_path, wrong):
    text = write_scales(tmp_path, SCALES).read_text()
    (tmp_path / FILE_NAME).write_text(text.replace("0.1,", f"{wrong},"))
    with pytest.raises(InputError, match="not scales"):
        read_scales(tmp_path)


def test_another_way_to_compute_gelu_is_refused(tmp_path):
    text = write_scales(tmp_path, SCALES).read_text()
    (tmp_path / FILE_NAME).write_text(text.replace('"table"', '"guess"'))
    with pytest.raises(InputError, match="not scales"):
        read_scales(tmp_path)
