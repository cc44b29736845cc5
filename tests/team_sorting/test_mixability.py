"""Proofs that a mixed set cannot be mixed, checked on teams of no grid."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.optimize import linprog
from team_examples import EVERY, paper

from jobteams_lab.team_sorting import Economy, Mixture, solve
from jobteams_lab.team_sorting.entropy_coupling import Grid
from jobteams_lab.team_sorting.mixability import mixability
from jobteams_lab.team_sorting.mixed_margins import MixedMargins

HUMPS = Mixture([stats.beta(60, 30), stats.beta(2, 40)], [0.5, 0.5])
UNMIXED = {
    "workers": Economy(HUMPS, stats.beta(0.98, 2.83)),
    "workers and projects": Economy(HUMPS, HUMPS),
    "smooth projects": EVERY["two humps"],
    "one group of two": Economy([HUMPS, stats.beta(2, 2)], HUMPS),
    "three workers": Economy(HUMPS, HUMPS, 3),
}


def largest_share(equilibrium, steps):
    """The same programme over every ordered team, on a dense matrix."""
    margins = MixedMargins(equilibrium)
    masses = Grid(margins, steps).masses()
    size = len(margins.groups)
    teams = np.array(list(itertools.product(range(steps + 1), repeat=size)))
    teams = teams[teams.sum(axis=1) == steps]
    teams = teams[np.all(masses[margins.groups, teams] > 0, axis=1)]
    uses = np.zeros((size, steps + 1, len(teams)))
    for k in range(size):
        uses[k, teams[:, k], np.arange(len(teams))] = 1.0
    found = linprog(-np.ones(len(teams)), A_ub=uses.reshape(-1, len(teams)),
                    b_ub=masses[margins.groups].ravel())  # fmt: skip
    return -found.fun


@pytest.fixture(scope="module", params=UNMIXED)
def unmixed(request):
    return solve(UNMIXED[request.param])


def test_two_humps_are_excluded(unmixed):
    found = mixability(unmixed)
    assert not found.possible
    assert found.attainable < 0.99


def test_finer_grids_exclude_more(unmixed):
    # a grid of twice the steps has all the teams' freedom that the coarse one has
    shares = [mixability(unmixed, steps).attainable for steps in (10, 20, 40, 80)]
    assert np.all(np.diff(shares) <= 1e-9)


def test_prices_prove_it_on_teams_of_no_grid(unmixed):
    margins, found = MixedMargins(unmixed), mixability(unmixed)
    step = margins.depth / found.steps
    rng = np.random.default_rng(2)
    u = rng.uniform(margins.low[margins.groups], margins.high[margins.groups],
                    (200_000, len(margins.groups)))  # fmt: skip
    u[:, -1] = margins.total - u[:, :-1].sum(axis=1)  # any team that loses C
    inside = (u[:, -1] >= margins.low[-1]) & (u[:, -1] <= margins.high[-1])
    u = u[inside]
    assert len(u) > 1_000

    def price(u, g):
        nodes = np.arange(found.steps + 1)
        return np.interp((margins.high[g] - u) / step, nodes, found.prices[g])

    cost = sum(price(u[:, k], g) for k, g in enumerate(margins.groups))
    assert cost.min() >= 1 - 1e-9
    assert found.prices.min() >= 0
    # yet all members together cost less than one a team
    total = 0.0
    for g in margins.groups:
        margin = margins.margins[g]
        cuts = margins.high[g] - step * np.arange(found.steps + 1)
        cuts = [margins.low[g], *cuts[::-1][cuts[::-1] > margins.low[g]]]
        total += sum(
            integrate.quad(
                lambda u, g=g, margin=margin: float(price(u, g) * margin.pdf(u)), a, b
            )[0]
            for a, b in itertools.pairwise(cuts)
        )
    assert total / margins.mass == pytest.approx(found.attainable, abs=1e-7)
    assert total / margins.mass < 0.99


@pytest.mark.parametrize("name", UNMIXED)
def test_share_is_that_of_all_teams_listed(name):
    equilibrium = solve(UNMIXED[name])
    steps = 8 if equilibrium.economy.size == 4 else 14
    expected = largest_share(equilibrium, steps)
    assert mixability(equilibrium, steps).attainable == pytest.approx(
        expected, abs=1e-7
    )


@pytest.mark.parametrize(
    "economy",
    [paper(), paper("2013", "2013"), paper("2013", "1981"), paper("1981", "2013"),
     paper("2013", "2013", 5), EVERY["three groups"], EVERY["everyone mixes"],
     EVERY["a bounded group"], EVERY["thin projects"], EVERY["disjoint"],
     Economy(stats.beta(5, 2), stats.beta(4, 2), 12)],
)  # fmt: skip
def test_sets_that_can_be_mixed_are_not_excluded(economy):
    found = mixability(solve(economy), 24)
    assert found.possible
    assert found.attainable == pytest.approx(1.0, abs=1e-9)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="cells = 2 must be"):
        mixability(solve(paper()), 2)
    with pytest.raises(TypeError, match="equilibrium is a Economy"):
        mixability(paper())
