"""The coupling of largest entropy against proportional fitting of a whole tensor."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats
from team_examples import EVERY, paper

from jobteams_lab.team_sorting import Economy, solve
from jobteams_lab.team_sorting.entropy_coupling import Grid, couple, fit
from jobteams_lab.team_sorting.mixed_margins import MixedMargins
from jobteams_lab.team_sorting.mixed_set import mixed_teams

# groups of the positions, and steps of the grid
TEAMS = {
    "two workers": ([0, 0, 1], 12),
    "three kinds": ([0, 1, 2], 10),
    "five members": ([0, 0, 1, 1, 2], 7),
}


def feasible_masses(groups, steps, seed):
    """Margins of a random distribution on the teams, so that a coupling exists."""
    rng = np.random.default_rng(seed)
    teams = np.array(list(itertools.product(range(steps + 1), repeat=len(groups))))
    teams = teams[teams.sum(axis=1) == steps]
    weights = rng.dirichlet(np.full(len(teams), 0.7))
    masses = np.zeros((max(groups) + 1, steps + 1))
    for k, g in enumerate(groups):
        np.add.at(masses[g], teams[:, k], weights / groups.count(g))
    return masses


def fitted_tensor(masses, groups, sweeps=20_000):
    """Proportional fitting of one margin after another on the dense tensor."""
    steps, size = masses.shape[1] - 1, len(groups)
    tensor = (np.indices([steps + 1] * size).sum(axis=0) == steps).astype(float)
    for _ in range(sweeps):
        before = tensor
        for k, g in enumerate(groups):
            others = tuple(j for j in range(size) if j != k)
            margin = tensor.sum(axis=others)
            shape = [-1 if j == k else 1 for j in range(size)]
            ratio = np.divide(masses[g], margin, out=np.zeros_like(margin),
                              where=margin > 0)  # fmt: skip
            tensor = tensor * ratio.reshape(shape)
        if np.abs(tensor - before).max() < 1e-15:
            break
    return tensor


@pytest.mark.parametrize("name", TEAMS)
def test_factors_make_the_tensor_that_proportional_fitting_finds(name):
    groups, steps = TEAMS[name]
    masses = feasible_masses(groups, steps, seed=3)
    found = fit(masses, groups)
    assert found.error <= 1e-11
    tensor = fitted_tensor(masses, groups)
    teams = np.argwhere(np.indices(tensor.shape).sum(axis=0) == steps)
    weights = np.prod([found.factors[g][teams[:, k]]
                       for k, g in enumerate(groups)], axis=0)  # fmt: skip
    assert weights / weights.sum() == pytest.approx(tensor[tuple(teams.T)], abs=1e-9)
    for g in range(max(groups) + 1):
        assert found.margin(g) == pytest.approx(masses[g], abs=1e-10)


def test_no_other_coupling_has_larger_entropy():
    groups, steps = TEAMS["two workers"]
    masses = feasible_masses(groups, steps, seed=8)
    teams, weights = fit(masses, groups).teams(0)
    uses = np.zeros((masses.size, len(teams)))
    for k, g in enumerate(groups):
        uses[g * (steps + 1) + teams[:, k], np.arange(len(teams))] += 1
    _, singular, rows = np.linalg.svd(uses)
    free = rows[np.sum(singular > 1e-10) :]  # changes that move no margin
    assert len(free) > 20

    def entropy(p):
        return -np.sum(p * np.log(p))

    rng = np.random.default_rng(0)
    for _ in range(50):
        change = rng.normal(size=len(free)) @ free
        step = 0.5 * (weights / np.abs(change)).min()
        assert entropy(weights + step * change) < entropy(weights)
        assert entropy(weights - step * change) < entropy(weights)


@pytest.mark.parametrize("name", ["three kinds", "five members"])
def test_draws_have_the_couplings_frequencies(name):
    groups, steps = TEAMS[name]
    masses = feasible_masses(groups, steps, seed=3)
    found = fit(masses, groups)
    drawn = 200_000
    teams = found.draw(np.random.default_rng(1).random((drawn, len(groups) - 1)))
    assert np.all(teams.sum(axis=1) == steps)
    tensor = fitted_tensor(masses, groups)
    seen = np.zeros(tensor.shape)
    np.add.at(seen, tuple(teams.T), 1)
    often = drawn * tensor > 20
    chi = np.sum((seen - drawn * tensor)[often] ** 2 / (drawn * tensor[often]))
    assert stats.chi2(often.sum() - 1).sf(chi) > 1e-4
    assert seen[tensor == 0].sum() == 0


def test_all_teams_of_three_have_their_weights():
    groups, steps = TEAMS["two workers"]
    masses = feasible_masses(groups, steps, seed=1)
    teams, weights = fit(masses, groups).teams(0)
    tensor = fitted_tensor(masses, groups)
    assert weights == pytest.approx(tensor[tuple(teams.T)], abs=1e-9)
    assert weights.sum() == pytest.approx(1.0)


def test_quasi_random_teams_have_their_margins():
    groups, steps = TEAMS["five members"]
    masses = feasible_masses(groups, steps, seed=1)
    teams, weights = fit(masses, groups).teams(seed=4)
    missed = plain = 0.0
    for k, g in enumerate(groups):
        seen = np.bincount(teams[:, k], weights, steps + 1)
        missed += np.sum((seen - masses[g]) ** 2)
        plain += np.sum(masses[g] * (1 - masses[g])) / len(teams)
    assert missed < 0.2 * plain  # a fifth of the mean square error of random draws


@pytest.mark.parametrize("name", ["1981", "a bounded group", "everyone mixes"])
def test_grid_shares_masses_out_and_keeps_the_sum(name):
    margins = MixedMargins(solve(EVERY[name]))
    grid = Grid(margins, 16)
    masses = grid.masses()
    assert masses.sum(axis=1) == pytest.approx(np.ones(len(masses)), abs=1e-12)
    counts = np.bincount(margins.groups)
    assert counts @ masses @ np.arange(17) == pytest.approx(16, abs=1e-9)
    for g, margin in enumerate(margins.margins):
        for j in (0, 1, 5, 11):
            node = margins.high[g] - j * grid.step
            expected = 0.0
            for a, b in ((node - grid.step, node), (node, node + grid.step)):
                a, b = max(a, margins.low[g]), min(b, margins.high[g])
                if a < b:
                    expected += integrate.quad(
                        lambda u, node=node, margin=margin: (
                            (1 - abs(u - node) / grid.step) * float(margin.pdf(u))
                        ),
                        a, b, epsabs=1e-13,
                    )[0]  # fmt: skip
            assert masses[g, j] == pytest.approx(expected / margins.mass, abs=1e-9)


def test_members_spread_around_their_nodes_have_their_margins():
    margins = MixedMargins(solve(EVERY["a bounded group"]))
    grid = Grid(margins, 9)  # coarse: the nodes themselves are far from the margin
    masses = grid.masses()
    rng = np.random.default_rng(5)
    nodes = np.stack([rng.choice(10, size=50_000, p=masses[g])
                      for g in margins.groups], axis=1)  # fmt: skip
    u = grid.spread(nodes, rng)
    assert np.abs(u - grid.u(nodes)).max() <= grid.step * (1 + 1e-9)
    for k, g in enumerate(margins.groups):
        assert stats.kstest(margins.share(u[:, k], g), "uniform").pvalue > 1e-4
        coarse = margins.share(np.clip(grid.u(nodes)[:, k], margins.low[g],
                                       margins.high[g]), g)  # fmt: skip
        assert stats.kstest(coarse, "uniform").pvalue < 1e-10


def test_members_of_a_node_are_the_nearer_the_likelier():
    margins = MixedMargins(solve(EVERY["1981"]))
    grid = Grid(margins, 6)
    u = grid.spread(np.full((100_000, 3), 2), np.random.default_rng(5))[:, 0]
    node = margins.high[0] - 2 * grid.step

    def moment(power):  # of the distance, under density times hat
        return sum(
            integrate.quad(
                lambda d, side=side: d**power * (1 - d / grid.step)
                * float(margins.margins[0].pdf(node + side * d)),
                0.0, grid.step,
            )[0]
            for side in (-1, 1)
        )  # fmt: skip

    mean, square = moment(1) / moment(0), moment(2) / moment(0)
    error = np.sqrt((square - mean**2) / len(u))
    assert abs(np.abs(u - node).mean() - mean) < 4.5 * error


def test_error_of_the_grid_falls_with_its_square():
    equilibrium = solve(paper())

    def covariance(steps):
        teams = mixed_teams(equilibrium, "entropy", steps)
        wage = equilibrium.wage(teams.skills[:, :2])
        return float(teams.weights @ (wage[:, 0] * wage[:, 1]))

    values = [covariance(steps) for steps in (40, 80, 160, 320)]
    ratios = np.diff(values)[:-1] / np.diff(values)[1:]
    assert np.all((3.5 < ratios) & (ratios < 4.5))


def test_large_teams():
    beta = stats.beta(5, 2)
    equilibrium = solve(Economy(beta, beta, 20))
    grid, found = couple(MixedMargins(equilibrium), 200)
    masses = grid.masses()
    for g in range(2):
        assert found.margin(g) == pytest.approx(masses[g], abs=1e-10)


def test_margins_without_a_coupling_are_refused():
    with pytest.raises(ValueError, match="largest entropy was not found"):
        couple(MixedMargins(solve(EVERY["two humps"])), 100)
    nobody = np.zeros((2, 5))
    nobody[0, 3], nobody[1, 3] = 1.0, 1.0  # 3 + 3 + 3 is beyond 4
    with pytest.raises(ValueError, match="no teams of its members are left"):
        fit(nobody, [0, 0, 1])
