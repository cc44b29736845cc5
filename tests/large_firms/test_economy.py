import dataclasses
import math
import re

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm

from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.type_grids import normal_on_grid

PAPER = Economy.paper()


def moments(weights, x, y=None):
    mean = weights @ x
    y = x if y is None else y
    return mean, weights @ ((x - mean) * (y - weights @ y))


def test_the_paper_is_the_slides_table():
    assert dataclasses.asdict(PAPER) == {
        "discount_rate": 0.05,
        "retirement_rate": 0.05,
        "firm_death_rate": 0.001,
        "match_break_rate": 0.127,
        "renegotiation_rate": 1.0,
        "learning_event_rate": 1.0,
        "contact_rate_employed": 1.048,
        "contact_rate_nonemployed": 0.827,  # the table: 0.314
        "ces_exponent": 0.939,
        "nonemployment_income": 0.141,
        "learning_from_better": 0.165,
        "learning_from_worse": 0.034,
        "workers_per_firm": 5.371,
        "max_team_size": 10,
        "mean_log_human_capital": 0.0,
        "sd_log_human_capital": 0.157,
        "mean_log_ability": 0.0,
        "sd_log_ability": 0.008,
        "worker_covariance": 6.505e-4,
        "mean_log_productivity": 0.0,
        "sd_log_productivity": 0.342,
        "mean_log_environment": -0.016,
        "sd_log_environment": 0.013,
        "firm_covariance": 0.0,
    }


def test_the_other_readings():
    variances = Economy.paper(sigmas="variances", firm_covariance=0.013)
    assert variances.sd_log_human_capital == math.sqrt(0.157)
    assert variances.sd_log_productivity == math.sqrt(0.342)
    assert variances.worker_covariance == 6.505e-4
    assert Economy.paper(contact_rate_nonemployed=0.314) != PAPER
    assert Economy.paper(max_team_size=11).max_team_size == 11
    small = Economy.paper(firm_covariance=0.013**2)
    assert small.firm_correlation == pytest.approx(0.013 / 0.342)
    assert PAPER.worker_correlation == pytest.approx(6.505e-4 / (0.157 * 0.008))
    with pytest.raises(ValueError, match="sigmas = 'sd' is not known"):
        Economy.paper(sigmas="sd")


def test_a_covariance_matrix_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"would be a correlation of 2\.92"):
        Economy.paper(firm_covariance=0.013)
    with pytest.raises(ValueError, match=r"would be a correlation of -1\.0"):
        PAPER.with_(worker_covariance=-0.00127)
    with pytest.raises(ValueError, match="must be 0, as one of the two"):
        PAPER.with_(sd_log_ability=0.0)
    with pytest.raises(ValueError, match="sd_log_productivity = -1 must be"):
        PAPER.with_(sd_log_productivity=-1)
    with pytest.raises(ValueError, match="ces_exponent = 0 must be"):
        PAPER.with_(ces_exponent=0)
    edge = PAPER.with_(worker_covariance=0.157 * 0.008)
    assert edge.worker_correlation == 1.0


def test_changes_leave_the_rest_alone():
    other = PAPER.with_(ces_exponent=1)
    assert other.ces_exponent == 1.0
    assert dataclasses.replace(other, ces_exponent=0.939) == PAPER


def test_draws_have_the_laws_moments():
    economy = PAPER.with_(firm_covariance=0.5 * 0.342 * 0.013)
    rng = np.random.default_rng(1)
    n = 400_000
    for drawn, means, sds, correlation in (
        (economy.sample_workers(n, rng), (0, 0), (0.157, 0.008), 6.505e-4 / 0.001256),
        (economy.sample_firms(n, rng), (0, -0.016), (0.342, 0.013), 0.5),
    ):
        logs = np.log(drawn)
        for log, mean, sd in zip(logs, means, sds, strict=True):
            assert abs(log.mean() - mean) < 5 * sd / math.sqrt(n)
            assert log.std() == pytest.approx(sd, rel=5 / math.sqrt(2 * n))
        assert abs(np.corrcoef(logs)[0, 1] - correlation) < 5 / math.sqrt(n)


