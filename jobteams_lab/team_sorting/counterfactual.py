"""The workers of one year with the projects of another (Table 3)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting.earnings import Earnings
from jobteams_lab.team_sorting.equilibrium import solve
from jobteams_lab.team_sorting.published import PERCENTILES

SCALINGS = ("workers", "projects", "median", "mean", "percentiles")


def counterfactual(
    workers: Earnings,
    projects: Earnings,
    scaling: str = "median",
    base: Earnings | None = None,
) -> Earnings:
    """Let the workers of one economy work on the projects of another.

    Wages have no natural unit, and the paper does not say what becomes of the scale k
    when only one side of the market changes. So it has to be named:

    - "workers", "projects": k as fitted in the year the workers, or projects, are from;
    - "median", "mean": k such that median, or mean, earnings are those of `base`;
    - "percentiles": k such that the percentiles 25, 50 and 95 are those of `base` on
      average in logs (see `Earnings.through`).

    Parameters
    ----------
    workers, projects : Earnings
        Whose workers, and whose projects; the floor and the size of teams are those of
        `workers`.
    scaling : one of the words above
    base : Earnings, optional
        Which earnings k is refitted to, `workers` by default.

    Returns
    -------
    Earnings

    Raises
    ------
    ValueError
        A sentence; also `SeveralSolutions`, as in `solve`.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), section 5.3.
    """
    checks.one_of("scaling", scaling, SCALINGS)
    base = workers if base is None else base
    economy = replace(
        workers.equilibrium.economy, projects=projects.equilibrium.economy.projects
    )
    mixed = solve(economy)
    floor = workers.floor
    if scaling in ("workers", "projects"):
        source = workers if scaling == "workers" else projects
        return Earnings(mixed, source.scale, floor)
    if scaling == "mean":
        scale = (base.mean - floor) / mixed.mean_wage[0]
        return Earnings(mixed, float(scale), floor)
    ranks = np.array([0.5]) if scaling == "median" else np.array(PERCENTILES)
    return Earnings.through(mixed, ranks, base.quantile(ranks), floor)
