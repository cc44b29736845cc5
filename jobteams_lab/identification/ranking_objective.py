"""What a ranking is worth, summed over all pairs from scratch and without tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np

from jobteams_lab.identification.comparisons import Comparisons


@dataclass(frozen=True)
class Agreement:
    """How well a ranking agrees with the comparisons.

    Attributes
    ----------
    objective : float
        The log-likelihood, or Kemeny's objective (A.3).
    disagreement : float
        Share of the comparisons at one firm that the ranking contradicts; equal wages
        decide nothing and are left out.
    weighted_disagreement : float
        The same with each comparison, or pair, counted by its weight in the objective.
    """

    objective: float
    disagreement: float
    weighted_disagreement: float


def agreement(compared: Comparisons, rank: np.ndarray, kemeny: bool) -> Agreement:
    """Sum the objective over all pairs of co-workers.

    With z the difference of mean wages over its standard deviation, the log-likelihood
    is Σ log Φ(z) over all firms and pairs, z taken from the higher ranked to the lower;
    Kemeny's objective is Σ_pairs Π_firms Φ(z).

    Parameters
    ----------
    compared : Comparisons
    rank : (n,) array
        Ranks of its workers, all different.
    kemeny : bool
    """
    firm = compared.firm
    by_firm = np.argsort(firm, kind="stable")
    begin = np.searchsorted(firm[by_firm], np.arange(firm.max() + 2))
    first = np.searchsorted(compared.worker, np.arange(len(rank) + 1))
    value, against, decided, weight, weights = _sum(
        first,
        compared.worker,
        firm,
        compared.wage,
        compared.variance,
        by_firm,
        begin,
        np.asarray(rank, dtype=np.float64),
        kemeny,
    )
    return Agreement(
        objective=value,
        disagreement=against / decided if decided else 0.0,
        weighted_disagreement=weight / weights if weights else 0.0,
    )


@numba.njit(cache=True)
def _log_probabilities(z):
    """Return log Φ(z) and log Φ(−z)."""
    size = abs(z)
    if size < 30.0:
        tail = 0.5 * math.erfc(size * math.sqrt(0.5))
        high, low = math.log1p(-tail), math.log(tail)
    else:
        series = 1.0 - 1.0 / z**2 + 3.0 / z**4 - 15.0 / z**6
        low = math.log(series) - 0.5 * z * z - math.log(size * math.sqrt(2 * math.pi))
        high = 0.0
    return (high, low) if z > 0.0 else (low, high)


@numba.njit(cache=True)
def _sum(first, worker, firm, wage, variance, by_firm, begin, rank, kemeny):
    """Go through each worker's lower ranked co-workers, firm after firm."""
    n = len(rank)
    # c(i, k) and c(k, i) of the worker i at hand, and of whom they are not 1
    wins, losses = np.ones(n), np.ones(n)
    touched = np.empty(n, dtype=np.int64)
    met = np.zeros(n, dtype=np.bool_)
    value, weight, weights = 0.0, 0.0, 0.0
    against, decided = 0, 0
    for i in range(n):
        count = 0
        for c in range(first[i], first[i + 1]):
            for p in range(begin[firm[c]], begin[firm[c] + 1]):
                d = by_firm[p]
                k = worker[d]
                if rank[k] >= rank[i]:
                    continue
                z = (wage[c] - wage[d]) / math.sqrt(variance[c] + variance[d])
                decided += z != 0.0
                against += z < 0.0
                if kemeny:
                    if not met[k]:
                        met[k] = True
                        touched[count] = k
                        count += 1
                    tail = 0.5 * math.erfc(abs(z) * math.sqrt(0.5))
                    wins[k] *= 1.0 - tail if z > 0.0 else tail
                    losses[k] *= tail if z > 0.0 else 1.0 - tail
                else:
                    up, down = _log_probabilities(z)
                    value += up
                    weights += abs(up - down)
                    weight += max(down - up, 0.0)
        for t in range(count):
            k = touched[t]
            value += wins[k]
            weights += abs(wins[k] - losses[k])
            weight += max(losses[k] - wins[k], 0.0)
            wins[k], losses[k], met[k] = 1.0, 1.0, False
    return value, against, decided, weight, weights
