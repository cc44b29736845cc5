"""Business cycles: constant z gives the steady state; small shocks; α recovered."""

from dataclasses import replace

import numpy as np
import pytest

from jobteams_lab.identification import (
    PAM,
    Economy,
    MatchQuality,
    Types,
    solve,
)
from jobteams_lab.identification.aggregate_shocks import solve_with_cycles
from jobteams_lab.identification.cycles import Cycles
from jobteams_lab.identification.cyclical_wages import (
    bargaining_power_from_cycles,
    lowest_wages,
)

TYPES = {"worker_types": Types.uniform(10), "firm_types": Types.uniform(10)}
ECONOMY = Economy(PAM, home_production=0.5, **TYPES)
CONSTANT = Cycles([1.0], [[1.0]])


@pytest.fixture(scope="module")
def boom_and_bust():
    cycles = Cycles.mean_reverting(0.03, 0.97, 5)
    return {
        power: solve_with_cycles(
            replace(ECONOMY, bargaining_power=power), cycles, 600, seed=1
        )
        for power in (0.3, 0.5, 0.7)
    }


def test_chain_has_the_moments_asked_for():
    cycles = Cycles.mean_reverting(0.03, 0.9, 5)
    z, p = cycles.productivity, cycles.transition
    law = np.linalg.matrix_power(p, 4000)[0]
    mean = law @ z
    variance = law @ (z - mean) ** 2
    assert mean == pytest.approx(1)
    assert np.sqrt(variance) == pytest.approx(0.03)
    assert law @ ((z - mean) * (p @ (z - mean))) / variance == pytest.approx(0.9)
    path = cycles.path(20_000, seed=1)
    counts = np.zeros_like(p)
    np.add.at(counts, (path[:-1], path[1:]), 1)
    often = counts.sum(1) > 500
    seen = counts[often] / counts[often].sum(1, keepdims=True)
    np.testing.assert_allclose(seen, p[often], atol=0.03)


