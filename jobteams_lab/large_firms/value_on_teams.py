"""V over all teams of a finite economy as a combination of features of sets.

The table of the exact programme has a number for each state. Here V is linear in a
few features, apart for each type of firm and team size, and the same Bellman equation
holds by least squares: what networks and moments lose can be seen against the table.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from jobteams_lab import checks
from jobteams_lab.large_firms.bellman import bellman_residual, unlearnt_derivative
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import CrossSection, Ladder
from jobteams_lab.large_firms.linear_systems import orthonormal
from jobteams_lab.large_firms.networks import Basis
from jobteams_lab.precision import double

RIDGE = 1e-14
NEGLIGIBLE = 1e-8  # what earlier columns leave of one, below which it is not used
EVERYWHERE = 0.5  # of the weight is spread evenly over states, the rest is as χ
ROUGH = 1e-5  # a change of V above it asks for a new matrix, and so does a round
NO_BETTER = 0.5  # that leaves more than half of the change


class FittedValue(NamedTuple):
    """V of a finite economy in features of sets.

    Attributes
    ----------
    value : (T, M) array
        V at all states.
    weights : int
        How many coefficients it has in all.
    changes : list of float
        Largest relative change of V at each round.
    """

    value: np.ndarray
    weights: int
    changes: list


def teams_as_arrays(problem: FirmProblem):
    """Return the teams of a finite economy as (x, y, n), each worker in a place.

    Returns
    -------
    x, y : (M, N) arrays
        log h and log a; zeros in empty places.
    n : (M,) array of int
    """
    finite, teams = problem.finite, problem.teams
    places = np.arange(finite.max_team_size)
    ends = np.cumsum(teams.counts, axis=1)
    kind = (places[None, :, None] >= ends[:, None, :]).sum(-1)
    taken = places < teams.sizes[:, None]
    kind = np.where(taken, kind, 0)
    x, y = np.log(finite.worker_human_capital), np.log(finite.worker_ability)
    n = teams.sizes.astype(np.int32)
    return np.where(taken, x[kind], 0), np.where(taken, y[kind], 0), n


def set_features(problem: FirmProblem, basis: Basis, log_q: float) -> np.ndarray:
    """Return a basis' features of all teams, (M, B)."""
    x, y, n = teams_as_arrays(problem)
    with double():
        return np.asarray(basis(x, y, n, np.full(len(n), log_q)))


def count_features(problem: FirmProblem, degree: int) -> np.ndarray:
    """Return products of up to so many shares of types in the team, (M, B).

    Shares sum to one, so that the last type is left out.
    """
    teams = problem.teams
    shares = teams.counts / np.maximum(teams.sizes, 1)[:, None]
    shares = shares[:, :-1]
    columns = [np.ones(len(shares))]
    for factors in range(1, degree + 1):
        for which in combinations_with_replacement(range(shares.shape[1]), factors):
            columns.append(np.prod(shares[:, list(which)], axis=1))
    return np.stack(columns, axis=1)


def most_at_a_size(teams, weights: int) -> int:
    """Return how many features a size may have for `weights` a type of firm in all."""
    available = np.bincount(teams.sizes)
    most = 1
    while np.minimum(available, most + 1).sum() <= weights and most < available.max():
        most += 1
    return most


