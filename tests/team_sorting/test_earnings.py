"""Earnings: quantiles, variances, coworkers, counterfactuals against plain routes."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from jobteams_lab.team_sorting import Economy, Interactions, published, solve
from jobteams_lab.team_sorting.counterfactual import SCALINGS, counterfactual
from jobteams_lab.team_sorting.coupling_range import between_range, coworker_range
from jobteams_lab.team_sorting.coworkers import coworker_logs, coworker_statistic
from jobteams_lab.team_sorting.earnings import Earnings
from jobteams_lab.team_sorting.earnings_moments import Moments, Parameters
from jobteams_lab.team_sorting.mixed_set import Teams, all_teams, sample
from jobteams_lab.team_sorting.simulate import simulate

DRAWN = 100_000


@pytest.fixture(scope="module")
def paper():
    """Earnings at the paper's parameters, by year."""
    return {year: Parameters.published(year).earnings() for year in published.YEARS}


@pytest.fixture(scope="module")
def drawn(paper):
    """Teams drawn at random in 1981, and their log earnings."""
    skills = sample(paper[1981].equilibrium, DRAWN, seed=4)
    return skills, paper[1981].logs(skills[:, :-1])


def plain_wage(earnings, skill):
    """w(x) = ∫_x^1 L(y)/y dy, by SciPy's quadrature of the teams' losses."""
    equilibrium = earnings.equilibrium
    ends = equilibrium.thresholds
    cuts = [skill, ends.low_skill[0], ends.high_skill[0], 1.0]
    cuts = [max(cut, skill) for cut in cuts]
    return sum(
        integrate.quad(
            lambda y: float(equilibrium.team_loss(y)) / y, low, high, epsrel=1e-10
        )[0]
        for low, high in pairwise(sorted(cuts))
        if high > low
    )


@pytest.mark.parametrize("rank", [0.02, 0.25, 0.5, 0.95])
def test_quantiles_are_wages_at_quantiles(paper, rank):
    one = paper[2013]
    # the worker of rank p in earnings has rank 1 − p in the probability of failing
    skill = one.equilibrium.economy.workers.ppf(1.0 - rank)
    expected = one.scale * plain_wage(one, skill) + one.floor
    assert one.quantile(rank) == pytest.approx(expected, rel=1e-8)
    assert one.rank(skill) == pytest.approx(rank, rel=1e-10)


def test_quantiles_against_a_sample(paper, drawn):
    earned = np.exp(drawn[1]).ravel()
    for rank in (0.05, 0.25, 0.5, 0.75, 0.95, 0.99):
        below = np.mean(earned <= paper[1981].quantile(rank))
        # two workers of a team are not independent: allow for that
        error = np.sqrt(2 * rank * (1 - rank) / earned.size)
        assert abs(below - rank) < 4 * error


def test_lowest_and_highest(paper):
    one = paper[1981]
    assert one.quantile(0.0) == one.floor
    assert one.quantile(1.0) == pytest.approx(float(one.of(0.0)), rel=1e-14)


def test_moments_against_scipy(paper):
    for year, one in paper.items():
        workers = stats.beta(*published.BETA[year][0])
        ranks = np.linspace(0.0, 1.0, 41)
        cuts = np.unique(np.append(workers.ppf(ranks), one.equilibrium.thresholds
                                   .low_skill[0]))  # fmt: skip

        def mean(function, one=one, workers=workers, cuts=cuts):
            return sum(
                integrate.quad(
                    lambda x: function(float(one.of(x))) * workers.pdf(x), a, b
                )[0]
                for a, b in pairwise(cuts)
            )

        log_mean = mean(np.log)
        assert one.mean == pytest.approx(mean(float), rel=1e-7)
        assert one.log_mean == pytest.approx(log_mean, rel=1e-8)
        variance = mean(lambda dollars, at=log_mean: (np.log(dollars) - at) ** 2)
        assert one.log_variance == pytest.approx(variance, rel=1e-7)


def test_variance_against_a_sample(paper, drawn):
    logs = drawn[1]
    squares = (logs - paper[1981].log_mean) ** 2
    error = squares.mean(axis=1).std() / np.sqrt(DRAWN)
    assert abs(squares.mean() - paper[1981].log_variance) < 4 * error


