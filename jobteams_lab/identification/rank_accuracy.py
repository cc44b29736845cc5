"""How close a ranking comes to the truth, where a simulated panel knows it."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from jobteams_lab import checks
from jobteams_lab.panel import Panel


def true_values(
    panel: Panel, column: str = "worker_type", by: str = "worker"
) -> np.ndarray:
    """Return a column that does not change over the rows of a worker or a firm.

    Parameters
    ----------
    panel : Panel
        Simulated, with the true types.
    column : str
        Where the truth is.
    by : {"worker", "firm"}
        Whether to return one value for each of ``panel.workers`` or ``panel.firms``.

    Raises
    ------
    ValueError
        If the panel has no such column, as real data do not.
    """
    if column not in panel.data:
        raise ValueError(
            f"The panel has no column {column!r}: only simulated panels know the truth."
        )
    checks.one_of("by", by, ("worker", "firm"))
    workers = by == "worker"
    value = np.empty(len(panel.workers if workers else panel.firms))
    codes = panel.worker_codes if workers else panel.firm_codes
    value[codes] = panel.data[column].to_numpy()
    return value


def rank_accuracy(
    panel: Panel, rank, column: str = "worker_type", by: str = "worker"
) -> float:
    """Return Spearman's correlation of estimated ranks with the true types.

    Those of one type share their mean rank, and those without a rank are left out.

    Parameters
    ----------
    panel : Panel
        Simulated, with the true types.
    rank : (n,) array
        A rank for each of ``panel.workers`` or ``panel.firms``; nan where there is
        none.
    column, by : str
        Where the truth is, and of whom; see `true_values`.
    """
    rank = np.asarray(rank, dtype=np.float64)
    known = np.isfinite(rank)
    truth = true_values(panel, column, by)[known]
    return float(np.corrcoef(rankdata(truth), rankdata(rank[known]))[0, 1])


def true_sorting(panel: Panel) -> float:
    """Return the correlation of the true types over matches, each by its time.

    Parameters
    ----------
    panel : Panel
        Simulated, with the columns worker_type and firm_type.
    """
    both = panel.data["worker_type"], panel.data["firm_type"]
    moments = np.cov(*both, aweights=panel.time)
    return float(moments[0, 1] / np.sqrt(moments[0, 0] * moments[1, 1]))
