"""TVM's loops for block-sparse weights, as TIR: what ``tvm_bsr`` compiles and tries.

TVM no longer has ``topi.nn.sparse_dense``, so all are written here, as text in TIR's own notation.

``topi_bsr`` is that operator for BSR, re-created with its x86 schedule: tokens are rows, one task
is a token and a block row, and the rows of a block are the lanes of a vector; the sums stay in a
small buffer::

    parallel token, block row:
        sum[r] = 0                          r vectorised
        for each block of the row:
            sum[r] += W[block, r, c] * X[token, C * column + c]
        Y[token, R * block row + r] = sum[r]

``f32_tiles`` is spbench's for f32, with tokens as lanes, in panels of ``tile`` tokens,
[panel][K][tile], so that a weight is read once for a whole tile and its sums stay in registers::

    parallel panel, block row:
        for each block of the row, each of its columns c:
            sum[r, q] += W[block, r, c] * X[panel, C * column + c, 16 q ..]     r < R, q < tile / 16
        Y[panel, R * block row + r, 16 q ..] = sum[r, q]

``vnni_groups`` is spbench's schedule for int8, with tokens as lanes, as TVM's own int8 products
have them. W is stored in groups of 4 input channels of a block row: R dwords and 4 numbers.
X lies in panels of ``tile`` tokens, [panel][K][tile]::

    parallel panel, block row:
        for each group of the row:
            line[q] = 4 channels of 16 tokens, interleaved          q < tile / 16
            sum[r, q] = vpdpbusd(sum[r, q], line[q], W[group, r])   r < R
        Y[panel, R * block row + r, 16 q ..] = sum[r, q]

``vnni_rows`` is for very few tokens, which would leave most lanes empty: the R rows of a block are
the lanes, and the 4 bytes of a token's channels a dword that is broadcast to them.

Where a block has a multiple of 4 columns, X lies interleaved already, [panel][K / 4][tile][4], a
group is 4 columns of one block, and a line is one load.
"""

from __future__ import annotations

from typing import Any

LANES = 16
"""32-bit lanes of a vector."""

ROWS_AS_LANES = (4, 8, 16)
"""Rows of a block for which there is a vpdpbusd of as many lanes."""

NAME = "product"


def topi_bsr(block_rows: int, rows: int, cols: int, k: int, tokens: int) -> Any:
    """f32: X [tokens, K], W [blocks, R, C], columns, starts -> Y [tokens, M]."""
    return _function(f"""
@T.prim_func
def {NAME}(x: T.handle, w: T.handle, columns: T.handle, starts: T.handle, y: T.handle):
    T.func_attr({{"global_symbol": "{NAME}", "tir.noalias": True}})
    blocks = T.int32()
    X = T.match_buffer(x, ({tokens}, {k}), "float32")
    W = T.match_buffer(w, (blocks, {rows}, {cols}), "float32")
    J = T.match_buffer(columns, (blocks,), "int32")
    S = T.match_buffer(starts, ({block_rows + 1},), "int32")
    Y = T.match_buffer(y, ({tokens}, {block_rows * rows}), "float32")
    for task in T.parallel({tokens * block_rows}):
        total = T.alloc_buffer(({rows},), "float32")
        for r in T.vectorized({rows}):
            total[r] = T.float32(0)
        for e in T.serial(S[task % {block_rows} + 1] - S[task % {block_rows}]):
            for r in T.vectorized({rows}):
                for c in T.serial({cols}):
                    total[r] = total[r] + W[S[task % {block_rows}] + e, r, c] * X[
                        task // {block_rows}, {cols} * J[S[task % {block_rows}] + e] + c
                    ]
        for r in T.vectorized({rows}):
            Y[task // {block_rows}, {rows} * (task % {block_rows}) + r] = total[r]
""")


