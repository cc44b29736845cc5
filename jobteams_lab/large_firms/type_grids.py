"""Finitely many types in the place of log-normal ones, with their moments kept."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from jobteams_lab import checks


def firms(economy, productivity: int, learning_environment: int):
    """Return z, q and the shares of the types of firms, (T,) each, q fastest.

    Bins of equal probability in log z with means E[z | bin]; Gauss–Hermite nodes in
    log q given the bin, whose mean and variance are those of log q in the bin.
    """
    bins = checks.whole("productivity", productivity, low=1)
    sd = economy.sd_log_productivity
    cuts = ndtri(np.linspace(0, 1, bins + 1))
    z = bins * np.diff(ndtr(cuts - sd)) * math.exp(sd**2 / 2)
    density = norm.pdf(cuts)
    mean = -bins * np.diff(density)
    edge = np.where(np.isfinite(cuts), cuts, 0) * density
    variance = 1 - bins * np.diff(edge) - mean**2

    nodes, weights = _hermite("learning_environment", learning_environment)
    spread = economy.sd_log_environment
    slope = economy.firm_correlation * spread
    rest = np.sqrt(spread**2 - slope**2 + slope**2 * variance)
    log_q = slope * mean[:, None] + rest[:, None] * nodes
    shares = np.tile(weights / bins, bins)
    return (
        np.repeat(math.exp(economy.mean_log_productivity) * z, len(nodes)),
        np.exp(economy.mean_log_environment + log_q).ravel(),
        shares / shares.sum(),
    )


def human_capital_levels(economy, levels: int, reach: float, limits) -> np.ndarray:
    """Return the equally spaced levels of log h; one level stands at μ_h."""
    levels = checks.whole("human_capital", levels, low=1)
    centre, sd = economy.mean_log_human_capital, economy.sd_log_human_capital
    if limits is not None:
        low, high = _two(limits)
        if levels == 1 and not low <= centre <= high:
            raise ValueError(_outside(low, high, centre))
    else:
        reach = checks.number("reach", reach, low=0, open_low=True)
        career = 0.0
        if levels > 1:
            career = _learnt(economy)
        low = centre - reach * sd + min(career, 0.0)
        high = centre + reach * sd + max(career, 0.0)
    if levels == 1:
        return np.array([centre])
    if low >= high:
        raise ValueError(
            f"the range of log human capital, {low:g} to {high:g}, holds one level"
            f" only, and {levels} are asked for: give log_human_capital_range."
        )
    return np.linspace(low, high, levels)


def newborns(economy, levels: np.ndarray, ability: int):
    """Return a (A,) and the newborns' shares (H·A,), ability fastest."""
    nodes, weights = _hermite("ability", ability)
    sd = economy.sd_log_human_capital
    slope = economy.worker_correlation if len(nodes) > 1 else 0.0
    rest = sd * math.sqrt(1 - slope**2)
    shares = np.empty((len(levels), len(nodes)))
    for column, (node, weight) in enumerate(zip(nodes, weights, strict=True)):
        mean = economy.mean_log_human_capital + slope * sd * node
        shares[:, column] = weight * normal_on_grid(levels, mean, rest)
    a = np.exp(economy.mean_log_ability + economy.sd_log_ability * nodes)
    return a, shares.ravel() / shares.sum()


def normal_on_grid(grid: np.ndarray, mean: float, sd: float) -> np.ndarray:
    """Return probabilities on an increasing grid with a given mean and variance.

    They are proportional to exp(α x + β x²) with β ≤ 0, a normal density restricted
    to the grid. Where no law on the grid has so small a variance, the law with the
    least: on the two neighbours of the mean.

    Raises
    ------
    ValueError
        If the grid does not hold the mean, or is too narrow for the variance.
    """
    if len(grid) == 1:
        return np.ones(1)
    if not grid[0] <= mean <= grid[-1]:
        raise ValueError(_outside(grid[0], grid[-1], mean))
    right = int(np.clip(np.searchsorted(grid, mean), 1, len(grid) - 1))
    share = (mean - grid[right - 1]) / (grid[right] - grid[right - 1])
    least = share * (1 - share) * (grid[right] - grid[right - 1]) ** 2
    if sd**2 <= least * (1 + 1e-9) or len(grid) == 2:
        law = np.zeros(len(grid))
        law[right - 1], law[right] = 1 - share, share
        return law
    # the widest law of that mean stands on the two ends, and on one if it is an end
    if sd**2 >= (grid[-1] - mean) * (mean - grid[0]):
        raise _narrow(grid, mean, sd)
    return _two_moments(grid, mean, sd)


def _two_moments(grid: np.ndarray, mean: float, sd: float) -> np.ndarray:
    # the minimum over (α, β) of log Σ exp(α s + β (s² − 1)), s = (x − mean)/sd, has
    # both moments; it is convex, so that Newton with halved steps finds it, from the
    # uniform law, as from too narrow a one its steps would overshoot
    scaled = (grid - mean) / sd
    features = np.stack([scaled, scaled**2 - 1])

    def dual(weights):
        exponent = weights @ features
        law = np.exp(exponent - exponent.max())
        return exponent.max() + math.log(law.sum()), law / law.sum()

    weights = np.zeros(2)
    value, law = dual(weights)
    gradient = features @ law
    for _ in range(200):
        if np.abs(gradient).max() < 1e-14:
            break
        hessian = (features * law) @ features.T - np.outer(gradient, gradient)
        step = -np.linalg.pinv(hessian, hermitian=True) @ gradient
        size = 1.0
        trial, trial_law = dual(weights + step)
        # near the end the value no longer tells better from worse: take the full step
        near = -gradient @ step < 1e-12
        while not near and trial > value and size > 1e-9:
            size /= 2
            trial, trial_law = dual(weights + size * step)
        moments = features @ trial_law
        if near and np.abs(moments).max() >= np.abs(gradient).max():
            break
        weights, value, law, gradient = weights + size * step, trial, trial_law, moments
    if weights[1] > 0 or np.abs(gradient).max() > 1e-9:
        raise _narrow(grid, mean, sd)
    return law


def _narrow(grid: np.ndarray, mean: float, sd: float) -> ValueError:
    return ValueError(
        f"levels of log human capital from {grid[0]:.4g} to {grid[-1]:.4g} are too"
        f" narrow a range for newborns with mean {mean:.4g} and standard deviation"
        f" {sd:.4g}: raise reach or widen log_human_capital_range."
    )


def _hermite(name: str, nodes: int):
    nodes = checks.whole(name, nodes, low=1)
    x, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return x, weights / weights.sum()


def _learnt(economy) -> float:
    # mean log h learnt over a career among coworkers like the newborns
    gaps = economy.sd_log_human_capital / math.sqrt(math.pi)
    a_year = economy.learning_event_rate * (
        economy.mean_log_ability
        + economy.mean_log_environment
        + (economy.learning_from_better - economy.learning_from_worse) * gaps
    )
    if a_year == 0:
        return 0.0
    if economy.retirement_rate == 0:
        raise ValueError(
            "retirement_rate = 0, so that workers learn without end: give"
            " log_human_capital_range."
        )
    return a_year / economy.retirement_rate


def _outside(low: float, high: float, mean: float) -> str:
    return (
        f"log_human_capital_range = ({low:.4g}, {high:.4g}) does not hold the newborns'"
        f" mean {mean:.4g} of log human capital: widen it."
    )


def _two(limits) -> tuple[float, float]:
    name = "log_human_capital_range"
    try:
        low, high = (checks.number(name, end) for end in limits)
        if low < high:
            return low, high
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{name} = {limits!r} must be two numbers, low < high.")
