"""Whom one works with: coworkers' earnings at percentiles of one's own (Table 2)."""

from __future__ import annotations

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting.earnings import Earnings
from jobteams_lab.team_sorting.mixed_set import Teams
from jobteams_lab.team_sorting.published import COWORKER_PERCENTILES

DEFINITIONS = ("coworkers", "firm")
WINDOW = 0.02


def coworker_logs(
    earnings: Earnings,
    teams: Teams,
    ranks=COWORKER_PERCENTILES,
    definition: str = "coworkers",
    window: float = WINDOW,
) -> np.ndarray:
    """Mean log earnings of the coworkers of those who earn a given percentile. ::

        Σ_i K(R_i − p) ȳ_i / Σ_i K(R_i − p),  K(r) = max(0, 1 − |r|/window),

    with R_i worker i's rank in the earnings distribution of all workers, and ȳ_i the
    mean log earnings of the others in his team ("coworkers"), or of his whole team,
    himself included ("firm").

    Parameters
    ----------
    earnings : Earnings
    teams : Teams
        From `mixed_set.all_teams`.
    ranks : array_like
        p, between 0 and 1.
    definition : "coworkers" or "firm"
        The paper says coworkers; its numbers are met by "firm".
    window : float
        Distance in ranks at which weights reach zero.

    Returns
    -------
    ndarray
        Log dollars, one for each rank.

    Raises
    ------
    TypeError, ValueError
        A sentence; also if no worker is in a window.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), Table 2.
    """
    weight, near = np.asarray(teams.weights), []
    for p in np.atleast_1d(np.asarray(ranks, float)):
        kernel, colleagues = _around(
            earnings, teams.skills, float(p), definition, window
        )
        mass = float(weight @ kernel.mean(axis=1))
        if not mass > 0:
            raise ValueError(
                f"window = {window:g} holds none of the {kernel.size} workers around"
                f" rank {p:g}: widen it, or take more cells."
            )
        near.append(float(weight @ (kernel * colleagues).mean(axis=1)) / mass)
    return np.array(near)


def coworker_statistic(
    earnings: Earnings, rank: float, definition: str, window: float = WINDOW
):
    """The function of teams whose mean over teams `coworker_logs` is, at one rank.

    For `coupling_bounds`: the mass in the window, which no coupling changes, is taken
    as ∫ K(R − p) dR over ranks between 0 and 1.
    """
    rank = checks.number("rank", rank, low=0, high=1)
    # ranks are uniform: each side of the kernel is a triangle, cut off at 0 and 1
    sides = [min(side / window, 1.0) for side in (rank, 1.0 - rank)]
    mass = window * sum(side - 0.5 * side**2 for side in sides)
    centre = earnings.log_mean  # so that errors in the mass do not matter

    def statistic(skills):
        kernel, colleagues = _around(earnings, skills, rank, definition, window)
        return centre + (kernel * (colleagues - centre)).mean(axis=1) / mass

    return statistic


def _around(earnings, skills, rank, definition, window):
    # K at each worker, and the mean log earnings he counts as his colleagues'
    checks.one_of("definition", definition, DEFINITIONS)
    window = checks.number("window", window, low=0, high=0.5, open_low=True)
    rank = checks.number("rank", rank, low=0, high=1)
    workers = np.asarray(skills)[..., :-1]
    logs = earnings.logs(workers)
    count = logs.shape[-1]
    total = logs.sum(axis=-1, keepdims=True)
    if definition == "firm":
        colleagues = np.broadcast_to(total / count, logs.shape)
    else:
        colleagues = (total - logs) / (count - 1)
    kernel = np.maximum(0.0, 1.0 - np.abs(earnings.rank(workers) - rank) / window)
    return kernel, colleagues
