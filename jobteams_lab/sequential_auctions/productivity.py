"""What firms produce, from what they pay: the wage equations solved for p."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import lsq_linear

VARIANCES = {"mean": "wage_variance", "starting": "starting_variance"}


def group_firms(ranked: pd.DataFrame, groups: int) -> pd.DataFrame:
    """Merge neighbouring firms of a ranking into types of about equal employment.

    Returns
    -------
    DataFrame, one row a type, from the worst to the best
        firms, employed_time, sampling_weight, sampling_cdf, employment_cdf;
        mean_wage, starting_wage and their standard errors mean_wage_error and
        starting_wage_error; index `type`, the numbers that `ranked` is given too.
    """
    middle = ranked["employment_cdf"] - 0.5 * ranked["employment_cdf"].diff().fillna(
        ranked["employment_cdf"].iloc[0]
    )
    kind = np.unique((middle * groups).astype(int), return_inverse=True)[1]
    by = pd.Series(kind, ranked.index, name="type")
    time = ranked["employed_time"]
    hires = ranked["hires_unemployment"].where(ranked["starting_wage"].notna(), 0)

    def total(column):
        return column.groupby(by).sum()

    types = pd.DataFrame({"firms": by.value_counts().sort_index()})
    types["employed_time"] = total(time)
    types["sampling_weight"] = total(ranked["sampling_weight"])
    types["sampling_cdf"] = ranked["sampling_cdf"].groupby(by).last()
    types["employment_cdf"] = ranked["employment_cdf"].groupby(by).last()
    for name, weight, persons in (
        ("mean", time, ranked["workers"]),
        ("starting", hires, hires),
    ):
        wage = ranked[f"{name}_wage"]
        types[f"{name}_wage"] = mean = total(weight * wage) / total(weight)
        # around the type's mean: firms that a noisy ranking put together differ too
        inside = ranked[VARIANCES[name]].fillna(0.0)
        spread = total(weight * (inside + (wage - by.map(mean)) ** 2)) / total(weight)
        types[f"{name}_wage_error"] = np.sqrt(spread / total(persons))
    return types


def fit_productivity(
    types: pd.DataFrame, contacts_per_job: float, discounted_contacts: float
) -> tuple[float, np.ndarray]:
    """Fit b and p_1 ≤ … ≤ p_n to mean and starting wages (linear utility, E[ε] = 1).

    For types k with F̄_k = P(p > p_k), A_k = 1 + κ1 F̄_k, p_0 = b and steps
    d_i = p_i − p_{i−1} ≥ 0, both wage equations of the model are linear in b and d:

        E[w|p_k] = b + Σ_{i≤k} d_i [1 − A_k A_{k−1} (1 + κF̄_{i−1})/A_{i−1}²]
        φ0(p_k)  = b − κ Σ_{i≤k} d_i F̄_{i−1},

    so that least squares with d ≥ 0, weighted by the wages' standard errors, needs no
    monotone mean wage and no derivative. A type without starting wages counts with
    its mean wage alone.

    Parameters
    ----------
    types : DataFrame
        From `group_firms`.
    contacts_per_job, discounted_contacts : float
        κ1 = λ1/(δ + μ) and κ = λ1/(ρ + δ + μ).

    Returns
    -------
    (float, ndarray)
        b, and p by type.

    References
    ----------
    Postel-Vinay and Robin (2002) invert E[w|p] alone, by its derivative.
    """
    sf = np.append(1.0, 1.0 - types["sampling_cdf"].to_numpy())
    sf[-1] = 0.0
    a = 1.0 + contacts_per_job * sf
    climbed = np.tri(len(types))
    mean = climbed * (
        1.0
        - (a[1:] * a[:-1])[:, None]
        * ((1.0 + discounted_contacts * sf[:-1]) / a[:-1] ** 2)
    )
    starting = -discounted_contacts * climbed * sf[:-1]
    # a handful of equal wages must not count as infinitely precise
    floor = 0.1 * np.nanmedian(types["mean_wage_error"]) + 1e-12
    equations, wages = [], []
    for rows, name in ((mean, "mean_wage"), (starting, "starting_wage")):
        error = types[f"{name}_error"].to_numpy()
        seen = np.isfinite(error) & types[name].notna().to_numpy()
        error = np.maximum(error, floor)
        rows = np.column_stack([np.ones(len(types)), rows])
        equations.append((rows / error[:, None])[seen])
        wages.append((types[name].to_numpy() / error)[seen])
    bounds = np.append(-np.inf, np.zeros(len(types)))
    fit = lsq_linear(
        np.concatenate(equations), np.concatenate(wages), (bounds, np.inf), tol=1e-12
    )
    if not fit.success:
        raise RuntimeError(f"the wage equations were not solved: {fit.message}")
    return float(fit.x[0]), fit.x[0] + np.cumsum(fit.x[1:])
