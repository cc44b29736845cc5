"""From a panel back to the economy: rates, firm types, the sampling distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.panel import Panel
from jobteams_lab.sequential_auctions.economy import Economy
from jobteams_lab.sequential_auctions.firm_types import (
    ORDERINGS,
    firm_table,
    rank_firms,
)
from jobteams_lab.sequential_auctions.productivity import fit_productivity, group_firms
from jobteams_lab.sequential_auctions.transitions import (
    NAMES,
    TransitionRates,
    transition_rates,
)

SAMPLE = 2_000  # values that stand for the estimated F in `Estimate.economy`


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """What a panel says about the economy, under linear utility.

    Attributes
    ----------
    rates : TransitionRates
        λ0, λ1, δ, μ with standard errors.
    firms : DataFrame
        One row a firm, from the worst to the best: what `firm_table` and `rank_firms`
        give, its type and the type's productivity.
    types : DataFrame
        Firms of neighbouring rank merged: productivity, mean and starting wages,
        sampling_weight, sampling_cdf (F), employment_cdf (L). Do not read the best
        type's productivity: its firms are met too rarely for wages to tell it.
    unemployment_income : float
        b, where mean ability is 1.
    discount_rate : float
        ρ as it was given.
    coverage : float
        Share of the employed time at firms that could be ranked.
    """

    rates: TransitionRates
    firms: pd.DataFrame
    types: pd.DataFrame
    unemployment_income: float
    discount_rate: float
    coverage: float

    def __repr__(self) -> str:
        rates = ", ".join(
            f"{symbol} = {getattr(self.rates, name):.4g}"
            for symbol, name in zip(("λ0", "λ1", "δ", "μ"), NAMES, strict=True)
        )
        return (
            f"Estimate: {rates}, b = {self.unemployment_income:.4g};"
            f" {len(self.firms):,} firms of {len(self.types)} types, with"
            f" {self.coverage:.0%} of the time worked"
        )

    def sampling_cdf(self, productivity) -> np.ndarray:
        """The estimated F(p), a step function."""
        below = np.searchsorted(
            self.types["productivity"], np.asarray(productivity), side="right"
        )
        return np.append(0.0, self.types["sampling_cdf"])[below]

    def economy(self) -> Economy:
        """The estimated economy, with equal workers and linear utility.

        Types that were fitted at b itself are left out: such firms would not be met.
        """
        ranks = (np.arange(SAMPLE) + 0.5) / SAMPLE
        index = np.searchsorted(self.types["sampling_cdf"], ranks)
        sample = self.types["productivity"].to_numpy()[
            np.minimum(index, len(self.types) - 1)
        ]
        return Economy(
            contact_rate_unemployed=self.rates.contact_rate_unemployed,
            contact_rate_employed=self.rates.contact_rate_employed,
            separation_rate=self.rates.separation_rate,
            exit_rate=self.rates.exit_rate,
            discount_rate=self.discount_rate,
            unemployment_income=self.unemployment_income,
            productivity=sample[sample > self.unemployment_income],
        )


def estimate(
    panel: Panel,
    *,
    discount_rate: float,
    order_by: str = "poached_share",
    groups: int = 50,
) -> Estimate:
    """Estimate Postel-Vinay and Robin's economy from a matched panel.

    Three steps: rates from dates (`transition_rates`), a ranking of firms from who
    hires from whom (module `firm_types`), productivities from wages (module
    `productivity`). No distribution is assumed for F.

    Parameters
    ----------
    panel : Panel
        Dates exact, origins known: recorded, or derived by `Panel.with_origins`.
        Rows should be stretches of constant wage: highest and starting wages are lost
        where rows are means over a whole spell.
    discount_rate : float
        ρ, per unit of the panel's time: duration data cannot tell it.
    order_by : {"poached_share", "highest_wage", "mean_wage"}
        What ranks the firms; see `firm_types`.
    groups : int
        Number of firm types, at most the number of firms.

    Raises
    ------
    ValueError
        If a rate is not identified, no firm can be ranked, or the mean wage is asked
        to rank firms where it does not rise.

    References
    ----------
    Postel-Vinay and Robin (2002), section 4.
    """
    discount_rate = checks.number("discount_rate", discount_rate, low=0)
    groups = checks.whole("groups", groups, low=1)
    checks.one_of("order_by", order_by, ORDERINGS)
    rates = transition_rates(panel)
    table = firm_table(panel)
    ranked = rank_firms(table, rates.contacts_per_job, order_by)
    types = group_firms(ranked, groups)
    loss = rates.separation_rate + rates.exit_rate
    income, productivity = fit_productivity(
        types,
        rates.contacts_per_job,
        rates.contact_rate_employed / (discount_rate + loss),
    )
    types["productivity"] = productivity
    ranked["type"] = np.repeat(types.index, types["firms"])
    ranked["productivity"] = productivity[ranked["type"]]
    return Estimate(
        rates=rates,
        firms=ranked,
        types=types,
        unemployment_income=income,
        discount_rate=discount_rate,
        coverage=float(ranked["employed_time"].sum() / table["employed_time"].sum()),
    )
