"""Following a path of smoothed equilibria around its turning points.

Where the path of `continuation.follow` turns back, no zero lies just below the ε that
it reached, and ε must rise for a while. The path is then followed by its length: the
unknowns are z and τ = log ε together, and each step is corrected on the plane through
the predicted point that is orthogonal to the tangent (pseudo-arclength continuation).
"""

from __future__ import annotations

import numpy as np

LONGEST, SHORTEST = 1.0, 1e-5


def follow_length(
    smoothed, z, width, *, end, tolerance, positive, steps=1000, widest=1e3
):
    """Follow the zero of a smoothed system by the length of its path.

    Parameters
    ----------
    smoothed : callable
        From (z, ε) to the residuals (n,) and their Jacobian (n, n).
    z : (n,) array
        A zero at ε = `width`.
    width, end : float
        Where the path starts and the ε to reach.
    tolerance : float
        Largest residual on the path.
    positive : slice
        Elements of z that must stay positive.
    steps : int
        Most steps taken.
    widest : float
        The ε above which the path is taken to have turned back for good.

    Returns
    -------
    z : (n,) array
    width : float
        The ε reached: `end`, or the last one found.
    """
    size = np.append(np.maximum(np.abs(z), 1e-3), 1.0)  # the unit of each unknown
    point, length = np.append(z, np.log(width)), 0.01
    heading = np.zeros(len(point))
    heading[-1] = -1.0
    for _ in range(steps):
        if point[-1] <= np.log(end) or point[-1] > np.log(widest):
            break
        heading = _tangent(smoothed, point, heading, size)
        while length > SHORTEST:
            guess = point + length * size * heading
            found = _correct(smoothed, guess, point, heading, size, tolerance, positive)
            if found is not None:
                break
            length /= 2
        else:
            break
        point, fast = found
        length = min(2 * length, LONGEST) if fast else length
    return point[:-1], float(np.exp(point[-1]))


def _bordered(smoothed, point, heading, size):
    """Return the residuals, and the Jacobian in scaled unknowns above the heading."""
    width = np.exp(point[-1])
    residual, jacobian = smoothed(point[:-1], width)
    h = 1e-4
    above, _ = smoothed(point[:-1], width * np.exp(h))
    below, _ = smoothed(point[:-1], width * np.exp(-h))
    matrix = np.column_stack([jacobian, (above - below) / (2 * h)]) * size
    return residual, np.vstack([matrix, heading])


def _tangent(smoothed, point, heading, size):
    _, matrix = _bordered(smoothed, point, heading, size)
    target = np.zeros(len(point))
    target[-1] = 1.0
    tangent = np.linalg.solve(matrix, target)
    return tangent / np.linalg.norm(tangent)


def _correct(smoothed, guess, point, heading, size, tolerance, positive):
    """Return the zero on the plane through `guess`, and whether it was found fast."""
    length = heading @ ((guess - point) / size)
    for step in range(8):
        if not (guess[:-1][positive] > 0).all():
            return None
        residual, matrix = _bordered(smoothed, guess, heading, size)
        if np.abs(residual).max() <= tolerance:
            return guess, step <= 3
        short = heading @ ((guess - point) / size) - length
        guess = guess - size * np.linalg.solve(matrix, np.append(residual, short))
    return None
