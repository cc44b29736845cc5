"""Fast log odds and probabilities of the normal distribution, from tables."""

from __future__ import annotations

import math
from functools import cache

import numba
import numpy as np
from scipy.special import log_ndtr, ndtr

STEPS = 32  # a unit of z
LAST = 32  # beyond it an asymptotic series takes over
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


@cache
def log_odds_table() -> np.ndarray:
    """Cubic pieces of h(z) = log Φ(z) − log Φ(−z) for 0 ≤ z ≤ 32, (pieces, 4)."""
    z = np.arange(STEPS * LAST + 1) / STEPS
    log_density = -0.5 * z**2 - _HALF_LOG_2PI
    value = log_ndtr(z) - log_ndtr(-z)
    slope = np.exp(log_density - log_ndtr(z)) + np.exp(log_density - log_ndtr(-z))
    return _pieces(value, slope)


@cache
def probability_table() -> np.ndarray:
    """Cubic pieces of Φ(z) − 1/2 for 0 ≤ z ≤ 32, (pieces, 4)."""
    z = np.arange(STEPS * LAST + 1) / STEPS
    slope = np.exp(-0.5 * z**2 - _HALF_LOG_2PI)
    return _pieces(ndtr(z) - 0.5, slope)


def _pieces(value, slope) -> np.ndarray:
    left, right = slope[:-1] / STEPS, slope[1:] / STEPS
    rise = np.diff(value)
    return np.column_stack(
        (value[:-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise)
    )


@numba.njit(cache=True)
def log_odds(z, table):
    """Return log Φ(z) − log Φ(−z), to ten digits."""
    size = abs(z)
    if size < LAST:
        place = size * STEPS
        j = int(place)
        t = place - j
        h = table[j, 0] + t * (table[j, 1] + t * (table[j, 2] + t * table[j, 3]))
    else:
        # −log Φ(−z) from Mills' ratio; log Φ(z) is zero here
        u = 1.0 / (size * size)
        mills = 1.0 - u * (1.0 - u * (3.0 - u * (15.0 - 105.0 * u)))
        h = 0.5 * size * size + math.log(size) + _HALF_LOG_2PI - math.log(mills)
    return math.copysign(h, z)


@numba.njit(cache=True)
def probability(z, table):
    """Return Φ(z), to ten decimals."""
    size = abs(z)
    p = 0.5
    if size < LAST:
        place = size * STEPS
        j = int(place)
        t = place - j
        p = table[j, 0] + t * (table[j, 1] + t * (table[j, 2] + t * table[j, 3]))
    return 0.5 + math.copysign(p, z)
