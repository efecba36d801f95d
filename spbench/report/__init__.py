"""Rows in; a verdict, tables, figures and one HTML page out.

    build.py        build_report: a run's folder in, files out
      case.py         rows by problem, problems by setting
      study.py        one setting: spbench against the baseline and against the best sparse library
        comparison.py   one case: paired ratio, interval, verdict
        summary.py      several cases: geometric mean, or sum over a model's layers
        contender.py    a backend as its rows describe it, with what holds it back here
      exclusion.py    what does not count, and why
      machine.py      the machine's facts, unknown where it does not tell
      page.py         what the report says, block by block
        verdict.py      the three lines
        tables.py       the tables, *_tables.py (table.py: one table as Markdown or HTML)
        figures/        the figures, one module each
      markdown.py, html.py    how a page is written

A row counts only with status ok; all others are listed, and drawn nowhere. The
same rows give the same text.
"""
