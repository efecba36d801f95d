"""From a question about whole models to rows: the counterpart of spbench.sweeps for runtimes.

YAML file, flags
     |
ModelSweepConfig   config.py        what was asked for, checked
     |             cases.py         every combination, once, model by model
ModelSession       session.py       one invocation: its folder, what is still missing
     |
ModelCaseRunner    case_runner.py   numbers and workers of one case; row.py: measurement -> row
LimitRunner        limit_runner.py  or a search under a latency limit; limit_row.py: trials -> row
     |
ModelRunFolder     (spbench.store)  outcome.py: what failed
"""