def test_draws_without_spread():
    flat = PAPER.with_(sd_log_ability=0.0, worker_covariance=0.0, mean_log_ability=0.1)
    _, a = flat.sample_workers(5, np.random.default_rng(0))
    np.testing.assert_array_equal(a, np.exp(np.full(5, 0.1)))


@pytest.mark.parametrize("levels", [(5, 2, 4, 2), (9, 3, 12, 3), (40, 5, 50, 4)])
def test_finite_types_keep_the_moments_of_logs(levels):
    covariance = -0.6 * 0.342 * 0.013
    economy = PAPER.with_(firm_covariance=covariance, mean_log_productivity=0.3)
    finite = economy.discretise(*levels)
    weights = finite.newborn_shares
    h, a = np.log(finite.worker_human_capital), np.log(finite.worker_ability)
    np.testing.assert_allclose(moments(weights, h), (0, 0.157**2), atol=1e-14)
    np.testing.assert_allclose(moments(weights, a), (0, 0.008**2), atol=1e-14)
    assert moments(weights, h, a)[1] == pytest.approx(6.505e-4, rel=1e-10)
    weights = finite.firm_shares
    z, q = finite.productivity, np.log(finite.learning_environment)
    assert weights @ z == pytest.approx(math.exp(0.3 + 0.342**2 / 2), rel=1e-13)
    np.testing.assert_allclose(moments(weights, q), (-0.016, 0.013**2), atol=1e-14)
    # the bins' mean levels are not their mean logs, so this one only approaches
    error = abs(moments(weights, np.log(z), q)[1] / covariance - 1)
    assert error < 1 / levels[2]


def test_a_bin_of_firms_is_the_law_within_it():
    economy = PAPER.with_(firm_covariance=0.5 * 0.342 * 0.013)
    finite = economy.discretise(5, 1, 4, 2)
    z = finite.productivity.reshape(4, 2)
    q = np.log(finite.learning_environment).reshape(4, 2)
    cuts = norm.ppf([0.25, 0.5])

    def within(function):
        density = lambda s: function(s) * norm.pdf(s) / 0.25  # noqa: E731
        return integrate.quad(density, *cuts)[0]

    assert z[1, 0] == pytest.approx(within(lambda s: math.exp(0.342 * s)), rel=1e-10)
    mean = within(lambda s: 0.5 * 0.013 * s)
    assert q[1].mean() == pytest.approx(-0.016 + mean, rel=1e-10)
    spread = within(lambda s: (0.5 * 0.013 * s - mean) ** 2 + 0.75 * 0.013**2)
    assert q[1].std() == pytest.approx(math.sqrt(spread), rel=1e-10)


def test_more_bins_come_nearer_to_the_spread_of_productivity():
    spreads = []
    for bins in (2, 5, 20, 200):
        finite = PAPER.discretise(1, 1, bins, 1)
        spreads.append(np.log(finite.productivity).std())
    assert np.all(np.diff(spreads) > 0)
    assert spreads[-1] == pytest.approx(0.342, rel=0.01)
    assert spreads[-1] < 0.342


def test_one_level_each_is_one_type():
    finite = PAPER.discretise(1, 1, 1, 1)
    np.testing.assert_array_equal(finite.human_capital, [1.0])
    np.testing.assert_array_equal(finite.ability, [1.0])
    np.testing.assert_allclose(finite.productivity, [math.exp(0.342**2 / 2)])
    np.testing.assert_allclose(finite.learning_environment, [math.exp(-0.016)])
    assert (finite.newborn_shares, finite.firm_shares) == ([1.0], [1.0])


def test_types_without_spread():
    flat = PAPER.with_(
        sd_log_human_capital=0,
        sd_log_ability=0,
        worker_covariance=0,
        sd_log_productivity=0,
        sd_log_environment=0,
        mean_log_environment=0,
    )
    with pytest.raises(ValueError, match="holds one level only, and 3 are asked for"):
        flat.discretise(3)
    finite = flat.discretise(4, log_human_capital_range=(-1, 2))
    np.testing.assert_array_equal(finite.newborn_shares, [0, 1, 0, 0])
    np.testing.assert_allclose(finite.productivity, np.ones(5), rtol=1e-14)


