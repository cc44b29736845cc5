"""Normal regression of values that are seen only up to a limit (Tobit)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

MOST_STEPS = 100
CLOSE = 1e-12  # the last step's gain, relative to the log likelihood
INDEPENDENT = 1e-8  # a column's own part, squared, relative to the column


@dataclass(frozen=True, eq=False, repr=False)
class CensoredRegression:
    """y = x′β + σ·ε with ε normal, where y at or above a limit is not seen.

    Attributes
    ----------
    coefficients : ndarray, shape (K,)
        β̂; zero where a column was left out.
    sigma : float
        σ̂.
    log_likelihood : float
    kept : ndarray of int
        The columns used: the others are sums of earlier ones where y is seen.
    steps : int
        Newton steps taken.
    gradient : float
        The largest derivative of the log likelihood per row at the end, in the scaled
        parameters.
    """

    coefficients: np.ndarray
    sigma: float
    log_likelihood: float
    kept: np.ndarray
    steps: int
    gradient: float

    def __repr__(self) -> str:
        return (
            f"CensoredRegression: {len(self.kept)} columns, σ = {self.sigma:.4g},"
            f" log likelihood {self.log_likelihood:.6g}"
        )


def censored_regression(x, y, censored) -> CensoredRegression:
    """Estimate a normal regression with right-censored values by maximum likelihood.

    Newton steps in δ = β/σ and θ = 1/σ, in which Olsen showed the log likelihood to be
    concave::

        Σ seen     log θ - (θy - x′δ)²/2 - log(2π)/2
      + Σ censored log Φ(x′δ - θy)

    Columns that are collinear among the values seen are left out. The rest has full
    rank there, so that there is one maximum and it is finite.

    Parameters
    ----------
    x : (rows, K) array
        With a column of ones if there is to be a constant.
    y : (rows,) array
        Values seen; the limit where `censored`.
    censored : (rows,) bool array

    Raises
    ------
    ValueError
        If fewer values are seen than parameters, or they fit exactly.

    References
    ----------
    Tobin (1958); Olsen (1978), "Note on the uniqueness of the maximum likelihood
    estimator for the Tobit model".
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    censored = np.asarray(censored, dtype=bool)
    seen = ~censored
    kept = _full_rank(x[seen])
    if seen.sum() <= len(kept):
        raise ValueError(
            f"{int(seen.sum())} values are seen, too few for {len(kept)} coefficients"
            " and a variance: pool groups or drop regressors."
        )
    # unit scales, so that one tolerance fits all parameters
    scale = np.sqrt((x[:, kept] ** 2).mean(0))
    part = x[:, kept] / scale
    start = np.linalg.lstsq(part[seen], y[seen], rcond=None)[0]
    sigma = float(np.sqrt(np.mean((y[seen] - part[seen] @ start) ** 2)))
    if sigma <= 1e-10 * np.abs(y).max():
        raise ValueError(
            "The values seen are fitted exactly, so that their variance is zero: pool"
            " groups or drop regressors."
        )
    z = np.column_stack([-part, y])
    gamma, value, steps, slope = _newton(z, np.append(start, 1.0) / sigma, seen)
    beta = np.zeros(x.shape[1])
    beta[kept] = gamma[:-1] / gamma[-1] / scale
    return CensoredRegression(
        coefficients=beta,
        sigma=float(1 / gamma[-1]),
        log_likelihood=value,
        kept=kept,
        steps=steps,
        gradient=float(np.abs(slope).max() / len(y)),
    )


def above(limit, mean, sigma, uniform) -> np.ndarray:
    """Return draws from a normal distribution cut from below at `limit`.

    Parameters
    ----------
    limit, mean : (n,) arrays
    sigma : float or (n,) array
    uniform : (n,) array
        Numbers in (0, 1), one a draw; higher ones give lower draws.
    """
    # by the log of the upper tail, which stays exact far out in it
    tail = special.log_ndtr((mean - limit) / sigma)
    draw = mean - sigma * special.ndtri_exp(np.log(uniform) + tail)
    return np.maximum(draw, limit)


def _newton(z, gamma, seen):
    """Climb to the maximum in γ = (δ, θ), where the residuals of rows are z γ."""
    value = _value(z, gamma, seen)
    for steps in range(1, MOST_STEPS + 1):  # noqa: B007
        slope, curvature = _derivatives(z, gamma, seen)
        change = np.linalg.solve(curvature, -slope)
        # twice what the step is expected to gain; beyond that lies rounding
        close = slope @ change <= CLOSE * max(abs(value), 1.0)
        while not close and _value(z, gamma + change, seen) < value:
            change /= 2
        gamma = gamma + change
        value = _value(z, gamma, seen)
        if close:
            break
    return gamma, value, steps, _derivatives(z, gamma, seen)[0]


def _value(z, gamma, seen) -> float:
    if gamma[-1] <= 0:
        return -np.inf
    left = z @ gamma
    density = np.log(gamma[-1]) - 0.5 * left[seen] ** 2 - 0.5 * np.log(2 * np.pi)
    return float(density.sum() + special.log_ndtr(-left[~seen]).sum())


def _derivatives(z, gamma, seen):
    first, second = z @ gamma, np.ones(len(z))
    left = first[~seen]
    # the normal density over its upper tail, from logs
    hazard = np.exp(-0.5 * left**2 - 0.5 * np.log(2 * np.pi) - special.log_ndtr(-left))
    first[~seen], second[~seen] = hazard, hazard * (hazard - left)
    slope, curvature = -z.T @ first, -(z.T * second) @ z
    slope[-1] += seen.sum() / gamma[-1]
    curvature[-1, -1] -= seen.sum() / gamma[-1] ** 2
    return slope, curvature


def _full_rank(x) -> np.ndarray:
    """Return the columns that are no sum of earlier ones."""
    kept, basis = [], np.empty((len(x), 0))
    for k, column in enumerate(x.T):
        left = column - basis @ (basis.T @ column)
        left -= basis @ (basis.T @ left)
        size = left @ left
        if size > INDEPENDENT * (column @ column):
            kept.append(k)
            basis = np.column_stack([basis, left / np.sqrt(size)])
    return np.array(kept, dtype=np.int64)
