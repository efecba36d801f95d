"""A table of runtimes says which of its times other processes have spoilt."""

import pytest
from synthetic_models import absent_model, model_row

from spbench.store.schema import Status
from spbench.sweeps.models.side_by_side import side_by_side


@pytest.mark.parametrize(
    ("lost", "told"), [(None, "ok"), (0.1, "ok"), (0.4, "ok, disturbed")], ids=str
)
def test_a_disturbed_row_is_named(lost, told):
    own, rival = side_by_side([model_row(), model_row("torch-f32", 80e6, lost_share=lost)])
    assert (own.status, rival.status) == ("ok", told)
    assert rival.ratio.value == pytest.approx(80 / 8.4, rel=0.1)


def test_what_did_not_run_has_its_status_and_no_ratio():
    _, absent = side_by_side([model_row(), absent_model("torch-f32", Status.FAILED, "killed")])
    assert (absent.status, absent.ratio, absent.time) == ("failed", None, None)
