"""The range of statistics of teams over all couplings of the mixed set."""

import itertools

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import linprog
from team_examples import EVERY, paper

from jobteams_lab.team_sorting import Economy, solve
from jobteams_lab.team_sorting.coupling_bounds import coupling_bounds
from jobteams_lab.team_sorting.entropy_coupling import Grid
from jobteams_lab.team_sorting.mixed_margins import MixedMargins
from jobteams_lab.team_sorting.mixed_set import arm_teams, mixed_teams

FLOOR = 3_770.0
MEDIANS = {"1981": 31_000.0, "2013": 35_000.0}  # section 5.1


def between_share(equilibrium, scale, floor=FLOOR):
    """Share of the variance of log earnings between teams, as a mean over teams."""
    group = equilibrium.economy.groups[0]
    ends = equilibrium.curve.ends
    u, weight = group.margin.quadrature([ends.low[0, 0], ends.high[0, 0]])
    skill = np.clip(group.margin.skill_at(u), 0.0, 1.0)
    logs = np.log(scale * equilibrium.wage(skill) + floor)
    mean = weight @ logs
    variance = weight @ (logs - mean) ** 2

    def statistic(team):
        logs = np.log(scale * equilibrium.wage(team[:, :-1]) + floor)
        return (logs - mean).mean(axis=1) ** 2 / variance

    return statistic


def median_scale(equilibrium, median):
    """k with k w + d = the median, at the worker of median skill."""
    wage = float(equilibrium.wage(equilibrium.economy.workers.median()))
    return (median - FLOOR) / wage


def similar_wages(equilibrium):
    def statistic(team):  # E w_1² w_2² …, which falls in every x
        wages = equilibrium.wage(team[:, :-1]) / equilibrium.mean_wage[0]
        return np.prod(wages, axis=1) ** 2

    return statistic


@pytest.fixture(scope="module", params=MEDIANS)
def year(request):
    equilibrium = solve(paper(request.param, request.param))
    scale = median_scale(equilibrium, MEDIANS[request.param])
    statistic = between_share(equilibrium, scale)
    return (
        request.param,
        equilibrium,
        statistic,
        coupling_bounds(equilibrium, statistic),
    )


def all_ordered_teams(equilibrium, statistic, steps):
    """The programmes over every ordered team of the grid, on a dense matrix."""
    margins = MixedMargins(equilibrium)
    grid = Grid(margins, steps)
    masses, size = grid.masses(), len(margins.groups)
    teams = np.array(list(itertools.product(range(steps + 1), repeat=size)))
    teams = teams[teams.sum(axis=1) == steps]
    teams = teams[np.all(masses[margins.groups, teams] > 0, axis=1)]
    low, high = margins.low[margins.groups], margins.high[margins.groups]
    u = np.clip(grid.u(teams), low, high)
    values = statistic(margins.skills(u))
    uses = np.zeros((size, steps + 1, len(teams)))
    for k in range(size):
        uses[k, teams[:, k], np.arange(len(teams))] = 1.0
    uses, supply = uses.reshape(-1, len(teams)), masses[margins.groups].ravel()
    found = [sign * linprog(sign * values, A_eq=uses, b_eq=supply).fun
             for sign in (1, -1)]  # fmt: skip
    return _whole(equilibrium, statistic, np.array(found))


def _whole(equilibrium, statistic, mixed):
    share = equilibrium.countermonotonic_share
    arms = arm_teams(equilibrium)
    return share * arms.weights @ statistic(arms.skills) + (1 - share) * mixed


