"""Stocks, hires and rates against a loop over workers and months."""

import numpy as np
import pandas as pd
import pytest

from jobteams_lab import Panel
from jobteams_lab.identification import PAM, Economy, Types, simulate, solve
from jobteams_lab.identification.labour_market import labour_market

TYPES, MONTHS = 4, 60


@pytest.fixture(scope="module", params=[0.0, 0.3], ids=["benchmark", "search"])
def case(request):
    economy = Economy(
        PAM,
        separation_rate=0.03,
        search_intensity_employed=request.param,
        worker_types=Types.uniform(TYPES),
        firm_types=Types.uniform(TYPES),
    )
    panel = simulate(solve(economy), 120, 12, MONTHS, seed=5, noise=0.1)
    bins = np.zeros(len(panel.workers), dtype=int)
    bins[panel.worker_codes] = panel.data["worker_type"]
    bins[::9] = -1
    return panel, bins


def by_months(panel, bins, exclude):
    """Walk every worker through every month; return counts keyed by name."""
    first, last = panel.window
    firms = {firm: j for j, firm in enumerate(panel.firms)}
    shape = (TYPES, len(firms))
    names = ("employed", "hires", "moves", "pay", "months")
    found = {name: np.zeros(shape) for name in names}
    idle, searched, hired = np.zeros(TYPES), np.zeros(TYPES), np.zeros(TYPES)
    ends = chances = idle_all = 0
    any_move = (panel.data["origin"] == "firm").any()
    for i, (_, rows) in enumerate(panel.data.groupby("worker")):
        x, at = bins[i], {}
        for row in rows.itertuples():
            for month in range(row.start, row.end):
                at[month] = row
            counts = row.origin == "unemployment"
            counts |= row.origin == "unknown" and not any_move
            if x >= 0 and counts and not exclude[i]:
                found["pay"][x, firms[row.firm]] += row.time * row.wage
                found["months"][x, firms[row.firm]] += row.time
        for month in range(first, last):
            row, then = at.get(month), at.get(month + 1)
            if row is None:
                idle_all += 1
                if x >= 0:
                    idle[x] += 1
                    searched[x] += month + 1 < last
                    hired[x] += then is not None
            else:
                if x >= 0:
                    found["employed"][x, firms[row.firm]] += 1
                chances += month + 1 < last
                ends += month + 1 < last and then is None
            if x >= 0 and then is not None and then is not row:
                kind = "hires" if row is None else "moves"
                found[kind][x, firms[then.firm]] += 1
    return found, idle, searched, hired, ends, chances, idle_all


def test_agrees_with_a_walk_through_the_months(case):
    panel, bins = case
    exclude = np.zeros(len(bins), dtype=bool)
    exclude[1::7] = True
    found, idle, searched, hired, ends, chances, everyone = by_months(
        panel, bins, exclude
    )
    market = labour_market(panel, bins, TYPES, exclude)
    np.testing.assert_allclose(market.employed, found["employed"] / MONTHS)
    np.testing.assert_allclose(market.unemployed, idle / MONTHS)
    np.testing.assert_array_equal(market.hires_from_unemployment, found["hires"])
    np.testing.assert_array_equal(market.hires_from_firms, found["moves"])
    np.testing.assert_allclose(market.finding_rate, hired / searched)
    assert market.separation_rate == pytest.approx(ends / chances, rel=1e-12)
    assert market.mean_unemployed == pytest.approx(everyone / MONTHS, rel=1e-12)
    paid = found["months"] > 0
    np.testing.assert_array_equal(np.isfinite(market.wage), paid)
    wage = found["pay"][paid] / found["months"][paid]
    np.testing.assert_allclose(market.wage[paid], wage)
    np.testing.assert_array_equal(market.wage_months, found["months"])


def test_unranked_workers_count_in_totals_only(case):
    panel, bins = case
    market = labour_market(panel, bins, TYPES)
    everybody = labour_market(panel, np.maximum(bins, 0), TYPES)
    np.testing.assert_allclose(market.employment, everybody.employed.sum(0))
    np.testing.assert_array_equal(
        market.hires, everybody.hires_from_unemployment.sum(0)
    )
    np.testing.assert_array_equal(market.moves_in, everybody.hires_from_firms.sum(0))
    assert market.employed.sum() < market.employment.sum()
    assert market.workers.sum() == (bins >= 0).sum()
    total = market.mean_unemployed + market.employment.sum()
    assert total == pytest.approx(len(bins), rel=1e-12)


