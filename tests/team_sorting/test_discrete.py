"""Grids, what their least losses bound, and the result that all methods share."""

import re

import numpy as np
import pytest
from scipy import stats
from team_examples import SMOOTH, paper, uniform

from jobteams_lab.team_sorting import (
    Economy,
    Interactions,
    RankOne,
    linear_program,
    rearrange,
    solve,
)
from jobteams_lab.team_sorting.grids import grid

RANK_ONE = Economy(
    stats.beta(2, 3), stats.beta(1, 2), technology=RankOne((1.0, 2.0, 0.5))
)
INTERACTIONS = Economy(
    stats.beta(2, 3),
    stats.beta(1, 2),
    technology=Interactions((0.1, 0.2, 0.3), (1.0, 2.0, 3.0), 0.5),
)
SEVERAL = {
    "1981": paper(),
    "three workers": paper(m=3),
    "groups": SMOOTH["three groups"],
    "rank one": RANK_ONE,
    "interactions": INTERACTIONS,
}


def inside(economy, made, rng, draws):
    """Skills drawn uniformly inside the cells of each position, (draws, N, n)."""
    number = len(made.weights[0])
    team = np.empty((draws, number, economy.size))
    for place, g in enumerate(made.members):
        margin = economy.groups[g].margin
        rank = (np.arange(number) + rng.random((draws, number))) / number
        team[..., place] = margin.skill_at(margin.quantile(rank))
    return team


@pytest.mark.parametrize("name", SEVERAL)
def test_independence_inside_cells_attains_the_loss(name):
    economy, rng = SEVERAL[name], np.random.default_rng(0)
    found = rearrange(economy, 50)
    drawn = inside(economy, found.grid, rng, 1500)
    team = np.stack(
        [drawn[:, k, place] for place, k in enumerate(found.indices.T)], axis=-1
    )
    loss = economy.loss(team)
    error = loss.mean(axis=1).std() / np.sqrt(len(loss))
    assert abs(loss.mean() - found.output_loss) < 4 * error
    output = economy.output(team).mean(axis=1)
    assert abs(output.mean() - found.output) < 4 * output.std() / np.sqrt(len(output))


@pytest.mark.parametrize("name", SEVERAL)
def test_edges_keep_the_mean_and_spread_it(name):
    economy = SEVERAL[name]
    made = grid(economy, 12, "lower")
    for group, skills, weights in zip(
        economy.groups, made.skills, made.weights, strict=True
    ):
        kind = group.margin.skill
        assert weights.sum() == pytest.approx(1.0, rel=1e-12)
        assert weights.min() > 0
        assert weights @ skills == pytest.approx(kind.mean, rel=1e-9)
        ends = [skills.min(), skills.max()]
        assert ends == pytest.approx([kind.low, kind.high], abs=1e-15)
        u, dF = group.margin.quadrature()
        x = group.margin.skill_at(u)
        for at in np.linspace(kind.low, kind.high, 9)[1:-1]:  # convex order
            call = dF @ np.maximum(x - at, 0.0)
            assert weights @ np.maximum(skills - at, 0.0) >= call - 1e-8


def test_squared_sums_pay_back_the_variance_of_the_move():
    made = grid(RANK_ONE, 12, "lower")
    added = 0.0
    for group, terms, weights in zip(
        RANK_ONE.groups, made.terms, made.weights, strict=True
    ):
        u, dF = group.margin.quadrature()
        variance = dF @ (u - dF @ u) ** 2
        added += weights @ (terms - weights @ terms) ** 2 - variance
    assert made.constant == pytest.approx(-added, rel=1e-9)


@pytest.mark.parametrize("name", SMOOTH)
def test_rearrangement_is_an_upper_bound_of_the_formulas(name):
    economy = SMOOTH[name]
    exact = solve(economy).output_loss
    losses = [rearrange(economy, cells).output_loss for cells in (30, 300, 20_000)]
    assert min(losses) >= exact * (1 - 1e-9)
    assert losses[0] > losses[1] > losses[2]
    assert losses[2] <= economy.random_matching_loss


def test_rearrangement_closes_in_on_the_formulas():
    exact = solve(paper()).output_loss
    errors = [rearrange(paper(), n).output_loss / exact - 1 for n in (100, 1000, 10000)]
    assert 0 < errors[2] < 1e-6
    # the error falls with the square of the cells
    assert errors[1] < errors[0] / 50 and errors[2] < errors[1] / 50


