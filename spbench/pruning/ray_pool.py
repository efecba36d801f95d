"""Pieces of a layer's pruning on the nodes of a Ray cluster.

The calibration text stays with the driver; a piece is a matrix whose blocks are chosen, or some
block rows whose weights are solved for. What pieces share crosses to each node once. A piece
depends on nothing but its arguments, so one whose worker dies is computed again, to the same bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

from threadpoolctl import threadpool_limits

from spbench.errors import RunError, SpbenchError
from spbench.pruning.threads import Piece, Result, Shared
from spbench.ray_connection import connect, ray

_RETRIES = 5  # of a piece, each time its worker or node was lost


class RayPool:
    """See :class:`spbench.pruning.threads.Pool`. Use as a context.

    Parameters
    ----------
    address : str, optional
        ``HOST:PORT`` of a cluster; the one running here by default.
    """

    def __init__(self, address: str | None = None):
        self._address = address

    def __enter__(self) -> Self:
        connect(self._address)
        self._compute = ray.remote(num_cpus=1, max_retries=_RETRIES)(_compute)
        return self

    def __exit__(self, *_: object) -> None:
        ray.shutdown()

    def map(
        self, function: Callable[[Shared, Piece], Result], shared: Shared, pieces: Iterable[Piece]
    ) -> Iterator[Result]:
        """Raises :class:`RunError` where a piece is lost again and again."""
        reference = ray.put(shared)
        most = 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
        under_way: deque[Any] = deque()
        for piece in pieces:
            under_way.append(self._compute.remote(function, reference, piece))
            if len(under_way) >= most:
                yield _result(under_way.popleft())
        while under_way:
            yield _result(under_way.popleft())


def _compute(function: Callable, shared: Any, piece: Any) -> Any:
    with threadpool_limits(1, user_api="blas"):
        return function(shared, piece)


def _result(reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise (error.cause if isinstance(error.cause, SpbenchError) else error) from error
    except ray.exceptions.RayError as error:
        raise RunError(f"the Ray cluster lost a piece {_RETRIES + 1} times: {error}") from error
