"""How close a ranking comes to the truth, where a simulated panel knows it."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from jobteams_lab.panel import Panel


def true_values(panel: Panel, column: str = "worker_type") -> np.ndarray:
    """Return a column that does not change over a worker's rows, (n,) by worker.

    Raises
    ------
    ValueError
        If the panel has no such column, as real data do not.
    """
    if column not in panel.data:
        raise ValueError(
            f"The panel has no column {column!r}: only simulated panels know the truth."
        )
    value = np.empty(len(panel.workers))
    value[panel.worker_codes] = panel.data[column].to_numpy()
    return value


def rank_accuracy(panel: Panel, rank, column: str = "worker_type") -> float:
    """Return Spearman's correlation of estimated ranks with the true types.

    Workers of one type share their mean rank, and workers without a rank are left out.

    Parameters
    ----------
    panel : Panel
        Simulated, with the true types.
    rank : (n,) array
        A rank for each of ``panel.workers``; nan where there is none.
    column : str
        Where the truth is.
    """
    rank = np.asarray(rank, dtype=np.float64)
    known = np.isfinite(rank)
    truth = true_values(panel, column)[known]
    return float(np.corrcoef(rankdata(truth), rankdata(rank[known]))[0, 1])
