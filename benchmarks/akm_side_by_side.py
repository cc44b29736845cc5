"""Two-way fixed effects on panels of sorted workers, beside what is true of them.

    python benchmarks/akm_side_by_side.py     # one minute on one core

Six economies (δ = 0.01, κ = 0.4, uniform types, 50 a side): three technologies, without
and with on-the-job search; panels at full size with measurement error of 20 % of the
variance of log wages, and without any. "Infinite panel" is the projection of the
equilibrium's wages on worker and firm types, weighted by the density of matches: what
fixed effects would find in a panel without end or error. It exists where a pair of
types has one wage, without on-the-job search.
"""

import numpy as np
import pandas as pd
import record

from jobteams_lab import Panel
from jobteams_lab.fixed_effects import fixed_effects
from jobteams_lab.identification import NAM, NEITHER, PAM, Economy, simulate, solve
from jobteams_lab.limited_mobility import corrected_moments

TECHNOLOGIES = {"PAM": PAM, "NAM": NAM, "neither": NEITHER}
SEARCH = (0.0, 0.2)
NOISE = (0.2, 0.0)
SEEDS = (1, 2, 3, 4, 5)
SIZE = {"workers": 30_000, "firms": 300, "months": 240, "burn_in": 100}
RATES = {
    "discount_factor": 0.996,
    "separation_rate": 0.01,
    "bargaining_power": 0.5,
    "matching_efficiency": 0.4,
}


def correlation(one, other, weight=None) -> float:
    """Pearson's correlation, weighted."""
    moments = np.cov(one, other, aweights=weight)
    return float(moments[0, 1] / np.sqrt(moments[0, 0] * moments[1, 1]))


def compare(panel: Panel, equilibrium, logs: bool) -> dict:
    """Fixed effects of a panel against the types that it was simulated with."""
    found = fixed_effects(panel, logs=logs)
    clean = corrected_moments(found)
    data = panel.data
    firm_type = data.groupby("firm")["firm_type"].first()[found.firms].to_numpy()
    worker_type = data.groupby("worker")["worker_type"].first()[found.workers]
    return {
        "firm_effect_and_type": correlation(found.firm_effect, firm_type),
        "firm_effect_and_value": correlation(
            found.firm_effect, equilibrium.vacancy_value[firm_type]
        ),
        "worker_effect_and_type": correlation(found.worker_effect, worker_type),
        "sorting": found.sorting,
        "sorting_corrected": clean.sorting,
        "sorting_true": correlation(data["worker_type"], data["firm_type"], panel.time),
        "r_squared": found.r_squared,
        "firm_share": found.moments.shares["firm"],
        "firm_share_corrected": clean.moments.shares["firm"],
        "connected_share": found.time_share,
    }


def infinite_panel(equilibrium, logs: bool) -> dict:
    """The same of the equilibrium itself, its types taken for workers and firms."""
    density = equilibrium.match_density
    x, y = np.nonzero(density > 0)
    table = pd.DataFrame(
        {"worker": x, "firm": y, "start": y, "end": y + 1,
         "wage": equilibrium.wage[x, y], "time": density[x, y]}
    )  # fmt: skip
    if logs:
        table["wage_logs"] = table["time"] * np.log(table["wage"])
    table["wage_squares"] = table["time"] * table["wage"] ** 2
    found = fixed_effects(Panel(table), logs=logs)
    share = equilibrium.economy.firm_types.share[found.firms]
    return {
        "firm_effect_and_type": correlation(found.firm_effect, found.firms, share),
        "sorting": found.sorting,
        "sorting_true": correlation(x, y, density[x, y]),
        "r_squared": found.r_squared,
    }


def main():
    results = []
    for search in SEARCH:
        for name, technology in TECHNOLOGIES.items():
            economy = Economy(technology, search_intensity_employed=search, **RATES)
            equilibrium = solve(economy)
            about = {"technology": name, "search_intensity_employed": search}
            panels = {
                (noise, seed): simulate(equilibrium, noise=noise, seed=seed, **SIZE)
                for noise in NOISE
                for seed in SEEDS
            }
            for logs in (True, False):
                for noise in NOISE:
                    drawn = [
                        compare(panels[noise, seed], equilibrium, logs)
                        for seed in SEEDS
                    ]
                    table = pd.DataFrame(drawn)
                    results.append(
                        {**about, "wages": "logs" if logs else "levels", "noise": noise,
                         "mean": table.mean().to_dict(), "sd": table.std().to_dict()}
                    )  # fmt: skip
                if search == 0:
                    found = infinite_panel(equilibrium, logs)
                    results.append(
                        {**about, "wages": "logs" if logs else "levels",
                         "infinite_panel": found}
                    )  # fmt: skip
    parameters = {**RATES, **SIZE, "noise": list(NOISE), "seeds": list(SEEDS)}
    record.save("akm_side_by_side", parameters, results)


if __name__ == "__main__":
    main()
