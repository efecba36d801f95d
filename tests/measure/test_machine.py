"""What makes two machines the same, and what a machine says of itself."""

import pytest
from fake_system import CPU, FakeSystem

from spbench.measure.machine import cache_sizes, fingerprint, machine_facts

IDENTITY = {"cpu_model", "cpu_family_model_stepping", "isa", "caches", "cores", "hypervisor"}


@pytest.fixture(scope="module")
def facts():
    return machine_facts(measure=False)


@pytest.mark.parametrize("key", sorted(IDENTITY))
def test_another_machine_has_another_fingerprint(facts, key):
    assert fingerprint(facts | {key: "another"}) != facts["fingerprint"]


def test_the_same_machine_keeps_it(facts):
    others = dict.fromkeys(set(facts) - IDENTITY, "another")
    assert fingerprint(facts | others) == facts["fingerprint"]


def test_what_a_machine_tells(tmp_path):
    system = FakeSystem(tmp_path)
    system.write(
        "proc/cpuinfo", "model name\t: A CPU\ncpu family\t: 6\nmodel\t: 7\nstepping\t: 8\n"
    )
    system.write(f"{CPU}/cpu0/cpufreq/scaling_governor", "powersave")
    system.write(f"{CPU}/cpufreq/boost", 1)
    system.write(f"{CPU}/smt/control", "on")
    for cpu in range(4):
        system.write(f"{CPU}/cpu{cpu}/topology/thread_siblings_list", f"{cpu % 2},{cpu % 2 + 2}")
        system.write(f"{CPU}/cpu{cpu}/thermal_throttle/core_throttle_count", 2)
    told = machine_facts(measure=False, files=system.files)
    assert (told["cpu_model"], told["cpu_family_model_stepping"]) == ("A CPU", "6/7/8")
    assert (told["governor"], told["turbo"], told["smt"]) == ("powersave", "on", "on")
    assert (told["cores"], told["threads_per_core"]) == (2, 2)
    assert told["thermal_throttling"].endswith("times since start")


@pytest.mark.parametrize(
    ("path", "content", "turbo"),
    [("cpufreq/boost", 0, "off"), ("intel_pstate/no_turbo", 1, "off")]
    + [("intel_pstate/no_turbo", 0, "on")],
)
def test_turbo_is_told_in_two_ways(tmp_path, path, content, turbo):
    system = FakeSystem(tmp_path)
    system.write(f"{CPU}/{path}", content)
    assert machine_facts(measure=False, files=system.files)["turbo"] == turbo


def test_what_a_machine_does_not_tell_is_unknown(tmp_path):
    told = machine_facts(measure=False, files=FakeSystem(tmp_path).files)
    for name in ("governor", "turbo", "smt", "thermal_throttling", "cores", "threads_per_core"):
        assert told[name] == "unknown", name
    assert set(told["caches"].values()) == {"unknown"}


def test_sizes_of_caches(tmp_path):
    system = FakeSystem(tmp_path)
    caches = [("1", "Data", "48K"), ("1", "Instruction", "32K"), ("2", "Unified", "2048K")]
    for index, (level, kind, size) in enumerate(caches):
        folder = f"{CPU}/cpu0/cache/index{index}"
        for name, content in (("level", level), ("type", kind), ("size", size)):
            system.write(f"{folder}/{name}", content)
    assert cache_sizes(system.files) == {
        "l1d_bytes": 48 << 10,
        "l2_bytes": 2 << 20,
        "l3_bytes": "unknown",
    }


def test_kernels_of_each_family_name_their_instruction_sets(facts):
    from spbench.kernels._native import spmm as native

    levels = native.isa_names()
    assert {"spmm u8s8", "spmv u8s8"} <= set(facts["kernel_isas"])
    int8 = [isas for family, isas in facts["kernel_isas"].items() if "u8s8" in family]
    used = [isa for isas in int8 for isa in isas]
    assert max(used, key=levels.index) == facts["active_isa"]


def test_a_capped_isa_is_unused_for_that_reason(monkeypatch):
    monkeypatch.setenv("SPBENCH_ISA", "scalar")
    told = machine_facts(measure=False)
    assert {isa for isas in told["kernel_isas"].values() for isa in isas} == {"scalar"}
    assert set(told["unused_isa"]) == set(told["isa"])
    assert set(told["unused_isa"].values()) <= {"SPBENCH_ISA=scalar", "no kernel"} | {
        reason for reason in told["unused_isa"].values() if reason.startswith("its kernels")
    }
