"""Slow routes for rankings: dense matrices over all pairs, and every order tried."""

from itertools import permutations

import numpy as np
import pandas as pd
from scipy.special import log_ndtr, ndtr

from jobteams_lab.panel import Panel


def random_panel(workers=40, firms=4, *, seed, noise=0.1, jobs=4, ids=None):
    """Draw a panel without a model: types plus a firm's level, `jobs` spells each."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=workers)
    level = rng.normal(size=firms)
    ids = np.arange(workers) if ids is None else np.asarray(ids)
    rows = []
    for i in range(workers):
        start = 0
        for _ in range(jobs):
            firm = int(rng.integers(firms))
            months = int(rng.integers(2, 12))
            wage = ability[i] + level[firm] + noise * rng.normal(size=months)
            rows.append(
                {
                    "worker": ids[i],
                    "firm": firm,
                    "start": start,
                    "end": start + months,
                    "wage": wage.mean(),
                    "origin": "unemployment",
                    "time": float(months),
                    "wage_squares": np.sum(wage**2),
                    "ability": ability[i],
                }
            )
            start += months + int(rng.integers(1, 4))
    return Panel(pd.DataFrame(rows))


def dense_z(panel, variance):
    """Return z of every pair at every firm, (firms, n, n); nan where not compared."""
    n, firms = len(panel.workers), len(panel.firms)
    wage, months = np.full((firms, n), np.nan), np.zeros((firms, n))
    for row, i, j in zip(
        panel.data.itertuples(), panel.worker_codes, panel.firm_codes, strict=True
    ):
        total = np.nan_to_num(wage[j, i]) * months[j, i] + row.wage * row.time
        months[j, i] += row.time
        wage[j, i] = total / months[j, i]
    with np.errstate(divide="ignore", invalid="ignore"):
        v = variance / months
        z = (wage[:, :, None] - wage[:, None, :]) / np.sqrt(
            v[:, :, None] + v[:, None, :]
        )
    z[:, np.arange(n), np.arange(n)] = np.nan
    return z


def dense_weights(panel, variance, objective):
    """Return what it is worth to rank the row's worker above the column's, (n, n)."""
    z = dense_z(panel, variance)
    met = np.isfinite(z).any(axis=0)
    if objective == "loglik":
        return np.where(met, np.nansum(log_ndtr(z), axis=0), 0.0)
    return np.where(met, np.nanprod(ndtr(z), axis=0), 0.0)


def value(weights, rank):
    """Sum the weights over all pairs whose row is ranked above their column."""
    return float(np.sum(weights[np.asarray(rank)[:, None] > np.asarray(rank)]))


def best_single_move(weights, rank):
    """Return the largest gain of moving one worker, by trying every place for each."""
    order = list(np.argsort(rank))
    now, best = value(weights, rank), -np.inf
    for i in order:
        rest = [k for k in order if k != i]
        for place in range(len(order)):
            moved = [*rest[:place], i, *rest[place:]]
            best = max(best, value(weights, np.argsort(moved)) - now)
    return best


def every_order(weights):
    """Return the largest value over all n! orders."""
    n = len(weights)
    return max(value(weights, order) for order in permutations(range(n)))