def test_the_range_makes_room_for_what_a_career_teaches():
    alone = PAPER.with_(learning_from_better=0, learning_from_worse=0)
    log_h = np.log(alone.discretise(5, reach=2).human_capital)
    np.testing.assert_allclose(log_h[[0, -1]], [-2 * 0.157 - 20 * 0.016, 2 * 0.157])
    grid = PAPER.discretise(7, log_human_capital_range=(-0.7, 0.5)).human_capital
    np.testing.assert_allclose(np.log(grid), np.linspace(-0.7, 0.5, 7))
    with pytest.raises(ValueError, match="does not hold the newborns' mean"):
        PAPER.discretise(5, log_human_capital_range=(0.1, 0.5))
    with pytest.raises(ValueError, match="too narrow a range for newborns"):
        PAPER.discretise(5, log_human_capital_range=(-0.1, 0.1))
    with pytest.raises(ValueError, match="retirement_rate = 0, so that"):
        PAPER.with_(retirement_rate=0).discretise(5)
    with pytest.raises(ValueError, match="productivity = 0 must be"):
        PAPER.discretise(5, 1, 0)


@pytest.mark.parametrize(
    "limits", [3, (1,), (1, 0), (0, 1, 2), ("a", "b"), (0, math.inf)]
)
def test_a_range_is_two_numbers(limits):
    words = re.escape(
        f"log_human_capital_range = {limits!r} must be two numbers, low <"
    )
    with pytest.raises(ValueError, match=words):
        PAPER.discretise(5, log_human_capital_range=limits)


@pytest.mark.parametrize("mean", [-0.31, 0.0, 0.123])
@pytest.mark.parametrize("sd", [0.3, 0.5, 0.9])
def test_a_normal_on_a_grid_is_one(mean, sd):
    grid = np.array([-2.0, -1.5, -0.9, -0.5, 0.0, 0.5, 1.2, 1.5, 2.0])
    law = normal_on_grid(grid, mean, sd)
    assert law.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(moments(law, grid), (mean, sd**2), atol=1e-13)
    curvature = np.polyfit(grid, np.log(law), 2)
    np.testing.assert_allclose(np.polyval(curvature, grid), np.log(law), atol=1e-9)
    assert curvature[0] < 0


def test_a_grid_too_coarse_for_the_variance_keeps_the_mean():
    grid = np.array([-1.0, 0.0, 1.0])
    np.testing.assert_allclose(normal_on_grid(grid, 0.25, 0.1), [0, 0.75, 0.25])
    np.testing.assert_allclose(normal_on_grid(grid[:2], -0.3, 0.9), [0.3, 0.7])


@pytest.mark.parametrize("ratio", [1e-6, 1e-3, 0.1])
def test_a_variance_far_below_the_spacing_is_met_at_a_level(ratio):
    # nearly all at the level, the rest on its neighbours in equal parts
    law = normal_on_grid(np.linspace(-1, 1, 5), 0.0, 0.5 * ratio)
    side = ratio**2 / 2
    np.testing.assert_allclose(law[1:4], [side, 1 - 2 * side, side], rtol=1e-4)
    assert PAPER.discretise(5, 1, log_human_capital_range=(-3, 3)).human_capital[2] == 1


@pytest.mark.parametrize("end", [0, -1])
def test_a_mean_at_the_end_of_the_grid_leaves_no_room_for_a_variance(end):
    grid = np.linspace(-0.1, 0.7, 9)
    for sd in (1e-12, 0.01, 0.3, 3.0):
        with pytest.raises(ValueError, match="too narrow a range for newborns"):
            normal_on_grid(grid, grid[end], sd)
    expected = np.zeros(9)
    expected[end] = 1
    np.testing.assert_array_equal(normal_on_grid(grid, grid[end], 0.0), expected)
    limits = (0.0, 0.5) if end == 0 else (-0.5, 0.0)
    with pytest.raises(ValueError, match=r"newborns with mean 0 and standard dev"):
        PAPER.discretise(5, 1, log_human_capital_range=limits)
