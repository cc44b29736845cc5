"""Every way to sort teams, at the paper's parameters of 1981, in one run.

python benchmarks/team_sorting_methods.py    # ten minutes on one core

Each case has a process of its own, on one core: seconds are its processor time for one
call on a new Economy (median of three, after a small call that loads and compiles what
it can), memory is what the largest of the calls adds to the resident set.
"""

import json
import os
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context

import record
from scipy import stats

from jobteams_lab.team_sorting import Economy, linear_program, rearrange, solve
from jobteams_lab.team_sorting.sinkhorn import sinkhorn

WORKERS, PROJECTS = (0.96, 2.85), (0.98, 2.83)
LONG = 20.0  # seconds, after which one call has to do
HIGH_PRECISION = record.ROOT / "tests" / "team_sorting" / "high_precision.json"
TRUTH = "workers 1981, projects 1981, 2 a team"

# method: (call, arguments, sizes)
METHODS = {
    "formulas": (solve, {}, (None,)),
    "rearrangement": (rearrange, {}, (100, 1_000, 10_000, 100_000, 1_000_000)),
    "linear programme": (linear_program, {}, (20, 40, 100, 200, 400)),
    "linear programme, lower bound": (
        linear_program,
        {"bound": "lower"},
        (20, 40, 100, 200, 400),
    ),
    "linear programme, all teams": (linear_program, {"teams": "all"}, (20, 40, 60)),
    "Sinkhorn": (sinkhorn, {}, (20, 50, 100, 158)),
    "Sinkhorn, ε/10": (sinkhorn, {"regularisation": 1e-4}, (20, 50, 100)),
    "alternation (POT)": (
        sinkhorn,
        {"method": "pot", "tol": 1e-6},
        (20, 50, 99),
    ),
}


def economy():
    """Two workers and a project, 1981."""
    return Economy(stats.beta(*WORKERS), stats.beta(*PROJECTS), 2)


def peak():
    """Largest resident set of this process so far, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 if sys.platform == "linux" else 1024**2)


def measure(name, size):
    """Run one case and hold it against 34 digits and the formulas' wages."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0})
    call, options, _ = METHODS[name]
    arguments = () if size is None else (size,)
    if size is not None:
        call(economy(), 5, **options)  # imports and, for one shape, compiles
    before, seconds = peak(), []
    while len(seconds) < 3 and (not seconds or seconds[0] < LONG):
        made = economy()
        start = time.process_time()
        found = call(made, *arguments, **options)
        seconds.append(time.process_time() - start)
    memory = peak() - before
    truth = json.loads(HIGH_PRECISION.read_text())["cases"][TRUTH]
    exact = float(truth["output_loss"])
    row = {
        "method": name,
        "points": size,
        "options": options,
        "loss_error": found.output_loss / exact - 1.0,
        "seconds": statistics.median(seconds),
        "first_seconds": seconds[0],
        "calls": len(seconds),
        "peak_MiB": memory,
    }
    if name == "formulas":
        pay = [(float(x), float(w)) for x, w in truth["wages"]]
        row["wage_error"] = max(abs(float(found.wage(x)) - w) for x, w in pay)
        return row
    row |= {
        "iterations": found.iterations,
        "converged": found.converged,
        "bounds": found.grid.bound,
    }
    if found.potentials is not None:
        row["lower_error"] = found.lower / exact - 1.0
        row["duality_gap"] = found.duality_gap / exact
        row["wage_error"] = found.wage_error(solve(made))
    return row


def main():
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    rows = []
    for name, (_, _, sizes) in METHODS.items():
        for size in sizes:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                row = pool.submit(measure, name, size).result()
            print(row, flush=True)
            rows.append(row)
    record.save(
        "team_sorting_methods",
        {
            "workers": f"Beta{WORKERS}",
            "projects": f"Beta{PROJECTS}",
            "workers_per_team": 2,
            "wage_error": "largest deviation at percentiles 1 to 99, after its mean;"
            " of the formulas: against 34 digits at six skills",
            "solvers": {name: version(name) for name in ("POT", "jax", "scipy")},
        },
        rows,
    )


if __name__ == "__main__":
    main()
