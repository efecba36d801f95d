"""The bar does its drawing when a step is done, and at no other time."""

import sys
import threading

from spbench.cli.progress import Progress


def test_a_bar_has_no_thread_of_its_own(monkeypatch):
    """It would wake up in this process while workers have their turns."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    threads = threading.active_count()
    with Progress(2) as progress:
        assert progress._bar is not None
        assert threading.active_count() == threads
        progress.advance("one")
        assert progress._bar.tasks[0].completed == 1


def test_elsewhere_lines_tell_how_far_it_is(capsys):
    with Progress(2) as progress:
        progress.advance("one")
        progress.advance("two")
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "1 of 2",
        "2 of 2",
    ]


def test_steps_of_an_earlier_process_do_not_count_for_the_time_left(capsys, monkeypatch):
    clock = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr("spbench.cli.progress.time.monotonic", lambda: next(clock))
    with Progress(10) as progress:
        progress.skip(7)
        progress.advance("one")
        progress.advance("two")
    assert capsys.readouterr().err.splitlines() == [
        "8 of 10, about 20 s left",
        "9 of 10, about 10 s left",
    ]
