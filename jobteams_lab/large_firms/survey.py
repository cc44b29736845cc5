"""What a survey that asks now and then sees of workers' moves."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms.arguments import nobody_works, require_equilibrium
from jobteams_lab.large_firms.finite_equilibrium import Equilibrium

RETIREMENT = ("replaced", "left out")


class SampledTransitions(NamedTuple):
    """Shares of workers whom two interviews find in different places.

    Attributes
    ----------
    EN : float
        Without a job at the second, of those with one at the first.
    NE : float
        With a job at the second, of those without one at the first.
    EE : float
        With another job at the second, of those with one at the first.
    """

    EN: float
    NE: float
    EE: float


def sampled_transitions(
    equilibrium: Equilibrium, interval: float, *, retirement: str = "left out"
) -> SampledTransitions:
    """Return what a survey sees that asks where workers are every `interval` years.

    Between interviews a worker may lose a job and find another. With the yearly rates
    EN, NE, EE and x = EN + NE, over an interval τ::

        EN(τ) = (EN/x)(1 − exp(−xτ)),   NE(τ) = (NE/x)(1 − exp(−xτ))
        EE(τ) = 1 − EN(τ) − exp(−(EN + EE)τ)

    EE(τ) is to have a job at both interviews, but not the same: nobody comes back to a
    firm, of which there is a continuum. It takes the rates to be the same for all
    workers in a state, whatever their type, firm and team: exact for EN(τ) and NE(τ)
    where all offers are accepted and nobody quits; for EE(τ) it overstates the moves,
    since those who are likely to move do so early. Where nobody works EN and EE are
    NaN, and NE is 0.

    Parameters
    ----------
    equilibrium : Equilibrium
    interval : float
        τ > 0, years between interviews.
    retirement : "left out" or "replaced"
        Whether only workers who are there at both interviews count, or a newcomer
        answers in the place of each worker who has retired, and is without a job: then
        δ_r is added to EN.

    References
    ----------
    The slides (Adenbaum, Babalievsky and Jungerman, 2025, "Calibration Results") give
    the EN and NE rates without saying how they are sampled.
    """
    require_equilibrium("sampled_transitions", equilibrium)
    interval = checks.number("interval", interval, low=0, open_low=True)
    checks.one_of("retirement", retirement, RETIREMENT)
    workers = equilibrium.economy.workers_per_firm
    if nobody_works(equilibrium.employed.sum(), workers):
        return SampledTransitions(math.nan, 0.0, math.nan)
    rates = equilibrium.transition_rates
    lost = rates.EN
    if retirement == "replaced":
        lost += equilibrium.economy.retirement_rate
    total = lost + rates.NE
    gone = -np.expm1(-total * interval)
    left = lost / total * gone
    moved = -np.expm1(-(lost + rates.EE) * interval) - left
    return SampledTransitions(float(left), float(rates.NE / total * gone), float(moved))
