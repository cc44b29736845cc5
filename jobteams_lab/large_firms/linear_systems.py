"""Linear systems given by what their matrix does to a vector."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator, gmres

DENSE = 160  # up to this size the matrix is written out, column by column


def solve_linear(
    apply, target: np.ndarray, tolerance: float, restart: int, cycles: int
):
    """Return x with apply(x) = target, to a relative residual of `tolerance`.

    Small systems are solved directly, others by GMRES, from which what was reached
    after the given cycles is returned.
    """
    size = len(target)
    if size <= DENSE:
        matrix = np.stack([apply(unit) for unit in np.eye(size)], axis=1)
        return np.linalg.solve(matrix, target)
    operator = LinearOperator((size, size), apply, dtype=float)
    answer, _ = gmres(operator, target, rtol=tolerance, restart=restart, maxiter=cycles)
    return answer
