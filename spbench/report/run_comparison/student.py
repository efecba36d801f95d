"""Student's t distribution with real degrees of freedom.

SciPy is imported when runs are compared, and not before.
"""

from __future__ import annotations

import math
from types import ModuleType

from spbench.errors import InputError


def quantile(confidence: float, degrees: float) -> float:
    """The t that a two-sided interval of this confidence reaches to; infinite without degrees."""
    if degrees <= 0:
        return math.inf
    return float(special().stdtrit(degrees, (1 + confidence) / 2))


def two_sided_p(t: float, degrees: float) -> float:
    """P(|T| >= t) for t >= 0; 1 without degrees of freedom."""
    if degrees <= 0:
        return 1.0
    return float(2 * special().stdtr(degrees, -t))


def special() -> ModuleType:
    """:mod:`scipy.special`. Raises :class:`InputError` where SciPy is not installed."""
    try:
        import scipy.special
    except ModuleNotFoundError as error:
        raise InputError("comparing runs needs SciPy: pip install 'spbench[compare]'") from error
    return scipy.special
