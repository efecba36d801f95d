"""Warnings from what a made-up machine tells before and after."""

import os

import pytest
from fake_system import CPU, FakeSystem

from spbench.measure.snapshot import CpuTicks, snapshot
from spbench.measure.stability import stability_warnings

CALM = {"hypervisor": "none", "governor": "performance", "turbo": "off"}


@pytest.fixture
def system(tmp_path):
    system = FakeSystem(tmp_path)
    system.cpu_ticks((1000, 1000, 0), (1000, 1000, 0))
    system.me(100)
    system.write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 500 kB")
    system.write("proc/vmstat", "nr_free_pages 7\npswpin 5\npswpout 6")
    for cpu in (0, 1):
        system.write(f"{CPU}/cpu{cpu}/thermal_throttle/core_throttle_count", 3)
        system.write(f"{CPU}/cpu{cpu}/topology/thread_siblings_list", cpu)
    return system


def take(system, cpus=(0, 1)):
    return snapshot(system.files, cpus)


def warn(before, after, **facts):
    return {one.name: one for one in stability_warnings(before, after, CALM | facts)}


def test_a_calm_machine_has_no_warnings(system):
    before = take(system)
    system.cpu_ticks((1090, 1010, 0), (1010, 1090, 0))
    system.me(199)  # of the 100 ticks, one is not ours
    assert warn(before, take(system)) == {}


def test_what_is_not_told_is_no_warning(tmp_path):
    silent = take(FakeSystem(tmp_path))
    assert (silent.ticks, silent.own_ticks, silent.throttled) == ({}, None, None)
    unknown = dict.fromkeys(CALM, "unknown")
    assert warn(silent, silent, **unknown) == {}
    assert stability_warnings(silent, silent, {}) == []


@pytest.mark.parametrize(
    ("fact", "value"), [("hypervisor", "KVM"), ("governor", "powersave"), ("turbo", "on")]
)
def test_a_fact_that_makes_times_unsteady(system, fact, value):
    before = take(system)
    (warning,) = stability_warnings(before, before, CALM | {fact: value})
    assert (warning.name, warning.number) == (fact, value)
    assert str(warning) == f"{warning.what} ({value}). {warning.advice}"
    assert set(warning.to_dict()) == {"name", "what", "number", "advice"}


def test_stolen_time(system):
    before = take(system)
    system.cpu_ticks((1000, 1090, 10), (1000, 1100, 0))
    found = warn(before, take(system))
    assert list(found) == ["steal"] and found["steal"].number == "5.0% of the time"


def test_other_processes_are_what_is_neither_idle_nor_ours(system):
    before = take(system)
    system.cpu_ticks((1100, 1000, 0), (1050, 1050, 0))
    system.me(200)
    found = warn(before, take(system))
    assert list(found) == ["others"] and found["others"].number == "0.50 of 2 cores"


def test_only_cpus_of_this_process_count(system):
    before = take(system, cpus=[0])
    system.cpu_ticks((1000, 1100, 0), (1100, 1000, 50))
    assert warn(before, take(system, cpus=[0])) == {}


def test_children_are_ours_dead_and_alive_and_theirs(system):
    before = take(system)
    assert before.own_ticks == 100
    system.process(os.getpid(), 1, (100, 10, 20, 30))
    system.process(70_000_001, os.getpid(), (1, 2, 3, 4))
    system.process(70_000_002, 70_000_001, (100, 0, 0, 0))
    system.process(70_000_003, 1, (5000, 0, 0, 0))
    system.write("proc/70000004/stat", "")
    assert take(system).own_ticks == 160 + 10 + 100


def test_a_sibling_that_works_too(system):
    for cpu in (0, 1):
        system.write(f"{CPU}/cpu{cpu}/topology/thread_siblings_list", "0-1")
    before = take(system, cpus=[1])
    assert before.siblings == [(0, 1)]
    system.cpu_ticks((1030, 1070, 0), (1090, 1010, 0))
    system.me(190)
    found = warn(before, take(system, cpus=[1]))
    assert list(found) == ["smt"] and found["smt"].number == "30% of the time"


def test_lists_of_siblings_come_in_two_forms(system):
    system.write(f"{CPU}/cpu0/topology/thread_siblings_list", "0,64")
    system.write(f"{CPU}/cpu1/topology/thread_siblings_list", "nonsense")
    assert take(system).siblings == [(0, 64)]


def test_heat(system):
    before = take(system)
    system.write(f"{CPU}/cpu1/thermal_throttle/core_throttle_count", 7)
    found = warn(before, take(system))
    assert list(found) == ["thermal"] and found["thermal"].number == "4 times"


def test_little_memory_and_swapping(system):
    before = take(system)
    system.write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 20 kB")
    system.write("proc/vmstat", "pswpin 5\npswpout 26")
    found = warn(before, take(system))
    assert list(found) == ["memory", "swap"]
    assert found["memory"].number == "2.0% available" and found["swap"].number == "20 pages"


def test_counters_that_go_back_count_as_nothing(system):
    before = take(system)
    system.cpu_ticks((990, 1100, 0), (1000, 1090, 0))
    assert warn(before, take(system)) == {}


def test_ticks_are_sorted_by_kind(system):
    system.cpu_ticks((10, 20, 30))
    assert take(system).ticks == {0: CpuTicks(10, 20, 30)}


def test_this_machine_tells_something():
    taken = snapshot()
    assert taken.own_ticks is None or taken.own_ticks > 0
    assert all(one.busy > 0 for one in taken.ticks.values())
