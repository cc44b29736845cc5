"""The main job of each worker and month, and the spells that these make up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from jobteams_lab.panel_validation import ORIGINS
from jobteams_lab.records.calendar_months import first_day, month_of
from jobteams_lab.records.employment_cycles import (
    BEGINNINGS,
    RUNNING,
    Cycles,
    latest_end,
)

_UNEMPLOYMENT, _FIRM, _UNKNOWN = range(len(ORIGINS))


class Months(NamedTuple):
    number: np.ndarray  # the row of jobs that the other columns come from
    worker: np.ndarray
    firm: np.ndarray
    month: np.ndarray
    wage: np.ndarray
    days: np.ndarray
    cycle: np.ndarray


class Spells(NamedTuple):
    number: np.ndarray
    origin: pd.Categorical
    counts: pd.Series


def main_jobs(records, cycles: Cycles, origin: int) -> tuple[Months, int]:
    """Return each worker's best-paid job of each month, and how many others there are.

    Of jobs that pay the same, the one at the first firm in sorted order is kept.
    """
    first, last = month_of(records.start), month_of(records.end)
    count = last - first + 1
    row = np.repeat(np.arange(len(count)), count)
    month = (
        first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    )
    start = np.maximum(records.start[row], first_day(month))
    end = np.minimum(records.end[row], first_day(month + 1) - 1)
    span = int(last.max()) - origin + 1
    held = records.worker[row] * span + (month - origin)
    firm = records.firm[row]
    order = np.lexsort((start, firm, held))
    row, start, end, held, firm = (x[order] for x in (row, start, end, held, firm))

    job = np.append(True, (np.diff(held) != 0) | (np.diff(firm) != 0))
    at = np.flatnonzero(job)
    earned = np.add.reduceat(records.wage[row] * (end - start + 1), at)
    # records of one firm may share days, which count once
    covered = latest_end(np.cumsum(job), end, int(start.min()) - 1)
    days = np.add.reduceat(np.maximum(end - np.maximum(start - 1, covered), 0), at)
    cycle = np.maximum.reduceat(cycles.of_record[row], at)
    held = held[at]
    begins = np.flatnonzero(np.append(True, np.diff(held) != 0))
    sizes = np.diff(np.append(begins, len(held)))
    most = np.repeat(np.maximum.reduceat(earned, begins), sizes)
    place = np.where(earned == most, np.arange(len(held)), len(held))
    best = np.minimum.reduceat(place, begins)
    chosen = row[at[best]]
    main = Months(
        number=records.number[chosen],
        worker=records.worker[chosen],
        firm=records.firm[chosen],
        month=held[best] % span,
        wage=earned[best] / days[best],
        days=days[best],
        cycle=cycle[best],
    )
    return main, len(held) - len(best)


def job_spells(main: Months, cycles: Cycles) -> Spells:
    """Number the spells of main jobs, and say where each began."""
    newcomer = np.append(True, np.diff(main.worker) != 0)
    moved = np.append(True, np.diff(main.firm) != 0)
    again = np.append(True, np.diff(main.cycle) != 0)
    skipped = np.append(True, np.diff(main.month) != 1)
    begins = newcomer | moved | (again & skipped)
    hired = (newcomer | again)[begins]
    way = np.where(hired, cycles.beginning[main.cycle[begins]], len(BEGINNINGS))
    labels = [*BEGINNINGS, "from another firm"]
    counts = pd.Series(np.bincount(way, minlength=len(labels)), labels, name="spells")
    origin = np.where(way >= RUNNING, _UNKNOWN, _UNEMPLOYMENT)
    origin[~hired] = _FIRM
    number = np.cumsum(begins) - 1
    return Spells(
        number, pd.Categorical.from_codes(origin[number], list(ORIGINS)), counts
    )
