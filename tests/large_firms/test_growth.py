"""Whether firms grow without end: against one firm freed of the bound, step by step."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import solve_banded
from scipy.special import ndtri

from jobteams_lab.large_firms import additive
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.exact import CrossSection, FiniteEconomy, solve, value_at
from jobteams_lab.large_firms.growth import critical_productivity, growth

TWO_TYPES = {
    "human_capital": [0.8, 1.2],
    "newborn_shares": [0.5, 0.5],
    "max_team_size": 3,
}
ONE_TYPE = {**TWO_TYPES, "human_capital": [1.0], "newborn_shares": [1.0]}


def one_type(**changes):
    return FiniteEconomy.example(**{**ONE_TYPE, **changes})


def freed(found, firm, most):
    """V of one firm with 0 to `most` workers of the only type; the others stay bound.

    Policy iteration from the bounded value; meeting rates and what incumbents ask for
    are the equilibrium's.
    """
    economy = found.economy
    mass = found.cross_section.meeting_mass(found.problem.teams)
    offers = economy.contact_rate_nonemployed * found.cross_section.nonemployed[0]
    asked, rates = [0.0], [offers / mass]
    for t in range(economy.firm_types):
        for n in range(economy.max_team_size):
            held = (n + 1) * found.cross_section.firms[t, n + 1]
            asked.append(max(found.surplus[0, t, n], 0.0))
            rates.append(economy.contact_rate_employed * held / mass)
    asked, rates = np.array(asked), np.array(rates)
    outside, n = economy.outside_values[0], np.arange(most + 1)
    output = economy.productivity[firm] * n ** (1 / economy.ces_exponent)
    bounded = found.value[firm]
    value = bounded[-1] + (n - len(bounded) + 1) * outside
    value[: len(bounded)] = bounded[: most + 1]
    while True:
        surplus = np.diff(value) - outside
        accepted = rates * (surplus[:, None] > asked)
        up = np.append((1 + n[:-1]) * accepted.sum(axis=1), 0.0)
        paid = (1 + n[:-1]) * (accepted * (asked + outside)).sum(axis=1)
        quits = economy.renegotiation_rate + economy.contact_rate_employed
        quits = np.append(0.0, n[1:] * quits * (surplus < 0))
        down = n * economy.separation_rate + quits
        flow = output - np.append(paid, 0.0) + economy.firm_death_rate * n * outside
        flow += (n * economy.match_break_rate + quits) * outside
        matrix = np.zeros((3, most + 1))
        matrix[0, 1:], matrix[2, :-1] = -up[:-1], -down[1:]
        matrix[1] = economy.discount_rate + economy.firm_death_rate + up + down
        new = solve_banded((1, 1), matrix, flow)
        if np.abs(new - value).max() <= 1e-9 * np.abs(new).max():
            return new
        value = new


def test_the_plain_firm_is_worth_what_the_solver_says():
    found = solve(one_type())
    for firm in (0, 1):
        assert freed(found, firm, 3) == pytest.approx(found.value[firm], rel=1e-9)


def test_values_flagged_infinite_grow_with_the_bound():
    found = solve(Economy.paper().discretise(1, 1, 5, 1))
    said = growth(found)
    assert said.table["infinite_value"].all()
    assert said.market_growth > said.bound
    for firm in range(5):
        values = [freed(found, firm, most)[5] for most in (40, 160, 640, 2560)]
        assert all(b > 2 * a for a, b in pairwise(values))


def test_values_flagged_finite_come_to_rest():
    # few meetings: nobody could grow faster than ρ + δ_f
    slow = one_type(contact_rate_employed=0.05, contact_rate_nonemployed=0.25)
    found = solve(slow)
    said = growth(found)
    assert said.market_growth < said.bound
    assert not said.table["infinite_value"].any()
    assert np.isinf(said.critical_productivity)
    assert "No firm's value would be infinite" in said.sentence
    values = [freed(found, 1, most)[2] for most in (100, 1000, 10_000)]
    assert values[2] - values[1] < 0.5 * (values[1] - values[0])


def test_increasing_returns_need_less_growth():
    # between η (ρ + δ_f) and ρ + δ_f a worker's value is finite, a team's is not
    found = solve(one_type(contact_rate_employed=0.13, contact_rate_nonemployed=0.25))
    said = growth(found)
    assert 0.8 * 0.07 < said.market_growth < 0.07
    assert np.isinf(said.critical_productivity)
    assert said.table["infinite_value"].all()
    assert said.table["takes_off_at"].isna().all()
    assert "once it is large it gains" in said.sentence
    values = [freed(found, 1, most)[2] for most in (100, 1000, 10_000, 100_000)]
    rises = np.diff(values)
    assert rises[0] < rises[1] < rises[2]


def test_the_critical_productivity_parts_finite_from_infinite_values():
    # without increasing returns it is a threshold for z itself
    found = solve(one_type(ces_exponent=1.0, nonemployment_income=0.5))
    said = growth(found)
    critical = said.critical_productivity
    assert 0 < critical < np.inf

    def with_productivity(z):
        economy = dataclasses.replace(
            found.economy, productivity=np.array([z, found.economy.productivity[1]])
        )
        return dataclasses.replace(found, economy=economy)

    below, above = (
        with_productivity(0.98 * critical),
        with_productivity(1.02 * critical),
    )
    assert not growth(below).table["infinite_value"][0]
    assert growth(above).table["infinite_value"][0]
    low = [freed(below, 0, most)[2] for most in (1000, 4000)]
    high = [freed(above, 0, most)[2] for most in (1000, 4000)]
    assert low[1] == pytest.approx(low[0], rel=1e-6)
    assert high[1] > 1.5 * high[0]


def test_substitutes_bound_a_team_themselves():
    found = solve(one_type(ces_exponent=1.5, max_team_size=6))
    said = growth(found)
    assert said.market_growth > said.bound
    assert not said.table["infinite_value"].any()
    values = [freed(found, 1, most)[2] for most in (100, 400, 1600)]
    assert values[2] - values[1] < 0.5 * (values[1] - values[0])


def test_rates_at_the_bound_are_those_of_the_largest_teams_that_hire():
    found = solve(FiniteEconomy.example(**TWO_TYPES))
    table = growth(found).table
    teams, here = found.problem.teams, found.cross_section.firms
    for firm in (0, 1):
        hires, left, poached, mass = 0.0, 0.0, 0.0, 0.0
        for m in np.flatnonzero(teams.sizes == 2):
            weight = here[firm, m]
            mass += weight
            for k in (0, 1):
                hires += weight * found.flows.hires[k, firm, m]
                if teams.counts[m, k]:
                    rung = k, firm, teams.lower[m, k]
                    each = weight * teams.counts[m, k] / 2
                    poached += each * found.flows.poached[rung]
                    left += each * found.flows.quits[rung]
        row = table.loc[firm]
        assert row["size"] == 2
        assert row["hires"] == pytest.approx(hires / mass, rel=1e-12)
        assert row["poached"] == pytest.approx(poached / mass, rel=1e-12)
        separations = 0.05 + 0.127 + (left + poached) / mass
        assert row["separations"] == pytest.approx(separations, rel=1e-12)
        assert row["growth"] == pytest.approx(row["hires"] - row["separations"])


def test_teams_of_one_have_rates_too():
    table = growth(solve(one_type(max_team_size=1))).table
    assert (table["size"] == 0).all()
    assert np.isfinite(table["separations"]).all()


def test_types_without_teams_of_that_size_get_the_plain_mean():
    found = solve(one_type())
    firms = found.cross_section.firms.copy()
    firms[0, 2] = 0
    now = CrossSection(firms, found.cross_section.nonemployed)
    table = growth(dataclasses.replace(found, cross_section=now)).table
    assert table["hires"][0] == pytest.approx(found.flows.hires[0, 0, 2], rel=1e-12)


def test_the_sentence_names_the_type_and_its_rates():
    found = solve(Economy.paper().discretise(1, 1, 5, 1))
    said = growth(found)
    assert "a firm of type 4 (z = 1.64, q = 0.984) would grow" in said.sentence
    assert f"{said.market_growth:.3f} a year, more than the 0.048" in said.sentence
    assert said.sentence.endswith("so max_team_size = 10 decides the result.")
    assert repr(said) == f"Growth({said.sentence})"
    assert "so would all other types" in said.sentence


def test_the_notes_values_are_those_of_larger_teams_in_the_bounded_market():
    # V at the best z with five workers: 188, 261, 446, 777 as the bound on teams is 11,
    # 20, 40, 80, with the meeting rates of the economy bounded at 11
    economy = Economy.paper(contact_rate_nonemployed=0.314, max_team_size=11)
    finite = economy.discretise(1, 1, 5, 1)
    medians = np.exp(0.342 * ndtri([0.1, 0.3, 0.5, 0.7, 0.9]))
    finite = dataclasses.replace(finite, productivity=medians)
    found = solve(finite)
    values = []
    for most in (11, 20, 40, 80):
        firms = np.zeros((5, most + 1))
        firms[:, :12] = found.cross_section.firms
        now = CrossSection(firms, found.cross_section.nonemployed)
        larger = dataclasses.replace(finite, max_team_size=most)
        values.append(round(value_at(larger, now)[0][4, 5]))
    assert values == [188, 261, 446, 777]


@pytest.mark.parametrize("function", [growth, critical_productivity])
def test_growth_takes_equilibria_over_all_teams(function):
    linear = {"learning_from_better": 0.0, "learning_from_worse": 0.0}
    economy = one_type(ces_exponent=1.0, contact_rate_employed=0.1, **linear)
    found = additive.equilibrium(economy)
    for other in (economy, found):
        words = (
            f"{function.__name__} takes an Equilibrium, not {type(other).__name__}:"
            r" call exact\.solve\(economy\) first"
        )
        with pytest.raises(TypeError, match=words):
            function(other)
