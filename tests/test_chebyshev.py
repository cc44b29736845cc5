"""Piecewise Chebyshev interpolation against functions whose integrals are known."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from jobteams_lab.chebyshev import DEGREE, PiecewiseChebyshev, gauss_legendre

RNG = np.random.default_rng(0)

# function, its integral from the first breakpoint, breakpoints
CASES = {
    "polynomial": (lambda x: x**3 - x, lambda x: x**4 / 4 - x**2 / 2, [0, 2]),
    "oscillation": (
        lambda x: np.cos(60 * x),
        lambda x: np.sin(60 * x) / 60,
        [0, 3],
    ),
    "bell": (lambda x: np.exp(-(x**2)), lambda x: special.erf(x) * np.pi**0.5 / 2,
             [0, 1, 30]),
    "kink": (lambda x: np.abs(x - 0.3),
             lambda x: 0.045 + 0.5 * (x - 0.3) * np.abs(x - 0.3), [0, 1]),
    "jump": (lambda x: np.where(x < 0.37, 1.0, 3.0),
             lambda x: np.where(x < 0.37, x, 0.37 + 3 * (x - 0.37)), [0, 1]),
    "root": (np.sqrt, lambda x: x**1.5 / 1.5, [0, 1]),
    "constant": (lambda x: 0 * x + 2.0, lambda x: 2 * x, [0, 1]),
    "nothing": (lambda x: 0 * x, lambda x: 0 * x, [0, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_and_integrals(name):
    function, primitive, breakpoints = CASES[name]
    fit = PiecewiseChebyshev.fit(function, breakpoints)
    x = RNG.uniform(breakpoints[0], breakpoints[-1], 2_000)
    if name == "jump":
        x = x[np.abs(x - 0.37) > 1e-9]
    assert fit(x) == pytest.approx(function(x), abs=2e-12)
    assert fit.integral()(x) == pytest.approx(primitive(x), abs=2e-14, rel=1e-13)


@pytest.mark.parametrize("name", ["polynomial", "oscillation", "bell"])
def test_derivative(name):
    function, _, breakpoints = CASES[name]
    x = RNG.uniform(breakpoints[0] + 1e-3, 0.9 * breakpoints[-1], 500)
    slope = (function(x + 1e-6) - function(x - 1e-6)) / 2e-6
    found = PiecewiseChebyshev.fit(function, breakpoints).derivative()
    assert found(x) == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("power", [1.2, 1.5, 2.0, 4.0])
def test_long_tails_keep_their_beginning(power):
    # a range of 20 decades: what happens near 1 must not be taken for a point
    levels = 10.0 ** np.arange(0, 21, 2)
    edges = [1.0, 1 + 1e-13, 1 + 1e-7, 1.5, *levels[1:]]
    fit = PiecewiseChebyshev.fit(lambda x: x**-power, edges)
    assert fit.breakpoints[0] == 1.0
    assert fit.breakpoints[-1] == 1e20
    x = np.append([1.0, 1 + 1e-9], 10 ** RNG.uniform(0, 20, 500))
    assert fit(x) == pytest.approx(x**-power, rel=1e-9, abs=1e-14)
    expected = (1 - x ** (1 - power)) / (power - 1)
    assert fit.integral()(x) == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    "edges", [[0.0, 1e-300, 1.0], [0.6, 0.6 + 1e-15, 2.0], [0.0, 1.0, 1.0 + 1e-15]]
)
def test_edges_that_nearly_coincide_lose_neither_end(edges):
    fit = PiecewiseChebyshev.fit(lambda x: x, edges)
    assert fit.breakpoints[0] == edges[0]
    assert fit.breakpoints[-1] == edges[-1]
    middle = 0.5 * (edges[0] + edges[-1])
    assert fit.integral()(edges[-1]) == pytest.approx(middle * (edges[-1] - edges[0]))


def test_outside_the_range_the_nearest_end_counts():
    fit = PiecewiseChebyshev.fit(np.exp, [0.0, 1.0])
    assert fit(-5.0) == pytest.approx(1.0)
    assert fit([2.0, 1.0]) == pytest.approx([np.e, np.e])


def test_shapes_and_pieces_given():
    fit = PiecewiseChebyshev.fit(np.exp, [0.0, 0.25, 1.0])
    assert {0.25} < set(fit.breakpoints)
    assert fit.coefficients.shape == (len(fit.breakpoints) - 1, DEGREE + 1)
    assert fit(np.zeros((2, 3))).shape == (2, 3)
    assert fit(0.5).shape == ()


def test_refit_starts_from_the_same_pieces():
    coarse = PiecewiseChebyshev.fit(lambda x: np.abs(x - 1 / 3), [0.0, 1.0])
    again = coarse.refit(lambda x: np.abs(x - 1 / 3) ** 3)
    assert set(coarse.breakpoints) <= set(again.breakpoints)
    x = np.linspace(0, 1, 101)
    assert again(x) == pytest.approx(np.abs(x - 1 / 3) ** 3, abs=1e-15)


def test_infinite_densities_are_integrated_through_their_distribution():
    arcsine = stats.beta(0.5, 0.5)
    fit = PiecewiseChebyshev.fit(arcsine.sf, [0.0, 1e-6, 0.5, 1 - 1e-6, 1.0])
    expected = integrate.quad(arcsine.sf, 0, 0.7, epsabs=1e-14, epsrel=1e-12)[0]
    assert fit.integral()(0.7) == pytest.approx(expected, abs=1e-13)


def test_gauss_legendre_is_exact_for_polynomials():
    edges = np.array([0.0, 0.5, 0.5, 2.0])  # one interval without width
    x, weight = gauss_legendre(edges, nodes=5)
    assert x.shape == weight.shape == (15,)
    for power in range(10):
        assert weight @ x**power == pytest.approx(2.0 ** (power + 1) / (power + 1))
    assert np.all(weight[5:10] == 0.0)


def test_gauss_legendre_takes_a_row_of_edges_each():
    edges = np.array([[0.0, 1.0, 2.0], [1.0, 1.5, 4.0]])
    x, weight = gauss_legendre(edges)
    assert x.shape == (2, 2 * (DEGREE + 4))
    assert (weight * x).sum(axis=1) == pytest.approx([2.0, 7.5])
