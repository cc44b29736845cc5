"""Calibration: known answers, textbook formulas, and tables that go on."""

import os
from functools import partial
from unittest import mock

import calibrate_examples as examples
import numpy as np
import pandas as pd
import pay_examples
import pytest
from annual_examples import random_panel
from calibrate_examples import BOX, ECONOMY, FIELDS, NAMES, SLOPES, TRUTH
from scipy import stats

from jobteams_lab.large_firms import (
    Economy,
    FiniteEconomy,
    calibrate,
    exact,
    moments,
    simulate,
    worker_value,
)
from jobteams_lab.large_firms import calibrate_measures as measures
from jobteams_lab.large_firms.calibrate_jacobian import moment_jacobian
from jobteams_lab.large_firms.calibration_table import TARGETS
from jobteams_lab.large_firms.panel_flows import panel_transitions

TARGET = dict(zip(NAMES, SLOPES @ TRUTH + [0.05, -0.02, 0.03, 0.04], strict=True))
COVARIANCE = pd.DataFrame(
    0.01 * np.array([[4, 1, 0, 0], [1, 2, 0.5, 0], [0, 0.5, 3, 1], [0, 0, 1, 1.0]]),
    index=NAMES,
    columns=NAMES,
)
CURVED = {"product": 0.12, "share": 0.75, "growth": 1.2}
AWAY = ECONOMY.with_(
    contact_rate_employed=0.9, match_break_rate=0.4, learning_from_better=0.6
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rows.parquet"


def run(path, targets=TARGET, measure=examples.linear, economy=AWAY, **options):
    given = {"replications": 0, "progress": False, "parameters": BOX, **options}
    return calibrate(economy, given.pop("parameters"), targets, path, measure=measure,
                     **given)  # fmt: skip


def solved(weight, covariance, targets=None):
    """The estimates and their covariance, by inverting matrices."""
    target = np.array(list((targets or TARGET).values()))
    bread = np.linalg.inv(SLOPES.T @ weight @ SLOPES)
    a = bread @ SLOPES.T @ weight
    return a @ target, a @ covariance @ a.T


def test_nonlinear_moments_are_met(path):
    found = run(path, CURVED, examples.curved, tolerance=1e-8, step=1e-4)
    x, y, z = examples.of(found.economy)
    assert x * y == pytest.approx(0.12, rel=1e-7) and x / (x + y) == pytest.approx(0.75)
    assert np.exp(z * x) == pytest.approx(1.2, rel=1e-7)
    assert found.converged and found.objective < 1e-12 and found.unidentified == ""
    assert found.degrees_of_freedom == 0 and np.isnan(found.p_value)
    np.testing.assert_allclose(found.estimates["estimate"], [x, y, z])
    np.testing.assert_allclose(found.fit["fitted"], list(CURVED.values()), rtol=1e-6)
    # what did not move stays
    assert found.economy.ces_exponent == AWAY.ces_exponent
    slopes = [[y, x, 0], [y / (x + y) ** 2, -x / (x + y) ** 2, 0]]
    slopes.append([1.2 * z, 0, 1.2 * x])
    table = found.jacobian.loc[list(CURVED)]
    np.testing.assert_allclose(table, slopes, rtol=1e-5, atol=1e-9)
    # of moments that are no targets too, but words have no derivatives
    assert found.jacobian.loc["lost"].isna().all() and "word" not in found.jacobian.T
    assert found.evaluations["objective"].min() == pytest.approx(found.objective)


def test_wide_steps_lead_to_where_narrow_ones_do(path):
    wide = run(path, CURVED, examples.curved, tolerance=1e-6, step=0.1)
    narrow = run(path, CURVED, examples.curved, tolerance=1e-6, step=1e-4)
    np.testing.assert_allclose(
        wide.estimates["estimate"], narrow.estimates["estimate"], rtol=1e-4
    )


def test_errors_of_targets_weigh_them_as_the_textbook(path):
    found = run(path, errors=COVARIANCE, tolerance=1e-9)
    sigma = COVARIANCE.to_numpy()
    estimate, covariance = solved(np.linalg.inv(sigma), sigma)
    np.testing.assert_allclose(found.estimates["estimate"], estimate, rtol=1e-7)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-8)
    np.testing.assert_allclose(
        covariance, np.linalg.inv(SLOPES.T @ np.linalg.inv(sigma) @ SLOPES)
    )
    error = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.estimates["standard error"], error, rtol=1e-8)
    g = SLOPES @ estimate - np.array(list(TARGET.values()))
    assert found.objective == pytest.approx(g @ np.linalg.inv(sigma) @ g, rel=1e-6)
    assert found.j_statistic == pytest.approx(found.objective, rel=1e-6)
    assert found.degrees_of_freedom == 1
    assert found.p_value == pytest.approx(stats.chi2.sf(found.objective, 1), rel=1e-6)
    # Var(g) is what the fit has not taken away
    left = sigma - SLOPES @ covariance @ SLOPES.T
    np.testing.assert_allclose(
        found.fit["standard error"], np.sqrt(np.diag(left)), rtol=1e-6
    )
    np.testing.assert_allclose(found.fit["target error"], np.sqrt(np.diag(sigma)))


