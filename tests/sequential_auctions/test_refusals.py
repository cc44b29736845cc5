"""Every refusal is one sentence: the value, what is wrong with it, what to do."""

import numpy as np
import pandas as pd
import pytest
from auction_examples import BETA, CALM, NOTES
from scipy import stats

from jobteams_lab import Panel
from jobteams_lab.sequential_auctions import (
    Economy,
    decompose,
    estimate,
    simulate,
    solve,
    transition_rates,
)


def refuses(kind, sentence):
    return pytest.raises(kind, match=sentence)


RATES = [
    "contact_rate_employed",
    "separation_rate",
    "exit_rate",
    "discount_rate",
    "risk_aversion",
]
ECONOMIES = [
    *(({name: -0.1}, ValueError, f"{name} = -0.1 must be finite") for name in RATES),
    *(({name: np.nan}, ValueError, f"{name} = nan must be") for name in RATES),
    *(({name: "fast"}, TypeError, f"{name} must be a number") for name in RATES),
    ({"discount_rate": True}, TypeError, "discount_rate must be a number, not True"),
    (
        {"contact_rate_unemployed": 0.0},
        ValueError,
        "contact_rate_unemployed = 0 must be finite and greater than 0",
    ),
    (
        {"separation_rate": 0, "exit_rate": 0},
        ValueError,
        "separation_rate and exit_rate are both 0: make one of them positive",
    ),
    (
        {"unemployment_income": np.inf},
        ValueError,
        "unemployment_income = inf must be finite",
    ),
    (
        {"unemployment_income": 0.6},
        ValueError,
        "unemployment_income = 0.6 must be below the least productive firm, p = 0.6",
    ),
    (
        {"unemployment_income": 0.0, "risk_aversion": 1},
        ValueError,
        "unemployment_income = 0 must be positive when risk_aversion = 1 is",
    ),
    ({"productivity": stats.norm()}, ValueError, "productivity has support from -inf"),
    ({"productivity": stats.pareto(1.0, 1)}, ValueError, "mean inf: both must be"),
    ({"productivity": []}, ValueError, "productivity is a sample of 0 values"),
    ({"productivity": [1, np.nan]}, ValueError, "1 of them not finite"),
    ({"productivity": [[1.0]]}, TypeError, "one-dimensional sample of numbers"),
    ({"productivity": 1.0}, TypeError, "productivity = 1.0 must be a frozen"),
    ({"productivity": "high"}, TypeError, "productivity = 'high' must be a frozen"),
    ({"productivity": stats.poisson(3)}, TypeError, "frozen continuous SciPy"),
    ({"productivity": stats.beta}, TypeError, "frozen continuous SciPy"),
    ({"ability": [-1.0, 2.0]}, ValueError, "ability starts at -1: all workers"),
    ({"ability": [0.0, 2.0]}, ValueError, "ability starts at 0: all workers"),
    ({"ability": stats.norm()}, ValueError, "ability has support from -inf"),
]


@pytest.mark.parametrize("changes, kind, sentence", ECONOMIES)
def test_economy(changes, kind, sentence):
    with refuses(kind, sentence):
        Economy(**{**NOTES, "productivity": BETA, **changes})


def test_wages_that_no_worker_gets(notes):
    with refuses(ValueError, "outside_option = 1.5 must not exceed productivity = 1:"):
        notes.mobility_wage([0.7, 1.5], 1.0)
    with refuses(ValueError, "outside_option = 0.4 must not be below the income"):
        notes.mobility_wage(0.4, 1.0)
    with refuses(ValueError, "outside_option = nan"):
        notes.mobility_wage(np.nan, 1.0)
    with refuses(ValueError, "productivity = nan"):
        notes.starting_wage(np.nan)
    for ability in (0.0, -1.0, np.nan):
        with refuses(ValueError, f"ability = {ability:g} must be positive"):
            notes.mobility_wage(0.7, 1.0, ability)
    with refuses(ValueError, "outside_option = 0.4 must not be below the income"):
        notes.worker_value(0.4)
    with refuses(ValueError, "productivity = 0.5 is below the least productive firm"):
        notes.mean_wage([1.0, 0.5])


