"""Reservation wages, from a Bellman equation or from the firms that pay least."""

from __future__ import annotations

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.labour_market import LabourMarket

METHODS = ("bellman", "pooled")


def reservation_wages(
    market: LabourMarket,
    method: str = "bellman",
    *,
    discount_factor: float = 0.996,
    home_production: float = 0.0,
    firm_types: int = 50,
) -> np.ndarray:
    """Estimate the reservation wage (1 − β)V_u(x) of every worker bin.

    An unemployed worker finds a job with the chance h a month, and a job that pays w is
    worth (w − w_res)/(1 − β(1 − δ)) more than unemployment, in both models: a worker
    gets αS in the benchmark and S with search on the job, and α(1 − β(1 − δ))S or
    (1 − β(1 − δ))S is what his wage has above w_res. So the bargaining power cancels
    from w_res = b + βh (w̄ − w_res)/(1 − β(1 − δ)), and

        w_res = (b + K w̄)/(1 + K),   K = βh/(1 − β(1 − δ)),

    with w̄ the mean wage over hires from unemployment. ``"bellman"`` is this;
    ``"pooled"`` the paper's Algorithm 2, the mean of a bin's wages at the J/Y firms
    that pay it least, made to rise with x by a running maximum (footnote 7). Being an
    order statistic it falls below the truth with noise, and lies above it where the
    bin's marginal firms are few.

    Parameters
    ----------
    market : LabourMarket
    method : {"bellman", "pooled"}
    discount_factor : float
        β, of a month.
    home_production : float
        b; for "bellman".
    firm_types : int
        Y; for "pooled", which pools J // Y firms, and at least one.

    Returns
    -------
    (X,) array
        In units of the wage; nan for a bin without the wages or the spells out of work
        that it takes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), equations (3), (A.2), (A.6) and (A.17), and
    supplement, appendix B, Algorithm 2.
    """
    checks.one_of("method", method, METHODS)
    beta = checks.number("discount_factor", discount_factor, low=0, high=1)
    income = checks.number("home_production", home_production)
    firms = len(market.firms)
    firm_types = checks.whole("firm_types", firm_types, low=1, high=firms)
    if method == "pooled":
        return _pooled(market.wage, firms // firm_types)
    weight = 1 - beta * (1 - market.separation_rate)
    ratio = beta * market.finding_rate / weight
    return (income + ratio * mean_wage(market)) / (1 + ratio)


def mean_wage(market: LabourMarket) -> np.ndarray:
    """Return the mean wage over hires from unemployment, (X,); nan without any."""
    known = np.isfinite(market.wage)
    hires = np.where(known, market.hires_from_unemployment, 0.0)
    paid = (hires * np.where(known, market.wage, 0.0)).sum(1)
    with np.errstate(invalid="ignore"):
        return paid / hires.sum(1)


def _pooled(wage: np.ndarray, pool: int) -> np.ndarray:
    lowest = np.sort(wage, axis=1)[:, :pool]  # nan last
    count = np.isfinite(lowest).sum(1)
    with np.errstate(invalid="ignore"):
        mean = np.nansum(lowest, axis=1) / np.where(count > 0, count, np.nan)
    rising = np.maximum.accumulate(np.where(count > 0, mean, -np.inf))
    return np.where(count > 0, rising, np.nan)
