"""Measures of an equilibrium against lists of workers, Markov chains and loops."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from jobteams_lab.large_firms.exact import CrossSection, FiniteEconomy, solve
from jobteams_lab.large_firms.finite_learning import log_growth
from jobteams_lab.large_firms.team_measures import (
    SampledTransitions,
    Sorting,
    TeamSizes,
    concentration,
    learning_decomposition,
    learning_terms,
    refusals,
    sampled_transitions,
    sizes_by_firm_type,
    sorting,
    team_sizes,
    workers_by_firm_type,
)

ECONOMY = {
    "ability": [0.96, 1.03],
    "newborn_shares": [0.1, 0.2, 0.25, 0.15, 0.2, 0.1],
    "learning_environment": [1.02, 0.97],
    "firm_shares": [0.4, 0.6],
}


def economy(**changes):
    return FiniteEconomy.example(**{**ECONOMY, **changes})


@pytest.fixture(scope="module")
def found():
    return solve(economy())


@pytest.fixture(scope="module")
def alike():
    return solve(economy(human_capital=[1.0], newborn_shares=[1.0], ability=[1.0]))


@pytest.fixture(scope="module")
def workers(found):
    """One row an employed worker's kind: mass, type, firm type, size, coworkers."""
    teams, rows = found.problem.teams, []
    for t in range(2):
        for m, counts in enumerate(teams.counts):
            for k in np.flatnonzero(counts):
                others = counts.copy()
                others[k] -= 1
                mass = found.cross_section.firms[t, m] * counts[k]
                rows.append((mass, k, t, counts.sum(), others))
    return rows


def with_sizes(alike, shares):
    """The one-type economy with given shares of its firms in each size, (2, 5)."""
    now = CrossSection(np.array(shares), alike.cross_section.nonemployed)
    return dataclasses.replace(alike, cross_section=now)


def test_sizes_are_counted_over_firms_with_workers(found, alike):
    firms, sizes = found.cross_section.firms, found.problem.teams.sizes
    total, weighted, by_type = 0.0, 0.0, np.zeros((2, 5))
    for t in range(2):
        for m, n in enumerate(sizes):
            by_type[t, n] += firms[t, m]
            if n:
                total, weighted = total + firms[t, m], weighted + n * firms[t, m]
    assert team_sizes(found).mean == pytest.approx(weighted / total, rel=1e-12)
    expected = by_type / by_type.sum(axis=1, keepdims=True)
    assert sizes_by_firm_type(found) == pytest.approx(expected, rel=1e-12)
    here = with_sizes(alike, [[0.2, 0.05, 0.05, 0.05, 0.05], [0.2, 0.25, 0.1, 0.05, 0]])
    # of 0.6: 0.3 one, 0.15 two, 0.1 three, 0.05 four
    assert tuple(team_sizes(here)) == pytest.approx((1.1 / 0.6, 1, 3), rel=1e-12)


def test_concentration_takes_the_largest_firms(alike):
    here = with_sizes(
        alike, [[0.5, 0.1, 0.0, 0.0, 0.004], [0.3, 0.05, 0.03, 0.01, 0.006]]
    )
    mass = 0.15 + 2 * 0.03 + 3 * 0.01 + 4 * 0.01
    assert concentration(here) == pytest.approx(0.04 / mass)
    assert concentration(here, 0.015) == pytest.approx((0.04 + 0.015) / mass)
    assert concentration(here, 0.005) == pytest.approx(0.02 / mass)
    assert concentration(here, 1.0) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="top = 0 must be greater than 0"):
        concentration(here, 0)


def test_workers_by_firm_type_are_shares(found, workers):
    counted = np.zeros(2)
    for mass, _, t, *_ in workers:
        counted[t] += mass
    shares = workers_by_firm_type(found)
    assert shares == pytest.approx(counted / counted.sum(), rel=1e-12)


def test_sorting_is_that_of_a_list_of_workers(found, workers):
    log_h = np.log(found.economy.worker_human_capital)
    mass = np.array([row[0] for row in workers])
    own = np.array([log_h[row[1]] for row in workers])
    log_z = np.array([np.log(found.economy.productivity[row[2]]) for row in workers])
    beside = [row[4] @ log_h / max(row[4].sum(), 1) for row in workers]
    company = np.array([row[3] > 1 for row in workers])
    answer = sorting(found)
    covariance = np.cov(own, log_z, aweights=mass, ddof=0)
    expected = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert answer.firm == pytest.approx(expected, rel=1e-10)
    assert answer.sd == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-12)
    assert answer.mean == pytest.approx(np.average(own, weights=mass), rel=1e-12)
    covariance = np.cov(own, beside, aweights=mass * company, ddof=0)
    expected = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert answer.coworkers == pytest.approx(expected, rel=1e-10)
    for t in (0, 1):
        here = mass * (np.array([row[2] for row in workers]) == t)
        mean = np.average(own, weights=here)
        assert answer.mean_by_firm[t] == pytest.approx(mean, rel=1e-12)


