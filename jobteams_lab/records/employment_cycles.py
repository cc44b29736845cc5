"""Employment cycles from dates: who was out of work before a job, and how long."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jobteams_lab.records.calendar_months import months_later

# how a cycle begins; the last two have an unknown origin
BEGINNINGS = (
    "first job",
    "after benefits",
    "after a long gap",
    "running when the window opens",
    "first record, but not the first job",
)
FIRST_JOB, BENEFITS, LONG_GAP, RUNNING, NOT_FIRST = range(len(BEGINNINGS))


class Cycles(NamedTuple):
    """The cycle of each record, and how each cycle begins.

    Attributes
    ----------
    of_record : ndarray, shape (records,)
        Numbers of cycles, in the order of workers and time.
    beginning : ndarray, shape (cycles,)
        Positions in `BEGINNINGS`.
    """

    of_record: np.ndarray
    beginning: np.ndarray


def employment_cycles(
    worker, start, end, benefits, opening: int, gap: int, experienced
) -> Cycles:
    """Number the employment cycles of workers, and say how each begins.

    Parameters
    ----------
    worker, start, end : (records,) int arrays
        Codes and days, both included, sorted by worker and start.
    benefits : (worker, start, end)
        The same of compensated unemployment, sorted likewise.
    opening : int
        The day on which the window opens.
    gap : int
        A cycle begins after more than this number of months without a record, or after
        any day without a record that a benefit covers.
    experienced : (workers,) bool array
        Those whose first record is not their first job.
    """
    before = latest_end(worker, end, opening - 1)
    newcomer = np.append(True, np.diff(worker) != 0)
    free = start > before + 1
    paid = free & _covered(worker, before + 1, start - 1, benefits, opening)
    long = start > months_later(before + 1, gap)
    begins = newcomer | paid | long
    code = np.select(
        [paid, ~newcomer, ~long, experienced[worker]],
        [BENEFITS, LONG_GAP, RUNNING, NOT_FIRST],
        FIRST_JOB,
    )
    return Cycles(np.cumsum(begins) - 1, code[begins])


def _covered(worker, first, last, benefits, opening) -> np.ndarray:
    """Return whether a benefit of the worker covers a day from `first` to `last`."""
    owner, start, end = benefits
    if len(owner) == 0:
        return np.zeros(len(worker), dtype=bool)
    low = min(int(start.min()), int(first.min()), opening) - 1
    span = max(int(start.max()), int(last.max())) - low + 1
    # the worker's last benefit that begins by `last`, and the latest end up to it
    begun = np.searchsorted(
        owner * span + (start - low), worker * span + (last - low), side="right"
    )
    nearest = np.maximum(begun - 1, 0)
    his = (begun > 0) & (owner[nearest] == worker)
    until = np.maximum(latest_end(owner, end, low), end)
    return his & (until[nearest] >= first)


def latest_end(group, end, low: int) -> np.ndarray:
    """Return the latest end of the records before each one in its group.

    Parameters
    ----------
    group, end : (rows,) int arrays
        Groups follow one another.
    low : int
        What a group's first record gets; smaller than every end.
    """
    span = int(end.max(initial=low) - low) + 1
    # each group is lifted above those before it, so that a maximum never looks back
    lift = np.cumsum(np.append(False, np.diff(group) != 0)) * span
    running = np.maximum.accumulate(end - low + lift)
    return np.maximum(np.append(0, running[:-1]) - lift, 0) + low
