"""Days and months as whole numbers since January 1970."""

from __future__ import annotations

import numpy as np


def month_of(day) -> np.ndarray:
    """Return the months since January 1970 in which days lie."""
    dates = np.asarray(day, dtype=np.int64).astype("datetime64[D]")
    return dates.astype("datetime64[M]").astype(np.int64)


def first_day(month) -> np.ndarray:
    """Return the first day of months since January 1970."""
    dates = np.asarray(month, dtype=np.int64).astype("datetime64[M]")
    return dates.astype("datetime64[D]").astype(np.int64)


def months_later(day, months: int) -> np.ndarray:
    """Return the same day of the month `months` later, or that month's last day."""
    month = month_of(day)
    target = first_day(month + months) + np.asarray(day) - first_day(month)
    return np.minimum(target, first_day(month + months + 1) - 1)
