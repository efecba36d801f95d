"""Work in parallel with the same bytes whatever the number of threads.

BLAS is held to one thread, so that a product depends on its operands alone; what runs side by
side are pieces whose size does not depend on the machine, and whose results are used in order.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, Self, TypeVar

from threadpoolctl import threadpool_limits

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Shared = TypeVar("Shared")


class Pool(Protocol):
    """Where pieces of a layer's pruning are computed: here, or on the nodes of a cluster."""

    def map(
        self, function: Callable[[Shared, Piece], Result], shared: Shared, pieces: Iterable[Piece]
    ) -> Iterator[Result]:
        """``function(shared, piece)`` of every piece, in their order.

        Functions are module-level and change none of their arguments.
        """


class Threads:
    """Threads of this process; use as a context.

    Parameters
    ----------
    count : int, optional
        As many as the process has CPUs, by default.
    """

    def __init__(self, count: int | None = None):
        self.count = count or len(os.sched_getaffinity(0))

    def __enter__(self) -> Self:
        self._blas = threadpool_limits(1, user_api="blas")
        self._pool = ThreadPoolExecutor(self.count)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._blas.restore_original_limits()

    def map(
        self, function: Callable[[Shared, Piece], Result], shared: Shared, pieces: Iterable[Piece]
    ) -> Iterator[Result]:
        """See :class:`Pool`. At most two results a thread wait to be taken."""
        under_way: deque[Future[Result]] = deque()
        for piece in pieces:
            under_way.append(self._pool.submit(function, shared, piece))
            if len(under_way) >= 2 * self.count:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
