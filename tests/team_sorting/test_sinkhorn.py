"""Sinkhorn's algorithm and POT's steps: against the linear programme and each other."""

import re

import jax
import numpy as np
import pytest
from scipy import stats
from team_examples import paper, uniform

from jobteams_lab.team_sorting import Economy, RankOne, linear_program
from jobteams_lab.team_sorting import alternation as pot_steps
from jobteams_lab.team_sorting.dense_plans import marginal, raised, rounded, value
from jobteams_lab.team_sorting.log_domain import potentials
from jobteams_lab.team_sorting.sinkhorn import sinkhorn

GROUPS = Economy([stats.beta(2, 3), stats.uniform(0.2, 0.3)], stats.beta(1, 2))
RANK_ONE = Economy(
    stats.beta(2, 3), stats.beta(1, 2), technology=RankOne((1.0, 1.0, 2.0))
)
CASES = {"1981": paper(), "groups": GROUPS, "rank one": RANK_ONE}


@pytest.mark.parametrize("bound", ["upper", "lower"])
@pytest.mark.parametrize("method", ["jax", "pot"])
@pytest.mark.parametrize("name", CASES)
def test_brackets_the_linear_programme(name, method, bound):
    economy = CASES[name]
    exact = linear_program(economy, 16, bound=bound)
    found = sinkhorn(economy, 16, method=method, bound=bound)
    assert found.converged
    assert found.lower <= exact.output_loss * (1 + 1e-9)
    assert found.output_loss >= exact.output_loss * (1 - 1e-9)
    if method == "jax":
        assert found.duality_gap < 1e-2 * abs(exact.output_loss)
    assert found.output_loss < 1.02 * exact.output_loss
    assert found.economy_bounds[bound == "upper"] == (
        found.output_loss if bound == "upper" else found.lower
    )


@pytest.mark.parametrize("method", ["jax", "pot"])
def test_plans_and_potentials_are_feasible(method):
    found = sinkhorn(GROUPS, 12, method=method)
    made = found.grid
    plan = np.zeros(made.tensor.shape)
    np.add.at(plan, tuple(found.indices.T), found.weights)
    assert plan.min() >= 0
    for place, g in enumerate(made.members):
        np.testing.assert_allclose(marginal(plan, place), made.weights[g], atol=1e-13)
    assert found.marginal_error < 1e-11
    paid = sum(
        found.potentials[g].reshape((-1,) + (1,) * (2 - place))
        for place, g in enumerate(made.members)
    )
    assert (made.tensor - paid).min() >= -1e-14
    assert (plan * made.tensor).sum() == pytest.approx(found.output_loss, rel=1e-12)
    worth = sum(made.weights[g] @ found.potentials[g] for g in made.members)
    assert worth == pytest.approx(found.lower, abs=1e-13)


def test_four_members():
    economy = paper(m=3)
    exact = linear_program(economy, 10)
    for method in ("jax", "pot"):
        found = sinkhorn(economy, 10, method=method)
        assert found.lower <= exact.lower <= found.output_loss
        assert found.output_loss < 1.02 * exact.output_loss


def test_less_regularisation_costs_less():
    gaps = [
        sinkhorn(paper(), 20, regularisation=e).duality_gap for e in (3e-2, 3e-3, 3e-4)
    ]
    assert gaps[0] > 5 * gaps[1] > 5 * gaps[2] > 0


def test_same_plan_as_pot_with_two_margins():
    with pytest.MonkeyPatch.context():
        import ot
    rng = np.random.default_rng(0)
    left, right = rng.dirichlet(np.ones(9)), rng.dirichlet(np.ones(7))
    losses, epsilon = rng.random((9, 7)), 0.02
    found, error, _ = potentials(losses, [left, right], epsilon, 1e-12, 100_000)
    assert error <= 1e-12
    plan = np.exp((found[0][:, None] + found[1] - losses) / epsilon)
    theirs = ot.sinkhorn(
        left, right, losses, epsilon, numItermax=100_000, stopThr=1e-13
    )
    np.testing.assert_allclose(plan, theirs, atol=1e-11)


def test_optimal_entropic_plan_of_three_margins():
    # a plan of the form exp((Σ f − loss)/ε) with the right margins is the optimum;
    # the margins are checked by plain sums, as none of the iteration's are reused
    rng = np.random.default_rng(1)
    weights = [rng.dirichlet(np.ones(k)) for k in (4, 6, 5)]
    losses, epsilon = rng.random((4, 6, 5)), 0.05
    found, _, _ = potentials(losses, weights, epsilon, 1e-11, 100_000)
    a, b, c = found
    total = a[:, None, None] + b[:, None] + c - losses
    plan = np.exp(total / epsilon)
    for axis, right in enumerate(weights):
        np.testing.assert_allclose(marginal(plan, axis), right, atol=1e-11)


