"""Linear systems given by what their matrix does, and columns without repetition."""

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


def orthonormal(columns: np.ndarray, most: int, negligible: float):
    """Return orthonormal columns, what each leaves to the next, and which they are of.

    By Gram and Schmidt, so that a column that says nothing new costs no direction,
    however few the rows.

    Parameters
    ----------
    columns : (R, B) array
        The most useful first.
    most : int
        How many are to be kept.
    negligible : float
        Columns of which earlier ones leave no larger a part are passed over.

    Returns
    -------
    found : (R, number) array
    kept : list of int
    """
    found = np.zeros((len(columns), min(most, *columns.shape)), order="F")
    kept = []
    for j, column in enumerate(columns.T):
        if len(kept) == found.shape[1]:
            break
        size = np.sqrt(column @ column)
        left = column / size if size > 0 else column
        own = found[:, : len(kept)]
        for _ in range(2):  # the second time takes out rounding
            left = left - own @ (own.T @ left)
        length = np.sqrt(left @ left)
        if length > negligible:
            found[:, len(kept)] = left / length
            kept.append(j)
    return found[:, : len(kept)], kept