def test_relative_deviations_and_weights(path):
    sigma = COVARIANCE.to_numpy()
    weight = {name: x**-2 for name, x in TARGET.items()}
    plain = run(path, tolerance=1e-9)
    estimate, _ = solved(np.diag(list(weight.values())), sigma)
    np.testing.assert_allclose(plain.estimates["estimate"], estimate, rtol=1e-7)
    relative = plain.fit["deviation"] / plain.fit["target"]
    assert plain.objective == pytest.approx((relative**2).sum(), rel=1e-8)
    assert plain.estimates["standard error"].isna().all() and np.isnan(plain.p_value)
    given = {"two": 9.0, "four": 0.5}
    other = run(path, weights=given, errors=COVARIANCE, tolerance=1e-9)
    estimate, covariance = solved(np.diag(list({**weight, **given}.values())), sigma)
    np.testing.assert_allclose(other.estimates["estimate"], estimate, rtol=1e-7)
    np.testing.assert_allclose(other.covariance, covariance, rtol=1e-8)
    # the test is of the least deviation that any weights leave
    best = run(path, errors=COVARIANCE, tolerance=1e-9)
    assert other.j_statistic == pytest.approx(best.objective, rel=1e-6)
    g = other.fit["deviation"]
    assert g @ np.linalg.inv(sigma) @ g > 1.01 * best.objective


def test_noise_of_simulations_adds_to_that_of_targets(path):
    noisy = partial(examples.linear, noise=0.003)
    errors = dict(zip(NAMES, (0.006, 0.003, 0.009, 0.003), strict=True))
    found = run(path, measure=noisy, errors=errors, replications=5, seed=3)
    draws = [0.003 * np.random.default_rng(seed).normal(size=4) for seed in range(4, 9)]
    noise = np.cov(draws, rowvar=False)
    sigma = np.diag(np.square(list(errors.values())))
    _, covariance = solved(np.linalg.inv(sigma), sigma + noise)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-7)
    np.testing.assert_allclose(found.fit["simulation error"], np.sqrt(np.diag(noise)))
    alone = run(path, measure=noisy, replications=5, seed=3)
    weight = np.diag([x**-2 for x in TARGET.values()])
    _, covariance = solved(weight, noise)
    np.testing.assert_allclose(alone.covariance, covariance, rtol=1e-7, atol=1e-12)
    assert np.isnan(alone.p_value) and alone.fit["target error"].isna().all()
    assert set(found.evaluations["seed"]) == set(range(3, 9))
    # what a step moves, but for what others do, over the noise of a difference
    root = np.diag([1 / abs(x) for x in TARGET.values()])
    moved = root @ SLOPES * 0.1 * [high - low for low, high in BOX.values()]
    alone_moves = 1 / np.sqrt(np.diag(np.linalg.inv(moved.T @ moved)))
    size = np.sqrt(2 * np.trace(root @ noise @ root) / 2)
    np.testing.assert_allclose(alone.estimates["signal"], alone_moves / size)


