"""Who measures what on many machines, and what becomes of a lost machine's cases."""

import pytest
from fake_cluster import KIND, FakeCluster
from fake_time import FakeClock

from spbench.formats import BlockShape, GemmProblem
from spbench.measure.settings import Protocol
from spbench.store.run_folder import RunFolder
from spbench.sweeps.case import Case
from spbench.sweeps.executor import Work
from spbench.sweeps.fleet import Fleet, Node, belongs_to, host_name, seating

CASES = [Case(GemmProblem(8, 8, n, BlockShape(4, 1), 0.5)) for n in (1, 2, 3, 4)]
ONE, TWO = Node("k1", "one"), Node("k2", "two")


class Try:
    """A fleet of hosts a@one and b@two on a fake cluster."""

    def __init__(self, tmp_path, kinds=None):
        self.folder = RunFolder.create(tmp_path / "run", {"name": "try"}, None)
        for host in ("a@one", "b@two"):
            self.folder.add_machine(host, KIND | {"fingerprint": host[0]})
        self.cluster = FakeCluster({ONE: "a", TWO: "b"} if kinds is None else kinds, FakeClock())
        self.told = []

    def run(self, seated=None, missing=None):
        work = Work(
            missing=missing or {"a@one": CASES, "b@two": CASES},
            backends=["spbench"],
            settings=Protocol(),
            weight_of=lambda problem: None,
            folder=self.folder,
            progress=lambda case, rows: self.told.append(case),
        )
        seated = {"a@one": ONE, "b@two": TWO} if seated is None else seated
        Fleet(self.cluster, seated, work, patience_s=60, clock=self.cluster.clock).run()
        return self

    def statuses(self, host):
        return {row.n: row.status.value for row in self.folder.latest() if row.host == host}

    def measured_by(self, name):
        return [(host, n) for who, host, n in self.cluster.log if who == name]


def test_every_node_measures_every_case_once(tmp_path):
    done = Try(tmp_path).run()
    assert done.measured_by("one") == [("a@one", n) for n in (1, 2, 3, 4)]
    assert done.measured_by("two") == [("b@two", n) for n in (1, 2, 3, 4)]
    assert len(done.folder.rows()) == len(done.told) == 8


def test_a_node_that_is_back_goes_on(tmp_path):
    fleet = Try(tmp_path)
    fleet.cluster.happens = {
        3: lambda: fleet.cluster.lose(ONE),
        6: lambda: fleet.cluster.add("k3", "one", "a"),
    }
    fleet.run()
    assert fleet.statuses("a@one") == dict.fromkeys((1, 2, 3, 4), "ok")
    assert fleet.measured_by("one") == [("a@one", n) for n in (1, 2, 3, 4)]
    assert all(row.reason == "" for row in fleet.folder.rows())
    assert len(fleet.told) == 8


def test_an_equal_node_stands_in_and_the_rows_say_so(tmp_path):
    fleet = Try(tmp_path)
    fleet.cluster.happens = {
        3: lambda: fleet.cluster.lose(ONE),
        4: lambda: fleet.cluster.add("k4", "four", "other kind"),
        5: lambda: fleet.cluster.add("k3", "three", "a"),
    }
    fleet.run()
    assert fleet.statuses("a@one") == dict.fromkeys((1, 2, 3, 4), "ok")
    assert fleet.measured_by("three") == [("a@one", 2), ("a@one", 3), ("a@one", 4)]
    assert fleet.measured_by("four") == []
    reasons = {row.n: row.reason for row in fleet.folder.latest() if row.host == "a@one"}
    assert reasons[1] == "" and reasons[2].startswith("measured on three, in place of a lost node")


