"""What `WorkerValue` is asked for: wages, values and rungs, checked before any work."""

from __future__ import annotations

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms.arguments import numbers as floats
from jobteams_lab.large_firms.arguments import together

LARGEST = 1e100  # squares of larger numbers overflow


def numbers(name: str, values) -> np.ndarray:
    """Return a number or a list of them as (B,) floats, all finite.

    Raises
    ------
    TypeError, ValueError
        A sentence that names the argument.
    """
    found = _floats(name, values, least=1)
    if found.ndim != 1:
        raise ValueError(f"{name} must be a finite number, or a list, not {values!r}.")
    return found


def whole_numbers(name: str, values, high: int) -> np.ndarray:
    """Return whole numbers from 0 to `high` of any shape; raises as `numbers`."""
    found = np.asarray(values)
    if found.dtype.kind not in "iu":
        raise TypeError(f"{name} must be whole numbers, not {values!r}.")
    wrong = (found < 0) | (found > high)
    if wrong.any():
        raise ValueError(
            f"{name} = {found[wrong][0]} must be at least 0 and at most {high}."
        )
    return found


def many_rungs(shape, worker_type, firm_type, coworkers, value) -> list[np.ndarray]:
    """Return types of workers and firms, numbers of teams, and values, broadcast.

    `shape` is (K, T, M1); raises as `numbers`, and if shapes do not fit.
    """
    types, firms, growing = shape
    return together(
        {
            "worker_type": whole_numbers("worker_type", worker_type, types - 1),
            "firm_type": whole_numbers("firm_type", firm_type, firms - 1),
            "coworkers": whole_numbers("coworkers", coworkers, growing - 1),
            "value": _floats("value", value, least=0),
        }
    )


def without_him(counts, worker_type, teams) -> np.ndarray:
    """Return the numbers of the teams without one worker of the types given.

    Parameters
    ----------
    counts : (..., K) whole numbers
    worker_type : (...) whole numbers
        Both broadcast.
    teams : Teams

    Raises
    ------
    TypeError, ValueError
        If `counts` are no teams, or have no such worker.
    """
    last = teams.counts.shape[1] - 1
    worker_type = whole_numbers("worker_type", worker_type, last)
    team, worker_type = together(
        {"counts": teams.index(counts), "worker_type": worker_type}
    )
    left = teams.lower[team, worker_type]
    if (left < 0).any():
        first = tuple(np.argwhere(left < 0)[0])
        raise ValueError(
            f"counts = {teams.counts[team[first]].tolist()} has no worker of type"
            f" {worker_type[first]}: count the worker himself too."
        )
    return left


def rung_of(equilibrium, firm_type, counts, worker_type) -> tuple[int, int]:
    """Return the firm type and the number of one worker's rung, k M1 + m."""
    economy, teams = equilibrium.economy, equilibrium.problem.teams
    k = checks.whole("worker_type", worker_type, high=economy.worker_types - 1)
    t = checks.whole("firm_type", firm_type, high=economy.firm_types - 1)
    if np.ndim(counts) != 1:
        raise ValueError(
            f"counts must be one team, not {counts!r}: for many teams at once call"
            " tabulated_wage, or loop over them."
        )
    return t, k * teams.growing + int(without_him(counts, k, teams))


def as_given(values: np.ndarray, like):
    """Return the only number as a float if `like` is one, and the array otherwise."""
    return float(values[0]) if np.ndim(like) == 0 else values


def _floats(name, values, least):
    found = np.array(floats(name, values), ndmin=least)
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be a finite number, or a list, not {values!r}.")
    if (np.abs(found) > LARGEST).any():
        raise ValueError(
            f"{name} = {found[np.abs(found) > LARGEST][0]:g} is too large to compute"
            f" with: give numbers between −{LARGEST:g} and {LARGEST:g}."
        )
    return found
