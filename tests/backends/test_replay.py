"""Prepared calls: what reaches the function, what comes back, what is refused."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import weakref

import pytest
from spbench.kernels._native.replay import PreparedCall, time_calls

from spbench.backends.calls import loop_in_python, prepare_call, replay
from spbench.errors import RunError

POINTER, INT, FLOAT = ctypes.c_void_p, ctypes.c_int, ctypes.c_float


BURN_ELSEWHERE = """
import ctypes, os, threading, time
import numpy as np
from spbench.backends.calls import loop_in_python
from spbench.kernels._native.probe import read_scalar
from spbench.kernels._native.replay import PreparedCall, time_calls

here, elsewhere = sorted(os.sched_getaffinity(0))[:2]
memory = np.ones(1024, np.uint8)
started = threading.Event()

def burn():
    os.sched_setaffinity(0, {elsewhere})  # of this thread
    started.set()
    read_scalar(memory, 10**9)  # longer than this process lives, without the GIL

threading.Thread(target=burn, daemon=True).start()
started.wait()
os.sched_setaffinity(0, {here})
usleep = ctypes.CDLL(None).usleep
nap = PreparedCall.native(ctypes.cast(usleep, ctypes.c_void_p).value, 200)
for _ in range(400):
    compiled_wall_ns, compiled_cpu_ns = time_calls(nap, 1)
    python = loop_in_python(lambda: usleep(200), 1)
    print(compiled_cpu_ns / compiled_wall_ns, python.cpu_ns / python.wall_ns, flush=True)
os._exit(0)
"""


class Recorder:
    """A C function made in Python that notes its arguments and returns the next status."""

    def __init__(self, result, *kinds, statuses=()):
        self.calls: list[tuple] = []
        self._statuses = iter(statuses)
        self._function = ctypes.CFUNCTYPE(result, *kinds)(self._note)
        self.address = ctypes.cast(self._function, POINTER).value

    def _note(self, *arguments):
        self.calls.append(arguments)
        return next(self._statuses, 0)


def execute_recorder(statuses=()) -> Recorder:
    return Recorder(INT, POINTER, POINTER, INT, POINTER, statuses=statuses)


def test_native_gets_its_context_each_time() -> None:
    recorder = Recorder(None, POINTER)
    time_calls(PreparedCall.native(recorder.address, 0x1234), 5)
    assert recorder.calls == [(0x1234,)] * 5


SLEEP = """
import ctypes
from spbench.kernels._native.replay import PreparedCall, time_calls

