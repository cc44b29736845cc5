"""The margins that are added up: quantiles, means and quadrature, in both tails."""

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, stats

from jobteams_lab.team_sorting import Mixture, Quantiles
from jobteams_lab.team_sorting.margins import LogSkill, ScaledSkill
from jobteams_lab.team_sorting.skills import distribution

BETAS = [(0.05, 0.05), (0.3, 4.0), (0.96, 2.85), (1.0, 1.0), (1.89, 1.48), (40.0, 60.0)]
SKILLS = {
    "beta": stats.beta(0.96, 2.85),
    "steep": stats.beta(0.3, 0.4),
    "narrow": stats.uniform(0.2, 0.6),
    "thin": stats.uniform(0.5, 1e-3),
    "triangle": stats.triang(0.3),
    "histogram": stats.rv_histogram(
        (np.array([1.0, 3.0, 4.0, 2.0]), np.linspace(0, 1, 5))
    ),
    "humps": Mixture([stats.beta(60, 30), stats.beta(2, 40)], [0.5, 0.5]),
    "quantiles": Quantiles([0.1, 0.3, 0.35, 0.9], [0.0, 0.4, 0.5, 1.0]),
}
KINDS = {
    "log": LogSkill,
    "shifted": lambda skill: LogSkill(skill, 0.3),
    "scaled": lambda skill: ScaledSkill(skill, 1.7),
}


@pytest.fixture(params=SKILLS)
def skill(request):
    return distribution("skills", SKILLS[request.param])


@pytest.fixture(params=KINDS)
def margin(request, skill):
    return KINDS[request.param](skill)


def test_u_is_what_it_says(skill):
    x = np.linspace(skill.low, skill.high, 9)[1:]
    np.testing.assert_allclose(LogSkill(skill).of(x), np.log(x), rtol=1e-15)
    np.testing.assert_allclose(LogSkill(skill, 0.3).of(x), np.log(x + 0.3), rtol=1e-14)
    np.testing.assert_allclose(ScaledSkill(skill, 1.7).of(x), -1.7 * x, rtol=1e-15)


def test_skills_are_found_again(margin):
    x = np.linspace(margin.skill.low, margin.skill.high, 21)
    np.testing.assert_allclose(margin.skill_at(margin.of(x)), x, atol=3e-16)
    ends = margin.skill_at(np.array([max(margin.low, -800.0), margin.high]))
    assert np.all((ends >= margin.skill.low) & (ends <= margin.skill.high))


def test_derivative(margin):
    x = np.linspace(margin.skill.low, margin.skill.high, 9)[1:-1]
    h = 1e-6 * x
    slope = (margin.of(x + h) - margin.of(x - h)) / (2 * h)
    np.testing.assert_allclose(margin.derivative(margin.of(x)), slope, rtol=1e-8)


def test_distribution_of_u_is_that_of_the_skill(margin):
    x = np.linspace(margin.skill.low, margin.skill.high, 23)[1:-1]
    below, above = margin.skill.cdf(x, 1 - x), margin.skill.sf(x, 1 - x)
    if isinstance(margin, ScaledSkill):
        below, above = above, below
    u = margin.of(x)
    # rounding of x moves the ranks of a thin distribution
    near = 4e-16 * margin.skill.pdf(x, 1 - x) + 1e-15
    assert np.all(np.abs(margin.cdf(u) - below) <= near)
    assert np.all(np.abs(margin.sf(u) - above) <= near)
    density = margin.skill.pdf(x, 1 - x) / np.abs(margin.derivative(u))
    np.testing.assert_allclose(margin.pdf(u), density, rtol=1e-9)


def test_outside_of_the_support(margin):
    if np.isfinite(margin.low):
        assert margin.cdf(margin.low - 1.0) == 0.0
        assert margin.sf(margin.low - 1.0) == 1.0
        assert margin.pdf(margin.low - 1.0) == 0.0
    assert margin.cdf(margin.high + 1.0) == 1.0
    assert margin.sf(margin.high + 1.0) == 0.0
    assert margin.pdf(margin.high + 1.0) == 0.0