def vnni_groups(
    block_rows: int, rows: int, k: int, panels: int, tile: int, *, interleaved: bool, words: bool
) -> Any:
    """int8: X in panels, W int32 [groups, R], columns [groups, 4 or 1], starts -> Y in panels.

    ``interleaved``: X is, so that a group has one number, of 4 channels. ``words``: LLVM before 22
    takes the operands of vpdpbusd as dwords, later ones as bytes.
    """
    line = _interleaved_line if interleaved else _gathered_line
    numbers = range(tile // LANES)
    sums = [(r, q) for r in range(rows) for q in numbers]
    x_shape = f"({panels}, {k // 4}, {4 * tile})" if interleaved else f"({panels}, {k}, {tile})"
    body = [
        *(f"sum{r}_{q} = T.alloc_buffer(({LANES},), 'int32')" for r, q in sums),
        *(f"sum{r}_{q}[{_LANES}] = T.broadcast(T.int32(0), {LANES})" for r, q in sums),
        f"for e in T.serial(S[task % {block_rows} + 1] - S[task % {block_rows}]):",
        *("    " + text for q in numbers for text in line(q, block_rows)),
        *("    " + text for r, q in sums for text in _multiply(r, q, block_rows, words)),
    ]
    body += [
        f"Y[task // {block_rows}, {rows} * (task % {block_rows}) + {r}, "
        f"T.ramp({LANES * q}, 1, {LANES})] = sum{r}_{q}[{_LANES}]"
        for r, q in sums
    ]
    loop = "\n".join("        " + text for text in body)
    return _function(f"""
@T.prim_func
def {NAME}(x: T.handle, w: T.handle, columns: T.handle, starts: T.handle, y: T.handle):
    T.func_attr({{"global_symbol": "{NAME}", "tir.noalias": True}})
    groups = T.int32()
    X = T.match_buffer(x, {x_shape}, "uint8")
    W = T.match_buffer(w, (groups, {rows}), "int32")
    J = T.match_buffer(columns, (groups, {1 if interleaved else 4}), "int32")
    S = T.match_buffer(starts, ({block_rows + 1},), "int32")
    Y = T.match_buffer(y, ({panels}, {block_rows * rows}, {tile}), "int32")
    for task in T.parallel({panels * block_rows}):
{loop}
""")


def f32_tiles(block_rows: int, rows: int, cols: int, k: int, panels: int, tile: int) -> Any:
    """f32: X in panels [panels, K, tile], W [blocks, R, C], columns, starts -> Y in panels."""
    block = f"S[task % {block_rows}] + e"
    lanes = [f"T.ramp({LANES * q}, 1, {LANES})" for q in range(tile // LANES)]
    sums = [(r, q) for r in range(rows) for q in range(len(lanes))]
    body = [
        *(f"sum{r}_{q} = T.alloc_buffer(({LANES},), 'float32')" for r, q in sums),
        *(f"sum{r}_{q}[{_LANES}] = T.broadcast(T.float32(0), {LANES})" for r, q in sums),
        f"for e in T.serial(S[task % {block_rows} + 1] - S[task % {block_rows}]):",
    ]
    for c in range(cols):
        channel = f"{cols} * J[{block}] + {c}"
        body += [
            f"    sum{r}_{q}[{_LANES}] = sum{r}_{q}[{_LANES}] + T.broadcast(W[{block}, {r}, {c}], "
            f"{LANES}) * X[task // {block_rows}, {channel}, {lanes[q]}]"
            for r, q in sums
        ]
    body += [
        f"Y[task // {block_rows}, {rows} * (task % {block_rows}) + {r}, {lanes[q]}] = "
        f"sum{r}_{q}[{_LANES}]"
        for r, q in sums
    ]
    loop = "\n".join("        " + text for text in body)
    return _function(f"""
@T.prim_func
def {NAME}(x: T.handle, w: T.handle, columns: T.handle, starts: T.handle, y: T.handle):
    T.func_attr({{"global_symbol": "{NAME}", "tir.noalias": True}})
    blocks = T.int32()
    X = T.match_buffer(x, ({panels}, {k}, {tile}), "float32")
    W = T.match_buffer(w, (blocks, {rows}, {cols}), "float32")
    J = T.match_buffer(columns, (blocks,), "int32")
    S = T.match_buffer(starts, ({block_rows + 1},), "int32")
    Y = T.match_buffer(y, ({panels}, {block_rows * rows}, {tile}), "float32")
    for task in T.parallel({panels * block_rows}):
{loop}
""")


def vnni_rows(
    block_rows: int, rows: int, k: int, tokens: int, *, interleaved: bool, words: bool
) -> Any:
    """int8: X [tokens, K], W int32 [groups, R], R of ``ROWS_AS_LANES`` -> Y [tokens, M]."""
    group = f"S[task % {block_rows}] + e"
    token = f"task // {block_rows}"
    if interleaved:
        bytes_ = f"X[{token}, T.ramp(4 * J[{group}, 0], 1, 4)]"
        dword = f"T.reinterpret({bytes_}, dtype='int32')"
    else:
        channels = [f"T.cast(X[{token}, J[{group}, {c}]], 'int32')" for c in range(4)]
        dword = " + ".join(f"T.shift_left({x}, {8 * c})" for c, x in enumerate(channels))
    kind = f"int32x{rows}" if words else f"int8x{4 * rows}"
    lanes = f"T.ramp(0, 1, {rows})"
    operands = [f"T.broadcast({dword}, {rows})", f"W[{group}, {lanes}]"]
    if not words:
        operands = [f"T.reinterpret({operand}, dtype='{kind}')" for operand in operands]
    return _function(f"""
@T.prim_func
def {NAME}(x: T.handle, w: T.handle, columns: T.handle, starts: T.handle, y: T.handle):
    T.func_attr({{"global_symbol": "{NAME}", "tir.noalias": True}})
    groups = T.int32()
    X = T.match_buffer(x, ({tokens}, {k}), "uint8")
    W = T.match_buffer(w, (groups, {rows}), "int32")
    J = T.match_buffer(columns, (groups, {1 if interleaved else 4}), "int32")
    S = T.match_buffer(starts, ({block_rows + 1},), "int32")
    Y = T.match_buffer(y, ({tokens}, {block_rows * rows}), "int32")
    for task in T.parallel({tokens * block_rows}):
        total = T.alloc_buffer(({rows},), "int32")
        total[{lanes}] = T.broadcast(T.int32(0), {rows})
        for e in T.serial(S[task % {block_rows} + 1] - S[task % {block_rows}]):
            total[{lanes}] = T.call_llvm_pure_intrin(
                "llvm.x86.avx512.vpdpbusd.{32 * rows}",
                total[{lanes}], {operands[0]}, {operands[1]}, dtype="int32x{rows}",
            )
        Y[{token}, T.ramp({rows} * (task % {block_rows}), 1, {rows})] = total[{lanes}]
""")


_LANES = f"T.ramp(0, 1, {LANES})"
_BYTES = f"T.ramp(0, 1, {4 * LANES})"


def _gathered_line(q: int, block_rows: int) -> list[str]:
    """4 channels of 16 tokens, brought together byte by byte."""
    group = f"S[task % {block_rows}] + e"
    channels = ", ".join(
        f"X[task // {block_rows}, J[{group}, {c}], T.ramp({LANES * q}, 1, {LANES})]"
        for c in range(4)
    )
    order = [LANES * c + t for t in range(LANES) for c in range(4)]
    return [
        f"line{q} = T.alloc_buffer(({4 * LANES},), 'uint8')",
        f"line{q}[{_BYTES}] = T.Shuffle([{channels}], {order})",
    ]


def _interleaved_line(q: int, block_rows: int) -> list[str]:
    group = f"S[task % {block_rows}] + e"
    start = f"T.ramp({4 * LANES * q}, 1, {4 * LANES})"
    return [
        f"line{q} = T.alloc_buffer(({4 * LANES},), 'uint8')",
        f"line{q}[{_BYTES}] = X[task // {block_rows}, J[{group}, 0], {start}]",
    ]


def _multiply(r: int, q: int, block_rows: int, words: bool) -> list[str]:
    kind = "int32x16" if words else "int8x64"
    weight = f"T.broadcast(W[S[task % {block_rows}] + e, {r}], {LANES})"
    if not words:
        weight = f"T.reinterpret({weight}, dtype='int8x64')"
    line = f"T.reinterpret(line{q}[{_BYTES}], dtype='{kind}')"
    sums = f"sum{r}_{q}[{_LANES}]"
    return [
        (
            f"{sums} = T.call_llvm_pure_intrin('llvm.x86.avx512.vpdpbusd.512', "
            f"{sums}, {line}, {weight}, dtype='int32x16')"
        )
    ]


def _function(text: str) -> Any:
    from tvm.script import from_source, tirx

    return from_source(text, extra_vars={"T": tirx})
