"""What a panel without end or error would hold of an equilibrium."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab.identification.equilibrium import Equilibrium
from jobteams_lab.panel import Panel


def infinite_panel(equilibrium: Equilibrium) -> Panel:
    """Return the equilibrium's matches as a panel of types, each pair for its share.

    Worker types stand for workers, firm types for firms, and the time of a row is the
    mass of the match: an estimator finds here what it would find in a panel without end
    and without measurement error.

    Parameters
    ----------
    equilibrium : Equilibrium
        Of the benchmark, where a pair of types has one wage.

    Returns
    -------
    Panel
        With the truth in worker_type and firm_type; starts and ends mean nothing.

    Raises
    ------
    ValueError
        If workers search on the job, or matches differ in quality.
    """
    economy = equilibrium.economy
    if economy.search_intensity_employed > 0 or len(economy.match_quality.shock) > 1:
        raise ValueError(
            "infinite_panel takes the benchmark, where a pair of types has one wage:"
            " solve an Economy without search on the job and without match_quality."
        )
    density = equilibrium.match_density
    x, y = np.nonzero(density > 0)
    time, wage = density[x, y], equilibrium.wage[x, y]
    table = {
        "worker": x,
        "firm": y,
        "start": y,
        "end": y + 1,
        "wage": wage,
        "time": time,
        "wage_squares": time * wage**2,
        "worker_type": x,
        "firm_type": y,
    }
    if wage.min() > 0:
        table["wage_logs"] = time * np.log(wage)
    return Panel(pd.DataFrame(table))