def test_a_search_in_noise_says_so(path):
    clear = run(path, measure=partial(examples.rough, noise=1e-4), replications=4)
    assert (clear.estimates["signal"] > 30).all()
    with pytest.warns(
        UserWarning, match=r"noise of a simulation .* match_break_rate \("
    ):
        unclear = run(path, measure=partial(examples.rough, noise=0.05), replications=4)
    assert (unclear.estimates["signal"] < 5).all()
    unknown = run(path, measure=partial(examples.rough, noise=0.05))
    assert unknown.estimates["signal"].isna().all()


def test_estimates_of_many_targets_spread_as_their_standard_errors(tmp_path):
    rng, number = np.random.default_rng(0), 60
    sigma = 0.02 * COVARIANCE
    scores, tests = [], []
    for k in range(number):
        drawn = rng.multivariate_normal(SLOPES @ TRUTH, sigma)
        # where all is linear one step is enough
        found = run(tmp_path / f"{k}.parquet", dict(zip(NAMES, drawn, strict=True)),
                    economy=ECONOMY, errors=sigma, tolerance=0.5)  # fmt: skip
        gap = found.estimates["estimate"] - TRUTH
        scores.append(gap / found.estimates["standard error"])
        tests.append(found.j_statistic)
    scores = np.array(scores)
    low, high = stats.chi2.ppf([1e-4, 1 - 1e-4], number)
    square = (scores**2).sum(axis=0)
    assert ((low < square) & (square < high)).all() and low < sum(tests) < high
    assert (np.abs(scores.mean(axis=0)) < 3.7 / np.sqrt(number)).all()


def test_an_interrupted_search_goes_on_where_it_was(tmp_path, path):
    log = tmp_path / "log"
    measure = partial(examples.stopping, log=str(log), after=9)
    with pytest.raises(KeyboardInterrupt):
        run(path, CURVED, measure)
    assert len(examples.traces(log)) == 10 and len(pd.read_parquet(path)) == 9
    whole = run(tmp_path / "whole.parquet", CURVED, examples.curved)
    # what the measure does may change: its name and options tell its rows
    with mock.patch.object(examples, "leave_trace", lambda log: 0):
        count = len(pd.read_parquet(tmp_path / "whole.parquet"))
        found = run(path, CURVED, measure)
    pd.testing.assert_frame_equal(found.estimates, whole.estimates)
    assert len(pd.read_parquet(path)) == count
    # nothing is left to do
    again = run(path, CURVED, partial(examples.stopping, log=str(log), after=9))
    assert len(examples.traces(log)) == 10
    pd.testing.assert_frame_equal(again.evaluations, found.evaluations)
    assert (found.evaluations["seconds"] < 1).all()


def test_rows_of_other_economies_and_measures_are_told_apart(tmp_path, path):
    log = tmp_path / "log"
    calls = []

    def count(**options):
        before = len(examples.traces(log)) if log.exists() else 0
        economy = options.pop("economy", AWAY)
        measure = partial(examples.linear, log=str(log), **options.pop("more", {}))
        found = run(path, measure=measure, economy=economy, **options)
        calls.append(len(examples.traces(log)) - before)
        return found

    first = count()
    again = count()
    assert calls[0] > 5 and calls[1] == 0
    pd.testing.assert_frame_equal(first.evaluations, again.evaluations)
    other = count(more={"noise": 0.1})
    assert calls[2] > 5 and not np.allclose(
        other.estimates["estimate"], first.estimates["estimate"]
    )
    assert calls[:2] == [len(first.evaluations), 0]
    count(economy=AWAY.with_(ces_exponent=0.7))
    count(economy=AWAY.with_(human_capital=[0.5, 1.0, 1.6]))
    count(seed=1)  # the sixth
    with pytest.raises(ValueError, match="of other parameters, contact_r"):
        count(parameters=dict(list(BOX.items())[:2]))
    assert min(calls[2:]) > 5
    # but what is searched may begin elsewhere, with the rows that there are
    moved = count(economy=AWAY.with_(contact_rate_employed=0.8))
    np.testing.assert_allclose(
        moved.estimates["estimate"], first.estimates["estimate"], rtol=1e-5
    )
    assert set(first.evaluations.columns) == {
        *FIELDS,
        "seed",
        "seconds",
        *NAMES,
        "objective",
    }
    assert len(moved.evaluations) == calls[-1] < len(pd.read_parquet(path))


