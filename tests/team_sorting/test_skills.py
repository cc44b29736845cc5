"""Distributions of skills: tails, mixtures, quantiles of data."""

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, stats

from jobteams_lab.team_sorting import Economy, Mixture, Quantiles, solve
from jobteams_lab.team_sorting.skills import Beta, Frozen, distribution

HISTOGRAM = stats.rv_histogram((np.array([1.0, 3.0, 4.0, 2.0]), np.linspace(0, 1, 5)))
MANY = {
    "beta": stats.beta(0.96, 2.85),
    "uniform": stats.uniform(0, 1),
    "narrow": stats.uniform(0.2, 0.6),
    "shifted beta": stats.beta(2, 3, 0.1, 0.8),
    "truncated normal": stats.truncnorm(-2, 2, 0.5, 0.25),
    "histogram": HISTOGRAM,
    "mixture": Mixture([stats.beta(2, 5), stats.uniform(0.3, 0.4)], [0.25, 0.75]),
    "quantiles": Quantiles([0.1, 0.3, 0.35, 0.9], [0.0, 0.4, 0.5, 1.0]),
}


@pytest.mark.parametrize("name", MANY)
def test_cdf_sf_pdf_and_mean_agree(name):
    skill = distribution("skills", MANY[name])
    x = np.linspace(0.0, 1.0, 41)
    below, above = skill.cdf(x, 1 - x), skill.sf(x, 1 - x)
    np.testing.assert_allclose(below + above, 1.0, atol=1e-15)
    assert np.all(np.diff(below) >= 0)
    assert (below[0], below[-1]) == (0, 1)
    steps = [
        integrate.quad(lambda y: float(skill.pdf(y, 1 - y)), *pair, epsabs=1e-13)[0]
        for pair in pairwise(x)
    ]
    np.testing.assert_allclose(np.diff(below), steps, atol=2e-9)
    mean = sum(
        integrate.quad(lambda y: float(skill.sf(y, 1 - y)), *pair, epsabs=1e-13)[0]
        for pair in pairwise(x)
    )
    assert skill.mean == pytest.approx(mean, abs=1e-10)
    outside = (x < skill.low) | (x > skill.high)
    assert np.all(skill.pdf(x, 1 - x)[outside] == 0)


@pytest.mark.parametrize("shapes", [(0.05, 0.3), (0.96, 2.85), (1.89, 1.48), (40, 3)])
def test_beta_has_full_precision_in_both_tails(shapes):
    ours = Beta(*shapes)
    mp.mp.dps = 40
    a, b = (mp.mpf(float(shape)) for shape in shapes)
    for end in ("1e-200", "1e-30", "1e-8", "0.3"):
        gap = mp.mpf(end)
        small, near = float(gap), float(1 - gap)
        below = mp.betainc(a, b, 0, mp.mpf(small), regularized=True)
        assert ours.cdf(small, 1.0 - small) == pytest.approx(float(below), rel=1e-13)
        above = mp.betainc(b, a, 0, mp.mpf(small), regularized=True)
        assert ours.sf(near, small) == pytest.approx(float(above), rel=1e-13)
        log = (b - 1) * mp.log(mp.mpf(small)) + (a - 1) * mp.log1p(-mp.mpf(small))
        density = mp.exp(log) / mp.beta(a, b)
        if density < mp.mpf(10) ** 300:
            found = ours.pdf(near, small)
            assert found == pytest.approx(float(density), rel=1e-12, abs=1e-300)


def test_standard_beta_and_uniform_are_told_apart_from_the_rest():
    for given in (
        stats.beta(2, 3),
        stats.beta(b=3, a=2),
        stats.beta(2, 3, loc=0, scale=1),
    ):
        one = distribution("skills", given)
        assert isinstance(one, Beta)
        assert (one.alpha, one.beta) == (2, 3)
    one = distribution("skills", stats.uniform())
    assert (one.alpha, one.beta) == (1, 1)
    assert isinstance(distribution("skills", stats.beta(2, 3, 0.1, 0.5)), Frozen)
    assert distribution("skills", one) is one


