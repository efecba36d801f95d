"""Two runs of one sweep, compared although they are not paired in time.

    compare.py      compare_runs: two sides in, a RunComparison out
      side.py         the runs of one side, opened and checked
      pairs.py        rows of both sides that measure the same
      log_time.py     one row as a logarithm of its time over the control's
      cell.py         one case and backend, measured on both sides
      not_compared.py what stands on one side only, or has no times, and why
      spread.py       how far two runs of the same thing lie apart
      change.py       ratio, interval, p-value and verdict; of a case, and of a mean
      machine_change.py   what the machine itself did between the runs
      difference.py   facts, protocol, versions and instruction sets that differ
      gate.py         --fail-on
      student.py      Student's distribution
    document.py     the result as plain data

The statistics. A row gives x, the median over its rounds of log(time / time of
the control kernel in the same round): the clock, and whatever slows every
instruction alike, cancels. For one case and backend the change from A to B is
D = x(B) - x(A), and it errs for three reasons:

    rounds      the median of finitely many rounds: order statistics (log_time.py)
    own         a run meets other pages, other placements: different for every case
    shared      what a whole run is shifted by although the control is not

Repeats (A1,A2,A3 against B1,B2) show all three. With one run a side, the own
part is the spread of D over the cases of a backend and a kind (one token, or
many) around their median, which assumes that most cases did not change, with
tails as heavy as runs were seen to have; the shared part cannot be seen and is
taken to be as large. The median itself is never subtracted: a slowdown of
everything remains one. Both are in spread.py; D over its standard error is
judged by Student's t, and the verdicts are corrected for many cases as in
:func:`spbench.measure.statistics.verdicts`.
"""
