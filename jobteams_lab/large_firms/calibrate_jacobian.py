"""How moments move with parameters: central differences with common random numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.large_firms.calibrate_arguments import numeric_field, require_economy
from jobteams_lab.large_firms.calibrate_measures import measure_of
from jobteams_lab.large_firms.calibrate_table import Evaluations


def neighbours(point: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Return points of the unit cube below and above one in each direction, (k, k)."""
    change = step * np.eye(len(point))
    return np.clip(point - change, 0, 1), np.clip(point + change, 0, 1)


def slopes(below: np.ndarray, above: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Return derivatives, (m, k), from moments at k points on each side, (k, m)."""
    return ((above - below) / gaps[:, None]).T


def moment_jacobian(
    economy,
    steps: Mapping,
    path,
    *,
    measure=None,
    seeds=(0,),
    processes: int = 1,
    scheduler: str | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Return the derivative of every moment by each parameter, at an economy.

    With the same random numbers on both sides of a central difference::

        (m(θ + s; seed) − m(θ − s; seed)) / 2s,    its mean over seeds

    Parameters
    ----------
    economy : Economy or FiniteEconomy
    steps : dict of str to float
        s of each parameter, a field of the economy, in its own units. Simulated moments
        are not smooth: no small numbers.
    path : path
        Of the table that keeps every evaluation, as for `calibrate`, of these
        parameters.
    measure : callable, optional
        As for `calibrate`.
    seeds : sequence of int
        Two or more for standard errors.
    processes, scheduler, progress
        As for `sweep`.

    Returns
    -------
    pandas.DataFrame
        A row a moment and parameter, with columns moment, parameter, value (the
        moment's mean over seeds at the economy), slope (a unit of the parameter) and
        "standard error" (of the slope, s/√R over R seeds; NaN with one seed).

    Raises
    ------
    TypeError, ValueError
        A sentence, for arguments that make no sense or steps that the economy refuses.
    RuntimeError
        If the moments could not be measured somewhere.
    """
    require_economy(economy)
    if not isinstance(steps, Mapping) or not steps:
        raise TypeError(f"steps = {steps!r} must be a dict from fields to numbers.")
    names = tuple(steps)
    centre = np.array([numeric_field(economy, name) for name in names])
    for name, value in zip(names, centre, strict=True):
        step = checks.number(f"the step of {name}", steps[name], low=0, open_low=True)
        for moved in (value - step, value + step):
            try:
                economy.with_(**{name: moved})
            except ValueError as error:
                raise ValueError(f"The step of {name} is too large: {error}") from error
    seeds = [checks.whole("a seed", seed, low=0) for seed in seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds = {seeds} must be one or more different numbers.")
    change = np.diag([float(steps[name]) for name in names])
    points = np.vstack([centre, centre - change, centre + change])
    table = Evaluations(
        economy, measure_of(economy, measure), names, path, processes, scheduler
    )
    k, number = len(names), len(seeds)
    # all seeds of a point together: the model may then be solved once for them
    found = table.rows(
        np.repeat(points, number, axis=0), seeds * len(points), progress=progress
    )
    moments = [name for name, x in found[0].items() if isinstance(x, (int, float))]
    values = np.array([[row[name] for name in moments] for row in found], float)
    values = values.reshape(len(points), number, len(moments)).swapaxes(0, 1)
    gaps = 2 * np.diag(change)
    by_seed = np.array([slopes(v[1 : k + 1], v[k + 1 :], gaps) for v in values])
    error = np.full(by_seed.shape[1:], np.nan)
    if number > 1:
        error = by_seed.std(axis=0, ddof=1) / np.sqrt(number)
    return pd.DataFrame(
        {
            "moment": np.repeat(moments, k),
            "parameter": np.tile(names, len(moments)),
            "value": np.repeat(values[:, 0].mean(axis=0), k),
            "slope": by_seed.mean(axis=0).ravel(),
            "standard error": error.ravel(),
        }
    )
