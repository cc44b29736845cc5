"""Teams of the mixed set: couplings of its margins under which every team loses C.

Between the thresholds the margins hold one mass, 1 − q, and are coupled so that
Σ_i u_i = log C in every team. Many couplings do this. Wages do not depend on which;
who works with whom does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.chebyshev import gauss_legendre
from jobteams_lab.team_sorting import entropy_coupling
from jobteams_lab.team_sorting.equilibrium import Equilibrium
from jobteams_lab.team_sorting.mixed_margins import MixedMargins
from jobteams_lab.team_sorting.rearrangement import rearrange_columns

COUPLINGS = ("rearranged", "entropy")
CELLS = 2000
MOST_STEPS = 1000  # of the grid of the entropy coupling
MOST_EXACT = 400  # of the grid whose teams are all listed, with two workers
UNMIXED = 1e-3  # mean deviation of the sums over their range that is no accident
DEEPEST_RANK = -46.0  # arms below this log rank hold less mass than rounding
ARM_NODES = 6


@dataclass(frozen=True, eq=False)
class Teams:
    """Teams with their weights.

    Attributes
    ----------
    skills : ndarray, shape (T, n)
        The workers in order, the project last.
    weights : ndarray, shape (T,)
        Shares of all these teams, with sum one.
    spread : float
        Largest less smallest Σ_i u_i of the mixed teams before the project closes the
        sums: what a discretisation leaves, or a mixed set that cannot be mixed.
    """

    skills: np.ndarray
    weights: np.ndarray
    spread: float = 0.0

    def mean(self, statistic) -> float:
        """Weighted mean of a function of teams, (T, n) → (T,)."""
        return float(self.weights @ statistic(self.skills))


def mixed_teams(
    equilibrium: Equilibrium,
    coupling: str = "rearranged",
    cells: int = CELLS,
    seed: int = 0,
) -> Teams:
    """Couple the mixed margins so that every team loses C.

    Parameters
    ----------
    equilibrium : Equilibrium
    coupling : "rearranged" or "entropy"
        "rearranged": `cells` cells of equal mass a margin, each at its mean of u, in
        the order in which the rearrangement algorithm leaves them from a random start;
        then the project closes the sums. "entropy": the coupling of largest entropy on
        the plane Σ_i u_i = log C, π ∝ Π_i a_i(u_i); see `entropy_coupling`.
    cells : int
        "rearranged": cells of a margin, which is the number of teams. "entropy": steps
        of the grid of u, at most 1000. With two workers the teams are all those of a
        grid of at most 400 steps; with more, 16384 quasi-random draws from it.
    seed : int
        Of the random start, or of the draws.

    Returns
    -------
    Teams
        Of the mixed set alone. If their sums remain far apart, because the set cannot
        be mixed, they are left as they were found: see `Teams.spread`.

    Raises
    ------
    TypeError, ValueError
        A sentence; also if "entropy" finds no coupling.
    """
    margins, rng = _checked(equilibrium, coupling, cells, seed)
    if margins.empty:
        raise ValueError("Everyone is on an arm (q = 1): there are no mixed teams.")
    if coupling == "entropy":
        most = MOST_EXACT if margins.economy.size == 3 else MOST_STEPS
        grid, model = entropy_coupling.couple(margins, min(cells, most))
        steps, weights = model.teams(rng)
        return Teams(margins.skills(margins.close(grid.u(steps))), weights)
    found = _rearranged(margins, cells, rng)
    u = found.u if found.unmixed else margins.close(found.u)
    return Teams(margins.skills(u), np.full(cells, 1.0 / cells), found.spread)


def mixing_spread(equilibrium: Equilibrium, cells: int = CELLS, seed: int = 0) -> float:
    """Largest less smallest Σ_i u_i after rearranging cells: near 0 if teams can mix.

    It falls as cells are added where the set can be mixed, and stays where it cannot.
    """
    margins, rng = _checked(equilibrium, "rearranged", cells, seed)
    if margins.empty:
        return 0.0
    return _rearranged(margins, cells, rng).spread


def all_teams(
    equilibrium: Equilibrium,
    coupling: str = "rearranged",
    cells: int = CELLS,
    seed: int = 0,
) -> Teams:
    """Teams of the whole economy: the arms by quadrature, then the mixed set.

    The arms are integrated over s = log t by Gauss–Legendre with weights dt_i; where a
    group has several members, each has the low value in turn. Arguments and errors are
    those of `mixed_teams`.
    """
    margins, _ = _checked(equilibrium, coupling, cells, seed)
    if margins.empty:
        return arm_teams(equilibrium)
    mixed = mixed_teams(equilibrium, coupling, cells, seed)
    share = equilibrium.countermonotonic_share
    if share == 0.0:
        return mixed
    arms = arm_teams(equilibrium)
    skills = np.concatenate([arms.skills, mixed.skills])
    weights = np.concatenate([share * arms.weights, (1.0 - share) * mixed.weights])
    return Teams(skills, weights / weights.sum(), mixed.spread)


def arm_teams(equilibrium: Equilibrium) -> Teams:
    """Teams of the countermonotonic arms alone, by Gauss–Legendre over s = log t.

    Their weights are those of `all_teams` divided by q, which must not be 0.
    """
    margins, curve = MixedMargins(equilibrium), equilibrium.curve
    share = equilibrium.countermonotonic_share
    if share == 0.0:
        raise ValueError("Everyone mixes (q = 0): there are no arms.")
    edges = np.clip(curve.gap.breakpoints, max(curve.start, DEEPEST_RANK), curve.end)
    s, width = gauss_legendre(np.unique(edges), ARM_NODES)
    ranks = np.minimum(np.exp(s), share)
    skills, weights = [], []
    for g, group in enumerate(equilibrium.economy.groups):
        low = curve.high[g](s) - curve.gap(s)
        speed = curve.high[g].derivative()(s) - curve.gap.derivative()(s)
        weight = np.where(low > group.margin.low, group.margin.pdf(low) * speed, 0.0)
        weight = np.maximum(weight * width, 0.0)
        mass = float(equilibrium.low_percentile(share, g))
        if mass == 0.0 or weight.sum() == 0.0:
            continue
        teams = equilibrium.arm(ranks, g)
        for position in group.positions:
            skills.append(_swapped(teams, group.positions[0], position))
            weights.append(weight * (mass / weight.sum()))
    weights = np.concatenate(weights)
    return Teams(margins.inside(np.concatenate(skills)), weights / weights.sum())


def sample(
    equilibrium: Equilibrium,
    teams: int,
    seed: int,
    coupling: str = "rearranged",
    cells: int = CELLS,
) -> np.ndarray:
    """Draw teams of the whole economy independently of each other.

    A mixed team is a team of cells, with each member's rank drawn inside his cell, so
    that workers have their margins exactly; then the project is set to z = C/Π x_i, so
    that the team loses C exactly. The project's margin is right up to the width of a
    cell. In about one mixed team in a thousand z would leave its mixed interval, by
    less than a cell's width, and a worker takes the rest. Workers of one group are in
    random order.

    Parameters
    ----------
    equilibrium : Equilibrium
    teams : int
    seed : int
    coupling, cells
        As for `mixed_teams`.

    Returns
    -------
    ndarray, shape (teams, n)
        Skills: the workers in order, the project last.

    Raises
    ------
    TypeError, ValueError
        A sentence; also if the mixed set cannot be mixed.
    """
    margins, rng = _checked(equilibrium, coupling, cells, seed)
    teams = checks.whole("teams", teams, low=1)
    groups = equilibrium.economy.groups
    share = equilibrium.countermonotonic_share
    arms = np.zeros(len(groups))
    if share > 0.0:
        arms = np.array([float(equilibrium.low_percentile(share, g))
                         for g in range(len(groups))])  # fmt: skip
    mixed = 0.0 if margins.empty else margins.mass
    chances = np.append(arms * equilibrium.economy.multiplicity, mixed)
    numbers = rng.multinomial(teams, chances / chances.sum())
    drawn = [_mixed_sample(margins, int(numbers[-1]), coupling, cells, rng)]
    for g, number in enumerate(numbers[:-1]):
        drawn.append(_arm_sample(equilibrium, g, arms[g] * rng.random(number)))
    found = rng.permutation(np.concatenate(drawn))
    for group in groups:
        place = list(group.positions)
        found[:, place] = rng.permuted(found[:, place], axis=1)
    return margins.inside(found)


def _arm_sample(equilibrium, group, percentile):
    # the rank t at which the arm's low value has the percentile drawn
    if percentile.size == 0:
        return np.empty((0, equilibrium.economy.size))
    curve, share = equilibrium.curve, equilibrium.countermonotonic_share
    start = max(curve.start, DEEPEST_RANK)
    s = np.linspace(start, curve.end, 20_001)
    ranks = np.minimum(np.exp(s), share)
    with np.errstate(divide="ignore"):
        known = np.log(equilibrium.low_percentile(ranks, group))
        wanted = np.log(percentile)
    seen = np.append(np.isfinite(known[:-1]) & (np.diff(known) > 0), True)
    found = np.interp(wanted, known[seen], s[seen])
    return equilibrium.arm(np.minimum(np.exp(found), share), group)


def _mixed_sample(margins, number, coupling, cells, rng):
    if number == 0:
        return np.empty((0, margins.economy.size))
    if coupling == "entropy":
        grid, model = entropy_coupling.couple(margins, min(cells, MOST_STEPS))
        steps = model.draw(rng.random((number, margins.economy.size - 1)))
        return margins.skills(margins.close(grid.spread(steps, rng)))
    found = _rearranged(margins, cells, rng)
    if found.unmixed:
        raise ValueError(
            f"The mixed set cannot be mixed: the best teams found of {cells} cells have"
            f" sums {found.spread:.2g} apart, so no teams of one loss can be drawn. The"
            " formulas are only a bound then: use rearrange."
        )
    cell = found.cells[rng.integers(cells, size=number)]
    share = (cell + rng.random(cell.shape)) / cells
    u = np.stack(
        [margins.draw(share[:, k], g) for k, g in enumerate(margins.groups)], axis=1
    )
    return margins.skills(margins.close(u))


@dataclass(frozen=True, eq=False)
class _Rearranged:
    u: np.ndarray  # (cells, n)
    cells: np.ndarray  # (cells, n) of int
    spread: float
    unmixed: bool


def _rearranged(margins, cells, rng):
    means = [margins.moments(margins.edges(cells, g), g)[1]
             for g in range(len(margins.margins))]  # fmt: skip
    columns = np.stack([means[g] for g in margins.groups], axis=1)
    u = rearrange_columns(columns, combine="sum", seed=rng).terms
    where = [np.searchsorted(means[g], u[:, k]) for k, g in enumerate(margins.groups)]
    miss = u.sum(axis=1) - margins.total
    apart = float(np.ptp(miss))
    unmixed = np.abs(miss).mean() > (UNMIXED + 2.0 / cells) * margins.depth
    return _Rearranged(u, np.stack(where, axis=1), apart, bool(unmixed))


def _swapped(teams, one, other):
    teams = teams.copy()
    teams[:, [one, other]] = teams[:, [other, one]]
    return teams


def _checked(equilibrium, coupling, cells, seed):
    margins = MixedMargins(equilibrium)
    checks.one_of("coupling", coupling, COUPLINGS)
    checks.whole("cells", cells, low=10)
    return margins, np.random.default_rng(checks.whole("seed", seed))
