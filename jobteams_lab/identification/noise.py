"""Measurement error and match quality, from wages that should not have moved.

In the model a wage is fixed for the life of a match, so that whatever moves within a
spell is measurement error. Spells of one worker at one firm differ by more than that
only if each match draws a quality of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks, panel_spells
from jobteams_lab.panel import Panel

FLOOR = 1e-8  # the smallest noise variance, relative to the variance of wages


@dataclass(frozen=True)
class NoiseVariance:
    """The variance of measurement error in one month's wage.

    Attributes
    ----------
    variance : float
        σ², in wage units squared; what every comparison uses.
    degrees_of_freedom : float
        How many deviations it was estimated from; nan where it was given.
    floor : float
        The smallest value allowed: 1e-8 of the variance of wages. Without it, wages
        free of error would be compared with infinite confidence.
    estimate : float
        σ² before the floor.
    """

    variance: float
    degrees_of_freedom: float
    floor: float
    estimate: float

    @property
    def at_floor(self) -> bool:
        """Whether wages carry no error to speak of, and the floor stands for it."""
        return self.estimate <= self.floor

    @property
    def standard_error(self) -> float:
        """The standard error of σ², which is σ² √(2/degrees) for normal errors."""
        return self.variance * float(np.sqrt(2.0 / self.degrees_of_freedom))


def error_variance(panel: Panel, noise_variance: float | None = None) -> NoiseVariance:
    """Estimate the variance of measurement error from wages within spells.

    With T_s months in spell s, of mean wage w_s::

        σ² = Σ_s Σ_t (w_st − w_s)² / Σ_s (T_s − 1).

    Parameters
    ----------
    panel : Panel
        Several rows a spell, or spells that remember ``wage_squares`` and ``time``.
        A row without them counts as one observation, weighted by its length.
    noise_variance : float, optional
        σ² if it is known, in wage units squared; only the floor is then computed.

    Returns
    -------
    NoiseVariance

    Raises
    ------
    ValueError
        If no spell has two wage observations, so that σ² is not identified, or
        `noise_variance` is negative or not finite.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), appendix C.
    """
    floor = _floor(panel)
    if noise_variance is not None:
        given = checks.number("noise_variance", noise_variance, low=0.0)
        return NoiseVariance(max(given, floor), float("nan"), floor, given)
    squares, degrees = _within_spells(panel)
    if degrees <= 0.0:
        raise ValueError(
            "No spell has two wage observations, so that the variance of measurement "
            "error is not identified: give monthly wages or spells with time and "
            "wage_squares, or set noise_variance."
        )
    estimate = squares / degrees
    return NoiseVariance(max(estimate, floor), degrees, floor, estimate)


def match_quality_variance(panel: Panel, noise: NoiseVariance) -> float:
    """Estimate the variance of match quality from repeated spells of one pair.

    Two spells of a worker at the same firm differ by match quality and by the error in
    their means. Over the pairs with S ≥ 2 spells, of mean wages w_s::

        τ² = Σ_pairs [Σ_s (w_s − w̄)² − σ² (S − 1) mean(1/T_s)] / Σ_pairs (S − 1).

    Parameters
    ----------
    panel : Panel
    noise : NoiseVariance
        From `error_variance`.

    Returns
    -------
    float
        τ², in wage units squared; zero where the estimate is negative.

    Raises
    ------
    ValueError
        If no worker has two spells at one firm.
    """
    spells = panel.spells()
    wage, time = spells.data["wage"].to_numpy(), spells.time
    pair = spells.worker_codes * len(spells.firms) + spells.firm_codes
    pair = np.unique(pair, return_inverse=True)[1]
    count = np.bincount(pair)
    if (count < 2).all():
        raise ValueError(
            "No worker has two spells at one firm, so that the variance of match "
            "quality is not identified: give match_variance as a number."
        )
    mean = np.bincount(pair, wage) / count
    around = np.bincount(pair, (wage - mean[pair]) ** 2)
    error = noise.variance * np.bincount(pair, 1.0 / time) / count
    total = np.sum(around - (count - 1) * error)
    return max(float(total / np.sum(count - 1)), 0.0)


def _within_spells(panel: Panel) -> tuple[float, float]:
    """Sum the squared deviations within spells and their degrees of freedom."""
    spells = panel.spells()
    wage, time = spells.data["wage"].to_numpy(), spells.time
    squares = spells.data["wage_squares"].to_numpy() - time * wage**2
    if "wage_squares" in panel.data:
        degrees = time - 1.0
    else:
        # a row of several months shows one wage, however long it is
        first = np.flatnonzero(~panel_spells.continues(panel))
        degrees = np.diff(np.append(first, len(panel))) - 1.0
    repeated = degrees > 0.0
    total = float(np.sum(np.maximum(squares[repeated], 0.0)))
    return total, float(degrees[repeated].sum())


def _floor(panel: Panel) -> float:
    wage, time = panel.data["wage"].to_numpy(), panel.time
    mean = np.average(wage, weights=time)
    variance = float(np.average((wage - mean) ** 2, weights=time))
    # all wages equal: any positive number, since nothing can be compared
    return FLOOR * variance if variance > 0.0 else np.finfo(float).tiny
