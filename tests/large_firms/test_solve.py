"""Solving for V, the cross-section and the match rate, on small economies."""

import dataclasses

import numpy as np
import pytest

from jobteams_lab.large_firms import exact
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.presets import PRESETS, Preset
from jobteams_lab.large_firms.solution import check_preset
from jobteams_lab.large_firms.solve import solve
from jobteams_lab.large_firms.verify import verify

ECONOMY = Economy.paper(max_team_size=2).with_(
    firm_death_rate=0.05, retirement_rate=0.1, workers_per_firm=1.5
)
TINY = Preset(
    islands=2,
    firms=64,
    nodes=5,
    types=6,
    rows=40,
    features=16,
    years=10.0,
    dates=1,
    window=4,
    rounds=6,
    final_years=12.0,
    final_dates=2,
    final_rows=40,
)
MOMENTS = ("employment", "EN", "NE", "EE", "mean_size")


@pytest.fixture(scope="module")
def solution():
    with pytest.warns(UserWarning, match="had not settled in 6 rounds"):
        return solve(ECONOMY, TINY)


def test_one_that_has_not_settled_says_so(solution):
    assert not solution.converged and "not settled" in repr(solution)
    assert [round_["final"] for round_ in solution.history] == [False] * 6 + [True]


def test_the_same_seed_gives_the_same_numbers(solution):
    with pytest.warns(UserWarning):
        again = solve(ECONOMY, TINY)
    np.testing.assert_array_equal(again.coefficients, solution.coefficients)
    np.testing.assert_array_equal(again.sample.x, solution.sample.x)
    assert again.moments == solution.moments


def test_population_of_the_last_date(solution):
    people, sample = solution.population, solution.sample
    firms = 2 * 64
    assert len(people.productivity) == firms and sample.dates == 4
    np.testing.assert_array_equal(people.sizes, sample.n[-firms:])
    np.testing.assert_allclose(np.log(people.productivity), sample.log_z[-firms:])
    value = solution.joint_value(people)
    padded = sample.rows(slice(-firms, None))
    by_hand = solution.value_at(
        *(padded.log_z, padded.log_q, padded.x, padded.y, padded.n)
    )
    np.testing.assert_allclose(value, by_hand, rtol=1e-12)


def test_surpluses_are_differences_of_values(solution):
    people = solution.population
    surplus = solution.surplus(people)
    value = solution.joint_value(people)
    U = ECONOMY.nonemployment_value(people.human_capital)
    for worker in range(0, len(people.firm), 7):
        f = people.firm[worker]
        without = solution.joint_value(people.remove([worker]))
        assert surplus[worker] == pytest.approx(value[f] - without[f] - U[worker])
    h, a = 1.1, 1.01
    gain = solution.hiring_surplus(people, h, a)
    for f in range(0, len(people.productivity), 7):
        if people.sizes[f] == ECONOMY.max_team_size:
            assert np.isnan(gain[f])
        else:
            larger = solution.joint_value(people.add(f, h, a))[f]
            by_hand = larger - value[f] - ECONOMY.nonemployment_value(h)
            assert gain[f] == pytest.approx(by_hand)
    order = np.random.default_rng(0).permutation(len(people.firm))
    mixed = dataclasses.replace(
        people,
        **{
            name: getattr(people, name)[order]
            for name in ("firm", "human_capital", "ability", "wage")
        },
    )
    np.testing.assert_allclose(solution.surplus(mixed), surplus[order], rtol=1e-9)
    each = np.full(len(value), h), np.full(len(value), a)
    np.testing.assert_array_equal(solution.hiring_surplus(people, *each), gain)


