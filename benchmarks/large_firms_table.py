"""The calibration table under every reading that the slides leave open.

    python benchmarks/large_firms_table.py

Readings of the moments: one simulation of the stored solution with continuous types,
measured in several ways. Readings of the economy: an exact grid of types for each,
simulated with the same seeds, so that differences between them are not noise.
Five minutes on one core.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
for library in ("OMP", "OPENBLAS", "NUMBA"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import time  # noqa: E402

import numpy as np  # noqa: E402
import record  # noqa: E402

from jobteams_lab.large_firms import exact, stored_pay  # noqa: E402
from jobteams_lab.large_firms.economy import Economy  # noqa: E402
from jobteams_lab.large_firms.moments import moments  # noqa: E402
from jobteams_lab.large_firms.panel_flows import panel_transitions  # noqa: E402
from jobteams_lab.large_firms.pay_histories import simulate_pay  # noqa: E402
from jobteams_lab.large_firms.simulate import simulate  # noqa: E402
from jobteams_lab.large_firms.worker_value import worker_value  # noqa: E402

SOLUTION = "paper-laptop"
# twice a year, for those moments that are sampled so
LOOKS = 2
SIZES = {"firms": 512, "islands": 4, "years": 10.0, "per_year": LOOKS, "seed": 18}
FLOWS = {"retirement": "replaced"}
# of the moments: what differs from the defaults and these flows
READINGS = (
    {},
    {"sampling": 0.5},
    {"retirement": "left out"},
    {"changes": "stayers"},
    {"weights": "firms"},
    {"changes": "stayers", "weights": "firms"},
    {"level": "before"},
    {"level": "after"},
    {"residual": "deviation"},
    {"regression": {"quadratic": "none"}},
    {"regression": {"quadratic": "square of mean"}},
    {"regression": {"coworkers": "after"}},
    {"regression": {"least_stayers": 4}},
)
# of the economy: what differs from Economy.paper()
ECONOMIES = (
    {},
    {"contact_rate_nonemployed": 0.314},
    {"contact_rate_nonemployed": 0.9},
    {"firm_covariance": 0.013**2},
    {"max_team_size": 11},
    {"contact_rate_nonemployed": 0.9, "max_team_size": 11},
    {"mean_log_environment": -0.006},  # no reading: what moves the mean change of rank
)
# the range that the default grid has at the slides' calibration
GRID = {
    "human_capital": 3,
    "productivity": 5,
    "log_human_capital_range": (-0.48, 0.39),
}
WAGES = {"tolerance": 1e-2, "most_wages": 60}
# of the moments, of each of them
GRID_READINGS = {
    "moments": {},
    "moments, half a year": {"sampling": 0.5},
    "moments, no squares": {"regression": {"quadratic": "none"}},
}
GRID_SIZES = {"firms": 2_000, "years": 15.0, "burn_in": 20.0}
SEEDS = (18, 19, 20, 21)


def row(panels, workers, year, **reading) -> dict:
    """The moments of some panels, and EE, with standard errors over panels."""
    options = {**FLOWS, "year": year, "workers": workers, **reading}
    found = moments(panels, **options)
    table = found.table[["value", "standard error"]]
    values = {name: [float(x) for x in pair] for name, pair in table.T.items()}
    interval = reading.get("sampling", 1.0)
    flows = {name: options[name] for name in ("year", "workers", "retirement")}
    moved = [panel_transitions(one, interval, **flows).EE for one in panels]
    values["EE"] = [np.mean(moved), np.std(moved, ddof=1) / np.sqrt(len(moved))]
    # a NaN is no JSON: of rows that a reading does not have
    return {k: [x if np.isfinite(x) else None for x in v] for k, v in values.items()}


def continuous() -> list[dict]:
    begin = time.process_time()
    pay = stored_pay(SOLUTION)
    panels = simulate_pay(pay, **SIZES)
    workers = round(pay.solution.economy.workers_per_firm * SIZES["firms"])
    spent = time.process_time() - begin
    return [
        {
            "types": "continuous",
            "reading": reading,
            "moments": row(panels, workers, LOOKS, **reading),
            "seconds": spent,
        }
        for reading in READINGS
    ]


def on_grid(changes) -> dict:
    begin = time.process_time()
    economy = Economy.paper().with_(**changes)
    found = exact.solve(economy.discretise(**GRID), indifference=1e-5)
    wages = worker_value(found, **WAGES)
    histories = [
        simulate(found, **GRID_SIZES, seed=seed, wages=wages) for seed in SEEDS
    ]
    panels, workers = [one.panel for one in histories], histories[0].workers
    spent = time.process_time() - begin
    answer = {"types": "grid", "reading": changes, "seconds": spent}
    for name, reading in GRID_READINGS.items():
        answer[name] = row(panels, workers, 1, **reading)
    return answer


if __name__ == "__main__":
    rows = continuous()
    for changes in ECONOMIES:
        rows.append(on_grid(changes))
        parameters = {
            "solution": SOLUTION,
            "sizes": SIZES,
            "flows": FLOWS,
            "grid": GRID,
            "grid_sizes": GRID_SIZES,
            "wages": WAGES,
            "seeds": SEEDS,
        }
        record.save("large_firms_table", parameters, rows, "large_firms/table.json")
