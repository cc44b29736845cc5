"""The days between which workers are observed."""

from __future__ import annotations

from numbers import Real

import numpy as np
import pandas as pd

from jobteams_lab.panel_validation import rows
from jobteams_lab.records.calendar_months import first_day, month_of, months_later

LATEST = 10  # years from the last start to the last end


def observation_window(window, records, paid, labels: pd.Index) -> tuple[int, int]:
    """Return the first and last day of `window`, or of the months with records.

    Parameters
    ----------
    window : (first, last) or None
        Dates.
    records : Records
        Jobs, in the order of the user's table.
    paid : (worker, start, end)
        Benefits.
    labels : pandas.Index
        The rows of jobs, for errors.

    Raises
    ------
    TypeError, ValueError
        One sentence, if `window` does not hold two dates in order, or there is none and
        ends lie so far ahead that they stand for jobs that go on.
    """
    if window is None:
        return _whole_months(records, paid, labels)
    try:
        days = list(window)
    except TypeError:
        days = []
    if any(isinstance(day, Real) for day in days):
        raise TypeError(
            f"window must hold dates, not {window!r}: give them such as"
            " ('1993-01-01', '2007-12-31')."
        )
    try:
        first, last = (pd.Timestamp(day).to_datetime64() for day in days)
    except (TypeError, ValueError):
        first = last = np.datetime64("NaT")
    if not first < last:
        raise ValueError(
            f"window = {window!r} must be two dates, the first before the last, such"
            " as ('1993-01-01', '2007-12-31')."
        )
    opening, closing = (
        int(day.astype("datetime64[D]").astype(np.int64)) for day in (first, last)
    )
    return opening, closing


def _whole_months(records, paid, labels) -> tuple[int, int]:
    last_start = max(records.start.max(), paid[1].max(initial=records.start.max()))
    latest = months_later(last_start, 12 * LATEST)
    for what, end in (("Jobs", records.end), ("Benefits", paid[2])):
        endless = end > latest
        if endless.any():
            # benefits were sorted, so that their rows cannot be named
            where = f" in {rows(labels, endless)}" if what == "Jobs" else ""
            year = 1970 + int(month_of(end.max())) // 12
            raise ValueError(
                f"{what}{where} end in {year}: give a window, or end them on the"
                " data's last day."
            )
    first = min(records.start.min(), paid[1].min(initial=records.start.min()))
    last = max(records.end.max(), paid[2].max(initial=records.end.max()))
    months = month_of([first, last])
    return int(first_day(months[0])), int(first_day(months[1] + 1)) - 1
