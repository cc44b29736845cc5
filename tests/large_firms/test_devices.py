"""Several devices and several processes against one."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jobteams_lab.large_firms import array_files

PROGRAM = Path(__file__).with_name("small_search.py")
DEVICES = 8

# Run in a process of its own: how many devices there are is settled when JAX starts.
SHARED = """
import json, sys
import jax, numpy as np
from jobteams_lab.large_firms import Economy
from jobteams_lab.large_firms.devices import Devices, gather
from jobteams_lab.large_firms.islands import Islands, stratified_firms
from jobteams_lab.large_firms.meeting_tables import Market, tables
from jobteams_lab.large_firms.networks import Basis
from jobteams_lab.large_firms.team_basis import scale_of
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.large_firms.value_search import Problem
from jobteams_lab.precision import double

economy, nodes = Economy.paper(max_team_size=1), np.array([-0.7, 0.7])
log_z, log_q = stratified_firms(economy, 32, 8, 1)
found = []

def about(part):
    shard = part.addressable_shards[0].data
    return [len(part.sharding.device_set), len(shard)]

with double():
    basis = Basis(scale_of(economy))
    value = np.zeros((2, 2, basis.size(1)))
    value[:, :, 0], value[:, 1, 3] = 20.0, 5.0
    for devices in (Devices(jax.devices()[:1]), Devices()):
        found.append({"name": repr(devices), **work(devices)})
json.dump(found, sys.stdout)
"""
SIMULATION = """
def work(devices):
    islands = Islands(
        economy, basis, nodes, log_z, log_q, 1, "crowded", "float64", devices
    )
    rates = islands.advance(value, 4.0)
    return {
        "events": [rates[name].tolist() for name in ("EE", "NE", "breaks")],
        "firm": gather(islands.state.firm).tolist(),
        "x": gather(islands.state.x).tolist(),
        "spread": about(islands.state.x),
    }
"""
EQUATIONS = """
def work(devices):
    rng = np.random.default_rng(2)
    n = np.arange(256) % 2
    sample = TeamSample(
        log_z.ravel(),
        log_q.ravel(),
        0.2 * rng.standard_normal((256, 1)) * n[:, None],
        0.01 * rng.standard_normal((256, 1)) * n[:, None],
        n,
        *rng.standard_normal((2, 100)),
    )
    market = Market.of(economy, sample, 3, 0.0)
    problem = Problem.of(
        economy, basis, nodes, market, sample, 32, 8, rng, devices
    )
    own = problem.whitened(basis, value)
    surplus = np.linspace(-1.0, 3.0, len(market.row))
    right, left = problem.equations(own, tables(market, surplus), True)
    return {
        "right": right.tolist(),
        "left": left.tolist(),
        "spread": about(problem.rows[1].more),
    }
"""


def start(arguments, devices=1, **more):
    """Start Python in a process that sees so many devices."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def output(process):
    said, complaints = process.communicate(timeout=600)
    assert process.returncode == 0, complaints
    return said, complaints


def on_one_and_eight(work):
    """Return what some work finds on one device and on eight."""
    said, _ = output(start(["-W", "error", "-c", work + SHARED], DEVICES))
    one, eight = json.loads(said)
    assert one["name"].startswith("1 × ")
    assert eight["name"].startswith("8 × ")
    return one, eight


def test_the_simulation_is_the_same_event_by_event():
    one, eight = on_one_and_eight(SIMULATION)
    assert one["spread"] == [1, 8]  # devices, and islands on the first one
    assert eight["spread"] == [8, 1]
    assert one["events"] == eight["events"]
    assert one["firm"] == eight["firm"]
    np.testing.assert_allclose(one["x"], eight["x"], rtol=0, atol=1e-13)
    # something happened, and not alike on the islands
    assert np.min(one["events"][1]) > 0
    assert len(set(one["events"][1])) > 4


@pytest.mark.slow
def test_the_equations_are_the_same_up_to_the_order_of_sums():
    one, eight = on_one_and_eight(EQUATIONS)
    assert one["spread"] == [1, 32]  # devices, and teams of a size on the first one
    assert eight["spread"] == [8, 4]
    for name in ("right", "left"):
        size = np.abs(one[name]).max()
        np.testing.assert_allclose(one[name], eight[name], rtol=0, atol=1e-12 * size)


def ended(path):
    return array_files.read(path, "checkpoint of solve", 1, "")


def assert_the_same_search(first, second):
    """Each worker at the same firm after all rounds; V but for the order of sums."""
    (facts, arrays), (others, other) = ended(first), ended(second)
    for name in ("state.firm", "state.members", "state.size", "state.key"):
        np.testing.assert_array_equal(arrays[name], other[name])
    np.testing.assert_allclose(arrays["state.x"], other["state.x"], rtol=0, atol=1e-12)
    value, another = arrays["coefficients"], other["coefficients"]
    largest = np.abs(value).max()
    np.testing.assert_allclose(value, another, rtol=0, atol=1e-9 * largest)
    assert len(facts["history"]) == len(others["history"])
    for found, again in zip(facts["history"], others["history"], strict=True):
        for name in found:
            assert found[name] == pytest.approx(again[name], rel=1e-6), name
    assert facts["history"][-1]["final"]


@pytest.fixture(scope="module")
def eight_devices(tmp_path_factory):
    path = tmp_path_factory.mktemp("eight") / "search.npz"
    said, _ = output(start([PROGRAM, path, DEVICES], DEVICES))
    assert said.strip() == "8 devices, 8 of them here"
    return path


@pytest.mark.slow
def test_eight_devices_solve_as_one(eight_devices, tmp_path):
    said, _ = output(start([PROGRAM, tmp_path / "one.npz", DEVICES]))
    assert said.strip() == "1 devices, 1 of them here"
    assert_the_same_search(tmp_path / "one.npz", eight_devices)


@pytest.mark.slow
def test_two_processes_solve_as_one_and_the_first_speaks(eight_devices, tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        where = f"localhost:{free.getsockname()[1]}"
    path = tmp_path / "search.npz"
    processes = [
        start([PROGRAM, path, DEVICES, where, 2, number], DEVICES // 2)
        for number in range(2)
    ]
    (first, bar), (second, silence) = map(output, processes)
    assert first.strip().endswith("8 devices, 4 of them here")
    assert second.strip().endswith("8 devices, 4 of them here")
    assert "rounds:" in bar
    assert "rounds:" not in silence
    assert os.listdir(tmp_path) == ["search.npz"]
    assert_the_same_search(path, eight_devices)


@pytest.mark.slow
def test_processes_that_see_different_checkpoints_stop(eight_devices, tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        where = f"localhost:{free.getsockname()[1]}"
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    path = tmp_path / "here" / "search.npz"
    path.write_bytes(eight_devices.read_bytes())
    processes = [
        start(
            [PROGRAM, "search.npz", DEVICES, where, 2, number],
            DEVICES // 2,
            cwd=tmp_path / folder,
        )
        for number, folder in enumerate(["here", "there"])
    ]
    for process in processes:
        _, complaints = process.communicate(timeout=300)
        assert process.returncode != 0
        assert "search.npz is not the same for all processes: name a file" in complaints
