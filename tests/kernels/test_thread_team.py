"""The team of threads: silent between calls, safe under threads, forks and starvation."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from conftest import make_product

from spbench.kernels import PackedWeight, Panels, Spmm, default_num_threads
from spbench.kernels._native import spmm as native


def prepared(threads: int, seed: int = 0) -> tuple[Spmm, np.ndarray]:
    product = make_product(64, 64, 64, 0.5, seed)
    weight = PackedWeight.pack(product.blocks)
    return Spmm(weight, Panels.from_array(product.x), num_threads=threads), product.s32


def test_nobody_spins_between_calls():
    call, _ = prepared(threads=4)
    call.run()
    time.sleep(0.05)
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.01


def test_more_and_fewer_threads_in_turn():
    for threads in (1, 4, 2, 7, 1, 3):
        call, expected = prepared(threads)
        np.testing.assert_array_equal(call.run().to_array(), expected)


def test_python_threads_take_turns():
    wrong = []

    def work(seed):
        call, expected = prepared(threads=2, seed=seed)
        for _ in range(50):
            if not np.array_equal(call.run().to_array(), expected):
                wrong.append(seed)

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_a_team_of_its_own():
    code = (
        "import os, numpy as np\n"
        "from test_thread_team import prepared\n"
        "call, expected = prepared(3); call.run()\n"
        "child = os.fork()\n"
        "ok = np.array_equal(call.run().to_array(), expected)\n"
        "if child == 0: os._exit(0 if ok else 1)\n"
        "status = os.waitpid(child, 0)[1]\n"
        "raise SystemExit(0 if ok and status == 0 else 1)\n"
    )
    here = os.path.dirname(__file__)
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=here, timeout=30)
    assert done.returncode == 0


def test_rows_are_split_by_work():
    groups = np.concatenate([[0], np.cumsum([100, 1, 1, 1, 1, 1, 1, 94])]).astype(np.int64)
    split = np.empty(3, np.int64)
    native.split_rows(groups, split)
    assert split.tolist() == [0, 3, 8]  # 102 groups + 3 stores of 2 against 98 + 5 of 2


def test_default_is_at_least_one_and_at_most_the_cpus():
    assert 1 <= default_num_threads() <= (os.cpu_count() or 1)


def test_default_respects_the_affinity():
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("no affinity on this system")
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert default_num_threads() == 1
    finally:
        os.sched_setaffinity(0, before)
