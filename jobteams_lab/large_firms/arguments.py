"""Sentences that refuse what is not an economy, an equilibrium or a list of numbers."""

from __future__ import annotations

import reprlib

import numpy as np

from jobteams_lab.large_firms.finite_equilibrium import NOBODY, Equilibrium


def require(function: str, value, kind: type, instead: str) -> None:
    """Raise a TypeError unless `value` is a `kind`; `instead` says what to do."""
    if isinstance(value, kind):
        return
    name = kind.__name__
    plural, vowel = name.endswith("s"), name[0] in "AEIOU"
    article = "" if plural else "an " if vowel else "a "
    raise TypeError(
        f"{function} takes {article}{name}, not {type(value).__name__}: {instead}."
    )


def require_equilibrium(function: str, value) -> None:
    """Raise a TypeError unless `value` is an `Equilibrium`."""
    require(function, value, Equilibrium, "call exact.solve(economy) first")


def nobody_works(employed: float, workers_per_firm: float) -> bool:
    """Return whether the mass of employed workers is rounding, so that it is none."""
    return bool(employed <= NOBODY * workers_per_firm)


def numbers(name: str, value) -> np.ndarray:
    """Return an array of floats, or raise a TypeError that names the argument."""
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":
            array = array.astype(float)
    except (TypeError, ValueError):
        array = np.empty(0, dtype=bool)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be numbers, not {reprlib.repr(value)}.")
    return array.astype(float)


def positive(**values) -> list[np.ndarray]:
    """Return arrays that are broadcast against each other, all above 0 and finite."""
    arrays = {name: numbers(name, value) for name, value in values.items()}
    for name, array in arrays.items():
        wrong = array[~((array > 0) & np.isfinite(array))]
        if wrong.size:
            raise ValueError(f"{name} = {wrong[0]:g} must be positive and finite.")
    return together(arrays)


def together(arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return arrays broadcast against each other; a ValueError says if they do not."""
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(
            f"arrays of one length are needed, not of shapes {shapes}: give as many"
            " values of each."
        ) from None


def lists(arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return arrays of one dimension and length; a single number stands for all."""
    arrays = {name: np.atleast_1d(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.ndim != 1:
            raise ValueError(f"{name} has shape {array.shape}: give a list.")
    return together(arrays)


def positions(name: str, value, length: int) -> np.ndarray:
    """Return whole numbers from 0 to `length` − 1 as an array, (n,)."""
    array = np.atleast_1d(np.asarray(value))
    if array.ndim == 1 and array.size == 0:
        return np.empty(0, dtype=np.int64)
    if array.dtype.kind == "b":
        raise TypeError(f"{name} must be positions: use np.flatnonzero(mask).")
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise TypeError(f"{name} must be a list of positions, whole numbers.")
    if not 0 <= array.min() <= array.max() < length:
        allowed = f"so it must be between 0 and {length - 1}" if length else "give none"
        raise ValueError(
            f"{name} runs from {array.min()} to {array.max()}: there are {length},"
            f" {allowed}."
        )
    return array.astype(np.int64)