def test_processes_find_the_same(tmp_path):
    # where the start is the answer, so that new processes are needed only once
    log, targets = tmp_path / "log", examples.linear(ECONOMY, 0)
    measure = partial(examples.linear, log=str(log))
    options = {"economy": ECONOMY, "errors": COVARIANCE}
    here = run(tmp_path / "1.parquet", targets, **options)
    there = run(tmp_path / "2.parquet", targets, measure, processes=2, **options)
    pd.testing.assert_frame_equal(here.estimates, there.estimates)
    processes = examples.traces(log)
    assert processes[0] == os.getpid() and len(processes) == 7  # a step needs no others
    assert os.getpid() not in processes[1:]


def test_a_cluster_finds_the_same(tmp_path):
    from distributed import LocalCluster

    log = tmp_path / "log"
    measure = partial(examples.linear, log=str(log))
    here = run(tmp_path / "1.parquet", replications=2)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        there = run(tmp_path / "2.parquet", measure=measure, replications=2,
                    scheduler=address)  # fmt: skip
    pd.testing.assert_frame_equal(here.estimates, there.estimates)
    processes = set(examples.traces(log))
    assert len(processes) == 2 and os.getpid() not in processes


def test_parameters_that_targets_do_not_fix_are_named(path):
    targets = {"one": 0.8, "two": 0.7, "three": 2.5}
    errors = dict.fromkeys(targets, 0.1)
    said = (
        "The targets cannot tell apart contact_rate_employed and match_break_rate; no"
        " target moves with learning_from_better."
    )
    parts = sorted(said[:-1].lower().split("; "))
    with pytest.warns(UserWarning, match="learning_from_better") as caught:
        found = run(path, targets, examples.sums, errors=errors)
    assert sorted(found.unidentified[:-1].lower().split("; ")) == parts
    assert found.unidentified in str(caught[0].message)
    assert found.estimates["standard error"].isna().all()
    assert found.degrees_of_freedom == 2 and np.isfinite(found.p_value)
    # held, the others have standard errors
    with pytest.warns(UserWarning, match="No target moves with learning_from_better"):
        some = dict(list(BOX.items())[::2])
        found = run(path.with_name("2.parquet"), targets, examples.sums, errors=errors,
                    parameters=some, tolerance=1e-8)  # fmt: skip
    total = 0.4 + found.estimates["estimate"].iloc[0]
    slopes = np.array([1, 2 * total, 3])
    error = found.estimates["standard error"]
    assert error.iloc[0] == pytest.approx(0.1 / np.sqrt(slopes @ slopes), rel=1e-6)
    assert np.isnan(error.iloc[1])


def test_an_estimate_at_its_bound_is_held_there(path):
    box = {**BOX, "match_break_rate": (0.3, 0.6)}
    found = run(path, errors=COVARIANCE, parameters=box, tolerance=1e-6)
    assert found.estimates["at bound"].tolist() == [False, True, False]
    assert found.estimates["estimate"].iloc[1] == pytest.approx(0.3, abs=1e-5)
    free = SLOPES[:, [0, 2]]
    inverse = np.linalg.inv(COVARIANCE.to_numpy())
    error = np.sqrt(np.diag(np.linalg.inv(free.T @ inverse @ free)))
    held = found.estimates["standard error"]
    np.testing.assert_allclose(held.iloc[[0, 2]], error, rtol=1e-6)
    assert np.isnan(held.iloc[1]) and found.degrees_of_freedom == 2


def test_all_at_their_bounds(path):
    box = {FIELDS[1]: (0.3, 0.6), FIELDS[2]: (0.5, 0.8)}
    targets = {"one": 0.1, "two": 3.0, "three": 0.2}
    found = run(path, targets, parameters=box, errors=dict.fromkeys(targets, 0.1),
                measure=examples.linear, tolerance=1e-4)  # fmt: skip
    assert found.estimates["at bound"].all() and found.degrees_of_freedom == 3
    assert found.j_statistic == pytest.approx(found.objective)