def fit_value(
    problem: FirmProblem,
    cross_section: CrossSection,
    features: list[np.ndarray],
    weights: int,
    *,
    start: np.ndarray | None = None,
    tolerance: float = 1e-11,
    max_rounds: int = 40,
) -> FittedValue:
    """Solve the Bellman equation at a cross-section for V = Φc, by least squares.

        min over c of Σ w (R(Φc)/(ρ V))²

    by Gauss and Newton, the derivative of the incumbents' surpluses included.

    Parameters
    ----------
    problem : FirmProblem
    cross_section : CrossSection
        χ and u: they give all meeting rates.
    features : list of T arrays (M, B)
        Of all teams, for the environment of each type of firm, the most useful first.
    weights : int
        Coefficients a type of firm, at most; sizes with few teams take one a team.
    start : (T, M) array, optional
        By default output forever.

    Returns
    -------
    FittedValue

    Raises
    ------
    ValueError
        If `weights` are fewer than one a team size, or features have another shape.
    RuntimeError
        If the rounds end before V settles.
    """
    teams = problem.teams
    sizes = int(teams.sizes[-1]) + 1
    checks.whole("weights", weights, low=sizes)
    if len(features) != problem.shape[0] or any(
        part.ndim != 2 or len(part) != problem.shape[1] for part in features
    ):
        raise ValueError(
            f"features must be {problem.shape[0]} arrays with a row for each of the"
            f" {problem.shape[1]:,} teams, one a type of firm."
        )
    basis = _Columns(problem, features, most_at_a_size(teams, weights))
    value = problem.output / problem.finite.discount_rate if start is None else start
    value = basis.nearest(value)
    share = (1 - EVERYWHERE) * cross_section.firms + EVERYWHERE / value.size
    changes, factor = [], None
    for _ in range(max_rounds):
        ladder = Ladder(problem.finite, teams, problem.surpluses(value), 0.0, 1.0)
        gains = ladder.gains(cross_section)
        residual = bellman_residual(problem, value, ladder, gains)
        if factor is None:
            size = np.maximum(np.abs(value), 0.1 * np.abs(value).max())
            scale = np.sqrt(share) / (problem.finite.discount_rate * size)
            matrix = basis.derivative(ladder, gains) * scale.ravel()[:, None]
            square = matrix.T @ matrix
            square[np.diag_indices_from(square)] += RIDGE * np.trace(square)
            factor = cho_factor(square, lower=True, overwrite_a=True)
        step = cho_solve(factor, matrix.T @ (residual * scale).ravel())
        moved = basis.combine(step)
        value = value + moved
        changes.append(float((np.abs(moved) / np.maximum(np.abs(value), size)).max()))
        if changes[-1] <= tolerance:
            return FittedValue(value, basis.number, changes)
        stalled = len(changes) > 1 and changes[-1] > NO_BETTER * changes[-2]
        if changes[-1] > ROUGH or stalled:
            factor = None
    raise RuntimeError(
        f"V had not settled after {max_rounds} rounds: the last changed it by"
        f" {changes[-1]:.1e}; take fewer weights, or start= a similar value."
    )


class _Columns:
    # the columns of Φ, each for one type of firm and one size, orthonormal there

    def __init__(self, problem, features, most):
        self.problem = problem
        teams = problem.teams
        self.blocks, self.learnt = [], []  # (firm type, teams, their columns)
        for t, mine in enumerate(features):
            for n in range(int(teams.sizes[-1]) + 1):
                at = np.flatnonzero(teams.sizes == n)
                self.blocks.append((t, at, orthonormal(mine[at], most, NEGLIGIBLE)[0]))
        self.number = sum(columns.shape[1] for _, _, columns in self.blocks)
        change = np.zeros(problem.shape)
        for t, at, columns in self.blocks:
            after = []
            for column in columns.T:
                change[t, at] = column
                after.append(problem.learnt(change)[t, at])
            change[t, at] = 0
            self.learnt.append(np.stack(after, axis=1))

    def combine(self, coefficients):
        """Return Φc, (T, M)."""
        value, first = np.zeros(self.problem.shape), 0
        for t, at, columns in self.blocks:
            last = first + columns.shape[1]
            value[t, at] = columns @ coefficients[first:last]
            first = last
        return value

    def nearest(self, value):
        """Return Φc that is nearest to a value."""
        answer = np.zeros(self.problem.shape)
        for t, at, columns in self.blocks:
            answer[t, at] = columns @ (columns.T @ value[t, at])
        return answer

    def derivative(self, ladder, gains):
        """Return minus the derivative of the residual by coefficients."""
        problem = self.problem
        unlearnt = unlearnt_derivative(problem, ladder, gains)
        answer = np.empty((problem.output.size, self.number))
        change, j = np.zeros(problem.shape), 0
        for (t, at, columns), learnt in zip(self.blocks, self.learnt, strict=True):
            for column, after in zip(columns.T, learnt.T, strict=True):
                change[t, at] = column
                moved = unlearnt(change)
                # lessons leave the size as it is
                moved[t, at] -= problem.finite.learning_event_rate * after
                answer[:, j] = moved.ravel()
                j += 1
            change[t, at] = 0
        return answer