def test_between_share_against_plain_computation(paper, drawn):
    skills, logs = drawn
    rows = pd.DataFrame({"y": logs.ravel(), "firm": np.repeat(np.arange(DRAWN), 2)})
    inside = rows.groupby("firm")["y"].var(ddof=0)
    share = 1.0 - inside.mean() / rows["y"].var(ddof=0)
    # the same coupling that the sample was drawn from
    teams = all_teams(paper[1981].equilibrium, "rearranged", 2000, 4)
    assert paper[1981].between_within(teams).between_share == pytest.approx(
        share, abs=4 * 0.5 / np.sqrt(DRAWN)
    )
    alike = Teams(skills, np.full(DRAWN, 1.0 / DRAWN))
    assert paper[1981].between_within(alike).between_share == pytest.approx(
        share, rel=1e-10
    )


def test_total_of_the_decomposition_is_the_exact_variance(paper):
    for coupling, cells in (("rearranged", 5000), ("entropy", 400)):
        teams = all_teams(paper[2013].equilibrium, coupling, cells)
        total = paper[2013].between_within(teams).total
        assert total == pytest.approx(paper[2013].log_variance, rel=5e-5)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_pairs_of_colleagues_against_listed_or_drawn_teams(size):
    one = replace(Parameters.published(2013), workers_per_team=size).earnings()
    teams = all_teams(one.equilibrium, "entropy", 400)
    # all teams of the grid with two workers, 16384 quasi-random draws with more
    assert one.between_share("entropy", 400) == pytest.approx(
        one.between_within(teams).between_share, abs={2: 3e-5}.get(size, 3e-4)
    )


def test_pairs_of_colleagues_when_everyone_mixes():
    narrow = stats.uniform(0.2, 0.6)
    one = Earnings(solve(Economy(narrow, stats.uniform(0.2, 0.6), 2)), 1e5)
    assert one.equilibrium.countermonotonic_share == 0.0
    teams = all_teams(one.equilibrium, "entropy", 400)
    share = one.between_within(teams).between_share
    assert one.between_share() == pytest.approx(share, abs=1e-4)


def test_a_panel_of_teams_holds_earnings(paper):
    panel = simulate(paper[1981].equilibrium, 200, seed=1, earnings=paper[1981].of_wage)
    rows = panel.data
    assert rows["wage"].to_numpy() == pytest.approx(
        paper[1981].of(rows["skill"].to_numpy()), rel=1e-12
    )


def test_through_one_quantile_and_several(paper):
    solved = paper[1981].equilibrium
    one = Earnings.through(solved, 0.5, 31_000)
    assert one.quantile(0.5) == pytest.approx(31_000, rel=1e-14)
    ranks, dollars = published.PERCENTILES, np.array(published.EARNINGS[1981])
    several = Earnings.through(solved, ranks, dollars)
    gaps = np.log((several.quantile(ranks) - several.floor) / (dollars - several.floor))
    assert np.abs(gaps).max() > 1e-4
    assert gaps.mean() == pytest.approx(0.0, abs=1e-12)


# coworkers


@pytest.fixture(scope="module")
def by_hand(paper):
    """Three teams of three workers, one of them twice as common."""
    skills = np.array(
        [
            [0.10, 0.20, 0.30, 0.5],
            [0.40, 0.05, 0.60, 0.5],
            [0.70, 0.15, 0.25, 0.5],
        ]
    )
    weights = np.array([0.25, 0.5, 0.25])
    economy = Economy(stats.uniform(), stats.uniform(), 3)
    return Earnings(solve(economy), 1e5), Teams(skills, weights)


def test_both_definitions_by_hand(by_hand):
    earnings, teams = by_hand
    logs = np.log(earnings.of(teams.skills[:, :-1]))
    # with uniform skills, earnings rank 0.8 is the worker who fails with x = 0.2
    literal = coworker_logs(earnings, teams, 0.8, "coworkers", window=0.01)
    firm = coworker_logs(earnings, teams, 0.8, "firm", window=0.01)
    assert literal == pytest.approx([(logs[0, 0] + logs[0, 2]) / 2], rel=1e-14)
    assert firm == pytest.approx([logs[0].mean()], rel=1e-14)
    # two workers in one window: 0.15 at distance 0.05, 0.05 at distance 0.05
    both = coworker_logs(earnings, teams, 0.9, "coworkers", window=0.06)
    ones = (logs[2, 0] + logs[2, 2]) / 2, (logs[1, 0] + logs[1, 2]) / 2
    near = 1 - 0.05 / 0.06
    # and 0.10, at distance 0
    third = (logs[0, 1] + logs[0, 2]) / 2
    weights = np.array([0.25 * near, 0.5 * near, 0.25])
    expected = weights @ [*ones, third] / weights.sum()
    assert both == pytest.approx([expected], rel=1e-12)


