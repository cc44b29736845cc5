"""What a team learns at once when human capital stays on a grid."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy import sparse

from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.teams import Teams

MOST_OUTCOMES = 300_000_000  # 16 bytes each


def log_growth(finite: FiniteEconomy, counts: np.ndarray) -> np.ndarray:
    """log(h'/h) − log q of a worker of each type in each team, (M, K).

    Equation (2) before rounding, without the firm's own term. A type that the team
    lacks gets the growth of a worker who were one of it beside the others counted.
    """
    log_h = np.log(finite.worker_human_capital)
    gap = log_h[None, :] - log_h[:, None]  # from k (rows) to coworkers l (columns)
    theta = np.where(gap > 0, finite.learning_from_better, finite.learning_from_worse)
    others = np.maximum(counts.sum(axis=1, keepdims=True) - 1, 1)
    return np.log(finite.worker_ability) + counts @ (theta * gap).T / others


def rounding(finite: FiniteEconomy, growth: np.ndarray, q: float):
    """Return (lower grid point, probability of the next one) after learning, (M, K)."""
    log_grid = np.log(finite.human_capital)
    own = np.repeat(log_grid, len(finite.ability))
    target = np.clip(own + growth + np.log(q), log_grid[0], log_grid[-1])
    if len(log_grid) == 1:
        return np.zeros(target.shape, np.int64), np.zeros(target.shape)
    # what rounding errors put just beside a grid point is that point
    below = np.searchsorted(log_grid, target + 1e-12, side="right") - 1
    below = np.clip(below, 0, len(log_grid) - 2)
    up = (target - log_grid[below]) / np.diff(log_grid)[below]
    up = np.clip(np.where(np.abs(up - np.rint(up)) < 1e-12, np.rint(up), up), 0, 1)
    if finite.rounding == "nearest":
        up = (up >= 0.5 - 1e-12).astype(float)
    return below, up


def learning_matrix(finite: FiniteEconomy, teams: Teams, q: float) -> sparse.csr_array:
    """Return the (M, M) probabilities that team m is m' after a learning event.

    All workers learn at once from the team as it was; equation (2), rounded.
    """
    below, up = rounding(finite, log_growth(finite, teams.counts), q)
    size = len(teams.counts)
    return team_transitions(finite, teams, teams.counts, below, up, size)


def team_transitions(finite, teams, counts, below, up, columns) -> sparse.csr_array:
    """Return the probabilities of the teams that `counts` become, (rows, columns).

    Each worker goes to the grid point after `below` with probability `up`, or to
    `below`, independently of the others; all three are (rows, K), by type.
    """
    abilities = len(finite.ability)
    target = below * abilities + np.arange(finite.worker_types) % abilities
    starts = np.append(0, np.cumsum(_branches(counts, up)))
    if starts[-1] > MOST_OUTCOMES:
        raise ValueError(
            f"learning with stochastic rounding has {starts[-1]:,} outcomes over all"
            f" teams, more than {MOST_OUTCOMES:,}: take fewer types of workers or"
            ' smaller teams, or rounding="nearest".'
        )
    after, chances = _successors(counts, target, up, abilities, *teams.ranks, starts)
    shape = (len(counts), columns)
    matrix = sparse.csr_array((chances, after.astype(np.int32), starts), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _branches(counts, up):
    moves = np.where((up > 0) & (up < 1), counts + 1, 1)
    return moves.prod(axis=1)


@njit(cache=True)
def _successors(counts, target, up, abilities, within, smaller, starts):
    columns = np.empty(starts[-1], np.int64)
    chances = np.empty(starts[-1])
    types = counts.shape[1]
    movers = np.empty(types, np.int64)
    team = np.empty(types, np.int64)
    for m in range(len(counts)):
        movers[:] = 0
        for entry in range(starts[m], starts[m + 1]):
            chance = 1.0
            team[:] = 0
            for k in range(types):
                n, r, p = counts[m, k], movers[k], up[m, k]
                if n == 0:
                    continue
                if p >= 1.0:
                    r = n
                chance *= _binomial(n, r, p)
                team[target[m, k]] += n - r
                if r > 0:
                    team[target[m, k] + abilities] += r
            size, rank = 0, 0
            for k in range(types):  # as in `team_number`
                rank += within[k, size + team[k]] - within[k, size]
                size += team[k]
            columns[entry] = smaller[size] + rank
            chances[entry] = chance
            for k in range(types):  # the next combination of who rounds up
                if not 0.0 < up[m, k] < 1.0:
                    continue
                if movers[k] < counts[m, k]:
                    movers[k] += 1
                    break
                movers[k] = 0
    return columns, chances


@njit(cache=True)
def _binomial(n, r, p):
    if p <= 0.0 or p >= 1.0:
        return 1.0
    value = 1.0
    for i in range(r):
        value *= (n - i) / (i + 1.0)
    return value * p**r * (1.0 - p) ** (n - r)
