"""A run's folder in, a report's files out."""

from __future__ import annotations

import os
import secrets
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spbench.errors import InputError, RunError
from spbench.report.case import counts, group_cases
from spbench.report.html import to_html
from spbench.report.machine import MachineFacts
from spbench.report.markdown import to_markdown
from spbench.report.page import Page, compose
from spbench.report.study import studies
from spbench.report.verdict import DENSE_INT8
from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row

_INPUT_ERRORS = (PermissionError, NotADirectoryError, FileExistsError, IsADirectoryError)


@dataclass(frozen=True)
class Report:
    """Where a report lies, and the verdict's three lines."""

    verdict: tuple[str, str, str]
    markdown: Path
    html: Path
    figures: tuple[Path, ...]


def build_report(
    run: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    baseline: str = DENSE_INT8,
) -> Report:
    """Write ``report.md``, ``report.html`` and ``figures/`` of a run.

    ``out`` is the folder for them, by default the run's own. Each file is
    written beside and renamed, the page last; a failure leaves none half
    written. Raises :class:`InputError` for a folder that is no run, has no rows
    or none that counts, an unknown baseline, a place that cannot be written;
    :class:`RunError` when writing fails, e.g. on a full disk.
    """
    folder = RunFolder.open(run)
    rows = folder.latest()
    _refuse_useless(rows, Path(run), baseline)
    page = _page(folder, rows, Path(run), baseline)
    return _write(page, Path(run if out is None else out))


def _refuse_useless(rows: Sequence[Row], run: Path, baseline: str) -> None:
    if not rows:
        raise InputError(f"{run} has no rows yet: go on with --resume {run}")
    if not any(map(counts, rows)):
        found = Counter(str(row.status) for row in rows)
        told = ", ".join(f"{count} {status}" for status, count in sorted(found.items()))
        first = next((row.reason for row in rows if row.reason), "no reason given")
        raise InputError(f"{run} has no result that counts ({told}); the first says: {first}")
    known = sorted({row.backend for row in rows})
    if baseline != DENSE_INT8 and baseline not in known:
        raise InputError(f"no baseline {baseline!r} in {run}; it has {', '.join(known)}")


def _page(folder: RunFolder, rows: Sequence[Row], run: Path, baseline: str) -> Page:
    cases = group_cases(rows)
    name = run.resolve().name
    repeat = [*_sweep_again(folder.sweep), _report_again(run, baseline)]
    return compose(name, cases, studies(cases, baseline), MachineFacts(folder.machine), repeat)


def _sweep_again(sweep: Mapping[str, Any]) -> list[str]:
    """The sweep as its own config file, and the command that runs it."""
    import yaml

    asked = {key: value for key, value in sweep.items() if value not in (None, [], {})}
    if not asked:
        return []
    config = yaml.safe_dump(asked, sort_keys=False, default_flow_style=None, width=1000)
    lines = config.splitlines()
    return ["cat > sweep.yaml <<'END'", *lines, "END", "spbench run-gemm sweep --config sweep.yaml"]


def _report_again(run: Path, baseline: str) -> str:
    command = f"spbench report {shlex.quote(str(run))}"
    return command if baseline == DENSE_INT8 else f"{command} --baseline {shlex.quote(baseline)}"


def _write(page: Page, out: Path) -> Report:
    pictures = {
        out / "figures" / f"{figure.name}.{kind}": getattr(figure, kind)
        for figure in page.figures
        for kind in ("png", "svg")
    }
    markdown, html = out / "report.md", out / "report.html"
    files = {**pictures, markdown: to_markdown(page).encode(), html: to_html(page).encode()}
    for path, content in files.items():
        _replace(path, content)
    return Report(page.answer, markdown, html, tuple(pictures))


def _replace(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a file is whole or as it was."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        kind = InputError if isinstance(error, _INPUT_ERRORS) else RunError
        raise kind(f"cannot write {path}: {error.strerror}") from error
    finally:
        _forget(beside)


def _forget(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        pass  # renamed, or never made
