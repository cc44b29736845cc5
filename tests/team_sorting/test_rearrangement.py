"""The bare rearrangement algorithm and the conditional means of cells."""

import re
from itertools import permutations, product

import numpy as np
import pytest
from scipy import integrate, stats
from team_examples import paper

from jobteams_lab.team_sorting import Economy, Interactions, Mixture, RankOne
from jobteams_lab.team_sorting.rearrangement import cells, rearrange_columns

HOW = {"product": np.prod, "sum": np.sum}


def objective(terms, combine):
    rows = HOW[combine](terms, axis=1)
    return rows.mean() if combine == "product" else rows.var()


def every_order(terms):
    """All ways to match the columns, the first one left as it is."""
    rows = range(len(terms))
    for orders in product(permutations(rows), repeat=terms.shape[1] - 1):
        columns = [terms[list(order), k + 1] for k, order in enumerate(orders)]
        yield np.column_stack([terms[:, 0], *columns])


@pytest.mark.parametrize("combine", HOW)
@pytest.mark.parametrize(("rows", "columns"), [(2, 3), (4, 3), (5, 3), (3, 4), (3, 5)])
def test_best_of_some_starts_is_the_best_of_all_orders(combine, rows, columns):
    terms = np.random.default_rng(rows * columns).beta(1, 2, (rows, columns))
    best = min(objective(order, combine) for order in every_order(terms))
    found = [rearrange_columns(terms, combine=combine, seed=k) for k in range(40)]
    assert min(one.objective for one in found) == pytest.approx(best, rel=1e-12)
    for one in found:
        assert one.objective >= best * (1 - 1e-12)
        assert one.objective == pytest.approx(objective(one.terms, combine), rel=1e-12)


@pytest.mark.parametrize("combine", HOW)
def test_no_reordered_column_or_block_would_improve(combine):
    terms = np.random.default_rng(3).beta(1, 2, (5, 4))
    found = rearrange_columns(terms, combine=combine, seed=1)
    assert found.converged
    for moved in ([0], [1], [2], [3], [0, 1], [0, 2], [0, 3]):
        for order in permutations(range(5)):
            other = found.terms.copy()
            other[:, moved] = other[list(order)][:, moved]
            assert objective(other, combine) >= found.objective * (1 - 1e-12)


def test_columns_are_permuted_and_the_objective_never_rises():
    terms = np.random.default_rng(4).gamma(2, size=(1000, 5))
    for combine in HOW:
        found = rearrange_columns(terms, combine=combine, seed=2)
        np.testing.assert_array_equal(np.sort(found.terms, axis=0), np.sort(terms, 0))
        assert (np.diff(found.history) <= 1e-12 * found.history[0]).all()
        assert len(found.history) == found.sweeps + 1
        assert found.history[-1] == found.objective


def test_sums_of_uniforms_become_constant():
    # three uniforms can be mixed: Rüschendorf and Uckelmann (2002)
    u = np.tile((np.arange(20_000) + 0.5)[:, None] / 20_000, 3)
    found = rearrange_columns(u, combine="sum", seed=0)
    assert found.objective < 1e-8
    np.testing.assert_allclose(found.terms.sum(axis=1).mean(), 1.5)


def test_lower_variance_comes_with_lower_means_of_convex_functions():
    terms = np.random.default_rng(5).normal(size=(2000, 3))
    found = rearrange_columns(terms, combine="sum", seed=0)
    for convex in (np.exp, np.abs, lambda s: np.maximum(s, 0.3)):
        assert convex(found.terms.sum(1)).mean() < convex(terms.sum(1)).mean()


