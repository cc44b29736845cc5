"""Smoothing of an estimated surface, and filling of its cells without data."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import optimize, sparse
from scipy.sparse.linalg import splu

from jobteams_lab import checks

LOWEST, HIGHEST, STEP = -6.0, 8.0, 0.5  # of log10 λ, where the search looks first


@dataclass(frozen=True, eq=False)
class SmoothSurface:
    """A surface on a grid of types that is close to data and bends little.

    Attributes
    ----------
    surface : ndarray, shape (X, Y)
        Smooth values at every cell, with or without data.
    observed : ndarray of bool, shape (X, Y)
        The cells with data.
    penalty : float
        λ, where weights have mean one over the cells with data.
    degrees_of_freedom : float
        tr H, with H the matrix that takes data to smooth values: 4 for a surface that
        is linear in each rank, the number of observed cells if nothing is smoothed.
    score : float
        The generalised cross-validation score at `penalty`.
    """

    surface: np.ndarray
    observed: np.ndarray
    penalty: float
    degrees_of_freedom: float
    score: float

    def fill(self, estimate) -> np.ndarray:
        """Return the estimate with smooth values where there is no data, (X, Y)."""
        return np.where(self.observed, estimate, self.surface)


def smooth(estimate, weights=None, *, penalty: float | None = None) -> SmoothSurface:
    """Smooth a surface by penalised least squares with second differences.

    Solves ::

        min Σ w(x, y) (f̂(x, y) − s(x, y))²
            + λ Σ [s(x−1, y) − 2 s(x, y) + s(x+1, y)]²
            + λ Σ [s(x, y−1) − 2 s(x, y) + s(x, y+1)]²

    over the whole grid: Whittaker's graduation in two directions. A cell with w = 0
    has no data and is filled; beyond the data the surface goes on in straight lines,
    which is a guess and no estimate. Neighbouring cells count as equally far apart, as
    bins of equal numbers of workers and firms are in ranks.

    Parameters
    ----------
    estimate : array_like, shape (X, Y)
        f̂; NaN where there is no data.
    weights : array_like, shape (X, Y), optional
        How precise each cell is: the inverse of its variance up to a factor, such as
        the number of matches in it; by default one in each cell that is not NaN.
    penalty : float, optional
        λ > 0; by default the one with the least generalised cross-validation score
        n RSS / (n − tr H)², n being the number of cells with data.

    Returns
    -------
    SmoothSurface

    Raises
    ------
    TypeError, ValueError
        If the shapes differ, a weight is negative or not finite, a cell with weight
        has no value, or the cells with data lie in a single row or column, or
        otherwise leave a surface linear in each rank undetermined.

    References
    ----------
    Whittaker (1923); Craven and Wahba (1979) for the choice of λ; Eilers (2003).
    """
    estimate = np.asarray(estimate, dtype=np.float64)
    if estimate.ndim != 2 or min(estimate.shape) < 3:
        raise ValueError(
            f"estimate has shape {estimate.shape}: give a grid of three types or more"
            " on each side."
        )
    weights = _checked_weights(estimate, weights)
    if penalty is not None:
        penalty = checks.number("penalty", penalty, low=0.0, open_low=True)
    observed = weights > 0
    _check_support(observed)
    scaled = weights / weights[observed].mean()
    data = np.where(observed, estimate, 0.0)
    # deviations from the mean, so that the surface does not depend on f̂'s level
    level = float((scaled * data).sum() / scaled.sum())
    data = np.where(observed, data - level, 0.0)
    roughness = _roughness(estimate.shape)
    if penalty is None:
        penalty = _cross_validated(data, scaled, roughness)
    surface = _solved(data, scaled, roughness, penalty)
    score, freedom = _score(data, scaled, roughness, penalty)
    return SmoothSurface(level + surface, observed, penalty, freedom, score)


def _checked_weights(estimate, weights) -> np.ndarray:
    if weights is None:
        return np.isfinite(estimate).astype(np.float64)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != estimate.shape:
        raise ValueError(
            f"weights have shape {weights.shape} and estimate {estimate.shape}: give"
            " one weight a cell."
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("weights must be finite and at least 0: give 0 for no data.")
    lost = int(((weights > 0) & ~np.isfinite(estimate)).sum())
    if lost:
        raise ValueError(
            f"{lost} cells have a weight but no finite estimate: give them weight 0, so"
            " that they are filled."
        )
    return weights


def _check_support(observed) -> None:
    # no penalty on 1, x, y and xy: the data must tell these four apart
    x, y = np.nonzero(observed)
    free = np.stack([np.ones(len(x)), x, y, x * y], axis=1)
    if len(x) < 4 or np.linalg.matrix_rank(free) < 4:
        raise ValueError(
            f"The {len(x)} cells with data do not determine a surface that is linear in"
            " each rank: more cells must have data, in two rows and two columns or"
            " more."
        )


def _second_differences(size: int) -> sparse.csr_array:
    ones = np.ones(size - 2)
    return sparse.diags_array(
        [ones, -2 * ones, ones], offsets=[0, 1, 2], shape=(size - 2, size)
    ).tocsr()


def _roughness(shape) -> sparse.csc_array:
    along_x, along_y = (_second_differences(size) for size in shape)
    x = sparse.kron(along_x.T @ along_x, sparse.eye_array(shape[1]))
    y = sparse.kron(sparse.eye_array(shape[0]), along_y.T @ along_y)
    return (x + y).tocsc()


def _solved(data, weights, roughness, penalty) -> np.ndarray:
    system = sparse.diags_array(weights.ravel()) + penalty * roughness
    found = splu(system.tocsc()).solve((weights * data).ravel())
    return found.reshape(data.shape)


def _score(data, weights, roughness, penalty) -> tuple[float, float]:
    surface = _solved(data, weights, roughness, penalty)
    system = sparse.diags_array(weights.ravel()) + penalty * roughness
    variances = _inverse_diagonal(system, 2 * data.shape[1])
    freedom = float(weights.ravel() @ variances)
    cells = int((weights > 0).sum())
    squares = float((weights * (data - surface) ** 2).sum())
    # at tiny penalties both vanish: rounding must not make that look like a good fit
    left = max(cells - freedom, 1e-9 * cells)
    return cells * squares / left**2, freedom


def _cross_validated(data, weights, roughness) -> float:
    def score(exponent):
        return _score(data, weights, roughness, 10.0**exponent)[0]

    exponents = np.arange(LOWEST, HIGHEST + STEP / 2, STEP)
    best = exponents[np.argmin([score(one) for one in exponents])]
    around = optimize.minimize_scalar(
        score, bounds=(best - STEP, best + STEP), method="bounded"
    )
    return float(10.0**around.x)


def _inverse_diagonal(matrix, block: int) -> np.ndarray:
    """Return the diagonal of the inverse of a symmetric block tridiagonal matrix.

    Two rows of the grid make a block. Schur complements L_k of the blocks above are
    found going down; the inverse's diagonal blocks going up,
    G_k = L_k⁻¹ + L_k⁻¹ A(k, k+1) G_{k+1} A(k+1, k) L_k⁻¹.
    """
    matrix = matrix.tocsr()
    edges = [*range(0, matrix.shape[0], block), matrix.shape[0]]
    parts = list(pairwise(edges))
    inverses, bridges = [], []
    for k, (start, stop) in enumerate(parts):
        own = matrix[start:stop, start:stop].toarray()
        if k:
            above = slice(*parts[k - 1])
            bridge = matrix[above, start:stop].toarray()
            bridges.append(inverses[-1] @ bridge)
            own = own - bridge.T @ bridges[-1]
        # NumPy's, like the products around it: threads of two libraries would fight
        inverses.append(np.linalg.inv(own))
    found = [inverses[-1]]
    for k in range(len(parts) - 2, -1, -1):
        found.append(inverses[k] + bridges[k] @ found[-1] @ bridges[k].T)
    return np.concatenate([np.diag(one) for one in reversed(found)])
