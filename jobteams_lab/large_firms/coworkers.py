"""How far a worker's coworkers are above and below him, for teams of any size."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

SHORT = 32  # teams up to here are sorted by insertion


def mean_log_gaps(firm, human_capital, sizes):
    """Return the mean log gaps of each worker to better and to worse coworkers.

    Σ_{j: hⱼ > hᵢ} log(hⱼ/hᵢ)/(n − 1) and the same over hⱼ < hᵢ, at most 0; both are 0
    for a worker alone. One sort of each team, so n log n operations.

    Parameters
    ----------
    firm : (n,) array of int
        Each worker's firm.
    human_capital : (n,) array
        h > 0.
    sizes : (F,) array of int
        How many workers each firm has.

    Returns
    -------
    better, worse : (n,) arrays
        With errors of rounding only, relative to the gap itself: sums of differences
        between neighbours are of one sign, so that nothing cancels.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return _gaps(firm, human_capital, starts)


@njit(cache=True)
def _gaps(firm, human_capital, starts):
    number = len(firm)
    place = starts[:-1].copy()
    worker = np.empty(number, np.int64)
    level = np.empty(number)
    for i in range(number):
        k = place[firm[i]]
        worker[k] = i
        # one at a time: over an array, equal numbers can get logs one digit apart
        level[k] = math.log(human_capital[i])
        place[firm[i]] = k + 1
    better, worse = np.zeros(number), np.zeros(number)
    for f in range(len(starts) - 1):
        first, end = starts[f], starts[f + 1]
        if end - first > 1:
            _sort(worker, level, first, end)
            _team(worker, level, first, end, better, worse)
    return better, worse


@njit(cache=True)
def _sort(worker, level, first, end):
    if end - first > SHORT:
        order = np.argsort(level[first:end])
        level[first:end] = level[first:end][order]
        worker[first:end] = worker[first:end][order]
        return
    for i in range(first + 1, end):
        value, who = level[i], worker[i]
        j = i - 1
        while j >= first and level[j] > value:
            level[j + 1], worker[j + 1] = level[j], worker[j]
            j -= 1
        level[j + 1], worker[j + 1] = value, who


@njit(cache=True)
def _team(worker, level, first, end, better, worse):
    # a step up the ladder of levels takes all who stood above one step nearer; the
    # running sums carry the rounding of each addition along (Kahan's summation), but
    # not between equals, who must get equal numbers
    others = end - first - 1.0
    total, lost = 0.0, 0.0
    for i in range(end - 2, first - 1, -1):
        if level[i + 1] > level[i]:
            step = (level[i + 1] - level[i]) * (end - 1 - i) - lost
            new = total + step
            lost = (new - total) - step
            total = new
        better[worker[i]] = total / others
    total, lost = 0.0, 0.0
    for i in range(first + 1, end):
        if level[i] > level[i - 1]:
            step = (level[i] - level[i - 1]) * (i - first) - lost
            new = total + step
            lost = (new - total) - step
            total = new
        worse[worker[i]] = -total / others
