"""How well W solves its equation at workers, firms and wages never seen before."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms import firm_grid
from jobteams_lab.large_firms.pay_settlement import settlements

WAGES = 7  # at which each worker is looked at
BEYOND = 0.1  # of the range of wages, below and above it
WHERE = ("anywhere", "at nodes", "at wages", "at both")


class PayReport(NamedTuple):
    """q = R/(D m), the residual of W's equation over the discount and the median.

    R is the right side minus the left; D = ρ + δ_f + δ_m + δ_r; m is the median of
    U + Δ⁺ at firms of this z. As R is over D, the largest q in size bounds the error of
    W over m.

    Attributes
    ----------
    mean, mean_square, median, p99, largest : float
        Over workers by the sizes of their teams; the last three without their sign.
    sizes : (N,) array
        Root mean squares in teams of 1, ..., N.
    """

    mean: float
    mean_square: float
    median: float
    p99: float
    largest: float
    sizes: np.ndarray

    def __repr__(self) -> str:
        return (
            f"PayReport(mean {self.mean:.0e}, root mean square"
            f" {np.sqrt(self.mean_square):.1e}, median {self.median:.1e}, p99"
            f" {self.p99:.1e})"
        )


def pay_report(pay, workers: int, rng: np.random.Generator) -> PayReport:
    """Measure q at fresh teams; see `WorkerPay.residuals`."""
    sample = pay.solution.sample
    sizes = range(1, sample.places + 1)
    found = np.stack([residuals(pay, n, workers, rng) for n in sizes])
    held = np.bincount(sample.n, minlength=sample.places + 1)[1:] * np.array(sizes)
    weight = np.repeat(held / held.sum(), found[0].size) / found[0].size
    q, sign = np.abs(found).ravel(), found.ravel()
    order = np.argsort(q)
    total = np.cumsum(weight[order])
    middle, far = np.searchsorted(total, (0.5, 0.99))
    return PayReport(
        float(weight @ sign),
        float(weight @ sign**2),
        float(q[order[middle]]),
        float(q[order[far]]),
        float(q[weight > 0].max()),
        np.sqrt((found**2).mean((1, 2))),
    )


def residuals(
    pay, n: int, workers: int, rng: np.random.Generator, where: str = WHERE[0]
) -> np.ndarray:
    """Return q of workers in teams of n at wages from U's to that of U + Δ⁺, (R, B).

    `where` takes z or wages, or both, to the nearest at which W was solved for.
    """
    checks.one_of("where", where, WHERE)
    solution, maker = pay.solution, pay.maker
    sample = solution.sample
    x, y, log_q = maker.teams(n, workers, rng)
    near = np.abs(sample.n - n)
    log_z = rng.choice(sample.log_z[near == near.min()], workers)
    if where in ("at nodes", "at both"):
        log_z = _nearest(maker.nodes[None], log_z[:, None])[:, 0]
    share = firm_grid.weights(solution.nodes, log_z)
    at_nodes = firm_grid.weights(maker.nodes, log_z)
    around = maker.around(n, x, y, log_q, share)
    readings = [
        pay.read(log_z, log_q, x_b, y_b, np.full(workers, n_b))
        for x_b, y_b, n_b in around.teams
    ]
    me = readings[0]
    ends = me.outside + np.stack([np.zeros(workers), np.maximum(me.surplus, 0)])
    low, high = me.wage_for(ends.T).T
    at = -BEYOND + (1 + 2 * BEYOND) * rng.random((workers, WAGES))
    # a worker whom his firm would rather lose has one wage only
    wages = low[:, None] + at * np.maximum(high - low, 0.1 * np.abs(low))[:, None]
    if where in ("at wages", "at both"):
        wages = _nearest(at_nodes @ pay.wages, wages)
    value = [reading.value_at(wages) for reading in readings]
    right = wages + maker.lost * me.outside[:, None] - maker.discount * value[0]
    for rate, next_value in zip(around.rates, value, strict=True):
        right += rate * (next_value - value[0])
    gain = value[0] - me.outside[:, None]
    right += settlements(gain, me.surplus, me.offers, *me.rules)
    return right / (maker.discount * at_nodes @ pay.size)[:, None]


def _nearest(grid, values):
    # of each row of values the nearest in its row of the grid
    at = np.abs(grid[:, None] - values[..., None]).argmin(-1)
    return np.take_along_axis(np.broadcast_to(grid, (len(at), grid.shape[1])), at, 1)
