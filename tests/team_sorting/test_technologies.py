"""Technologies of appendix A.5: printed polynomials, shifts by hand, brute force."""

import numpy as np
import pytest
from scipy import stats

from jobteams_lab.team_sorting import (
    Economy,
    Interactions,
    ProblemSolving,
    RankOne,
    solve,
)

UNIFORM = stats.uniform(0, 1)
# asymmetric in everything: three groups
PAIRWISE, LINEAR, CONSTANT = (0.03, 0.01, 0.02), (0.4, -0.3, 0.9), 0.7
SKEWED = Economy(
    [stats.beta(2, 1), stats.beta(1.5, 1)],
    stats.beta(1.2, 1),
    technology=Interactions(PAIRWISE, LINEAR, CONSTANT),
)
LOADED = Economy(
    [stats.beta(1, 3), stats.truncexpon(2, 0, 0.5)],
    UNIFORM,
    technology=RankOne((1.2, 0.8, 1.5), (0.5, 0.2, 3.0), 0.1),
)


def teams(number=50, size=3, seed=0):
    return np.random.default_rng(seed).random((number, size))


# Definitions


def test_problem_solving_is_equation_3():
    drawn = teams(size=4)
    economy = Economy(UNIFORM, UNIFORM, 3)
    *x, z = drawn.T
    np.testing.assert_allclose(economy.output(drawn), z * (1 - np.prod(x, axis=0)))
    np.testing.assert_allclose(economy.loss(drawn), np.prod(drawn, axis=1))


def test_interactions_are_equation_a27():
    x1, x2, z = teams().T
    p12, p13, p23 = PAIRWISE
    printed = (
        CONSTANT + LINEAR[0] * x1 + LINEAR[1] * x2 + LINEAR[2] * z
        - p12 * x1 * x2 - p13 * x1 * z - p23 * x2 * z - x1 * x2 * z
    )  # fmt: skip
    np.testing.assert_allclose(SKEWED.output(teams()), printed, rtol=1e-13)
    shifted = (x1 + p23) * (x2 + p13) * (z + p12)
    np.testing.assert_allclose(SKEWED.loss(teams()), shifted, rtol=1e-13)


def test_rank_one_is_equation_a28():
    x = teams()
    loadings = np.array(LOADED.technology.loadings)
    printed = (
        0.1
        + x @ np.array([0.5, 0.2, 3.0])
        - np.einsum("ti,ij,tj->t", x, np.outer(loadings, loadings), x)
    )
    np.testing.assert_allclose(LOADED.output(x), printed, rtol=1e-13)


@pytest.mark.parametrize(
    "technology", [ProblemSolving(), Interactions(PAIRWISE), RankOne((1.0, 1.0, 2.0))]
)
def test_marginal_loss_is_the_derivative(technology):
    total = np.linspace(-3.0, -0.1, 7)
    h = 1e-5
    slope = (technology.loss(total + h) - technology.loss(total - h)) / (2 * h)
    np.testing.assert_allclose(technology.marginal_loss(total), slope, rtol=1e-8)


@pytest.mark.parametrize("economy", [SKEWED, LOADED], ids=["interactions", "rank one"])
def test_random_matching_by_simulation(economy):
    rng = np.random.default_rng(4)
    n = 400_000
    drawn = np.empty((n, 3))
    for group in economy.groups:
        for position in group.positions:
            u = group.margin.quantile(rng.random(n))
            drawn[:, position] = group.margin.skill_at(u)
    losses = economy.loss(drawn)
    error = losses.std() / np.sqrt(n)
    assert economy.random_matching_loss == pytest.approx(losses.mean(), abs=4 * error)
    lines = economy.lines(drawn)
    error = lines.std() / np.sqrt(n)
    assert economy.mean_lines == pytest.approx(lines.mean(), abs=4 * error)


# Reductions


