"""How far the tables of the paper depend on who works with whom in the mixed set."""

from __future__ import annotations

from dataclasses import dataclass

from jobteams_lab.team_sorting.coupling_bounds import Bounds, coupling_bounds
from jobteams_lab.team_sorting.coworkers import WINDOW, coworker_statistic
from jobteams_lab.team_sorting.earnings import Earnings


@dataclass(frozen=True)
class CouplingRange:
    """The values that a number takes over all optimal couplings.

    Attributes
    ----------
    low, high : float
        Attained: couplings with these values exist.
    bounds : (float, float)
        The linear programmes' bounds, extrapolated to a grid of no step, (4 fine −
        coarse)/3. Where they meet `low` and `high` the range is known.
    rearranged, entropy : float
        At these two couplings.
    """

    low: float
    high: float
    bounds: tuple[float, float]
    rearranged: float
    entropy: float


def between_range(
    earnings: Earnings, cells: int | None = None, seed: int = 0
) -> CouplingRange:
    """Range of the between share of the variance of log earnings.

    The share is (E[ȳ²] − E[y]²)/Var(y) with ȳ the mean log earnings of a team: only
    E[ȳ²] depends on the coupling, and it is linear in it.

    Parameters
    ----------
    earnings : Earnings
        At most 5 workers a team.
    cells, seed
        As in `coupling_bounds`.
    """
    mean, variance = earnings.log_mean, earnings.log_variance
    # deviations from the mean, so that no digits are lost
    found = coupling_bounds(
        earnings.equilibrium,
        lambda teams: (earnings.mean_logs(teams) - mean) ** 2,
        cells,
        seed,
    )
    return _range(found, lambda value: value / variance)


def coworker_range(
    earnings: Earnings,
    rank: float,
    definition: str = "coworkers",
    window: float = WINDOW,
    cells: int | None = None,
    seed: int = 0,
) -> CouplingRange:
    """Range of coworkers' mean log earnings at one percentile of own earnings.

    Arguments as in `coworker_logs` and `coupling_bounds`. The kernel has kinks, so that
    the programmes' bounds are less precise than those of the between share.
    """
    statistic = coworker_statistic(earnings, rank, definition, window)
    found = coupling_bounds(earnings.equilibrium, statistic, cells, seed)
    return _range(found, float)


def _range(found: Bounds, value) -> CouplingRange:
    fine = (found.low, found.high)
    extrapolated = (
        value((4.0 * one - coarse) / 3.0)
        for one, coarse in zip(fine, found.coarse, strict=True)
    )
    return CouplingRange(
        low=value(found.attained[0]),
        high=value(found.attained[1]),
        bounds=tuple(extrapolated),
        rearranged=value(found.rearranged),
        entropy=value(found.entropy),
    )
