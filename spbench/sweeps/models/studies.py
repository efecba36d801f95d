"""The kinds of question about models, by their subcommand."""

from __future__ import annotations

from spbench.sweeps.models.case_runner import ModelCaseRunner
from spbench.sweeps.models.cases import bench_cases, limit_cases
from spbench.sweeps.models.config import BenchConfig, LimitConfig
from spbench.sweeps.models.limit_runner import LimitRunner
from spbench.sweeps.models.session import Study

BENCH = Study("bench", BenchConfig, bench_cases, ModelCaseRunner)
LIMIT = Study("limit", LimitConfig, limit_cases, LimitRunner)
