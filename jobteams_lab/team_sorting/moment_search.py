"""Least squares from a moment of earnings to the next: residuals, slopes, one search.

What is searched is the logs of the four shapes, of median earnings above the floor, and
of the floor if it is estimated. The median stands in for the scale k: other shapes then
change relative earnings alone, and the search can follow a curved valley.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from jobteams_lab import checks
from jobteams_lab.team_sorting.earnings import Earnings
from jobteams_lab.team_sorting.earnings_moments import Moments, Parameters
from jobteams_lab.team_sorting.equilibrium import solve
from jobteams_lab.team_sorting.mixed_set import COUPLINGS
from jobteams_lab.team_sorting.published import FLOOR

SHAPES = ("worker_alpha", "worker_beta", "project_alpha", "project_beta")
START_SHAPES = (0.5, 3.0)  # starts are drawn between these, evenly in logs
STEP = 1e-4  # of the numerical derivatives, in logs
FAILED = 10.0  # residual of parameters that have no solution
AT_BOUND = 1e-3  # in logs


@dataclass(frozen=True)
class Start:
    """One start of the search and where it ended.

    Attributes
    ----------
    initial, parameters : Parameters
        Where it began and ended.
    objective : float
        At the end.
    converged : bool
        Whether it ended before its steps ran out.
    evaluations, failures : int
        Parameters tried, derivatives included, and those of them at which the model
        has no solution.
    """

    initial: Parameters
    parameters: Parameters
    objective: float
    converged: bool
    evaluations: int
    failures: int


class Search:
    """Weighted residuals of moments as functions of a position, and their minimum.

    Arguments are those of `calibrate`, which documents them.
    """

    def __init__(
        self, targets, workers_per_team, floor, weights, coupling, cells, seed, bounds
    ):
        if not isinstance(targets, Moments):
            raise TypeError(
                f"targets is a {type(targets).__name__}: give Moments, such as"
                " Moments.published(1981)."
            )
        self.targets = targets
        # not later: refusals during the search are taken for missing solutions
        self.coupling = checks.one_of("coupling", coupling, COUPLINGS)
        self.cells = checks.whole("cells", cells, low=10)
        self.seed = checks.whole("seed", seed)
        self.size = checks.whole("workers_per_team", workers_per_team, low=2)
        self.floor = floor if floor is None else checks.number("floor", floor, low=0)
        lowest = min(targets.earnings)
        if (floor or 0.0) >= lowest:
            raise ValueError(
                f"floor = {floor:g} is not below the lowest target, earnings of"
                f" {lowest:g}: lower it."
            )
        self.weights = _weights(weights, len(targets.vector))
        low = checks.number("bounds", bounds[0], low=0, open_low=True)
        high = checks.number("bounds", bounds[1], low=low, open_low=True)
        free = floor is None
        self.names = (*SHAPES, "median", "floor")[: 5 + free]
        self.low = np.log([low] * 4 + [1.0, 1.0])[: 5 + free]
        self.high = np.log([high] * 4 + [1e9, 0.95 * lowest])[: 5 + free]
        self.tried = self.failed = 0
        self._last = (np.array([]), None)

    def earnings(self, position) -> Earnings:
        """The solved economy at a position, in dollars."""
        values = np.exp(position)
        guess = Parameters(
            *map(float, values[:4]), scale=1.0, workers_per_team=self.size
        )
        floor = float(values[5]) if self.floor is None else self.floor
        solved = solve(guess.economy)
        return Earnings.through(solved, 0.5, floor + values[4], floor)

    def parameters(self, position) -> Parameters:
        """Its parameters, k among them."""
        earnings = self.earnings(position)
        return Parameters(
            *(float(one) for one in np.exp(position[:4])),
            scale=earnings.scale,
            floor=earnings.floor,
            workers_per_team=self.size,
        )

    def moments(self, position) -> Moments:
        """Its moments, at the targets' ranks."""
        return Moments.of(
            self.earnings(position),
            self.targets.ranks,
            self.coupling,
            self.cells,
            self.seed,
        )

    def starts(self, number: int, first: Parameters):
        """Positions: one at the shapes of `first`, the others drawn.

        Their medians are the targets', between the quantiles given.
        """
        rng = np.random.default_rng(self.seed)
        shapes = np.array([getattr(first, name) for name in SHAPES])
        floor = min(FLOOR, 0.5 * min(self.targets.earnings))
        floor = floor if self.floor is None else self.floor
        median = np.interp(0.5, self.targets.ranks, self.targets.earnings)
        for _ in range(number):
            start = np.log([*shapes, median - floor, max(floor, 1.0)])
            yield np.clip(start[: len(self.low)], self.low, self.high)
            shapes = np.exp(rng.uniform(*np.log(START_SHAPES), 4))

    def run(self, start: np.ndarray, steps: int) -> tuple[Start, np.ndarray] | None:
        """Search from a position; None if the model has no solution there."""
        self.tried = self.failed = 0
        if self._at(start) is None:
            return None
        found = least_squares(
            self.residuals,
            start,
            jac=self.jacobian,
            bounds=(self.low, self.high),
            x_scale="jac",
            max_nfev=steps,
            ftol=1e-9,
            xtol=1e-8,
            gtol=1e-12,
        )
        end = Start(
            initial=self.parameters(start),
            parameters=self.parameters(found.x),
            objective=float(2.0 * found.cost),
            converged=found.status > 0,
            evaluations=self.tried,
            failures=self.failed,
        )
        return end, found.x

    def residuals(self, position) -> np.ndarray:
        """Weighted residuals; large ones where the model has no solution."""
        found = self._at(position)
        if found is None:
            return np.full(self.weights.shape, FAILED * max(self.weights.max(), 1.0))
        return found

    def jacobian(self, position) -> np.ndarray:
        """Derivatives of the residuals, each to a side where there is a solution."""
        here = self.residuals(position)
        columns = np.zeros((len(position), len(here)))
        for k in range(len(position)):
            step = np.zeros(len(position))
            step[k] = STEP if position[k] + STEP <= self.high[k] else -STEP
            for one in (step, -step):
                there = self._at(position + one)
                if there is not None:
                    columns[k] = (there - here) / one[k]
                    break
        return columns.T

    def at_bounds(self, position) -> tuple[str, ...]:
        """Names of what is at a bound."""
        near = np.minimum(position - self.low, self.high - position) < AT_BOUND
        return tuple(name for name, one in zip(self.names, near, strict=True) if one)

    def _at(self, position):
        if np.array_equal(self._last[0], position):
            return self._last[1]
        self.tried += 1
        try:
            with np.errstate(all="ignore"):  # trials may be extreme
                found = self.moments(position)
            found = self.weights * (found.vector - self.targets.vector)
        except ValueError:  # several solutions, or no coupling
            self.failed += 1
            found = None
        if np.isfinite(position).all():
            self._last = (position.copy(), found)
        return found


def _weights(weights, count):
    weights = np.ones(count) if weights is None else np.array(weights, float)
    if weights.shape != (count,):
        raise ValueError(
            f"weights has shape {weights.shape}: give {count}, one for each quantile,"
            " the share and the variance."
        )
    for one in weights:
        checks.number("weights", float(one), low=0)
    return weights
