"""The equilibria at the paper's parameters: numbers, errors and seconds.

OMP_NUM_THREADS=1 python benchmarks/team_sorting_solutions.py    # a minute

Errors are relative: against 34-digit arithmetic by another route (`exact`), and against
the same solver with Chebyshev pieces of another degree (`refinement`). Wages and firm
values are compared at the ends of the arms, on them and at the mixed set.
"""

import importlib
import json
import statistics
import sys
import time

import numpy as np
import record
from scipy import stats

from jobteams_lab import chebyshev
from jobteams_lab.team_sorting import Economy, solve

# the slow route is the tests' own
sys.path.insert(0, str(record.ROOT / "tests" / "team_sorting"))
high_precision = importlib.import_module("high_precision_teams")
CASES, WORKERS, PROJECTS, name = (
    getattr(high_precision, one) for one in ("CASES", "WORKERS", "PROJECTS", "name")
)

REPEATS = 15
DEGREES = (chebyshev.DEGREE, chebyshev.DEGREE + 8)
STORED = json.loads(high_precision.STORE.read_text(encoding="utf-8"))["cases"]


def economy(workers, projects, m):
    """One of the paper's, in a new object."""
    shapes = (map(float, WORKERS[workers]), map(float, PROJECTS[projects]))
    return Economy(*(stats.beta(*shape) for shape in shapes), m)


def numbers(case, x, z):
    """What is compared, by name."""
    found = solve(economy(*case))
    return {
        "q": found.countermonotonic_share,
        "C": found.mixed_loss,
        "loss": found.output_loss,
        "output": found.output,
        "w(0)": float(found.wage(0.0)),
        "wages": found.wage(x),
        "firm values": found.firm_value(z),
        "duality gap": abs(found.dual_value - found.output),
    }


def seconds(case):
    """Processor time of one solution of a new economy."""
    taken = []
    for _ in range(REPEATS):
        one = economy(*case)
        start = time.process_time()
        solve(one)
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def largest(found, expected, keys):
    """Largest relative error; of wages and values relative to the largest of them."""
    return max(
        float(
            np.max(np.abs(found[key] - expected[key])) / np.max(np.abs(expected[key]))
        )
        for key in keys
    )


def row(case):
    """The numbers of one economy, their errors, and the time they take."""
    exact = STORED[name(*case)]
    x, wages = np.array(exact["wages"], float).T
    z, values = np.array(exact["firm_values"], float).T
    found = numbers(case, x, z)
    truth = {
        "q": float(exact["q"]),
        "C": float(exact["mixed_loss"]),
        "loss": float(exact["output_loss"]),
        "output": float(exact["output"]),
        "w(0)": wages[-1],
        "wages": wages,
        "firm values": values,
    }
    chebyshev.DEGREE = DEGREES[1]
    try:
        refined = numbers(case, x, z)
    finally:
        chebyshev.DEGREE = DEGREES[0]
    # as text, for records keep six digits of numbers
    keys = ("q", "C", "loss", "output", "w(0)")
    shown = {key: f"{found[key]:.12g}" for key in keys}
    return {
        **shown,
        "error, exact": largest(found, truth, truth),
        "error, refinement": largest(found, refined, truth),
        "duality gap": found["duality gap"],
        "seconds": seconds(case),
    }


def main():
    solve(economy("1981", "1981", 2))  # what is loaded once is no part of a solution
    table = {name(*case): row(case) for case in CASES}
    keys = ("error, exact", "error, refinement", "duality gap", "seconds")
    record.save(
        "team_sorting_solutions",
        {
            "workers": WORKERS,
            "projects": PROJECTS,
            "repeats": REPEATS,
            "degrees of the Chebyshev pieces": DEGREES,
        },
        {"largest": {key: max(one[key] for one in table.values()) for key in keys},
         "economies": table},
    )  # fmt: skip


if __name__ == "__main__":
    main()
