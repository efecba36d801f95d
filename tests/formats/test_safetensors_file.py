"""A weight file may lie in every field: it is read within its bounds or refused in one line."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_models import write_safetensors

from spbench.errors import InputError
from spbench.formats.safetensors_file import read_entries

# Every example writes the same file anew.
ONE_FILE = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])

DATA = 24
NUMBERS = st.one_of(
    st.integers(-2, DATA + 2),
    st.sampled_from([-(2**63), 2**31, 2**32, 2**53, 2**63, 2**64, 2**64 - 1, 10**30]),
    st.floats(),
    st.none(),
    st.booleans(),
)
FIELDS = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "F16", "BF16", "F64", "I64", "U8", "F99", "", None, 4]),
        "shape": st.lists(NUMBERS, max_size=4),
        "data_offsets": st.lists(NUMBERS, min_size=1, max_size=3),
    },
    optional={"more": NUMBERS},
)
HEADERS = st.dictionaries(st.sampled_from(["a.weight", "b", "", "__metadata__"]), FIELDS | NUMBERS)


def _refused_or_within(path):
    """What every reader may rely on."""
    try:
        entries = read_entries(path)
    except InputError as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)
        return
    size = path.stat().st_size
    for entry in entries:
        assert 8 <= entry.offset <= entry.offset + entry.nbytes <= size
        if entry.is_float:
            assert entry.values().shape == entry.shape
            entry.is_finite()


def _write(path, header: bytes, data: bytes = bytes(DATA), length: int | None = None):
    path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header + data)
    return path


def test_a_file_cut_at_any_length_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    write_safetensors(path, {"a.weight": np.ones((2, 3), "f4"), "a.bias": np.ones(2, "f4")})
    whole = path.read_bytes()
    assert len(read_entries(path)) == 2
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="corrupt or truncated"):
            read_entries(path)


@ONE_FILE
@given(HEADERS)
def test_a_header_that_lies_is_refused(tmp_path, header):
    text = json.dumps(header, allow_nan=True).encode()
    _refused_or_within(_write(tmp_path / "model.safetensors", text))


@ONE_FILE
@given(st.binary(max_size=64), st.none() | st.integers(0, 2**64 - 1))
def test_a_header_of_any_bytes_is_refused(tmp_path, header, length):
    _refused_or_within(_write(tmp_path / "model.safetensors", header, length=length))


@ONE_FILE
@given(st.data())
def test_one_changed_byte_is_refused_or_harmless(tmp_path, data):
    path = tmp_path / "model.safetensors"
    write_safetensors(path, {"a.weight": np.ones((2, 3), "f4"), "b": np.arange(3)})
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    _refused_or_within(path)


_GOOD = b'"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}'
_NEXT = b'"b":{"dtype":"F32","shape":[3],"data_offsets":[12,24]}'


@pytest.mark.parametrize(
    "header",
    [
        b"{" + _GOOD + b',"b":{"dtype":"F32","shape":[3],"data_offsets":[8,20]}}',
        b"{" + _GOOD + b',"b":{"dtype":"F32","shape":[4],"data_offsets":[12,24]}}',
        b"{" + _GOOD + b',"b":{"dtype":"F32","shape":[3],"data_offsets":[24,12]}}',
        b"{" + _GOOD + b',"b":{"dtype":"F32","shape":[3],"data_offsets":[12,-24]}}',
        b"{" + _GOOD + b',"b":{"dtype":"F77","shape":[3],"data_offsets":[12,24]}}',
        b"{" + _GOOD + b"," + _NEXT.replace(b'"b"', b'"\xff"') + b"}",
        b"{" + _GOOD + b"," + _NEXT + b"," + _NEXT.replace(b"[12,24]", b"[24,36]") + b"}",
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b"{" + _GOOD + b"}",
        b"[]",
        b"null",
        b"",
    ],
    ids=[
        "overlapping", "too short", "backwards", "negative", "unknown dtype", "not UTF-8",
        "given twice", "deep objects", "deep lists", "data left over", "a list", "null", "empty",
    ],
)  # fmt: skip
def test_known_lies_are_refused(tmp_path, header):
    with pytest.raises(InputError, match="corrupt or truncated"):
        read_entries(_write(tmp_path / "model.safetensors", header))


def test_an_honest_header_passes(tmp_path):
    path = _write(tmp_path / "model.safetensors", b"{" + _GOOD + b"," + _NEXT + b"}")
    assert [entry.name for entry in read_entries(path)] == ["a", "b"]


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    with pytest.raises(InputError, match="no file can have this name"):
        read_entries(tmp_path / "nul\0.safetensors")
