"""Transition rates: the likelihood integrated directly, the truth, and invariances."""

import numpy as np
import pandas as pd
import pytest
from auction_examples import BETA, MONTHLY
from scipy import integrate

from jobteams_lab import Panel
from jobteams_lab.sequential_auctions import (
    Economy,
    simulate,
    solve,
    transition_rates,
    transitions,
)

NAMES = transitions.NAMES


def point(rates):
    return np.array([getattr(rates, name) for name in NAMES])


def errors(rates):
    return np.array([rates.standard_errors[name] for name in NAMES])


def histories(panel):
    """Jobs as (worker, begun, length, ended, time until the next job, or censored)."""
    first, last = panel.window
    spells = panel.spells().data.to_dict("records")
    for job, after in zip(spells, [*spells[1:], None], strict=True):
        if after is not None and after["worker"] != job["worker"]:
            after = None
        begun = job["origin"]
        if begun == "unknown":
            begun = "running" if job["start"] == first else None
        if after is not None and after["origin"] == "firm":
            ended, idle = "poached", None
        elif job["end"] < last:
            ended = "lost"
            idle = last - job["end"] if after is None else after["start"] - job["end"]
        else:
            ended, idle = "running", None
        yield job["worker"], begun, job["end"] - job["start"], ended, idle, after


def slow_log_likelihood(panel, rates, average):
    """Log-likelihood by worker; `average(g, f)` is ∫ f g dv / ∫ g dv."""
    unemployed, employed, separation, leave = rates
    loss = separation + leave
    k1 = employed / loss
    types = {
        "running": lambda v, up: 1 / ((1 + k1 * v) * (1 + k1 * up)),
        "unemployment": lambda v, up: 1.0 + 0 * v,
        "firm": lambda v, up: (1 - up) / (1 + k1 * up),
    }
    value = dict.fromkeys(panel.workers, 0.0)
    for worker, begun, length, ended, idle, after in histories(panel):
        if begun is not None:

            def density(v, length=length, ended=ended):
                stays = np.exp(-(loss + employed * v) * length)
                if ended == "poached":
                    return stays * employed * v
                return stays * (loss if ended == "lost" else 1.0)

            value[worker] += np.log(average(types[begun], density))
        if ended != "lost":
            continue
        found = separation / loss * unemployed / (unemployed + leave)
        rate = unemployed + leave
        if after is None:  # 1 − P(found again by now)
            value[worker] += np.log(1 - found * (1 - np.exp(-rate * idle)))
        else:
            value[worker] += np.log(found * rate * np.exp(-rate * idle))
    return np.array(list(value.values()))


def by_quadrature(types, density):
    top = integrate.quad(lambda v: types(v, v) * density(v), 0, 1, epsabs=1e-13)[0]
    return top / integrate.quad(lambda v: types(v, v), 0, 1, epsabs=1e-13)[0]


def by_sum(firms):
    v = np.arange(firms) / firms

    def average(types, density):
        mass = types(v, v + 1 / firms)
        return (mass * density(v)).sum() / mass.sum()

    return average


def economy(**changes):
    return solve(Economy(**{**MONTHLY, **changes}, productivity=BETA))


@pytest.fixture(scope="module")
def small():
    return simulate(economy(), 150, 120, seed=5, firms=12)


def test_likelihood_is_the_integral_over_firms(monkeypatch):
    monkeypatch.setattr(transitions, "FEW_FIRMS", 0)
    panel = simulate(economy(), 60, 120, seed=4)
    rates = transition_rates(panel)
    slow = slow_log_likelihood(panel, point(rates), by_quadrature)
    assert rates.log_likelihood == pytest.approx(slow.sum(), rel=1e-7)
    assert rates.jobs == len(panel.spells().data)
    assert rates.jobs_left_out == 0


def test_few_firms_make_it_a_sum(small):
    rates = transition_rates(small)
    slow = slow_log_likelihood(small, point(rates), by_sum(12))
    assert rates.log_likelihood == pytest.approx(slow.sum(), rel=1e-7)


