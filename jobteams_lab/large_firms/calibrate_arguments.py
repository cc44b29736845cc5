"""What `calibrate` takes: the box of parameters, the targets, and their weights."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.large_firms.calibration_table import TARGETS
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.finite_economy import FiniteEconomy

CORNERS = 1024  # of the box, that are tried


@dataclass(frozen=True)
class Box:
    """Bounds of parameters, and the map between them and the unit cube.

    Attributes
    ----------
    names : tuple of str
    low, high : (k,) arrays
    start : (k,) array
        Of the economy, in the unit cube.
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    start: np.ndarray

    @property
    def width(self) -> np.ndarray:
        """high − low, (k,)."""
        return self.high - self.low

    def values(self, points) -> np.ndarray:
        """Return parameters at points of the unit cube, (..., k)."""
        inside = self.low + np.asarray(points) * self.width
        return np.clip(inside, self.low, self.high)


def box_of(economy, parameters) -> Box:
    """Return the box, after checking that it has the economy in it and no nonsense."""
    require_economy(economy)
    if not isinstance(parameters, Mapping) or not parameters:
        raise TypeError(
            f"parameters = {parameters!r} must be a dict from fields of the economy to"
            " (low, high)."
        )
    for name, bounds in parameters.items():
        _bounds(economy, name, bounds)
    names = tuple(parameters)
    low, high = np.array([tuple(map(float, parameters[one])) for one in names]).T
    # covariances and standard deviations, say, must agree everywhere in the box
    alone = [{name: bound} for name in names for bound in parameters[name]]
    corners = itertools.product(*zip(low, high, strict=True))
    together = (
        dict(zip(names, map(float, corner), strict=True))
        for corner in itertools.islice(corners, CORNERS)
    )
    for changes in itertools.chain(alone, together):
        try:
            economy.with_(**changes)
        except (TypeError, ValueError) as error:
            said = ", ".join(f"{name} = {x:g}" for name, x in changes.items())
            raise ValueError(
                f"The bounds of parameters allow {said}, which the economy refuses:"
                f" {error}"
            ) from error
    start = np.array([getattr(economy, name) for name in names], float)
    return Box(names, low, high, (start - low) / (high - low))


def require_economy(economy) -> None:
    """Raise a TypeError unless it is an economy of large firms."""
    if not isinstance(economy, (Economy, FiniteEconomy)):
        raise TypeError(
            f"economy must be an Economy or a FiniteEconomy, not {economy!r}."
        )


def numeric_field(economy, name) -> float:
    """Return the value of a field that is a number, or refuse."""
    numeric = [
        field.name
        for field in fields(economy)
        if isinstance(getattr(economy, field.name), float)
    ]
    if name in numeric:
        return getattr(economy, name)
    if name not in {field.name for field in fields(economy)}:
        what = f"is no field of {type(economy).__name__}"
    elif isinstance(getattr(economy, name), int):
        what = "is a whole number and cannot be moved in small steps"
    else:
        what = "is not a number"
    raise ValueError(f"{name!r} {what}: choose among {', '.join(numeric)}.")


def _bounds(economy, name, bounds) -> None:
    value = numeric_field(economy, name)
    try:
        low, high = bounds
    except (TypeError, ValueError):
        raise TypeError(
            f"{name}: {bounds!r} must be two numbers, (low, high)."
        ) from None
    low = checks.number(f"the lower bound of {name}", low)
    high = checks.number(f"the upper bound of {name}", high)
    if low >= high:
        raise ValueError(
            f"{name} has bounds {low:g} and {high:g}: the lower must be the first."
        )
    if not low <= value <= high:
        raise ValueError(
            f"{name} = {value:g} of the economy is outside its bounds {low:g} and"
            f" {high:g}: start from economy.with_({name}=...)."
        )


