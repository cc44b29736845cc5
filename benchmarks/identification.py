"""How well panels of full size identify sorting, and each estimator beside the paper's.

    python benchmarks/identification.py      # half an hour on one core

Six designs of each model, with and without measurement error, fresh seeds: 30,000
workers, 300 firms, 240 months, 50 × 50 types. Nothing but wages, dates and origins is
read, except the number of vacancies of each firm where a row says so.
"""

import time

import numpy as np
import record
from scipy import stats

from jobteams_lab.identification import (
    NAM,
    NEITHER,
    PAM,
    Economy,
    Types,
    simulate,
    solve,
)
from jobteams_lab.identification.identify import identify, rank_correlation
from jobteams_lab.identification.production import accuracy, true_bins
from jobteams_lab.identification.rank_workers import rank_workers
from jobteams_lab.identification.reallocation import reallocation_gain

WORKERS, FIRMS, MONTHS, TYPES, SEED = 30_000, 300, 240, 50, 20_170
FUNCTIONS = {"PAM": PAM, "NAM": NAM, "NEITHER": NEITHER}
SETTINGS = {
    "even types": {},
    "uneven types": {
        "matching_efficiency": 0.7,
        "worker_types": Types.normal(),
        "firm_types": Types.bimodal(),
    },
}
# name: (objective, options of identify, whether vacancies by firm are known)
BENCHMARK = {
    "default": ("loglik", {}, False),
    "pooled reservation wages": ("loglik", {"reservation": "pooled"}, False),
    "premium over hires": ("loglik", {"weights": "hires"}, False),
    "vacancies by firm": ("loglik", {}, True),
    "H/V, vacancies by firm": ("loglik", {"weights": "hires"}, True),
    "IDNoise with χ = 1": ("loglik", {"chi": 1.0}, False),
    "no IDNoise": ("loglik", {"matching_sets": False}, False),
    "kemeny": ("kemeny", {}, False),
    "paper": (
        "kemeny",
        {"reservation": "pooled", "weights": "hires", "chi": 1.0},
        False,
    ),
}
SEARCH = {
    "default": ("loglik", {}, False),
    "movers": ("loglik", {"poaching": "movers"}, False),
    "paper's poaching": ("loglik", {"poaching": "paper"}, False),
    "vacancies by firm": ("loglik", {}, True),
    "movers, vacancies by firm": ("loglik", {"poaching": "movers"}, True),
    "IDNoise with χ = 1": ("loglik", {"chi": 1.0}, False),
    "no IDNoise": ("loglik", {"matching_sets": False}, False),
    "kemeny": ("kemeny", {}, False),
    "paper": ("kemeny", {"poaching": "paper", "chi": 1.0}, False),
}


def truth_of(panel, column, codes, count):
    """Each worker's or firm's true type, from the panel's truth columns."""
    types = np.zeros(count)
    types[codes] = panel.data[column]
    return types


def measure(label, economy, noise, seed):
    """Estimate all variants on one panel and compare them with the truth."""
    equilibrium = solve(economy)
    panel = simulate(equilibrium, WORKERS, FIRMS, MONTHS, seed=seed, noise=noise)
    worker = truth_of(panel, "worker_type", panel.worker_codes, len(panel.workers))
    firm = truth_of(panel, "firm_type", panel.firm_codes, len(panel.firms))
    # where types are uneven a firm's jobs are known up to one, and few are open
    even = np.ptp(economy.firm_types.share) < 1e-12
    employed = np.bincount(panel.firm_codes, panel.duration) / MONTHS
    output, density = true_bins(equilibrium, TYPES, TYPES)
    rankings, seconds = {}, {}
    # the second objective takes longer: with measurement error only
    for objective in ("loglik", "kemeny") if noise else ("loglik",):
        begin = time.perf_counter()
        rankings[objective] = rank_workers(panel, objective=objective)
        seconds[objective] = time.perf_counter() - begin
    loglik = rankings["loglik"]
    row = {
        **label,
        "noise": noise,
        "seed": seed,
        "sorting": equilibrium.sorting,
        "sorting in the panel": rank_correlation(
            panel, stats.rankdata(worker), stats.rankdata(firm)
        ),
        "gain": reallocation_gain(output, density).gain,
        "unemployment": equilibrium.unemployment_rate,
        "links": loglik.links,
        "workers ranked": loglik.coverage,
        "seconds of ranking": seconds,
    }
    for objective, ranking in rankings.items():
        known = np.isfinite(ranking.rank)
        found = stats.spearmanr(ranking.rank[known], worker[known])[0]
        row[f"worker ranks, {objective}"] = float(found)
    search = economy.search_intensity_employed > 0
    row["estimators"] = {}
    for name, (objective, options, known) in (SEARCH if search else BENCHMARK).items():
        if objective not in rankings or (known and not even):
            continue
        begin = time.perf_counter()
        found = identify(
            panel,
            ranking=rankings[objective],
            vacancies=WORKERS / FIRMS - employed if known else None,
            smoothing="gcv" if name == "default" else None,
            **options,
        )
        elapsed = time.perf_counter() - begin
        close = accuracy(found.production, equilibrium)
        ranked = np.isfinite(found.firm_rank)
        row["estimators"][name] = {
            "correlation": close.correlation,
            "unweighted correlation": close.unweighted_correlation,
            "error": close.error,
            "firm ranks": stats.spearmanr(found.firm_rank[ranked], firm[ranked])[0],
            "sorting": found.sorting,
            "gain": reallocation_gain(
                found.production,
                np.where(np.isfinite(found.production), found.match_density, 0),
            ).gain,
            "workers misranked": found.sets.share_misranked,
            "employment covered": found.coverage.employment,
            "seconds after ranking": elapsed,
        }
        if found.smooth_production is not None:
            row["estimators"][name]["gain, smoothed"] = found.reallocation_gain
            row["estimators"][name]["correlation, smoothed"] = accuracy(
                found.smooth_production, equilibrium
            ).correlation
    return row


def main():
    rows, seed = [], SEED
    parameters = {
        "workers": WORKERS,
        "firms": FIRMS,
        "months": MONTHS,
        "types": TYPES,
        "first seed": SEED,
    }
    for noise in (0.2, 0.0):
        for intensity in (0.0, 0.2):
            for setting, fields in SETTINGS.items():
                for name, production in FUNCTIONS.items():
                    economy = Economy(
                        production, search_intensity_employed=intensity, **fields
                    )
                    label = {
                        "model": "search on the job" if intensity else "benchmark",
                        "design": f"{name}, {setting}",
                    }
                    rows.append(measure(label, economy, noise, seed))
                    seed += 1
                    record.save("identification", parameters, rows)


if __name__ == "__main__":
    main()
