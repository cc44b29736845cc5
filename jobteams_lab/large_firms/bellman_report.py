"""How well V solves its Bellman equation, where firms are and where they may go."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms import firm_grid
from jobteams_lab.large_firms.bellman_rows import Numbers, residuals_at, rows_of
from jobteams_lab.large_firms.devices import Devices
from jobteams_lab.large_firms.meeting_tables import Market, Tables
from jobteams_lab.large_firms.networks import Basis
from jobteams_lab.large_firms.team_sample import TeamSample

REPORTED = 300  # teams of each size at which solutions are looked at


class BellmanReport(NamedTuple):
    """q = R/(ρV), the residual of the Bellman equation relative to V.

    Attributes
    ----------
    mean, mean_square, median, p99, largest : float
        Over firms as they are; median, 99th percentile and largest without their sign.
    off_mean_square, off_p99, off_largest : float
        One event away: a worker more, or less, or another worker.
    sizes : (N + 1,) array
        Root mean squares at each team size, over both.
    """

    mean: float
    mean_square: float
    median: float
    p99: float
    largest: float
    off_mean_square: float
    off_p99: float
    off_largest: float
    sizes: np.ndarray


def bellman_report(
    economy,
    basis: Basis,
    nodes: np.ndarray,
    coefficients: np.ndarray,
    sample: TeamSample,
    market: Market,
    table: Tables,
    many: int,
    seed: int,
) -> BellmanReport:
    """Measure q at firms of a sample, with their own z and q, and one event away.

    Parameters
    ----------
    coefficients : (Z, N + 1, B) array
    many : int
        How many teams to look at for each size, on and off the sample.
    """
    rng = np.random.default_rng([seed, 5])
    numbers = Numbers.of(economy)
    places, width = sample.places, coefficients.shape[2]
    devices = Devices(jax.local_devices()[:1])
    same = np.broadcast_to(np.eye(width), (places + 1, width, width))
    outside = numbers.income * np.exp(market.x)
    shares = np.bincount(sample.n, minlength=places + 1) / len(sample.n)
    parts = {"on": [], "off": []}
    for where, found in parts.items():
        for n in range(places + 1):
            x, y, log_q, log_z = _teams(sample, n, many, where == "off", rng)
            rows = rows_of(basis, same, numbers, market, x, y, n, log_q, devices)
            near = [min(max(k, 0), places) for k in (n - 1, n, n + 1)]
            residual, value = residuals_at(
                rows,
                jnp.asarray(coefficients[:, near].swapaxes(0, 1)),
                firm_grid.weights(nodes, log_z),
                table,
                outside,
                numbers,
                np.exp(log_z),
            )
            found.append(np.asarray(residual) / (numbers.discount * np.abs(value)))
    weight = np.repeat(shares / many, many)
    on, off = (np.concatenate(parts[where]) for where in ("on", "off"))
    both = np.stack([*parts["on"]]), np.stack([*parts["off"]])
    sizes = np.sqrt((both[0] ** 2 + both[1] ** 2).mean(1) / 2)
    return BellmanReport(
        float(on @ weight),
        float(on**2 @ weight),
        _quantile(on, weight, 0.5),
        _quantile(on, weight, 0.99),
        float(np.abs(on[weight > 0]).max()),
        float(off**2 @ weight),
        _quantile(off, weight, 0.99),
        float(np.abs(off[weight > 0]).max()),
        sizes,
    )


def _teams(sample: TeamSample, size: int, many: int, off: bool, rng):
    # teams of one size of the sample, or of a neighbouring size one event away
    near = np.abs(sample.n - size)
    if off:
        near = np.where(near == 0, 2 if size else 1, np.where(near == 1, 0, near))
        near = np.where((sample.n == size) & (rng.random(len(near)) < 1 / 3), 0, near)
    have = np.flatnonzero(near == near.min())
    pick = rng.choice(have, many, replace=len(have) < many)
    x, y, n = sample.x[pick].copy(), sample.y[pick].copy(), sample.n[pick]
    all_x, all_y = sample.workers
    place = np.arange(sample.places)
    new = (place >= n[:, None]) & (place < size)
    if off and size:
        new |= (n == size)[:, None] & (place == rng.integers(size, size=many)[:, None])
    who = rng.integers(len(all_x), size=new.shape)
    x, y = np.where(new, all_x[who], x), np.where(new, all_y[who], y)
    keep = place < size
    log_q, log_z = sample.log_q[pick], sample.log_z[pick]
    return np.where(keep, x, 0), np.where(keep, y, 0), log_q, log_z


def _quantile(q, weight, level: float) -> float:
    size = np.abs(q)
    order = np.argsort(size)
    total = np.cumsum(weight[order])
    return float(size[order][np.searchsorted(total, level * total[-1])])
