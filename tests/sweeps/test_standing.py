"""What a resumed run still has to do."""

import pytest
from synthetic_runs import row

from spbench.formats import BlockShape, GemmProblem
from spbench.sweeps.case import Case
from spbench.sweeps.standing import Standing

ONE, TWO = (Case(GemmProblem(8, 8, n, BlockShape(4, 1), 0.5)) for n in (1, 2))
BACKENDS = ["spbench", "onednn"]


def rows(case, *statuses):
    return [
        row(name, case_id=case.case_id, status=status)
        for name, status in zip(BACKENDS, statuses, strict=False)
    ]


def missing(some_rows, absent=()):
    standing = Standing.of([ONE, TWO], BACKENDS, some_rows, absent)
    return standing.missing, standing.again


def test_nothing_is_done_at_first():
    assert missing([]) == ([ONE, TWO], 0)


@pytest.mark.parametrize("status", ["ok", "wrong", "unsupported"])
def test_a_result_is_a_result(status):
    assert missing(rows(ONE, "ok", status)) == ([TWO], 0)


def test_half_a_case_is_measured_again_whole():
    assert missing(rows(ONE, "ok")) == ([ONE, TWO], 0)


def test_what_failed_has_a_new_chance():
    done = rows(ONE, "ok", "failed") + rows(TWO, "ok", "ok")
    assert missing(done) == ([ONE], 1)


def test_what_was_not_installed_counts_while_it_is_not():
    done = rows(ONE, "ok", "unavailable") + rows(TWO, "ok", "ok")
    assert missing(done, absent={"onednn"}) == ([], 0)
    assert missing(done) == ([ONE], 1)
