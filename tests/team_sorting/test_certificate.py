"""The certificate: true bounds, closed where the theorem holds and open where not."""

import numpy as np
import pytest
from scipy import optimize, stats

from jobteams_lab.team_sorting import (
    Economy,
    Equilibrium,
    Mixture,
    RankOne,
    solve,
)
from jobteams_lab.team_sorting.certificate import certify, largest_surplus

TWO_HUMPS = Mixture([stats.beta(60, 30), stats.beta(2, 40)], [0.5, 0.5])
PROJECTS = stats.beta(0.98, 2.83)


@pytest.mark.parametrize(
    "workers, projects, per_team",
    [
        (stats.beta(0.96, 2.85), PROJECTS, 2),
        (stats.beta(0.96, 2.85), PROJECTS, 3),
        (stats.beta(1.89, 1.48), stats.beta(1.66, 1.63), 2),
        (stats.beta(1.89, 1.48), stats.beta(1.66, 1.63), 5),
        (stats.uniform(0.2, 0.6), stats.uniform(), 2),
        ([stats.beta(1, 2), stats.beta(2, 1)], stats.uniform(), [1, 2]),
    ],
)
def test_closed(workers, projects, per_team):
    equilibrium = solve(Economy(workers, projects, per_team))
    certificate = certify(equilibrium, cells=50_000)
    assert certificate.optimal and certificate.gap < 1e-5
    assert certificate.lower <= equilibrium.output_loss + 1e-15
    assert equilibrium.output_loss < certificate.upper
    assert certificate.largest_surplus < 1e-15


def test_closed_when_everyone_mixes():
    narrow = stats.uniform(0.2, 0.6)
    certificate = certify(solve(Economy(narrow, narrow, 2)), cells=20_000)
    assert certificate.optimal


def test_rank_one():
    economy = Economy(
        stats.beta(1, 3), stats.beta(1, 2), 2, technology=RankOne((1.0, 1.0, 2.0))
    )
    assert certify(solve(economy), cells=20_000).optimal


@pytest.mark.parametrize(
    "projects, gap", [(PROJECTS, 0.014), (TWO_HUMPS, 0.16)], ids=["one", "both"]
)
def test_two_humps_are_not_optimal(projects, gap):
    """The formulas have no duality gap and no surplus, and cannot be attained."""
    equilibrium = solve(Economy(TWO_HUMPS, projects, 2))
    assert abs(equilibrium.dual_value - equilibrium.output) < 1e-9
    certificate = certify(equilibrium)
    assert certificate.verdict == "not optimal" and not certificate.optimal
    assert certificate.largest_surplus < 1e-15
    assert certificate.gap == pytest.approx(gap, rel=0.05)
    assert "cannot be mixed" in certificate.reasons[-1]


def test_few_cells_leave_it_open():
    """A coarse assignment is a bound that does not close: no verdict either way."""
    equilibrium = solve(Economy(stats.uniform(), stats.uniform(), 2))
    certificate = certify(equilibrium, cells=50)
    assert certificate.verdict == "open"
    assert certificate.lower <= equilibrium.output_loss + 1e-15 < certificate.upper


class Underpaid(Equilibrium):
    """An equilibrium in which workers near x = 0.31 are paid less than they should."""

    def wage(self, skill, group=0):
        dip = np.exp(-(((np.asarray(skill, float) - 0.31) / 0.02) ** 2))
        return super().wage(skill, group) - 1e-3 * dip


def test_a_surplus_is_found_and_spoils_the_bound():
    true = solve(Economy(stats.uniform(), stats.uniform(), 2))
    wrong = Underpaid(true.economy, true.curve)
    surplus, team = largest_surplus(wrong)
    # two such workers in a mixed team save their firm the cut twice
    assert surplus == pytest.approx(2e-3, rel=1e-3)
    assert team[:2] == pytest.approx([0.31, 0.31], abs=2e-3)
    certificate = certify(wrong, cells=20_000)
    assert not certificate.optimal
    assert wrong.dual_value < true.dual_value  # cheaper, and not feasible
    assert certificate.lower < true.output_loss < certificate.upper
    assert "surplus" in certificate.reasons[0]


def test_largest_surplus_against_an_optimiser():
    """The grid of all teams finds what multi-start optimisation finds."""
    economy = Economy(stats.beta(2, 3), stats.beta(1, 2), 3)
    wrong = Underpaid(economy, solve(economy).curve)

    def negative(team):
        team = np.clip(team, 0.0, 1.0)
        pay = sum(wrong.wage(team[k]) for k in range(3)) + wrong.firm_value(team[3])
        return -float(economy.output(team) - pay)

    rng = np.random.default_rng(0)
    starts = rng.random((40, 4))
    starts[:, :3] = 0.31 + 0.02 * rng.standard_normal((40, 3))
    best = min(
        optimize.minimize(negative, start, method="Nelder-Mead").fun for start in starts
    )
    surplus, team = largest_surplus(wrong)
    assert surplus >= -best - 1e-12
    assert -negative(team) == pytest.approx(surplus, abs=1e-14)


def test_assumption_1_is_reported():
    economies = {
        False: Economy(stats.uniform(), stats.uniform(), 2),
        True: Economy(stats.beta(2, 3), stats.uniform(), 2),
    }
    for fails, economy in economies.items():
        reasons = " ".join(certify(solve(economy), cells=5_000).reasons)
        assert ("Assumption 1 fails for workers" in reasons) is fails


@pytest.mark.parametrize(
    "options, match",
    [({"cells": 1}, "cells = 1"), ({"tolerance": 0.0}, "tolerance = 0")],
)
def test_refusals(options, match):
    equilibrium = solve(Economy(stats.uniform(), stats.uniform(), 2))
    with pytest.raises(ValueError, match=match):
        certify(equilibrium, **options)