sleep = ctypes.cast(ctypes.CDLL(None).usleep, ctypes.c_void_p).value
call = PreparedCall.native(sleep, 2000)  # microseconds, where a pointer would be
print(*time_calls(call, 5))
"""


def test_clocks_stand_around_the_loop() -> None:
    """In a process without BLAS threads: a pool spins after its start, and after each use."""
    done = subprocess.run(
        [sys.executable, "-c", SLEEP],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    wall_ns, cpu_ns = map(int, done.stdout.split())
    assert wall_ns >= 5 * 2_000_000
    assert 0 < cpu_ns < wall_ns


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")
def test_cpu_time_of_a_thread_that_runs_elsewhere_is_counted() -> None:
    """A process clock alone counts none of it in most of such short spans, too much in the others.

    Where other processes have the CPUs too, some spans are short of it.
    """
    command = [sys.executable, "-c", BURN_ELSEWHERE]
    burner = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split() for line in burner.stdout.splitlines()]
    for cores in zip(*lines, strict=True):
        assert sum(0.6 < float(each) < 1.4 for each in cores) >= 20, cores


def test_pointers_and_ints_arrive() -> None:
    recorder = execute_recorder()
    arguments = (2**47 - 1, 0, -(2**31), 7)
    time_calls(PreparedCall.foreign("dnnl_primitive_execute", recorder.address, arguments), 2)
    assert recorder.calls == [(2**47 - 1, None, -(2**31), 7)] * 2


def test_many_arguments_with_floats_arrive() -> None:
    ints, pointer_int = (INT,) * 6, (POINTER, INT)
    kinds = (*ints, FLOAT, *pointer_int, *pointer_int, FLOAT, *pointer_int)
    recorder = Recorder(None, *kinds)
    arguments = (1, 2, 3, 4, 5, 6, 1.5, 0x10, 7, 0x20, 8, -0.25, 0x30, 9)
    time_calls(PreparedCall.foreign("cblas_sgemm", recorder.address, arguments), 1)
    assert recorder.calls == [arguments]


def test_a_struct_is_copied_when_the_call_is_made() -> None:
    class Description(ctypes.Structure):
        _fields_ = [("type", INT), ("mode", INT), ("diagonal", INT)]

    # Twelve bytes by value travel as two integer registers, on x86-64 as on AArch64.
    kinds = (INT, FLOAT, POINTER, ctypes.c_int64, ctypes.c_int64, POINTER, FLOAT, POINTER)
    recorder = Recorder(INT, *kinds)
    description = Description(20, 40, 50)
    address = ctypes.addressof(description)
    arguments = (10, 1.0, 0x10, address, 0x20, 0.0, 0x30)
    call = PreparedCall.foreign("mkl_sparse_s_mv", recorder.address, arguments)
    description.type = 99
    time_calls(call, 1)
    ((operation, _, _, first, second, x, _, y),) = recorder.calls
    assert (operation, first & 0xFFFFFFFF, first >> 32, second & 0xFFFFFFFF) == (10, 20, 40, 50)
    assert (x, y) == (0x20, 0x30)


def test_first_status_is_raised_after_the_loop() -> None:
    recorder = execute_recorder(statuses=(0, 3, 4, 0))
    call = PreparedCall.foreign("dnnl_primitive_execute", recorder.address, (1, 2, 3, 4))
    with pytest.raises(RuntimeError, match="dnnl_primitive_execute returned status 3"):
        time_calls(call, 4)
    assert len(recorder.calls) == 4
    assert time_calls(call, 1)[0] > 0


def test_what_is_kept_lives_as_long_as_the_call() -> None:
    class Owner:
        pass

    owner = Owner()
    alive = weakref.ref(owner)
    call = PreparedCall.native(execute_recorder().address, 0, keep=owner)
    del owner
    gc.collect()
    assert alive() is not None
    del call
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((1, 2, 3), ValueError, "takes 4 arguments, got 3"),
        ((1, 2, 3, 4, 5), ValueError, "takes 4 arguments, got 5"),
        (("1", 2, 3, 4), TypeError, r"argument 1: an address \(an int\) is needed, got str"),
        ((None, 2, 3, 4), TypeError, "got NoneType"),
        ((1, 2, 3.0, 4), TypeError, "argument 3: an int is needed, got float"),
        ((1, 2, True, 4), TypeError, "got bool"),
        ((1, 2, 2**31, 4), ValueError, "argument 3: 2147483648 does not fit a C int"),
        ((-1, 2, 3, 4), ValueError, "argument 1: -1 is no address"),
    ],
)
def test_arguments_that_do_not_fit(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        PreparedCall.foreign("dnnl_primitive_execute", 1, arguments)


def test_floats_and_structs_are_checked() -> None:
    with pytest.raises(TypeError, match="argument 2: a float is needed, got str"):
        PreparedCall.foreign("mkl_sparse_s_mv", 1, (10, "1", 1, 1, 1, 0.0, 1))
    with pytest.raises(ValueError, match="argument 4: 0 is no address of a struct"):
        PreparedCall.foreign("mkl_sparse_s_mv", 1, (10, 1.0, 1, 0, 1, 0.0, 1))


def test_calls_that_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="unknown signature 'nothing'; known: context, dnnl_"):
        PreparedCall.foreign("nothing", 1, ())
    with pytest.raises(ValueError, match="address is null"):
        PreparedCall.native(0, 0)
    with pytest.raises(TypeError, match=r"PreparedCall.native or PreparedCall.foreign"):
        PreparedCall()


@pytest.mark.parametrize("count", [0, -1])
def test_count_below_one(count: int) -> None:
    call = PreparedCall.native(execute_recorder().address, 0)
    with pytest.raises(ValueError, match="at least one call"):
        time_calls(call, count)


def test_a_failed_call_of_a_backend_is_a_run_error() -> None:
    recorder = execute_recorder(statuses=(6,))
    call = PreparedCall.foreign("dnnl_primitive_execute", recorder.address, (1, 2, 3, 4))
    with pytest.raises(RunError, match="returned status 6"):
        replay(call, 1)
    assert replay(call, 3).count == 3


def test_prepare_call_takes_the_signature_from_the_name() -> None:
    with pytest.raises(ValueError, match="unknown signature 'usleep'"):
        prepare_call(ctypes.CDLL(None).usleep, (1,))


def test_loop_in_python_counts() -> None:
    calls: list[int] = []
    timing = loop_in_python(lambda: calls.append(1), 7)
    assert len(calls) == timing.count == 7
    assert timing.wall_ns > 0
