"""The best ranking of a few workers, exactly.

Which workers stand at the bottom of the best ranking decides what the rest can still
add, in whatever order those at the bottom are: so the best ranking is found over the 2ⁿ
sets of workers (Held and Karp's recursion) instead of the n! orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtr

from jobteams_lab import checks
from jobteams_lab.identification.comparisons import usable_spells
from jobteams_lab.panel import Panel

MOST = 16  # workers: 2^16 sets


@dataclass(frozen=True, eq=False)
class ExactRanking:
    """A ranking that no other beats.

    Attributes
    ----------
    rank : (n,) int array
        1 for the lowest to n for the highest.
    objective : float
        Σ weights[i, k] over all pairs with i ranked above k.
    """

    rank: np.ndarray
    objective: float


def exact_ranking(weights) -> ExactRanking:
    """Find the ranking with the largest sum of weights.

    For every set S of workers at the bottom, the best sum within it is::

        B(S) = max_{i ∈ S} B(S − i) + Σ_{k ∈ S − i} weights[i, k].

    Parameters
    ----------
    weights : (n, n) array
        What it is worth to rank the row's worker above the column's; see
        `pairwise_weights`. The diagonal is not read. At most 16
        workers.

    Returns
    -------
    ExactRanking
        Of several best rankings, any one.

    Raises
    ------
    ValueError
        If `weights` is not a square table of finite numbers or there are too many
        workers.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), appendix C, equation (A.3).
    """
    weights = np.array(weights, dtype=np.float64)
    if weights.ndim != 2 or weights.shape[0] != weights.shape[1] or not weights.size:
        raise ValueError(
            f"weights has the shape {weights.shape}: give one row and one column a "
            "worker."
        )
    n = len(weights)
    if n > MOST:
        raise ValueError(
            f"weights compares {n} workers, and exact_ranking goes through 2^n sets: "
            f"give at most {MOST}, or use rank_workers."
        )
    np.fill_diagonal(weights, 0.0)
    if not np.isfinite(weights).all():
        raise ValueError("weights must be finite: bound the log-probabilities.")

    sets = np.arange(1 << n)
    best = np.zeros(1 << n)
    top = np.zeros(1 << n, dtype=np.int64)
    members = (sets[:, None] >> np.arange(n)) & 1
    for size in range(1, n + 1):
        here = sets[members.sum(axis=1) == size]
        best[here] = -np.inf
        for i in range(n):
            with_i = here[members[here, i] == 1]
            value = best[with_i ^ (1 << i)] + members[with_i] @ weights[i]
            better = value > best[with_i]
            best[with_i[better]] = value[better]
            top[with_i[better]] = i
    rank = np.empty(n, dtype=np.int64)
    left = (1 << n) - 1
    for place in range(n, 0, -1):
        rank[top[left]] = place
        left ^= 1 << top[left]
    return ExactRanking(rank, float(best[-1]))


def pairwise_weights(
    panel: Panel, noise_variance: float, objective: str = "loglik", *, origins=None
) -> np.ndarray:
    """Write out what it is worth to rank one worker above another, for every pair.

    With z as in `rank_workers`, the row's mean wage less the column's over its standard
    deviation, an entry is Σ_j log Φ(z_j) over the firms both worked at ("loglik"), or
    c(i, k) = Π_j Φ(z_j) ("kemeny"); zero for workers who never met.

    Parameters
    ----------
    panel : Panel
        Of at most a few thousand workers: the table has one entry a pair.
    noise_variance : float
        σ², positive; see `error_variance`.
    objective : {"loglik", "kemeny"}
    origins : sequence of str, optional
        Origins of the spells that count; see `usable_spells`.

    Returns
    -------
    (n, n) array
        In the order of ``panel.workers``.
    """
    checks.one_of("objective", objective, ("loglik", "kemeny"))
    checks.number("noise_variance", noise_variance, low=0.0, open_low=True)
    cells = usable_spells(panel, origins).cells()
    worker = np.searchsorted(panel.workers, cells["worker"].to_numpy())
    wage = cells["wage"].to_numpy()
    variance = noise_variance / cells["time"].to_numpy()
    loglik = objective == "loglik"
    n = len(panel.workers)
    weights = np.full((n, n), 0.0 if loglik else 1.0)
    met = np.zeros((n, n), dtype=bool)
    for at in cells.groupby("firm").indices.values():
        z = (wage[at, None] - wage[at]) / np.sqrt(variance[at, None] + variance[at])
        here = np.ix_(worker[at], worker[at])
        met[here] = True
        if loglik:
            weights[here] += log_ndtr(z)
        else:
            weights[here] *= ndtr(z)
    np.fill_diagonal(met, False)
    return np.where(met, weights, 0.0)
