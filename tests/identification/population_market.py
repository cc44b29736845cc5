"""The labour market of an equilibrium itself: population moments, no sampling error."""

from functools import cache

import numpy as np

from jobteams_lab.identification import Economy, Types, solve
from jobteams_lab.identification.labour_market import LabourMarket

MONTHS = 101.0


@cache
def small_economy(production, *, pure=False, workers=6, firms=5, **changes):
    """Solve an economy of few types, if asked one in which no strategy is mixed.

    A firm that turns down half of a type's workers has no matching set to estimate; the
    lowest types are shifted until there is none, and some pairs do not match.
    """
    for shift in range(120):
        x = np.linspace(0.005 * shift, 1, workers)
        y = np.linspace(0.003 * shift, 1, firms)
        economy = Economy(
            production,
            worker_types=Types(x, (1 + x) / (1 + x).sum()),
            firm_types=Types(y, (2 - y) / (2 - y).sum()),
            **changes,
        )
        equilibrium = solve(economy, throw=False)
        if not pure:
            return equilibrium
        mixed = equilibrium.residuals.mixed > 0 or not equilibrium.converged
        if not mixed and (equilibrium.acceptance == 0).any():
            return equilibrium
    raise AssertionError(f"mixed strategies for all shifts, {changes}")


def flows(equilibrium, population=1000.0):
    """Hires a month from unemployment that survive the month, (X, Y)."""
    q, e = equilibrium, equilibrium.economy
    open_jobs = q.vacancies / q.vacancies.sum()
    meet = (1 - e.separation_rate) * q.meeting_rates.unemployed
    return population * meet * q.unemployed[:, None] * open_jobs * q.acceptance


def population_market(equilibrium, population=1000.0) -> LabourMarket:
    """One firm of each type, stocks and flows exactly as in the equilibrium."""
    q = equilibrium
    hires = flows(q, population) * (MONTHS - 1)
    unemployed = population * q.unemployed
    met = q.acceptance > 0
    return LabourMarket(
        employed=population * q.match_density,
        unemployed=unemployed,
        hires_from_unemployment=hires,
        hires_from_firms=np.zeros_like(hires),
        wage=np.where(met, q.wage, np.nan),
        wage_months=np.where(met, population * q.match_density * MONTHS, 0.0),
        wage_cells=met.astype(int),
        separation_rate=q.economy.separation_rate,
        finding_rate=hires.sum(1) / unemployed / (MONTHS - 1),
        workers=population * q.economy.worker_types.share,
        employment=population * q.match_density.sum(0),
        hires=hires.sum(0),
        moves_in=np.zeros(hires.shape[1]),
        mean_unemployed=float(unemployed.sum()),
        unknown_spells=0,
        spells=1,
        months=MONTHS,
        firms=np.arange(hires.shape[1]),
        moves=q.mobility is not None,
    )
