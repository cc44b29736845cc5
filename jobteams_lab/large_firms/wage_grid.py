"""A table of worker values over wages, fine where interpolated wages would be wrong."""

from __future__ import annotations

import numpy as np

from jobteams_lab.large_firms.worker_equation import WorkerEquation

FIRST_POINTS = 33
MARGIN = 0.01  # of the range of wages, beyond each end
MOST_POINTS, MOST_ENTRIES = 2000, 25_000_000  # of a table made by default
ENTRIES = 2_000_000  # numbers in an array of values solved for at once


def default_size(equation: WorkerEquation) -> int:
    """Return the largest number of wages in a table, if none is asked for."""
    return max(FIRST_POINTS, min(MOST_POINTS, MOST_ENTRIES // equation.surplus.size))


def by_rung(equation: WorkerEquation, values) -> np.ndarray:
    """Return a table (T, R, G) as (G, K, T, M1)."""
    firms, _, points = values.shape
    shaped = values.reshape(firms, equation.types, equation.growing, points)
    return np.ascontiguousarray(shaped.transpose(3, 1, 0, 2))


def table(equation: WorkerEquation, wages, start=None):
    """Return W and its flow value, (T, R, G), and the largest error bound of W.

    The flow value of a rung is the wage and the W that the team's moves bring, a year.
    `start`, of the same shape, is where Newton begins; by default at U.
    """
    firms, rungs = equation.surplus.shape[:2]
    value, flow = np.empty((2, firms, rungs, len(wages)))
    worst = 0.0
    for t in range(firms):
        for part in _parts(rungs, len(wages)):
            chosen = wages[part]
            first = np.repeat(equation.outside, len(chosen), axis=1)
            if start is not None:
                first = start[t][:, part]
            found, error = equation.at_wages(t, chosen, first)
            value[t][:, part] = found
            flow[t][:, part] = chosen + equation.moves.inflow(t, found)
            worst = max(worst, float(error.max()))
    return value, flow, worst


def wages_of(equation: WorkerEquation, t: int, rungs, targets, wages, value):
    """Return the wages that give workers on `rungs` the value `targets`, exactly.

    Parameters
    ----------
    t : int
        The firm type.
    rungs, targets : (B,) arrays
    wages, value : (G,) and (R, G) arrays
        A table for the firm type, to begin from.
    """
    answer = np.empty(len(rungs))
    for part in _parts(len(value), len(rungs)):
        mine, goal = rungs[part], targets[part]
        near = np.abs(value[mine] - goal[:, None]).argmin(axis=1)
        start = value[:, near]
        start[mine, np.arange(len(mine))] = goal
        answer[part] = equation.giving(t, mine, wages[near], start)[1]
    return answer


def interpolated(equation: WorkerEquation, wages, flow_value, rung, value):
    """Return wages that give `value` on each rung, linear in the flow value.

    Parameters
    ----------
    wages, flow_value : (G,) and (G, K, T, M1) arrays
    rung : list of three whole-number arrays
        Types of workers, of firms, and coworkers.
    value : array
        W, of the same shape.
    """
    k, t, m = rung
    surplus = equation.surplus[t, k * equation.growing + m, 0]
    leaving = equation.moves.leaving[t, k * equation.growing + m]
    goal = np.empty(value.shape)
    for kind in np.unique(k):
        mine = k == kind
        goal[mine] = equation.flow_value(
            int(kind), value[mine], surplus[mine], leaving[mine]
        )
    low = np.zeros(goal.shape, np.int64)
    high = np.full(goal.shape, len(wages) - 1)
    while (high - low > 1).any():
        middle = (low + high) // 2
        right = flow_value[middle, k, t, m] <= goal
        low, high = np.where(right, middle, low), np.where(right, high, middle)
    below, above = flow_value[low, k, t, m], flow_value[high, k, t, m]
    share = (goal - below) / (above - below)
    return (1 - share) * wages[low] + share * wages[high]


def limits(equation: WorkerEquation) -> tuple[float, float]:
    """Return the lowest wage with W = U and the highest with W = U + Δ⁺, of all rungs.

    Below the one, all workers gain by renegotiation, and above the other, all lose: W
    is linear there, and one linear system gives where it ends.
    """
    low, high = np.inf, -np.inf
    far = 10 * equation.scale
    for t, surplus in enumerate(equation.surplus):
        most = equation.outside + np.maximum(surplus, 0)
        ends = []
        for bound, away in ((equation.outside, -far), (most, far)):
            residual, losing = equation.residual(t, bound + away, 0.0)
            step = equation.solve(t, losing, residual, 1e-12)
            slope = 1 / (equation.discount + losing)
            ends.append((bound - (bound + away + step)) / slope)
        low, high = min(low, ends[0].min()), max(high, ends[1].max())
    margin = MARGIN * (high - low)
    return float(low - margin), float(high + margin)


def refined_table(equation: WorkerEquation, tolerance: float, most: int):
    """Return a grid of wages, `table` on it, and the error of interpolated wages.

    Each interval is halved until the wage that interpolation in the flow value gives
    back at its middle is right to `tolerance`, on all rungs where W is between U and
    U + Δ⁺, or until there are `most` wages.
    """
    wages = np.linspace(*limits(equation), min(FIRST_POINTS, most))
    value, flow, worst = table(equation, wages)
    new = np.arange(len(wages) - 1)
    errors = np.zeros(len(new))  # of each interval
    while True:
        middle = (wages[new] + wages[new + 1]) / 2
        between, flow_between, bound = table(
            equation, middle, (value[..., new] + value[..., new + 1]) / 2
        )
        worst = max(worst, bound)
        errors[new] = _wrong(equation, wages, value, flow, new, flow_between)
        halved = np.flatnonzero(errors[new] > tolerance)
        room = most - len(wages)
        if len(halved) > room:  # halve the worst
            halved = np.sort(halved[np.argsort(-errors[new[halved]])[:room]])
        if len(halved) == 0:
            return wages, value, flow, worst, float(errors.max())
        at = new[halved] + 1
        wages = np.insert(wages, at, middle[halved])
        value = np.insert(value, at, between[..., halved], axis=-1)
        flow = np.insert(flow, at, flow_between[..., halved], axis=-1)
        errors = np.insert(errors, at, 0.0)
        left = new[halved] + np.arange(len(halved))
        new = np.sort(np.concatenate([left, left + 1]))


def _wrong(equation, wages, value, flow, intervals, flow_between):
    # the error of the wage interpolated for the flow value in the middle of each
    lower, upper = flow[..., intervals], flow[..., intervals + 1]
    share = (flow_between - lower) / (upper - lower)
    width = wages[intervals + 1] - wages[intervals]
    settled = value[..., intervals + 1] >= equation.outside
    most = equation.outside + np.maximum(equation.surplus, 0)
    settled &= value[..., intervals] <= most
    return (np.abs(share - 0.5) * width * settled).max(axis=(0, 1))


def _parts(rungs: int, columns: int):
    # slices of the columns that fit into memory
    step = max(1, ENTRIES // rungs)
    return [slice(first, first + step) for first in range(0, columns, step)]
