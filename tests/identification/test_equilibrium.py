"""Equilibria against their equations in levels, closed forms, limits and each other."""

import re

import numpy as np
import plain_equilibrium as plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jobteams_lab.identification import (
    NAM,
    NEITHER,
    PAM,
    Economy,
    MatchQuality,
    Types,
    designs,
    solve,
)

FUNCTIONS = [PAM, NAM, NEITHER]


@pytest.fixture(scope="module", params=[0.0, 0.2], ids=["benchmark", "on the job"])
def small(request):
    """The three production functions with 12 worker and 9 firm types."""
    sides = {"worker_types": Types.normal(12), "firm_types": Types.bimodal(9)}
    return [
        solve(Economy(f, search_intensity_employed=request.param, **sides))
        for f in FUNCTIONS
    ]


@pytest.mark.parametrize(
    ("production", "unemployment", "sign"),
    [(PAM, 0.03446, 1), (NAM, 0.04703, -1), (NEITHER, 0.03763, -1)],
)
def test_the_check_values(production, unemployment, sign):
    q = solve(Economy(production))
    assert q.converged
    assert round(q.unemployment_rate, 5) == unemployment
    assert np.sign(q.sorting) == sign


def test_the_check_value_on_the_job():
    q = solve(Economy(PAM, search_intensity_employed=0.2))
    assert round(q.unemployment_rate, 5) == 0.06532
    assert plain.accounting_gap(q) < 1e-14
    assert plain.flow_gap(q) < 1e-11


def test_values_wages_and_flows_solve_the_equations_in_levels(small):
    for q in small:
        gaps = plain.poaching_gaps(q) if q.mobility is not None else None
        gaps = gaps or plain.benchmark_gaps(q)
        assert max(gaps.values()) < 1e-10, gaps
        assert plain.accounting_gap(q) < 1e-12
        assert plain.flow_gap(q) < 1e-10


def test_the_plain_equations_notice_what_is_not_an_equilibrium(small):
    """The yardstick itself: each part, when moved a little, opens a gap."""
    from dataclasses import replace

    for q in small:
        for name in (
            "unemployed_flow_value",
            "vacancy_flow_value",
            "acceptance",
            "match_density",
            "unemployed",
            "vacancies",
        ):
            part = getattr(q, name)
            moved = replace(
                q, **{name: np.where(part == part.max(), part * 0.99, part)}
            )
            assert plain.worst_gap(moved) > 1e-6, name


def test_acceptance_is_consistent_with_the_sign_of_the_surplus(small):
    for q in small:
        assert (q.acceptance[q.surplus > 1e-9] == 1).all()
        assert (q.acceptance[q.surplus < -1e-9] == 0).all()
        assert (q.match_density[q.acceptance == 0] < 1e-15).all()
        assert (q.match_density[q.acceptance > 0] > 0).all()
        mixed = (q.acceptance > 0) & (q.acceptance < 1)
        assert np.abs(q.surplus[mixed]).max(initial=0) < 1e-9


def test_workers_move_to_the_higher_surplus(small):
    for q in small:
        if q.mobility is None:
            continue
        rise = q.surplus[:, None, :] - q.surplus[:, :, None]
        hires = (q.surplus[:, None, :] >= 0) & (q.surplus[:, :, None] >= 0)
        assert (q.mobility[hires & (rise > 1e-9)] == 1).all()
        assert (q.mobility[hires & (rise < -1e-9)] == 0).all()
        assert ((q.mobility >= 0) & (q.mobility <= 1)).all()


def test_meeting_rates_are_those_of_the_masses(small):
    for q in small:
        assert q.meeting_rates == pytest.approx(plain.rates(q), rel=1e-10)
        assert q.unemployment_rate == pytest.approx(1 - q.match_density.sum())


def test_nash_wages_two_ways():
    """(A.2), and the worker's share of the surplus in the month's income."""
    q = solve(Economy(NAM, bargaining_power=0.3, worker_types=Types.uniform(9)))
    e = q.economy
    income = q.unemployed_flow_value[:, None]
    by_surplus = income + e.bargaining_power * (1 - e.patience) * q.surplus
    assert np.allclose(q.wage, by_surplus, atol=1e-12)
    firm = e.output - q.vacancy_flow_value
    by_firm = firm - (1 - e.bargaining_power) * (1 - e.patience) * q.surplus
    assert np.allclose(q.wage, by_firm, atol=1e-12)


