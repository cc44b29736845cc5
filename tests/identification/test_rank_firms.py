"""Ω and filling rates: exact from population moments, and by loops over a panel."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from population_market import population_market, small_economy
from scipy import stats

from jobteams_lab.identification import (
    NAM,
    NEITHER,
    PAM,
    Economy,
    Types,
    simulate,
    solve,
)
from jobteams_lab.identification.firm_ranking import vacancies_of
from jobteams_lab.identification.labour_market import labour_market
from jobteams_lab.identification.matching_sets import matching_sets
from jobteams_lab.identification.rank_firms import omega_from_unemployment, rank_firms
from jobteams_lab.identification.rank_workers import rank_workers
from jobteams_lab.identification.reservation_wages import reservation_wages


@pytest.mark.parametrize("production", [PAM, NAM, NEITHER])
@pytest.mark.parametrize("share", [0.3, 0.7])
@pytest.mark.parametrize("weights", ["sets", "hires"])
@pytest.mark.parametrize("known", ["assumed", "total", "by firm"])
def test_population_moments_give_the_value_of_a_vacancy(
    production, share, weights, known
):
    q = small_economy(production, pure=True, bargaining_power=share)
    assert q.residuals.mixed == 0
    given = {"assumed": None, "total": 1000 * q.vacancies.sum()}
    found = omega_from_unemployment(
        population_market(q),
        q.unemployed_flow_value,
        q.acceptance > 0,
        bargaining_power=share,
        vacancies=given.get(known, 1000 * q.vacancies),
        weights=weights,
    )
    np.testing.assert_allclose(
        found.vacancy_flow_value, q.vacancy_flow_value, rtol=1e-9
    )
    assert found.meeting_rate == pytest.approx(q.meeting_rates.vacancy, rel=1e-9)
    assert found.rank.tolist() == [1, 2, 3, 4, 5]
    assert found.assumed_vacancies == (known == "assumed")
    assert found.vacancies == pytest.approx(1000 * q.vacancies.sum(), rel=1e-9)
    np.testing.assert_allclose(found.omega, found.premium * found.filling_rate)


def test_neither_premium_nor_filling_rate_need_rank_alone():
    # what the chapter says: each of the two factors can fall in y where Ω rises
    q = solve(Economy(NAM))
    found = omega_from_unemployment(
        population_market(q), q.unemployed_flow_value, q.acceptance > 1e-9
    )
    assert stats.spearmanr(found.omega, q.vacancy_flow_value)[0] > 0.999
    assert stats.spearmanr(found.premium, q.vacancy_flow_value)[0] < 0.99
    assert stats.spearmanr(found.filling_rate, q.vacancy_flow_value)[0] < 0.99


@pytest.fixture(scope="module")
def panel():
    economy = Economy(PAM, worker_types=Types.uniform(8), firm_types=Types.uniform(8))
    return simulate(solve(economy), 1_000, 24, 100, seed=4, noise=0.1)


@pytest.fixture(scope="module")
def ranking(panel):
    return rank_workers(panel)


def by_firm(market, wages, accepted, open_jobs, weights):
    """Premiums and filling rates in loops over firms and bins."""
    bins, firms = market.wage.shape
    premium, fits = [], []
    for j in range(firms):
        above = below = fit = 0.0
        for x in range(bins):
            if not accepted[x, j]:
                continue
            fit += market.unemployed[x] / market.unemployed.sum()
            if np.isnan(market.wage[x, j]) or np.isnan(wages[x]):
                continue
            own = market.hires_from_unemployment[x, j]
            weight = own if weights == "hires" else market.unemployed[x]
            above += weight * (market.wage[x, j] - wages[x])
            below += weight
        premium.append(above / below)
        fits.append(fit)
    hires = market.hires / (market.months - 1)
    own = market.hires_from_unemployment
    inside = [
        h * sum(own[accepted[:, j], j]) / sum(own[:, j]) for j, h in enumerate(hires)
    ]
    if np.ndim(open_jobs) == 0:
        entry = sum(h / f for h, f in zip(inside, fits, strict=True)) / open_jobs
    else:
        reach = sum(f * v for f, v in zip(fits, open_jobs, strict=True))
        entry = sum(inside) / reach
    rate = [entry * f for f in fits]
    if weights == "hires" and np.ndim(open_jobs) > 0:
        rate = [h / v for h, v in zip(hires, open_jobs, strict=True)]
    return np.array(premium), np.array(rate)


@pytest.mark.parametrize("known", [False, True])
def test_a_bin_left_out_by_mistake_does_not_move_the_meeting_rate(known):
    q = small_economy(PAM, pure=True, bargaining_power=0.3)
    market, accepted = population_market(q), q.acceptance > 0
    edge = accepted.argmax(0), np.arange(5)
    accepted[edge] = False
    found = omega_from_unemployment(
        market,
        q.unemployed_flow_value,
        accepted,
        vacancies=1000 * q.vacancies if known else None,
    )
    assert found.meeting_rate == pytest.approx(q.meeting_rates.vacancy, rel=1e-9)


@pytest.mark.parametrize("weights", ["sets", "hires"])
@pytest.mark.parametrize("known", [False, True])
def test_agrees_with_loops_and_with_its_parts(panel, ranking, weights, known):
    bins = ranking.bins(8)
    sets = matching_sets(panel, bins, 8)
    market = labour_market(panel, bins, 8, sets.misranked)
    wages = reservation_wages(market, firm_types=8)
    open_jobs = 42.0 - market.employment if known else 50.0
    premium, rate = by_firm(market, wages, sets.accepted, open_jobs, weights)
    found = rank_firms(
        panel, ranking, types=8, firm_types=8, vacancies=open_jobs, weights=weights
    )
    np.testing.assert_allclose(found.premium, premium)
    np.testing.assert_allclose(found.filling_rate, rate)
    np.testing.assert_array_equal(found.rank, stats.rankdata(premium * rate))
    again = rank_firms(
        panel, bins, types=8, firm_types=8, vacancies=open_jobs, weights=weights
    )
    np.testing.assert_array_equal(again.omega, found.omega)


def test_ranks_the_firms_of_a_small_panel(panel, ranking):
    found = rank_firms(panel, ranking, types=8, firm_types=8)
    true = np.zeros(len(panel.firms))
    true[panel.firm_codes] = panel.data["firm_type"]
    # three firms a type: a perfect order has a correlation of 0.99 by ties
    assert stats.spearmanr(found.rank, true)[0] > 0.9
    assert np.bincount(found.bins(8)).tolist() == [3] * 8


def test_a_firm_without_hires_is_not_ranked():
    q = small_economy(PAM)
    market = population_market(q)
    accepted = q.acceptance > 0
    accepted[:, 2] = False
    found = omega_from_unemployment(market, q.unemployed_flow_value, accepted)
    assert np.isnan(found.rank[2])
    assert found.rank[[0, 1, 3, 4]].tolist() == [1, 2, 3, 4]
    assert found.bins(2).tolist() == [0, 0, -1, 1, 1]


def test_vacancies_come_in_many_forms():
    firms = np.array(["a", "b", "c"])
    assert vacancies_of(3, firms) == 3.0
    for given in (
        [1, 2, 0],
        {"c": 0, "a": 1, "b": 2},
        pd.Series([2, 1, 0], ["b", "a", "c"]),
    ):
        np.testing.assert_array_equal(vacancies_of(given, firms), [1.0, 2.0, 0.0])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"a": 1, "b": 1}, "no number for 1 firm, such as 'c'"),
        ([1, 2], "shape \\(2,\\), but there are 3 firms"),
        ([1, -1, 1], "must be finite, at least 0"),
        ([0, 0, 0], "not all 0"),
        (0, "vacancies = 0 must be"),
        (np.inf, "vacancies = inf must be"),
    ],
)
def test_refuses_vacancies(given, words):
    with pytest.raises(ValueError, match=words):
        vacancies_of(given, np.array(["a", "b", "c"]))


def test_refuses():
    q = small_economy(PAM)
    market, wages = population_market(q), q.unemployed_flow_value
    accepted = q.acceptance > 0
    with pytest.raises(ValueError, match="weights = 'all' is not known"):
        omega_from_unemployment(market, wages, accepted, weights="all")
    with pytest.raises(ValueError, match="bargaining_power = 0 must be"):
        omega_from_unemployment(market, wages, accepted, bargaining_power=0)
    nobody = replace(market, hires=np.zeros(5))
    with pytest.raises(ValueError, match="No hire out of unemployment"):
        omega_from_unemployment(nobody, wages, accepted)