def test_points_lead_out_of_a_wrong_valley(path):
    truth = {"one": 0.3 + 0.3 * np.sin(3.6), "two": 0.2}
    box = dict(list(BOX.items())[:2])
    stuck = run(path, truth, examples.waves, parameters=box, step=0.01)
    assert abs(stuck.estimates["estimate"].iloc[0] - 0.3) > 0.1
    with pytest.warns(UserWarning, match=r"of 32 points could not be measured"):
        found = run(path, truth, examples.waves, parameters=box, points=32, step=0.01)
    assert found.estimates["estimate"].iloc[0] == pytest.approx(0.3, abs=2e-3)
    assert found.objective < 1e-4


def test_steps_to_where_there_is_no_solution_are_taken_back(path):
    truth, box = {"one": 1.0, "two": 0.2}, dict(list(BOX.items())[:2])
    start = AWAY.with_(contact_rate_employed=0.15)
    found = run(path, truth, examples.edge, start, parameters=box, step=0.01)
    assert found.estimates["estimate"].iloc[0] == pytest.approx(1.0, abs=1e-3)


def test_derivatives_of_moments_have_errors_over_seeds(path):
    measure = partial(examples.linear, tilt=0.1, noise=0.3)
    steps = dict(zip(FIELDS, (0.1, 0.02, 0.05), strict=True))
    seeds = range(5, 11)
    found = moment_jacobian(
        ECONOMY, steps, path, measure=measure, seeds=seeds, progress=False
    )
    drawn, levels = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        level = rng.normal(size=4)
        drawn.append(SLOPES + 0.1 * rng.normal(size=SLOPES.shape))
        levels.append(0.3 * level + drawn[-1] @ TRUTH)
    assert found["moment"].tolist() == np.repeat(NAMES, 3).tolist()
    assert found["parameter"].tolist() == [*FIELDS] * 4
    np.testing.assert_allclose(found["slope"], np.mean(drawn, axis=0).ravel())
    error = np.std(drawn, axis=0, ddof=1).ravel() / np.sqrt(6)
    np.testing.assert_allclose(found["standard error"], error)
    np.testing.assert_allclose(found["value"], np.repeat(np.mean(levels, axis=0), 3))
    one = moment_jacobian(ECONOMY, steps, path, measure=measure, progress=False)
    assert one["standard error"].isna().all() and len(pd.read_parquet(path)) == 49
    for steps, sentence in (
        ({"match_break_rate": 0.3}, "The step of match_break_rate is too large"),
        ({"match_break_rate": 0.0}, "the step of match_break_rate = 0 must be"),
        ({"ability": 0.1}, "'ability' is not a number: choose among"),
    ):
        with pytest.raises(ValueError, match=sentence):
            moment_jacobian(ECONOMY, steps, path, measure=measure)


def test_rates_of_a_small_economy_are_recovered(path):
    box = {"contact_rate_nonemployed": (0.5, 1.5), "match_break_rate": (0.05, 0.3)}
    values = dict(zip(box, (0.9, 0.127), strict=True))
    workers = {"human_capital": [0.8, 1.2], "newborn_shares": [0.5, 0.5]}
    truth = FiniteEconomy.example(max_team_size=3, **workers, **values)
    targets = examples.flows(truth, 0)
    start = truth.with_(contact_rate_nonemployed=1.3, match_break_rate=0.2)
    found = run(path, targets, examples.flows, start, parameters=box, step=0.01,
                errors=dict.fromkeys(targets, 0.01))  # fmt: skip
    for name, value in values.items():
        assert getattr(found.economy, name) == pytest.approx(value, rel=1e-3)
    assert found.p_value > 0.99 and found.degrees_of_freedom == 3


