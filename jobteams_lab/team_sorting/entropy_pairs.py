"""Colleagues under the coupling of largest entropy, without drawing a team.

The variance of team means needs only pairs of colleagues. On the grid of the coupling
π ∝ Π_i a_i(j_i), Σ_i j_i = G, two workers of one group have

    π₂(j, k) ∝ a(j) a(k) r(G − j − k),  r = a * ... * a * a_z,

with r the convolution of all others' factors: exact, and smooth in the parameters.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jobteams_lab.team_sorting.entropy_coupling import couple
from jobteams_lab.team_sorting.equilibrium import Equilibrium
from jobteams_lab.team_sorting.mixed_margins import MixedMargins
from jobteams_lab.team_sorting.mixed_set import arm_teams


def mean_square(
    equilibrium: Equilibrium, value: Callable[[np.ndarray], np.ndarray], steps: int
) -> float:
    """E[v̄²] over all teams, with v̄ the mean of value(x) over a team's workers.

        E[v̄²] = q E_arms[v̄²] + (1 − q) (E[v²] + (m − 1) E[v_1 v_2])/m,

    the last two over the mixed set.

    Parameters
    ----------
    equilibrium : Equilibrium
        With one group of workers.
    value : callable
        Of skills, any shape.
    steps : int
        G of the grid.
    """
    margins = MixedMargins(equilibrium)
    workers = margins.economy.size - 1
    grid, model = couple(margins, steps)
    factor, rest = model.factors
    for _ in range(workers - 2):
        rest = np.convolve(rest, factor)[: steps + 1]
        rest = rest / rest.sum()
    node = np.arange(steps + 1)
    left = steps - node[:, None] - node
    pairs = np.outer(factor, factor) * np.where(left >= 0, rest[left], 0.0)
    pairs /= pairs.sum()
    # a node that no one is at may be off the support
    u = margins.high[0] - grid.step * node
    at = value(margins.margins[0].skill_at(np.maximum(u, margins.low[0])))
    alone = pairs.sum(axis=1) @ at**2
    mixed = (alone + (workers - 1) * (at @ pairs @ at)) / workers
    share = equilibrium.countermonotonic_share
    if share == 0.0:
        return float(mixed)
    arms = arm_teams(equilibrium)
    means = value(arms.skills[:, :-1]).mean(axis=1)
    return float(share * (arms.weights @ means**2) + (1.0 - share) * mixed)