def test_standard_errors_are_the_sandwich_of_the_slow_likelihood(small):
    rates = transition_rates(small)
    at, step = np.log(point(rates)), 1e-3

    def value(theta):
        return slow_log_likelihood(small, np.exp(theta), by_sum(12))

    moves = step * np.eye(4)
    score = np.array([(value(at + m) - value(at - m)) / (2 * step) for m in moves])
    assert np.all(np.abs(score.sum(axis=1)) < 1e-2 * np.sqrt((score**2).sum(axis=1)))
    hessian = np.array(
        [
            [
                sum(
                    sign * value(at + a * m + b * n).sum()
                    for a, b, sign in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
                )
                for n in moves
            ]
            for m in moves
        ]
    ) / (4 * step**2)
    bread = np.linalg.inv(hessian)
    expected = np.sqrt(np.diag(bread @ (score @ score.T) @ bread)) * point(rates)
    assert errors(rates) == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exit_rate": 0.02, "separation_rate": 0.01},  # most who lose a job are gone
        {"contact_rate_employed": 1.0},
        {"contact_rate_employed": 0.005},
        {"contact_rate_unemployed": 2.0, "exit_rate": 0.03},
    ],
)
@pytest.mark.parametrize("firms", [None, 40])
def test_recovers_the_truth(changes, firms):
    equilibrium = economy(**changes)
    rates = transition_rates(simulate(equilibrium, 3_000, 180, seed=2, firms=firms))
    truth = np.array([getattr(equilibrium.economy, name) for name in NAMES])
    assert np.all(np.abs(point(rates) - truth) < 4 * errors(rates))
    assert np.all(errors(rates) < 0.25 * truth)
    k1 = equilibrium.economy.contacts_per_job
    assert rates.contacts_per_job == pytest.approx(k1, rel=0.1)


def test_nobody_leaving_is_a_rate_of_zero():
    panel = simulate(economy(exit_rate=0.0), 1_000, 240, seed=3)
    rates = transition_rates(panel)
    # two years out of work at λ0 = 0.3 happen once in a thousand times
    assert rates.exit_rate < 1e-4
    if rates.exit_rate == 0.0:
        assert np.isnan(rates.standard_errors["exit_rate"])


def test_order_of_rows_and_names_of_firms_do_not_matter(small):
    shuffled = small.data.sample(frac=1, random_state=1)
    codes = np.random.default_rng(2).permutation(10_000)
    shuffled = shuffled.assign(
        worker=[f"w{codes[w]}" for w in shuffled["worker"]],
        firm=[f"f{codes[f]}" for f in shuffled["firm"]],
    )
    again = transition_rates(Panel(shuffled, window=small.window))
    first = transition_rates(small)
    assert point(again) == pytest.approx(point(first), rel=1e-5)
    assert errors(again) == pytest.approx(errors(first), rel=1e-4)


@pytest.mark.parametrize("unit", [1 / 12, 30.0, 2.6e6])  # years, days, seconds
def test_unit_of_time_scales_rates(small, unit):
    data = small.data.assign(
        start=small.data["start"] * unit, end=small.data["end"] * unit
    )
    scaled = transition_rates(Panel(data, window=(0.0, 120 * unit)))
    first = transition_rates(small)
    assert point(scaled) * unit == pytest.approx(point(first), rel=1e-4)
    assert errors(scaled) * unit == pytest.approx(errors(first), rel=1e-3)


def test_jobs_of_unknown_origin_inside_the_window_are_left_out(small):
    hidden = small.data.copy()
    spells = hidden["start"] > 60
    hidden["origin"] = hidden["origin"].astype(str).where(~spells, "unknown")
    rates = transition_rates(Panel(hidden, window=small.window))
    assert rates.jobs_left_out > 0
    total = len(Panel(hidden, window=small.window).spells().data)
    assert rates.jobs + rates.jobs_left_out == total


def test_a_pause_between_two_jobs_of_one_move_is_still_a_move():
    # records that miss a day or two between employers, joined by spells(gap=...)
    equilibrium = economy()
    panel = simulate(equilibrium, 2_000, 120, seed=6)
    spells = panel.spells().data
    moved = (spells["origin"] == "firm").to_numpy()
    late = spells["start"] + np.where(moved, 0.05, 0.0)
    late = np.minimum(late, 0.5 * (spells["start"] + spells["end"]))
    paused = Panel(spells.assign(start=late)[NAMED], window=panel.window)
    exact, found = transition_rates(panel), transition_rates(paused.spells(gap=0.06))
    # one in fifty of the unemployed finds a job within so short a pause
    assert found.separation_rate == pytest.approx(exact.separation_rate, rel=0.03)
    assert found.exit_rate == pytest.approx(exact.exit_rate, rel=0.1)


NAMED = ["worker", "firm", "start", "end", "wage"]


def test_leaves_the_panel_alone(small):
    before = small.data.copy()
    transition_rates(small)
    pd.testing.assert_frame_equal(small.data, before)
