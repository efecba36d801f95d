"""Time that can be trusted: one worker process per backend, taking turns.

    sweeps ... measure_case(players, task)          protocol.py    what happens in a case, in order
                 |
                 +- Contestant (one per player)     contestant.py  its part of the case: turns taken
                 |                                                 again, failures
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
the worker (``spbench.gemm.bench:GemmBench``). One more player is the control (``control``), a
loop on registers, which tells what the machine did meanwhile. ``affinity`` says which core is
whose, ``run_delay`` how long several threads waited for one.

What comes of it: ``statistics`` turns samples into intervals and verdicts, ``resampling`` gives
intervals of what is made of many cases, ``sample_health`` finds outliers and drifts. About the
machine: ``machine`` (facts), ``limits`` (measured peak, and ``bandwidth`` by size), ``stability``
(warnings from two snapshots of its counters); facts and counters come from /proc and /sys through
``system_files``.
"""