def test_questions_that_a_solution_refuses(solution):
    people = solution.population
    crowd = people.add([0, 0, 0], 1.0, 1.0)
    with pytest.raises(ValueError, match="at most max_team_size = 2"):
        solution.joint_value(crowd)
    with pytest.raises(ValueError, match="one a firm"):
        solution.hiring_surplus(people, [1.0, 1.1], 1.0)
    for method in (solution.joint_value, solution.surplus):
        with pytest.raises(TypeError, match="Population"):
            method("teams")


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"economy": "paper"}, TypeError, "an Economy, not str"),
        ({"economy": FiniteEconomy.example()}, TypeError, "exact.solve"),
        ({"economy": ECONOMY.with_(retirement_rate=0)}, ValueError, "retirement_rate"),
        ({"preset": "huge"}, ValueError, "'laptop', 't4', 'gpu'"),
        ({"preset": 3}, ValueError, "'laptop', 't4', 'gpu'"),
        ({"preset": TINY.with_(firms=2)}, ValueError, "firms = 2 .* have 3 workers"),
        ({"seed": -1}, ValueError, "seed = -1"),
        ({"seed": 1.5}, TypeError, "seed must be a whole number"),
        ({"start": "full"}, ValueError, "'jobless', 'crowded'"),
        ({"start": None}, ValueError, "'jobless', 'crowded'"),
        ({"progress": "yes"}, ValueError, "progress = 'yes' .*: choose one of True"),
        ({"progress": None}, ValueError, "progress = None"),
        ({"checkpoint": 3}, TypeError, "3 is not a path: give the name of a file"),
    ],
)
def test_bad_arguments(changes, error, sentence):
    arguments = {"economy": ECONOMY, "preset": TINY} | changes
    with pytest.raises(error, match=sentence):
        solve(**arguments)


@pytest.mark.parametrize("preset", PRESETS.values())
def test_presets_fit_the_papers_economy(preset):
    check_preset(preset, Economy.paper())


def test_units_that_would_not_be_used_are_refused():
    # 168 features of a team of ten come before its units
    deep = TINY.with_(firms=128, rows=200, final_rows=200, units=8)
    check_preset(deep.with_(features=176), Economy.paper())
    with pytest.raises(ValueError, match=r"features = 175 leave .*take features = 176"):
        check_preset(deep.with_(features=175), Economy.paper())
    with pytest.raises(ValueError, match="units = 8 of the deep set"):
        solve(Economy.paper(), deep.with_(features=100))
    check_preset(deep.with_(features=100, units=0), Economy.paper())


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"solution": "paper"}, TypeError, "verify takes a Solution"),
        ({"seed": 0}, ValueError, "seed = 0 is the solution's own"),
        ({"burn_in": -1}, ValueError, "burn_in = -1"),
        ({"start": "full"}, ValueError, "'jobless', 'crowded'"),
        ({"progress": "yes"}, ValueError, "progress = 'yes' .*: choose one of True"),
    ],
)
def test_bad_arguments_of_verify(solution, changes, error, sentence):
    with pytest.raises(error, match=sentence):
        verify(**{"solution": solution} | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"islands": 0},
        {"years": 0},
        {"rows": 2.5},
        {"nodes": True},
        {"units": -1},
        {"simulation": "float16"},
    ],
)
def test_bad_presets(changes):
    (name,) = changes
    with pytest.raises((TypeError, ValueError), match=name):
        TINY.with_(**changes)


# What a solution of a continuum is worth: the same economies, exactly

BETTER = TINY.with_(
    islands=4, firms=256, nodes=16, rows=60, features=40, years=20.0, dates=2
).with_(window=8, rounds=14, final_years=80.0, final_dates=4, final_rows=100)


def assert_same_moments(solution, equilibrium):
    sizes = equilibrium.size_distribution
    known = {
        "employment": equilibrium.employment_rate,
        "mean_size": equilibrium.mean_team_size / sizes[1:].sum(),
        **equilibrium.transition_rates._asdict(),
    }
    # four islands make poor standard errors: no less than those of counted events
    preset, workers = solution.preset, solution.economy.workers_per_firm
    years = preset.islands * preset.firms * workers * preset.final_years
    employed = known["employment"]
    at_risk = {"EN": employed, "EE": employed, "NE": 1 - employed}
    for name in MOMENTS:
        error = max(solution.errors[name], 0.002 * known[name])
        if name in at_risk:
            events = years * at_risk[name] * known[name]
            error = max(error, known[name] / np.sqrt(events))
        assert abs(solution.moments[name] - known[name]) < 4 * error, name
        assert error < 0.02 * known[name], name
    assert solution.match_rate == pytest.approx(equilibrium.match_rate, rel=3e-3)


