"""Values of firms of any productivity from those at some: a spline in log z."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline


def nodes(log_z: np.ndarray, number: int) -> np.ndarray:
    """Return equally spaced nodes that cover firms, (Z,)."""
    low, high = log_z.min(), log_z.max()
    if high == low:
        return np.array([low])
    return np.linspace(low, high, number)


def weights(at: np.ndarray, log_z: np.ndarray) -> np.ndarray:
    """Return what the nodes' values count at each firm, (F, Z).

    A cubic spline, not-a-knot; firms beyond the nodes count as the last one.
    """
    if len(at) == 1:
        return np.ones((len(log_z), 1))
    inside = np.clip(log_z, at[0], at[-1])
    return CubicSpline(at, np.eye(len(at)))(inside)
