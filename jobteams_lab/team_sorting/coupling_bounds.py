"""How much a statistic of teams depends on the coupling of the mixed set.

Every coupling of the mixed margins is optimal and pays the same wages. The mean of a
statistic over teams differs: its least and its largest value over all couplings are two
linear programmes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from jobteams_lab import checks
from jobteams_lab.team_sorting.entropy_coupling import Grid
from jobteams_lab.team_sorting.equilibrium import Equilibrium
from jobteams_lab.team_sorting.mixability import Mixability, mixability
from jobteams_lab.team_sorting.mixed_margins import MixedMargins
from jobteams_lab.team_sorting.mixed_set import Teams, arm_teams, mixed_teams

__all__ = ["Bounds", "Mixability", "coupling_bounds", "mixability"]

STEPS = {2: 160, 3: 80, 4: 60, 5: 50}  # of the grid, by workers a team
LARGEST = 5  # workers a team
MOST_TEAMS = 200_000  # of a linear programme
REALISED = 10_000  # teams of a coupling made from a programme's solution
SWEEPS = 50


@dataclass(frozen=True, eq=False)
class Bounds:
    """The range of the mean of a statistic over all couplings of the mixed set.

    Attributes
    ----------
    low, high : float
        Bounds that no coupling leaves, but for the error of the grid, O(h²).
    coarse : (float, float)
        The same on a grid of half as many steps: the error left in `low` and `high` is
        about a third of the difference.
    attained : (float, float)
        Means of `lowest` and `highest`, couplings that exist.
    rearranged, entropy : float
        Means of these two couplings.
    lowest, highest : Teams
        Of the mixed set: the programmes' solutions made into 10,000 teams.
    steps : int
        G.
    """

    low: float
    high: float
    coarse: tuple[float, float]
    attained: tuple[float, float]
    rearranged: float
    entropy: float
    lowest: Teams
    highest: Teams
    steps: int


def coupling_bounds(
    equilibrium: Equilibrium,
    statistic: Callable[[np.ndarray], np.ndarray],
    cells: int | None = None,
    seed: int = 0,
) -> Bounds:
    """Bound the mean of a statistic over all couplings of the mixed set.

        min, max Σ_T w_T s(T)  subject to  Σ_T w_T #{i in g: j_i(T) = j} = m_g μ_g(j)

    over teams T of a grid with step h, whose terms sum to log C, and weights w ≥ 0.
    Every point of the plane Σ_i u_i = log C lies between teams of the grid that are
    within h of it, and sharing it out to them turns any coupling of the margins into
    weights that the programme allows. So [low, high] contains the means of all
    couplings up to how far s is from linear between such teams: O(h²) if s is smooth,
    O(h) at its kinks, and nothing above if s is convex in u. Whether the programme's
    extremes are reached is shown by couplings built from its solutions: `attained`.

    Parameters
    ----------
    equilibrium : Equilibrium
    statistic : callable
        s, a function of teams (T, n) → (T,), the workers in order and the project
        last. It must not depend on the order of workers of one group.
    cells : int, optional
        G, steps of the grid, even: by default 160, 80, 60 and 50 with 2, 3, 4 and 5
        workers a team.
    seed : int
        Of the couplings that are drawn.

    Returns
    -------
    Bounds
        For all teams of the economy: the arms add the same to every value.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        A sentence: teams of more than 5 workers, a statistic that is not one number a
        team, a grid too fine, no coupling at all (see `mixability`), a solver that
        fails.
    """
    margins = MixedMargins(equilibrium)
    workers = margins.economy.size - 1
    if workers > LARGEST:
        raise ValueError(
            f"coupling_bounds lists all teams of a grid, and teams of {workers} workers"
            f" are too many: use at most {LARGEST}, or compare couplings."
        )
    steps = checks.whole("cells", STEPS[workers] if cells is None else cells, low=8)
    if steps % 2:
        raise ValueError(f"cells = {steps} must be even: half as many are solved too.")
    checks.whole("seed", seed)
    share, fixed = equilibrium.countermonotonic_share, 0.0
    if share > 0.0:
        arms = arm_teams(equilibrium)
        fixed = share * float(arms.weights @ _values(statistic, arms.skills))

    if margins.empty:
        arms = arm_teams(equilibrium)
        pair = (fixed, fixed)
        return Bounds(*pair, pair, pair, *pair, arms, arms, steps)

    def whole(teams):
        mixed = float(teams.weights @ _values(statistic, teams.skills))
        return fixed + margins.mass * mixed

    teams, fine, weights = _extremes(margins, statistic, steps)
    _, coarse, _ = _extremes(margins, statistic, steps // 2)
    rng = np.random.default_rng(seed)
    made = [_realise(margins, Grid(margins, steps), teams, one, rng) for one in weights]
    return Bounds(
        low=fixed + margins.mass * fine[0],
        high=fixed + margins.mass * fine[1],
        coarse=tuple(fixed + margins.mass * one for one in coarse),
        attained=tuple(whole(one) for one in made),
        rearranged=whole(mixed_teams(equilibrium, "rearranged", seed=seed)),
        entropy=whole(mixed_teams(equilibrium, "entropy", seed=seed)),
        lowest=made[0],
        highest=made[1],
        steps=steps,
    )


def _extremes(margins, statistic, steps):
    grid = Grid(margins, steps)
    masses = grid.masses()
    teams = _all_teams(margins.groups, masses)
    values = _values(statistic, margins.skills(margins.close(grid.u(teams))))
    size = len(margins.groups)
    rows = (margins.groups * (steps + 1) + teams).ravel()
    columns = np.repeat(np.arange(len(teams)), size)
    shape = (masses.size, len(teams))
    uses = sparse.csr_matrix((np.ones(rows.size), (rows, columns)), shape=shape)
    supply = (np.bincount(margins.groups)[:, None] * masses).ravel()
    used = np.diff(uses.indptr) > 0
    found = []
    for sign in (1.0, -1.0):
        one = linprog(
            sign * values, A_eq=uses[used], b_eq=supply[used], method="highs-ipm"
        )
        if one.status == 2 or supply[~used].max(initial=0.0) > 1e-9:
            raise ValueError(
                f"No coupling of the mixed set exists on a grid of {steps} steps: ask"
                " mixability whether that is proved."
            )
        if one.status != 0:
            raise RuntimeError(
                f"The linear programme with cells = {steps} ended with: {one.message}"
                " Try another number of cells."
            )
        found.append((sign * one.fun, one.x))
    return teams, [value for value, _ in found], [weights for _, weights in found]


def _all_teams(groups, masses):
    # teams of the grid, workers of one group in rising order of j, the project last
    steps = masses.shape[1] - 1
    last = [int(np.flatnonzero(one).max()) for one in masses]
    teams, left = np.zeros((1, 0), int), np.full(1, steps)
    for k, g in enumerate(groups[:-1]):
        after_alike = k > 0 and groups[k - 1] == g
        low = teams[:, -1] if after_alike else np.zeros(len(teams), int)
        number = np.maximum(np.minimum(left, last[g]) - low + 1, 0)
        if number.sum() > 20 * MOST_TEAMS:
            _refuse_size(steps)
        parent = np.repeat(np.arange(len(teams)), number)
        first = np.repeat(np.cumsum(number) - number, number)
        node = np.arange(number.sum()) - first + low[parent]
        teams, left = np.column_stack([teams[parent], node]), left[parent] - node
    teams = np.column_stack([teams, left])[left <= last[groups[-1]]]
    if len(teams) > MOST_TEAMS:
        _refuse_size(steps)
    return teams


def _refuse_size(steps):
    raise ValueError(
        f"cells = {steps} makes more than {MOST_TEAMS:,} teams: use fewer cells."
    )


def _realise(margins, grid, teams, weights, rng):
    """Teams of one loss near a solution, with the margins' cells of equal mass."""
    weights = np.maximum(weights, 0.0)
    ladder = np.cumsum(weights) / weights.sum()
    drawn = (np.arange(REALISED) + rng.random()) / REALISED
    picked = teams[np.minimum(np.searchsorted(ladder, drawn, "right"), len(teams) - 1)]
    for g in range(len(margins.margins)):
        where = np.flatnonzero(margins.groups == g)
        picked[:, where] = rng.permuted(picked[:, where], axis=1)
    near = grid.spread(picked, rng)
    u = np.empty_like(near)
    for g in range(len(margins.margins)):
        where = np.flatnonzero(margins.groups == g)
        flat = near[:, where].ravel()
        order = np.argsort(np.argsort(flat))
        means = margins.moments(margins.edges(flat.size, g), g)[1]
        u[:, where] = means[order].reshape(REALISED, -1)
    # the rearrangement algorithm, but from here: few members move far
    falling = np.sort(u, axis=0)[::-1]
    for _ in range(SWEEPS):
        for k in range(u.shape[1]):
            u[np.argsort(u.sum(axis=1) - u[:, k]), k] = falling[:, k]
    spread = float(np.ptp(u.sum(axis=1)))
    skills = margins.skills(margins.close(u))
    return Teams(skills, np.full(REALISED, 1.0 / REALISED), spread)


def _values(statistic, skills):
    values = np.asarray(statistic(skills), float)
    if values.shape != (len(skills),):
        raise ValueError(
            f"statistic returned shape {values.shape} for {len(skills)} teams: return"
            " one number a team."
        )
    if not np.isfinite(values).all():
        raise ValueError(
            f"statistic is not finite for {np.sum(~np.isfinite(values))} of"
            f" {len(skills)} teams."
        )
    return values
