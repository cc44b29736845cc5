"""Teams drawn from the equilibrium, written as a matched panel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from jobteams_lab.panel import Panel
from jobteams_lab.team_sorting.equilibrium import Equilibrium
from jobteams_lab.team_sorting.mixed_set import sample


def simulate(
    equilibrium: Equilibrium,
    teams: int,
    seed: int,
    coupling: str = "rearranged",
    earnings: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Panel:
    """Draw teams and record every worker in a `Panel` of one period.

    Parameters
    ----------
    equilibrium : Equilibrium
    teams : int
        Firms: each has one project and one team.
    seed : int
    coupling : "rearranged" or "entropy"
        How the mixed set is coupled: see `mixed_set.mixed_teams`. Wages do not depend
        on it; who works with whom does.
    earnings : callable, optional
        Earnings of wages, (rows,) → (rows,), such as k w + d; wages w(x) by default.

    Returns
    -------
    Panel
        One row a worker with worker, firm, wage, and the truth: skill x, project z,
        group (of workers, from 0) and team_loss, the output that the team loses.

    Raises
    ------
    TypeError, ValueError
        A sentence, if an argument is out of range, the mixed set cannot be mixed, or
        earnings are not finite.
    """
    if earnings is not None and not callable(earnings):
        raise TypeError(
            f"earnings = {earnings!r} must be a function of wages, such as"
            " lambda w: 40_000 * w + 3_770."
        )
    drawn = sample(equilibrium, teams, seed, coupling)
    economy = equilibrium.economy
    workers = economy.size - 1
    wage = np.empty((len(drawn), workers))
    group = np.empty(wage.shape, int)
    for g, one in enumerate(economy.groups[:-1]):
        place = list(one.positions)
        wage[:, place] = equilibrium.wage(drawn[:, place], g)
        group[:, place] = g
    pay = wage.ravel()
    if earnings is not None:
        pay = np.asarray(earnings(pay), float)
        if pay.shape != (wage.size,):
            raise ValueError(
                f"earnings returned shape {pay.shape} for {wage.size} wages: return one"
                " number a wage."
            )
    frame = pd.DataFrame(
        {
            "worker": np.arange(wage.size),
            "firm": np.repeat(np.arange(len(drawn)), workers),
            "period": 0,
            "wage": pay,
            "skill": drawn[:, :-1].ravel(),
            "project": np.repeat(drawn[:, -1], workers),
            "group": group.ravel(),
            "team_loss": np.repeat(economy.loss(drawn), workers),
        }
    )
    return Panel(frame)