def test_what_does_not_vary_has_no_correlation(alike):
    answer = sorting(alike)
    assert np.isnan(answer.firm) and np.isnan(answer.coworkers)
    assert answer.sd == 0


def test_learning_terms_are_those_of_the_model(found, workers):
    terms = learning_terms(found)
    teams, parameters = found.problem.teams, found.economy
    growth = log_growth(parameters, teams.counts)
    types = np.arange(6)
    whole = growth[teams.upper, types].T[:, None, :]
    whole = whole + np.log(parameters.learning_environment)[:, None]
    assert sum(terms) == pytest.approx(whole, abs=1e-14)

    log_h = np.log(parameters.worker_human_capital)
    rows = []
    for _, k, t, size, others in workers:
        better = worse = 0.0
        for other, number in enumerate(others):
            gap = number * (log_h[other] - log_h[k]) / max(size - 1, 1)
            better, worse = better + 0.3 * max(gap, 0), worse + 0.1 * min(gap, 0)
        ability = np.log(parameters.worker_ability[k])
        q = np.log(parameters.learning_environment[t])
        rows.append((ability, q, better, worse))
    covariance = np.cov(np.array(rows).T, aweights=[row[0] for row in workers], ddof=0)
    shares = learning_decomposition(found)
    total = covariance.sum()
    for i in range(4):
        for j in range(4):
            expected = (1 if i == j else 2) * covariance[i, j] / total
            share = shares.iloc[i, j]
            if j < i:
                assert np.isnan(share)
            else:
                assert share == pytest.approx(expected, abs=1e-11)
    assert np.nansum(shares) == pytest.approx(1, rel=1e-12)


def test_no_variance_is_not_decomposed():
    flat = economy(
        human_capital=[1.0],
        newborn_shares=[1.0],
        ability=[1.0],
        learning_environment=[1.0, 1.0],
        max_team_size=1,
    )
    with pytest.raises(ValueError, match="All employed workers learn the same"):
        learning_decomposition(solve(flat))


@settings(deadline=None, max_examples=20)
@given(interval=st.floats(0.05, 20), replaced=st.booleans())
def test_sampled_transitions_are_powers_of_a_chain(alike, interval, replaced):
    rates = alike.transition_rates
    lost = rates.EN + 0.05 * replaced
    # the first job, no job, any other job
    generator = np.array(
        [
            [-lost - rates.EE, lost, rates.EE],
            [0, -rates.NE, rates.NE],
            [0, lost, -lost],
        ]
    )
    steps = np.linalg.matrix_power(expm(generator * interval / 64), 64)
    how = "replaced" if replaced else "left out"
    seen = sampled_transitions(alike, interval, retirement=how)
    assert seen.EN == pytest.approx(steps[0, 1], abs=1e-12)
    assert seen.NE == pytest.approx(steps[1, 2], abs=1e-12)
    assert seen.EE == pytest.approx(steps[0, 2], abs=1e-12)


def test_short_intervals_see_the_rates(found):
    seen = sampled_transitions(found, 1e-6)
    assert np.array(seen) / 1e-6 == pytest.approx(found.transition_rates, rel=1e-5)
    with pytest.raises(ValueError, match="interval = 0 must be finite and greater"):
        sampled_transitions(found, 0)
    with pytest.raises(ValueError, match="retirement = 'kept' is not known"):
        sampled_transitions(found, 1, retirement="kept")


def test_refusals_are_the_negative_surpluses(found):
    table = refusals(found)
    rows = {
        (row.firm_type, row.team, row.worker_type): row for row in table.itertuples()
    }
    teams, seen = found.problem.teams, 0
    h = found.economy.worker_human_capital
    for t in range(2):
        for counts in teams.counts[: teams.growing]:
            for k in range(6):
                joined = counts.copy()
                joined[k] += 1
                surplus = found.surplus_of(t, joined, k)
                if surplus >= 0:
                    continue
                seen += 1
                row = rows[t, tuple(counts.tolist()), k]
                assert row.surplus == pytest.approx(surplus, rel=1e-9)
                others = h[counts > 0]
                assert row.best == (len(others) > 0 and (h[k] > others).all())
                assert row.worst == (len(others) > 0 and (h[k] < others).all())
                firms = found.cross_section.firms[t, teams.index(joined)]
                assert row.employed == pytest.approx(firms * joined[k], rel=1e-12)
    assert seen == len(table) > 0
    assert table["refused"].is_monotonic_decreasing


