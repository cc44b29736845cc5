"""What a team is to a value: functions of a set that do not see the order of workers.

A batch of teams is three arrays: ``x`` (..., N), log human capital, ``y`` (..., N), log
ability, and ``n`` (...), how many of the N places are taken; what stands in places from
n on is not read.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations_with_replacement
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

LESSONS = (0, 1, 3, 7)  # output now and with so many times the next lesson
POWERS = (2, 3, 4, 5)
MOMENTS = 4  # mean, spread, skewness and kurtosis of the ordered log h
# q, mean log a, four L-moments, Cov(log a, log h): what each counts in a product, and
# what a product may count
COSTS = (1, 1, 1, 1, 1.5, 2, 1.5)
BUDGET = 4
REACH = 3.0  # moments beyond so many units are squashed: outliers must not lead


class Scale(NamedTuple):
    """Centres and spreads of log h, log a and log q, and what teams do and learn."""

    x: tuple[float, float]
    y: tuple[float, float]
    q: tuple[float, float]
    ces_exponent: float
    learning_from_better: float
    learning_from_worse: float


def scale_of(economy) -> Scale:
    """Return the scale of an `Economy`, in the spreads of newborns and of firms."""
    return Scale(
        (economy.mean_log_human_capital, economy.sd_log_human_capital),
        (economy.mean_log_ability, economy.sd_log_ability),
        (economy.mean_log_environment, economy.sd_log_environment),
        economy.ces_exponent,
        economy.learning_from_better,
        economy.learning_from_worse,
    )


def ordered(x, y, n):
    """Return (x, y, taken): workers from the best to the worst, then zeros."""
    places = jnp.arange(x.shape[-1])
    taken = places < n[..., None]
    key = jnp.where(taken, x, -jnp.inf)
    above = key[..., None, :] > key[..., :, None]
    # equals in x are ordered by y, so that the order of places never matters
    other = jnp.where(taken, y, -jnp.inf)
    same = key[..., None, :] == key[..., :, None]
    above |= same & (other[..., None, :] > other[..., :, None])
    same &= other[..., None, :] == other[..., :, None]
    rank = (above | (same & (places[None, :] < places[:, None]))).sum(-1)
    move = (rank[..., None, :] == places[:, None]) & taken[..., None, :]
    x = jnp.where(move, x[..., None, :], 0).sum(-1)
    y = jnp.where(move, y[..., None, :], 0).sum(-1)
    return x, y, taken


def learn(x, y, n, log_q, scale: Scale):
    """Return log h after a learning event, equation (2), (..., N)."""
    taken = jnp.arange(x.shape[-1]) < n[..., None]
    both = taken[..., None, :] & taken[..., :, None]
    gap = jnp.where(both, x[..., None, :] - x[..., :, None], 0)
    others = jnp.maximum(n - 1, 1)[..., None]
    better = jnp.maximum(gap, 0).sum(-1) / others
    worse = jnp.minimum(gap, 0).sum(-1) / others
    learnt = y + log_q[..., None] + scale.learning_from_better * better
    learnt = learnt + scale.learning_from_worse * worse
    return jnp.where(taken, x + learnt, 0)


def output(x, n, scale: Scale):
    """Return (Σ hᵢ^η)^(1/η), output at z = 1; 0 without workers."""
    eta = scale.ces_exponent
    taken = jnp.arange(x.shape[-1]) < n[..., None]
    total = jnp.where(taken, jnp.exp(eta * x), 0).sum(-1)
    return jnp.where(n > 0, jnp.maximum(total, 1e-30) ** (1 / eta), 0)


def features(x, y, n, log_q, scale: Scale):
    """Return the basis, (..., B), of teams in learning environments.

    From the first to the last that a small basis would leave out: 1, q, q²; output a
    worker, now and were the next lesson learnt 1, 3 or 7 times, and the first and last
    of these times q; mean powers; products of q, mean log a, the first four L-moments
    of log h and Cov(log a, log h), each squashed, the simplest first; log h by rank,
    and log a by rank of log h. All in units of `scale`; those of workers are zero
    without any.
    """
    x, y, taken = ordered(x, y, n)
    many = jnp.maximum(n, 1).astype(x.dtype)[..., None]
    alive = (n > 0)[..., None]
    one = jnp.ones((*x.shape[:-1], 1), x.dtype)
    q = unit(log_q, scale.q)[..., None]
    lesson = learn(x, y, n, log_q, scale) - x
    outputs = [output(x + k * lesson, n, scale)[..., None] / many for k in LESSONS]
    u = jnp.where(taken, unit(x, scale.x), 0)
    v = jnp.where(taken, unit(y, scale.y), 0)

    def mean(values):
        return values.sum(-1, keepdims=True) / many

    moments = l_moments(u, n)
    ability = mean(v)
    together = mean(u * v) - ability * moments[..., :1]
    summary = jnp.concatenate([q, ability, moments, together], -1)
    summary = REACH * jnp.tanh(summary / REACH)
    products = [
        jnp.prod(summary[..., list(which)], axis=-1, keepdims=True) * alive
        for which in _products()
    ]
    squashed = REACH * jnp.tanh(u / REACH)
    powers = [mean(squashed**k) for k in POWERS]
    return jnp.concatenate(
        [
            *(one, q, q * q, *outputs, q * outputs[0], q * outputs[-1], q**3),
            *(*powers, mean(v * v), mean(v * squashed**2), *products, u, v),
        ],
        axis=-1,
    )


def l_moments(u, n):
    """Return the first L-moments of ordered workers, (..., MOMENTS).

    By plotting positions: the i-th best of n stands at rank 1 − (i − ½)/n.
    """
    table = jnp.asarray(_weights(u.shape[-1]), u.dtype)
    return jnp.einsum("...i,...ki->...k", u, table[n])


@cache
def _weights(places: int) -> np.ndarray:
    # Legendre polynomials of the rank, from 1 (the best) to −1 (the worst)
    weights = np.zeros((places + 1, MOMENTS, places))
    for n in range(1, places + 1):
        rank = 1 - 2 * (np.arange(n) + 0.5) / n
        for k in range(MOMENTS):
            basis = np.polynomial.legendre.Legendre.basis(k)
            weights[n, k, :n] = basis(rank) / n
    return weights


@cache
def _products() -> tuple[tuple[int, ...], ...]:
    factors = range(len(COSTS))
    found = [
        which
        for degree in range(1, int(BUDGET) + 1)
        for which in combinations_with_replacement(factors, degree)
    ]
    costs = {which: sum(COSTS[i] for i in which) for which in found}
    affordable = [which for which in found if costs[which] <= BUDGET]
    return tuple(sorted(affordable, key=costs.get))


def unit(value, scale):
    centre, spread = scale
    return (value - centre) / spread if spread > 0 else value * 0
