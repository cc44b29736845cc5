"""Standard errors and the test of overidentification of minimum-distance estimates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

NONE = 1e-6  # of the largest singular value: no information about the parameters
CLEAR = 3.0  # times the noise: differences that hardly are noise themselves
PART = 1e-3  # of a direction without information, from which on a parameter has part


class Precision(NamedTuple):
    """What the data say about estimates.

    Attributes
    ----------
    covariance : (k, k) array
        Of the estimates; NaN for those not told apart.
    leftover : (m, m) array
        M, which takes deviations at the truth to deviations at the estimates.
    rank : int
        How many directions of the parameters the targets fix.
    confounded : list of list of int
        Parameters that have part in each direction that they do not fix.
    """

    covariance: np.ndarray
    leftover: np.ndarray
    rank: int
    confounded: list


def precision(jacobian, root, omega) -> Precision:
    """Return the covariance matrix of minimum-distance estimates::

        A Ω A',    A = (G'WG)⁻¹ G'W,    M = I − GA

    Parameters
    ----------
    jacobian : (m, k) array
        G, of the moments.
    root : (m, m) array
        R with R'R = W.
    omega : (m, m) array
        Ω, of the deviations at the truth.

    References
    ----------
    Newey and McFadden (1994), "Large Sample Estimation and Hypothesis Testing",
    section 4.
    """
    length = np.linalg.norm(root @ jacobian, axis=0)
    # whatever the units of the parameters; a column of zeros stays one
    scale = 1 / np.where(length > 0, length, 1.0)
    u, s, v = np.linalg.svd(root @ jacobian * scale, full_matrices=False)
    seen = s > NONE * max(s.max(initial=0), np.finfo(float).tiny)
    inverse = (v[seen].T / s[seen]) @ u[:, seen].T @ root  # A, but for the scale
    covariance = scale[:, None] * (inverse @ omega @ inverse.T) * scale
    confounded = [np.flatnonzero(np.abs(one) > PART).tolist() for one in v[~seen]]
    lost = sorted({i for one in confounded for i in one})
    covariance[lost, :] = covariance[:, lost] = np.nan
    leftover = np.eye(len(jacobian)) - (jacobian * scale) @ inverse
    return Precision(covariance, leftover, int(seen.sum()), confounded)


def signals(moved, noise) -> np.ndarray:
    """Return how far each parameter moves the targets, over what noise would, (k,).

    Of a difference the part counts that other parameters do not bring about. The noise
    is that between two simulations with random numbers of their own.

    Parameters
    ----------
    moved : (m, k) array
        R times the differences of moments that the Jacobian is made of.
    noise : (m, m) array
        Covariance matrix of R times the moments of one simulation.
    """
    m, k = moved.shape
    found = np.empty(k)
    for j in range(k):
        others = np.delete(moved, j, axis=1)
        fitted = others @ np.linalg.lstsq(others, moved[:, j], rcond=NONE)[0]
        found[j] = np.linalg.norm(moved[:, j] - fitted)
    with np.errstate(divide="ignore", invalid="ignore"):
        return found / np.sqrt(2 * np.trace(noise) * (m - k + 1) / m)


def overidentification(deviation, jacobian, omega, freedom: int):
    """Return J and its p value, or NaN where nothing is over.

    At estimates by any W::

        J = min over b of (g + Gb)' Ω⁻¹ (g + Gb)

    is χ² with m − rank(G) degrees of freedom. With W = Ω⁻¹ it is g'Wg.

    References
    ----------
    Newey (1985), "Generalized Method of Moments Specification Testing".
    """
    if freedom < 1 or not np.isfinite(omega).all():
        return np.nan, np.nan
    factor = np.linalg.cholesky(omega)
    whole = np.linalg.solve(factor, deviation)
    moved = np.linalg.solve(factor, jacobian)
    length = np.linalg.norm(moved, axis=0)
    moved = moved / np.where(length > 0, length, 1.0)
    b = np.linalg.lstsq(moved, whole, rcond=NONE)[0]
    value = float(((whole - moved @ b) ** 2).sum())
    return value, float(stats.chi2.sf(value, freedom))


def noisy(names, signal) -> str:
    """Return a sentence about parameters whose signal is not clear, or nothing."""
    unclear = [
        f"{n} ({x:.1f})" for n, x in zip(names, signal, strict=True) if x < CLEAR
    ]
    if not unclear:
        return ""
    return (
        "What a step moves the targets by is not far above the noise of a simulation"
        f" (times it) for {', '.join(unclear)}: estimates are rough and standard errors"
        " too small; simulate more, or take a larger step."
    )


def told(confounded, names) -> str:
    """Return a sentence about parameters that the targets do not fix, or nothing."""
    parts = []
    for one in confounded:
        listed = [names[i] for i in one]
        if len(listed) == 1:
            parts.append(f"no target moves with {listed[0]}")
        else:
            parts.append(
                f"the targets cannot tell apart {', '.join(listed[:-1])} and"
                f" {listed[-1]}"
            )
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}." if said else ""