def test_double_precision_leaves_the_readers_settings_alone():
    before = jax.config.jax_enable_x64
    found, _, _ = potentials(
        np.random.default_rng(2).random((3, 3)), [np.full(3, 1 / 3)] * 2, 0.1, 1e-9, 99
    )
    assert found[0].dtype == np.float64
    assert jax.config.jax_enable_x64 == before


def test_rounding_moves_little_and_makes_margins_right():
    rng = np.random.default_rng(3)
    weights = [rng.dirichlet(np.ones(k)) for k in (4, 5, 3)]
    plan = rng.dirichlet(np.ones(60)).reshape(4, 5, 3)
    off = sum(
        np.abs(marginal(plan, axis) - right).sum() for axis, right in enumerate(weights)
    )
    made = rounded(plan, weights)
    assert made.min() >= 0
    for axis, right in enumerate(weights):
        np.testing.assert_allclose(marginal(made, axis), right, atol=1e-15)
    assert np.abs(made - plan).sum() <= 2 * off
    np.testing.assert_allclose(rounded(made, weights), made, atol=1e-15)


def test_raising_makes_feasible_and_never_lowers():
    rng = np.random.default_rng(4)
    losses, weights = rng.random((4, 5, 3)), [np.full(k, 1 / k) for k in (4, 5, 3)]
    given = [rng.normal(size=k) for k in (4, 5, 3)]

    def excess(f):
        return (f[0][:, None, None] + f[1][:, None] + f[2] - losses).max()

    once = raised(given, losses, sweeps=1)
    twice = raised(once, losses, sweeps=1)
    assert excess(given) > 0
    assert excess(once) < 1e-14 and excess(twice) < 1e-14
    assert value(twice, weights) >= value(once, weights) - 1e-14


@pytest.mark.parametrize("method", ["jax", "pot"])
def test_too_few_rounds_raise_or_say_so(method):
    options = {"method": method, "tol": 1e-9, "max_iterations": 2}
    with pytest.raises(RuntimeError, match="did not converge"):
        sinkhorn(paper(), 12, **options)
    found = sinkhorn(paper(), 12, throw=False, **options)
    assert not found.converged
    assert found.lower < found.output_loss


def test_pots_result_code_is_read(monkeypatch):
    import ot

    def stopped(left, right, cost, numItermax, log):
        found = {"result_code": 3, "warning": "numItermax reached.", "v": right}
        return np.outer(left, right), found

    monkeypatch.setattr(ot, "emd", stopped)
    with pytest.raises(RuntimeError, match=r"without an optimum.*numItermax reached"):
        pot_steps.alternate(linear_program(paper(), 5).grid)


def test_pots_warning_of_its_limit_is_an_error_here():
    made = linear_program(uniform(), 40).grid
    rng = np.random.default_rng(5)
    with pytest.MonkeyPatch.context() as patch:
        import ot

        plain = ot.emd
        patch.setattr(
            ot, "emd", lambda *a, **options: plain(*a, **{**options, "numItermax": 3})
        )
        with pytest.raises(RuntimeError, match="without an optimum"):
            pot_steps._emd(
                rng.dirichlet(np.ones(40)), made.weights[0], rng.random((40, 40))
            )


@pytest.mark.parametrize(
    ("economy", "options", "message"),
    [
        (uniform(4), {}, "Teams have 5 members"),
        (uniform(), {"points": 200}, "at most 4,000,000 are held at once"),
        (uniform(), {"points": 120, "method": "pot"}, "take at most 99 points"),
        (uniform(), {"points": 1}, "points = 1 must be"),
        (uniform(), {"regularisation": 0.0}, "regularisation = 0 must be"),
        (uniform(), {"regularisation": np.nan}, "regularisation = nan"),
        (uniform(), {"method": "ott"}, "method = 'ott'"),
        (uniform(), {"tol": 0}, "tol = 0 must be"),
        (uniform(), {"max_iterations": 0}, "max_iterations = 0 must be"),
        (uniform(), {"bound": "no"}, "bound = 'no'"),
    ],
)
def test_refuses(economy, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        sinkhorn(economy, **options)


def test_refuses_what_is_no_economy():
    with pytest.raises(TypeError, match="economy is a NoneType"):
        sinkhorn(None)
