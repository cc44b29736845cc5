"""Fit the distributions of workers and projects to moments of earnings.

Five numbers a year are quoted of the data: three percentiles, the variance of logs and
its share between firms. With the floor fixed there are five parameters, four of the two
Beta distributions and the scale: just identified, by counting. How many the moments
tell apart in fact is read off singular values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting.earnings_moments import Moments, Parameters
from jobteams_lab.team_sorting.moment_search import Search, Start
from jobteams_lab.team_sorting.published import BETA, FLOOR

SAME = 0.01  # starts end at one optimum if their objectives differ by less


@dataclass(frozen=True, eq=False)
class Calibration:
    """The parameters whose moments come closest to the targets.

    Attributes
    ----------
    parameters : Parameters
    moments, targets : Moments
    residuals : ndarray, shape (ranks + 2,)
        Log earnings at the ranks, between share and variance of logs: model less
        target.
    weights : ndarray, shape (ranks + 2,)
    objective : float
        Σ (weight · residual)².
    converged : bool
        Of the best start.
    starts : tuple of Start
        All that had a solution, the best first.
    singular_values : ndarray
        Of the weighted residuals' derivatives by the logs of the four shapes, of median
        earnings above the floor, and of the floor if estimated: a move by ε in the
        direction that the moments see least changes them by ε · singular_values[-1].
    directions : ndarray, shape (parameters, parameters)
        Rows are those directions, in the order of the singular values.
    at_bounds : tuple of str
        Parameters that ended at a bound of the search.
    """

    parameters: Parameters
    moments: Moments
    targets: Moments
    residuals: np.ndarray
    weights: np.ndarray
    objective: float
    converged: bool
    starts: tuple[Start, ...]
    singular_values: np.ndarray
    directions: np.ndarray
    at_bounds: tuple[str, ...]

    @property
    def repeats(self) -> int:
        """Starts whose objective ended within 1 % of the best, itself included."""
        limit = self.objective * (1.0 + SAME) + 1e-10
        return sum(one.objective <= limit for one in self.starts)


def calibrate(
    targets: Moments,
    workers_per_team: int = 2,
    *,
    floor: float | None = FLOOR,
    weights: Sequence[float] | None = None,
    coupling: str = "entropy",
    cells: int = 200,
    starts: int = 4,
    first: Parameters | None = None,
    seed: int = 0,
    bounds: tuple[float, float] = (0.2, 20.0),
    steps: int = 100,
) -> Calibration:
    """Choose parameters by weighted least squares, from several starts.

        min Σ_j (weight_j residual_j)²  over log α_x, log β_x, log α_z, log β_z, log k.

    Parameters
    ----------
    targets : Moments
    workers_per_team : int
    floor : float or None
        d in dollars; None estimates it too, one parameter more than the five moments.
    weights : sequence of float, optional
        One for each quantile (residuals are in logs), the share and the variance. All
        1 by default: 1 % of a percentile counts as much as 0.01 of the others.
    coupling, cells
        Of the mixed set, for the between share: see `Moments.of`. The coupling of
        largest entropy is smooth in the parameters.
    starts : int
        At most so many; the first is at `first`, the others are drawn.
    first : Parameters, optional
        Only its shapes are used; by default the paper's of 1981.
    seed : int
        Of the starts, and of couplings that draw: the same draws at all parameters.
    bounds : (low, high)
        Of the four shape parameters.
    steps : int
        Of each start, at most.

    Returns
    -------
    Calibration

    Raises
    ------
    TypeError, ValueError
        A sentence; also if the model has no solution at any start.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), section 5.2, who fit all percentiles.
    """
    search = Search(
        targets, workers_per_team, floor, weights, coupling, cells, seed, bounds
    )
    starts = checks.whole("starts", starts, low=1)
    steps = checks.whole("steps", steps, low=1)
    if first is None:
        first = Parameters(*BETA[1981][0], *BETA[1981][1], scale=1.0)
    ends = [search.run(one, steps) for one in search.starts(starts, first)]
    ends = sorted(
        (one for one in ends if one is not None), key=lambda one: one[0].objective
    )
    if not ends:
        raise ValueError(
            f"The model has no solution at any of the {starts} starts: give `first`,"
            " parameters at which it has one."
        )
    best, position = ends[0]
    moments = search.moments(position)
    _, values, directions = np.linalg.svd(search.jacobian(position))
    return Calibration(
        parameters=best.parameters,
        moments=moments,
        targets=targets,
        residuals=moments.vector - targets.vector,
        weights=search.weights,
        objective=best.objective,
        converged=best.converged,
        starts=tuple(one for one, _ in ends),
        singular_values=values,
        directions=directions,
        at_bounds=search.at_bounds(position),
    )
