"""The linear programme: against plain programmes, brute force and the formulas."""

import re
from itertools import permutations, product

import numpy as np
import pytest
from scipy import optimize, stats
from team_examples import SMOOTH, paper, uniform

from jobteams_lab.team_sorting import (
    Economy,
    Interactions,
    Mixture,
    RankOne,
    linear_program,
    rearrange,
    solve,
)

TECHNOLOGIES = {
    "problem solving": paper(),
    "groups": Economy([stats.beta(2, 3), stats.uniform(0.2, 0.3)], stats.beta(1, 2)),
    "interactions": Economy(
        stats.beta(2, 3),
        stats.beta(1, 2),
        technology=Interactions((0.1, 0.3, 0.2), (1.0, 0.0, 2.0), 1.0),
    ),
    "interactions of like workers": Economy(
        stats.beta(2, 3), stats.beta(1, 2), technology=Interactions((0.1, 0.2, 0.2))
    ),
    "rank one": Economy(
        stats.beta(2, 3), stats.beta(1, 2), technology=RankOne((1.0, 2.0, 0.5))
    ),
    "rank one of like workers": Economy(
        stats.beta(2, 3), stats.beta(1, 2), technology=RankOne((1.0, 1.0, 2.0))
    ),
}


def plain(made):
    """Least loss on a grid: one unknown a team, one row a kind and position."""
    shape = made.tensor.shape
    rows, right = [], []
    for place, g in enumerate(made.members):
        for kind in range(shape[place]):
            row = np.zeros(shape)
            row[(slice(None),) * place + (kind,)] = 1.0
            rows.append(row.ravel())
            right.append(made.weights[g][kind])
    found = optimize.linprog(made.tensor.ravel(), A_eq=np.array(rows), b_eq=right)
    assert found.status == 0
    return found.fun + made.constant


@pytest.mark.parametrize("bound", ["upper", "lower"])
@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_every_way_to_pose_it_finds_the_plain_optimum(name, bound):
    economy = TECHNOLOGIES[name]
    expected = plain(linear_program(economy, 7, bound=bound).grid)
    for teams, symmetric in product(("generated", "all"), (True, False)):
        found = linear_program(
            economy, 7, bound=bound, teams=teams, symmetric=symmetric
        )
        assert found.output_loss == pytest.approx(expected, rel=1e-9)
        assert abs(found.duality_gap) <= 1e-12 + 1e-10 * abs(expected)
        assert found.marginal_error < 1e-11


def test_four_and_five_members():
    for m in (3, 4):
        found = linear_program(paper(m=m), 5)
        assert found.output_loss == pytest.approx(plain(found.grid), rel=1e-8)
        listed = linear_program(paper(m=m), 5, teams="all")
        assert found.output_loss == pytest.approx(listed.output_loss, rel=1e-10)


@pytest.mark.parametrize("kinds", [2, 3])
def test_no_order_of_halved_kinds_loses_less(kinds):
    # half of a kind may join one team and half another, which is what a programme
    # allows and an order of whole kinds does not
    found = linear_program(paper(), kinds)
    halves = [np.repeat(found.grid.terms[g], 2) for g in (0, 0, 1)]
    whole = [found.grid.terms[g] for g in (0, 0, 1)]

    def least(columns):
        return min(
            np.mean(columns[0] * columns[1][list(a)] * columns[2][list(b)])
            for a, b in product(permutations(range(len(columns[0]))), repeat=2)
        )

    best, halved = least(whole), least(halves)
    assert found.output_loss <= halved * (1 + 1e-12)
    assert halved <= best * (1 + 1e-12)
    # at these sizes a vertex is that of halves
    assert found.output_loss == pytest.approx(halved, rel=1e-9)


