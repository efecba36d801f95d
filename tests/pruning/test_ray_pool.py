"""Pruning on a real Ray cluster of several processes: the same bytes, also when a worker dies."""

from __future__ import annotations

import tempfile

import pytest
from click.testing import CliRunner
from fake_pieces import refuse, square

from spbench.cli import main
from spbench.errors import InputError

MIB = 1 << 20


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one CPU each, beside a head without any."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": 80 * MIB}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", tempfile.gettempdir())  # the names of sockets must be short
        cluster = Cluster(initialize_head=True, head_node_args=head)
        for _ in range(2):
            cluster.add_node(num_cpus=1, object_store_memory=80 * MIB)
        cluster.wait_for_nodes()
        yield cluster
        cluster.shutdown()


@pytest.mark.slow
def test_results_are_in_order_though_a_worker_is_killed(cluster, tmp_path):
    from spbench.pruning.ray_pool import RayPool

    with RayPool(cluster.address) as pool:
        shared = 5, str(tmp_path / "died")
        assert list(pool.map(square, shared, range(12))) == [i * i for i in range(12)]
        assert (tmp_path / "died").exists()
        with pytest.raises(InputError, match="piece 3: refused"):
            list(pool.map(refuse, None, [3]))


@pytest.mark.slow
def test_the_cluster_writes_the_same_bytes_as_one_process(cluster, reader, texts, tmp_path):
    def prune(name, *where):
        arguments = ["prune", reader, "--out", tmp_path / name, "--method", "second-order"]
        arguments += ["--calibration", texts, *where]
        done = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert done.exit_code == 0, done.output
        return [(tmp_path / name / f).read_bytes() for f in ("model.safetensors", "spbench.json")]

    there = prune("there", "--executor", "ray", "--address", cluster.address)
    assert there == prune("here")


def test_an_address_without_ray_isrefused(reader, tmp_path):
    done = CliRunner().invoke(
        main, ["prune", str(reader), "--out", str(tmp_path / "out"), "--address", "here:1"]
    )
    assert done.exit_code == 2
    assert "--address has no effect without --executor ray" in done.output
