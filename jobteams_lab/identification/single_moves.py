"""Single-worker moves: take a worker out of the order, put him where he fits best.

Every firm keeps its workers sorted by a key, a real number that orders all workers. A
worker is compared with the merged lists of his few firms. Where the running sum of what
it gains to pass one co-worker after the other is highest, there he belongs, and he gets
a key between his two neighbours there. So a visit costs the number of his co-worker
links and nothing else, and keys are renumbered now and then.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from jobteams_lab.identification.log_odds import log_odds, probability

TOLERANCE = 1e-12  # of what a worker's comparisons weigh: smaller gains are rounding
ROOM = 1e-5  # between two keys: with less, two workers might get the same


class Lists(NamedTuple):
    """Cells by worker, and each firm's workers sorted by key.

    first (n + 1,), firm, wage, variance (cells,): the cells of worker i are first[i] to
    first[i + 1]. begin (firms + 1,), keys, wages, variances, who (cells,): the list of
    firm f is begin[f] to begin[f + 1]. key (n,): the keys.
    """

    first: np.ndarray
    firm: np.ndarray
    wage: np.ndarray
    variance: np.ndarray
    begin: np.ndarray
    keys: np.ndarray
    wages: np.ndarray
    variances: np.ndarray
    who: np.ndarray
    key: np.ndarray


def sorted_lists(worker, firm, wage, variance, order) -> Lists:
    """Lay out the cells for the workers in `order`, from the lowest to the highest.

    Parameters
    ----------
    worker, firm : (cells,) int array
        Workers ascending.
    wage, variance : (cells,) array
    order : (n,) int array
    """
    n = len(order)
    key = np.empty(n)
    key[order] = np.arange(n)
    by_firm = np.lexsort((key[worker], firm))
    return Lists(
        first=np.searchsorted(worker, np.arange(n + 1)),
        firm=firm.astype(np.int64),
        wage=wage,
        variance=variance,
        begin=np.searchsorted(firm[by_firm], np.arange(firm.max() + 2)),
        keys=key[worker][by_firm],
        wages=wage[by_firm],
        variances=variance[by_firm],
        who=worker[by_firm],
        key=key,
    )


def renumber(lists: Lists) -> None:
    """Replace the keys by 0, 1, …, which leaves the order as it is."""
    lists.key[np.argsort(lists.key, kind="stable")] = np.arange(len(lists.key))
    lists.keys[:] = lists.key[lists.who]


def longest(lists: Lists) -> int:
    """Return the largest number of entries in the lists of one worker's firms."""
    size = np.diff(lists.begin)[lists.firm]
    return int(np.add.reduceat(size, lists.first[:-1]).max())


@numba.njit(cache=True)
def _search(keys, low, high, key):
    """Return the first place in keys[low:high] that is not below `key`."""
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(cache=True)
def _place(lists, firm, i):
    """Return where worker i stands in a firm's list."""
    end = lists.begin[firm + 1]
    place = _search(lists.keys, lists.begin[firm], end, lists.key[i])
    while lists.who[place] != i:  # only if another worker has the very same key
        place += 1
    return place


# "numpy": a division that may raise would keep the loops from being vectorised
@numba.njit(cache=True, error_model="numpy")
def _collect(lists, i, kemeny, table, key, value, ends):
    """Write the keys and weights of worker i's co-workers, a run for each firm."""
    n, runs = 0, 0
    for c in range(lists.first[i], lists.first[i + 1]):
        f = lists.firm[c]
        own = _place(lists, f, i)
        wage, variance = lists.wage[c], lists.variance[c]
        start = n
        for low, high in ((lists.begin[f], own), (own + 1, lists.begin[f + 1])):
            m = high - low
            key[n : n + m] = lists.keys[low:high]
            for k in range(m):
                spread = np.sqrt(variance + lists.variances[low + k])
                value[n + k] = (wage - lists.wages[low + k]) / spread
            n += m
        if kemeny:
            for k in range(start, n):
                value[k] = probability(value[k], table)
        else:
            for k in range(start, n):
                value[k] = log_odds(value[k], table)
        if n > start:
            ends[runs] = n
            runs += 1
    return runs