def test_no_interactions_is_problem_solving():
    bare = Interactions((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    one = solve(Economy(stats.beta(0.9, 2), UNIFORM, technology=bare))
    two = solve(Economy(stats.beta(0.9, 2), UNIFORM))
    assert one.countermonotonic_share == pytest.approx(
        two.countermonotonic_share, rel=1e-13
    )
    assert one.output == pytest.approx(two.output, rel=1e-13)
    x = np.linspace(0, 1, 11)
    np.testing.assert_allclose(one.wage(x), two.wage(x), atol=1e-15)
    np.testing.assert_allclose(one.firm_value(x), two.firm_value(x), atol=1e-15)


def test_interactions_are_a_shifted_economy():
    # x̃ = (x + s)/(1 + s) in [0, 1]: losses are K Π x̃ with K = Π (1 + s)
    shifts = np.array(PAIRWISE[::-1])
    supports = [(s / (1 + s), 1 / (1 + s)) for s in shifts]
    skills = [stats.beta(2, 1), stats.beta(1.5, 1), stats.beta(1.2, 1)]
    moved = [
        stats.beta(*skill.args, *support)
        for skill, support in zip(skills, supports, strict=True)
    ]
    found, by_hand = solve(SKEWED), solve(Economy(moved[:2], moved[2]))
    scale = np.prod(1 + shifts)
    share = by_hand.countermonotonic_share
    assert found.countermonotonic_share == pytest.approx(share, rel=1e-9)
    for name in ("mixed_loss", "output_loss"):
        expected = scale * getattr(by_hand, name)
        assert getattr(found, name) == pytest.approx(expected, rel=1e-11)
    x = np.linspace(0, 1, 21)
    for g in range(2):
        slope = SKEWED.technology.slope(g, 3)
        expected = scale * by_hand.wage((x + shifts[g]) / (1 + shifts[g]), g)
        expected = expected + slope * (x - 1)
        np.testing.assert_allclose(found.wage(x, g), expected, atol=1e-11)
    z = (x + shifts[2]) / (1 + shifts[2])
    lost = by_hand.firm_value(z) - z
    expected = SKEWED.technology.slope(2, 3) * x + scale * (lost - lost[-1])
    np.testing.assert_allclose(
        found.firm_value(x) - found.firm_value(1.0), expected - expected[-1], atol=1e-11
    )


@pytest.mark.parametrize("economy", [SKEWED, LOADED], ids=["interactions", "rank one"])
def test_linear_terms_are_paid_to_who_brings_them(economy):
    kind = type(economy.technology)
    first = getattr(economy.technology, "pairwise", None) or economy.technology.loadings
    bare = solve(Economy(economy.workers, economy.projects, technology=kind(first)))
    found = solve(economy)
    x = np.linspace(0, 1, 9)
    for g in (0, 1):
        rise = found.wage(x, g) - bare.wage(x, g)
        expected = economy.technology.linear[g] * (x - x[-1])
        if isinstance(economy.technology, RankOne):  # the top of u is at x = 0
            expected = economy.technology.linear[g] * x
        np.testing.assert_allclose(rise - rise[0], expected - expected[0], atol=1e-13)
    assert found.countermonotonic_share == bare.countermonotonic_share
    assert found.output_loss == pytest.approx(bare.output_loss, rel=1e-14)


def test_loadings_of_equal_ratio_are_one_economy():
    # loadings c λ multiply the loss by c²
    one = solve(Economy(stats.beta(1, 3), UNIFORM, 2, RankOne((1.0, 1.0, 2.0))))
    two = solve(Economy(stats.beta(1, 3), UNIFORM, 2, RankOne((3.0, 3.0, 6.0))))
    assert two.output_loss == pytest.approx(9 * one.output_loss, rel=1e-12)
    x = np.linspace(0, 1, 9)
    np.testing.assert_allclose(two.wage(x), 9 * one.wage(x), atol=1e-12)


def test_equal_loadings_by_hand():
    # three uniform margins of u = −x mix completely: every sum is −3/2
    found = solve(Economy(UNIFORM, UNIFORM, technology=RankOne((1.0, 1.0, 1.0))))
    assert found.countermonotonic_share == 0.0
    assert found.output_loss == pytest.approx(2.25, rel=1e-14)
    # w' = −2 Σ x = −3
    x = np.linspace(0, 1, 5)
    np.testing.assert_allclose(found.wage(x), -3 * x, atol=1e-13)
    np.testing.assert_allclose(np.diff(found.firm_value(x)), -0.75, atol=1e-13)


def test_positions_treated_alike_are_one_group():
    alike = Interactions((0.3, 0.1, 0.1))
    assert [g.count for g in Economy(UNIFORM, UNIFORM, technology=alike).groups] == [
        2,
        1,
    ]
    apart = Interactions((0.3, 0.1, 0.2))
    assert len(Economy(UNIFORM, UNIFORM, technology=apart).groups) == 3
    worth = Interactions((0.3, 0.1, 0.1), (1.0, 2.0, 0.0))
    assert len(Economy(UNIFORM, UNIFORM, technology=worth).groups) == 3


# Brute force


def rearranged_loss(economy, cells=3_000, sweeps=60):
    """Loss of an assignment of cells of equal mass, each at the mean of its terms.

    A column is sorted against the sum of the others until nothing moves; independent
    draws inside cells then lose what their means lose, up to their variances.
    """
    node, weight = np.polynomial.legendre.leggauss(8)
    inside, share = 0.5 * (node + 1), np.tile(0.5 * weight, (cells, 1))
    within = np.tile(inside, (cells, 1))
    # quantiles are powers of the rank's distance from 0 and from 1
    within[0], within[-1] = inside**4, 1 - inside**4
    share[[0, -1]] *= 4 * inside**3
    ranks = (np.arange(cells)[:, None] + within) / cells
    rng = np.random.default_rng(2)
    log = not isinstance(economy.technology, RankOne)
    columns, spread = [], 0.0
    for group in economy.groups:
        u = group.margin.quantile(ranks)
        term = np.exp(u) if log else u
        mean = (term * share).sum(axis=1)
        deviation = ((term - mean[:, None]) ** 2 * share).sum(axis=1)
        spread += group.count * deviation.mean()
        columns += [rng.permutation(mean) for _ in group.positions]
    matrix = np.stack(columns, 1)
    for _ in range(sweeps):
        for k in range(matrix.shape[1]):
            others = np.delete(matrix, k, 1)
            against = others.prod(axis=1) if log else others.sum(axis=1)
            matrix[np.argsort(-against, kind="stable"), k] = np.sort(matrix[:, k])
    if log:
        return matrix.prod(axis=1).mean()
    return np.mean(matrix.sum(axis=1) ** 2) + spread


def everyone(economy, points=28):
    """All teams of a grid of skills."""
    edge = np.unique(
        np.concatenate([np.linspace(0, 1, points), np.geomspace(1e-6, 0.03, 6)])
    )
    return np.stack(np.meshgrid(*[edge] * economy.size, indexing="ij"), -1)


@pytest.mark.parametrize(
    ("economy", "above"),
    [
        (SKEWED, 2e-5),
        (LOADED, 2e-5),
        (Economy(UNIFORM, UNIFORM), 2e-5),
        (
            Economy(
                stats.beta(2, 3), UNIFORM, technology=Interactions((0.0, 0.05, 0.1))
            ),
            2e-5,
        ),
        (
            Economy(stats.beta(1, 2), stats.beta(1, 3), technology=RankOne((1, 2, 4))),
            2e-5,
        ),
    ],
    ids=[
        "interactions",
        "rank one",
        "problem solving",
        "one shift nil",
        "unequal loadings",
    ],
)
def test_bracketed_by_brute_force(economy, above):
    # from below by the dual: no team of the grid has a surplus, and pay is the output
    found = solve(economy)
    # to the 1e-8 that `solve` promises where supports are bounded
    exact = isinstance(economy.technology, ProblemSolving)
    assert found.surplus(everyone(economy)).max() < (1e-12 if exact else 1e-8)
    gap = found.dual_value - found.output
    assert abs(gap) < (1e-10 if exact else 1e-8)
    # from above by an assignment that exists
    brute = rearranged_loss(economy)
    assert found.output_loss <= brute * (1 + 1e-12)
    assert brute <= found.output_loss * (1 + above)


@pytest.mark.parametrize("economy", [SKEWED, LOADED], ids=["interactions", "rank one"])
def test_marginal_product_is_the_derivative_of_output_in_the_team(economy):
    found = solve(economy)
    ranks = found.countermonotonic_share * np.array([0.3, 0.9])
    for arm in range(3):
        inside = ranks[found.low_percentile(ranks, arm) > 0]  # the arm is open
        team = found.arm(inside, arm)
        for g, group in enumerate(economy.groups):
            k = group.positions[0]
            h = 1e-6
            inner = (team[:, k] > h) & (team[:, k] < 1 - h)
            team = team[inner]
            up, down = team.copy(), team.copy()
            up[:, k] += h
            down[:, k] -= h
            slope = (economy.output(up) - economy.output(down)) / (2 * h)
            np.testing.assert_allclose(
                found.marginal_product(team[:, k], g), slope, rtol=1e-6, atol=1e-8
            )