def test_monthly_records_say_the_same_as_spells(case):
    panel, bins = case
    frame = panel.data.drop(columns=["time", "wage_squares", "wage_logs"])
    spells = labour_market(Panel(frame, panel.window), bins, TYPES)
    months = labour_market(Panel(frame, panel.window).months(), bins, TYPES)
    for name in ("employed", "hires_from_unemployment", "hires_from_firms", "wage"):
        np.testing.assert_allclose(getattr(months, name), getattr(spells, name))
    assert months.separation_rate == spells.separation_rate
    assert months.spells == spells.spells


def test_a_gap_shorter_than_a_month_is_a_move():
    frame = pd.DataFrame(
        {
            "worker": ["a", "a", "a", "b"],
            "firm": ["u", "v", "u", "v"],
            "start": [0.0, 4.5, 9.0, 2.0],
            "end": [4.0, 7.0, 12.0, 10.0],
            "wage": [1.0, 2.0, 3.0, 4.0],
        }
    )
    panel = Panel(frame, (0, 12)).with_origins(gap=1)
    market = labour_market(panel, np.array([0, 1]), 2)
    assert market.moves
    # a: u to v is a move, v to u is not; b is hired at 2 and loses the job at 10
    np.testing.assert_array_equal(market.hires_from_firms, [[0, 1], [0, 0]])
    np.testing.assert_array_equal(market.hires_from_unemployment, [[1, 0], [0, 1]])
    np.testing.assert_allclose(market.unemployed * 12, [2.0, 4.0])
    # 4 + 2.5 + 3 − 1 months at risk for a, whose last job is cut off, and 8 for b
    assert market.separation_rate == pytest.approx(2 / 16.5)
    # b is out of work at the end, so that his last month could show no hire
    np.testing.assert_allclose(market.finding_rate, [1 / 2, 1 / 3])
    # with moves, wages of spells of unknown origin do not count
    np.testing.assert_array_equal(market.wage, [[3.0, np.nan], [np.nan, 4.0]])


def test_rates_of_a_large_panel_are_those_of_the_economy():
    equilibrium = solve(
        Economy(PAM, worker_types=Types.uniform(5), firm_types=Types.uniform(5))
    )
    panel = simulate(equilibrium, 20_000, 200, 120, seed=2)
    bins = np.zeros(len(panel.workers), dtype=int)
    bins[panel.worker_codes] = panel.data["worker_type"]
    market = labour_market(panel, bins, 5)
    offers = equilibrium.acceptance @ equilibrium.vacancies
    rate = 0.99 * equilibrium.meeting_rates.unemployed * offers
    rate /= equilibrium.vacancies.sum()
    # four standard errors
    chances = market.unemployed * market.months
    error = 4 * np.sqrt(rate * (1 - rate) / chances)
    assert (np.abs(market.finding_rate - rate) < error).all()
    ends = 0.01 * market.employment.sum() * market.months
    assert abs(market.separation_rate / 0.01 - 1) < 4 / np.sqrt(ends)


@pytest.mark.parametrize(
    ("bins", "exclude", "error", "words"),
    [
        ([0, 0, 1], None, ValueError, "one for each of panel.workers"),
        ([0.0, 1.0], None, ValueError, "whole numbers"),
        ([0, 2], None, ValueError, "run from 0 to 2, but types = 2"),
        ([-2, 1], None, ValueError, "-1 for a worker without a bin"),
        ([0, 1], [0, 1], ValueError, "exclude must be 2 booleans"),
    ],
)
def test_refuses(bins, exclude, error, words):
    frame = pd.DataFrame(
        {"worker": [1, 2], "firm": [1, 1], "start": 0, "end": 5, "wage": [1.0, 2.0]}
    )
    panel = Panel(frame, (0, 9))
    with pytest.raises(error, match=words):
        labour_market(panel, np.array(bins), 2, exclude)


def test_refuses_what_is_no_panel_and_a_window_of_a_month():
    with pytest.raises(TypeError, match="must be a Panel, not list"):
        labour_market([], np.array([0]), 2)
    frame = pd.DataFrame({"worker": [1], "firm": [1], "period": [0], "wage": [1.0]})
    with pytest.raises(ValueError, match="No match is seen for more than a month"):
        labour_market(Panel(frame), np.array([0]), 2)
