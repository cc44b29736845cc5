"""What meetings are worth to firms when values add up over workers: a fixed point.

A worker is worth more to a firm whose meetings are worth more, as he brings meetings
himself: Φ_f = T_f(Φ_f, Δ), where Δ holds the surpluses of the workers to be poached.
T_f is convex and increasing in Φ_f, so its least fixed point is found from below by
Newton's method, and there is none exactly if the slope reaches one before. T_f falls
in Δ, which rises with Φ: bounds from below and from above close in on the solution.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

EPS = float(np.finfo(float).eps)
NEWTON_STEPS = 200
ROUNDS = 500
BURSTS, BURST, MEMORY = 60, 30, 6


def least_fixed_point(total: Callable, threshold: np.ndarray, firms: int) -> np.ndarray:
    """Return the least fixed point of each convex map, infinite where there is none.

    Where a firm's slope jumps past one exactly at its fixed point, as it does where it
    could poach from firms of its own type if it were worth any more, rounding carries
    Newton's method past the kink; a point is beyond only if T(Φ) − Φ exceeds what
    rounding makes of it, that of the step which led there included.

    Parameters
    ----------
    total : function
        (Φ, Δ) to T, its slope in Φ and a bound of the rounding errors in T, (F,) each.
    threshold : array
        Δ, what poaching each worker costs; may be infinite.
    firms : int
        F.
    """
    gain, passed = np.zeros(firms), np.zeros(firms)
    infinite = np.zeros(firms, dtype=bool)
    for _ in range(NEWTON_STEPS):
        value, slope, noise = total(gain, threshold)
        excess = value - gain
        infinite |= (slope >= 1) & (excess > noise + slope * passed)
        move = (slope < 1) & (excess > 4 * EPS * np.maximum(value, 1e-300))
        if not move.any():
            break
        steepness = np.where(move, 1 - slope, 1.0)
        step = np.where(move, excess / steepness, 0.0)
        passed = np.where(move, noise / steepness, passed)
        gain = gain + step
        if np.all(step <= 1e-16 * gain):
            break
    return np.where(infinite, math.inf, gain)


def equilibrium_gains(total: Callable, surpluses: Callable, firms: int):
    """Return Φ of each type of firm when all pay what the others' workers are worth.

    Parameters
    ----------
    total : function
        As in `least_fixed_point`.
    surpluses : function
        Φ to the surplus of each worker who can be poached, infinite where his firm's
        Φ is.
    firms : int
        F.

    Returns
    -------
    gain : (F,) array
        Infinite where it is so whatever the other firms' values, or, where the bounds
        stay apart, where values rise without end as the horizon grows.
    width : float
        The largest relative distance between the bounds from below and from above; a
        width of the order of rounding proves that there is no other solution.
    """

    def response(gain):
        return least_fixed_point(total, np.maximum(surpluses(gain), 0.0), firms)

    lower = np.zeros(firms)
    nobody = np.full(surpluses(lower).shape, math.inf)
    lower = least_fixed_point(total, nobody, firms)
    width = math.inf
    for _ in range(ROUNDS):
        if np.isinf(lower).any():
            return lower, width
        upper = response(lower)
        raised = response(upper)
        # finite numbers of bounds count first, then how far they are apart
        before, width = width, _distance(raised, upper)
        done = np.array_equal(raised, lower)
        lower = np.maximum(raised, lower)
        if width < 1e-14 or done or (math.isfinite(width) and width > 0.999 * before):
            break
    if width < 1e-10:
        return lower, width
    return _iterated(total, surpluses, lower), width


def _iterated(total: Callable, surpluses: Callable, gain: np.ndarray) -> np.ndarray:
    # the bounds stay apart: all values together, as a horizon that grows would have
    # them, with an extrapolation (Anderson's) now and then where the steps get shorter
    def step(gain):
        return total(gain, np.maximum(surpluses(gain), 0.0))[0]

    far = 1e9 * (1 + gain)
    before = math.inf
    for _ in range(BURSTS):
        values, errors = [], []
        for _ in range(BURST):
            value = step(gain)
            values, errors = (
                [*values[-MEMORY:], value],
                [*errors[-MEMORY:], value - gain],
            )
            error = _distance(value, gain)
            gain = value
        if error < 1e-14:
            return gain
        if (gain > far).any():
            return np.where(gain > far, math.inf, gain)
        if error < before:
            changes = np.diff(np.array(errors), axis=0).T
            part = np.linalg.lstsq(changes, errors[-1], rcond=1e-12)[0]
            trial = np.maximum(gain - np.diff(np.array(values), axis=0).T @ part, 0.0)
            if _distance(step(trial), trial) < 0.1 * error:
                gain = trial
        before = error
    if error < 1e-10:
        return gain
    raise RuntimeError(
        "the values of firms that poach from each other did not settle: the last"
        f" relative change was {error:.1e}; lower the rates of meetings."
    )


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    if np.isinf(one).any() or np.isinf(other).any():
        return math.inf
    scale = np.maximum(np.maximum(np.abs(one), np.abs(other)), 1e-300)
    return float((np.abs(one - other) / scale).max(initial=0.0))


def require_additive(rates) -> None:
    """Raise a ValueError unless η = 1 and θ⁺ = θ⁻ = 0."""
    if rates.ces_exponent != 1:
        raise ValueError(
            f"ces_exponent = {rates.ces_exponent:g} must be 1 for values to add up over"
            " workers."
        )
    for name in ("learning_from_better", "learning_from_worse"):
        value = getattr(rates, name)
        if value != 0:
            raise ValueError(
                f"{name} = {value:g} must be 0 for values to add up over workers."
            )


def infinite_gain(rates, z: float, q: float, meetings: float) -> ValueError:
    """Return the error for a firm whose workers bring more than time takes away."""
    loss = rates.discount_rate + rates.firm_death_rate + rates.separation_rate
    return ValueError(
        f"the values of firms with productivity {z:.4g} and learning environment"
        f" {q:.4g} are infinite: each worker brings {meetings:.4g} meetings a year and"
        " those who are hired bring meetings in turn, faster than discounting, deaths"
        f" and separations, together {loss:.4g} a year, take away; lower the rates of"
        " meetings or raise firm_death_rate or match_break_rate."
    )
