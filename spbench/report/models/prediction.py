"""What the times of a model's layers predict for the model, beside what was measured.

`run-gemm --from-model` times each linear layer alone. Their sums, dense over sparse, predict how
much faster the linear layers of the whole model get; with the share f that these have of the dense
model's time, Amdahl's law predicts the model's speed-up, 1 / (1 - f + f / s) (Amdahl, AFIPS 1967).
Measured is the engine with the pruned weights against the same engine with the unpruned ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spbench.measure.statistics import Interval
from spbench.report.case import Case, Setting
from spbench.report.comparison import compare_all, steady
from spbench.report.models.case import DENSE_TWIN, ModelCase
from spbench.report.models.comparison import ModelComparison
from spbench.report.models.study import ModelStudy
from spbench.report.study import FASTEST_DENSE, Study
from spbench.report.summary import Summary, sum_of

SAME_SPARSITY = 0.02
"""Two counts of the zeros of one model differ by less: one is of blocks, one of weights."""


@dataclass(frozen=True)
class Prediction:
    """One measured model call and the layers' times that predict it.

    ``layers`` is the sum over the model's layers in the run of products, of ``setting``, over
    ``baseline``: the dense twin of the kernels, or else the fastest dense library.
    """

    measured: ModelComparison
    setting: Setting
    baseline: str
    layers: Summary

    @property
    def case(self) -> ModelCase:
        return self.measured.case

    @property
    def predicted_linear(self) -> Interval:
        """Speed-up of the linear layers, from the run of products; 99 %."""
        return self.layers.interval

    @property
    def measured_linear(self) -> float | None:
        """The same in the model; None where it was not timed by op."""
        dense, own = self.measured.rival.linear_ns, self.measured.row.linear_ns
        return dense / own if dense and own else None

    @property
    def linear_share(self) -> float | None:
        """Share of the dense model's time that its linear layers take, 0 .. 1.

        Of the ops timed with them, where there are such: of calls under the same conditions.
        """
        dense = self.measured.rival
        if not dense.linear_ns:
            return None
        whole = sum((dense.op_time_ns or {}).values()) or dense.time_ns
        return min(1.0, dense.linear_ns / whole)

    @property
    def predicted_model(self) -> Interval | None:
        """Speed-up of the model by Amdahl's law."""
        share, layers = self.linear_share, self.predicted_linear
        if share is None:
            return None
        bounds = (layers.low, layers.value, layers.high)
        return Interval(*(1 / (1 - share + share / each) for each in bounds))


def error(predicted: float, measured: float) -> float:
    """Share by which a prediction is too high (above 0) or too low."""
    return predicted / measured - 1


def predictions(study: ModelStudy, products: Sequence[Study], origin: str = "") -> list[Prediction]:
    """For each case measured against the dense twin of which the layers were timed too.

    ``origin`` is what the model of the products was before it was pruned, if that is known.
    """
    sums = [found for each in products for found in _sums(each)]
    found = []
    for case in study.cases:
        measured = study.comparison(case, DENSE_TWIN)
        if measured is not None and not measured.disturbed:
            found += [
                Prediction(measured, setting, baseline, layers)
                for model, n, setting, baseline, layers in sums
                if _fits(case, {model, Path(model).name, origin}, n, setting, layers)
            ]
    return found


def _sums(study: Study) -> Iterable[tuple]:
    """(weights' model, N, setting, baseline, sum) of each model in a run of products."""
    groups: dict[tuple[str, int], list[Case]] = {}
    for case in study.cases:
        if case.from_model:
            groups.setdefault((case.any_row.weights.rpartition(":")[0], case.n), []).append(case)
    for (model, n), cases in groups.items():
        twin = all(case.counted(DENSE_TWIN) for case in cases)
        baseline = DENSE_TWIN if twin else study.baseline or FASTEST_DENSE
        pairs = ((case, case.counted(study.subject), _dense(study, case, twin)) for case in cases)
        compared = compare_all((each for each in pairs if each[1] and each[2]), study.indifference)
        if len(steady(compared)) == len(cases):  # a layer that is missing would be a wrong sum
            yield model, n, study.setting, baseline, sum_of(compared)


def _dense(study: Study, case: Case, twin: bool):
    return case.counted(DENSE_TWIN) if twin else study.baseline_of(case)


def _fits(case: ModelCase, models: set[str], n: int, setting: Setting, layers: Summary) -> bool:
    """Whether products of a model's layers are those that the case's call makes."""
    row = case.any_row
    named = {row.model, row.source, Path(row.source).name, Path(row.source).stem}
    same_model = bool(named & models - {""})
    same_zeros = abs(layers.sparsity_real - row.sparsity_real) < SAME_SPARSITY
    same_call = (n, setting.pattern, setting.threads) == (case.tokens, row.pattern, row.threads)
    same_machine = setting.host == row.host and row.instances == 1
    return same_model and same_zeros and same_call and same_machine