def test_wages_of_the_hired_and_the_poached(small):
    """A worker poached from a firm as good gets what one hired from unemployment gets.

    Poached from a firm of no surplus at all he is paid less than b's worth today, as
    (1 − β)V_u less the value of the raise he hopes for.
    """
    for q in small:
        if q.mobility is None:
            with pytest.raises(
                ValueError, match="poached_wage needs search on the job"
            ):
                _ = q.poached_wage
            continue
        e = q.economy
        assert np.allclose(
            q.wage, q.unemployed_flow_value[:, None] + (1 - e.patience) * q.surplus
        )
        x, y = np.nonzero(q.acceptance == 1)
        same = q.poached_wage[x, y, y]
        assert np.allclose(same, q.wage[x, y], atol=1e-12)
        # the better the firm left, the higher the wage
        order = np.argsort(q.surplus, axis=1)
        by_old = np.take_along_axis(q.poached_wage, order[:, None, :], axis=2)
        assert (np.diff(by_old, axis=2) >= -1e-12).all()


@pytest.mark.parametrize("phi", [0.0, 0.2])
def test_one_type_each_in_closed_form(phi):
    """X = Y = 1: U = V, δ(1 − U) = (1 − δ) m and R, Q from one surplus."""
    beta, delta, alpha, kappa, b, f = 0.99, 0.02, 0.3, 0.5, 0.2, 1.5
    one = Types([0.5], [1.0])
    q = solve(
        Economy(
            [[f]],
            discount_factor=beta,
            separation_rate=delta,
            bargaining_power=alpha,
            matching_efficiency=kappa,
            search_intensity_employed=phi,
            home_production=b,
            worker_types=one,
            firm_types=one,
        )
    )
    c = beta * (1 - delta)
    if phi == 0:
        # m = κU, δ(1 − U) = (1 − δ)κU
        u = delta / (delta + (1 - delta) * kappa)
        surplus = (f - b) / (1 - c + c * kappa)
        worker, firm = (
            b + c * alpha * kappa * surplus,
            c * (1 - alpha) * kappa * surplus,
        )
    else:
        # moves between equal firms leave masses alone: δ(1 − U) = (1 − δ) U M_u with
        # M_u = κ √(U/s), s = φ + (1 − φ)U, which rises in U: bisect
        low, high = 0.0, 1.0
        for _ in range(200):
            u = (low + high) / 2
            met = kappa * (u / (phi + (1 - phi) * u)) ** 0.5
            inflow, outflow = delta * (1 - u), (1 - delta) * u * met
            low, high = (u, high) if inflow > outflow else (low, u)
        surplus = (f - b) / (1 - c + c * met)
        worker, firm = b + c * met * surplus, 0.0
    assert q.unemployment_rate == pytest.approx(u, rel=1e-12)
    assert q.surplus[0, 0] == pytest.approx(surplus, rel=1e-10)
    assert q.unemployed_flow_value[0] == pytest.approx(worker, rel=1e-10)
    assert q.vacancy_flow_value[0] == pytest.approx(firm, abs=1e-12)
    assert np.isnan(q.sorting)


def test_two_types_who_only_match_with_their_like():
    """Off the diagonal nothing is made: two markets that share one meeting place.

    By symmetry u = v and all diagonal surpluses are equal: M κ of the meetings are
    with the right type half of the time.
    """
    beta, delta, kappa = 0.996, 0.01, 0.4
    two = Types([0.0, 1.0], [0.5, 0.5])
    q = solve(Economy([[1.0, -9.0], [-9.0, 1.0]], worker_types=two, firm_types=two))
    c, met = beta * (1 - delta), kappa / 2
    surplus = 1 / (1 - c + c * met)
    assert (q.acceptance == np.eye(2)).all()
    assert q.unemployment_rate == pytest.approx(
        delta / (delta + (1 - delta) * met), rel=1e-10
    )
    assert np.diag(q.surplus) == pytest.approx(surplus, rel=1e-10)
    assert q.unemployed_flow_value == pytest.approx(c * met * surplus / 2, rel=1e-10)
    assert q.sorting == pytest.approx(1)