def test_the_measure_of_a_finite_economy():
    economy = ECONOMY.with_(max_team_size=3)
    sizes = {"firms": 200, "years": 6.0, "burn_in": 5.0}
    found = measures.measure_finite(
        economy, 3, **sizes, readings={"weights": "firms", "sampling": 0.5}
    )
    equilibrium = exact.solve(economy)
    history = simulate(equilibrium, **sizes, seed=3, wages=worker_value(equilibrium))
    rows = moments(
        history.panel, workers=history.workers, weights="firms", sampling=0.5
    )
    assert list(found) == [*(row.name for row in TARGETS), "EE"]
    np.testing.assert_array_equal(list(found.values())[:-1], rows.table["value"])
    rate = history.transition_rates.EE  # a year
    assert found["EE"] == pytest.approx(rate / 2, rel=0.2)
    lognormal, sizes["firms"] = Economy.paper(max_team_size=3), 500
    grid = {"human_capital": 3, "productivity": 2}
    one = measures.measure_finite(lognormal, 3, grid=grid, **sizes)
    two = measures.measure_finite(lognormal.discretise(**grid), 3, **sizes)
    assert one == two
    # an economy that was solved is not solved again for another seed
    with mock.patch.object(measures.exact, "solve", side_effect=AssertionError):
        again = measures.measure_finite(lognormal, 4, grid=grid, **sizes)
        assert again["better"] != one["better"]
        with pytest.raises(AssertionError):
            measures.measure_finite(economy, 3, **sizes)
    # that is the default of a finite economy, and the other of one that is not
    assert measures.measure_of(economy, None) is measures.measure_finite
    assert measures.measure_of(lognormal, None) is measures.measure_solved
    with pytest.raises(TypeError, match="takes an Economy only with grid"):
        measures.measure_finite(lognormal, 3)


def test_the_measure_of_continuous_types(monkeypatch):
    # the three steps have tests of their own: here, what goes from one to the next
    economy, asked = Economy.paper().with_(workers_per_firm=5.0), {}
    panels = [random_panel(workers=90, firms=12, years=6.5, seed=k) for k in (4, 5)]

    def step(name, result):
        def taken(*args, **options):
            asked[name] = args, options
            return result

        monkeypatch.setattr(measures, name, taken)

    step("solve", "solution")
    step("worker_pay", "pay")
    step("simulate_pay", panels)
    found = measures.measure_solved(
        economy, 7, preset="t4", pay={"rows": 50}, firms=18, per_year=2
    )
    assert asked["solve"] == ((economy, "t4", 7), {})
    assert asked["worker_pay"] == (("solution",), {"rows": 50, "seed": 7})
    args, options = asked["simulate_pay"]
    assert args == ("pay",) and options["seed"] == 7 and options["per_year"] == 2
    table = moments(panels, year=2, workers=90).table["value"]
    assert list(found) == [*table.index, "EE"]
    np.testing.assert_array_equal(list(found.values())[:-1], table)
    moved = [panel_transitions(one, year=2, workers=90).EE for one in panels]
    assert found["EE"] == pytest.approx(np.mean(moved)) and found["EE"] > 0


@pytest.mark.slow
def test_the_measure_of_continuous_types_as_a_whole(monkeypatch):
    solution = pay_examples.solution()
    monkeypatch.setattr(measures, "solve", lambda *args: solution)
    pay = {"rows": 100, "features": 20, "wages": 10, "types": 8, "tolerance": 0.02}
    found = measures.measure_solved(
        solution.economy, 7, pay=pay, firms=96, islands=2, years=3, burn_in=4.0
    )
    assert np.isfinite(list(found.values())).all()
    assert 0 < found["EN"] < 0.5 < found["employment_rate"] < 1
    assert 1 <= found["average_employer_size"] <= solution.economy.max_team_size


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        ({"speed": (0, 1)}, ValueError, "'speed' is no field of FiniteEconomy: choose"),
        ({"human_capital": (0, 1)}, ValueError, "'human_capital' is not a number"),
        ({"max_team_size": (1, 4)}, ValueError, "'max_team_size' is a whole number"),
        ({"rounding": (1, 4)}, ValueError, "'rounding' is not a number: choose among"),
        ({"ces_exponent": (1, 0.5)}, ValueError, "has bounds 1 and 0.5: the lower"),
        ({"ces_exponent": 0.5}, TypeError, r"ces_exponent: 0.5 must be two numbers"),
        ({"ces_exponent": (0.1, 0.5)}, ValueError, "ces_exponent = 0.8 of the economy"),
        ({"ces_exponent": ("a", 1)}, TypeError, "lower bound of ces_exponent must be"),
        ({"ces_exponent": (0, 1)}, ValueError, "allow ces_exponent = 0, which"),
        ({}, TypeError, r"parameters = \{\} must be a dict"),
        (
            ["ces_exponent"],
            TypeError,
            r"parameters = \['ces_exponent'\] must be a dict",
        ),
    ],
)
def test_parameters_that_make_no_sense_are_refused(path, parameters, error, sentence):
    with pytest.raises(error, match=sentence):
        run(path, parameters=parameters)
    assert not path.exists()


