"""Anderson's acceleration of a fixed-point iteration."""

from __future__ import annotations

import numpy as np

DEPTH = 6  # how many earlier rounds are remembered


class Anderson:
    """Propose the next point from the last points and what the map made of them.

    The proposal is the affine combination of the last images whose residuals
    g(x) − x, combined likewise, are smallest. A residual that is much larger than the
    best one so far makes it forget, and go back to the best.
    """

    def __init__(self):
        self._points, self._residuals, self.errors = [], [], []

    def next(self, point: np.ndarray, image: np.ndarray) -> np.ndarray:
        """Return the next point; also append the largest |g(x) − x| to `errors`."""
        residual = (image - point).ravel()
        self.errors.append(float(np.abs(residual).max()))
        if len(self._points) > 1 and self.errors[-1] > 10 * self._best()[0]:
            best = self._best()
            point, residual = best[1], best[2]
            self._points, self._residuals = [point], [residual]
            return (point + 0.5 * residual).reshape(image.shape)
        self._points = [*self._points[-DEPTH:], point.ravel()]
        self._residuals = [*self._residuals[-DEPTH:], residual]
        if len(self._points) == 1:
            return image
        moves = np.diff(self._points, axis=0).T
        turns = np.diff(self._residuals, axis=0).T
        weights = np.linalg.lstsq(turns, residual, rcond=1e-10)[0]
        return image - ((moves + turns) @ weights).reshape(image.shape)

    def _best(self):
        errors = [np.abs(residual).max() for residual in self._residuals]
        i = int(np.argmin(errors))
        return errors[i], self._points[i], self._residuals[i]
