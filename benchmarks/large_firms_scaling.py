"""What a solution of large firms costs as its sizes grow, part by part.

    python benchmarks/large_firms_scaling.py

Seconds of a simulated year, of the teams' features, of the tables of meetings and of a
Newton step, as one size at a time moves away from a middle case; and the transcript of
a search that is killed and goes on. Compilation does not count. Three minutes on one
core, whose own seconds they are.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
for library in ("OMP", "OPENBLAS", "NUMBA"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import signal  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import record  # noqa: E402

from jobteams_lab.large_firms import Economy, Preset, solve  # noqa: E402
from jobteams_lab.large_firms.devices import Devices  # noqa: E402
from jobteams_lab.large_firms.islands import Islands, stratified_firms  # noqa: E402
from jobteams_lab.large_firms.lessons import policy_iteration  # noqa: E402
from jobteams_lab.large_firms.meeting_tables import Market, tables  # noqa: E402
from jobteams_lab.large_firms.networks import Basis  # noqa: E402
from jobteams_lab.large_firms.team_basis import scale_of  # noqa: E402
from jobteams_lab.large_firms.value_search import Problem  # noqa: E402
from jobteams_lab.precision import double  # noqa: E402

MIDDLE = {"firms": 2048, "types": 32, "places": 10, "rows": 300, "nodes": 12}
OTHERS = {
    "firms": (512, 8192),
    "types": (8, 128),
    "places": (5, 20),
    "rows": (150, 600),
    "nodes": (6, 24),
}
FEATURES = 100
KILLED = Preset(islands=2, firms=128, nodes=5, types=6, rows=64, features=24, years=5.0)


def first_value(basis, economy, nodes):
    """Return coefficients of a guess: output lasts, and a place is worth a third."""
    sizes, z = np.arange(economy.max_team_size + 1), np.exp(nodes)[:, None]
    value = np.zeros((len(nodes), len(sizes), basis.size(economy.max_team_size)))
    value[:, :, 0], value[:, :, 3] = 8 * z * (1 + 0.3 * sizes), 4 * z * sizes
    return value


def costs(firms, types, places, rows, nodes):
    """Return the seconds of each part, the second time that it is done."""
    economy, seconds = Economy.paper(max_team_size=places), {}
    basis = Basis(scale_of(economy))
    log_z, log_q = stratified_firms(economy, firms, 1, 0)
    grid = np.linspace(log_z.min(), log_z.max(), nodes)
    value = first_value(basis, economy, grid)
    islands = Islands(
        economy, basis, grid, log_z, log_q, 0, "crowded", "float32", Devices()
    )
    islands.advance(value, 3.0)

    def clock(part, work):
        work()
        began = time.process_time()
        found = work()
        seconds[part] = time.process_time() - began
        return found

    clock("a simulated year", lambda: islands.advance(value, 1.0))
    sample = islands.sample()
    market = Market.of(economy, sample, types, 0.0)
    rng = np.random.default_rng(0)
    problem = clock(
        "features of teams",
        lambda: Problem.of(economy, basis, grid, market, sample, rows, FEATURES, rng),
    )
    table = clock(
        "tables of meetings", lambda: tables(market, problem.incumbent_surplus(value))
    )
    own = problem.whitened(basis, value)
    clock("a Newton step", lambda: next(policy_iteration(problem, table, own, 1)))
    return seconds


def killed():
    """Kill a search after two rounds, let it go on, and tell what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        whole, path = (Path(folder) / f"{name}.npz" for name in ("whole", "search"))
        command = [sys.executable, __file__, "search"]
        told = ["a search runs to its end"]
        subprocess.run([*command, whole], check=True)
        process = subprocess.Popen([*command, path])
        while not path.exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        told.append(f"another is killed: exit status {process.wait()}")
        subprocess.run([*command, path], check=True)
        with np.load(whole) as one, np.load(path) as other:
            same = all(
                np.array_equal(one[name], other[name])
                for name in one.files
                if name != "header"
            )
            told.append(f"it goes on to its end; {len(one.files) - 1} arrays are")
            told.append(f"equal to the last bit: {same}")
    return told


def main():
    """Measure each case."""
    cases = [MIDDLE]
    for name, sizes in OTHERS.items():
        cases += [MIDDLE | {name: size} for size in sizes]
    results = []
    for case in cases:
        with double():
            results.append({**case, "seconds": costs(**case)})
        print(results[-1], flush=True)
    results.append({"transcript": killed()})
    ship = "large_firms/scaling.json"
    record.save("large_firms_scaling", {"features": FEATURES}, results, ship=ship)


if __name__ == "__main__":
    if sys.argv[1:2] == ["search"]:
        import warnings

        warnings.simplefilter("ignore")
        solve(Economy.paper(max_team_size=3), KILLED, 0, checkpoint=sys.argv[2])
    else:
        main()
