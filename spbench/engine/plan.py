"""What an engine does with a model, for people: every op, its kernel, its memory, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spbench.engine.compiled_encoder import CompiledEncoder
from spbench.engine.op import Op


@dataclass(frozen=True)
class PlanRow:
    """One op; form, sparsity, weights and reason belong to products.

    Attributes
    ----------
    name, kind : str
        Kinds are qkv, attention, out, up, down, norm, quantize, embedding and rows.
    kernel : str
        What runs whole panels of 64 tokens; its ending is the ISA. Rests of fewer tokens have
        kernels of their own, of the same ISA or a later one.
    kernels : tuple of str
        All that may run, by the number of tokens.
    form : "dense", a block shape, or ""
    sparsity : float
        Share of the weights that lie in zero blocks.
    weight_bytes : int
        Packed, indices included.
    dense_bytes : int
        Of the same weights as dense int8.
    buffer_bytes : int
        Of the memory that the op writes; ops share buffers.
    reason : str
        Why this form.
    """

    name: str
    kind: str
    kernel: str
    kernels: tuple[str, ...]
    form: str = ""
    sparsity: float = 0.0
    weight_bytes: int = 0
    dense_bytes: int = 0
    buffer_bytes: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """All ops in the order in which they run, and the memory that they share.

    Attributes
    ----------
    rows : tuple of PlanRow
    threads : int
    buffer_bytes : int
        Activations and scratch of all threads; nothing is allocated later.
    """

    rows: tuple[PlanRow, ...]
    threads: int
    buffer_bytes: int

    @classmethod
    def of(cls, compiled: CompiledEncoder) -> Plan:
        rows = tuple(map(_row, compiled.ops))
        return cls(rows, compiled.num_threads, compiled.buffer_bytes)

    @property
    def weight_bytes(self) -> int:
        """Packed weights of all products, indices included."""
        return sum(row.weight_bytes for row in self.rows)

    @property
    def dense_bytes(self) -> int:
        """The same weights as dense int8."""
        return sum(row.dense_bytes for row in self.rows)

    @property
    def dense_share(self) -> float:
        """Packed bytes over those of dense int8."""
        return self.weight_bytes / self.dense_bytes


def _row(op: Op) -> PlanRow:
    row = PlanRow(op.name, op.kind, op.kernels[0], op.kernels, buffer_bytes=op.buffer_bytes)
    if op.weight is None:
        return row
    m, k = op.weight.packed.shape
    return replace(
        row,
        form=op.weight.form,
        sparsity=op.weight.sparsity,
        weight_bytes=op.weight.nbytes,
        dense_bytes=m * k,
        reason=op.weight.reason,
    )
