"""The subject against one library: the paper's comparison, by number of tokens and sparsity.

A ratio to a library that computes in f32 or bf16 is the product of two: what int8 is worth
wherever zeros are skipped or not, that is the ratio of the machine's peaks, and what is left to
the kernels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spbench.report.comparison import Comparison, steady
from spbench.report.contender import Contender
from spbench.report.machine import MachineFacts
from spbench.report.roofline import FLOAT_PEAKS
from spbench.report.summary import Summary, means

MANY_TOKENS = 128
"""From so many on, time is multiplications; below it is more and more what a call costs besides."""

TYPE_SHARES = {"f32": 4.0, "bf16": 2.0}
"""What int8 does in the time of one: bytes of a register, where no peaks were measured."""


@dataclass(frozen=True, eq=False)
class Rival:
    """A library with all comparisons of the subject with it, on random weights."""

    contender: Contender
    comparisons: Sequence[Comparison]

    def __str__(self) -> str:
        return str(self.contender)

    @property
    def name(self) -> str:
        return self.contender.name


def token_groups(comparisons: Iterable[Comparison]) -> list[list[int]]:
    """The numbers of tokens of undisturbed comparisons: many, few, one; what there is of each."""
    found = sorted({each.case.n for each in steady(comparisons)})
    many = [n for n in found if n >= MANY_TOKENS]
    few = [n for n in found if 1 < n < MANY_TOKENS]
    return [group for group in (many, few, [n for n in found if n == 1]) if group]


def means_by_tokens(rival: Rival) -> dict[tuple[int, ...], dict[float, Summary]]:
    """Geometric mean over shapes and N, by group of tokens and sparsity."""
    return {
        tuple(group): means(each for each in rival.comparisons if each.case.n in group)
        for group in token_groups(rival.comparisons)
    }


def type_share(contender: Contender, machine: MachineFacts) -> float | None:
    """How many times the peak of the library's type int8's is; None of an int8 library."""
    if contender.dtype not in FLOAT_PEAKS:
        return None
    int8 = machine.number("limits", "int8_peak_gops")
    own = machine.number("limits", FLOAT_PEAKS[contender.dtype])
    return int8 / own if int8 and own else TYPE_SHARES[contender.dtype]
