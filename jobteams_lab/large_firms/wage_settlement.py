"""What a worker gets when his wage is settled: with his firm, or against a poacher."""

from __future__ import annotations

import numpy as np

from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import CrossSection


def settled(gain, offer, surplus):
    """Return W' − U after a settlement, from the gain W − U before it::

        W' = U + clip(W − U, min(o, Δ⁺), Δ⁺)

    Parameters
    ----------
    gain : array
        W − U at the wage he has.
    offer : array
        o = max(Δ, 0) of the poacher; 0 at renegotiation, and of a firm that cannot or
        would not hire him.
    surplus : array
        Δ of his match; below zero he quits, and W' = U. If o ≥ Δ⁺ he moves, and the
        poacher pays him Δ⁺.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), Proposition 2 and assumptions A4 to A6.
    """
    most = np.maximum(surplus, 0)
    return np.clip(gain, np.minimum(offer, most), most)


class Offers:
    """The offers that poachers make, type by type: what settling against them gives.

    A poacher is drawn in proportion to (1 + n)χ; full teams and those that would not
    hire the worker offer 0. One sorted ladder a type and prefix sums give the mean over
    all poachers for any gain.
    """

    def __init__(self, problem: FirmProblem, surplus, cross_section: CrossSection):
        teams = problem.teams
        mass = cross_section.meeting_mass(teams)
        weights = (cross_section.receivers(teams) / mass).ravel()
        self._ladders = []
        for delta in surplus:
            offer = np.maximum(delta.ravel(), 0)
            order = np.argsort(offer, kind="stable")
            offer, weight = offer[order], weights[order]
            above = np.append(np.cumsum(weight[::-1])[::-1], 0.0)
            paid = np.append(0.0, np.cumsum(weight * offer))
            self._ladders.append((offer, above, paid))

    def expected(self, worker_type: int, gain, surplus):
        """Return E(W' − U) over poachers, and its derivative in W.

        With x = W − U below Δ⁺ it is, over the poachers' offers o::

            x⁺ P(o ≤ x⁺) + E(o; x⁺ < o < Δ⁺) + Δ⁺ P(o ≥ Δ⁺)

        and Δ⁺ above. Its derivative is P(o ≤ x) for x from 0 to Δ⁺ and zero elsewhere.

        Parameters
        ----------
        worker_type : int
        gain : (R, B) array
        surplus : (R, 1) array
        """
        offer, above, paid = self._ladders[worker_type]
        most = np.maximum(surplus, 0)
        least = np.clip(gain, 0, most)
        first = np.searchsorted(offer, least, "right")
        last = np.searchsorted(offer, most, "left")
        keeping = 1 - above[first]
        # where he has the most already, first passes last and nothing is left to gain
        better = np.where(least < most, paid[last] - paid[first], 0)
        mean = np.where(
            least < most, least * keeping + better + most * above[last], most
        )
        return mean, keeping * ((gain > 0) & (gain < most))
