"""Which backend a name means, and what is refused before a sweep begins."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from spbench import backends
from spbench.backends import REGISTRY, backend_class, require_known
from spbench.backends.base import Backend
from spbench.errors import InputError


@pytest.mark.parametrize("name", REGISTRY)
def test_registered_names(name):
    require_known(name)
    assert issubclass(backend_class(name), Backend)


def test_a_class_of_the_users_own():
    require_known("fake_backends:Exact")
    assert backend_class("fake_backends:Exact").name == "exact"


def test_registered_modules_are_not_imported_to_know_them(monkeypatch):
    monkeypatch.delitem(sys.modules, "spbench.backends.onednn", raising=False)
    require_known("onednn")
    assert "spbench.backends.onednn" not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", "unknown backend 'nobody': choose from spbench, onednn"),
        ("", "unknown backend ''"),
        (":", "unknown backend ':'"),
        ("module:", "unknown backend 'module:'"),
        (".a:X", "unknown backend '.a:X'"),
        ("a..b:X", "unknown backend 'a..b:X'"),
        ("a b:X", "unknown backend 'a b:X'"),
        ("os:path", "path in os is no class made from Backend"),
        ("json:JSONDecoder", "JSONDecoder in json is no class made from Backend"),
        ("json:absent", "absent in json is no class"),
        ("spbench.backends.base:Backend", "it lacks name, title, dtype, sparse, available"),
        ("no_such_module:X", "no module no_such_module"),
        ("no_such_package.module:X", "no module no_such_package.module"),
        ("json.no_such_module:X", "no module json.no_such_module"),
    ],
)
def test_other_names_are_refused(name, message):
    for ask in (require_known, backend_class):
        with pytest.raises(InputError) as caught:
            ask(name)
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import absent_dependency", "ModuleNotFoundError: No module named 'absent_dependency'"),
        ("def", "SyntaxError"),
    ],
)
def test_a_module_that_does_not_load_says_why(tmp_path, monkeypatch, code, message):
    (tmp_path / "mine.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match="backend 'mine:X'") as caught:
        require_known("mine:X")
    assert message in str(caught.value)


def test_the_fairness_page_has_every_backend_in_its_table():
    """What is timed, what is prepared beforehand, types, layouts."""
    page = (Path(backends.__file__).parent / "README.md").read_text()
    part = page.partition("\n## Per backend\n")[2].partition("\n### ")[0]
    lines = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    named = [name for line in lines for name in re.findall(r"`([^`]+)`", line)]
    assert sorted(named) == sorted(REGISTRY)
