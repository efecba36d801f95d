"""The nodes of a Ray cluster, each measuring for itself: the only module that knows Ray.

driver   RayExecutor -> Fleet (fleet.py) -> RayCluster
                                               |  questions, answers; a layer's weights through
                                               |  the object store, once each
node     NodeOwner, an actor that takes all CPUs of its node, so that nothing else that Ray
         schedules runs there while it measures
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from spbench import __version__
from spbench.errors import InputError, SpbenchError
from spbench.formats import BlockSparseMatrix
from spbench.kernels.isa import VARIABLE
from spbench.measure.settings import Protocol
from spbench.ray_connection import NodeAffinitySchedulingStrategy, connect, ray
from spbench.store.schema import Row
from spbench.sweeps.absence import absent
from spbench.sweeps.case import Case
from spbench.sweeps.case_runner import BENCH, CaseRunner
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.executor import Work
from spbench.sweeps.fleet import Answer, Fleet, Node, seating
from spbench.sweeps.machine import machine
from spbench.sweeps.row import RowMaker
from spbench.sweeps.watch import Watch
from spbench.sweeps.weight_of import WeightOf

_GREET_S = 120.0
"""A node that is busy with other work of Ray does not answer; so long it is waited for."""
_FAREWELL_S = 10.0
"""A node may finish the case in its hands, so that it leaves no files behind."""


class NodeOwner:
    """Lives on a node as a Ray actor. ``environment`` is added to that of its process."""

    def __init__(self, environment: Mapping[str, str]):
        os.environ.update(environment)
        self._made_for: tuple | None = None
        self._runner: CaseRunner | None = None
        self._weight: BlockSparseMatrix | None = None

    def facts(self, measure: bool) -> dict[str, Any]:
        """Facts of the node, with its limits if they shall be measured."""
        return machine(measure)

    def absent(self, backends: Sequence[str]) -> set[str]:
        """Backends whose library is not installed here."""
        return absent(BENCH, backends)

    def measure(
        self,
        run_id: str,
        host: str,
        backends: Sequence[str],
        settings: Protocol,
        case: Case,
        weight: BlockSparseMatrix | None,
    ) -> list[Row]:
        """The rows of a case. Its numbers are made here; only a model's ``weight`` is sent."""
        self._weight = weight
        made_for = (run_id, host, tuple(backends), settings)
        if self._runner is None or self._made_for != made_for:
            self.end()
            self._watch = Watch(host)
            maker = RowMaker(run_id, host, settings)
            runner = CaseRunner(backends, settings, maker, lambda problem: self._weight)
            self._runner, self._made_for = runner.__enter__(), made_for
        return self._runner.measure(case)

    def end(self) -> list[dict[str, Any]]:
        """End the workers and remove their files. What disturbed the measuring here."""
        if self._runner is None:
            return []
        self._runner.__exit__(None, None, None)
        self._runner = None
        return self._watch.warnings()


class RayCluster:
    """The nodes of a cluster and the questions under way. See :class:`fleet.Cluster`."""

    def __init__(self) -> None:
        self._owners: dict[Node, Any] = {}
        self._asked: dict[Any, Node] = {}
        self._weights: dict[tuple[str, str], Any] = {}
        self._work: Work | None = None

    def take_up(self, work: Work) -> None:
        """What the questions will be about."""
        self._work = work

    def nodes(self) -> list[Node]:
        """Nodes with CPUs to offer; a head started with ``--num-cpus=0`` is none."""
        return [_node(facts) for facts in ray.nodes() if _offers_cpus(facts)]

    def greet(self, node: Node) -> None:
        """Take the node. An actor on a node that is gone answers as lost."""
        self._asked[self.owner(node).facts.remote(False)] = node

    def ask_for_rows(self, node: Node, host: str, case: Case) -> None:
        """The weights of a layer pass the object store once and stay there for other nodes."""
        work = self._work
        reference = self._owners[node].measure.remote(
            work.folder.run_id,
            host,
            work.backends,
            work.settings,
            case,
            self._weight(case, work.weight_of),
        )
        self._asked[reference] = node

    def answer(self, timeout_s: float) -> Answer | None:
        """Raises what the node raised on purpose, with its name."""
        if not self._asked:
            time.sleep(timeout_s)
            return None
        ready, _ = ray.wait(list(self._asked), num_returns=1, timeout=timeout_s)
        if not ready:
            return None
        node = self._asked.pop(ready[0])
        try:
            return Answer(node, ray.get(ready[0]))
        except ray.exceptions.RayTaskError as error:
            raise _raised_on(node, error) from error
        except ray.exceptions.RayError as error:
            return Answer(node, lost=str(error))

    def leave(self, node: Node) -> None:
        """Give the node's CPUs back at once."""
        self._asked = {ref: asked for ref, asked in self._asked.items() if asked != node}
        owner = self._owners.pop(node, None)
        if owner is not None:
            ray.kill(owner)

    def owner(self, node: Node) -> Any:
        """The actor that owns ``node``, made when first asked for."""
        if node not in self._owners:
            cap = os.environ.get(VARIABLE)
            self._owners[node] = (
                ray.remote(NodeOwner)
                .options(
                    num_cpus=_cpus(node),
                    scheduling_strategy=NodeAffinitySchedulingStrategy(node.key, soft=False),
                )
                .remote({VARIABLE: cap} if cap else {})
            )
        return self._owners[node]

    def end(self) -> list[dict[str, Any]]:
        """End every owner, after the case in its hands if that does not take long.

        What disturbed the nodes while they measured.
        """
        farewells = [owner.end.remote() for owner in self._owners.values()]
        warnings = []
        if farewells:
            said, _ = ray.wait(farewells, num_returns=len(farewells), timeout=_FAREWELL_S)
            for farewell in said:
                with suppress(ray.exceptions.RayError):  # a node that is lost says nothing
                    warnings += ray.get(farewell)
        for node in list(self._owners):
            self.leave(node)
        return warnings

    def _weight(self, case: Case, weight_of: WeightOf) -> Any:
        problem = case.problem
        if problem.weights == "random":
            return None
        key = problem.weights, str(problem.pattern)
        if key not in self._weights:
            self._weights[key] = ray.put(weight_of(problem))
        return self._weights[key]


