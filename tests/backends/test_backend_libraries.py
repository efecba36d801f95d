"""A library that is missing or broken is a reason, never an exception."""

from __future__ import annotations

import shlex
import sys
import tomllib
from pathlib import Path

import pytest
from backend_cases import installed

from spbench.backends import (
    backend_class,
    dnnl_session,
    libxsmm_bcsc,
    mkl_library,
    onnx_runtime,
    openvino_dense,
    scipy_csr,
    torch_library,
    tvm_bsr,
)
from spbench.backends.libraries import Library
from spbench.errors import RunError

NAMED = [
    ("onednn", "SPBENCH_ONEDNN", "pip install onednn-cpu-gomp==2023.2.0"),
    ("onemkl-dense", "SPBENCH_ONEMKL", "pip install 'mkl>=2024.0'"),
    ("onemkl-csr", "SPBENCH_ONEMKL", "pip install 'mkl>=2024.0'"),
    ("onemkl-int8", "SPBENCH_ONEMKL", "pip install 'mkl>=2024.0'"),
    ("onednn-bf16", "SPBENCH_ONEDNN", "pip install onednn-cpu-gomp==2023.2.0"),
    ("onednn-csr", "SPBENCH_ONEDNN", "pip install onednn-cpu-gomp==2023.2.0"),
    ("libxsmm-int8", "SPBENCH_LIBXSMM", libxsmm_bcsc.LIBRARY.install),
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
    monkeypatch.setenv("SPBENCH_ONEDNN", dnnl_session.LIBRARY.open()._name)
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
    assert availability.install == scipy_csr.INSTALL


def test_install_commands_are_what_the_extras_ask_for() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    commands = {
        "onednn": dnnl_session.LIBRARY.install,
        "mkl": mkl_library.LIBRARY.install,
        "scipy": scipy_csr.INSTALL,
        "torch": torch_library.INSTALL,
        "onnxruntime": onnx_runtime.INSTALL,
        "openvino": openvino_dense.INSTALL,
        "tvm": tvm_bsr.INSTALL,
    }
    for extra, command in commands.items():
        requirements = [each.partition(";")[0].strip() for each in extras[extra]]
        assert shlex.split(command)[2:] == requirements


RUNTIMES = [
    ("torch-int-mm", "torch", torch_library.INSTALL),
    ("torch-qlinear", "torch", torch_library.INSTALL),
    ("torch-fbgemm-1x4", "torch", torch_library.INSTALL),
    ("torch-csr", "torch", torch_library.INSTALL),
    ("torch-bsr", "torch", torch_library.INSTALL),
    ("onnxruntime", "onnxruntime", onnx_runtime.INSTALL),
    ("onnxruntime", "onnx", onnx_runtime.INSTALL),
    ("openvino", "openvino", openvino_dense.INSTALL),
]


@pytest.mark.parametrize(("name", "module", "install"), RUNTIMES)
def test_runtime_is_missing(name, module, install, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    availability = backend_class(name).available()
    assert not availability.ok
    assert "does not load" in availability.reason
    assert availability.install == install


def test_numpy_says_when_its_kernels_are_forced(monkeypatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert installed("numpy").handicaps() == "OPENBLAS_CORETYPE=Haswell is set"
    monkeypatch.delenv("OPENBLAS_CORETYPE")
    assert installed("numpy").handicaps() == ""