def test_steps_out_of_order(notes):
    with refuses(TypeError, "solve takes an Economy, not Equilibrium"):
        solve(notes)
    with refuses(TypeError, r"simulate takes an Equilibrium, not Economy: call solve"):
        simulate(notes.economy, 10, 10, seed=1)


def test_density_of_a_sample():
    equilibrium = solve(Economy(**NOTES, productivity=[1.0, 2.0]))
    with refuses(ValueError, "a sample and has no density: use employment_cdf"):
        equilibrium.employment_density(1.0)


def test_logs_of_wages_below_nothing(notes):
    with refuses(ValueError, r"not positive.*logs=False.*risk_aversion=1"):
        notes.variance_decomposition(logs=True)


@pytest.mark.parametrize(
    "arguments, kind, sentence",
    [
        ({"workers": 0}, ValueError, "workers = 0 must be finite and at least 1"),
        ({"workers": 2.5}, TypeError, "workers must be a whole number, not 2.5"),
        ({"duration": 0.0}, ValueError, "duration = 0 must be finite and greater"),
        ({"duration": np.inf}, ValueError, "duration = inf must be"),
        ({"seed": "x"}, TypeError, "seed must be a whole number, not 'x'"),
        ({"seed": -1}, ValueError, "seed = -1 must be"),
        ({"firms": 0}, ValueError, "firms = 0 must be"),
        ({"start": "hired"}, ValueError, "start = 'hired' is not known: choose one of"),
        ({"burn_in": -1}, ValueError, "burn_in = -1 must be"),
        (
            {"workers": 1, "duration": 1e-6, "start": "unemployed"},
            ValueError,
            "none of the 1 workers had a job within duration = 1e-06: simulate more",
        ),
    ],
)
def test_simulate(arguments, kind, sentence, notes):
    given = {"workers": 10, "duration": 10.0, "seed": 1, **arguments}
    workers, duration = given.pop("workers"), given.pop("duration")
    with refuses(kind, sentence):
        simulate(notes, workers, duration, **given)


def test_simulate_a_number_of_firms_from_a_sample():
    equilibrium = solve(Economy(**NOTES, productivity=[1.0, 2.0]))
    with refuses(ValueError, "firms = 5 is not allowed with a sample"):
        simulate(equilibrium, 10, 10, seed=1, firms=5)


def jobs(*rows, window=(0.0, 100.0)):
    columns = ["worker", "firm", "start", "end", "wage", "origin"]
    return Panel(pd.DataFrame(rows, columns=columns), window=window)


LOST = (1, 1, 0.0, 10.0, 1.0, "unknown")
FOUND = (1, 2, 15.0, 20.0, 1.0, "unemployment")
POACHED = (1, 3, 20.0, 100.0, 1.5, "firm")


@pytest.mark.parametrize(
    "rows, sentence",
    [
        ([(1, 1, 0.0, 100.0, 1.0, "unknown")], "no job in the panel is lost, so"),
        ([LOST, FOUND], "no job in the panel is left for a better one"),
        (
            [(1, 1, 0.0, 20.0, 1.0, "unknown"), (1, 3, 20.0, 90.0, 1.5, "firm")],
            "no job in the panel is found out of unemployment",
        ),
    ],
)
def test_rates_that_are_not_identified(rows, sentence):
    with refuses(ValueError, sentence + ".*longer window"):
        transition_rates(jobs(*rows))


def test_rates_of_the_shortest_history_that_has_everything():
    rates = transition_rates(jobs(LOST, FOUND, POACHED))
    assert rates.jobs == 3
    assert 0 < rates.contact_rate_unemployed < 10


