"""Time, memory and accuracy of ranking workers, beside a dense implementation.

python benchmarks/worker_ranking.py    # half an hour on one core

Each case runs in a process of its own, on one core, after a small panel has compiled
the code: processor seconds of one call, and what it adds to the resident set.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from scipy.special import log_ndtr, ndtr

if __name__ == "__main__" and len(sys.argv) == 1:
    from record import ROOT, save

COMMON = {
    "discount_factor": 0.996,
    "separation_rate": 0.01,
    "bargaining_power": 0.5,
    "matching_efficiency": 0.4,
}
NOISE, SEED = 0.2, 20
SIZES = [(3_000, 50), (10_000, 100), (30_000, 300), (100_000, 1_000)]
SMALL_FIRMS = [(10_000, 500), (100_000, 5_000)]
OBJECTIVES = ("loglik", "kemeny")


def cases():
    """List the arguments of `measure`."""
    listed = []
    for production in ("PAM", "NAM"):
        for size in SIZES + SMALL_FIRMS:
            for objective in OBJECTIVES:
                listed.append((production, *size, 0.01, objective, "moves"))
        for size in SIZES[:2]:
            listed.append((production, *size, 0.01, "kemeny", "dense"))
        listed.append((production, 30_000, 300, 0.025, "loglik", "moves"))
    listed.append(("NEITHER", 30_000, 300, 0.01, "loglik", "moves"))
    listed.append(("NEITHER", 30_000, 300, 0.01, "kemeny", "moves"))
    return listed


def make_panel(production, workers, firms, separation):
    from jobteams_lab import identification

    economy = identification.Economy(
        getattr(identification, production), **{**COMMON, "separation_rate": separation}
    )
    equilibrium = identification.solve(economy)
    return identification.simulate(equilibrium, workers, firms, noise=NOISE, seed=SEED)


def dense(panel, objective):
    """Algorithm 3 on a matrix of all pairs of workers, in numpy."""
    from jobteams_lab.identification.noise import error_variance
    from jobteams_lab.identification.wage_orders import ORDERS, wage_orders

    variance = error_variance(panel).variance
    cells = panel.cells()
    worker = np.searchsorted(panel.workers, cells["worker"])
    firm = np.searchsorted(panel.firms, cells["firm"])
    wage, error = cells["wage"].to_numpy(), variance / cells["time"].to_numpy()
    n = len(panel.workers)
    loglik = objective == "loglik"
    c = np.zeros((n, n)) if loglik else np.ones((n, n))
    met = np.zeros((n, n), dtype=bool)
    for f in range(len(panel.firms)):
        at = np.flatnonzero(firm == f)
        z = (wage[at, None] - wage[at]) / np.sqrt(error[at, None] + error[at])
        here = np.ix_(worker[at], worker[at])
        met[here] = True
        if loglik:
            c[here] += log_ndtr(z)
        else:
            c[here] *= ndtr(z)
    c[~met] = 0.0
    np.fill_diagonal(c, 0.0)

    def worth(order):
        # the workers in the order from the lowest to the highest
        return sum(c[i, order[:place]].sum() for place, i in enumerate(order))

    orders = wage_orders(panel)
    order = max(
        (np.argsort(getattr(orders, name), kind="stable") for name in ORDERS), key=worth
    )
    rng, passes, improved = np.random.default_rng(0), 0, True
    gap = c - c.T
    while improved:
        improved = False
        passes += 1
        for i in rng.permutation(n):
            here = int(np.flatnonzero(order == i)[0])
            rest = np.delete(order, here)
            passing = np.append(0.0, np.cumsum(gap[i, rest]))
            best = int(np.argmax(passing))
            if passing[best] > passing[here] + 1e-9:
                order = np.insert(rest, best, i)
                improved = True
    rank = np.empty(n)
    rank[order] = np.arange(n)
    return rank, worth(order), passes


def resident(reset=False):
    """Return the peak of the resident set in MiB since it was last reset (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(production, workers, firms, separation, objective, method):
    """Run one case and return what it took and what it gave."""
    from scipy.stats import spearmanr

    from jobteams_lab.identification.rank_workers import rank_workers

    small = make_panel("PAM", 500, 50, 0.01)
    rank_workers(small, objective=objective)
    panel = make_panel(production, workers, firms, separation)
    before = resident(reset=True)
    began = time.process_time()
    if method == "dense":
        rank, value, passes = dense(panel, objective)
        more = {"passes": passes, "objective": value}
    else:
        found = rank_workers(panel, objective=objective)
        rank = found.rank
        more = {
            "passes": found.passes,
            "moves": found.moves,
            "objective": found.objective,
            "start": max(found.starts.values()),
            "links": found.links,
            "disagreement": found.disagreement,
            "coverage": found.coverage,
        }
    seconds = time.process_time() - began
    after = resident()
    kind = np.zeros(len(panel.workers))
    kind[panel.worker_codes] = panel.data["worker_type"]
    ranked = np.isfinite(rank)
    return {
        "production": production,
        "workers": workers,
        "jobs_a_firm": workers // firms,
        "separation_rate": separation,
        "objective_kind": objective,
        "method": method,
        "seconds": seconds,
        "mib_added": after - before,
        "mib_process": after,
        "correlation": float(spearmanr(kind[ranked], rank[ranked])[0]),
        **more,
    }


def share_of_optima(panels=400):
    """How often single moves end at the exact optimum, over small noisy panels."""
    sys.path.insert(0, str(ROOT / "tests" / "identification"))
    from plain_ranking import dense_weights, random_panel

    from jobteams_lab.identification.kemeny import exact_ranking
    from jobteams_lab.identification.noise import error_variance
    from jobteams_lab.identification.rank_workers import rank_workers

    rows = []
    for objective in OBJECTIVES:
        for start in ("best", "all"):
            for noise in (0.5, 1.5):
                hits, tried, short = 0, 0, []
                for seed in range(panels):
                    panel = random_panel(10, 3, seed=seed, noise=noise, jobs=3)
                    found = rank_workers(panel, objective=objective, start=start)
                    if found.coverage < 1.0:
                        continue
                    weights = dense_weights(
                        panel, error_variance(panel).variance, objective
                    )
                    best = exact_ranking(weights).objective
                    tried += 1
                    short.append((best - found.objective) / abs(best))
                    hits += short[-1] < 1e-9
                rows.append(
                    {
                        "objective_kind": objective,
                        "start": start,
                        "noise": noise,
                        "panels": tried,
                        "optimal": hits / tried,
                        "largest_relative_shortfall": max(short),
                    }
                )
    return rows


def main():
    one_core = {
        **os.environ,
        **dict.fromkeys(
            ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
        ),
    }
    results = []
    for case in cases():
        done = subprocess.run(
            [sys.executable, __file__, json.dumps(case)],
            env=one_core,
            check=True,
            capture_output=True,
            text=True,
        )
        results.append(json.loads(done.stdout))
        print(done.stdout, file=sys.stderr, flush=True)
    save(
        "worker_ranking",
        {**COMMON, "noise": NOISE, "seed": SEED, "months": 240},
        {"cases": results, "against_the_optimum": share_of_optima()},
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(*json.loads(sys.argv[1]))))
    else:
        main()
