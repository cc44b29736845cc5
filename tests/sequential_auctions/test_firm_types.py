"""What a panel shows of each firm, by loops; rankings and the F they imply."""

import numpy as np
import pandas as pd
import pytest
from auction_examples import BETA, NOTES
from scipy import stats

from jobteams_lab import Panel
from jobteams_lab.sequential_auctions import Economy, simulate, solve
from jobteams_lab.sequential_auctions.firm_types import (
    ORDERINGS,
    firm_table,
    rank_firms,
)


@pytest.fixture(scope="module")
def equilibrium():
    return solve(Economy(**NOTES, productivity=BETA, ability=stats.lognorm(0.3)))


@pytest.fixture(scope="module")
def small(equilibrium):
    return simulate(equilibrium, 60, 50, seed=1, firms=8)


def test_table_by_loops(small):
    table = firm_table(small)
    rows = small.data.to_dict("records")
    firms = {row["firm"] for row in rows}
    assert list(table.index) == sorted(firms)
    for firm in firms:
        here = [row for row in rows if row["firm"] == firm]
        found = table.loc[firm]
        time = [row["end"] - row["start"] for row in here]
        wage = [row["wage"] for row in here]
        mean = np.average(wage, weights=time)
        assert found["employed_time"] == pytest.approx(sum(time))
        assert found["workers"] == len({row["worker"] for row in here})
        assert found["mean_wage"] == pytest.approx(mean)
        variance = np.average((np.array(wage) - mean) ** 2, weights=time)
        assert found["wage_variance"] == pytest.approx(variance)
        assert found["highest_wage"] == max(wage)
        # a row that starts where one of the same worker and firm ends is no hire
        ends = {(row["worker"], row["end"]) for row in here}
        begins = [row for row in here if (row["worker"], row["start"]) not in ends]
        first = [r["wage"] for r in begins if r["origin"] == "unemployment"]
        poached = sum(row["origin"] == "firm" for row in begins)
        assert found["hires_unemployment"] == len(first)
        assert found["hires_poached"] == poached
        assert found["poached_share"] == pytest.approx(poached / (poached + len(first)))
        assert found["starting_wage"] == pytest.approx(np.mean(first))
        assert found["starting_variance"] == pytest.approx(np.var(first, ddof=1))


def test_share_of_poached_hires_is_that_of_the_model(equilibrium):
    panel = simulate(equilibrium, 20_000, 60, seed=2, firms=10)
    table = firm_table(panel)
    # firms' own shares: κ1 times the employed below, to every hire out of unemployment
    f = np.arange(11) / 10
    employed = f / (1 + 6.25 * (1 - f))
    expected = 6.25 * employed[:-1] / (1 + 6.25 * employed[:-1])
    hires = table["hires_poached"] + table["hires_unemployment"]
    error = np.sqrt(expected * (1 - expected) / hires) + 1e-12
    assert np.all(np.abs(table["poached_share"] - expected) < 4.5 * error)


@pytest.mark.parametrize("order_by", ORDERINGS)
def test_ranking_implies_both_distributions(order_by):
    table = pd.DataFrame(
        {
            "employed_time": [30.0, 10.0, 60.0],
            "poached_share": [0.5, 0.1, 0.9],
            "highest_wage": [2.0, 1.0, 3.0],
            "mean_wage": [0.8, 0.5, 1.0],
        },
        index=["b", "a", "c"],
    )
    ranked = rank_firms(table, 4.0, order_by)
    assert list(ranked.index) == ["a", "b", "c"]
    employment = np.array([0.1, 0.4, 1.0])
    assert ranked["employment_cdf"].to_numpy() == pytest.approx(employment)
    sampling = ranked["sampling_cdf"].to_numpy()
    # the steady state turned around: L = F/(1 + κ1 (1 − F))
    assert sampling / (1 + 4 * (1 - sampling)) == pytest.approx(employment)
    assert ranked["sampling_weight"].to_numpy() == pytest.approx(
        np.diff(sampling, prepend=0.0)
    )
    assert sampling[-1] == pytest.approx(1.0)


def test_firms_without_a_hire_are_left_out(small):
    table = firm_table(small)
    table.loc[table.index[0], "poached_share"] = np.nan
    ranked = rank_firms(table, 6.25, "poached_share")
    assert len(ranked) == len(table) - 1
    assert ranked["employment_cdf"].iloc[-1] == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no firm has a hire of known origin"):
        rank_firms(table.assign(poached_share=np.nan), 6.25, "highest_wage")


@pytest.mark.parametrize("order_by", ["poached_share", "highest_wage"])
def test_names_and_order_of_rows_do_not_matter(small, order_by):
    shuffled = small.data.sample(frac=1, random_state=3)
    shuffled["firm"] = 97 - shuffled["firm"]
    again = rank_firms(firm_table(Panel(shuffled, small.window)), 6.25, order_by)
    first = rank_firms(firm_table(small), 6.25, order_by)
    assert list(97 - again.index) == list(first.index)
    for name in first:
        assert again[name].to_numpy() == pytest.approx(first[name].to_numpy())


def test_mean_wage_ranks_where_it_rises_and_refuses_where_it_falls(equilibrium):
    patient = {**NOTES, "discount_rate": 0.001}
    falls = simulate(
        solve(Economy(**patient, productivity=BETA)), 5_000, 60, seed=1, firms=100
    )
    with pytest.raises(ValueError, match="the mean wage cannot rank these firms"):
        rank_firms(firm_table(falls), 6.25, "mean_wage")
    hurried = {**NOTES, "discount_rate": 2.0}
    rising = solve(Economy(**hurried, productivity=BETA))
    assert np.all(np.diff(rising.mean_wage(np.linspace(0.7, 2, 50))) > 0)
    panel = simulate(rising, 5_000, 60, seed=1, firms=100)
    ranked = rank_firms(firm_table(panel), 6.25, "mean_wage")
    truth = panel.data.groupby("firm")["productivity"].first()[ranked.index]
    assert stats.spearmanr(truth, range(len(truth))).statistic > 0.95
