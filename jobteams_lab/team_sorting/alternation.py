"""One member against the teams of all others, in turns, by POT's network simplex."""

from __future__ import annotations

import time
import warnings

import numpy as np

from jobteams_lab.team_sorting import dense_plans
from jobteams_lab.team_sorting.discrete import Assignment
from jobteams_lab.team_sorting.grids import Grid

SOLVED = 1  # result_code of ot.emd at an optimum


def alternate(made: Grid, sweeps: int = 20, tol: float = 1e-9) -> Assignment:
    """Improve a plan by two-margin problems until a sweep gains next to nothing.

    Take one position. The teams of the others are kept with their shares, the members
    in that position are matched to them anew. This is optimal transport between two
    margins, with a loss that ot.emd takes as it is. Unlike `rearrange` it may
    split a kind of team, and starts from independent members. Each problem has
    multipliers of the members; together, raised until no team is overpaid, those give
    a lower bound, the best of which is kept.

    Parameters
    ----------
    made : Grid
    sweeps : int
        At most so many.
    tol : float
        Stop when a sweep lowers the loss by no more than tol times itself.

    Raises
    ------
    RuntimeError
        If ot.emd reports no optimum.
    """
    start = time.perf_counter()
    losses, size = made.tensor, made.economy.size
    weights = [made.weights[g] for g in made.members]
    plan = np.ones(())
    for one in weights:
        plan = np.multiply.outer(plan, one)
    multipliers = [np.zeros(len(one)) for one in weights]
    best = dense_plans.raised(multipliers, losses)
    history = [float((plan * losses).sum())]
    converged = False
    while not converged and len(history) <= sweeps:
        for axis in range(size):
            plan, multipliers[axis] = _rematch(plan, losses, axis, weights[axis])
        potentials = dense_plans.raised(multipliers, losses)
        better = dense_plans.value(potentials, weights)
        if better > dense_plans.value(best, weights):
            best = potentials
        history.append(float((plan * losses).sum()))
        converged = history[-2] - history[-1] <= tol * history[-1]
    plan = dense_plans.rounded(plan, weights)
    return dense_plans.assignment(
        made,
        plan,
        best,
        method="alternation (POT)",
        converged=converged,
        iterations=len(history) - 1,
        seconds=time.perf_counter() - start,
    )


def _rematch(plan, losses, axis, weights):
    rest = np.moveaxis(plan, axis, -1)
    shape, length = rest.shape, len(weights)
    rest = rest.reshape(-1, length).sum(axis=1)
    rows = np.flatnonzero(rest > 0.0)
    cost = np.moveaxis(losses, axis, -1).reshape(-1, length)[rows]
    matched, multipliers = _emd(rest[rows], weights, cost)
    full = np.zeros((len(rest), length))
    full[rows] = matched
    return np.moveaxis(full.reshape(shape), -1, axis), multipliers


def _emd(left, right, cost):
    with warnings.catch_warnings():
        # what it warns of is asked of its log; compiling it warns on new Pythons
        warnings.simplefilter("ignore")
        import ot

        scale = cost.max() or 1.0
        most = max(100_000, 20 * cost.size)
        plan, log = ot.emd(
            left / left.sum(), right, cost / scale, numItermax=most, log=True
        )
    if log["result_code"] != SOLVED:
        raise RuntimeError(
            f"ot.emd stopped without an optimum after at most {most:,} pivots on"
            f" {cost.shape[0]:,} teams: {log['warning']} Take fewer points."
        )
    return plan, np.asarray(log["v"]) * scale
