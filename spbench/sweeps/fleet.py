"""A sweep on many machines: who measures what, and what becomes of a lost machine's cases.

    work.missing {host: cases}           a seat for each host: its cases, and the node that sits there
         |
       Fleet      each seated node has one case at a time; its rows go to the run's folder
         |        a lost node leaves its seat empty; an equal one may sit down there and go on
      Cluster     starts nodes, puts questions, waits for answers (ray_executor.py)

Nothing here knows Ray.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from spbench.measure.clock import Clock, SystemClock
from spbench.measure.contestant import Measurement
from spbench.store.schema import Row, Status
from spbench.sweeps.case import Case
from spbench.sweeps.executor import Work
from spbench.sweeps.row import RowMaker

NODE_LOST = "node lost"
POLL_S = 2.0
"""How often a fleet with an empty seat looks for nodes that have come."""

_TRIES = 2
"""A case that its node did not survive so often is not tried again: it may be the cause."""

_EQUAL = ("fingerprint", "active_isa", "spbench_version")
"""What must be the same for a node to go on where another was lost."""


@dataclass(frozen=True)
class Node:
    """A machine of the cluster. ``key`` is drawn anew when it comes back, ``name`` is not."""

    key: str
    name: str


@dataclass(frozen=True)
class Answer:
    """What a node had to say: facts or rows; or that it is ``lost``, and why."""

    node: Node
    value: Any = None
    lost: str = ""


class Cluster(Protocol):
    """Nodes that can be asked one question at a time each."""

    def nodes(self) -> list[Node]:
        """Those that are there now."""

    def greet(self, node: Node) -> None:
        """Take the node for us alone. The answer is its facts, without limits."""

    def ask_for_rows(self, node: Node, host: str, case: Case) -> None:
        """The answer is the rows of ``case``, for ``host``."""

    def answer(self, timeout_s: float) -> Answer | None:
        """The next answer of any node, None if none comes in time."""

    def leave(self, node: Node) -> None:
        """Give the node back."""


@dataclass
class Seat:
    """A host of the run: what is left to be measured, and who does it."""

    host: str
    facts: Mapping[str, Any]
    cases: deque[Case]
    node: Node | None = None
    case: Case | None = None  # in the node's hands
    losses: Counter[Case] = field(default_factory=Counter)

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Whether rows of a node with these ``facts`` may stand under this host."""
        return all(self.facts.get(key) == facts.get(key) for key in _EQUAL)


