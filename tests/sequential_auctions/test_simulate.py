"""What a simulated history must look like, row by row."""

import numpy as np
import pandas as pd
import pytest
from auction_examples import BETA, MONTHLY, NOTES
from scipy import stats

from jobteams_lab.sequential_auctions import Economy, simulate, solve

LIMIT = 4.5  # standard errors
TIES = [0.6, 0.8, 0.8, 1.1, 1.9]
ABILITY = stats.lognorm(0.3)


@pytest.fixture(scope="module", params=["continuous", "firms", "types"])
def history(request):
    """A panel of each kind, and the equilibrium it comes from."""
    rates = {**MONTHLY, "ability": ABILITY, "risk_aversion": 1.0}
    sample = request.param == "types"
    equilibrium = solve(Economy(**rates, productivity=TIES if sample else BETA))
    firms = 30 if request.param == "firms" else None
    return simulate(equilibrium, 1_000, 120, seed=3, firms=firms), equilibrium


def test_rows_lie_in_the_window_and_do_not_overlap(history):
    panel, _ = history
    data = panel.data
    assert panel.window == (0.0, 120.0)
    assert data["start"].min() == 0.0
    assert data["end"].max() == 120.0
    assert np.all(data["start"] < data["end"])
    same = data["worker"].diff().to_numpy() == 0
    assert np.all(
        data["start"].to_numpy()[1:] >= data["end"].to_numpy()[:-1], where=same[1:]
    )


def test_wages_are_the_mobility_wages(history):
    panel, equilibrium = history
    data = panel.data
    wage = equilibrium.mobility_wage(
        data["outside_option"], data["productivity"], data["ability"]
    )
    assert data["wage"].to_numpy() == pytest.approx(wage, rel=1e-13)


def test_wages_rise_within_a_job_and_only_there_is_the_employer_kept(history):
    data = history[0].data
    stays = data["worker"].eq(data["worker"].shift()) & data["firm"].eq(
        data["firm"].shift()
    )
    stays &= data["start"].eq(data["end"].shift())
    assert stays.sum() > 500
    assert np.all(data["wage"].diff()[stays] > 0)
    assert np.all(data["outside_option"].diff()[stays] > 0)
    assert np.all(data["productivity"].diff()[stays] == 0)
    assert np.all(data["origin"].eq(data["origin"].shift())[stays])


def test_origins_tell_how_each_job_began(history):
    spells = history[0].spells().data
    # a spell of unemployment never has length zero
    follows = spells["worker"].eq(spells["worker"].shift()) & spells["start"].eq(
        spells["end"].shift()
    )
    expected = np.select(
        [spells["start"] == 0, follows], ["unknown", "firm"], "unemployment"
    )
    assert np.array_equal(spells["origin"].astype(str), expected)
    assert set(expected) == {"unknown", "firm", "unemployment"}
    # who is poached has the old employer as his rival; who was not, has b
    poached = spells["origin"] == "firm"
    before = spells["productivity"].shift()
    assert np.all((spells["outside_option"] == before)[poached])
    assert np.all((spells["productivity"] > before)[poached])
    hired = spells["origin"] == "unemployment"
    assert np.all(spells["outside_option"][hired] == 0.5)


def test_a_firm_never_bids_against_itself_but_equal_firms_do():
    single = simulate(solve(Economy(**NOTES, productivity=BETA)), 500, 100,
                      seed=1, firms=3).data  # fmt: skip
    assert single["firm"].nunique() == 3
    assert np.all(single["outside_option"] < single["productivity"])
    types = simulate(solve(Economy(**NOTES, productivity=TIES)), 500, 100, seed=1).data
    equal = types["outside_option"] == types["productivity"]
    assert equal.any()
    assert np.array_equal(types["wage"][equal], types["productivity"][equal])


def test_one_firm_alone_pays_no_more_than_the_starting_wage():
    equilibrium = solve(Economy(**NOTES, productivity=BETA))
    data = simulate(equilibrium, 200, 200, seed=1, firms=1).data
    assert np.all(data["outside_option"] == 0.5)
    assert not (data["origin"] == "firm").any()


def test_ability_stays_with_the_worker_and_tells_nothing_of_the_firm(history):
    data = history[0].data
    workers = data.groupby("worker")
    assert np.all(workers["ability"].nunique() == 1)
    first = workers[["ability", "productivity"]].first()
    assert stats.kstest(first["ability"], ABILITY.cdf).pvalue > 1e-5
    z = np.sqrt(len(first)) * np.corrcoef(first.to_numpy().T)[0, 1]
    assert abs(z) < LIMIT


def test_seeds_reproduce(monthly):
    one, again, other = (simulate(monthly, 50, 60, seed=s).data for s in (4, 4, 5))
    pd.testing.assert_frame_equal(one, again)
    assert not one["wage"].iloc[:10].equals(other["wage"].iloc[:10])


def test_time_has_no_unit(monthly):
    years = {k: v * (12 if k.endswith("rate") or "contact" in k else 1)
             for k, v in MONTHLY.items()}  # fmt: skip
    yearly = solve(Economy(**years, productivity=BETA))
    months = simulate(monthly, 200, 120, seed=6, firms=20).data
    same = simulate(yearly, 200, 10, seed=6, firms=20).data
    for name in ("start", "end"):
        assert same[name].to_numpy() * 12 == pytest.approx(months[name].to_numpy())
    for name in ("worker", "firm", "productivity", "wage"):
        assert same[name].to_numpy() == pytest.approx(months[name].to_numpy())


def test_who_leaves_is_replaced_by_somebody_new():
    # when every job ends with its worker's leaving, nobody has two cycles
    rates = {**NOTES, "separation_rate": 0.0, "exit_rate": 0.04}
    panel = simulate(solve(Economy(**rates, productivity=BETA)), 400, 200, seed=2)
    assert panel.cycles().max() <= 1
    spells = panel.spells().data
    hires = spells[spells["origin"] == "unemployment"]
    assert len(hires) == hires["worker"].nunique()
    # and the places in the market stay filled
    assert len(panel.workers) > 400
    held = [len(panel.cross_section(t)) for t in (10, 100, 190)]
    rate = 0.04 / 0.34
    assert np.all(np.abs(np.array(held) - 400 * (1 - rate)) < LIMIT * 9.0)


def test_without_outside_contacts_nothing_happens_on_the_job():
    rates = {**NOTES, "contact_rate_employed": 0.0}
    data = simulate(solve(Economy(**rates, productivity=BETA)), 300, 100, seed=1).data
    assert np.all(data["wage"] == 0.5)
    assert not (data["origin"] == "firm").any()