def test_a_node_that_was_not_needed_is_asked_again_when_it_is(tmp_path):
    many = [Case(GemmProblem(8, 8, n, BlockShape(4, 1), 0.5)) for n in range(1, 20)]
    fleet = Try(tmp_path)
    fleet.cluster.happens = {
        2: lambda: fleet.cluster.lose(TWO),
        3: lambda: fleet.cluster.add("k3", "spare", "a"),
        12: lambda: fleet.cluster.lose(ONE),
    }
    fleet.run(missing={"a@one": many, "b@two": CASES})
    assert set(fleet.statuses("a@one").values()) == {"ok"}
    assert fleet.measured_by("spare")


def test_patience_ends_and_the_rest_is_marked(tmp_path):
    fleet = Try(tmp_path)
    fleet.cluster.happens = {3: lambda: fleet.cluster.lose(ONE)}
    fleet.run()
    assert fleet.statuses("a@one") == {1: "ok", 2: "failed", 3: "failed", 4: "failed"}
    assert {row.reason for row in fleet.folder.rows() if row.n > 1 and row.host == "a@one"} == {
        "node lost"
    }
    assert fleet.statuses("b@two") == dict.fromkeys((1, 2, 3, 4), "ok")
    assert fleet.cluster.clock.now_ns() >= 60e9
    assert len(fleet.told) == 8


def test_a_case_that_kills_its_nodes_is_left_behind(tmp_path):
    """The node comes back each time, as an actor does whose process was killed."""
    fleet = Try(tmp_path, {ONE: "a"})
    answer = fleet.cluster.answer

    def deadly(timeout_s):
        given = answer(timeout_s)
        if isinstance(given.value, list) and given.value[0].n == 2:
            return type(given)(given.node, lost="killed")
        return given

    fleet.cluster.answer = deadly
    fleet.run({"a@one": ONE}, {"a@one": CASES})
    assert fleet.statuses("a@one") == {1: "ok", 2: "failed", 3: "ok", 4: "ok"}


def test_a_host_that_is_not_there_at_first_is_waited_for(tmp_path):
    fleet = Try(tmp_path, {TWO: "b"})
    fleet.cluster.happens = {2: lambda: fleet.cluster.add("k1", "one", "a")}
    fleet.run({"b@two": TWO})
    assert fleet.statuses("a@one") == dict.fromkeys((1, 2, 3, 4), "ok")


def test_a_node_that_is_gone_while_greeted(tmp_path):
    """Its death is noticed late: it is still listed when its seat is empty."""
    fleet = Try(tmp_path)
    fleet.cluster.greet = lambda node: fleet.cluster._asked.append((Node("k9", "x"), None, None))
    fleet.cluster.happens = {3: lambda: fleet.cluster.lose(ONE)}
    fleet.run()
    assert fleet.statuses("b@two") == dict.fromkeys((1, 2, 3, 4), "ok")
    assert fleet.statuses("a@one")[4] == "failed"


@pytest.mark.parametrize(
    ("name", "taken", "host"),
    [
        ("one", [], "a@one"),
        ("my node/1", [], "a@my-node-1"),
        ("one", ["a@one"], "a@one~2"),
        ("one", ["a@one", "a@one~2"], "a@one~3"),
    ],
)
def test_names_of_hosts(name, taken, host):
    assert host_name({"fingerprint": "a"}, name, taken) == host
    assert belongs_to(host, name) and not belongs_to(host, "two")


def test_seating():
    facts = {ONE: {"fingerprint": "a"}, TWO: {"fingerprint": "a"}}
    assert seating(facts, []) == {"a@one": ONE, "a@two": TWO}
    assert seating(facts, ["a@two", "a@three"]) == {"a@two": TWO, "a@three": ONE}
    assert seating(facts, ["b@one"]) == {"a@one": ONE, "a@two": TWO}
    again = {Node("k1", "one"): {"fingerprint": "a"}, Node("k2", "one"): {"fingerprint": "a"}}
    assert list(seating(again, [])) == ["a@one", "a@one~2"]
    assert set(seating(again, ["a@one", "a@one~2"])) == {"a@one", "a@one~2"}
