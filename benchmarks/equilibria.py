"""Every design's equilibrium: residuals, mixed strategies, seconds, and the slow route.

    python benchmarks/equilibria.py

216 designs, 108 of each model; the benchmark's 108 again with match quality; all 216
with β = 0.999. Then `solve` against `iterate`, the paper's own computation, on six.
"""

import time

import numpy as np
import record

from jobteams_lab.identification import (
    NAM,
    NEITHER,
    PAM,
    Economy,
    MatchQuality,
    Types,
    designs,
    solve,
)
from jobteams_lab.identification.iteration import iterate

BATCHES = {
    "benchmark": (False, {}),
    "search on the job": (True, {}),
    "match quality": (False, {"match_quality": MatchQuality.normal()}),
    "benchmark, patient": (False, {"discount_factor": 0.999}),
    "search on the job, patient": (True, {"discount_factor": 0.999}),
}
SIX = [(f, phi) for phi in (0.0, 0.2) for f in (PAM, NAM, NEITHER)]
PASSES = {
    0.0: 100_000,
    0.2: 20_000,
}  # a pass with search on the job takes a millisecond


def timed(function, *arguments, **options):
    """Return what `function` returns and the seconds it took."""
    start = time.perf_counter()
    result = function(*arguments, **options)
    return result, time.perf_counter() - start


def row(label, economy) -> dict:
    """Solve one design."""
    q, seconds = timed(solve, economy, throw=False)
    accept = q.quality_acceptance
    return label | {
        "seconds": seconds,
        "residual": q.residuals.largest,
        "converged": q.converged,
        "mixed": q.residuals.mixed,
        "unemployment": q.unemployment_rate,
        "sorting": q.sorting,
        "accepted": float(accept.mean()),
    }


def summary(rows) -> dict:
    """Boil a batch down to a line of the table, in all and by production function."""
    seconds = [r["seconds"] for r in rows]
    short = {
        "designs": len(rows),
        "converged": sum(r["converged"] for r in rows),
        "largest_residual": max(r["residual"] for r in rows),
        "seconds_median": float(np.median(seconds)),
        "seconds_max": max(seconds),
    }
    for name in ("PAM", "NAM", "NEITHER"):
        part = [r for r in rows if r["production"] == name]
        short[name] = {"with_mixed": sum(r["mixed"] > 0 for r in part)}
        for key in ("unemployment", "sorting", "mixed", "accepted"):
            values = [r[key] for r in part]
            short[name][key] = [min(values), float(np.median(values)), max(values)]
    return short


def against_iteration(production, phi) -> dict:
    """Compare `solve` with `iterate` on one design, with uniform types."""
    economy = Economy(production, search_intensity_employed=phi)
    q, fast = timed(solve, economy)
    result = {"production": production.__name__, "phi": phi, "solve_seconds": fast}
    for name, options in (
        ("as printed", {}),
        ("damped", {"damped": True, "tolerance": 1e-10}),
    ):
        found, slow = timed(
            iterate,
            economy,
            pure_iterations=3_000,
            max_iterations=PASSES[phi],
            throw=False,
            **options,
        )
        p = found.equilibrium
        even = economy.worker_types.share[:, None] * economy.firm_types.share
        value = np.abs(p.unemployed_flow_value - q.unemployed_flow_value).max()
        vacancy = np.abs(p.vacancy_flow_value - q.vacancy_flow_value).max()
        result[name] = {
            "seconds": slow,
            "ratio": slow / fast,
            "passes": found.iterations,
            "pure": found.pure,
            "converged": found.converged,
            "change": found.change,
            "unemployment_gap": abs(p.unemployment_rate - q.unemployment_rate),
            "value_gap": float(max(value, vacancy)),
            "density_gap": float(
                (np.abs(p.match_density - q.match_density) / even).max()
            ),
        }
    return result


if __name__ == "__main__":
    two = Types.uniform(2)
    for phi in (0.0, 0.2):  # compile
        economy = Economy(
            PAM, search_intensity_employed=phi, worker_types=two, firm_types=two
        )
        iterate(economy, pure_iterations=2, max_iterations=4, throw=False)
    batches = {}
    for name, (on_the_job, changes) in BATCHES.items():
        rows = [row(label, e) for label, e in designs(on_the_job, **changes)]
        batches[name] = summary(rows)
        if not changes:  # the designs of the paper, one by one
            batches[name]["rows"] = rows
        print(name, summary(rows), flush=True)
    comparison = [against_iteration(f, phi) for f, phi in SIX]
    record.save(
        "equilibria",
        {"types": 50, "pure_iterations": 3_000, "passes": PASSES, "seed": 0},
        {"batches": batches, "against_iteration": comparison},
    )