def test_the_firm_mean_mixes_own_earnings_and_coworkers(paper):
    one = paper[2013]
    teams = all_teams(one.equilibrium, "rearranged", 20_000)
    ranks = np.array([0.25, 0.5, 0.75, 0.9])
    literal = coworker_logs(one, teams, ranks, "coworkers", window=0.005)
    firm = coworker_logs(one, teams, ranks, "firm", window=0.005)
    own = np.log(one.quantile(ranks))
    assert firm == pytest.approx(0.5 * (own + literal), abs=2e-4)


def test_coworkers_against_a_sample(paper, drawn):
    skills, logs = drawn
    own = paper[1981].rank(skills[:, :-1])
    other = logs[:, ::-1]
    teams = all_teams(paper[1981].equilibrium, "rearranged", 20_000, 1)
    found = coworker_logs(paper[1981], teams, [0.3, 0.6], "coworkers", window=0.05)
    for rank, value in zip((0.3, 0.6), found, strict=True):
        kernel = np.maximum(0, 1 - np.abs(own - rank) / 0.05)
        mean = (kernel * other).sum() / kernel.sum()
        # the kernel's effective number of workers
        number = kernel.sum() ** 2 / (kernel**2).sum()
        # and how far apart two couplings of finitely many cells may be
        assert abs(value - mean) < 4 * logs.std() / np.sqrt(number) + 0.01


def test_the_statistic_has_the_mean_of_the_table(paper):
    one = paper[1981]
    teams = all_teams(one.equilibrium, "rearranged", 20_000)
    for definition in ("coworkers", "firm"):
        for rank in (0.005, 0.5, 0.9):
            table = coworker_logs(one, teams, rank, definition)[0]
            statistic = coworker_statistic(one, rank, definition)
            assert teams.mean(statistic) == pytest.approx(table, abs=2e-3)


# what other couplings give


@pytest.mark.parametrize("year", published.YEARS)
def test_the_range_of_the_between_share(paper, year):
    found = between_range(paper[year])
    assert found.low < found.rearranged < found.high
    assert found.low < found.entropy < found.high
    # the programmes' bounds and couplings that exist meet
    assert found.bounds == pytest.approx((found.low, found.high), abs=5e-4)
    low, high = {1981: (0.3306, 0.3461), 2013: (0.4299, 0.4427)}[year]
    assert (found.low, found.high) == pytest.approx((low, high), abs=3e-4)


def test_no_coupling_reaches_the_published_coworkers_literally(paper):
    found = coworker_range(paper[1981], 0.9, "coworkers")
    published_p90 = published.MODEL_COWORKERS[2][1981][3]
    assert max(found.high, found.bounds[1]) < published_p90 - 0.25
    inclusive = coworker_range(paper[1981], 0.9, "firm")
    assert inclusive.low < published_p90 < inclusive.high


# the published tables


@pytest.mark.parametrize(("year", "share"), [(1981, 0.338), (2013, 0.436)])
def test_table_1(paper, year, share):
    assert paper[year].between_share() == pytest.approx(share, abs=1e-3)


def test_table_2(paper):
    teams = all_teams(paper[1981].equilibrium, "rearranged", 20_000)
    found = coworker_logs(paper[1981], teams, definition="firm")
    assert found == pytest.approx([10.18, 10.42, 10.54, 10.48], abs=0.012)
    assert np.abs(found - published.MODEL_COWORKERS[2][1981]).max() < 0.035


def test_table_3(paper):
    old, new = paper[1981], paper[2013]
    firm = counterfactual(old, new, "median").between_share()
    assert firm == pytest.approx(published.FIRM_EFFECT[2], abs=0.005)
    shares = [
        counterfactual(new, old, scaling, base).between_share(cells=200)
        for scaling in SCALINGS
        for base in (old, new)
    ]
    assert min(shares) == pytest.approx(0.70, abs=0.005)
    assert max(shares) == pytest.approx(0.81, abs=0.005)
    assert min(shares) < published.WORKER_EFFECT[2] < max(shares)


