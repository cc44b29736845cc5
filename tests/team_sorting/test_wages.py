"""What theory says of wages and firm values, at many economies."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate
from team_examples import (
    EVERY,
    SMOOTH,
    adversarial_teams,
    arms,
    members,
    schedules,
    solved,
    uniform,
)

from jobteams_lab.team_sorting import solve


@pytest.fixture(params=EVERY)
def equilibrium(request):
    """One of the economies."""
    return solved(request.param)


@pytest.mark.parametrize("m", [2, 3, 5, 9])
def test_range_of_wages_in_the_uniform_case(m):
    found = solve(uniform(m))
    spread = found.wage(0.0) - found.wage(1.0)
    assert spread == pytest.approx((m + 2) * found.output_loss, rel=1e-12)


# Wages and firm values


def test_no_team_gains_by_forming(equilibrium):
    teams = adversarial_teams(equilibrium.economy)
    assert equilibrium.surplus(teams).max() < 1e-13


def test_teams_on_the_arms_share_out_what_they_produce(equilibrium):
    for _, _, teams in arms(equilibrium):
        np.testing.assert_allclose(equilibrium.surplus(teams), 0.0, atol=1e-13)


def test_mixed_teams_share_out_what_they_produce(equilibrium):
    # any team of mixed members whose loss is C, whether or not it is formed
    economy, thresholds = equilibrium.economy, equilibrium.thresholds
    rng = np.random.default_rng(1)
    low, high = (
        np.array(
            [group.margin.of(x) for group, x in zip(economy.groups, ends, strict=True)]
        )
        for ends in (thresholds.low_skill, thresholds.high_skill)
    )
    who = np.empty(economy.size, int)
    for g, group in enumerate(economy.groups):
        who[list(group.positions)] = g
    u = rng.uniform(np.maximum(low, -30)[who], high[who], (20_000, economy.size))
    last = equilibrium.curve.total - u[:, :-1].sum(axis=1)
    fits = (last >= low[who[-1]]) & (last <= high[who[-1]])
    if not fits.any():
        pytest.skip("no team of this sum among those drawn")
    u[:, -1] = last
    teams = np.stack(
        [economy.groups[g].margin.skill_at(u[fits, k]) for k, g in enumerate(who)], -1
    )
    np.testing.assert_allclose(equilibrium.surplus(teams), 0.0, atol=1e-13)


def test_output_is_shared_out(equilibrium):
    assert equilibrium.dual_value == pytest.approx(equilibrium.output, abs=1e-12)


def test_mean_pay_by_parts(equilibrium):
    # E[w] = w(top) − ∫ w'(x) F(x) dx, in pieces between the thresholds
    economy, thresholds = equilibrium.economy, equilibrium.thresholds
    means = [*equilibrium.mean_wage, equilibrium.mean_firm_value]
    node, weight = np.polynomial.legendre.leggauss(60)
    for g, (schedule, marginal, low, high) in enumerate(schedules(equilibrium)):
        ends = [low, thresholds.low_skill[g], thresholds.high_skill[g], high]
        # steps that shrink towards each end, where densities may be infinite
        near = 0.5 * np.append(0, np.geomspace(1e-6, 1, 12))
        grid = np.concatenate(
            [a + (b - a) * np.append(near, 1 - near) for a, b in pairwise(ends)]
        )
        grid = np.unique(np.append(grid, np.arange(1, 20) / 20))
        grid = grid[(grid >= low) & (grid <= high)]
        half = 0.5 * np.diff(grid)[:, None]
        x = (0.5 * (grid[1:] + grid[:-1])[:, None] + half * node).ravel()
        gained = (half * weight).ravel() @ (
            marginal(x) * economy.groups[g].margin.skill.cdf(x, 1 - x)
        )
        assert means[g] == pytest.approx(schedule(high) - gained, abs=1e-11)


def test_pay_changes_by_the_marginal_product(equilibrium):
    for schedule, marginal, low, high in schedules(equilibrium):
        x = np.linspace(low, high, 42)[1:-1]
        h = 1e-3 * (high - low)
        rise = (schedule(x + h) - schedule(x - h)) / (2 * h)
        # the marginal product is monotone, so the slope lies between its ends
        ends = np.sort([marginal(x - h), marginal(x + h)], axis=0)
        room = 1e-13 / h
        assert np.all((rise >= ends[0] - room) & (rise <= ends[1] + room))


def test_pay_is_the_integral_of_the_marginal_product(equilibrium):
    thresholds = equilibrium.thresholds
    for g, (schedule, marginal, low, high) in enumerate(schedules(equilibrium)):
        a, b = low + np.array([0.01, 0.99]) * (high - low)
        kinks = thresholds.low_skill[g], thresholds.high_skill[g]
        points = sorted({a, b, *(x for x in kinks if a < x < b)})
        gained = sum(
            integrate.quad(marginal, *pair, epsabs=1e-13, limit=400)[0]
            for pair in pairwise(points)
        )
        assert schedule(b) - schedule(a) == pytest.approx(gained, abs=1e-12)


def test_marginal_products_do_not_jump_at_the_thresholds(equilibrium):
    thresholds = equilibrium.thresholds
    for g, (_, marginal, low, high) in enumerate(schedules(equilibrium)):
        for x in (thresholds.low_skill[g], thresholds.high_skill[g]):
            if not low < x < high:
                continue
            step = 1e-9 * min(x - low, high - x)
            sides = marginal(np.array([x - step, x + step]))
            assert abs(sides[1] - sides[0]) < 1e-6 * max(1.0, abs(sides[0]))


def test_losses_rise_with_skill_outside_the_mixed_set_and_not_inside(equilibrium):
    thresholds = equilibrium.thresholds
    for g, (_, _, low, high) in enumerate(schedules(equilibrium)):
        a, b = thresholds.low_skill[g], thresholds.high_skill[g]
        inside = np.linspace(a, b, 12)[1:-1]
        mixed = equilibrium.mixed_loss
        np.testing.assert_allclose(equilibrium.team_loss(inside, g), mixed, rtol=1e-13)
        for outside, sign in (
            (np.linspace(low, a, 30), 1),
            (np.linspace(b, high, 30), -1),
        ):
            loss = equilibrium.team_loss(outside, g)
            assert np.all(sign * np.diff(loss) >= -1e-14 * mixed)


def test_a_member_of_an_arm_finds_its_team(equilibrium):
    for _, ranks, teams in arms(equilibrium):
        expected = np.exp(equilibrium.log_loss(ranks))
        for g, skill, x in members(equilibrium.economy, teams):
            inside = (x > skill.low) & (x < 0.999 * skill.high)
            found = equilibrium.team_loss(x[inside], g)
            np.testing.assert_allclose(found, expected[inside], rtol=1e-9)


def test_marginal_product_is_minus_the_loss_by_skill(equilibrium):
    for g, (_, marginal, low, high) in enumerate(schedules(equilibrium)):
        x = np.linspace(low, high, 50)[1:]
        project = g == len(equilibrium.economy.groups) - 1
        expected = project - equilibrium.team_loss(x, g) / x
        np.testing.assert_allclose(marginal(x), expected, rtol=1e-12, atol=1e-15)


def test_shape_of_pay(equilibrium):
    # wages fall in x and are convex (Proposition 5), firm values rise (Proposition 6)
    for g, (schedule, marginal, low, high) in enumerate(schedules(equilibrium)):
        x = np.linspace(low, high, 801)
        value, slope = schedule(x), np.diff(schedule(x)) / np.diff(x)
        noise = 4e-16 * np.abs(value).max() / (x[1] - x[0])
        projects = g == len(equilibrium.economy.groups) - 1
        sign = 1 if projects else -1
        assert np.all(sign * slope >= -noise)
        assert np.all(np.diff(slope) >= -2 * noise)
        assert np.all(np.diff(marginal(x)) >= -1e-13)


def test_the_least_able_earn_nothing(equilibrium):
    # (21): w(1) = 0, and v(0) = 0 where workers of skill 1 exist
    *workers, (value, _, low, _) = schedules(equilibrium)
    for wage, _, _, high in workers:
        assert wage(high) == pytest.approx(0.0, abs=1e-15)
    if low == 0.0:
        assert value(low) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("name", SMOOTH)
def test_the_teams_at_rank_zero_exist(name):
    # all at the top but one, who is at the bottom
    found = solve(SMOOTH[name])
    for group in found.economy.groups:
        team = np.ones(found.economy.size)
        team[group.positions[0]] = 0.0
        assert found.surplus(team) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("name", ["1981", "three groups", "a bounded group"])
def test_shapes_of_arguments_are_kept(name):
    found = solve(EVERY[name])
    x = np.linspace(0.25, 0.75, 6)
    for function in (
        found.wage,
        found.firm_value,
        found.marginal_product,
        found.team_loss,
    ):
        flat = function(x)
        assert function(x.reshape(2, 3)) == pytest.approx(flat.reshape(2, 3), rel=1e-13)
        assert np.ndim(function(x[0])) == 0
        assert function(x[0]) == pytest.approx(flat[0], rel=1e-13)
    teams = found.arm(found.countermonotonic_share * np.array([[0.7, 0.9]]))
    assert teams.shape == (1, 2, found.economy.size)
    assert found.surplus(teams).shape == (1, 2)