def test_teams_of_a_rearrangement_use_everyone_once():
    found = rearrange(paper(m=3), 1000, seed=3)
    for place in range(4):
        np.testing.assert_array_equal(np.sort(found.indices[:, place]), np.arange(1000))
    loss = found.economy.loss(found.teams)
    assert found.weights @ loss == pytest.approx(found.output_loss, rel=1e-12)
    assert found.marginal_error == 0.0
    assert found.economy_bounds == (0.0, found.output_loss)
    assert np.isnan(found.lower) and np.isnan(found.duality_gap)


def test_seed_decides():
    one, same, other = (rearrange(uniform(), 400, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.indices, same.indices)
    assert not np.array_equal(one.indices, other.indices)


@pytest.mark.parametrize("name", SEVERAL)
def test_pay_exhausts_the_dual_value(name):
    found = linear_program(SEVERAL[name], 8)
    groups = found.economy.groups
    paid = found.grid.weights[-1] @ found.firm_values
    for g, group in enumerate(groups[:-1]):
        paid += group.count * (found.grid.weights[g] @ found.wages[g])
        top = float(group.margin.skill_at(group.margin.high))
        assert found.wage(top, g) == pytest.approx(0.0, abs=1e-12)
        np.testing.assert_allclose(found.wage(found.grid.skills[g], g), found.wages[g])
    assert paid == pytest.approx(found.output, rel=1e-9)
    z = found.grid.skills[-1]
    np.testing.assert_allclose(found.firm_value(z), found.firm_values)
    # nobody is paid more than his team makes, and teams that form pay it all out
    pay = found.firm_value(found.teams[:, -1])
    for g, group in enumerate(groups[:-1]):
        pay = pay + sum(found.wage(found.teams[:, k], g) for k in group.positions)
    if not isinstance(found.economy.technology, RankOne):  # variances come on top
        np.testing.assert_allclose(pay, found.economy.output(found.teams), atol=1e-9)


def test_wages_are_straight_between_and_beyond_points():
    found = linear_program(uniform(), 6)
    x, w = found.grid.skills[0], found.wages[0]
    middle = 0.5 * (x[:-1] + x[1:])
    np.testing.assert_allclose(found.wage(middle), 0.5 * (w[:-1] + w[1:]), atol=1e-14)
    slope = (w[1] - w[0]) / (x[1] - x[0])
    assert found.wage(0.0) == pytest.approx(w[0] - slope * x[0], rel=1e-12)
    scaled = linear_program(RANK_ONE, 6)  # whose u falls in x
    x, w = scaled.grid.skills[0], scaled.wages[0]
    middle = 0.5 * (x[:-1] + x[1:])
    np.testing.assert_allclose(scaled.wage(middle), 0.5 * (w[:-1] + w[1:]), atol=1e-12)


def test_wage_error_takes_the_constant_out():
    economy = paper()
    found, exact = linear_program(economy, 30), solve(economy)

    class Richer:
        def wage(self, skill, group):
            return exact.wage(skill, group) + 7.0

    error = found.wage_error(exact)
    assert 0 < error < 2e-3
    assert found.wage_error(Richer()) == pytest.approx(error, rel=1e-9)


def test_refusals():
    with pytest.raises(ValueError, match="finds teams but no wages"):
        rearrange(uniform(), 10).wage(0.5)
    found = linear_program(uniform(), 4)
    with pytest.raises(ValueError, match=re.escape("group = 1 is not a group of")):
        found.wage(0.5, group=1)
    with pytest.raises(ValueError, match=re.escape("skill goes from 0.5 to 1.5")):
        found.wage([0.5, 1.5])
    with pytest.raises(ValueError, match="nan"):
        found.firm_value(np.nan)
    with pytest.raises(ValueError, match="cells = 1 must be"):
        rearrange(uniform(), 1)
    with pytest.raises(TypeError, match="cells must be a whole number"):
        rearrange(uniform(), 1e5)
    with pytest.raises(TypeError, match="The economy is a str"):
        rearrange("1981", 10)
    with pytest.raises(ValueError, match="bound = 'both'"):
        grid(uniform(), 10, "both")