def test_scalings_do_what_they_say(paper):
    old, new = paper[1981], paper[2013]
    made = {name: counterfactual(old, new, name, new) for name in SCALINGS}
    assert made["workers"].scale == old.scale
    assert made["projects"].scale == new.scale
    assert made["median"].quantile(0.5) == pytest.approx(new.quantile(0.5), rel=1e-13)
    assert made["mean"].mean == pytest.approx(new.mean, rel=1e-12)
    ranks = np.array(published.PERCENTILES)
    gaps = (made["percentiles"].quantile(ranks) - new.floor) / (
        new.quantile(ranks) - new.floor
    )
    assert np.log(gaps).mean() == pytest.approx(0.0, abs=1e-12)
    for one in made.values():
        assert one.equilibrium.economy.workers is old.equilibrium.economy.workers
        assert one.equilibrium.economy.projects is new.equilibrium.economy.projects


def test_the_counterfactual_of_one_year_with_itself(paper):
    again = counterfactual(paper[1981], paper[1981], "median")
    assert again.scale == pytest.approx(paper[1981].scale, rel=1e-12)
    assert again.log_variance == pytest.approx(paper[1981].log_variance, rel=1e-12)


def test_published_moments_and_parameters(paper):
    moments = Moments.published(2013)
    assert moments.earnings == (19_000, 35_000, 132_000)
    assert moments.vector == pytest.approx(
        [*np.log([19_000, 35_000, 132_000]), 0.42, 0.85], rel=1e-15
    )
    found = Moments.of(paper[2013])
    assert found.earnings == pytest.approx(paper[2013].quantile([0.25, 0.5, 0.95]))
    assert found.log_variance == paper[2013].log_variance
    assert found.between_share == pytest.approx(paper[2013].between_share(), abs=2e-4)


# refusals


def test_refusals(paper):
    one = paper[1981]
    cases = [
        (lambda: replace(one, scale=-1.0), "scale = -1 must be finite and greater"),
        (lambda: replace(one, floor=-5.0), "floor = -5 must be finite and at least 0"),
        (lambda: one.quantile(25), "25 is not between 0 and 1"),
        (lambda: one.quantile([0.5, np.nan]), "not between 0 and 1"),
        (lambda: replace(one, floor=0.0).logs(1.0), "raise the floor"),
        (lambda: Earnings.through(one.equilibrium, 0.5, 3_000), "greater than 3770"),
        (lambda: Earnings.through(one.equilibrium, [0.1, 0.5], 9e3), "one amount"),
        (lambda: counterfactual(one, one, "wages"), "scaling = 'wages'"),
        (lambda: Moments.published(1990), "year = 1990"),
        (lambda: Moments((1.0, 2.0), 0.3, 0.6), "one amount for each rank"),
        (lambda: Moments((1.0, 2.0, 3.0), 1.3, 0.6), "between_share = 1.3"),
        (lambda: Parameters(1, 1, 1, -1, 1e5), "project_beta = -1"),
    ]
    for call, sentence in cases:
        with pytest.raises(ValueError, match=re.escape(sentence)):
            call()


def test_coworker_refusals(by_hand):
    earnings, teams = by_hand
    cases = [
        ({"ranks": 50}, "rank = 50 must be at least 0 and at most 1"),
        ({"definition": "team"}, "definition = 'team'"),
        ({"window": 0.0}, "window = 0 must be greater than 0"),
        ({"ranks": 0.02, "window": 0.01}, "widen it, or take more cells"),
    ]
    for arguments, sentence in cases:
        with pytest.raises(ValueError, match=re.escape(sentence)):
            coworker_logs(earnings, teams, **arguments)


def test_other_technologies_and_groups_are_refused():
    beta = stats.beta(1, 2)
    several = solve(Economy([beta, stats.beta(2, 2)], beta, 2))
    with pytest.raises(ValueError, match="2 groups of workers"):
        Earnings(several, 1e5)
    other = solve(Economy(beta, beta, 2, Interactions((0.1, 0.2, 0.2))))
    with pytest.raises(ValueError, match="Interactions"):
        Earnings(other, 1e5)
    with pytest.raises(TypeError, match="solve"):
        Earnings(several.economy, 1e5)
