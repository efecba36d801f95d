"""From a question to rows: which cases, in which order, and where they run.

    YAML file, flags
         |
    SweepConfig      config.py             what was asked for, checked
         |           model_source.py       which model, where, with which weights
         |           model_layers.py       its layers, as problems
    Plan             plan.py               the cases and what they come from
         |           cases.py case.py      every combination, once, in a fixed order
         |           case_memory.py        refused if they cannot fit
    SweepSession     session.py            one invocation: its folder, what is still missing
         |           standing.py           what a host has done already
         |           same_run.py           what a resumed run must agree with
    Executor         executor.py executors.py
         |
         +- local    local_executor.py     this machine
         |  run.py                         cases in order, rows to the folder
         |
         +- ray      ray_executor.py       every node of a cluster, one case at a time each
         |  fleet.py                       who measures what, lost nodes
         |
    CaseRunner       case_runner.py        numbers, reference and workers of one case
         |           row.py command.py     measurement -> row, and the line that repeats it
    RunFolder        (spbench.store)
                     outcome.py watch.py   what failed, what disturbed the measuring

``single.py`` is the whole way for ``one``; ``roll_call.py`` asks every backend what it is.
"""
