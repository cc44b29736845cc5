"""Sentences that refuse a bad value: what was wrong with which value, what to do."""

from __future__ import annotations

import math
from numbers import Integral, Real


def number(name: str, value, *, low=-math.inf, high=math.inf, open_low=False):
    """Return `value` as a float if it is a finite number in [low, high].

    With `open_low` the lower end itself is refused.

    Raises
    ------
    TypeError, ValueError
        A sentence that names the argument, its value and what is allowed.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"{name} must be a number, not {value!r}: give an int or a float."
        )
    value = float(value)
    inside = (low < value if open_low else low <= value) and value <= high
    if not math.isfinite(value) or not inside:
        raise ValueError(f"{name} = {value:g} must be {_range(low, high, open_low)}.")
    return value


def whole(name: str, value, *, low: int = 0, high: float = math.inf) -> int:
    """Return `value` as an int if it is a whole number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, not {value!r}.")
    if not low <= value <= high:
        raise ValueError(f"{name} = {value} must be {_range(low, high, False)}.")
    return int(value)


def one_of(name: str, value, allowed) -> str:
    """Return `value` if it is among the words allowed."""
    if value not in tuple(allowed):
        words = ", ".join(repr(word) for word in allowed)
        raise ValueError(f"{name} = {value!r} is not known: choose one of {words}.")
    return value


def _range(low: float, high: float, open_low: bool) -> str:
    above = f"{'greater than' if open_low else 'at least'} {low:g}"
    below = f"at most {high:g}"
    if math.isinf(low) and math.isinf(high):
        return "finite"
    if math.isinf(high):
        return f"finite and {above}"
    if math.isinf(low):
        return f"finite and {below}"
    return f"{above} and {below}"