@pytest.mark.parametrize("production", FUNCTIONS)
def test_the_benchmark_is_symmetric_in_the_two_sides(production):
    """Transposed, with 1 − α, workers become firms."""
    x, y = Types.normal(8), Types.bimodal(6)
    first = Economy(production, bargaining_power=0.3, worker_types=x, firm_types=y)
    turned = Economy(first.output.T, bargaining_power=0.7, worker_types=y, firm_types=x)
    q, t = solve(first), solve(turned)
    assert np.allclose(q.unemployed_flow_value, t.vacancy_flow_value, atol=1e-9)
    assert np.allclose(q.vacancy_flow_value, t.unemployed_flow_value, atol=1e-9)
    assert np.allclose(q.match_density, t.match_density.T, atol=1e-9)
    assert q.sorting == pytest.approx(t.sorting, abs=1e-8)


@pytest.mark.parametrize("production", FUNCTIONS)
def test_output_in_other_units(production):
    """All values scale with output; masses and decisions do not."""
    e = Economy(production, worker_types=Types.uniform(9), firm_types=Types.uniform(9))
    q = solve(e)
    p = solve(
        Economy(
            7 * e.output, worker_types=Types.uniform(9), firm_types=Types.uniform(9)
        )
    )
    assert np.allclose(7 * q.unemployed_flow_value, p.unemployed_flow_value, atol=1e-8)
    assert np.allclose(q.match_density, p.match_density, atol=1e-9)


def test_as_search_on_the_job_vanishes_firms_lose_all_rents():
    """φ → 0 is not the benchmark: the unemployed take all and vacancies are worth 0.

    It is the benchmark with all the bargaining power on the workers' side.
    """
    sides = {"worker_types": Types.uniform(8), "firm_types": Types.uniform(6)}
    almost = solve(Economy(NAM, search_intensity_employed=1e-7, **sides))
    all_power = solve(Economy(NAM, bargaining_power=1 - 1e-7, **sides))
    assert np.abs(almost.vacancy_flow_value).max() < 1e-5
    assert np.allclose(
        almost.unemployed_flow_value, all_power.unemployed_flow_value, atol=1e-5
    )
    assert almost.unemployment_rate == pytest.approx(
        all_power.unemployment_rate, abs=1e-5
    )
    assert np.allclose(almost.match_density, all_power.match_density, atol=1e-4)


@pytest.mark.parametrize(("production", "best"), [(PAM, 1), (NAM, -1)])
def test_less_friction_less_mismatch(production, best):
    """As meetings speed up and matches last, output nears that of Becker's assignment.

    PAM pairs equals, NAM opposites.
    """
    types = Types.uniform(12)
    ideal = Economy(production, worker_types=types, firm_types=types).output
    ideal = np.diag(ideal if best > 0 else ideal[:, ::-1]).mean()
    output, width, sorting = [], [], []
    for delta in (0.1, 0.01, 0.001, 0.0001):
        q = solve(
            Economy(
                production,
                discount_factor=0.9999,
                separation_rate=delta,
                matching_efficiency=1.0,
                worker_types=types,
                firm_types=types,
            )
        )
        output.append(q.match_density.ravel() @ q.economy.output.ravel())
        width.append(q.acceptance.mean())
        sorting.append(best * q.sorting)
    assert (np.diff(output) > 0).all()
    assert (np.diff(width) < 0).all()
    assert (np.diff(sorting) > 0).all()
    assert output[-1] < ideal
    assert output[-1] == pytest.approx(ideal, rel=0.01)
    assert sorting[-1] > 0.95


