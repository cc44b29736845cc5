"""The workers' bargaining power from shocks to firms' output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.firm_shocks import COLUMN
from jobteams_lab.panel import Panel


@dataclass(frozen=True)
class FirmShockEstimate:
    """How much of a firm's shocks its workers' wages pass on.

    Attributes
    ----------
    bargaining_power : float
        α by instrumental variables.
    standard_error : float
        Clustered by firm.
    least_squares, least_squares_error : float
        α by least squares, which is too low, and its standard error.
    first_stage : float
        t-ratio of the covariance of instrument and output growth.
    firms, firm_months : int
        Firms, and pairs of months of a firm, that were used.
    """

    bargaining_power: float
    standard_error: float
    least_squares: float
    least_squares_error: float
    first_stage: float
    firms: int
    firm_months: int


def bargaining_power_from_firms(
    panel: Panel, *, output: str = COLUMN, seed: int = 0
) -> FirmShockEstimate:
    """Estimate α from the wage growth of stayers at firms whose output changes.

    The wages of those who stay grow by α Δε. Output per worker grows by Δε plus what
    turnover does to the firm's composition, so least squares is too low::

        plim OLS = α Var(Δε) / Var(Δ output).

    Split a firm's stayers at random into halves A and B. Wage growth in B moves with
    Δε, but neither with turnover nor with errors in output or in A's wages, and so is
    an instrument for output growth in the equation of A; and A for B. Together, with
    means over the two months' stayers as deviations from the month's mean,

        α = 2 Σ Δw_A Δw_B / Σ Δoutput (Δw_A + Δw_B).

    Parameters
    ----------
    panel : Panel
        One row a worker and month.
    output : str
        The column with output per worker of the row's firm in that month.
    seed : int
        Draws the halves.

    Returns
    -------
    FirmShockEstimate

    Raises
    ------
    ValueError
        If the panel is not monthly, has no such column, output differs among the rows
        of a firm and month, or fewer than three firms have two stayers.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix A.4.1.
    """
    rng = np.random.default_rng(checks.whole("seed", seed))
    growth, made, firm, month, worker = _stayers(panel, output)
    half = rng.random(len(panel.workers))[worker] < 0.5
    place, cell = np.unique(month * len(panel.firms) + firm, return_inverse=True)
    sides = [np.bincount(cell, half == side, len(place)) for side in (False, True)]
    both = (sides[0] > 0) & (sides[1] > 0)
    firm_of = (place % len(panel.firms))[both]
    if len(np.unique(firm_of)) < 3:
        raise ValueError(
            "Fewer than three firms keep two workers from one month to the next, so"
            " that halves of stayers cannot be compared: give larger firms."
        )
    wages = [
        np.bincount(cell, growth * (half == side), len(place))[both] / count[both]
        for side, count in zip((False, True), sides, strict=True)
    ]
    all_ = np.bincount(cell, growth, len(place))[both] / (sides[0] + sides[1])[both]
    change = np.bincount(cell, made, len(place))[both] / (sides[0] + sides[1])[both]
    when = np.unique((place // len(panel.firms))[both], return_inverse=True)[1]
    first, second, every, change = (
        _deviations(column, when) for column in (*wages, all_, change)
    )
    together = change * (first + second)
    alpha, error = _ratio(2 * first * second, together, firm_of)
    simple, simple_error = _ratio(every * change, change**2, firm_of)
    strength = together.sum() / np.sqrt((_by(together, firm_of) ** 2).sum())
    return FirmShockEstimate(
        bargaining_power=alpha,
        standard_error=error,
        least_squares=simple,
        least_squares_error=simple_error,
        first_stage=float(strength),
        firms=len(np.unique(firm_of)),
        firm_months=int(both.sum()),
    )


def _stayers(panel, output):
    if not panel.is_monthly:
        raise ValueError(
            "The panel must have one row a worker and month: call Panel.months first."
        )
    if output not in panel.data:
        raise ValueError(
            f"The panel has no column {output!r}: name the one with the output per"
            " worker of each firm and month in output."
        )
    made = panel.data[output].to_numpy(dtype=np.float64)
    worker, firm = panel.worker_codes, panel.firm_codes
    month = panel.data["start"].to_numpy()
    month = (month - month.min()).astype(np.int64)
    cell = np.unique(month * len(panel.firms) + firm, return_inverse=True)[1]
    highest = np.full(cell.max() + 1, -np.inf)
    np.maximum.at(highest, cell, made)
    if not np.allclose(made, highest[cell], rtol=1e-9, atol=1e-12):
        raise ValueError(
            f"{output!r} differs among the rows of a firm and month: it must be the"
            " firm's output per worker."
        )
    stays = (np.diff(worker) == 0) & (np.diff(firm) == 0) & (np.diff(month) == 1)
    now = np.flatnonzero(stays) + 1
    wage = panel.data["wage"].to_numpy()
    return (
        wage[now] - wage[now - 1],
        made[now] - made[now - 1],
        firm[now],
        month[now],
        worker[now],
    )


def _deviations(value, when) -> np.ndarray:
    return value - (np.bincount(when, value) / np.bincount(when))[when]


def _by(value, firm) -> np.ndarray:
    return np.bincount(firm, value)


def _ratio(above, below, firm) -> tuple[float, float]:
    """Return Σ above / Σ below and its standard error, clustered by firm."""
    ratio = above.sum() / below.sum()
    error = np.sqrt((_by(above - ratio * below, firm) ** 2).sum()) / abs(below.sum())
    return float(ratio), float(error)
