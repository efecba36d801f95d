"""What is multiplied: the size, sparsity and origin of one GEMM, without its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from spbench.errors import InputError
from spbench.formats.block_shape import BlockShape

MOST_K = 2**31 // (128 * 255)
"""Input channels up to which no sum of products s8 x u8 leaves s32, whatever the numbers are."""

OUTPUTS = ("s32", "f32", "u8", "s8")
EPILOGUES = ("scale+bias", "relu", "gelu", "gelu-table", "tanh", "residual")
"""What an output other than s32 passes, scale and bias first; ``none`` is for s32 alone."""

STEPS_A_UNIT = 32
"""Steps of a byte to one deviation of a channel's results."""

_ZERO_POINTS = {"u8": 128}


@dataclass(frozen=True)
class GemmProblem:
    """Y[M, N] = W[M, K] . X[K, N], W s8 sparse in blocks, X u8.

    ``m`` output channels, ``k`` input channels, ``n`` tokens. ``weights`` is
    ``"random"``, or ``"<checkpoint folder>:<tensor name>"`` for a layer of a
    model, whose own zeros then decide what is stored.

    ``output`` s32 is Y itself. Before the others it passes an epilogue, with a scale and a
    bias for each output channel that belong to the problem's numbers::

        value = activation(scale[m] * Y[m, n] + bias[m]) + residual[m, n]
        f32:    value
        u8, s8: saturate(round_half_even(value / y_scale + y_zero_point))

    A zero point of X is in the bias already, as in a layer that was quantised. ``epilogue`` is
    one of ``EPILOGUES``; the default, left empty, is ``scale+bias``, which has neither activation
    nor residual. ``gelu-table`` is GELU of a value that was requantised before, by a table of
    bytes.

    Raises :class:`InputError` for more input channels than s32 sums can take, and for
    an output or an epilogue that does not exist.
    """

    m: int
    k: int
    n: int
    pattern: BlockShape
    sparsity: float
    weights: str = "random"
    output: str = "s32"
    seed: int = 0
    epilogue: str = ""

    def __post_init__(self) -> None:
        if self.k > MOST_K:
            raise InputError(
                f"{self.m}x{self.k}x{self.n}: K may be at most {MOST_K}, above it s32 sums of "
                f"u8 x s8 can overflow"
            )

        if self.output not in OUTPUTS:
            raise InputError(f"output {self.output!r}: one of {', '.join(OUTPUTS)}")
        if not self.epilogue:
            object.__setattr__(self, "epilogue", self._usual_epilogue)
        self._require_epilogue()

    @property
    def _usual_epilogue(self) -> str:
        return "none" if self.output == "s32" else "scale+bias"

    def _require_epilogue(self) -> None:
        if self.epilogue not in ("none", *EPILOGUES):
            raise InputError(f"epilogue {self.epilogue!r}: one of {', '.join(EPILOGUES)}")
        if (self.epilogue == "none") != (self.output == "s32"):
            raise InputError(
                f"epilogue {self.epilogue} does not go with output {self.output}: s32 is the bare "
                f"product, all else has a scale"
            )
        if self.epilogue == "gelu-table" and self.output == "f32":
            raise InputError("epilogue gelu-table: a table takes bytes, so output is u8 or s8")

    @property
    def is_usual(self) -> bool:
        """Whether the epilogue is that of older problems: ``none`` or ``scale+bias``."""
        return self.epilogue == self._usual_epilogue

    @property
    def y_scale(self) -> float:
        """What a step of the output is worth. With ``scale+bias`` it is the unit of all numbers."""
        return 1.0 if self.is_usual or self.output == "f32" else 1 / STEPS_A_UNIT

    @property
    def y_zero_point(self) -> int:
        """The stored value that means 0: 128 for u8, else 0."""
        return _ZERO_POINTS.get(self.output, 0)

    @property
    def dense_ops(self) -> int:
        """Operations of the dense product, a multiply and an add counted apart."""
        return 2 * self.m * self.k * self.n

    def __str__(self) -> str:
        return f"{self.m}x{self.k}x{self.n} {self.pattern} {self.sparsity:.0%}"