class RayExecutor:
    """Measures on every node of the cluster at ``address``, or of the one running here.

    Raises :class:`InputError` if none answers. A host is named by
    :func:`fleet.host_name`. See :class:`Executor`.
    """

    name = "ray"
    may_grow = True

    def __init__(self, address: str | None = None, patience_s: float = 60.0):
        connect(address)
        self.notes: list[str] = []
        self._patience_s = patience_s
        self._cluster = RayCluster()
        self._seated: dict[str, Node] = {}

    def check(self, config: SweepConfig) -> None:
        """Every sweep may run on a fleet; what a node cannot do it leaves out."""

    def machines(self, known: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Raises :class:`InputError` for a cluster without free nodes, or with another spbench."""
        nodes = self._cluster.nodes()
        facts = self._ask(nodes, "facts", False)
        if not facts:
            raise InputError("no node of the Ray cluster has CPUs to offer now")
        self._seat(facts, known)
        strangers = [node for host, node in self._seated.items() if host not in known]
        facts |= self._ask(strangers, "facts", True)
        return {host: facts[node] for host, node in self._seated.items()}

    def absent(self, host: str, backends: Sequence[str]) -> set[str]:
        """Asked on the host."""
        node = self._seated[host]
        return self._ask([node], "absent", backends).get(node, set(backends))

    def run(self, work: Work) -> None:
        """All nodes side by side."""
        self._cluster.take_up(work)
        Fleet(self._cluster, self._seated, work, self._patience_s).run()
        work.folder.add_warnings(self._cluster.end())

    def close(self) -> None:
        """Give the nodes back and leave the cluster."""
        if ray.is_initialized():
            self._cluster.end()
            ray.shutdown()

    def _ask(self, nodes: Sequence[Node], method: str, *args: Any) -> dict[Node, Any]:
        """Ask ``nodes`` at once; those that are lost or do not answer are left out, and noted."""
        asked = {getattr(self._cluster.owner(node), method).remote(*args): node for node in nodes}
        answers: dict[Node, Any] = {}
        if not asked:
            return answers
        ready, _ = ray.wait(list(asked), num_returns=len(asked), timeout=_GREET_S)
        for reference in ready:
            try:
                answers[asked[reference]] = ray.get(reference)
            except ray.exceptions.RayTaskError as error:
                raise _raised_on(asked[reference], error) from error
            except ray.exceptions.RayError as error:
                _require_spbench(asked[reference], error)
        for node in asked.values():
            if node not in answers:
                self.notes.append(f"node {node.name} does not answer; it is left out")
                self._cluster.leave(node)
        return answers

    def _seat(self, facts: Mapping[Node, Mapping[str, Any]], known: Mapping[str, Any]) -> None:
        """A machine that is back gets its old host, one of the same kind that of a lost one."""
        for node, mine in facts.items():
            if mine["spbench_version"] != __version__:
                raise InputError(
                    f"node {node.name} has spbench {mine['spbench_version']}, "
                    f"here it is {__version__}: install the same"
                )
        self._seated = seating(facts, list(known))


def _node(facts: Mapping[str, Any]) -> Node:
    """Named as ``ray start --node-name`` said, or else by its host's name: both outlast it."""
    name, address = facts.get("NodeName"), facts.get("NodeManagerAddress")
    return Node(facts["NodeID"], name if name and name != address else facts["NodeManagerHostname"])


def _offers_cpus(facts: Mapping[str, Any]) -> bool:
    return bool(facts["Alive"]) and facts["Resources"].get("CPU", 0) >= 1


def _cpus(node: Node) -> float:
    facts = next(facts for facts in ray.nodes() if facts["NodeID"] == node.key)
    return facts["Resources"]["CPU"]


def _raised_on(node: Node, error: Any) -> Exception:
    """What was meant for the user, with the node's name; a defect as it is."""
    cause = error.cause
    if isinstance(cause, SpbenchError):
        return type(cause)(f"node {node.name}: {cause}")
    return error


def _require_spbench(node: Node, error: Exception) -> None:
    """Raises :class:`InputError` if the owner of a living node could not even be made."""
    if getattr(error, "actor_init_failed", False):
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"node {node.name}: {reason}; install spbench there as here") from error
