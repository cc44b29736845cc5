"""Three statistics of a worker's own wages that rise with his type.

They ignore who his co-workers are. Without measurement error each ranks workers as well
as comparisons do; with it they do worse, and so they are where the ranking starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.comparisons import usable_spells
from jobteams_lab.panel import Panel

ORDERS = ("lowest", "highest", "adjusted_average")


@dataclass(frozen=True, eq=False)
class WageOrders:
    """Three statistics of each worker's wages; nan where he has no spell that counts.

    Attributes
    ----------
    lowest, highest : (n,) array
        Lowest and highest of his mean wages by firm.
    adjusted_average : (n,) array
        Mean over his months out of work of the wage found, the lowest wage standing in
        for the months in which none was.
    workers : (n,) array
        Ids, all of the panel's, sorted.
    """

    lowest: np.ndarray
    highest: np.ndarray
    adjusted_average: np.ndarray
    workers: np.ndarray

    def rank(self, by: str, seed: int = 0) -> np.ndarray:
        """Return the ranks 1, 2, … by one statistic, (n,); nan where it is nan.

        Parameters
        ----------
        by : {"lowest", "highest", "adjusted_average"}
        seed : int
            Orders workers with equal statistics at random.
        """
        value = getattr(self, checks.one_of("by", by, ORDERS))
        tie = np.random.default_rng(seed).permutation(len(value))
        rank = np.full(len(value), np.nan)
        known = np.isfinite(value)
        order = np.lexsort((tie, value))[: known.sum()]
        rank[order] = np.arange(1, known.sum() + 1)
        return rank


def wage_orders(panel: Panel, *, origins=None) -> WageOrders:
    """Compute the lowest, highest and adjusted average wage of every worker.

    With T_u months out of work, during which a worker is hired at the wages w_h, and
    the lowest wage w_min::

        w_av = w_min + Σ_h (w_h − w_min) / T_u.

    A worker who is never seen out of work has w_av = w_min.

    Parameters
    ----------
    panel : Panel
        A spell with the origin ``"unemployment"`` that starts in the window is a hire.
    origins : sequence of str, optional
        Spells whose wages count; see `usable_spells`.

    Returns
    -------
    WageOrders

    Raises
    ------
    ValueError
        If no spell is left.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), results 1(ii) to 1(iv) and appendix A.2.
    """
    used = usable_spells(panel, origins)
    n = len(panel.workers)
    cells = used.cells()
    worker = np.searchsorted(panel.workers, cells["worker"].to_numpy())
    wage = cells["wage"].to_numpy()
    lowest, highest = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(lowest, worker, wage)
    np.maximum.at(highest, worker, wage)
    lowest[np.isinf(lowest)] = np.nan
    highest[np.isinf(highest)] = np.nan

    opening, closing = panel.window
    employed = np.bincount(panel.worker_codes, panel.duration, minlength=n)
    jobs = used.spells().data
    hired = (jobs["origin"] == "unemployment") & (jobs["start"] > opening)
    who = np.searchsorted(panel.workers, jobs["worker"].to_numpy()[hired])
    above = jobs["wage"].to_numpy()[hired] - lowest[who]
    hires = np.bincount(who, minlength=n)
    # dates finer than a month may leave less time out of work than there are hires
    searched = np.maximum(closing - opening - employed, hires)
    premium = np.bincount(who, above, minlength=n)
    average = lowest + premium / np.maximum(searched, np.finfo(float).tiny)
    return WageOrders(lowest, highest, average, panel.workers)
