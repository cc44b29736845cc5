"""Firm types from a panel: three orderings of firms, and F from who works where.

In the model better firms (1) hire a larger share of their workers from other firms,
κ1L(p)/(1 + κ1L(p)); (2) pay a higher highest wage, p itself where two equal firms bid;
(3) often, not always, pay a higher mean wage. The first holds for workers of any
abilities, the second for equal workers only. A ranking and the firms' employment give
L, and F follows: F = (1 + κ1) L/(1 + κ1 L).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.panel import Panel

ORDERINGS = ("poached_share", "highest_wage", "mean_wage")
GROUPS = 10  # of firms, in which the mean wage is tested to rise
DECLINE = 3.0  # standard errors by which it must fall to be refused


def firm_table(panel: Panel) -> pd.DataFrame:
    """Count and average what the panel shows of each firm.

    Returns
    -------
    DataFrame, one row a firm, index the firm
        employed_time; workers; hires_unemployment, hires_poached (hires observed, by
        origin); poached_share, of these hires (nan without any); mean_wage
        (time-weighted) and wage_variance around it; highest_wage; starting_wage (mean
        first wage of those hired out of unemployment) and starting_variance.
    """
    rows = panel.data.assign(time=panel.time, code=panel.worker_codes)
    by_firm = rows["firm"]
    time = rows["time"].groupby(by_firm).sum()
    mean = (rows["time"] * rows["wage"]).groupby(by_firm).sum() / time
    around = (rows["wage"] - by_firm.map(mean)) ** 2
    table = pd.DataFrame(
        {
            "employed_time": time,
            "workers": rows["code"].groupby(by_firm).nunique(),
            "mean_wage": mean,
            "wage_variance": (rows["time"] * around).groupby(by_firm).sum() / time,
            "highest_wage": rows["wage"].groupby(by_firm).max(),
        }
    )
    spells = panel.spells().data
    for origin, name in (("unemployment", "unemployment"), ("firm", "poached")):
        hired = spells.loc[spells["origin"] == origin, "firm"].value_counts()
        table[f"hires_{name}"] = hired.reindex(table.index, fill_value=0)
    hires = table["hires_unemployment"] + table["hires_poached"]
    table["poached_share"] = table["hires_poached"] / hires.where(hires > 0)

    hired = spells.loc[spells["origin"] == "unemployment", ["worker", "start"]]
    first = hired.merge(rows[["worker", "start", "firm", "wage"]])
    first = first.groupby("firm")["wage"]
    table["starting_wage"] = first.mean()
    table["starting_variance"] = first.var()
    return table


def rank_firms(
    table: pd.DataFrame, contacts_per_job: float, order_by: str
) -> pd.DataFrame:
    """Order firms from the worst to the best; add L, F and the sampling weights.

    Parameters
    ----------
    table : DataFrame
        From `firm_table`; firms without an observed hire are left out.
    contacts_per_job : float
        κ1 = λ1/(δ + μ).
    order_by : {"poached_share", "highest_wage", "mean_wage"}

    Returns
    -------
    DataFrame
        Sorted, with employment_cdf (L), sampling_cdf (F) and sampling_weight (its
        increments, summing to 1).

    Raises
    ------
    ValueError
        If the mean wage is asked to rank firms where it does not rise with the share
        of poached hires.
    """
    checks.one_of("order_by", order_by, ORDERINGS)
    table = table[table["poached_share"].notna()]
    if table.empty:
        raise ValueError(
            "no firm has a hire of known origin: use a longer window, or derive origins"
            " by Panel.with_origins."
        )
    if order_by == "mean_wage":
        _refuse_falling_mean_wage(table)
    # ties by mean wage, then by employment, so that the order of rows does not matter
    ranked = table.sort_values(
        [order_by, "mean_wage", "employed_time"], kind="stable"
    ).copy()
    share = ranked["employed_time"].cumsum() / ranked["employed_time"].sum()
    ranked["employment_cdf"] = share
    ranked["sampling_cdf"] = (
        (1 + contacts_per_job) * share / (1 + contacts_per_job * share)
    )
    ranked["sampling_weight"] = (
        ranked["sampling_cdf"].diff().fillna(ranked["sampling_cdf"].iloc[0])
    )
    return ranked


def _refuse_falling_mean_wage(table):
    """Refuse where E[w|p] falls: groups by poached share, three standard errors."""
    ordered = table.sort_values(["poached_share", "employed_time"], kind="stable")
    group = np.arange(len(ordered)) * GROUPS // len(ordered)
    wage = ordered.groupby(group)["mean_wage"].agg(["mean", "std", "count"])
    wage = wage[wage["count"] > 1]
    mean = wage["mean"].to_numpy()
    variance = (wage["std"] ** 2 / wage["count"]).to_numpy()
    for late in range(1, len(mean)):
        early = int(np.argmax(mean[:late]))
        fall = mean[early] - mean[late]
        if fall > DECLINE * np.sqrt(variance[early] + variance[late]) > 0:
            raise ValueError(
                "the mean wage cannot rank these firms: it falls from"
                f" {mean[early]:.3g} to {mean[late]:.3g} as the share of poached"
                " hires rises, as the model allows; order by 'poached_share' or"
                " 'highest_wage'."
            )
