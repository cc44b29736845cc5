"""The wage equations solved for p: exactly where wages are exact, sanely elsewhere."""

import numpy as np
import pandas as pd
import pytest
from auction_examples import BETA, MONTHLY, NOTES
from scipy import stats

from jobteams_lab.sequential_auctions import Economy, estimate, simulate, solve
from jobteams_lab.sequential_auctions.firm_types import firm_table, rank_firms
from jobteams_lab.sequential_auctions.productivity import fit_productivity, group_firms


def exact_types(equilibrium, error=0.01):
    productivity = equilibrium.economy.offers.nodes
    return pd.DataFrame(
        {
            "sampling_cdf": equilibrium.economy.offers.cdf(productivity),
            "mean_wage": equilibrium.mean_wage(productivity),
            "mean_wage_error": error,
            "starting_wage": equilibrium.starting_wage(productivity),
            "starting_wage_error": error / 2,
        }
    )


@pytest.mark.parametrize(
    "sample",
    [[1.0], [0.6, 0.7, 0.7, 1.5], BETA.ppf((np.arange(50) + 0.5) / 50)],
    ids=["one", "ties", "fifty"],
)
@pytest.mark.parametrize("rates", [NOTES, MONTHLY], ids=["notes", "monthly"])
def test_exact_wages_give_the_exact_economy(sample, rates):
    equilibrium = solve(Economy(**rates, productivity=sample))
    e = equilibrium.economy
    income, productivity = fit_productivity(
        exact_types(equilibrium), e.contacts_per_job, e.discounted_contacts
    )
    assert income == pytest.approx(0.5, abs=1e-6)
    assert productivity == pytest.approx(np.unique(sample), abs=1e-6)


def test_falling_mean_wages_are_no_obstacle():
    sample = BETA.ppf((np.arange(30) + 0.5) / 30)
    equilibrium = solve(Economy(**NOTES, productivity=sample))
    types = exact_types(equilibrium)
    assert np.any(np.diff(types["mean_wage"]) < -0.01)
    types.loc[3:20, ["starting_wage", "starting_wage_error"]] = np.nan
    e = equilibrium.economy
    income, productivity = fit_productivity(
        types, e.contacts_per_job, e.discounted_contacts
    )
    assert income == pytest.approx(0.5, abs=1e-6)
    assert productivity == pytest.approx(sample, abs=1e-6)


def test_noise_never_orders_types_the_wrong_way():
    equilibrium = solve(Economy(**NOTES, productivity=np.linspace(0.7, 2, 20)))
    types, e = exact_types(equilibrium, error=0.05), equilibrium.economy
    rng = np.random.default_rng(1)
    types["mean_wage"] += 0.05 * rng.standard_normal(20)
    types["starting_wage"] += 0.05 * rng.standard_normal(20)
    income, productivity = fit_productivity(
        types, e.contacts_per_job, e.discounted_contacts
    )
    assert np.all(np.diff(np.append(income, productivity)) >= 0)
    assert productivity == pytest.approx(np.linspace(0.7, 2, 20), abs=0.2)


def test_groups_by_loops():
    economy = Economy(**NOTES, productivity=BETA, ability=stats.lognorm(0.3))
    panel = simulate(solve(economy), 300, 60, seed=1, firms=20)
    ranked = rank_firms(firm_table(panel), 6.25, "poached_share")
    types = group_firms(ranked, 5)
    start = 0
    assert types["firms"].sum() == 20
    for _, kind in types.iterrows():
        firms = ranked.iloc[start : start + int(kind["firms"])]
        start += len(firms)
        time, hires = firms["employed_time"], firms["hires_unemployment"]
        assert kind["employed_time"] == pytest.approx(time.sum())
        assert kind["sampling_weight"] == pytest.approx(firms["sampling_weight"].sum())
        assert kind["sampling_cdf"] == firms["sampling_cdf"].iloc[-1]
        assert kind["employment_cdf"] == firms["employment_cdf"].iloc[-1]
        mean = np.average(firms["mean_wage"], weights=time)
        assert kind["mean_wage"] == pytest.approx(mean)
        # the variance of all wages paid by the type, over its workers
        rows = panel.data[panel.data["firm"].isin(firms.index)]
        lengths = rows["end"] - rows["start"]
        variance = np.average((rows["wage"] - mean) ** 2, weights=lengths)
        error = np.sqrt(variance / firms["workers"].sum())
        assert kind["mean_wage_error"] == pytest.approx(error)
        starting = np.average(firms["starting_wage"], weights=hires)
        assert kind["starting_wage"] == pytest.approx(starting)
        assert 0 < kind["starting_wage_error"] < 1
    # about equal employment: no type has twice its share, unless of a single firm
    share = types["employed_time"] / types["employed_time"].sum()
    assert np.all((share < 2 / 5) | (types["firms"] == 1))


def test_a_misranked_firm_does_not_throw_the_fit():
    # equal workers: a firm's starting wages do not vary, yet are not exact where the
    # ranking is wrong. Taken as exact, this panel gave b = 1.59
    equilibrium = solve(Economy(**MONTHLY, productivity=BETA))
    panel = simulate(equilibrium, 5_000, 120, seed=2, firms=200)
    found = estimate(panel, discount_rate=0.004)
    assert found.unemployment_income == pytest.approx(0.5, abs=0.05)
    assert found.types["productivity"].iloc[[0, -1]].between(0.55, 2.2).all()
