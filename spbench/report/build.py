"""A results folder in, a report's files out."""

from __future__ import annotations

import errno
import os
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spbench.errors import InputError, RunError
from spbench.report.case import counts, group_cases
from spbench.report.contender import skips_zeros
from spbench.report.html import to_html
from spbench.report.machine import Machines
from spbench.report.markdown import to_markdown
from spbench.report.models.case import counts as counts_model
from spbench.report.models.origin import origin_of
from spbench.report.models.parts import Models
from spbench.report.models.study import ModelStudy
from spbench.report.page import Page, compose
from spbench.report.repetition import repetition
from spbench.report.setting_name import setting_names
from spbench.report.study import SUBJECT, Study, indifference_of, studies
from spbench.store.results_folder import ResultsFolder
from spbench.store.schema import Row

_RUN_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What can befall a good place while it is written; any other error is the place's."""


@dataclass(frozen=True)
class Report:
    """Where a report lies, and its verdict: three lines about ``settings[0]``, then whole models'."""

    verdict: tuple[str, ...]
    settings: tuple[str, ...]  # every setting of products that the report has a verdict for
    markdown: Path
    html: Path
    figures: tuple[Path, ...]


def build_report(
    run: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    baseline: str | None = None,
    indifference: float | None = None,
) -> Report:
    """Write ``report.md``, ``report.html`` and ``figures/`` of a results folder.

    ``out`` is the folder for them, by default the run's own; ``baseline`` a dense backend, by
    default the fastest of each case; ``indifference`` the share by which times must differ, by
    default what the sweep asked for. Each file is
    written beside and renamed, the page last; a failure leaves none half
    written. Raises :class:`InputError` for a folder that is no run, has no rows
    or none that counts, an unknown baseline, a place that cannot be read or
    written; :class:`RunError` when writing fails, e.g. on a full disk.
    """
    try:
        results = ResultsFolder.read(run)
    except OSError as error:
        raise InputError(f"{run}: cannot be read: {error.strerror}") from error
    _refuse_useless(results, Path(run), baseline)
    zone = indifference_of(results.sweep) if indifference is None else indifference
    found = studies(group_cases(results.rows), baseline, indifference=zone)
    whole = ModelStudy(results.model_rows, zone)
    models = Models(whole, results.quality_rows, found, origin_of(results.head))
    machines = Machines(results.machines)
    options = [] if baseline is None else ["--baseline", baseline]
    options += [] if indifference is None else ["--indifference", f"{100 * indifference:g}%"]
    page = _page(results, found, models, machines, options)
    files = _write(page, Path(run if out is None else out))
    return Report(page.answer, tuple(setting_names(found, machines)), *files)


def _refuse_useless(results: ResultsFolder, run: Path, baseline: str | None) -> None:
    rows = results.rows
    if baseline is not None:
        _refuse_baseline(rows, run, baseline)
    whole = any(map(counts_model, results.model_rows)) or results.quality_rows
    if whole or any(map(counts, rows)):
        return
    tried = [*rows, *results.model_rows]
    if not tried:
        raise InputError(f"{run} has no rows yet: go on with --resume {run}")
    found = Counter(str(row.status) for row in tried)
    told = ", ".join(f"{count} {status}" for status, count in sorted(found.items()))
    first = next((row.reason for row in tried if row.reason), "no reason given")
    raise InputError(f"{run} has no result that counts ({told}); the first says: {first}")


def _refuse_baseline(rows: Sequence[Row], run: Path, baseline: str) -> None:
    known = sorted({row.backend for row in rows})
    if baseline not in known:
        there = ", ".join(known) or "no products"
        raise InputError(f"no baseline {baseline!r} in {run}; it has {there}")
    if baseline == SUBJECT or any(row.backend == baseline and skips_zeros(row) for row in rows):
        raise InputError(f"{baseline!r} in {run} is no dense backend: it cannot be the baseline")


def _page(
    results: ResultsFolder,
    found: Sequence[Study],
    models: Models,
    machines: Machines,
    options: Sequence[str],
) -> Page:
    run = results.path
    repeat = repetition(results.head, run, found[0].rows[0].command, options) if found else ()
    return compose(run.resolve().name, found, machines, repeat, results.warnings, models)


def _write(page: Page, out: Path) -> tuple[Path, Path, tuple[Path, ...]]:
    """Markdown, HTML and the figures' files, in that order."""
    pictures = {
        out / "figures" / f"{figure.name}.{kind}": getattr(figure, kind)
        for figure in page.figures
        for kind in ("png", "svg")
    }
    markdown, html = out / "report.md", out / "report.html"
    files = {**pictures, markdown: to_markdown(page).encode(), html: to_html(page).encode()}
    for path, content in files.items():
        _replace(path, content)
    return markdown, html, tuple(pictures)


def _replace(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a file is whole or as it was."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        kind = RunError if error.errno in _RUN_ERRORS else InputError
        raise kind(f"cannot write {path}: {error.strerror}") from error
    finally:
        _forget(beside)


def _forget(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        pass  # renamed, or never made
