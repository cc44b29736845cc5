"""The paper's iteration, in itself and against the continuation method."""

import re

import numpy as np
import plain_equilibrium as plain
import pytest

from jobteams_lab.identification import (
    NAM,
    NEITHER,
    PAM,
    Economy,
    MatchQuality,
    Types,
    solve,
)
from jobteams_lab.identification.iteration import iterate

FUNCTIONS = {"PAM": PAM, "NAM": NAM, "NEITHER": NEITHER}


def _distances(q, p):
    """Largest gaps in unemployment, flow values and densities."""
    e = q.economy
    density = e.worker_types.share[:, None] * e.firm_types.share
    return (
        abs(q.unemployment_rate - p.unemployment_rate),
        np.abs(q.unemployed_flow_value - p.unemployed_flow_value).max(),
        np.abs(q.vacancy_flow_value - p.vacancy_flow_value).max(),
        (np.abs(q.match_density - p.match_density) / density).max(),
    )


def test_pure_strategies_agree_to_rounding():
    found = iterate(Economy(PAM))
    assert found.pure and found.converged
    assert max(_distances(solve(Economy(PAM)), found.equilibrium)) < 1e-9


@pytest.mark.parametrize("name", ["NAM", "NEITHER"])
def test_mixed_strategies_agree_as_the_papers_tolerance_allows(name):
    """A change of 2.5e-6 a pass, at a hundredth a pass, leaves 2.5e-4 to go."""
    economy = Economy(FUNCTIONS[name])
    found = iterate(economy, pure_iterations=3_000)
    assert not found.pure and found.converged and found.change <= 2.5e-6
    rate, worker, firm, density = _distances(solve(economy), found.equilibrium)
    assert rate < 2e-6
    assert max(worker, firm) < 5e-6
    assert density < 0.05  # at the mixed pair, of densities of about one


@pytest.mark.parametrize("name", ["NAM", "NEITHER"])
def test_damped_steps_find_the_mixed_strategies_themselves(name):
    sides = {"worker_types": Types.normal(10), "firm_types": Types.bimodal(11)}
    economy = Economy(FUNCTIONS[name], **sides)
    found = iterate(
        economy, pure_iterations=2_000, damped=True, tolerance=1e-10, seed=2
    )
    q = solve(economy)
    assert max(_distances(q, found.equilibrium)) < 1e-5
    assert np.abs(q.acceptance - found.equilibrium.acceptance).max() < 1e-5
    assert plain.worst_gap(found.equilibrium) < 1e-6


@pytest.mark.parametrize("name", FUNCTIONS)
def test_with_search_on_the_job(name):
    sides = {"worker_types": Types.uniform(12), "firm_types": Types.uniform(10)}
    economy = Economy(FUNCTIONS[name], search_intensity_employed=0.2, **sides)
    found = iterate(economy, pure_iterations=2_000, damped=True, tolerance=1e-9)
    assert max(_distances(solve(economy), found.equilibrium)) < 1e-5
    assert plain.worst_gap(found.equilibrium) < 1e-6


def test_with_match_quality():
    economy = Economy(
        PAM,
        match_quality=MatchQuality.normal(count=5),
        worker_types=Types.uniform(9),
        firm_types=Types.normal(7),
    )
    found = iterate(
        economy, pure_iterations=3_000, damped=True, tolerance=1e-10, seed=1
    )
    assert max(_distances(solve(economy), found.equilibrium)) < 1e-5


def test_a_step_down_leaves_one():
    """As printed, 1 − A in the downward step keeps A at 1 for ever; here it moves."""
    economy = Economy(NAM, worker_types=Types.uniform(20), firm_types=Types.uniform(20))
    found = iterate(economy, pure_iterations=2_000, throw=False, max_iterations=8_000)
    accept = found.equilibrium.acceptance
    assert not found.pure
    assert ((accept > 0.05) & (accept < 0.95)).any()


def test_the_seed_decides_the_random_steps():
    economy = Economy(NAM, worker_types=Types.uniform(20), firm_types=Types.uniform(20))
    options = {"pure_iterations": 500, "max_iterations": 1_500, "throw": False}
    first, again, other = (iterate(economy, seed=s, **options) for s in (1, 1, 2))
    assert (first.equilibrium.acceptance == again.equilibrium.acceptance).all()
    assert (first.equilibrium.acceptance != other.equilibrium.acceptance).any()


def test_too_few_passes_are_a_sentence():
    with pytest.raises(RuntimeError, match=r"After 10 passes .* raise max_iterations"):
        iterate(Economy(PAM), pure_iterations=5, max_iterations=10)
    found = iterate(Economy(PAM), pure_iterations=5, max_iterations=10, throw=False)
    assert not found.converged and found.iterations == 10


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"tolerance": 0}, "tolerance = 0 must be"),
        ({"pure_iterations": 0}, "pure_iterations = 0 must be"),
        ({"pure_iterations": 9, "max_iterations": 5}, "max_iterations = 5 must be"),
    ],
)
def test_bad_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        iterate(Economy(PAM), **arguments)
    with pytest.raises(TypeError, match="iterate takes an Economy, not str"):
        iterate("PAM")


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_full_size_with_search_on_the_job(name):
    """With 50 types on a side decisions to move swing and the steps do not die out."""
    economy = Economy(FUNCTIONS[name], search_intensity_employed=0.2)
    found = iterate(
        economy, pure_iterations=3_000, max_iterations=20_000, damped=True, throw=False
    )
    rate, worker, firm, _ = _distances(solve(economy), found.equilibrium)
    assert rate < 1e-4
    assert max(worker, firm) < 5e-4