@pytest.mark.parametrize(
    "arguments, kind, sentence",
    [
        ({"discount_rate": -1}, ValueError, "discount_rate = -1 must be"),
        ({"groups": 0}, ValueError, "groups = 0 must be"),
        ({"groups": 2.5}, TypeError, "groups must be a whole number, not 2.5"),
        ({"order_by": "size"}, ValueError, "order_by = 'size' is not known"),
    ],
)
def test_estimate(arguments, kind, sentence, panel):
    with refuses(kind, sentence):
        estimate(panel, **{"discount_rate": 0.004, **arguments})


def test_mean_wage_ranks_no_firms_where_it_falls(panel):
    with refuses(
        ValueError, r"mean wage cannot rank .* falls from .* to .*'poached_share'"
    ):
        estimate(panel, discount_rate=0.004, order_by="mean_wage")


def test_decompose(panel):
    with refuses(ValueError, "rows are means over spells.*rows they were made from"):
        decompose(panel.spells(), logs=False)
    with refuses(ValueError, "wages are zero or negative"):
        decompose(panel, logs=True)
    with refuses(ValueError, "bootstrap = -1 must be"):
        decompose(panel, logs=False, bootstrap=-1)
    for level in (0.0, 1.5):
        with refuses(ValueError, f"level = {level:g} must be greater than 0"):
            decompose(panel, logs=False, level=level)
    with refuses(TypeError, "seed must be a whole number, not None"):
        decompose(panel, logs=False, seed=None)
    few = Panel(panel.data[panel.data["worker"] < 15], window=panel.window)
    with refuses(ValueError, r"has 15 workers, too few .*at least 20.*bootstrap=0"):
        decompose(few, logs=False)


def test_decompose_without_pairs():
    alone = [
        (1, 1, 0.0, 10.0, 1.0, "unknown"),
        (1, 2, 12.0, 20.0, 1.0, "unemployment"),
    ]
    with refuses(ValueError, "no firm has two workers, so the variance cannot be"):
        decompose(jobs(*alone), logs=False)
    together = [(1, 1, 0.0, 10.0, 1.0, "unknown"), (2, 1, 0.0, 9.0, 2.0, "unknown")]
    with refuses(ValueError, "no worker is seen in two employment cycles"):
        decompose(jobs(*together), logs=False)


def test_good_values_are_not_refused():
    solve(Economy(**{**NOTES, "exit_rate": 0}, productivity=BETA, ability=[1, 2]))
    solve(Economy(**{**CALM, "unemployment_income": -1.0}, productivity=[0, 1]))
    gamma = stats.gamma(2.0, 0.6)
    solve(Economy(**CALM, productivity=gamma, ability=stats.gamma(2.0)))


def test_arguments_outside_the_model_are_refused():
    market = solve(Economy(**CALM, productivity=BETA))
    with refuses(ValueError, "productivity = 0.1 is below the least productive firm"):
        market.mean_wage([1.0, 0.1])
    with refuses(ValueError, "ability = -1 must be positive"):
        market.mobility_wage(0.9, 1.5, ability=-1.0)
    with refuses(ValueError, "outside_option = -1 must not be below the income"):
        market.worker_value(-1.0)
    with refuses(TypeError, r"not Economy: call solve\(economy\) first"):
        simulate(market.economy, 10, 10.0, seed=0)
    with refuses(TypeError, "solve takes an Economy, not str"):
        solve("economy")


def test_too_few_workers_for_intervals():
    panel = simulate(
        solve(Economy(**CALM, productivity=BETA)), 12, 600.0, seed=0, firms=3
    )
    few = Panel(panel.data[panel.data["worker"] < 12], window=panel.window)
    with refuses(ValueError, "workers, too few to draw from for intervals"):
        decompose(few)
    assert np.isfinite(decompose(few, bootstrap=0).total)


def test_a_panel_of_two_firms_can_be_estimated():
    panel = simulate(
        solve(Economy(**CALM, productivity=BETA)), 500, 240.0, seed=1, firms=2
    )
    found = estimate(panel, discount_rate=0.05)
    assert len(found.firms) == 2 and found.firms["productivity"].is_monotonic_increasing
    assert "λ1 =" in repr(found) and len(repr(found)) < 200