@pytest.mark.slow
def test_one_type_of_worker_has_the_values_of_the_exact_programme():
    economy = ECONOMY.with_(
        **dict.fromkeys(("sd_log_human_capital", "sd_log_ability"), 0),
        **dict.fromkeys(("worker_covariance", "sd_log_environment"), 0),
        **dict.fromkeys(("learning_from_better", "learning_from_worse"), 0),
        **{"mean_log_environment": 0, "max_team_size": 4, "workers_per_firm": 2.5},
    )
    # V's level follows the sample: with 1,024 firms it may be off by over a per cent
    found = solve(economy, BETTER.with_(types=2, islands=8, firms=1024))
    assert found.converged
    equilibrium = exact.solve(economy.discretise(1, 1, 128, 1))
    assert_same_moments(found, equilibrium)
    log_z, nobody = np.log(equilibrium.economy.productivity), np.zeros((128, 4))
    for n in range(5):
        size = np.full(128, n)
        value = found.value_at(log_z, nobody[:, 0], nobody, nobody, size)
        known = [equilibrium.joint_value(t, [n]) for t in range(128)]
        np.testing.assert_allclose(value, known, rtol=5e-3)


@pytest.mark.slow
def test_human_capital_without_learning():
    economy = ECONOMY.with_(
        **dict.fromkeys(("sd_log_ability", "worker_covariance"), 0),
        **{"sd_log_environment": 0, "learning_event_rate": 0, "ces_exponent": 0.8},
    )
    found = solve(economy, BETTER.with_(types=16, islands=8, firms=1024))
    equilibrium = exact.solve(economy.discretise(9, 1, 24, 1))
    assert_same_moments(found, equilibrium)
    finite = equilibrium.economy
    log_z, log_h = np.log(finite.productivity), np.log(finite.human_capital)
    log_q = np.full(24, economy.mean_log_environment)
    for team in ((), (4,), (2,), (6,), (4, 4), (3, 5), (2, 6)):
        x = np.zeros((24, 2))
        x[:, : len(team)] = log_h[list(team)]
        size = np.full(24, len(team))
        value = found.value_at(log_z, log_q, x, 0 * x, size)
        counts = np.bincount(team, minlength=9) if team else np.zeros(9, int)
        known = np.array([equilibrium.joint_value(t, counts) for t in range(24)])
        np.testing.assert_allclose(value, known, rtol=1e-2)


@pytest.mark.slow
def test_another_seed_and_start_give_the_same_moments():
    economy = ECONOMY.with_(max_team_size=3)
    one = solve(economy, BETTER, 0)
    other = solve(economy, BETTER, 1, start="crowded")
    for name in (*MOMENTS, "sd_log_h"):
        error = np.hypot(one.errors[name], other.errors[name])
        # at least as poor as half a per cent: see above
        error = max(error, 0.005 * one.moments[name])
        assert abs(one.moments[name] - other.moments[name]) < 4 * error, name


@pytest.mark.slow
@pytest.mark.parametrize("places", [1, 15])
def test_smallest_and_large_teams(places):
    economy = ECONOMY.with_(max_team_size=places)
    preset = TINY.with_(firms=128, rows=60, nodes=12)
    with pytest.warns(UserWarning, match="settled"):
        found = solve(economy, preset)
    assert found.coefficients.shape[1] == places + 1
    # not the mean square: sixty rows hold few of the workers with the lowest h
    assert found.residuals.median < 0.01
