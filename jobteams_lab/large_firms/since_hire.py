"""How wages, and whatever else a panel has, go on after a hire from nonemployment."""

from __future__ import annotations

import pandas as pd

from jobteams_lab import checks
from jobteams_lab.panel import Panel

LEAST = 20  # workers behind a mean, in each panel


def since_hire(panels, columns=("wage",), *, periods: int | None = None):
    """Return means by the time since workers were hired out of nonemployment.

    Followed are all who have a job at a date and had none at the date before, for as
    long as they have a job at every date, with whomever. Those who lose it, retire or
    reach the window's end drop out, so means later on are those of stayers in work.

    Parameters
    ----------
    panels : Panel, or list of them
        As `simulate_pay` returns; several are independent repetitions.
    columns : sequence of str
        Columns of the panels' data with numbers.
    periods : int, optional
        How many periods to go on for; by default while each panel has 20 workers.

    Returns
    -------
    pandas.DataFrame
        A row a period since the first date in work, from 0, with a column for each of
        `columns`, its standard error over the panels under its name with " error"
        (NaN with one panel), and "workers", how many there are in all.

    Raises
    ------
    TypeError, ValueError
        If no panels are given, a column is not there or has no numbers, or in some
        panel fewer than 20 hires are seen.
    """
    panels = list(panels) if isinstance(panels, (list, tuple)) else [panels]
    if not panels or not all(isinstance(one, Panel) for one in panels):
        raise TypeError("since_hire takes a Panel, or several in a list.")
    if isinstance(columns, str):
        raise TypeError(
            f"columns = {columns!r} must be a list of names: put it in one."
        )
    columns = list(columns)
    for name in columns:
        for panel in panels:
            if name not in panel.data:
                raise ValueError(f"There is no column {name!r} in {panel!r}.")
            if not pd.api.types.is_numeric_dtype(panel.data[name]):
                raise ValueError(f"Column {name!r} must hold numbers.")
    if periods is not None:
        periods = checks.whole("periods", periods, low=1)
    means, counts = zip(*[_means(one, columns) for one in panels], strict=True)
    fewest = pd.concat(counts, axis=1).fillna(0).min(axis=1)
    enough = int((fewest >= LEAST).cummin().sum())
    if not enough:
        raise ValueError(
            f"Only {int(fewest.max()) if len(fewest) else 0} hires are seen in some"
            f" panel: give panels with {LEAST} or more."
        )
    last = enough if periods is None else min(periods, enough)
    each = pd.concat(means, keys=range(len(panels)))
    by_period = each.groupby(level=1)
    found = by_period.mean().iloc[:last]
    errors = by_period.sem().iloc[:last].add_suffix(" error")
    workers = pd.concat(counts, axis=1).sum(axis=1).iloc[:last].astype(int)
    return found.join(errors).assign(workers=workers)


def _means(panel: Panel, columns: list[str]):
    rows = panel.data[["worker", "start", *columns]].sort_values(["worker", "start"])
    again = (rows["worker"].diff() == 0) & (rows["start"].diff() == 1)
    spell = (~again).cumsum()
    first = rows.groupby(spell)["start"].transform("first")
    hired = first > panel.window[0]
    since = (rows["start"] - first)[hired].rename("since")
    kept = rows.loc[hired, columns].groupby(since)
    return kept.mean(), kept.size()
