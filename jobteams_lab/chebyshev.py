"""Piecewise Chebyshev interpolation: integrate a function once, evaluate it anywhere.

Theory needs integrals such as ∫ F̄(x) dx at a million upper limits, to near machine
precision. A function is interpolated on pieces that are halved until it is resolved;
its integral and its derivative are then interpolants on the same pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

DEGREE = 16
MAX_HALVINGS = 60
MAX_PIECES = 10_000  # unresolved at once: noise then, which no piece resolves


@dataclass(frozen=True, eq=False)
class PiecewiseChebyshev:
    """A function on [breakpoints[0], breakpoints[-1]], a Chebyshev series a piece.

    Attributes
    ----------
    breakpoints : ndarray, shape (pieces + 1,)
    coefficients : ndarray, shape (pieces, terms)
        Series in s = 2 (x − left)/(right − left) − 1.
    """

    breakpoints: np.ndarray
    coefficients: np.ndarray

    @classmethod
    def fit(
        cls,
        function: Callable[[np.ndarray], np.ndarray],
        breakpoints,
        *,
        tol: float = 1e-15,
    ) -> PiecewiseChebyshev:
        """Interpolate a vectorised function, halving pieces until it is resolved.

        A piece is resolved when its last two coefficients are below `tol` times its
        largest one, or when they could change the integral over the whole range by
        no more than `tol` times the integral of the function's absolute value.
        """
        edges = np.unique(np.asarray(breakpoints, float))
        # pieces too narrow for their own rounding; relative, as tails reach to 1e20
        keep = np.append(True, np.diff(edges) > 1e-12 * np.abs(edges[1:]))
        keep[-1] = True
        edges = edges[keep]
        left, right = edges[:-1], edges[1:]
        mass = None
        done = []
        for _ in range(MAX_HALVINGS):
            series = _interpolate(function, left, right)
            tail = np.abs(series[:, -2:]).max(axis=1)
            size = np.abs(series).max(axis=1)
            if mass is None:
                mass = float(np.sum(size * (right - left)))
            middle = 0.5 * (left + right)
            resolved = (tail <= tol * size) | (tail * (right - left) <= tol * mass)
            resolved |= (middle <= left) | (middle >= right)
            done.append((left[resolved], right[resolved], series[resolved]))
            cut = ~resolved
            if not cut.any():
                break
            if cut.sum() > MAX_PIECES:
                done.append((left[cut], right[cut], series[cut]))
                break
            left, right = (
                np.concatenate([left[cut], middle[cut]]),
                np.concatenate([middle[cut], right[cut]]),
            )
        else:  # a jump: what is left has no width that matters
            done.append((left, right, _interpolate(function, left, right)))
        left = np.concatenate([piece[0] for piece in done])
        order = np.argsort(left)
        right = np.concatenate([piece[1] for piece in done])[order]
        series = np.concatenate([piece[2] for piece in done])[order]
        return cls(np.append(left[order], right[-1]), series)

    @classmethod
    def fit_several(cls, function, breakpoints, *, tol=4e-15) -> list:
        """Interpolate functions that are computed together, on the same pieces.

        `function` takes points, of any shape, and returns shape (functions, *that
        shape*). A piece is resolved when the last two coefficients of every function
        are below `tol` times the larger of 1 and its size, or when they could change
        its integral by no more than tol/40. `tol` may be a function of the pieces' ends
        (left, right), where what is interpolated carries more noise.
        """
        edges = np.unique(np.asarray(breakpoints, float))
        left, right = edges[:-1], edges[1:]
        done = []
        for halving in range(MAX_HALVINGS):
            series = _interpolate(function, left, right)
            tail = np.abs(series[..., -2:]).max(axis=-1)
            size = np.abs(series).max(axis=-1)
            middle = 0.5 * (left + right)
            width = right - left
            small = tol(left, right) if callable(tol) else tol
            resolved = tail <= small * np.maximum(1.0, size)
            resolved |= tail * width < small / 40
            keep = resolved.all(axis=0) | (middle <= left) | (middle >= right)
            if halving == MAX_HALVINGS - 1 or np.sum(~keep) > MAX_PIECES:
                keep[:] = True
            done.append((left[keep], right[keep], series[:, keep]))
            left, right, middle = left[~keep], right[~keep], middle[~keep]
            if len(left) == 0:
                break
            left, right = np.append(left, middle), np.append(middle, right)
        left = np.concatenate([piece[0] for piece in done])
        order = np.argsort(left)
        right = np.concatenate([piece[1] for piece in done])[order]
        series = np.concatenate([piece[2] for piece in done], axis=1)[:, order]
        edges = np.append(left[order], right[-1])
        return [cls(edges, one) for one in series]

    def refit(self, function: Callable[[np.ndarray], np.ndarray]) -> PiecewiseChebyshev:
        """Interpolate another function, starting from the same pieces."""
        return type(self).fit(function, self.breakpoints)

    def __call__(self, x) -> np.ndarray:
        """Evaluate at x; outside the range the nearest end's value is returned."""
        edges = self.breakpoints
        x = np.clip(np.asarray(x, float), edges[0], edges[-1])
        piece = np.clip(np.searchsorted(edges, x, "right") - 1, 0, len(edges) - 2)
        left, right = edges[piece], edges[piece + 1]
        twice = 2.0 * ((x - left) + (x - right)) / (right - left)
        high = low = np.zeros_like(x)
        for k in range(self.coefficients.shape[1] - 1, 0, -1):  # Clenshaw
            high, low = self.coefficients[piece, k] + twice * high - low, high
        return self.coefficients[piece, 0] + 0.5 * twice * high - low

    def integral(self) -> PiecewiseChebyshev:
        """x ↦ ∫ of the function from the first breakpoint to x."""
        half = 0.5 * np.diff(self.breakpoints)
        series = chebyshev.chebint(self.coefficients, axis=1) * half[:, None]
        series[:, 0] -= chebyshev.chebval(-1.0, series.T)
        ends = chebyshev.chebval(1.0, series.T)
        series[:, 0] += np.concatenate([[0.0], np.cumsum(ends)[:-1]])
        return type(self)(self.breakpoints, series)

    def derivative(self) -> PiecewiseChebyshev:
        """x ↦ the function's derivative (piece by piece)."""
        half = 0.5 * np.diff(self.breakpoints)
        series = chebyshev.chebder(self.coefficients, axis=1) / half[:, None]
        return type(self)(self.breakpoints, series)


def gauss_legendre(edges: np.ndarray, nodes: int = DEGREE + 4):
    """Gauss–Legendre nodes and weights on each interval between consecutive edges.

    `edges` has shape (..., pieces + 1); both results have shape (..., pieces · nodes).
    Intervals of no width get weight zero.
    """
    point, weight = np.polynomial.legendre.leggauss(nodes)
    left, half = edges[..., :-1, None], 0.5 * np.diff(edges)[..., None]
    shape = (*edges.shape[:-1], -1)
    return (
        (left + half * (point + 1.0)).reshape(shape),
        (half * weight).reshape(shape),
    )


def _interpolate(function, left, right):
    # points that include both ends: a kink close to an end cannot hide
    points = chebyshev.chebpts2(DEGREE + 1)
    x = 0.5 * (left + right)[:, None] + 0.5 * (right - left)[:, None] * points
    values = np.asarray(function(x), float)
    return values @ np.linalg.inv(chebyshev.chebvander(points, DEGREE)).T
