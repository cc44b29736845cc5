"""Plans and potentials on the full tensor of teams, made feasible.

An algorithm that was stopped leaves a plan whose margins are nearly right and
potentials that nearly satisfy all constraints. Both are moved the short way, so that
the loss is one that is attained and the lower bound a true one.
"""

from __future__ import annotations

import numpy as np

from jobteams_lab.team_sorting.discrete import Assignment
from jobteams_lab.team_sorting.grids import Grid

NOTHING = 1e-13  # mass that rounding alone leaves out


def refuse_large(points: int, size: int, most: int):
    """Refuse a tensor of more than `most` teams."""
    if points**size > most:
        raise ValueError(
            f"points = {points} make {points**size:,} teams of {size}, and at most"
            f" {most:,} are held at once: take at most {int(most ** (1 / size))}"
            " points, or linear_program."
        )


def along(values, axis: int, size: int) -> np.ndarray:
    """A vector as a tensor with `size` axes, all but one of length 1."""
    return values.reshape((-1,) + (1,) * (size - 1 - axis))


def added(potentials) -> np.ndarray:
    """Σ_i f_i(k_i), the tensor of sums."""
    size = len(potentials)
    return sum(along(one, axis, size) for axis, one in enumerate(potentials))


def marginal(plan, axis: int) -> np.ndarray:
    """One margin of a plan."""
    return plan.sum(axis=_others(axis, plan.ndim))


def rounded(plan, weights) -> np.ndarray:
    """Move a plan to the nearest corner of right margins it can be moved to simply.

    Kinds used too often are scaled down, position by position; what then lacks
    everywhere is filled up with independent teams.

    References
    ----------
    Altschuler, Weed and Rigollet (2017), algorithm 2, for two margins.
    """
    plan = plan.copy()
    size = plan.ndim
    for axis, right in enumerate(weights):
        held = marginal(plan, axis)
        scale = np.divide(right, held, out=np.ones_like(held), where=held > right)
        plan *= along(scale, axis, size)
    lacking = [
        np.maximum(right - marginal(plan, axis), 0.0)
        for axis, right in enumerate(weights)
    ]
    mass = lacking[0].sum()
    if mass > NOTHING:
        fill = along(lacking[0] * mass, 0, size)
        for axis, one in enumerate(lacking[1:], start=1):
            fill = fill * along(one / mass, axis, size)
        plan += fill / mass
    return plan


def raised(potentials, losses, sweeps: int = 2) -> list:
    """Raise each potential as far as the others allow, so that no team is overpaid.

    f_i(k) ← min over the others' kinds of loss − Σ_{j≠i} f_j(k_j), which never lowers
    the value of feasible potentials, and makes any feasible.
    """
    potentials = list(potentials)
    for _ in range(sweeps):
        for axis in range(losses.ndim):
            room = losses - added(potentials)
            potentials[axis] = potentials[axis] + room.min(
                axis=_others(axis, losses.ndim)
            )
    return potentials


def value(potentials, weights) -> float:
    """Σ_i E f_i: a lower bound of the least loss if no team is overpaid."""
    return float(sum(w @ f for w, f in zip(weights, potentials, strict=True)))


def assignment(made: Grid, plan, potentials, **facts) -> Assignment:
    """The result of a feasible plan and feasible potentials, one a position."""
    places = np.nonzero(plan > 0.0)
    weights = plan[places]
    groups = made.economy.groups
    # alike members get the mean of their potentials: feasible, as the loss is the same
    # in whatever order they stand
    means = tuple(
        np.mean([potentials[place] for place in group.positions], axis=0)
        for group in groups
    )
    by_place = [made.weights[g] for g in made.members]
    errors = [
        np.abs(marginal(plan, axis) - right).max() * len(right)
        for axis, right in enumerate(by_place)
    ]
    return Assignment(
        grid=made,
        indices=np.stack(places, axis=1).astype(np.int32),
        weights=weights,
        output_loss=float((plan * made.tensor).sum()) + made.constant,
        lower=value(potentials, by_place) + made.constant,
        potentials=means,
        marginal_error=float(max(errors)),
        **facts,
    )


def _others(axis, size):
    return tuple(k for k in range(size) if k != axis)