def test_quantiles_invert_the_distribution(margin):
    steep_in_x = isinstance(margin, ScaledSkill) and margin.skill.pdf(1.0, 0.0) > 1e3
    rank = np.geomspace(1e-3 if steep_in_x else 1e-9, 0.5, 40)
    low = margin.quantile(rank)
    assert np.all(np.diff(low) >= 0)
    near = 1e-14 * np.abs(low) * margin.pdf(low) + 4e-16
    assert np.all(np.abs(margin.cdf(low) - rank) <= near + 1e-13 * rank)
    high = margin.upper_quantile(rank)
    assert np.all(np.diff(high) <= 0)
    near = 1e-14 * np.abs(high) * margin.pdf(high) + 4e-16
    assert np.all(np.abs(margin.sf(high) - rank) <= near + 1e-13 * rank)
    above = np.linspace(0.5, 0.99, 20)
    np.testing.assert_allclose(margin.quantile(above), margin.upper_quantile(1 - above))


def test_ends_of_the_quantiles(margin):
    # all but what rounding of u moves is within them
    top, other = margin.quantile(1.0), margin.upper_quantile(0.0)
    for end in (top, other):
        assert margin.sf(end) <= 4e-16
    bottom = margin.quantile(0.0)
    near = 4e-16 * (1 + margin.pdf(bottom))
    assert margin.cdf(bottom) <= near


@pytest.mark.parametrize("shapes", BETAS)
def test_deep_quantiles_of_betas(shapes):
    # F(x) = rank at ranks far below rounding, by 40-digit arithmetic
    margin = LogSkill(distribution("skills", stats.beta(*shapes)))
    mp.mp.dps = 40
    a, b = map(mp.mpf, shapes)
    for rank in (1e-250, 1e-100, 1e-20, 1e-6):
        u = float(margin.quantile(rank))
        if u > -650:
            found = mp.betainc(a, b, 0, mp.exp(mp.mpf(u)), regularized=True)
            # relative: d log F = a du where F is a power of x
            assert float(mp.log(found / mp.mpf(rank))) == pytest.approx(
                0.0, abs=2e-15 * abs(u) * float(a) + 4e-14
            )
        if shapes[1] < 0.1:
            continue  # the gap 1 − x is below 1e-20 there
        top = float(margin.upper_quantile(rank))
        gap = -mp.expm1(mp.mpf(top))
        found = mp.betainc(b, a, 0, gap, regularized=True)
        assert float(found) == pytest.approx(rank, rel=1e-11 * float(b))


@pytest.mark.parametrize("shapes", BETAS)
def test_mean_log_of_betas(shapes):
    margin = LogSkill(distribution("skills", stats.beta(*shapes)))
    a, b = map(mp.mpf, shapes)
    expected = float(mp.digamma(a) - mp.digamma(a + b))
    assert margin.mean == pytest.approx(expected, rel=1e-14)


def test_means_by_quadrature_in_skills(margin):
    skill = margin.skill
    if skill.pdf(1.0, 0.0) > 1e3 and skill.low == 0.0:
        pytest.skip("a density without bound, for which betas are tested by digamma")
    cuts = {skill.low, skill.high, *np.linspace(0, 1, 21)}
    cuts = sorted(x for x in cuts if skill.low <= x <= skill.high)
    mean = sum(
        integrate.quad(
            lambda x: margin.of(x) * skill.pdf(x, 1 - x), *pair, epsabs=1e-13, limit=200
        )[0]
        for pair in pairwise(cuts)
    )
    assert margin.mean == pytest.approx(mean, abs=1e-10)


def test_quadrature_has_the_mass_and_the_moments(margin):
    u, weight = margin.quadrature([0.5 * (max(margin.low, -3.0) + margin.high)])
    assert weight.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.all(weight >= -1e-17)
    assert weight @ u == pytest.approx(margin.mean, rel=1e-9)
    assert weight @ margin.skill_at(u) == pytest.approx(margin.skill.mean, rel=1e-9)


@pytest.mark.parametrize("cut", [-2.5, -0.7, -1e-4])
def test_quadrature_of_a_function_with_a_kink(cut):
    margin = LogSkill(distribution("skills", stats.beta(1, 1)))
    u, weight = margin.quadrature([cut])
    # E max(U − c, 0) with P(U ≤ u) = e^u
    found = weight @ np.maximum(u - cut, 0.0)
    assert found == pytest.approx(np.expm1(cut) - cut, rel=1e-11, abs=1e-16)


def test_scalars_and_arrays(margin):
    rank = np.array([[0.2, 0.5], [0.7, 0.9]])
    assert margin.quantile(rank).shape == (2, 2)
    assert float(margin.quantile(0.7)) == pytest.approx(
        margin.quantile(rank)[1, 0], rel=1e-14
    )
    assert np.ndim(margin.cdf(-0.4)) == 0
