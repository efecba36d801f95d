"""A library that is missing or broken is a reason, never an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from backend_cases import installed

from spbench.backends import backend_class
from spbench.backends.libraries import Library
from spbench.errors import RunError

NAMED = [
    ("onednn", "SPBENCH_ONEDNN", "pip install 'spbench[onednn]'"),
    ("onemkl-dense", "SPBENCH_ONEMKL", "pip install 'spbench[mkl]'"),
    ("onemkl-csr", "SPBENCH_ONEMKL", "pip install 'spbench[mkl]'"),
]


@pytest.mark.parametrize(("name", "variable", "install"), NAMED)
def test_named_file_is_missing(name, variable, install, monkeypatch) -> None:
    monkeypatch.setenv(variable, "/no/such/library.so")
    availability = backend_class(name).available()
    assert not availability.ok
    assert availability.reason == f"{variable}=/no/such/library.so: no such file"
    assert availability.install == install


@pytest.mark.parametrize(("name", "variable", "install"), NAMED)
def test_named_file_is_no_library(name, variable, install, monkeypatch, tmp_path: Path) -> None:
    file = tmp_path / "library.so"
    file.write_text("text")
    monkeypatch.setenv(variable, str(file))
    availability = backend_class(name).available()
    assert not availability.ok
    assert "does not load" in availability.reason


@pytest.mark.parametrize(("name", "variable", "install"), NAMED)
def test_named_file_is_another_library(name, variable, install, monkeypatch) -> None:
    from spbench.kernels._native import replay

    monkeypatch.setenv(variable, replay.__file__)
    availability = backend_class(name).available()
    assert not availability.ok
    assert "that is needed: it has no" in availability.reason


def test_named_file_is_the_library(monkeypatch) -> None:
    installed("onednn")
    from spbench.backends.dnnl_session import LIBRARY

    monkeypatch.setenv("SPBENCH_ONEDNN", LIBRARY.open()._name)
    assert backend_class("onednn").available().ok


def test_library_is_nowhere() -> None:
    library = Library("Nothing", "SPBENCH_NO", ("no-such-package",), ("libno-such.so",), (), "")
    with pytest.raises(RunError, match="Nothing not found: no package no-such-package"):
        library.open()
    assert library.package_version() == "unknown"


def test_scipy_is_missing(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy", None)
    availability = backend_class("scipy-csr").available()
    assert not availability.ok
    assert availability.install == "pip install 'spbench[scipy]'"
