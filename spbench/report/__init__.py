"""Rows in; a verdict, tables, figures and one HTML page out.

    build.py        build_report: a run's folder in, files out
      case.py         rows by problem, problems by setting
      study.py        one setting: spbench against the baseline, the best dense, the best sparse
        comparison.py   one case: paired ratio and interval; verdicts, corrected for their number
        summary.py      several cases: geometric mean, or sum over a model's layers
        break_even.py   one shape: the sparsity from which on it gains
        contender.py    a backend as its rows describe it, with what holds it back here
        rival.py        one library: the mean over it by tokens and sparsity, its type's part
      finding.py      the lines that a sweep ends with
      fleet.py        the same setting on several machines
      ledger.py       what a product costs beside its kernel
      recommendation.py   a model's layers: which blocks, or stay dense, and what it gains
      roofline.py     each row's bytes, operations and share of its own bound
        bandwidth.py    what the machine reads, by size
      health.py       many outliers and drift among the samples
      exclusion.py    what does not count, and why; the warning about wrong results
      machine.py      the machine's facts, unknown where it does not tell
      setting_name.py what a reader calls a setting
      page.py         what the report says, block by block
        verdict.py      the three lines
        setting_tables.py   several settings: a sentence, a table, why one has no result
        tables.py       the tables, *_tables.py (table.py: one table as Markdown or HTML)
        figures/        the figures, one module each
        repetition.py   the commands that do the run again
      markdown.py, html.py    how a page is written (page.css; filters.js: choosing rows)
    run_comparison/ compare_runs: two runs of one sweep, and a gate on what changed

A row counts only with status ok; all others are listed, and drawn nowhere. The
same rows give the same text.
"""