@pytest.mark.parametrize(
    ("economy", "steps"),
    [(paper("2013", "2013"), 16), (paper("2013", "2013", 3), 8)],
)
def test_bounds_are_those_of_all_teams_listed(economy, steps):
    equilibrium = solve(economy)
    statistic = similar_wages(equilibrium)
    found = coupling_bounds(equilibrium, statistic, steps)
    low, high = all_ordered_teams(equilibrium, statistic, steps)
    assert found.low == pytest.approx(low, abs=1e-6 * high)
    assert found.high == pytest.approx(high, abs=1e-6 * high)
    coarse = all_ordered_teams(equilibrium, statistic, steps // 2)
    assert found.coarse == pytest.approx(coarse, abs=1e-6 * high)


def cells_that_may_meet(equilibrium, statistic, number):
    """A relaxation on cells of equal mass, with the largest and least values in each.

    Cells may form a team if their intervals hold a sum of log C; the team then has any
    value between the least and the largest at the corners, which for a statistic that
    falls in every skill leaves out nothing. Rigorous, but only of first order.
    """
    margins = MixedMargins(equilibrium)
    edges = [margins.edges(number, g) for g in range(2)]
    i, j, k = (one.ravel() for one in np.indices((number,) * 3))
    low = edges[0][i] + edges[0][j] + edges[1][k]
    high = edges[0][i + 1] + edges[0][j + 1] + edges[1][k + 1]
    meet = (i <= j) & (low <= margins.total) & (margins.total <= high)
    i, j, k = i[meet], j[meet], k[meet]
    ends = [
        np.column_stack([edges[0][i + e], edges[0][j + e], edges[1][k + e]])
        for e in (0, 1)
    ]
    least, most = (statistic(margins.skills(end)) for end in ends[::-1])
    uses = np.zeros((2 * number, len(i)))
    column = np.arange(len(i))
    for row in (i, j, number + k):
        np.add.at(uses, (row, column), 1.0)
    supply = np.r_[np.full(number, 2.0), np.full(number, 1.0)] / number
    high = -linprog(-most, A_eq=uses, b_eq=supply).fun
    low = linprog(least, A_eq=uses, b_eq=supply).fun
    return _whole(equilibrium, statistic, np.array([low, high]))


def test_bounds_lie_within_those_of_cells_that_may_meet():
    equilibrium = solve(paper("2013", "2013"))
    statistic = similar_wages(equilibrium)
    found = coupling_bounds(equilibrium, statistic, 60)
    widths = []
    for number in (12, 24):
        low, high = cells_that_may_meet(equilibrium, statistic, number)
        assert low < found.low < found.high < high
        widths.append(high - low)
    # and these close in on them, at first order
    gap = found.high - found.low
    assert 1.6 < (widths[0] - gap) / (widths[1] - gap) < 2.6


def test_error_falls_with_the_square_of_the_step(year):
    _, equilibrium, statistic, _ = year
    ends = []
    for steps in (32, 64, 128):
        found = coupling_bounds(equilibrium, statistic, steps)
        ends.append([found.low, found.high])
        if len(ends) > 1:
            assert found.coarse == pytest.approx(ends[-2], abs=1e-9)
    ratio = (np.array(ends[0]) - ends[1]) / (np.array(ends[1]) - ends[2])
    assert np.all((3.0 < ratio) & (ratio < 5.0))


def test_bounds_hold_couplings_that_exist(year):
    _, equilibrium, statistic, found = year
    low, high = found.low, found.high
    error = max(abs(low - found.coarse[0]), abs(high - found.coarse[1]))
    assert error < 3e-4
    for value in (found.rearranged, found.entropy, *found.attained):
        assert low - error < value < high + error
    # and couplings that exist nearly reach them
    assert found.attained == pytest.approx((low, high), abs=3e-4)
    for teams, value in zip((found.lowest, found.highest), found.attained, strict=True):
        mean = teams.mean(statistic)
        assert _whole(equilibrium, statistic, mean) == pytest.approx(value, abs=1e-12)
        loss = equilibrium.economy.loss(teams.skills)
        assert loss == pytest.approx(equilibrium.mixed_loss, rel=1e-12)
        margins = MixedMargins(equilibrium)
        for g, group in enumerate(equilibrium.economy.groups):
            skill = teams.skills[:, group.positions].ravel()
            ranks = np.sort(margins.share(group.margin.of(skill), g))
            even = (np.arange(len(ranks)) + 0.5) / len(ranks)
            worst = 2e-3 if group.name == "projects" else 2e-4  # closed by projects
            assert np.abs(ranks - even).max() < worst


def test_between_shares_of_table_1(year):
    # notes beside the paper give 0.324 to 0.353 and 0.424 to 0.448: a relaxation of
    # first order on cells; these are bracketed from both sides to 3e-4
    name, _, _, found = year
    expected = {"1981": (0.3302, 0.3459), "2013": (0.4267, 0.4395)}[name]
    assert (found.low, found.high) == pytest.approx(expected, abs=2e-4)
    middle = {"1981": (0.3373, 0.3380), "2013": (0.4325, 0.4333)}[name]
    assert (found.rearranged, found.entropy) == pytest.approx(middle, abs=2e-4)


def test_what_no_coupling_changes_has_no_range():
    equilibrium = solve(paper("2013", "1981", 3))
    wages = coupling_bounds(
        equilibrium, lambda team: equilibrium.wage(team[:, :-1]).mean(axis=1), 40
    )
    assert wages.high - wages.low < 1e-7
    error = abs(wages.low - wages.coarse[0])
    assert wages.low == pytest.approx(equilibrium.mean_wage[0], abs=error)
    # a firm's wage bill is z − C − v(z), whoever its workers are
    bills = coupling_bounds(
        equilibrium, lambda team: equilibrium.wage(team[:, :-1]).sum(axis=1) ** 2, 40
    )
    error = max(abs(bills.low - bills.coarse[0]), abs(bills.high - bills.coarse[1]))
    for value in (bills.low, bills.high, bills.entropy, bills.rearranged):
        assert value == pytest.approx(bills.attained[0], abs=error)
    assert error < 0.02 * bills.attained[0]
    losses = coupling_bounds(equilibrium, equilibrium.economy.loss, 40)
    for value in (losses.low, losses.high, losses.entropy, *losses.attained):
        assert value == pytest.approx(equilibrium.output_loss, rel=1e-6)


@pytest.mark.parametrize(
    "name", ["2013, five workers", "three groups", "a bounded group"]
)
def test_other_teams(name):
    equilibrium = solve(EVERY[name])
    workers = equilibrium.economy.size - 1
    if workers == 5:
        statistic, steps = similar_wages(equilibrium), 24
    else:  # who works at good projects, within the second group of workers

        def statistic(team):
            place = list(equilibrium.economy.groups[1].positions)
            return team[:, place].mean(axis=1) * team[:, -1]

        steps = 32
    found = coupling_bounds(equilibrium, statistic, steps)
    error = [abs(a - b) for a, b in zip((found.low, found.high), found.coarse,
                                        strict=True)]  # fmt: skip
    low, high = found.low - error[0], found.high + error[1]
    for value in (found.rearranged, found.entropy, *found.attained):
        assert low <= value <= high
    assert found.attained[1] - found.attained[0] > 0.5 * (found.high - found.low)


def test_everyone_mixing_and_nobody():
    mixing = solve(EVERY["everyone mixes"])
    statistic = similar_wages(mixing)
    found = coupling_bounds(mixing, statistic, 60)
    value = mixed_teams(mixing).mean(statistic)
    assert found.rearranged == pytest.approx(value, abs=1e-12)
    assert found.low < value < found.high
    apart = solve(EVERY["disjoint"])
    found = coupling_bounds(apart, lambda team: team[:, 0] * team[:, 1])
    assert found.low == found.high == found.entropy
    arms = arm_teams(apart)
    assert found.low == arms.mean(lambda team: team[:, 0] * team[:, 1])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda q, s: coupling_bounds(q, s, 41), "cells = 41 must be even"),
        (lambda q, s: coupling_bounds(q, s, 4), "cells = 4 must be"),
        (lambda q, s: coupling_bounds(q, s, 2000), "cells = 2000 makes more than 200,"),
        (lambda q, s: coupling_bounds(q, s, seed=-1), "seed = -1 must be"),
        (lambda q, s: coupling_bounds(q, lambda t: 1.0), r"returned shape \(\) for"),
        (lambda q, s: coupling_bounds(q, lambda t: t[:, 0] + np.inf), "is not finite"),
        (lambda q, s: coupling_bounds(q.economy, s), "equilibrium is a Economy"),
    ],
)
def test_bad_arguments_are_refused(call, sentence):
    equilibrium = solve(paper())
    with pytest.raises((TypeError, ValueError), match=sentence):
        call(equilibrium, similar_wages(equilibrium))


def test_what_cannot_be_bounded_is_refused():
    humps = solve(EVERY["two humps"])
    with pytest.raises(ValueError, match="No coupling of the mixed set exists"):
        coupling_bounds(humps, similar_wages(humps), 40)
    large = solve(Economy(stats.beta(5, 2), stats.beta(5, 2), 6))
    with pytest.raises(ValueError, match="teams of 6 workers are too many"):
        coupling_bounds(large, similar_wages(large))
