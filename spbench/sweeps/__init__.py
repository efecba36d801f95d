"""From a question to rows: which cases, in which order, and where they run.

    YAML file, flags
         |
    SweepConfig      config.py         what was asked for, checked
         |           model_layers.py   a checkpoint's layers, as problems
    list of Case     cases.py case.py  every combination, once, in a fixed order
         |
    run_sweep        run.py            skips what a resumed folder has, appends rows
         |
    CaseRunner       case_runner.py    numbers, reference and workers of one case
         |           row.py command.py measurement -> row, and the line that repeats it
    RunFolder        (spbench.store)
         |
    summary          summary.py        rows -> speedups by shape and sparsity

``session.py`` is the whole way for one invocation of ``sweep``, ``single.py`` for ``one``;
``roll_call.py`` asks every backend what it is.
"""
