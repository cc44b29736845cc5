"""Records cut at each new year, with their wages in real terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.records.calendar_months import first_day, month_of


class Records(NamedTuple):
    number: np.ndarray  # the row of jobs
    worker: np.ndarray
    firm: np.ndarray
    start: np.ndarray
    end: np.ndarray
    wage: np.ndarray

    def take(self, chosen) -> Records:
        return Records(*(column[chosen] for column in self))


def by_year(records, opening, closing, deflator) -> Records:
    """Cut records to the window and at each new year, and deflate their wages."""
    start = np.maximum(records.start, opening)
    end = np.minimum(records.end, closing)
    first, last = month_of(start) // 12, month_of(end) // 12
    count = last - first + 1
    piece = np.repeat(np.arange(len(count)), count)
    since = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    year = first[piece] + since
    wage = records.wage[piece]
    if deflator is not None:
        wage = wage / _prices(deflator, year)
    return records.take(piece)._replace(
        start=np.maximum(start[piece], first_day(12 * year)),
        end=np.minimum(end[piece], first_day(12 * year + 12) - 1),
        wage=wage,
    )


def _prices(deflator, year) -> np.ndarray:
    if not isinstance(deflator, Mapping | pd.Series):
        raise TypeError(
            f"deflator must map years to price levels, not be a"
            f" {type(deflator).__name__}: give a dict such as {{2004: 0.98, 2005: 1}}."
        )
    years, position = np.unique(year + 1970, return_inverse=True)
    prices = dict(deflator.items())
    unknown = [int(one) for one in years if one not in prices]
    if unknown:
        raise ValueError(
            f"deflator has no price level for {', '.join(map(str, unknown[:5]))}: add"
            " one for every year with records."
        )
    levels = [
        checks.number(f"deflator[{one}]", prices[one], low=0.0, open_low=True)
        for one in years
    ]
    return np.array(levels)[position]