@pytest.mark.parametrize("level", [1.0, 1.2])
def test_a_constant_z_is_the_steady_state(level):
    output = level * ECONOMY.output
    steady = solve(replace(ECONOMY, production=output))
    assert steady.residuals.mixed == 0
    found = solve_with_cycles(
        ECONOMY, Cycles([level], [[1.0]]), 12, smoothing=2e-4, tolerance=1e-9
    )
    here = steady.acceptance > 0.5
    np.testing.assert_allclose(
        found.wage[-1][here], steady.wage[here], rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(found.match_density[-1], steady.match_density, atol=1e-5)
    np.testing.assert_allclose(
        found.search_value[-1], steady.unemployed_flow_value, rtol=1e-5
    )
    assert found.forecast_error == 0.0


def test_states_that_never_change_are_steady_states_of_their_own():
    # z drawn once: the surplus of each state is that of an economy with output z f
    cycles = Cycles([1.0, 1.1], np.eye(2))
    found = solve_with_cycles(ECONOMY, cycles, 12, smoothing=2e-4, tolerance=1e-9)
    assert (found.productivity == 1.1).all()  # the path starts in the middle state
    steady = solve(replace(ECONOMY, production=1.1 * ECONOMY.output))
    here = steady.acceptance > 0.5
    np.testing.assert_allclose(found.surplus[-1][here], steady.surplus[here], rtol=1e-4)


def test_small_shocks_have_linear_effects():
    # against the same months without shocks, and each other
    cycles = [Cycles.mean_reverting(sd, 0.95, 3) for sd in (1e-4, 2e-4)]
    still, small, double = (
        solve_with_cycles(ECONOMY, one, 200, seed=3, smoothing=0.5, tolerance=1e-9)
        for one in (CONSTANT, *cycles)
    )
    first = small.search_value - still.search_value
    second = double.search_value - still.search_value
    assert np.vdot(first, second) / (first**2).sum() == pytest.approx(2, abs=0.002)
    assert np.abs(second - 2 * first).max() < 0.002 * np.abs(second).max()


def test_flows_balance_and_values_add_up(boom_and_bust):
    found, e = boom_and_bust[0.5], ECONOMY
    assert (found.match_density >= 0).all()
    assert (found.match_density.sum(2) < e.worker_types.share).all()
    # nobody is hired from nowhere: inflow is at most the meetings of the month before
    idle = 1 - found.match_density.sum((1, 2))
    meetings = e.matching_efficiency * idle  # U = V here
    stay = 1 - e.separation_rate
    rise = found.match_density[1:].sum((1, 2)) - stay * found.match_density[:-1].sum(
        (1, 2)
    )
    assert (rise <= stay * meetings[:-1] + 1e-12).all()
    # unemployment is high when z is low
    assert np.corrcoef(found.unemployment_rate, found.productivity)[0, 1] < -0.3
    # wages by their formula, q taken from one pair of each firm
    z, r, alpha = found.productivity[:, None, None], found.search_value, 0.5
    q = z * e.output - (found.wage - (1 - alpha) * r[:, :, None]) / alpha
    np.testing.assert_allclose(q, np.broadcast_to(q[:, :1], q.shape), atol=1e-10)
    assert 0 < found.forecast_error < 0.2


@pytest.mark.parametrize("power", [0.3, 0.5, 0.7])
def test_alpha_is_exact_with_the_value_of_search(boom_and_bust, power):
    found = boom_and_bust[power]
    estimate = bargaining_power_from_cycles(
        found.wage, found.productivity, found.search_value, found.match_density
    )
    assert estimate.bargaining_power == pytest.approx(power, abs=1e-6)
    assert estimate.own_variation < 1e-2  # what κ rests on is little
    # with errors in wages: within three standard errors
    rng = np.random.default_rng(4)
    noisy = found.wage + 0.002 * rng.standard_normal(found.wage.shape)
    estimate = bargaining_power_from_cycles(
        noisy, found.productivity, found.search_value, found.match_density
    )
    assert abs(estimate.bargaining_power - power) < 3 * estimate.standard_error
    assert estimate.standard_error < 0.05


def test_regression_is_that_of_dummies():
    rng = np.random.default_rng(5)
    z = 1 + 0.1 * rng.standard_normal(30)
    r = rng.random((30, 3))
    wage = rng.random((30, 3, 2))
    employed = np.ones_like(wage)
    employed[:, 2, 1] = 0
    found = bargaining_power_from_cycles(wage, z, r, employed)
    columns, left = [], []
    pairs = [(x, y) for x, y in ((1, 0), (2, 0), (1, 1))]
    for k, (x, y) in enumerate(pairs):
        left.append(wage[:, x, y] - wage[:, 0, y])
        block = np.zeros((30, len(pairs) + 1))
        block[:, k] = z
        block[:, -1] = r[:, x] - r[:, 0]
        columns.append(block)
    slope = np.linalg.lstsq(np.vstack(columns), np.concatenate(left))[0][-1]
    assert found.bargaining_power == pytest.approx(1 - slope, rel=1e-10)
    assert found.observations == 90


def test_alpha_is_not_identified_if_everything_scales():
    # b = 0 and a random walk: all values are z times those of the steady state
    steady = solve(replace(ECONOMY, home_production=0.0))
    z = np.exp(0.02 * np.cumsum(np.random.default_rng(6).standard_normal(200)))
    wage = z[:, None, None] * steady.wage
    found = bargaining_power_from_cycles(
        wage, z, z[:, None] * steady.unemployed_flow_value
    )
    assert np.isnan(found.bargaining_power)
    assert np.isnan(found.standard_error)
    assert found.own_variation < 1e-12


def test_lowest_wages():
    wage = np.array([[[1.0, 2.0, 0.5]], [[1.5, 0.7, 0.2]]])
    employed = np.array([[[1.0, 1.0, 1e-6]], [[0.0, 1.0, 1.0]]])
    assert lowest_wages(wage, employed).tolist() == [[1.0], [0.2]]
    assert np.isnan(lowest_wages(wage, 0 * employed)).all()


def test_bad_input():
    with pytest.raises(ValueError, match="rows of transition"):
        Cycles([1.0, 1.1], [[0.5, 0.6], [0.5, 0.5]])
    with pytest.raises(ValueError, match="transition has shape"):
        Cycles([1.0, 1.1], [[1.0]])
    with pytest.raises(ValueError, match="positive"):
        Cycles([-1.0], [[1.0]])
    with pytest.raises(ValueError, match="sd = 2"):
        Cycles.mean_reverting(2.0, 0.9)
    with pytest.raises(ValueError, match="benchmark without match quality"):
        solve_with_cycles(replace(ECONOMY, search_intensity_employed=0.2), CONSTANT, 12)
    with pytest.raises(ValueError, match="benchmark without match quality"):
        solve_with_cycles(
            replace(ECONOMY, match_quality=MatchQuality.normal()), CONSTANT, 12
        )
    with pytest.raises(RuntimeError, match="raise smoothing"):
        solve_with_cycles(ECONOMY, CONSTANT, 12, max_iterations=1)
    with pytest.raises(ValueError, match="they must be"):
        bargaining_power_from_cycles(np.ones((2, 2, 2)), np.ones(3), np.ones((2, 2)))
    with pytest.raises(ValueError, match="No firm employs two types"):
        bargaining_power_from_cycles(np.ones((2, 1, 2)), np.ones(2), np.ones((2, 1)))