@numba.njit(cache=True)
def _merge(key, value, ends, runs, spare_key, spare_value):
    """Merge sorted runs two by two; return the arrays that hold the result."""
    while runs > 1:
        merged, start = 0, 0
        for r in range(0, runs, 2):
            middle = ends[r]
            end = ends[min(r + 1, runs - 1)]
            a, b = start, middle
            for k in range(start, end):
                take = b >= end or (a < middle and key[a] <= key[b])
                source = a if take else b
                spare_key[k] = key[source]
                spare_value[k] = value[source]
                a += take
                b += not take
            ends[merged] = end
            merged += 1
            start = end
        runs = merged
        key, spare_key = spare_key, key
        value, spare_value = spare_value, value
    return key, value


@numba.njit(cache=True)
def _best_gap(key, value, n, own, kemeny):
    """Return the gain of the best place, its two neighbours' keys and all weights.

    Passing a co-worker gains his weight: the log odds at each shared firm, or the
    difference of the two products of probabilities.
    """
    total, best, here, weights = 0.0, 0.0, 0.0, 0.0
    left, right = -np.inf, key[0] if n else np.inf
    j = 0
    while j < n:
        k = key[j]
        weight, other = value[j], 1.0 - value[j]
        j += 1
        while j < n and key[j] == k:  # the same co-worker, at another firm
            if kemeny:
                weight, other = weight * value[j], other * (1.0 - value[j])
            else:
                weight += value[j]
            j += 1
        if kemeny:
            weight -= other
        total += weight
        weights += abs(weight)
        if k < own:
            here = total
        if total > best:
            best, left = total, k
            right = key[j] if j < n else np.inf
    return best - here, left, right, weights


@numba.njit(cache=True)
def _shift(lists, i, key, stale):
    """Give worker i another key, and mark the co-workers whom he passes."""
    up = key > lists.key[i]
    for c in range(lists.first[i], lists.first[i + 1]):
        f = lists.firm[c]
        k = _place(lists, f, i)
        wage, variance = lists.wages[k], lists.variances[k]
        step = 1 if up else -1
        low, high = lists.begin[f], lists.begin[f + 1]
        while low <= k + step < high and (lists.keys[k + step] < key) == up:
            lists.keys[k] = lists.keys[k + step]
            lists.wages[k] = lists.wages[k + step]
            lists.variances[k] = lists.variances[k + step]
            lists.who[k] = lists.who[k + step]
            stale[lists.who[k]] = True
            k += step
        lists.keys[k] = key
        lists.wages[k] = wage
        lists.variances[k] = variance
        lists.who[k] = i
    lists.key[i] = key


@numba.njit(cache=True)
def sweep(lists, visit, begin, stale, share, kemeny, table, spare):
    """Visit workers in turn and move each to the place that fits him best.

    Parameters
    ----------
    lists : Lists
        Changed in place.
    visit : (n,) int array
        The workers in the order of the visits, which start at ``visit[begin]``.
    begin : int
    stale : (n,) bool array
        Who is visited; changed in place.
    share : (n,) array
        Where between his new neighbours each worker is put, in (0, 1).
    kemeny : bool
        Whether a pair's weight is the difference of products of probabilities.
    table : (pieces, 4) array
        From `log_odds`.
    spare : (4, longest) array
        Room to work in.

    Returns
    -------
    tuple
        Workers moved, gain in the objective, the smallest gain, and where to begin
        again: n, or less if two keys were too close to put a worker between them.
    """
    ends = np.empty(np.max(np.diff(lists.first)), dtype=np.int64)
    moved, gained, smallest = 0, 0.0, np.inf
    for v in range(begin, len(visit)):
        i = visit[v]
        if not stale[i]:
            continue
        stale[i] = False
        runs = _collect(lists, i, kemeny, table, spare[0], spare[1], ends)
        n = ends[runs - 1] if runs else 0
        key, value = _merge(spare[0], spare[1], ends, runs, spare[2], spare[3])
        own = lists.key[i]
        gain, left, right, weights = _best_gap(key, value, n, own, kemeny)
        if gain <= TOLERANCE * weights:
            continue
        if left == -np.inf:
            left = right - 1.0
        if right == np.inf:
            right = left + 1.0
        if right - left < ROOM:
            stale[i] = True
            return moved, gained, smallest, v
        _shift(lists, i, left + share[i] * (right - left), stale)
        moved += 1
        gained += gain
        smallest = min(smallest, gain)
    return moved, gained, smallest, len(visit)
