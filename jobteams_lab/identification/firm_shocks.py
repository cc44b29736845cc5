"""Shocks to firms' output, month by month, and the wages that share in them."""

from __future__ import annotations

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.equilibrium import Equilibrium
from jobteams_lab.panel import Panel

COLUMN = "output_per_worker"


def add_firm_shocks(
    panel: Panel,
    equilibrium: Equilibrium,
    sd: float,
    *,
    noise_sd: float = 0.0,
    output_error_sd: float = 0.0,
    seed: int,
) -> Panel:
    """Write a panel's months with shocks to the output of firms.

    In month t every worker of firm j makes ε_jt more, normal and independent over
    firms and months. Nobody expects it, so that no match is formed or dissolved for it
    and Nash bargaining passes on α of it::

        w_ijt = w(x, y) + α ε_jt + error,
        output per worker = mean f(x, y) + ε_jt + error.

    Parameters
    ----------
    panel : Panel
        From `simulate` with this equilibrium, with its columns worker_type, firm_type
        and true_wage.
    equilibrium : Equilibrium
        Of the benchmark, without match quality.
    sd : float
        Standard deviation of ε, in units of output.
    noise_sd : float
        Standard deviation of measurement error in a month's wage.
    output_error_sd : float
        Standard deviation of measurement error in a firm's output per worker.
    seed : int

    Returns
    -------
    Panel
        One row a worker and month, with the column output_per_worker, the mean over
        the workers whom the firm employs in the month.

    Raises
    ------
    TypeError, ValueError
        If the panel lacks the true types, the equilibrium is one with search on the
        job or match quality, or a number is out of range.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix A.4.1.
    """
    sd = checks.number("sd", sd, low=0)
    noise_sd = checks.number("noise_sd", noise_sd, low=0)
    output_error_sd = checks.number("output_error_sd", output_error_sd, low=0)
    rng = np.random.default_rng(checks.whole("seed", seed))
    economy = equilibrium.economy
    if economy.search_intensity_employed > 0 or len(economy.match_quality.shock) > 1:
        raise ValueError(
            "add_firm_shocks needs the benchmark without match quality, where wages are"
            " bargained: solve an Economy with search_intensity_employed = 0."
        )
    missing = {"worker_type", "firm_type", "true_wage"} - set(panel.data.columns)
    if missing:
        raise ValueError(
            f"The panel has no column {sorted(missing)[0]}: make it with simulate."
        )
    monthly = panel.months()
    data, firm = monthly.data, monthly.firm_codes
    month = data["start"].to_numpy().astype(np.int64)
    month -= month.min()
    firms = len(monthly.firms)
    cell = month * firms + firm
    shock = sd * rng.standard_normal((month.max() + 1) * firms)
    output = economy.output[data["worker_type"], data["firm_type"]]
    total = np.bincount(cell, output, minlength=len(shock))
    staff = np.bincount(cell, minlength=len(shock))
    error = noise_sd * rng.standard_normal(len(data))
    # an empty firm has no output per worker, and no row that would show it
    made = total / np.maximum(staff, 1) + shock
    made += output_error_sd * rng.standard_normal(len(shock))
    share = economy.bargaining_power
    return Panel(
        data.assign(
            wage=data["true_wage"] + share * shock[cell] + error,
            **{COLUMN: made[cell]},
        ),
        panel.window,
    )
