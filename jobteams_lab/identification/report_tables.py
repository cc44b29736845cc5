"""The tables of a report, and what their columns hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab.identification.identified import Identification

# a line for each column, as the page shows them; those not asked for are not there
COLUMNS = {
    "worker_ranks.parquet": {
        "worker": "id",
        "rank": "1 for the lowest; missing if not ranked",
        "type": "bin of ranks, 1 for the lowest; missing if not ranked",
        "share": "part of the ranked workers below, from 0 to 1",
    },
    "firm_ranks.parquet": {
        "firm": "id",
        "rank": "1 for the lowest; missing if not ranked",
        "type": "bin of ranks, 1 for the lowest; missing if not ranked",
        "omega": "Ω, what ranks firms, in units of the wage",
        "premium": "mean wage premium of those hired",
        "filling_rate": "chance a period that an open job is filled",
        "vacancy_value": "what an open job is worth a period, in units of output",
        "employment": "mean number of workers",
        "hires_from_unemployment": "their number in the window",
        "hires_from_firms": "their number in the window",
        "seen_whole": "whether every worker of the firm is in the data",
    },
    "production.parquet": {
        "worker_type": "1 for the lowest",
        "firm_type": "1 for the lowest",
        "production": "output of a pair a period, in units of the wage; missing"
        " without an estimate",
        "smooth": "the same, smoothed",
        "match_density": "share of employment",
        "wage": "mean wage out of unemployment",
        "wage_months": "time behind that mean, in periods",
        "low": "lower end of the bootstrap interval of production",
        "high": "its upper end",
    },
}


def worker_table(found: Identification) -> pd.DataFrame:
    """Return one row a worker: worker, rank, type, share.

    `share` is the part of the ranked workers below, the middle of his own place: from
    0 to 1.
    """
    rank = found.worker_rank
    return pd.DataFrame(
        {
            "worker": found.workers.workers,
            "rank": _whole(rank),
            "type": _types(found.worker_bins),
            "share": (rank - 0.5) / np.isfinite(rank).sum(),
        }
    )


def firm_table(found: Identification) -> pd.DataFrame:
    """Return one row a firm: its rank and type, what they rest on, and its size."""
    firms, market = found.firms, found.market
    return pd.DataFrame(
        {
            "firm": firms.firms,
            "rank": _whole(firms.rank),
            "type": _types(found.firm_bins),
            "omega": firms.omega,
            "premium": firms.premium,
            "filling_rate": firms.filling_rate,
            "vacancy_value": firms.vacancy_flow_value,
            "employment": market.employment,
            "hires_from_unemployment": market.hires.astype(np.int64),
            "hires_from_firms": market.moves_in.astype(np.int64),
            "seen_whole": found.whole,
        }
    )


def production_table(found: Identification) -> pd.DataFrame:
    """Return one row a pair of types; production is nan where there is no wage."""
    x, y = np.indices(found.production.shape)
    smooth = found.smooth_production
    columns = {
        "production": found.production,
        **({} if smooth is None else {"smooth": smooth}),
        "match_density": found.match_density,
        "wage": found.surface.wage,
        "wage_months": found.surface.wage_months,
    }
    ends = found.intervals
    if ends is not None:
        columns["low"], columns["high"] = ends.production
    frame = {name: values.ravel() for name, values in columns.items()}
    return pd.DataFrame(
        {"worker_type": x.ravel() + 1, "firm_type": y.ravel() + 1, **frame}
    )


def _whole(rank) -> pd.arrays.IntegerArray:
    known = np.isfinite(rank)
    return pd.arrays.IntegerArray(np.where(known, rank, 0).astype(np.int64), ~known)


def _types(bins) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(bins.astype(np.int64) + 1, bins < 0)