def test_refusals_and_hires_are_all_meetings_of_firms_that_are_not_full(found):
    teams, here = found.problem.teams, found.cross_section
    offers = 0.9 * here.nonemployed.sum()
    met = offers * here.receivers(teams).sum() / here.meeting_mass(teams)
    hired = found.transition_rates.NE * here.nonemployed.sum()
    assert refusals(found)["refused"].sum() == pytest.approx(met - hired, abs=1e-9)
    quitting = found.employed[found.flows.quits > 0].sum()
    assert refusals(found)["employed"].sum() == pytest.approx(quitting, rel=1e-9)


def test_weak_teams_refuse_the_best_where_he_would_unlearn():
    def solved(theta):
        found = solve(
            economy(
                ability=[1.0],
                newborn_shares=[0.3, 0.4, 0.3],
                learning_environment=[1.0, 1.0],
                firm_shares=[0.5, 0.5],
                contact_rate_employed=0.1,
                nonemployment_income=0.7,
                learning_from_worse=theta,
            )
        )
        assert found.residuals.undecided < 1e-3
        table = refusals(found)
        return table[table["best"]]

    table = solved(0.6)
    weak = table[(table["worker_type"] == 2) & (table["team"] == (3, 0, 0))]
    assert sorted(weak["firm_type"]) == [0, 1]
    assert (weak["refused"] > 1e-3).all()
    assert not (solved(0.0)["firm_type"] == 1).any()


def half_year(equilibrium):
    return sampled_transitions(equilibrium, 0.5)


@pytest.mark.parametrize(
    "measure",
    [
        concentration,
        learning_decomposition,
        learning_terms,
        refusals,
        half_year,
        sizes_by_firm_type,
        sorting,
        team_sizes,
        workers_by_firm_type,
    ],
)
def test_measures_take_equilibria(measure):
    name = measure.__name__ if measure is not half_year else "sampled_transitions"
    words = rf"{name} takes an Equilibrium, not FiniteEconomy: call exact\.solve"
    with pytest.raises(TypeError, match=words):
        measure(economy())


@pytest.fixture(scope="module")
def idle():
    return solve(FiniteEconomy.example(nonemployment_income=50))


def test_where_nobody_works_there_is_nothing_to_measure(idle):
    assert 0 <= idle.employment_rate < 1e-12
    assert np.isnan(team_sizes(idle)).all()
    assert np.isnan(workers_by_firm_type(idle)).all()
    assert np.isnan(concentration(idle))
    *numbers, by_firm = sorting(idle)
    assert np.isnan(numbers).all() and np.isnan(by_firm).all()
    assert learning_decomposition(idle).isna().all(axis=None)
    seen = sampled_transitions(idle, 0.5)
    assert np.isnan(seen.EN) and np.isnan(seen.EE) and seen.NE == 0


def test_few_who_work_are_measured():
    # with so few meetings hardly anybody works, but those are no rounding
    found = solve(FiniteEconomy.example(contact_rate_nonemployed=1e-5))
    assert 0 < found.employment_rate < 1e-3
    assert team_sizes(found).mean == pytest.approx(1, abs=1e-2)
    assert workers_by_firm_type(found).sum() == pytest.approx(1)
    assert np.isfinite(sorting(found).firm)


def test_a_type_without_firms_has_no_sizes():
    found = solve(FiniteEconomy.example(firm_shares=[0.0, 1.0]))
    none, all_firms = sizes_by_firm_type(found)
    assert np.isnan(none).all()
    assert all_firms == pytest.approx(found.size_distribution, rel=1e-12)
    assert np.isnan(sorting(found).mean_by_firm[0])


@pytest.mark.parametrize("table", [TeamSizes, Sorting, SampledTransitions])
def test_help_says_what_each_field_is(table):
    lines = table.__doc__.split("Attributes")[1].splitlines()
    named = [line.split(" : ")[0].strip() for line in lines if " : " in line]
    assert ", ".join(named).split(", ") == list(table._fields)