def targets_of(targets, parameters: int) -> pd.Series:
    """Return targets by name; of names alone, the slides' Data column."""
    if isinstance(targets, pd.Series):
        targets = targets.to_dict()
    if not isinstance(targets, Mapping):
        names = targets if isinstance(targets, (list, tuple)) else [None]
        if not all(isinstance(name, str) for name in names):
            raise TypeError(
                f"targets = {targets!r} must be a dict from moments to numbers, or a"
                " list of names of the calibration table's rows."
            )
        data = {row.name: row.data for row in TARGETS}
        for name in targets:
            checks.one_of("targets: the row", name, data)
        targets = {name: data[name] for name in targets}
    found = {name: checks.number(f"target {name}", x) for name, x in targets.items()}
    if len(found) < parameters:
        raise ValueError(
            f"{len(found)} targets are fewer than {parameters} parameters: give more"
            " targets, or keep some parameters."
        )
    return pd.Series(found, dtype=float)


def weighting(targets: pd.Series, weights, errors) -> tuple[np.ndarray, np.ndarray]:
    """Return R with R'R = W, and the targets' covariance matrix, NaN if not known."""
    covariance = np.full((len(targets), len(targets)), np.nan)
    if errors is not None:
        covariance = _covariance(targets, errors)
        if weights is None:
            return np.linalg.inv(np.linalg.cholesky(covariance)), covariance
    given = {} if weights is None else weights
    if not isinstance(given, Mapping):
        raise TypeError(
            f"weights = {weights!r} must be a dict from targets to numbers."
        )
    _known(given, targets, "weights")
    for name, weight in given.items():
        checks.number(f"the weight of {name}", weight, low=0, open_low=True)
    zero = [name for name, x in targets.items() if x == 0 and name not in given]
    if zero:
        raise ValueError(
            f"The target of {', '.join(zero)} is 0, of which there are no relative"
            " deviations: give it a weight, such as 1 over the square of a deviation"
            " that matters, or give errors."
        )
    roots = [given[n] ** 0.5 if n in given else 1 / abs(x) for n, x in targets.items()]
    return np.diag(np.array(roots, float)), covariance


def _covariance(targets, errors) -> np.ndarray:
    names = list(targets.index)
    if isinstance(errors, pd.DataFrame):
        if not set(names) <= set(errors.index) & set(errors.columns):
            raise ValueError(
                "errors must have a row and a column for each of the targets"
                f" {', '.join(names)}."
            )
        matrix = errors.loc[names, names].to_numpy(float)
        # of correlations: the targets may differ by orders of magnitude
        with np.errstate(invalid="ignore", divide="ignore"):
            deviations = np.sqrt(np.diag(matrix))
            matrix = matrix / np.outer(deviations, deviations)
        whole = np.isfinite(matrix).all() and np.allclose(matrix, matrix.T, atol=1e-9)
        if not whole or np.linalg.eigvalsh(matrix)[0] < 1e-12:
            raise ValueError(
                "errors must be a covariance matrix, symmetric and with positive"
                " eigenvalues: add a small number to its diagonal, or give standard"
                " errors."
            )
        return (matrix + matrix.T) / 2 * np.outer(deviations, deviations)
    if isinstance(errors, pd.Series):
        errors = errors.to_dict()
    if not isinstance(errors, Mapping):
        raise TypeError(
            f"errors = {errors!r} must be a dict of standard errors of the targets, or"
            " their covariance matrix as a DataFrame."
        )
    _known(errors, targets, "errors")
    missing = [name for name in names if name not in errors]
    if missing:
        raise ValueError(f"errors lack {', '.join(missing)}: give one a target.")
    return np.diag(
        [
            checks.number(f"the error of {n}", errors[n], low=0, open_low=True) ** 2
            for n in names
        ]
    )


def _known(given, targets, what) -> None:
    unknown = [str(name) for name in given if name not in targets.index]
    if unknown:
        raise ValueError(
            f"{what} name {', '.join(unknown)}, not among the targets"
            f" {', '.join(targets.index)}."
        )
