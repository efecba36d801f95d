"""A cluster without processes: nodes come, go and answer as a test says."""

from __future__ import annotations

from synthetic_runs import row

from spbench.sweeps.fleet import Answer, Node

KIND = {"active_isa": "scalar", "spbench_version": "1"}


class FakeCluster:
    """Answers come in the order of the questions; each moves the clock on by ``answer_ns``.

    ``kinds`` maps a node to its fingerprint. ``happens`` maps the number of an answer,
    from 1 on, to what is done before it is given.
    """

    def __init__(self, kinds, clock, answer_ns=1e9):
        self.kinds = dict(kinds)
        self.clock = clock
        self.answer_ns = answer_ns
        self.happens = {}
        self.count = 0
        self.log = []
        self._asked = []

    def nodes(self):
        return list(self.kinds)

    def greet(self, node):
        self._asked.append((node, None, None))

    def ask_for_rows(self, node, host, case):
        assert node not in [asked for asked, _, _ in self._asked], "one case at a time"
        self._asked.append((node, host, case))

    def answer(self, timeout_s):
        self.count += 1
        self.clock.advance(self.answer_ns if self._asked else timeout_s * 1e9)
        self.happens.pop(self.count, lambda: None)()
        if not self._asked:
            return None
        node, host, case = self._asked.pop(0)
        if node not in self.kinds:
            return Answer(node, lost="gone")
        if case is None:
            return Answer(node, KIND | {"fingerprint": self.kinds[node]})
        self.log.append((node.name, host, case.problem.n))
        return Answer(node, [row("spbench", case_id=case.case_id, host=host, n=case.problem.n)])

    def leave(self, node):
        self._asked = [asked for asked in self._asked if asked[0] != node]

    def lose(self, node):
        del self.kinds[node]

    def add(self, key, name, kind):
        self.kinds[Node(key, name)] = kind
