"""The cost ledger: what each part of a product costs, and what the headline contains."""

from __future__ import annotations

import pytest
from synthetic_runs import pair, row

from spbench.measure.statistics import Interval
from spbench.report.case import group_cases
from spbench.report.ledger import entries, headline_contents, ledger
from spbench.report.study import Study, studies

EPILOGUE = {"epilogue": "scale+bias"}


def requantised(output: str, time_ns: float, **changes):
    """spbench's row with another output, 40 ns around its median."""
    return row(
        "spbench",
        time_ns,
        output=output,
        case_id=f"{output} {changes}",
        time_ns_low=time_ns - 20,
        time_ns_high=time_ns + 20,
        **EPILOGUE,
        **changes,
    )


def bare(time_ns: float, **changes):
    return row("spbench", time_ns, time_ns_low=time_ns - 10, time_ns_high=time_ns + 10, **changes)


def by_output(rows) -> dict[str, Study]:
    return {each.setting.output: each for each in studies(group_cases(rows), "onednn")}


def cells(table, row_index: int = 0) -> dict[str, str]:
    return dict(zip(map(str, table.headers), map(str, table.rows[row_index]), strict=True))


def test_parts_of_a_bare_product():
    (study,) = studies(group_cases(pair(4.0, layout_ns=250.0, prepare_ns=2e6)), "onednn")
    own, rival = (cells(ledger(study), index) for index in (0, 1))
    assert (own["backend"], rival["backend"]) == ("spbench", "onednn")
    assert (own["MxK"], own["N"], own["zeros"]) == ("768x768", "128", "80 %")
    assert (own["preparing, once"], own["change of layout"]) == ("2000.0", "0.25")
    assert (own["kernel"], own["a call in all"]) == ("1.00", "1.25")
    assert (rival["kernel"], rival["a call in all"]) == ("4.00", "4.25")
    assert own["epilogue"] == "none: s32 output"


def test_epilogue_is_the_difference_to_the_bare_product():
    found = by_output([bare(1000.0), requantised("u8", 1300.0), requantised("f32", 1400.0)])
    (entry,) = entries(found["u8"], found.values())
    assert entry.kernel_ns == 1000.0
    assert entry.epilogue_ns == Interval(270.0, 300.0, 330.0)
    shown = cells(ledger(found["u8"], found.values()))
    assert (shown["kernel"], shown["epilogue"]) == ("1.00", "0.30 [0.27, 0.33]")
    assert shown["a call in all"] == "1.36"  # 1300 ns and 65 ns for the layout
    assert cells(ledger(found["f32"], found.values()))["epilogue"].startswith("0.40 ")
    assert cells(ledger(found["s32"], found.values()))["epilogue"] == "none: s32 output"


@pytest.mark.parametrize("other", [{"n": 64}, {"seed": 1}, {"threads": 2}, {"sparsity": 0.7}])
def test_another_product_is_no_counterpart(other):
    found = by_output([bare(1000.0, **other), requantised("u8", 1300.0)])
    shown = cells(ledger(found["u8"], found.values()))
    assert shown["epilogue"] == "not measured: no s32 output in this run"
    assert shown["kernel"] == "1.30 with epilogue"


def test_a_counterpart_that_does_not_count():
    found = by_output([bare(1000.0, status="wrong"), requantised("u8", 1300.0)])
    (entry,) = entries(found["u8"], found.values())
    assert entry.kernel_ns is None and entry.epilogue_ns is None


def test_layers_are_named():
    rows = [*pair(4.0), *pair(4.0, weights="m:enc.0.a.weight"), *pair(4.0, weights="m:enc.0.b")]
    (study,) = studies(group_cases(rows), "onednn")
    table = ledger(study)
    assert [str(cells[0]) for cells in table.rows[::2]] == ["random weights", "a", "b"]
    assert table.markdown() and table.html()


def test_rows_of_old_runs_have_parts_missing():
    old = pair(4.0, layout_ns=None, prepare_ns=None, time_ns_low=None, time_ns_high=None)
    (study,) = studies(group_cases(old), "onednn")
    shown = cells(ledger(study))
    assert (shown["preparing, once"], shown["change of layout"]) == ("-", "-")
    assert shown["a call in all"] == "1.00"


def test_the_sentence_says_what_the_headline_contains():
    found = by_output([bare(1000.0), requantised("u8", 1300.0)])
    assert "kernel alone, with s32 output and no epilogue" in headline_contents(found["s32"])
    assert "epilogue (scale+bias, u8 output) in one call" in headline_contents(found["u8"])
    assert headline_contents(found["s32"]) in ledger(found["s32"]).note
