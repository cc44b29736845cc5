"""Wages of workers hired from unemployment, smooth across worker bins in each firm."""

from __future__ import annotations

import numpy as np

RIDGE = 1e-6  # draws a firm without data to the line through all wages
EXPONENTS = np.arange(-3.0, 5.1, 0.5)  # of log10 λ


def smooth_wages(wage, months) -> np.ndarray:
    """Smooth w_u(x, j) across x within each firm and fill the cells without data.

    The firms keep their own levels, since nothing is shared between them but the
    degree of smoothing. With w̄(x) the straight line in x through all firms' wages,
    d = s − w̄ solves ::

        min Σ n(x, j) (w(x, j) − w̄(x) − d(x, j))²
            + λ Σ [d(x−1, j) − 2 d(x, j) + d(x+1, j)]² + small · Σ d²,

    and λ has the least generalised cross-validation score over all firms together.

    Parameters
    ----------
    wage : (X, J) array
        Mean wage of bin x at firm j; nan where there is none.
    months : (X, J) array
        n, the months behind each; their scale does not matter.

    Returns
    -------
    (X, J) array
        Without gaps.

    Raises
    ------
    ValueError
        If no cell has a wage.
    """
    wage, months = np.asarray(wage, float), np.asarray(months, float)
    known = (months > 0) & np.isfinite(wage)
    if not known.any():
        raise ValueError(
            "No wage of a worker hired from unemployment is observed: origins must say"
            " which spells began out of unemployment."
        )
    weight = np.where(known, months, 0.0)
    x, cell = np.arange(len(wage), dtype=np.float64), np.nonzero(known)
    degree = min(len(np.unique(cell[0])) - 1, 1)
    line = np.polyfit(x[cell[0]], wage[cell], degree, w=np.sqrt(weight[cell]))
    mean = np.polyval(line, x)
    data = np.where(known, wage - mean[:, None], 0.0).T  # (J, X)
    weight = (weight / weight[known].mean()).T
    if len(mean) < 3:
        fit = weight * data / (weight + RIDGE)
        return mean[:, None] + fit.T
    best = None
    for exponent in EXPONENTS:
        score, fit = _whittaker(data, weight, 10.0**exponent, int(known.sum()))
        if best is None or score < best[0]:
            best = (score, fit)
    return mean[:, None] + best[1].T


def starting_wages(market, smoothing: bool = True) -> np.ndarray:
    """Return w_u(x, j) of a labour market, (X, J): smooth, or cell means with gaps."""
    if smoothing:
        return smooth_wages(market.wage, market.wage_months)
    return market.wage


def _whittaker(data, weight, penalty, cells) -> tuple[float, np.ndarray]:
    bins = data.shape[1]
    second = np.diff(np.eye(bins), 2, axis=0)
    system = np.tile(
        penalty * second.T @ second + RIDGE * np.eye(bins), (len(data), 1, 1)
    )
    diagonal = np.arange(bins)
    system[:, diagonal, diagonal] += weight
    inverse = np.linalg.inv(system)
    fit = np.einsum("jxk,jk->jx", inverse, weight * data)
    freedom = np.einsum("jxx,jx->", inverse, weight)
    # where as many parameters as data are used, the score must not be rounding
    left = max(cells - freedom, 1e-6 * cells)
    return float((weight * (data - fit) ** 2).sum()) / left**2, fit
