"""The epilogue that a GEMM problem asks for, as the kernels take it."""

from __future__ import annotations

from spbench.formats import GemmData
from spbench.kernels.epilogue import Epilogue, byte_table
from spbench.kernels.panels import Panels
from spbench.kernels.reference import gelu

TABLE_STEP = 1 / 40
"""Of the bytes that a table of GELU takes, 3.2 deviations each way. Finer than those that it
gives, by more than GELU is steep: to round twice is to be less than a step off."""


def problem_epilogue(data: GemmData) -> Epilogue:
    """Numbers and kind of the epilogue of ``data``'s problem."""
    problem = data.problem
    if problem.epilogue == "none":
        return Epilogue()
    kind = problem.epilogue
    zero_point, y_scale = problem.y_zero_point, problem.y_scale
    table = None
    if kind == "gelu-table":
        table = byte_table(gelu, TABLE_STEP, zero_point, y_scale, zero_point, problem.output)
    return Epilogue(
        problem.output,
        data.scale,
        data.bias,
        y_zero_point=zero_point,
        y_scale=y_scale if table is None else TABLE_STEP,
        activation=kind if kind in ("relu", "gelu", "tanh") else "none",
        residual=None if data.residual is None else Panels.from_floats(data.residual),
        table=table,
    )
