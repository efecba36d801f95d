"""YAML errors name the file and the line."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict

from spbench.errors import InputError
from spbench.formats.yaml_model import read_yaml_model


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    depth: int = 0
    label: str = ""


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = 1
    share: float = 0.5
    on: bool = False
    parts: list[Inner] = []


def _read(tmp_path, text):
    path = tmp_path / "file.yaml"
    path.write_text(text)
    return read_yaml_model(path, Outer)


def test_scalars_take_the_types_of_the_model(tmp_path):
    read = _read(tmp_path, "size: 3\nshare: 1e-1\non: yes\nparts:\n  - {depth: 2, label: 0x4}\n")
    assert read == Outer(size=3, share=0.1, on=True, parts=[Inner(depth=2, label="0x4")])


def test_an_empty_file_gives_the_defaults(tmp_path):
    assert _read(tmp_path, "# nothing\n") == Outer()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("size: 1\nsiez: 2\n", 2, "unknown key 'siez'; did you mean 'size'?"),
        ("zzz: 2\n", 1, "unknown key 'zzz'; known keys: on, parts, share, size"),
        ("size: 1\nparts:\n  - depth: 1\n  - dept: 1\n", 4, "did you mean 'depth'?"),
        ("\nsize: many\n", 2, "size: Input should be a valid integer"),
        ("size: 1\nsize: 2\n", 2, "key 'size' is given twice"),
        ("size: [1\n", 2, "not YAML"),
        ("- 1\n", 1, "keys and values are expected"),
        ("\tsize: 1\n", 1, "not YAML"),
    ],
)
def test_errors_name_file_and_line(tmp_path, text, line, message):
    with pytest.raises(InputError) as caught:
        _read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'file.yaml'}:{line}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_text_or_not_there(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_yaml_model(tmp_path / "absent.yaml", Outer)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a text file"):
        read_yaml_model(tmp_path / "binary.yaml", Outer)
    (tmp_path / "control.yaml").write_bytes(b"a: \x01")
    with pytest.raises(InputError, match="not YAML"):
        read_yaml_model(tmp_path / "control.yaml", Outer)
