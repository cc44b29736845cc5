"""Couplings of the mixed set: their margins, their losses, and what they add up to."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from team_examples import EVERY

from jobteams_lab.team_sorting import Interactions, RankOne, solve
from jobteams_lab.team_sorting.economy import Economy
from jobteams_lab.team_sorting.mixed_margins import MixedMargins
from jobteams_lab.team_sorting.mixed_set import (
    COUPLINGS,
    all_teams,
    arm_teams,
    mixed_teams,
    mixing_spread,
    sample,
)

LIMIT = 4.5  # standard errors
DRAWN = 40_000
NAMES = ["1981", "2013, five workers", "three groups", "a bounded group", "arcsine",
         "histogram", "everyone mixes"]  # fmt: skip
SHIFTED = Economy(stats.beta(2, 2), stats.beta(2, 2), 2, Interactions((0.2, 0.2, 0.2)))
SQUARED = Economy(stats.beta(2, 2), stats.beta(3, 2), 2, RankOne((1.0, 1.0, 0.8)))
ECONOMIES = {**{name: EVERY[name] for name in NAMES},
             "interactions": SHIFTED, "rank one": SQUARED}  # fmt: skip


def positions(economy):
    return [(p, group) for group in economy.groups for p in group.positions]


@pytest.fixture(scope="module", params=ECONOMIES)
def equilibrium(request):
    return solve(ECONOMIES[request.param])


@pytest.fixture(scope="module", params=COUPLINGS)
def drawn(request, equilibrium):
    """An equilibrium and teams drawn from it."""
    return equilibrium, sample(equilibrium, DRAWN, 11, request.param)


def mixed(equilibrium, teams):
    """Teams all of whose members are between the thresholds."""
    found = np.ones(len(teams), bool)
    margins = MixedMargins(equilibrium)
    for p, g in enumerate(margins.groups):
        u = margins.margins[g].of(teams[:, p])
        found &= (u > margins.low[g] - 1e-9) & (u < margins.high[g] + 1e-9)
    return found


def test_drawn_members_have_their_margins(drawn):
    equilibrium, teams = drawn
    for p, group in positions(equilibrium.economy):
        ranks = group.margin.cdf(group.margin.of(teams[:, p]))
        assert stats.kstest(ranks, "uniform").pvalue > 1e-4, (p, group.name)


def test_mixed_teams_lose_c_and_the_arms_less(drawn):
    equilibrium, teams = drawn
    loss, inside = equilibrium.economy.loss(teams), mixed(equilibrium, teams)
    assert loss[inside] == pytest.approx(equilibrium.mixed_loss, rel=1e-12)
    assert np.all(loss[~inside] < equilibrium.mixed_loss)
    share = 1.0 - equilibrium.countermonotonic_share
    error = np.sqrt(share * (1.0 - share) / DRAWN)
    assert abs(inside.mean() - share) <= LIMIT * error + 1e-12


def test_teams_outside_the_mixed_set_are_those_of_the_arms(drawn):
    equilibrium, teams = drawn
    economy = equilibrium.economy
    outside = teams[~mixed(equilibrium, teams)][:25]
    share, margins = equilibrium.countermonotonic_share, MixedMargins(equilibrium)
    for team in outside:
        u = np.array([margins.margins[g].of(team[p])
                      for p, g in enumerate(margins.groups)])  # fmt: skip
        low = np.flatnonzero(u < margins.low[margins.groups])
        assert len(low) == 1  # one low value a team
        g = margins.groups[low[0]]
        percentile = margins.margins[g].cdf(u[low[0]])
        rank = optimize.brentq(
            lambda t, g=g, p=percentile: equilibrium.low_percentile(t, g) - p,
            0.0, share, xtol=1e-14,
        )  # fmt: skip
        expected = equilibrium.arm(rank, g)
        first = economy.groups[g].positions[0]
        expected[[first, low[0]]] = expected[[low[0], first]]
        assert team == pytest.approx(expected, rel=1e-5)


def test_drawn_output_is_the_equilibriums(drawn):
    equilibrium, teams = drawn
    output = equilibrium.economy.output(teams)
    error = output.std() / np.sqrt(DRAWN)
    # with one linear line for all, the output of mixed teams is a constant
    assert abs(output.mean() - equilibrium.output) < LIMIT * error + 1e-9


def test_workers_of_a_group_are_in_random_order(drawn):
    equilibrium, teams = drawn
    for group in equilibrium.economy.groups:
        for one, other in zip(group.positions, group.positions[1:], strict=False):
            first, second = teams[:, one], teams[:, other]
            differ = first != second
            assert differ.sum() > 0.4 * DRAWN
            below = np.sum(first < second)
            sigma = np.sqrt(differ.sum()) / 2
            assert abs(below - differ.sum() / 2) < LIMIT * sigma
            # and the pair is exchangeable: E[x y²] = E[x² y]
            skew = first * second**2 - first**2 * second
            assert abs(skew.mean()) < LIMIT * skew.std() / np.sqrt(DRAWN)


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_all_teams_are_a_quadrature_of_the_economy(equilibrium, coupling):
    economy = equilibrium.economy
    teams = all_teams(equilibrium, coupling)
    assert teams.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.all(teams.weights >= 0)
    assert teams.mean(economy.loss) == pytest.approx(equilibrium.output_loss, rel=1e-6)
    assert teams.mean(economy.output) == pytest.approx(equilibrium.output, abs=1e-4)
    for p, group in positions(economy):
        skill = group.margin.skill
        assert teams.weights @ teams.skills[:, p] == pytest.approx(skill.mean, abs=1e-3)
    for group in economy.groups:  # the cdf of a group's members taken together
        pooled = teams.skills[:, group.positions].ravel()
        order = np.argsort(pooled)
        weights = np.repeat(teams.weights, group.count)[order] / group.count
        exact = group.margin.cdf(group.margin.of(pooled[order]))
        if group.slope < 0 or hasattr(group.margin, "loading"):
            exact = 1.0 - exact
        # a step of the grid may hold a few percent of the mass
        step = np.cumsum(weights)
        assert np.abs(step - exact).max() < 0.01 + weights.max()


def test_arms_have_their_losses_and_their_mass():
    for name in ("1981", "three groups", "a bounded group", "steep at zero"):
        equilibrium = solve(EVERY[name])
        share, economy = equilibrium.countermonotonic_share, equilibrium.economy
        arms = arm_teams(equilibrium)
        expected = equilibrium.output_loss - (1.0 - share) * equilibrium.mixed_loss
        scale = 1e-8 * equilibrium.output_loss
        assert share * arms.mean(economy.loss) == pytest.approx(expected, abs=scale)
        margins = MixedMargins(equilibrium)
        for p, g in enumerate(margins.groups):
            u = margins.margins[g].of(arms.skills[:, p])
            low = arms.weights[u < margins.low[g]].sum()
            mass = float(equilibrium.low_percentile(share, g))
            assert share * low == pytest.approx(mass, abs=1e-12)


def test_couplings_differ_in_who_works_with_whom():
    equilibrium = solve(EVERY["1981"])
    wages = [np.corrcoef(equilibrium.wage(
                 mixed_teams(equilibrium, one).skills[:, :2]).T)[0, 1]
             for one in COUPLINGS]  # fmt: skip
    means = [all_teams(equilibrium, one).mean(
                 lambda team: equilibrium.wage(team[:, :2]).mean(axis=1))
             for one in COUPLINGS]  # fmt: skip
    assert means == pytest.approx([equilibrium.mean_wage[0]] * 2, rel=2e-4)
    assert abs(wages[0] - wages[1]) > 1e-3


def test_what_cannot_be_mixed_is_told_and_left_alone():
    humps = solve(EVERY["two humps"])
    for cells in (200, 2000):
        assert mixing_spread(humps, cells) > 0.5
    few, many = (mixing_spread(solve(EVERY["1981"]), n) for n in (200, 2000))
    assert many < 0.2 * few < 0.02
    teams = mixed_teams(humps)
    assert teams.spread == mixing_spread(humps)
    margins = MixedMargins(humps)
    for p, g in enumerate(margins.groups):
        u = margins.margins[g].of(teams.skills[:, p])
        ranks = np.sort(margins.share(u, g))
        assert np.abs(ranks - (np.arange(2000) + 0.5) / 2000).max() < 1e-3
    with pytest.raises(ValueError, match=r"cannot be mixed.*0\.6\d apart"):
        sample(humps, 10, 0)
    with pytest.raises(ValueError, match="largest entropy was not found"):
        sample(humps, 10, 0, "entropy")


def test_everyone_on_the_arms():
    equilibrium = solve(EVERY["disjoint"])
    teams = sample(equilibrium, 5_000, 1)
    expected = equilibrium.economy.output(teams)
    error = expected.std() / np.sqrt(5_000)
    assert abs(expected.mean() - equilibrium.output) < LIMIT * error
    whole = all_teams(equilibrium)
    assert whole.mean(equilibrium.economy.output) == pytest.approx(
        equilibrium.output, rel=1e-6
    )
    assert mixing_spread(equilibrium) == 0.0
    with pytest.raises(ValueError, match="no mixed teams"):
        mixed_teams(equilibrium)


def test_everyone_mixing_has_no_arms():
    equilibrium = solve(EVERY["everyone mixes"])
    loss = equilibrium.economy.loss(all_teams(equilibrium).skills)
    assert loss == pytest.approx(equilibrium.mixed_loss, rel=1e-12)
    with pytest.raises(ValueError, match="no arms"):
        arm_teams(equilibrium)


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_seeds_reproduce(coupling):
    equilibrium = solve(EVERY["1981"])
    one, again, other = (sample(equilibrium, 50, s, coupling) for s in (4, 4, 5))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_shares_of_the_mixed_mass_and_back():
    margins = MixedMargins(solve(EVERY["three groups"]))
    share = np.array([0.0, 1e-6, 0.2, 0.5, 0.9, 1 - 1e-9, 1.0])
    for g in range(len(margins.margins)):
        assert margins.share(margins.at(share, g), g) == pytest.approx(share, abs=1e-12)
        drawn = np.random.default_rng(0).random(1000)
        assert margins.share(margins.draw(drawn, g), g) == pytest.approx(
            drawn, abs=1e-7
        )
        edges = margins.edges(7, g)
        mass, mean = margins.moments(edges, g)
        assert mass == pytest.approx(np.full(7, 1 / 7), abs=1e-12)
        for k in range(7):
            one = integrate.quad(
                lambda p, g=g: float(margins.at(p, g)), k / 7, (k + 1) / 7
            )[0]
            assert mean[k] == pytest.approx(7 * one, abs=1e-7)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda q: mixed_teams(q, "best"), "coupling = 'best' is not known"),
        (lambda q: mixed_teams(q, cells=3), "cells = 3 must be finite and at least 10"),
        (lambda q: all_teams(q, seed=-1), "seed = -1 must be"),
        (lambda q: sample(q, 0, 1), "teams = 0 must be"),
        (lambda q: sample(q.economy, 5, 1), "equilibrium is a Economy: give"),
        (lambda q: mixing_spread(q, 2.5), "cells must be a whole number, not 2.5"),
    ],
)
def test_bad_arguments_are_refused(call, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        call(solve(EVERY["uniform"]))
