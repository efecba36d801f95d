"""Time that can be trusted: one worker process per backend, taking turns.

    sweeps ... measure_case(players, task)          protocol.py    what happens in a case, in order
                 |
                 +- Contestant (one per player)     contestant.py  its part of the case, its failures
                 |     settings, clock, turn_order  how long, when, who follows whom
                 |
                 +- Player                          player.py      how a contestant is spoken to
                       |
                       WorkerProcess                worker_process.py   starts it, times it out
    - - - - - - - - - -|- - - pipe (channel.py)  - - - - - - - - - - - - - - - - - - - - - -
                       serve                        worker.py      the loop in the worker
                         |
                         Bench                      bench.py       prepare, warm up, turn, check

Nothing here knows what is multiplied: a bench is named as ``module:Class`` and made in
the worker (``spbench.gemm.bench:GemmBench``). ``affinity`` says which core is whose.
``statistics`` turns samples into intervals and verdicts.
"""
