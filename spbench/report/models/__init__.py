"""Whole models in a report: how fast they answer, and what they are still worth.

    case.py          one call of one model, with the rows of every runtime that answered it
    comparison.py    spbench against each runtime, round by round
    study.py         all cases: comparisons, what is left out
    runtime.py       what a runtime is called, with a number for what holds it back
    limit.py         the highest throughput under a latency limit
    prediction.py    what the layers' own times predict, beside what was measured
    origin.py        what the products' model was before it was pruned
    trade_off.py     accuracy against latency: the front, and which blocks are the best
    verdict.py       lines for the first screen
    tables.py, quality_tables.py    the tables
    parts.py         what the page says of it, block by block

Figures are with the others, in ``figures/model_*.py`` and ``figures/trade_off.py``.
"""
