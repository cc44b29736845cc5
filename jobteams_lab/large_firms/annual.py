"""What a survey once a year sees of a panel: who works where and at what wage."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.large_firms.simulate_panel import OUTPUT

COLUMNS = (
    "worker",
    "firm",
    "year",
    "wage",
    "coworkers",
    "wage_rank",
    "rank_change",
    "stays",
)


def annual(panel, *, year: float = 1.0, first: float | None = None) -> pd.DataFrame:
    """Return who works where at the dates t₀, t₀ + 1 year, ... of a panel.

    What holds at the instant counts. A worker then has one firm and one wage, and a
    team is those who work side by side, as equation (6) needs it; a record of the whole
    year joins wages of several contracts, and workers who never met. The wage rank at a
    date is::

        100 (r − ½)/N,   r = 1, ..., N in the order of wages, ties averaged

    over all N who work then, so that its mean is 50 at each date.

    Parameters
    ----------
    panel : Panel
        Of any origin; only worker, firm, start, end and wage are read.
    year : float
        A year in the panel's unit of time: 1 for `simulate`, 12 for months.
    first : float, optional
        The first date t₀, by default the start of the window. The last is before the
        window's end.

    Returns
    -------
    pandas.DataFrame
        One row a worker and date, sorted by both. Columns worker, firm, year (0, 1,
        ...), wage, coworkers (how many besides him), wage_rank (0 to 100), rank_change
        (to the next date, NaN without a job then) and stays (whether he is at the same
        firm at the next date).

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, nobody works at these dates, or the panel was
        simulated without wages.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Data", "Learning Regression".
    """
    data = panel.data
    if "wage_is" in data and (data["wage_is"] == OUTPUT).any():
        raise ValueError(
            f"The panel's wages are the {OUTPUT}, not wages: pass"
            " wages=worker_value(equilibrium) to simulate."
        )
    seen = who_works(panel, dates(panel, year, first))
    if not len(seen.worker):
        raise ValueError(
            f"Nobody works at the dates from {panel.window[0]:g} on: give another"
            " first date, or year, the length of a year in the panel's unit of time."
        )
    order = np.lexsort((seen.date, seen.worker))
    worker, date, row = (part[order] for part in seen)
    firm = panel.firm_codes[row]
    wage = data["wage"].to_numpy()[row]
    rank = _ranks(date, wage)
    team = date * np.int64(len(panel.firms)) + firm
    _, place, size = np.unique(team, return_inverse=True, return_counts=True)
    again = np.zeros(len(worker), bool)
    again[:-1] = (np.diff(worker) == 0) & (np.diff(date) == 1)
    columns = (
        panel.workers[worker],
        panel.firms[firm],
        date,
        wage,
        size[place] - 1,
        rank,
        np.where(again, np.roll(rank, -1) - rank, np.nan),
        again & (np.roll(firm, -1) == firm),
    )
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


class Seen(NamedTuple):
    """Who works at some dates, in the order of the dates.

    Attributes
    ----------
    worker : (rows,) int array
        Positions in the panel's `workers`.
    date : (rows,) int array
        Positions among the dates.
    row : (rows,) int array
        The panel's rows.
    """

    worker: np.ndarray
    date: np.ndarray
    row: np.ndarray


def who_works(panel, dates: np.ndarray) -> Seen:
    """Return the rows of a panel that hold at each date, start ≤ t < end."""
    start, end = panel.data["start"].to_numpy(), panel.data["end"].to_numpy()
    rows = [np.flatnonzero((start <= time) & (time < end)) for time in dates]
    date = np.repeat(np.arange(len(rows)), [len(part) for part in rows])
    row = np.concatenate(rows) if rows else np.array([], int)
    return Seen(panel.worker_codes[row], date, row)


def dates(panel, year: float, first: float | None = None, step: float = 1.0):
    """Return the dates from `first`, every `step` years, before the window's end."""
    begins, ends = panel.window
    year = checks.number("year", year, low=0, open_low=True)
    first = begins if first is None else checks.number("first", first, low=begins)
    gap = year * step
    number = max(int(np.ceil((ends - first) / gap)), 0)
    times = first + gap * np.arange(number)
    return times[times < ends]


def _ranks(date, wage) -> np.ndarray:
    within = pd.Series(wage).groupby(date)
    number = within.transform("size").to_numpy()
    return 100 * (within.rank().to_numpy() - 0.5) / number