def test_a_mixture_sums_what_its_components_say():
    parts = [stats.beta(2, 5), stats.uniform(0.3, 0.4), stats.beta(1, 2)]
    weights = [0.2, 0.5, 0.3]
    one = Mixture(parts, weights)
    x = np.linspace(0, 1, 33)
    for name in ("cdf", "sf", "pdf"):
        expected = sum(
            w * getattr(p, name)(x) for w, p in zip(weights, parts, strict=True)
        )
        np.testing.assert_allclose(getattr(one, name)(x, 1 - x), expected, atol=1e-14)
    expected = sum(w * p.mean() for w, p in zip(weights, parts, strict=True))
    assert one.mean == pytest.approx(expected, rel=1e-14)
    assert (one.low, one.high) == (0.0, 1.0)
    assert repr(one) == "0.2 Beta(2, 5) + 0.5 uniform(0.3, 0.4) + 0.3 Beta(1, 2)"


def test_a_mixture_of_one_is_that_one():
    one = Mixture([stats.beta(0.96, 2.85)], [1.0])
    economies = [
        Economy(kind, stats.beta(2, 2)) for kind in (one, stats.beta(0.96, 2.85))
    ]
    mixed, plain = map(solve, economies)
    assert mixed.output_loss == pytest.approx(plain.output_loss, rel=1e-13)
    x = np.linspace(0, 1, 9)
    np.testing.assert_allclose(mixed.wage(x), plain.wage(x), atol=1e-14)


def test_quantiles_go_through_their_knots():
    values, ranks = np.array([0.1, 0.3, 0.35, 0.9]), np.array([0.0, 0.4, 0.5, 1.0])
    one = Quantiles(values, ranks)
    np.testing.assert_allclose(one.cdf(values, 1 - values), ranks, atol=1e-15)
    np.testing.assert_allclose(one.sf(values, 1 - values), 1 - ranks, atol=1e-15)
    assert one.cdf(0.05, 0.95) == 0.0
    assert one.sf(0.05, 0.95) == 1.0


def test_many_quantiles_of_a_beta_are_that_beta():
    ranks = np.linspace(0, 1, 2_001)
    beta = stats.beta(2, 3)
    one = Quantiles(beta.ppf(ranks), ranks)
    x = np.linspace(0.05, 0.85, 50)
    np.testing.assert_allclose(one.cdf(x, 1 - x), beta.cdf(x), atol=1e-6)
    assert one.mean == pytest.approx(0.4, abs=1e-5)


def test_a_sample_is_read_as_its_quantiles():
    sample = np.random.default_rng(3).beta(2, 3, 20_000)
    one = Quantiles.of_sample(sample)
    assert (one.low, one.high) == (sample.min(), sample.max())
    assert one.mean == pytest.approx(sample.mean(), abs=2e-3)
    x = np.linspace(0.05, 0.95, 19)
    share = (sample[:, None] <= x).mean(axis=0)
    np.testing.assert_allclose(one.cdf(x, 1 - x), share, atol=0.01)


def test_a_sample_has_as_many_knots_as_asked():
    sample = np.random.default_rng(3).beta(2, 3, 500)
    assert repr(Quantiles.of_sample(sample, knots=7)) == "Quantiles of 7 knots"
    assert repr(Quantiles.of_sample(sample)) == "Quantiles of 16 knots"  # 2 · 500^(1/3)
    shuffled = np.random.default_rng(4).permutation(sample)
    x = np.linspace(0, 1, 9)
    one, other = Quantiles.of_sample(sample), Quantiles.of_sample(shuffled)
    assert np.array_equal(one.cdf(x, 1 - x), other.cdf(x, 1 - x))


def test_a_large_sample_is_solved_as_what_it_is_drawn_from():
    rng = np.random.default_rng(0)
    workers, projects = rng.beta(0.96, 2.85, 200_000), rng.beta(0.98, 2.83, 200_000)
    drawn = solve(
        Economy(Quantiles.of_sample(workers, 30), Quantiles.of_sample(projects, 30))
    )
    exact = solve(Economy(stats.beta(0.96, 2.85), stats.beta(0.98, 2.83)))
    assert drawn.output == pytest.approx(exact.output, rel=5e-3)
    assert drawn.output_loss == pytest.approx(exact.output_loss, rel=0.03)
