"""A sweep on a real Ray cluster of several processes on this machine, one of them killed."""

import sys
import tempfile
from contextlib import closing, contextmanager

import pytest
from click.testing import CliRunner

from spbench.cli import main
from spbench.errors import InputError
from spbench.store.run_folder import RunFolder
from spbench.sweeps.session import SweepSession

FAKE = "fake_backends:"
QUICK = "rounds=8,warmup_ms=1,hot_us=0"
MIB = 1 << 20


@pytest.fixture(scope="module")
def node_files(tmp_path_factory):
    """Where nodes keep the numbers of a case."""
    return tmp_path_factory.mktemp("nodes")


@pytest.fixture(scope="module")
def cluster(node_files):
    """A head without CPUs, which measures nothing."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": 80 * MIB}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", tempfile.gettempdir())  # the names of sockets must be short
        patch.setenv("TMPDIR", str(node_files))
        cluster = Cluster(initialize_head=True, head_node_args=head)
        yield cluster
        cluster.shutdown()


def add(cluster, name, cpus=1):
    return cluster.add_node(num_cpus=cpus, object_store_memory=80 * MIB, node_name=name)


@pytest.fixture
def nodes(cluster):
    """Two nodes by name, gone after the test."""
    nodes = {name: add(cluster, name) for name in ("one", "two")}
    cluster.wait_for_nodes()
    yield nodes
    for node in nodes.values():
        if node in cluster.worker_nodes:
            cluster.remove_node(node)


def sweep(cluster, *arguments):
    where = ["--executor", "ray", "--address", cluster.address]
    return CliRunner().invoke(main, ["run-gemm", "sweep", *where, *map(str, arguments)])


def names(hosts):
    return sorted(host.partition("@")[2] for host in hosts)


@pytest.mark.slow
def test_every_node_measures_and_rows_come_to_one_folder(cluster, nodes, tmp_path, make_model):
    out = tmp_path / "run"
    backends = f"{FAKE}Exact,{FAKE}EvenOnly"
    done = sweep(
        cluster, "--shapes", "16x8x4,17x8x4", "--from-model", make_model(), "--model-layers",
        "query", "--backend", backends, "--protocol", QUICK, "--out", out,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    folder = RunFolder.open(out)
    machines = folder.machines()
    assert names(machines) == ["one", "two"]
    assert all(facts["limits"] for facts in machines.values())
    assert not (out / "machine.json").exists()
    for host in machines:
        rows = [row for row in folder.rows() if row.host == host]
        assert len(rows) == 3 * 2
        assert {row.status.value for row in rows} == {"ok", "unsupported"}
    before = (out / "rows.jsonl").read_text()
    again = sweep(cluster, "--resume", out)
    assert again.exit_code == 0 and "6 of 6 cases" in again.stderr
    assert (out / "rows.jsonl").read_text() == before


@pytest.fixture
def start(cluster, tmp_path):
    """Starts a sweep of 12 cases of 0.2 s; ``patience_s`` is for nodes that are gone."""
    from spbench.sweeps.ray_executor import RayExecutor

    def start(patience_s):
        shapes = [f"{m}x8x4" for m in range(16, 28)]
        given = {"shapes": shapes, "backends": [f"{FAKE}Slow", f"{FAKE}Exact"]}
        given["protocol"] = {"rounds": 8, "warmup_ms": 1, "hot_us": 0}
        with closing(RayExecutor(cluster.address, patience_s)) as executor:
            session = SweepSession.start(tmp_path / "run", None, given, executor)
            with closing(session):
                yield session

    return contextmanager(start)


def statuses(folder, name):
    return [row.status.value for row in folder.latest() if row.host.endswith(f"@{name}")]


@pytest.mark.slow
def test_a_killed_node_comes_back_and_goes_on(cluster, nodes, start):
    with start(patience_s=60) as session:
        told = []

        def kill_and_restart(case, rows):
            told.append(rows[0].host)
            if len(told) == 4:
                cluster.remove_node(nodes["one"], allow_graceful=False)
                nodes["one"] = add(cluster, "one")

        session.run(kill_and_restart)
    assert names(session.folder.machines()) == ["one", "two"]
    assert statuses(session.folder, "one") == statuses(session.folder, "two") == ["ok"] * 24
    assert all("in place of" not in row.reason for row in session.folder.rows())


@pytest.mark.slow
def test_a_lost_node_is_marked_and_another_of_its_kind_resumes(cluster, nodes, start):
    with start(patience_s=1) as session:
        told = []

        def kill(case, rows):
            told.append(rows[0].host)
            if len(told) == 4:
                cluster.remove_node(nodes["one"], allow_graceful=False)

        session.run(kill)
    folder = session.folder
    assert statuses(folder, "two") == ["ok"] * 24
    lost = [row for row in folder.latest() if row.status == "failed"]
    assert lost and all(row.reason == "node lost" for row in lost)
    assert len(statuses(folder, "one")) == 24

    nodes["three"] = add(cluster, "three")
    cluster.wait_for_nodes()
    done = sweep(cluster, "--resume", folder.path)
    assert done.exit_code == 0, done.output
    assert "with failed or unavailable backends are measured again" in done.stderr
    assert names(folder.machines()) == ["one", "two"]
    assert statuses(folder, "one") == ["ok"] * 24
    again = [row for row in folder.rows()[-len(lost) :]]
    assert all("measured on three, in place of a lost node" in row.reason for row in again)


@pytest.mark.slow
def test_ctrl_c_leaves_no_files_on_the_nodes(cluster, nodes, start, node_files):
    before = set(node_files.iterdir())  # of nodes that were killed
    with pytest.raises(KeyboardInterrupt), start(patience_s=1) as session:

        def interrupt(case, rows):
            assert set(node_files.iterdir()) > before
            raise KeyboardInterrupt

        session.run(interrupt)
    assert session.folder.rows()
    assert set(node_files.iterdir()) == before


@pytest.mark.slow
def test_a_node_without_spbench_or_with_another_one(cluster, nodes, start, monkeypatch):
    from spbench.sweeps import ray_executor

    class Lacking(ray_executor.NodeOwner):
        def __init__(self, environment):
            raise ModuleNotFoundError("No module named 'spbench'")

    with monkeypatch.context() as patch:
        patch.setattr(ray_executor, "NodeOwner", Lacking)
        with pytest.raises(InputError, match="'spbench'; install spbench there as here"):
            start(patience_s=1).__enter__()
    monkeypatch.setattr(ray_executor, "__version__", "0.0.1")
    with pytest.raises(InputError, match=r"node (one|two) has spbench .*, here it is 0\.0\.1"):
        start(patience_s=1).__enter__()


@pytest.mark.slow
def test_a_busy_node_is_left_out_and_noted(cluster, nodes, monkeypatch):
    import ray

    from spbench.sweeps import ray_executor

    class OtherWork:
        def ready(self):
            return True

    monkeypatch.setattr(ray_executor, "_GREET_S", 15)
    with closing(ray_executor.RayExecutor(cluster.address)) as executor:
        one = next(node for node in ray.nodes() if node["NodeName"] == "one" and node["Alive"])
        there = ray_executor.NodeAffinitySchedulingStrategy(one["NodeID"], soft=False)
        other = ray.remote(OtherWork).options(num_cpus=1, scheduling_strategy=there).remote()
        assert ray.get(other.ready.remote())
        assert names(executor.machines({})) == ["two"]
        assert executor.notes == ["node one does not answer; it is left out"]


def test_no_cluster_is_one_line():
    pytest.importorskip("ray")
    for address, message in [
        ("127.0.0.1:1", "--address 127.0.0.1:1: no Ray cluster answers"),
        ("nonsense", "--address nonsense: write HOST:PORT"),
    ]:
        arguments = ["run-gemm", "sweep", "--shapes", "8x8x8", "--executor", "ray"]
        done = CliRunner().invoke(main, [*arguments, "--address", address])
        assert done.exit_code == 2 and message in done.stderr


def test_without_ray_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    for module in ("spbench.sweeps.ray_executor", "spbench.ray_connection"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    done = CliRunner().invoke(main, ["run-gemm", "sweep", "--shapes", "8x8x8", "--executor", "ray"])
    assert done.exit_code == 2
    assert done.stderr == "Error: --executor ray needs Ray: pip install 'ray>=2.40'\n"


def test_executors_and_options_that_do_not_fit(tmp_path):
    done = CliRunner().invoke(
        main, ["run-gemm", "sweep", "--shapes", "8x8x8", "--address", "127.0.0.1:6379"]
    )
    assert done.exit_code == 2 and "no effect without --executor ray" in done.stderr
    RunFolder.create(tmp_path / "run", {"shapes": ["8x8x8"]}, None, executor="ray")
    done = CliRunner().invoke(
        main, ["run-gemm", "sweep", "--resume", str(tmp_path / "run"), "--executor", "local"]
    )
    assert done.exit_code == 2
    assert "was measured with --executor ray, not local: --resume it with the same" in done.stderr
