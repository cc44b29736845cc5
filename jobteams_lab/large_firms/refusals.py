"""Where a worker's surplus is negative: whom a team does not hire, and who quits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab.large_firms.arguments import require_equilibrium
from jobteams_lab.large_firms.finite_equilibrium import Equilibrium


def refusals(equilibrium: Equilibrium) -> pd.DataFrame:
    """Return where a worker's surplus is negative: he is not hired, or he quits.

    Returns
    -------
    DataFrame
        One row a type of firm, a team and a type of worker with Δ < 0 beside it,
        those met most often first: ``firm_type``, ``team`` (numbers of workers by
        type, without him), ``worker_type``; ``surplus``; ``best`` and ``worst``,
        whether his human capital is above or below that of all in the team (both false
        beside an empty team); ``refused``, how often a year, over a unit of firms, such
        a team meets such a nonemployed worker; ``employed``, the mass of those who work
        there all the same, since human capital has changed, until they quit.
    """
    require_equilibrium("refusals", equilibrium)
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    cross_section = equilibrium.cross_section
    tie = equilibrium.ladder.tie
    worker, firm, team = np.nonzero(equilibrium.surplus < -tie)
    reach = cross_section.receivers(teams) / cross_section.meeting_mass(teams)
    offers = economy.contact_rate_nonemployed * cross_section.nonemployed
    human_capital = economy.worker_human_capital
    present = teams.counts[team] > 0
    least = np.where(present, human_capital, np.inf).min(axis=1)
    most = np.where(present, human_capital, -np.inf).max(axis=1)
    company = teams.sizes[team] > 0
    table = pd.DataFrame(
        {
            "firm_type": firm,
            "team": [tuple(row) for row in teams.counts[team].tolist()],
            "worker_type": worker,
            "surplus": equilibrium.surplus[worker, firm, team],
            "best": company & (human_capital[worker] > most),
            "worst": company & (human_capital[worker] < least),
            "refused": offers[worker] * reach[firm, team],
            "employed": equilibrium.employed[worker, firm, team],
        }
    )
    return table.sort_values(
        "refused", ascending=False, ignore_index=True, kind="stable"
    )
