"""What theory says of arms, thresholds and losses, at many economies."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate
from team_examples import BOUNDED, EVERY, arms, members, paper, solved, uniform

from jobteams_lab.team_sorting import Economy, solve


@pytest.fixture(params=EVERY)
def equilibrium(request):
    """One of the economies."""
    return solved(request.param)


def rounding(equilibrium, exact=1e-13):
    """What ranks are good to: where nothing mixes the arms end at 1 − 1e-6."""
    return 2e-6 if equilibrium.countermonotonic_share == 1.0 else exact


# The notes' numbers


def test_uniform_check_values():
    found = solve(uniform())
    assert found.thresholds.low_rank == pytest.approx([0.0945415778] * 2, abs=5e-11)
    assert found.mixed_loss == pytest.approx(0.0621692301, abs=5e-11)
    assert found.output_loss == pytest.approx(0.0548032411, abs=5e-11)


# Arms


def test_all_arms_lose_the_same_at_a_rank(equilibrium):
    for _, ranks, teams in arms(equilibrium):
        total = equilibrium.economy.total(teams)
        np.testing.assert_allclose(total, equilibrium.log_loss(ranks), atol=1e-12)


def test_losses_rise_along_the_arms_to_the_mixed_loss(equilibrium):
    q = equilibrium.countermonotonic_share
    if q == 0:
        pytest.skip("no arms")
    ranks = q * np.append(np.geomspace(1e-9, 0.1), 1 - np.geomspace(0.9, 1e-6))
    assert np.all(np.diff(equilibrium.log_loss(ranks)) > -1e-13)
    end = equilibrium.log_loss(q)
    assert end == equilibrium.log_loss(0.5 * (1 + q))
    assert end == pytest.approx(np.log(equilibrium.mixed_loss), abs=1e-13)


def test_arms_hold_the_percentiles_that_they_say(equilibrium):
    # asked of the distributions, at the skills of the teams themselves
    economy = equilibrium.economy
    for arm, ranks, teams in arms(equilibrium):
        shares, noise, seen = 0.0, 0.0, False
        for g, skill, x in members(economy, teams):
            low = equilibrium.low_percentile(ranks, g)
            # what rounding of the cdf, of x and of log x moves
            near = rounding(equilibrium, 4e-16) * (
                1 + (1 - x * np.log(x)) * skill.pdf(x, 1 - x)
            )
            if g == arm and not seen:
                seen, held, expected = True, skill.cdf(x, 1 - x), low
            else:
                held, expected = skill.sf(x, 1 - x), ranks - low
                high = equilibrium.high_percentile(ranks, g)
                assert np.all(np.abs(high - expected) <= 1e-12 * expected + near)
            assert np.all(np.abs(held - expected) <= 1e-12 * expected + near)
            shares, noise = shares + low, noise + near
        assert np.all(np.abs(shares - ranks) <= 1e-12 * ranks + noise)


def test_skill_gap_is_the_same_in_every_group(equilibrium):
    economy = equilibrium.economy
    for arm, ranks, teams in arms(equilibrium):
        group = economy.groups[arm]
        low = group.margin.of(teams[..., group.positions[0]])
        gap = equilibrium.skill_gap(ranks)
        high = group.margin.upper_quantile(equilibrium.high_percentile(ranks, arm))
        np.testing.assert_allclose(high - low, gap, rtol=1e-11, atol=1e-11)


def test_arms_move_inwards(equilibrium):
    economy = equilibrium.economy
    for arm, _, teams in arms(equilibrium):
        seen = False
        for g, _, x in members(economy, teams):
            step = np.diff(economy.groups[g].margin.of(x))
            if g == arm and not seen:
                seen = True
                assert np.all(step > -1e-13)
            else:
                assert np.all(step < 1e-13)


# Thresholds and the mixed set


def test_mixed_sets_hold_everyone_who_is_not_on_an_arm(equilibrium):
    thresholds, q = equilibrium.thresholds, equilibrium.countermonotonic_share
    held = thresholds.high_rank - thresholds.low_rank
    np.testing.assert_allclose(held, 1 - q, atol=rounding(equilibrium))
    for g, group in enumerate(equilibrium.economy.groups):
        skill = group.margin.skill
        for rank, x in (
            (thresholds.low_rank[g], thresholds.low_skill[g]),
            (thresholds.high_rank[g], thresholds.high_skill[g]),
        ):
            assert skill.cdf(x, 1 - x) == pytest.approx(
                rank, abs=rounding(equilibrium, 1e-12)
            )


def test_mixed_members_have_the_mean_log_loss_of_their_teams(equilibrium):
    # (A.16), with the densities of skills and nothing of the arms
    thresholds, economy = equilibrium.thresholds, equilibrium.economy
    mean, held = 0.0, 1 - equilibrium.countermonotonic_share
    for g, group in enumerate(economy.groups):
        skill = group.margin.skill
        ends = thresholds.low_skill[g], thresholds.high_skill[g]
        mean += group.count * _integral(
            lambda x, skill=skill: np.log(x) * skill.pdf(x, 1 - x), *ends, skill
        )
    assert mean == pytest.approx(
        held * np.log(equilibrium.mixed_loss), abs=2 * rounding(equilibrium, 5e-12)
    )


def _integral(function, low, high, skill):
    # in pieces that meet where SciPy's histograms, triangles and quantiles have kinks
    cuts = sorted({low, high, *(x for x in np.arange(1, 20) / 20 if low < x < high)})
    return sum(
        integrate.quad(function, *pair, epsabs=1e-15, epsrel=1e-13, limit=300)[0]
        for pair in pairwise(cuts)
    )


def test_the_loss_is_that_of_arms_and_mixed_teams(equilibrium):
    q = equilibrium.countermonotonic_share
    on_arms = 0.0
    if q > 0:
        on_arms = integrate.quad(
            lambda s: np.exp(s + equilibrium.log_loss(np.exp(s))),
            *(np.log(q) - 60, np.log(q)),
            epsabs=1e-15,
            limit=500,
        )[0]
    expected = on_arms + (1 - q) * equilibrium.mixed_loss
    assert equilibrium.output_loss == pytest.approx(expected, rel=1e-11)
    economy = equilibrium.economy
    assert (
        equilibrium.output
        == economy.groups[-1].margin.skill.mean - equilibrium.output_loss
    )
    assert economy.jensen_bound * (1 - 1e-14) <= equilibrium.output_loss
    assert equilibrium.output_loss <= economy.random_matching_loss


# Economies that are the same


def test_order_of_groups_does_not_matter():
    economy = EVERY["three groups"]
    workers, counts = economy.workers, economy.workers_per_team
    one = solve(economy)
    order = [2, 0, 1]
    other = solve(
        Economy(
            [workers[k] for k in order], economy.projects, [counts[k] for k in order]
        )
    )
    assert other.output_loss == pytest.approx(one.output_loss, rel=1e-13)
    x = np.linspace(0, 1, 9)
    for g, k in enumerate(order):
        np.testing.assert_allclose(other.wage(x, g), one.wage(x, k), atol=1e-14)
    np.testing.assert_allclose(other.firm_value(x), one.firm_value(x), atol=1e-14)


@pytest.mark.parametrize("name", ["1981", "workers in the middle", "two humps"])
def test_two_groups_alike_are_one_group_of_two(name):
    economy = EVERY[name]
    one = solve(economy)
    workers = [economy.workers, _again(economy.workers)]
    two = solve(Economy(workers, economy.projects, [1, 1]))
    assert two.countermonotonic_share == pytest.approx(
        one.countermonotonic_share, rel=1e-12
    )
    assert two.mixed_loss == pytest.approx(one.mixed_loss, rel=1e-12)
    assert two.output_loss == pytest.approx(one.output_loss, rel=1e-12)
    x = np.linspace(0.25, 0.75, 9)
    for g in (0, 1):
        np.testing.assert_allclose(two.wage(x, g), one.wage(x), atol=1e-13)


def _again(frozen):
    # an equal distribution which is another object
    dist = getattr(frozen, "dist", None)
    return dist(*frozen.args, **frozen.kwds) if dist else frozen


def test_projects_alike_to_workers_change_places_with_them():
    # everyone from one distribution: a project loses as a worker of its value does
    found = solve(uniform(3))
    x = np.linspace(0, 1, 21)
    np.testing.assert_allclose(
        found.team_loss(x, 0), found.team_loss(x, -1), rtol=1e-12
    )


def test_solving_twice_gives_the_same_bits():
    one, two = solve(paper()), solve(paper())
    x = np.linspace(0, 1, 50)
    assert np.array_equal(one.wage(x), two.wage(x))
    assert one.output == two.output


def test_bounded_arms_open_when_they_say():
    found = solve(BOUNDED["workers in the middle"])
    q = found.countermonotonic_share
    ranks = q * np.linspace(1e-6, 1, 400)
    held = found.low_percentile(ranks, 0)
    assert np.all(held[ranks < 0.99 / 3] == 0) and q < 1 / 3
    # projects alone: F_z(a_z) = t
    np.testing.assert_allclose(found.low_percentile(ranks, 1), ranks, rtol=1e-12)
