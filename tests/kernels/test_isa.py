"""What a CPU has and kernels do not use, and why."""

from spbench.kernels import usable_kernels
from spbench.kernels.isa import chosen_kernels, explain_unused, family

AVX2 = {"name": "spmm_u8s8_4x1_n64_avx2", "features": ["avx2", "fma"]}
AVXVNNI = {"name": "spmm_u8s8_4x1_n64_avxvnni", "features": ["avx2", "fma", "avxvnni"]}
VNNI = {"name": "spmm_u8s8_4x1_n64_avx512vnni", "features": ["avx512f", "avx512vnni"]}
KERNELS = [AVX2, AVXVNNI, VNNI]


def test_a_feature_without_kernel_is_unused():
    features = ["avx2", "fma", "avx512f", "avx512vnni", "amx_int8"]
    assert explain_unused(features, KERNELS, [VNNI], "") == {"amx_int8": "no kernel"}


def test_what_wider_registers_contain_is_used():
    features = ["avx2", "fma", "avx512f", "avx512vnni", "avxvnni"]
    assert explain_unused(features, KERNELS, [VNNI], "") == {}


def test_vnni_on_256_bits_is_used_where_there_is_no_wider():
    assert explain_unused(["avx2", "fma", "avxvnni"], KERNELS, [AVXVNNI], "") == {}


def test_a_feature_whose_kernels_need_another_says_which():
    unused = explain_unused(["avx2", "fma", "avx512f"], KERNELS, [AVX2], "")
    assert unused == {"avx512f": "its kernels also need avx512vnni"}


def test_a_cap_is_the_reason():
    features = ["avx2", "fma", "avx512f", "avx512vnni"]
    unused = explain_unused(features, KERNELS, [AVX2], "avx2")
    assert unused == dict.fromkeys(["avx512f", "avx512vnni"], "SPBENCH_ISA=avx2")


def test_one_kernel_is_chosen_for_each_task(monkeypatch):
    monkeypatch.setenv("SPBENCH_ISA", "avx2")
    chosen, usable = chosen_kernels(), usable_kernels()
    tasks = [(family(kernel), kernel.get("block"), kernel.get("panel_width")) for kernel in chosen]
    assert len(tasks) == len(set(tasks))
    assert {family(kernel) for kernel in usable} == {family(kernel) for kernel in chosen}
