"""Firms ranked by poaching: exact from population moments, slow loops, bad input."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from population_market import MONTHS, population_market, small_economy

from jobteams_lab import Panel
from jobteams_lab.identification import NAM, NEITHER, PAM, Economy, Types, simulate
from jobteams_lab.identification import solve as solve_economy
from jobteams_lab.identification.contacts import contacts, firm_vacancies
from jobteams_lab.identification.job_moves import JobMoves, job_moves, poachable
from jobteams_lab.identification.labour_market import labour_market
from jobteams_lab.identification.poaching import (
    mean_gain,
    poaching_omega,
    vacancies_from_labour_share,
)
from jobteams_lab.identification.starting_wages import smooth_wages

DESIGNS = [PAM, NAM, NEITHER]


def additive(x, y):
    """No complements: everybody matches and climbs to firms of higher y."""
    return 1 + x + y


def population(production, scale=1000.0):
    """An equilibrium with search on the job, its market and its moves, no sampling."""
    pure = production is not additive  # which here means some pairs do not match
    q = small_economy(production, pure=pure, search_intensity_employed=0.2)
    assert q.residuals.mixed == 0
    stay = 1 - q.economy.separation_rate
    meet = stay * q.meeting_rates.employed * q.vacancies / q.vacancies.sum()
    flow = scale * q.match_density[:, :, None] * q.mobility * meet * (MONTHS - 1)
    x, left, joined = np.nonzero(flow)
    moves = JobMoves(x, left, joined, flow[x, left, joined])
    poached = flow.sum(1)
    market = replace(
        population_market(q, scale), hires_from_firms=poached, moves_in=poached.sum(0)
    )
    return q, market, moves


@pytest.mark.parametrize("production", DESIGNS)
@pytest.mark.parametrize("method", ["combined", "movers"])
def test_population_moments_give_the_value_of_a_vacancy(production, method):
    q, market, moves = population(production)
    found = poaching_omega(
        market,
        moves,
        method=method,
        vacancies=1000 * q.vacancies,
        smoothing=False,
    )
    np.testing.assert_allclose(
        found.vacancy_flow_value, q.vacancy_flow_value, rtol=1e-9, atol=1e-12
    )
    assert found.rank.tolist() == [1, 2, 3, 4, 5]
    assert found.source == "poaching"
    assert found.vacancies == pytest.approx(1000 * q.vacancies.sum())
    positive = found.filling_rate > 0
    np.testing.assert_allclose(
        (found.premium * found.filling_rate)[positive], found.omega[positive]
    )


@pytest.mark.parametrize("production", DESIGNS)
def test_vacancies_of_firms_follow_from_hires(production):
    # a large population, in which hires are many and the count correction is nothing
    q, market, moves = population(production, 1e13)
    np.testing.assert_allclose(
        firm_vacancies(market, 1e13 * q.vacancies.sum()), 1e13 * q.vacancies, rtol=1e-9
    )
    found = poaching_omega(market, moves, smoothing=False)
    assert found.assumed_vacancies
    # as many jobs as workers: as many vacancies as unemployed, which is the truth
    np.testing.assert_allclose(
        found.vacancy_flow_value, q.vacancy_flow_value, rtol=1e-8, atol=1e-12
    )


@pytest.mark.parametrize("production", DESIGNS)
@pytest.mark.parametrize("method", ["hires", "gains"])
def test_contacts_and_search_intensity_are_recovered(production, method):
    q, market, moves = population(production)
    found = contacts(
        market, moves, method=method, vacancies=1000 * q.vacancies, smoothing=False
    )
    rates = q.meeting_rates
    assert found.search_intensity_employed == pytest.approx(0.2, rel=1e-9)
    assert found.vacancy == pytest.approx(rates.vacancy, rel=1e-9)
    assert found.share_unemployed == pytest.approx(rates.share_unemployed, rel=1e-9)
    assert found.share_employed == pytest.approx(rates.share_employed, rel=1e-9)


@pytest.mark.parametrize("production", [*DESIGNS, additive])
def test_the_papers_contacts_are_short_by_the_firms_that_poach_nobody(production):
    q, market, moves = population(production)
    found = contacts(market, moves, method="paper", vacancies=1000 * q.vacancies)
    rates = q.meeting_rates
    assert found.with_unemployed == pytest.approx(
        rates.vacancy * rates.share_unemployed, rel=1e-9
    )
    poaches = market.moves_in > 0
    part = q.vacancies[poaches].sum() / q.vacancies.sum()
    # with complements even the worst firm poaches, since some types prefer it
    assert part < 1 if production is additive else part == 1
    assert found.with_employed == pytest.approx(
        part * rates.vacancy * rates.share_employed, rel=1e-9
    )
    # and so the paper's Ω is too low by this factor, in the same order
    omega = poaching_omega(
        market, moves, method="paper", vacancies=1000 * q.vacancies
    ).vacancy_flow_value
    np.testing.assert_allclose(omega, part * q.vacancy_flow_value, atol=1e-12)


@pytest.mark.parametrize("production", DESIGNS)
def test_vacancies_follow_from_the_labour_share(production):
    q, market, moves = population(production, 1e13)
    # wages of all: workers from unemployment and the poached, by where they came from
    output = 1e13 * (q.match_density * q.economy.output).sum()
    found = vacancies_from_labour_share(
        market, moves, 0.6, 0.6 * output, method="movers"
    )
    # the shares of firms are smoothed over six bins, which costs a per cent or so
    assert found == pytest.approx(1e13 * q.vacancies.sum(), rel=0.03)
    with pytest.raises(ValueError, match="share must be lower"):
        vacancies_from_labour_share(market, moves, 1.0, 0.5 * output)


def test_poachable_is_the_double_sum():
    rng = np.random.default_rng(1)
    wage = rng.normal(size=(4, 7)).round(1)  # with ties
    wage[0, 2] = wage[3, :] = np.nan
    employed, accepted = rng.random((4, 7)), rng.random((4, 7)) < 0.7
    people, gains = np.zeros(7), np.zeros(7)
    for x in range(4):
        for j in range(7):
            for other in range(7):
                if accepted[x, j] and wage[x, j] > wage[x, other]:
                    people[j] += employed[x, other]
                    gains[j] += employed[x, other] * (wage[x, j] - wage[x, other])
    found = poachable(wage, employed, accepted)
    np.testing.assert_allclose(found, (people, gains), atol=1e-12)


def test_moves_are_those_of_a_loop_over_spells():
    types = Types.uniform(4)
    q = solve_economy(
        Economy(
            PAM,
            worker_types=types,
            firm_types=types,
            search_intensity_employed=0.2,
        )
    )
    panel = simulate(q, 1000, 12, 60, seed=2)
    bins = np.random.default_rng(3).integers(-1, 4, len(panel.workers))
    expected = []
    for worker, rows in panel.data.groupby("worker"):
        x = bins[np.flatnonzero(panel.workers == worker)[0]]
        for before, after in pairwise(rows.itertuples()):
            if after.origin == "firm" and x >= 0:
                expected.append((x, before.firm, after.firm))
    found = job_moves(panel, bins)
    firms = panel.firms
    listed = zip(found.bin, firms[found.left], firms[found.joined], strict=True)
    assert sorted(listed) == sorted(expected)
    assert len(found) > 50
    wage = np.random.default_rng(4).random((4, 12))
    mean = mean_gain(found, wage, 12)
    j = found.joined[0]
    here = found.joined == j
    assert mean[j] == pytest.approx(
        np.mean(wage[found.bin[here], j] - wage[found.bin[here], found.left[here]])
    )


def test_smoothing_leaves_lines_alone_and_removes_noise():
    rng = np.random.default_rng(5)
    x = np.linspace(0, 1, 20)[:, None]
    truth = 1 + x + rng.random(30) * (0.5 + x)
    months = rng.integers(1, 50, truth.shape).astype(float)
    months[rng.random(truth.shape) < 0.2] = 0
    smooth = smooth_wages(np.where(months > 0, truth, np.nan), months)
    np.testing.assert_allclose(smooth, truth, atol=1e-3)  # gaps filled in as well
    noisy = truth + 0.3 * rng.standard_normal(truth.shape) / np.sqrt(months.clip(1))
    smooth = smooth_wages(np.where(months > 0, noisy, np.nan), months)
    seen = months > 0
    assert np.std((smooth - truth)[seen]) < 0.5 * np.std((noisy - truth)[seen])
    # a firm without any wage takes the mean of the bins
    months[:, 0] = 0
    assert np.isfinite(smooth_wages(truth, months)).all()


@pytest.mark.slow
@pytest.mark.parametrize("production", DESIGNS)
def test_the_combined_estimator_ranks_best_with_noise(production):
    q = solve_economy(Economy(production, search_intensity_employed=0.2))
    panel = simulate(q, seed=21, noise=0.2)
    bins = panel.data.groupby("worker")["worker_type"].first().to_numpy()
    market, moves = labour_market(panel, bins), job_moves(panel, bins)
    kind = panel.data.groupby("firm")["firm_type"].first().to_numpy()
    truth = q.vacancy_flow_value[kind]
    error = {}
    for method in ("paper", "movers", "combined"):
        found = poaching_omega(
            market, moves, method=method, vacancies=100 - market.employment
        )
        error[method] = np.sqrt(np.mean((found.vacancy_flow_value - truth) ** 2))
    assert error["combined"] < 0.75 * min(error["paper"], error["movers"])
    assert error["combined"] < 0.035


def test_bad_input():
    _, market, moves = population(PAM)
    with pytest.raises(ValueError, match="method = 'other' is not known"):
        poaching_omega(market, moves, method="other")
    with pytest.raises(ValueError, match="method = 'other' is not known"):
        contacts(market, moves, method="other")
    with pytest.raises(ValueError, match="discount_factor = 2"):
        poaching_omega(market, moves, discount_factor=2)
    with pytest.raises(ValueError, match="booleans of shape"):
        poaching_omega(market, moves, accepted=np.ones((2, 2), bool))
    with pytest.raises(ValueError, match="vacancies has shape"):
        poaching_omega(market, moves, vacancies=np.ones(3))
    nobody = np.zeros(0, dtype=int)
    with pytest.raises(ValueError, match="No worker moves from one firm"):
        poaching_omega(market, JobMoves(nobody, nobody, nobody, nobody))
    with pytest.raises(ValueError, match="No hire out of unemployment"):
        poaching_omega(replace(market, hires=0 * market.hires), moves)
    with pytest.raises(ValueError, match="No wage of a worker"):
        smooth_wages(np.full((3, 2), np.nan), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="labour_share = 0"):
        vacancies_from_labour_share(market, moves, 0.0, 1.0)


def test_small_and_odd_panels_work():
    rows = pd.DataFrame(
        {
            "worker": ["a", "a", "b", "b", "c"],
            "firm": ["p", "q", "q", "p", "r"],
            "start": [1, 5, 2, 6, 3],
            "end": [5, 9, 6, 10, 10],
            "wage": [1.0, 1.2, 2.0, 1.9, 1.5],
            "origin": ["unemployment", "firm", "unemployment", "firm", "unemployment"],
        }
    )
    panel = Panel(rows, window=(0, 12))
    bins = np.array([0, 1, 1])
    found = poaching_omega(labour_market(panel, bins, 2), job_moves(panel, bins))
    assert np.isfinite(found.rank).all()
    assert (found.omega >= 0).all()
    assert found.filling_rate[2] == 0  # r poaches nobody