def test_seed_decides_and_sweeps_run_out():
    terms = np.random.default_rng(6).beta(1, 2, (300, 3))
    one, again = (rearrange_columns(terms, seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.terms, again.terms)
    assert not np.array_equal(one.terms, rearrange_columns(terms, seed=8).terms)
    short = rearrange_columns(terms, seed=7, sweeps=1)
    assert not short.converged and short.sweeps == 1


@pytest.mark.parametrize(
    ("terms", "options", "message"),
    [
        ([1.0, 2.0], {}, "shape (2,)"),
        (np.ones((3, 1)), {}, "at least 2"),
        ([[1.0, np.nan], [1.0, 2.0]], {}, "1 values that are not finite"),
        ([[1.0, -2.0], [1.0, 2.0]], {}, "go down to -2"),
        (np.ones((3, 2)), {"combine": "max"}, "combine = 'max'"),
        (np.ones((3, 2)), {"sweeps": 0}, "sweeps = 0"),
        (np.ones((3, 2)), {"tol": -1.0}, "tol = -1"),
    ],
)
def test_refuses_matrices(terms, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        rearrange_columns(terms, **options)


HUMPS = Mixture([stats.beta(60, 30), stats.beta(2, 40)], [0.5, 0.5])
VALLEY = Mixture([stats.beta(600, 30), stats.beta(20, 400)], [0.5, 0.5])
SKILLS = {
    "1981": stats.beta(0.96, 2.85),
    "both ends": stats.beta(0.2, 0.3),
    "thin at zero": stats.beta(20, 2),
    "window": stats.uniform(0.2, 0.3),
    "triangle": stats.triang(0.3),
    "two humps": HUMPS,
    "a valley": VALLEY,
}


def group_of(skill, technology=None):
    kinds = {} if technology is None else {"technology": technology}
    return Economy(skill, stats.beta(2, 2), **kinds).groups[0]


def mean_between(skill, low, high, function=lambda x: x):
    """∫ f(x) dF over ranks low to high, by adaptive quadrature in ranks."""
    ppf = getattr(skill, "ppf", None)
    if ppf is None:  # mixtures here have no quantiles: add up their parts
        edge = [group_of(skill).margin.quantile(r) for r in (low, high)]
        a, b = np.exp(edge)
        parts = (stats.beta(one.alpha, one.beta) for one in skill.components)
        return sum(
            weight * integrate.quad(lambda x, f=f: function(x) * f.pdf(x), a, b,
                                    epsabs=0, epsrel=1e-12)[0]
            for weight, f in zip(skill.weights, parts, strict=True)
        )  # fmt: skip
    found = integrate.quad(
        lambda p: function(ppf(p)), low, high, epsabs=0, epsrel=1e-12
    )
    return found[0]


@pytest.mark.parametrize("name", SKILLS)
@pytest.mark.parametrize("number", [1, 11, 73])
def test_cell_means_against_quadrature(name, number):
    skill = SKILLS[name]
    found = cells(group_of(skill), number)
    for k in {0, 1, number // 2, number - 2, number - 1} & set(range(number)):
        expected = mean_between(skill, k / number, (k + 1) / number) * number
        assert found.skills[k] == pytest.approx(expected, rel=2e-9)
    assert (np.diff(found.skills) > 0).all()


@pytest.mark.parametrize("name", SKILLS)
@pytest.mark.parametrize("number", [2, 999, 30_000])
def test_cell_means_average_to_the_mean(name, number):
    group = group_of(SKILLS[name])
    found = cells(group, number)
    assert found.skills.mean() == pytest.approx(group.margin.skill.mean, rel=1e-10)
    shifted = cells(group_of(SKILLS[name], Interactions((0.1, 0.2, 0.3))), number)
    np.testing.assert_allclose(shifted.terms, found.terms + 0.3, rtol=1e-9)


def test_squared_sums_keep_the_variance_inside_cells():
    skill = stats.beta(2, 5)
    group = group_of(skill, RankOne((2.0, 2.0, 1.0)))
    found = cells(group, 40)
    np.testing.assert_allclose(found.terms, -2.0 * found.skills, rtol=1e-12)
    assert (np.diff(found.terms) > 0).all()
    between = found.terms.var()
    assert between + found.variance == pytest.approx(4.0 * skill.var(), rel=1e-10)
    inside = [
        mean_between(skill, k / 40, (k + 1) / 40, np.square) * 40
        - (mean_between(skill, k / 40, (k + 1) / 40) * 40) ** 2
        for k in range(40)
    ]
    assert found.variance == pytest.approx(4.0 * np.mean(inside), rel=1e-8)


def test_the_last_of_many_cells():
    # the ten best and the ten worst, against the integrals of quantiles from each end
    skill = stats.beta(0.96, 2.85)
    found = cells(paper().groups[0], 200_000)
    for k in range(10):
        low = (
            integrate.quad(skill.ppf, k / 2e5, (k + 1) / 2e5, epsabs=0, epsrel=1e-12)[0]
            * 2e5
        )
        assert found.skills[k] == pytest.approx(low, rel=1e-8)
        gap = integrate.quad(
            lambda p: 1 - skill.isf(p), k / 2e5, (k + 1) / 2e5, epsabs=0, epsrel=1e-12
        )[0]
        assert 1 - found.skills[-1 - k] == pytest.approx(gap * 2e5, rel=1e-8)


@pytest.mark.parametrize("number", [0, 6_000_000, -1])
def test_refuses_numbers_of_cells(number):
    with pytest.raises(ValueError, match=re.escape(f"cells = {number} must be")):
        cells(paper().groups[0], number)


def test_refuses_cells_that_are_no_number():
    with pytest.raises(TypeError, match="cells must be a whole number"):
        cells(paper().groups[0], 10.0)
