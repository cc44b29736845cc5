"""How near a V of a finite economy is to the exact one, and what that does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import CrossSection


class Accuracy(NamedTuple):
    """How far a V is from the exact one, and what that does to decisions.

    Attributes
    ----------
    value_largest, value_mean : float
        Errors of V relative to V: at all states, and weighted by χ.
    surplus_largest, surplus_mean : float
        Errors of Δ over the mean of its size: on all rungs, and weighted by the
        meetings on them.
    hires, poachings, quits : float
        Shares of meetings with nonemployed workers, of meetings with employed workers
        and of chances to quit at which the decision is the exact one.
    """

    value_largest: float
    value_mean: float
    surplus_largest: float
    surplus_mean: float
    hires: float
    poachings: float
    quits: float


def accuracy(
    problem: FirmProblem, cross_section: CrossSection, exact, value, tie: float = 0.0
) -> Accuracy:
    """Return how far `value` is from `exact`, both (T, M).

    Parameters
    ----------
    tie : float
        Gains up to this are none.
    """
    teams, firms = problem.teams, cross_section.firms
    error = np.abs(value / exact - 1)
    truth, found = problem.surpluses(exact), problem.surpluses(value)
    employed = cross_section.employed(teams)
    reach = cross_section.receivers(teams)
    idle = problem.finite.contact_rate_nonemployed * cross_section.nonemployed
    offers = idle[:, None, None] * reach
    rival = problem.finite.contact_rate_employed * employed.sum((1, 2))
    met = offers + rival[:, None, None] * reach
    mean = (met * np.abs(truth)).sum() / met.sum()
    off = np.abs(found - truth) / mean
    same = poached = 0.0
    for k in range(len(truth)):
        weight, hiring = employed[k].ravel(), reach.ravel()
        same += _agreement(truth[k].ravel(), found[k].ravel(), weight, hiring, tie)
        poached += weight.sum() * hiring.sum()
    hires = offers[(truth > tie) == (found > tie)].sum() / offers.sum()
    quits = employed[(truth < -tie) == (found < -tie)].sum() / employed.sum()
    return Accuracy(
        float(error.max()),
        float((error * firms).sum()),
        float(off.max()),
        float((off * met).sum() / met.sum()),
        float(hires),
        float(same / poached),
        float(quits),
    )


@njit(cache=True)
def _agreement(truth, found, employed, reach, tie):
    # mass of meetings of firms with employed workers whose outcome is the same
    total = 0.0
    for i in range(len(reach)):
        if reach[i] == 0.0:
            continue
        same = 0.0
        for j in range(len(employed)):
            one = truth[i] > max(truth[j], 0.0) + tie
            other = found[i] > max(found[j], 0.0) + tie
            if one == other:
                same += employed[j]
        total += reach[i] * same
    return total
