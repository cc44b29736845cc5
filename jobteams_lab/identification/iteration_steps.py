"""One pass of the iteration: how decisions move, and what moves do to matches."""

from __future__ import annotations

import numba
import numpy as np

NEARLY_ZERO = 5e-7  # where the paper puts the surplus of a mixed match
PURE, MIXED, DAMPED = range(3)
INDIFFERENT = 5e-3  # a surplus as near zero may be one of a mixed match
STEP = 1e-3
GAIN = 0.2  # a damped step over the margin
SHRINK, GROW = 0.7, 1.001  # of that gain where a margin turns, and everywhere else


@numba.njit(cache=True)
def _next(p, margin, zero, rule, gain, rng):
    """Return the probability that follows p; `zero` is what counts as a margin of 0."""
    if rule == PURE:
        return 1.0 if margin > 0 else 0.0
    if rule == DAMPED:
        step = rng.random() * max(-STEP, min(STEP, gain * margin))
        return max(0.0, min(1.0, p + step))
    if margin > zero:
        return p + STEP * rng.random() * (1 - p)
    if margin < zero:
        return p - STEP * rng.random() * p
    return p


@numba.njit(cache=True)
def _tuned(gain, margin, before):
    """Return a decision's gain, where its margin was `before` a pass ago."""
    return gain * SHRINK if margin * before < 0 else min(gain * GROW, GAIN)


@numba.njit(cache=True)
def accept_step(accept, gain, surplus, before, rule, rng):
    """Update the chances to match, flat, from the surplus now and a pass ago."""
    for i in range(len(accept)):
        if rule == DAMPED:
            gain[i] = _tuned(gain[i], surplus[i], before[i])
        accept[i] = _next(accept[i], surplus[i], NEARLY_ZERO, rule, gain[i], rng)


@numba.njit(cache=True)
def move_step(move, gain, surplus, before, rule, rng):
    """Update P(x, y → y') of each pair of firms that hire x; the way back is 1 − P."""
    workers, firms = surplus.shape
    for x in range(workers):
        for y in range(firms):
            for to in range(y + 1, firms):
                if rule != PURE and min(surplus[x, y], surplus[x, to]) < -INDIFFERENT:
                    continue
                rise = surplus[x, to] - surplus[x, y]
                if rule == DAMPED:
                    past = before[x, to] - before[x, y]
                    gain[x, y, to] = _tuned(gain[x, y, to], rise, past)
                p = _next(move[x, y, to], rise, 0.0, rule, gain[x, y, to], rng)
                move[x, y, to], move[x, to, y] = p, 1 - p


@numba.njit(cache=True)
def premium(raided, surplus):
    """Return Σ over (x, y') of the density times (S(x, y) − S(x, y'))⁺, (Y,)."""
    workers, firms = surplus.shape
    total = np.zeros(firms)
    for x in range(workers):
        for old in range(firms):
            if raided[x, old] > 0:
                for y in range(firms):
                    rise = surplus[x, y] - surplus[x, old]
                    if rise > 0:
                        total[y] += raided[x, old] * rise
    return total


@numba.njit(cache=True)
def moves(matches, vacancy, move):
    """Return matches gained less those lost to moves, if all employed meet a job."""
    workers, firms = matches.shape
    net = np.zeros((workers, firms))
    for x in range(workers):
        for old in range(firms):
            if matches[x, old] > 0:
                for y in range(firms):
                    flow = matches[x, old] * vacancy[y] * move[x, old, y]
                    net[x, y] += flow
                    net[x, old] -= flow
    return net
