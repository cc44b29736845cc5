"""From a panel back to the economy that made it."""

import numpy as np
import pandas as pd
import pytest
from auction_examples import BETA, MONTHLY
from scipy import stats

from jobteams_lab import Panel
from jobteams_lab.sequential_auctions import (
    Economy,
    estimate,
    simulate,
    solve,
    transition_rates,
)

POINTS = BETA.ppf([0.1, 0.3, 0.5, 0.7, 0.9])


@pytest.fixture(scope="module")
def large():
    ability = stats.lognorm(0.2, scale=np.exp(-0.02))  # of mean 1
    equilibrium = solve(Economy(**MONTHLY, productivity=BETA, ability=ability))
    return simulate(equilibrium, 10_000, 120, seed=1, firms=200)


@pytest.fixture(scope="module", params=["poached_share", "highest_wage"])
def found(large, request):
    return estimate(large, discount_rate=0.004, order_by=request.param, groups=100)


def test_rates_are_those_of_the_dates(large, found):
    assert found.rates == transition_rates(large)
    assert found.discount_rate == 0.004
    assert found.coverage == pytest.approx(1.0)


def test_income_and_sampling_distribution(found):
    # bias and spread: benchmarks/README.md
    assert found.unemployment_income == pytest.approx(0.5, abs=0.04)
    assert found.sampling_cdf(POINTS) == pytest.approx(
        [0.1, 0.3, 0.5, 0.7, 0.9], abs=0.08
    )
    assert found.sampling_cdf([0.0, 9.0]).tolist() == [0.0, 1.0]


def test_firms_carry_their_type(large, found):
    firms = found.firms
    truth = large.data.groupby("firm")["productivity"].first()[firms.index]
    assert stats.spearmanr(firms["productivity"], truth).statistic > 0.95
    # above, firms are met so rarely that wages hardly tell their productivity
    told = firms[firms["sampling_cdf"] < 0.9]
    assert np.abs(told["productivity"] - truth[told.index]).mean() < 0.07
    assert firms["productivity"].is_monotonic_increasing
    by_type = found.types["productivity"].to_numpy()[firms["type"]]
    assert np.array_equal(firms["productivity"], by_type)
    assert firms.groupby("type").size().tolist() == found.types["firms"].tolist()


def test_estimated_economy_solves_and_looks_like_the_truth(large, found):
    equilibrium = solve(found.economy())
    assert max(equilibrium.residuals.values()) < 1e-11
    truth = solve(Economy(**MONTHLY, productivity=BETA))
    assert equilibrium.average_wage == pytest.approx(truth.average_wage, abs=0.08)
    assert equilibrium.unemployment_rate == pytest.approx(
        truth.unemployment_rate, rel=0.05
    )
    offers = equilibrium.economy.offers
    assert offers.cdf(POINTS) == pytest.approx(found.sampling_cdf(POINTS), abs=2e-3)


def test_order_of_rows_does_not_matter(large):
    few = Panel(large.data[large.data["worker"] < 1_500], window=large.window)
    shuffled = Panel(few.data.sample(frac=1, random_state=1), window=few.window)
    one, other = (estimate(p, discount_rate=0.004, groups=20) for p in (few, shuffled))
    pd.testing.assert_frame_equal(one.types, other.types)
    assert one.unemployment_income == pytest.approx(other.unemployment_income)


def test_mean_wage_may_rank_where_it_rises():
    hurried = {**MONTHLY, "discount_rate": 0.5}
    panel = simulate(
        solve(Economy(**hurried, productivity=BETA)), 5_000, 120, seed=1, firms=100
    )
    found = estimate(panel, discount_rate=0.5, order_by="mean_wage", groups=100)
    assert found.sampling_cdf(POINTS) == pytest.approx(
        [0.1, 0.3, 0.5, 0.7, 0.9], abs=0.05
    )