def test_bounds_that_the_economy_refuses_together(path):
    economy = Economy.paper(max_team_size=2).with_(worker_covariance=0.0)
    box = {"sd_log_human_capital": (0.1, 0.3), "worker_covariance": (-1e-3, 1e-3)}
    with pytest.raises(ValueError, match=r"allow sd_log_human_capital = 0.1, worker_c"):
        run(path, economy=economy, parameters=box)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"economy": 3}, TypeError, "economy must be an Economy or a FiniteEconomy"),
        (
            {"targets": {"one": 1.0}},
            ValueError,
            "1 targets are fewer than 3 param",
        ),
        (
            {"targets": {**TARGET, "two": np.nan}},
            ValueError,
            "target two = nan must",
        ),
        ({"targets": "one"}, TypeError, "targets = 'one' must be a dict from moments"),
        ({"targets": ["EN", "one"]}, ValueError, "the row = 'one' is not known"),
        ({"targets": {**TARGET, "two": 0}}, ValueError, "The target of two is 0, of"),
        ({"weights": {"two": 0.0}}, ValueError, "the weight of two = 0 must be finite"),
        ({"weights": {"five": 1}}, ValueError, "weights name five, not among the targ"),
        ({"weights": [1]}, TypeError, r"weights = \[1\] must be a dict"),
        ({"errors": {"one": 0.1}}, ValueError, "errors lack two, three, four: give"),
        ({"errors": 0.1}, TypeError, "errors = 0.1 must be a dict of standard errors"),
        ({"errors": COVARIANCE - 0.04}, ValueError, "must be a covariance matrix"),
        ({"errors": COVARIANCE.iloc[:3]}, ValueError, "must have a row and a column"),
        ({"replications": 1}, ValueError, "replications = 1 have no spread"),
        ({"step": 0.0}, ValueError, "step = 0 must be"),
        ({"measure": "linear"}, TypeError, "measure = 'linear' must be a function"),
        (
            {"measure": lambda e, s: {}},
            TypeError,
            "<lambda>, which its rows in",
        ),
        (
            {"measure": partial(examples.linear, log=object())},
            TypeError,
            "option of type object, which its rows",
        ),
    ],
)
def test_other_arguments_that_make_no_sense_are_refused(path, options, error, sentence):
    with pytest.raises(error, match=sentence):
        run(path, **options)
    assert not path.exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"five": 1.0}, "measure gives no five: choose targets among product, share"),
        ({"lost": 1.0}, "lost is not a number at the start: leave it out"),
        ({"word": 1.0}, "measure gives words for word, not numbers"),
    ],
)
def test_targets_that_measure_does_not_give_are_refused(path, more, sentence):
    with pytest.raises(ValueError, match=sentence):
        run(path, {**CURVED, **more}, examples.curved)
    assert len(pd.read_parquet(path)) == 1


def test_names_alone_stand_for_the_slides_data(path):
    names = ["EN", "NE", "better"]
    box = {FIELDS[1]: BOX[FIELDS[1]]}
    measure = partial(examples.alike, names=[*names, "worse_squared"])
    found = run(path, names, measure, parameters=box)
    assert found.fit["target"].to_dict() == {"EN": 0.149, "NE": 0.311, "better": 0.34}
    with pytest.raises(ValueError, match="The target of worse_squared is 0"):
        run(path, ["EN", "worse_squared"], measure, parameters=box)


def test_a_search_that_is_cut_short_says_so(path):
    with pytest.warns(UserWarning, match="did not end in 1 rounds"):
        found = run(path, CURVED, examples.curved, rounds=1)
    assert not found.converged and "not converged" in repr(found)


def test_what_is_shown(path, capsys):
    found = run(path, errors=COVARIANCE, progress=True)
    assert "evaluations" in capsys.readouterr().err
    assert "Calibration of 3 parameters to 4 targets" in repr(found)
    assert "p = " in repr(found) and "match_break_rate" in repr(found)
    assert "match_break_rate" in found._repr_html_()