class Fleet:
    """Measures the cases of every host, each on its own node, all nodes side by side.

    ``seated`` says which node is which host now. A host whose node is not there is
    waited for as long as other nodes are at work, and ``patience_s`` after that;
    then its cases become failed rows.
    """

    def __init__(
        self,
        cluster: Cluster,
        seated: Mapping[str, Node],
        work: Work,
        patience_s: float = 60.0,
        clock: Clock | None = None,
    ):
        self._cluster = cluster
        self._work = work
        self._patience_ns = patience_s * 1e9
        self._clock = clock or SystemClock()
        facts = work.folder.machines()
        self._seats = [
            Seat(host, facts[host], deque(cases), seated.get(host))
            for host, cases in work.missing.items()
        ]
        self._greeted: set[Node] = set()
        self._refused = Counter[Node]()
        self._idle_since_ns: int | None = None

    def run(self) -> None:
        """Until no case is left. Raises what a node raised, :class:`RunError` if the disk fills."""
        for seat in self._seats:
            self._next_case(seat)
        while any(seat.case or seat.cases for seat in self._seats):
            answer = self._cluster.answer(POLL_S)
            if answer is not None:
                self._take(answer)
            self._look_after_empty_seats()

    def _take(self, answer: Answer) -> None:
        if answer.node in self._greeted:
            self._greeted.remove(answer.node)
            self._sit_down(answer)
            return
        seat = next((seat for seat in self._seats if seat.node == answer.node), None)
        if seat is None or seat.case is None:
            return
        if answer.lost:
            self._lose(seat)
        else:
            self._keep(seat, seat.case, answer.value)
            seat.case = None
            self._next_case(seat)

    def _next_case(self, seat: Seat) -> None:
        if seat.node is not None and seat.cases:
            seat.case = seat.cases.popleft()
            self._cluster.ask_for_rows(seat.node, seat.host, seat.case)

    def _keep(self, seat: Seat, case: Case, rows: Iterable[Row]) -> None:
        rows = [self._told_apart(seat, row) for row in rows]
        for row in rows:
            self._work.folder.append(row)
        self._work.progress(case, rows)

    def _told_apart(self, seat: Seat, row: Row) -> Row:
        """A row says so if another machine of the same kind measured it."""
        if seat.node is None or belongs_to(seat.host, seat.node.name):
            return row
        remark = f"measured on {seat.node.name}, in place of a lost node of the same kind"
        return row.model_copy(update={"reason": "; ".join(filter(None, (row.reason, remark)))})

    def _lose(self, seat: Seat) -> None:
        self._cluster.leave(seat.node)
        seat.node = None
        case, seat.case = seat.case, None
        seat.losses[case] += 1
        if seat.losses[case] < _TRIES:
            seat.cases.appendleft(case)
        else:
            self._give_up(seat, case)
        self._refused.clear()  # who was not needed may be needed now

    def _give_up(self, seat: Seat, case: Case) -> None:
        maker = RowMaker(self._work.folder.run_id, seat.host, self._work.settings)
        lost = [Measurement(name, Status.FAILED, NODE_LOST) for name in self._work.backends]
        self._keep(seat, case, [maker.row(case, case.problem.sparsity, one) for one in lost])

    def _look_after_empty_seats(self) -> None:
        empty = [seat for seat in self._seats if seat.node is None and seat.cases]
        if not empty:
            self._idle_since_ns = None
            return
        seated = {seat.node for seat in self._seats}
        for node in self._cluster.nodes():
            if node not in seated | self._greeted and self._refused[node] < _TRIES:
                self._greeted.add(node)
                self._cluster.greet(node)
        self._lose_patience(empty)

    def _lose_patience(self, empty: list[Seat]) -> None:
        if any(seat.case for seat in self._seats):
            self._idle_since_ns = None
            return
        now_ns = self._clock.now_ns()
        if self._idle_since_ns is None:
            self._idle_since_ns = now_ns
        if now_ns - self._idle_since_ns < self._patience_ns:
            return
        for seat in empty:
            while seat.cases:
                self._give_up(seat, seat.cases.popleft())

    def _sit_down(self, answer: Answer) -> None:
        """Give the node the seat that was its own, or else one of its kind."""
        node = answer.node
        free = [seat for seat in self._seats if seat.node is None and seat.cases]
        fitting = [seat for seat in free if not answer.lost and seat.fits(answer.value)]
        fitting.sort(key=lambda seat: not belongs_to(seat.host, node.name))
        if not fitting:
            self._refused[node] += 1
            self._cluster.leave(node)
            return
        fitting[0].node = node
        self._next_case(fitting[0])


def seating(facts: Mapping[Node, Mapping[str, Any]], known: Sequence[str]) -> dict[str, Node]:
    """Which node is which host: its own of the ``known`` ones, one of its kind, or a new one."""
    seated: dict[str, Node] = {}
    waiting = sorted(facts, key=lambda node: (node.name, node.key))
    for may_stand_in in (False, True):
        for node in list(waiting):
            for host in known:
                same = host.startswith(f"{facts[node]['fingerprint']}@")
                if host not in seated and same and (may_stand_in or belongs_to(host, node.name)):
                    seated[host] = node
                    waiting.remove(node)
                    break
    for node in waiting:
        seated[host_name(facts[node], node.name, {*known, *seated})] = node
    return seated


def host_name(facts: Mapping[str, Any], name: str, taken: Iterable[str] = ()) -> str:
    """``<fingerprint>@<name>``, with a number where several machines have the same name.

    The same for the same machine whenever it comes back, and usable as a file's name.
    """
    base = f"{facts['fingerprint']}@{_plain(name)}"
    numbered = (f"{base}~{number}" for number in range(2, 1 << 20))
    return base if base not in taken else next(host for host in numbered if host not in taken)


def belongs_to(host: str, name: str) -> bool:
    """Whether ``host`` was made from ``name`` by :func:`host_name`."""
    return host.partition("@")[2].partition("~")[0] == _plain(name)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", name)