@pytest.mark.parametrize("name", ["problem solving", "groups", "rank one"])
@pytest.mark.parametrize("bound", ["upper", "lower"])
def test_potentials_overpay_no_team_and_prove_the_optimum(name, bound):
    found = linear_program(TECHNOLOGIES[name], 15, bound=bound)
    made = found.grid
    paid = sum(
        found.potentials[g].reshape((-1,) + (1,) * (2 - place))
        for place, g in enumerate(made.members)
    )
    assert (made.tensor - paid).min() >= -1e-14
    worth = sum(made.weights[g] @ found.potentials[g] for g in made.members)
    assert worth + made.constant == pytest.approx(found.lower, abs=1e-12)
    assert found.output_loss == pytest.approx(found.lower, rel=1e-9)
    attained = found.weights @ made.tensor[tuple(found.indices.T)]
    assert attained + made.constant == pytest.approx(found.output_loss, rel=1e-12)
    for place, g in enumerate(made.members):
        held = np.bincount(found.indices[:, place], found.weights, 15)
        if len(found.economy.groups) > 2:  # alike workers stand in any order
            np.testing.assert_allclose(held, made.weights[g], atol=1e-14)


def test_never_above_rearrangement_of_the_same_cells():
    for economy in (paper(), paper(m=3), TECHNOLOGIES["rank one"]):
        for number in (5, 12, 25):
            best = min(rearrange(economy, number, seed=s).output_loss for s in range(5))
            assert linear_program(economy, number).output_loss <= best * (1 + 1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_brackets_the_formulas(name):
    economy = SMOOTH[name]
    if economy.size > 5:
        points = 8
    else:
        points = {3: 30, 4: 15, 5: 10}[economy.size]
    low = linear_program(economy, points, bound="lower")
    high = linear_program(economy, points)
    exact = solve(economy).output_loss
    assert low.economy_bounds == (low.lower, np.inf)
    assert high.economy_bounds == (0.0, high.output_loss)
    if name != "two humps":  # which cannot be mixed: the formulas' loss is too low
        assert low.lower <= exact * (1 + 1e-9)
    assert exact <= high.output_loss * (1 + 1e-9)


@pytest.mark.parametrize(
    "name", ["rank one", "rank one of like workers", "interactions of like workers"]
)
def test_brackets_other_technologies(name):
    # Propositions 11 and 12
    economy = TECHNOLOGIES[name]
    low = linear_program(economy, 40, bound="lower").lower
    high = linear_program(economy, 40).output_loss
    exact = solve(economy).output_loss
    assert low <= exact <= high
    assert high - low < 2e-3 * exact


def test_refutes_formulas_whose_mixed_set_cannot_be_mixed():
    humps = Mixture([stats.beta(60, 30), stats.beta(2, 40)], [0.5, 0.5])
    economy = Economy(humps, stats.beta(0.98, 2.83))
    low = linear_program(economy, 60, bound="lower").lower
    assert low > 1.005 * solve(economy).output_loss
    assert low < linear_program(economy, 60).output_loss


def test_wages_come_closer_with_points():
    exact = solve(paper())
    errors = [
        linear_program(paper(), n, bound="lower").wage_error(exact)
        for n in (10, 20, 40)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 2e-4


def test_like_workers_are_paid_alike():
    economy = TECHNOLOGIES["interactions of like workers"]
    assert len(economy.groups) == 2
    found = linear_program(economy, 10, symmetric=False)
    assert len(found.potentials) == 2
    assert len(found.wages) == 1


def test_at_most_a_team_for_each_constraint():
    found = linear_program(uniform(), 30)
    assert len(found.weights) <= 3 * 30
    assert found.weights.sum() == pytest.approx(1.0, rel=1e-12)
    assert found.converged


@pytest.mark.parametrize(
    ("economy", "options", "message"),
    [
        (uniform(), {"points": 1}, "points = 1 must be"),
        (uniform(), {"points": 200, "teams": "all"}, "make 4,020,000 teams of 3"),
        (uniform(12), {"points": 20}, "or rearrange, which has no"),
        (uniform(), {"teams": "some"}, "teams = 'some'"),
        (uniform(), {"bound": "middle"}, "bound = 'middle'"),
    ],
)
def test_refuses(economy, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        linear_program(economy, **options)


def test_refuses_what_is_no_economy_and_no_number():
    with pytest.raises(TypeError, match="economy is a float: give an Economy"):
        linear_program(0.3)
    with pytest.raises(TypeError, match="points must be a whole number"):
        linear_program(uniform(), 20.0)