def test_match_quality_solves_the_equations_and_nests_the_benchmark():
    sides = {"worker_types": Types.uniform(10), "firm_types": Types.normal(7)}
    for f in FUNCTIONS:
        q = solve(Economy(f, match_quality=MatchQuality.normal(count=5), **sides))
        assert plain.worst_gap(q) < 1e-11
        assert np.allclose(
            q.acceptance, q.quality_acceptance @ q.economy.match_quality.probability
        )
        # a better draw is accepted wherever a worse one is
        assert (np.diff(q.quality_acceptance, axis=2) >= 0).all()
        none = solve(Economy(f, **sides))
        tiny = solve(
            Economy(f, match_quality=MatchQuality.normal(1e-5, count=3), **sides)
        )
        assert np.allclose(none.match_density, tiny.match_density, atol=1e-4)
        assert np.allclose(
            none.unemployed_flow_value, tiny.unemployed_flow_value, atol=1e-4
        )


@pytest.mark.parametrize("production", FUNCTIONS)
def test_patient_agents(production):
    q = solve(Economy(production, discount_factor=0.999))
    assert q.converged
    impatient = solve(Economy(production))
    assert q.acceptance.mean() < impatient.acceptance.mean()


def test_workers_values_rise_with_their_type():
    for f in FUNCTIONS:
        q = solve(Economy(f))
        assert (np.diff(q.unemployed_value) > 0).all()
        assert (np.diff(q.vacancy_value) > 0).all()
        assert (np.diff(q.wage, axis=0) > 0).all()


def test_what_is_not_an_economy_is_refused():
    with pytest.raises(TypeError, match="solve takes an Economy, not function"):
        solve(PAM)


@st.composite
def economies(draw, on_the_job):
    """Any production above what staying at home brings.

    Exact ties are broken: firms that are the same to everybody leave it open which of
    them a worker moves to, and no equilibrium is the one.
    """
    workers, firms = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    numbers = st.floats(0.1, 2.0).map(lambda number: round(number, 3))
    production = draw(arrays(np.float64, (workers, firms), elements=numbers))

    x, y = np.indices((workers, firms))
    production = production + 0.05 * np.sin(1 + 7 * x + 3 * y) ** 2

    def side(count):
        mass = draw(arrays(np.float64, count, elements=st.floats(0.05, 1.0)))
        return Types(np.arange(float(count)), mass / mass.sum())

    home = draw(st.sampled_from([0.0, 0.05]))
    return Economy(
        production,
        discount_factor=draw(st.sampled_from([0.95, 0.996])),
        separation_rate=draw(st.sampled_from([0.01, 0.025, 0.1])),
        bargaining_power=draw(st.floats(0.1, 0.9)),
        matching_efficiency=draw(st.sampled_from([0.2, 0.4, 0.7])),
        search_intensity_employed=draw(st.floats(0.05, 0.5)) if on_the_job else 0.0,
        home_production=home,
        worker_types=side(workers),
        firm_types=side(firms),
    )


@settings(max_examples=30, deadline=None, derandomize=True)
@given(economies(on_the_job=False))
def test_random_economies(economy):
    assert plain.worst_gap(solve(economy)) < 1e-8


@settings(max_examples=20, deadline=None, derandomize=True)
@given(economies(on_the_job=True))
def test_random_economies_with_search_on_the_job(economy):
    assert plain.worst_gap(solve(economy)) < 1e-8


@pytest.mark.slow
@pytest.mark.parametrize("on_the_job_search", [False, True])
def test_all_designs(on_the_job_search):
    worst = {}
    for label, economy in designs(on_the_job_search):
        q = solve(economy, throw=False)
        gap = plain.accounting_gap(q)
        worst[tuple(label.values())] = max(q.residuals.largest, gap)
    failed = {label: gap for label, gap in worst.items() if not gap <= 1e-8}
    assert not failed


def test_a_failure_is_a_sentence(monkeypatch):
    """Where the last solve is not good enough, the residual is named."""
    from jobteams_lab.identification import continuation, equilibrium

    def stop_early(model, z, width, **options):
        return sharpen(model, z, width, **options)._replace(equations=3e-5)

    sharpen = continuation.sharpen
    monkeypatch.setattr(equilibrium.continuation, "sharpen", stop_early)
    economy = Economy(PAM, worker_types=Types.uniform(3), firm_types=Types.uniform(3))
    with pytest.raises(RuntimeError, match=re.escape("residual is 3.0e-05, above")):
        solve(economy)
    assert not solve(economy, throw=False).converged
