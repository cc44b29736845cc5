"""From rows to spells, months, worker-firm cells and employment cycles."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.panel_validation import ORIGINS, STATISTICS, rows

MOST_ROWS = 500_000_000

_UNEMPLOYMENT, _FIRM, _UNKNOWN = range(len(ORIGINS))


def continues(panel, gap: float | None = None) -> np.ndarray:
    """Return whether each row goes on with the spell of the row before it.

    It does if worker and firm are the same and at most `gap` of time is missing;
    without `gap`, if none is missing or `with_origins` put both rows in one spell.
    """
    start, end = panel.data["start"].to_numpy(), panel.data["end"].to_numpy()
    close = start[1:] - end[:-1] <= (gap or 0.0)
    if gap is None and "spell" in panel.data:
        close |= np.diff(panel.data["spell"].to_numpy()) == 0
    same = np.zeros(len(panel), dtype=bool)
    same[1:] = (
        close & (np.diff(panel.worker_codes) == 0) & (np.diff(panel.firm_codes) == 0)
    )
    return same


def spells(panel, gap: float | None) -> pd.DataFrame:
    """Return one row a spell; see `Panel.spells`."""
    if gap is not None:
        gap = checks.number("gap", gap, low=0.0)
    first = np.flatnonzero(~continues(panel, gap))
    last = np.append(first[1:], len(panel)) - 1
    data = panel.data
    joined = data.drop(columns=[*STATISTICS, "spell"], errors="ignore").take(first)
    joined = joined.reset_index(drop=True)
    joined["end"] = data["end"].to_numpy()[last]
    sums = sum_up(panel, slice(None), first)
    for name in ("wage", *STATISTICS):
        if name in sums:
            joined[name] = sums[name]
    if gap is not None:
        joined["origin"] = _derived_origins(panel, first, joined, gap)
    return joined


def with_origins(panel, gap: float) -> pd.DataFrame:
    """Return the rows with the origins that the dates imply; see `Panel`."""
    gap = checks.number("gap", gap, low=0.0)
    begins = ~continues(panel, gap)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(panel)) - 1
    jobs = panel.data[["start", "end"]].take(first)
    jobs["end"] = panel.data["end"].to_numpy()[last]
    spell = np.cumsum(begins) - 1
    origin = _derived_origins(panel, first, jobs, gap).take(spell)
    return panel.data.assign(origin=origin, spell=spell)


def _derived_origins(panel, first, joined, gap) -> pd.Categorical:
    start, end = joined["start"].to_numpy(), joined["end"].to_numpy()
    newcomer = np.append(True, np.diff(panel.worker_codes[first]) != 0)
    missing = np.append(np.inf, start[1:] - end[:-1])
    observed = np.where(start - panel.window[0] <= gap, _UNKNOWN, _UNEMPLOYMENT)
    later = np.where(missing <= gap, _FIRM, _UNEMPLOYMENT)
    return pd.Categorical.from_codes(
        np.where(newcomer, observed, later), categories=list(ORIGINS)
    )


def sum_up(panel, order, first: np.ndarray) -> dict[str, np.ndarray]:
    """Return time, mean wage and sums of squares and logs of groups of rows.

    Parameters
    ----------
    panel : Panel
        The rows.
    order : slice or (rows,) int array
        The order that puts the rows of a group next to one another.
    first : (groups,) int array
        Where in that order each group begins.
    """
    time, wage = panel.time[order], panel.data["wage"].to_numpy()[order]
    total = np.add.reduceat(time, first)
    # Around the group's first wage, so that equal wages average to exactly themselves.
    base = wage[first]
    sizes = np.diff(np.append(first, len(wage)))
    above = np.add.reduceat(time * (wage - np.repeat(base, sizes)), first)
    sums = {"time": total, "wage": base + above / total}
    sums["wage_squares"] = np.add.reduceat(
        _column(panel, "wage_squares", order, lambda: time * wage**2), first
    )
    if panel.has_logs:
        sums["wage_logs"] = np.add.reduceat(
            _column(panel, "wage_logs", order, lambda: time * np.log(wage)), first
        )
    return sums


def require_positive_wages(panel) -> None:
    """Raise if a wage has no log; see `Panel.require_positive_wages`."""
    low = panel.data["wage"].to_numpy() <= 0
    advice = (
        "use the levels of wages instead of their logs, or drop these rows and make a "
        "new panel"
    )
    if low.any():
        raise ValueError(
            f"{low.sum():,} of {len(panel):,} wages are zero or negative, in "
            f"{rows(panel.data.index, low)}, and have no log: {advice}."
        )
    if not panel.has_logs:
        raise ValueError(
            "These spells carry wage_squares but no wage_logs, since some of the wages "
            f"that they join are zero or negative and have no log: {advice}."
        )


def _column(panel, name, order, implied) -> np.ndarray:
    if name in panel.data:
        return panel.data[name].to_numpy()[order]
    return implied()


def months(panel, first, last) -> pd.DataFrame:
    """Return one row a worker and whole month; see `Panel.months`."""
    opening, closing = month_limits(panel, first, last)
    data = panel.data
    begin = np.maximum(np.ceil(data["start"].to_numpy()), opening).astype(np.int64)
    stop = np.minimum(np.ceil(data["end"].to_numpy()), closing).astype(np.int64)
    count = np.maximum(stop - begin, 0)
    total = int(count.sum())
    if total > MOST_ROWS:
        raise ValueError(
            f"months would make {total:,} rows, more than {MOST_ROWS:,}: ask for fewer "
            "months with first and last, or work with the spells."
        )
    if total == 0:
        raise ValueError(
            f"No job covers a whole month from {opening} to {closing}: check first, "
            "last and the unit in which start and end are measured."
        )
    row = np.repeat(np.arange(len(data)), count)
    since = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
    monthly = data.drop(columns=[*STATISTICS], errors="ignore").take(row)
    monthly = monthly.reset_index(drop=True)
    monthly["start"] = begin[row] + since
    monthly["end"] = monthly["start"] + 1
    return monthly


def month_limits(panel, first, last) -> tuple[int, int]:
    """Return the first whole months from `first` and from `last` on, in the window."""
    opening, closing = panel.window
    first = opening if first is None else checks.number("first", first)
    last = closing if last is None else checks.number("last", last)
    if not first < last:
        raise ValueError(f"last = {last:g} must be greater than first = {first:g}.")
    return math.ceil(max(first, opening)), math.ceil(min(last, closing))


def cells(panel, logs: bool) -> pd.DataFrame:
    """Return one row a worker-firm pair; see `Panel.cells`."""
    if logs:
        panel.require_positive_wages()
    pair = panel.worker_codes * len(panel.firms) + panel.firm_codes
    order = np.argsort(pair, kind="stable")
    first = np.flatnonzero(np.append(True, np.diff(pair[order]) != 0))
    table = panel.data[["worker", "firm"]].take(order[first]).reset_index(drop=True)
    sums = sum_up(panel, order, first)
    for name in ("time", "wage", "wage_squares", *(["wage_logs"] if logs else [])):
        table[name] = sums[name]
    begins = ~continues(panel)
    table["spells"] = np.add.reduceat(begins[order].astype(np.int64), first)
    return table


def cycles(panel) -> np.ndarray:
    """Return each row's employment cycle; see `Panel.cycles`."""
    origin = panel.data["origin"].cat.codes.to_numpy()
    hired = (origin == _UNEMPLOYMENT) & ~continues(panel)
    so_far = np.cumsum(hired)
    first = np.searchsorted(panel.worker_codes, np.arange(len(panel.workers)))
    return so_far - so_far[first][panel.worker_codes]
