"""What a study of models may be asked for, and the studies that come with spbench."""

from pathlib import Path

import pytest
from tiny_models import tiny_yaml

from spbench.backends.runtimes import REGISTRY
from spbench.errors import InputError
from spbench.sweeps.models.cases import bench_cases, limit_cases
from spbench.sweeps.models.config import BenchConfig, LimitConfig

FILES = sorted((Path(__file__).parents[3] / "configs" / "model-sweeps").glob("*.yaml"))


@pytest.fixture
def tiny(tmp_path):
    return tiny_yaml(tmp_path)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_is_valid_named_as_it_is_and_opens_with_why(file):
    config = BenchConfig.build(file, {})
    assert config.name == file.stem
    assert config.runtimes == list(REGISTRY)
    assert bench_cases(config)
    assert file.read_text().startswith("# Why: ")


def test_the_quick_one_is_a_part_of_the_papers():
    whole, quick = (
        {case.case_id for case in bench_cases(BenchConfig.build(file, {}))} for file in FILES
    )
    assert quick < whole


def test_cases_are_every_combination_with_ids_of_their_own(tiny):
    given = {"models": [tiny], "sparsity": [0, 0.8], "batch": [1, 2], "tokens": [4, 8]}
    cases = bench_cases(BenchConfig.build(None, given))
    assert len({case.case_id for case in cases}) == 8
    assert [(case.batch, case.tokens) for case in cases[:4]] == [(1, 4), (1, 8), (2, 4), (2, 8)]


def test_options_replace_the_calls_of_a_file(tiny, tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("models: [tiny.yaml]\ncalls: [1x4, 8x4]\n")
    assert BenchConfig.build(file, {}).call_sizes() == [(1, 4), (8, 4)]
    assert BenchConfig.build(file, {"tokens": ["6"]}).call_sizes() == [(1, 6)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"models": []}, "no model"),
        ({"runtimes": ["onnx"]}, "unknown runtime 'onnx'"),
        ({"calls": ["8by3"]}, "write SENTENCESxTOKENS"),
        ({"calls": ["8x3"], "tokens": [3]}, "give calls"),
        ({"sparsity": [1.0]}, "below 1"),
        ({"tokens": [41]}, "41 tokens; it has positions for 40"),
        ({"threads": [999]}, "this process may use"),
    ],
)
def test_what_cannot_be_measured_is_refused(tiny, given, told):
    with pytest.raises(InputError, match=told):
        bench_cases(BenchConfig.build(None, {"models": [tiny]} | given))


def test_models_of_one_name_are_refused(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    given = {"models": [tiny_yaml(tmp_path), tiny_yaml(other)]}
    with pytest.raises(InputError, match="models of one name"):
        bench_cases(BenchConfig.build(None, given))


def test_a_limit_is_the_models_unless_given(tiny):
    given = {"models": [tiny], "tokens": [4], "cores": 1}
    assert [case.limit_ms for case in limit_cases(LimitConfig.build(None, given))] == [5]
    given |= {"latency_limit_ms": "2.5"}
    (case,) = limit_cases(LimitConfig.build(None, given))
    assert (case.limit_ms, case.splits()) == (2.5, [(1, 1)])


def test_all_cores_are_used_by_every_split(tiny):
    (case,) = limit_cases(LimitConfig.build(None, {"models": [tiny], "tokens": [4], "cores": 1}))
    for cores in (1, 6, 64):
        splits = type(case)(case.largest, 1, cores).splits()
        assert all(count * threads == cores for count, threads in splits)
        assert splits[0] == (cores, 1)
        assert splits[-1] == (1, cores)
