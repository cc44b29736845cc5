"""Residual wages: what is left of wages without years and ages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from jobteams_lab import checks
from jobteams_lab.panel import Panel
from jobteams_lab.panel_spells import require_positive_wages
from jobteams_lab.records.age_profiles import AgeProfiles, age_profiles
from jobteams_lab.records.within_regression import WithinRegression

LONGEST = 12  # periods of a row that has a year


@dataclass(frozen=True, eq=False, repr=False)
class ResidualWages:
    """Wages without the effects of years and ages, and the regression behind them.

    Attributes
    ----------
    panel : Panel
        The panel given, with wage = exp(y - x′β̂).
    coefficients, standard_errors : pandas.Series
        β̂ by name, in log points per year of age to the power named; standard errors
        allow for any dependence among the rows of one worker.
    dropped : tuple of str
        Columns left out because the others and the worker effects (and the firm
        effects, if any) add up to them.
    worker_effect : ndarray, shape (N,)
        α in the order of ``panel.workers``; nan outside the connected set.
    firm_effect : ndarray, shape (J,), or None
        ψ in the order of ``panel.firms``, with weighted mean zero; nan outside the
        connected set.
    index : ndarray, shape (rows,)
        x′β̂ of each row.
    r_squared : float
        The share of Var(y) that everything together explains.
    within_r_squared : float
        The share of the variance left by the worker (and firm) effects that years and
        ages explain.
    index_share : float
        Var(x′β̂) / Var(y) over the panel.
    time_share : float
        How much of the panel the regression used: all of it, or the connected set.
    """

    panel: Panel
    coefficients: pd.Series
    standard_errors: pd.Series
    dropped: tuple[str, ...]
    worker_effect: np.ndarray
    firm_effect: np.ndarray | None
    index: np.ndarray
    r_squared: float
    within_r_squared: float
    index_share: float
    time_share: float

    @property
    def table(self) -> pd.DataFrame:
        """The coefficients beside their standard errors."""
        return pd.DataFrame(
            {"estimate": self.coefficients, "standard error": self.standard_errors}
        )

    @property
    def report(self) -> str:
        """What was estimated, in a few lines of text."""
        effects = "worker effects" if self.firm_effect is None else "both effects"
        lines = [
            f"{self!r}",
            f"years and ages: {self.index_share:.1%} of the variance of log wages,"
            f" and {self.within_r_squared:.1%} of what {effects} leave",
        ]
        if self.dropped:
            lines.append(f"left out as collinear: {', '.join(self.dropped)}")
        if self.time_share < 1:
            lines.append(f"estimated on {self.time_share:.1%} of the time")
        return "\n".join([*lines, self.table.to_string(float_format="{:.4g}".format)])

    def __repr__(self) -> str:
        return (
            f"ResidualWages: {len(self.panel):,} rows, {len(self.coefficients)}"
            f" coefficients, {len(self.dropped)} dropped, R² = {self.r_squared:.3f}"
        )


def residual_wages(
    panel: Panel,
    *,
    year: str | None = "year",
    age: str | None = "age",
    education: str | None = "education",
    powers: tuple[int, ...] = (2, 3),
    centre: float = 40.0,
    years_by_education: bool = False,
    firm_effects: bool = False,
) -> ResidualWages:
    """Take the effects of years and of ages out of log wages.

    Least squares, every row weighted by the time it was observed, on worker effects
    and x, a dummy for each year but the first and powers of age less `centre`, which
    every group of education has for itself::

        y = α(worker) + x′β + r,        residual wage = exp(y - x′β̂)

    The residual wage is that of a worker aged `centre` in the first year. Age itself
    is no regressor by default. Within a worker it runs as the year does, so that years
    and worker effects add up to it: only the curvature of the profile can be told from
    the data, and the slope at `centre` is set to zero. That matters when workers born
    in different years are compared, and should be where profiles are flat.

    Parameters
    ----------
    panel : Panel
        Its rows must each lie in one year, as those of a monthly panel do; with years,
        rows of more than 12 periods are refused.
    year, age, education : str or None
        Columns of the panel; None leaves them out. Years and levels of education are
        whole numbers or text, and education should be the same in all rows of a
        worker; ages, or years of experience, are numbers.
    powers : tuple of int
        Powers of age, each once. With 1 among them, age enters by itself as far as it
        can be told from the rest; what cannot is dropped and reported.
    centre : float
        The age at which every power is zero.
    years_by_education : bool
        Whether each group of education has its own year dummies. Without them the
        slopes at `centre` are assumed to be the same in all groups.
    firm_effects : bool
        Whether to add ψ(firm) to the regression. β̂ is then that of the largest
        connected set of workers and firms, but applied to all rows; ψ̂ stays in the
        residual wage.

    Returns
    -------
    ResidualWages

    Raises
    ------
    TypeError, ValueError
        One sentence, if a wage is not positive, a column or value is missing, a row is
        longer than a year, an argument is not allowed, or nothing varies within
        workers.
    RuntimeError
        If firm effects are asked for and conjugate gradients do not converge.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, section E; Card, Heining and Kline
    (2013) for the regression with firm effects.
    """
    if not isinstance(panel, Panel):
        raise TypeError(
            f"residual_wages takes a Panel, not {type(panel).__name__}: make one of"
            " the table first."
        )
    require_positive_wages(panel)
    centre = checks.number("centre", centre)
    powers = tuple(checks.whole("each of powers", power, low=1) for power in powers)
    if len(set(powers)) < len(powers):
        raise ValueError(f"powers = {powers} has a power twice: name each one once.")
    if year is not None:
        _check_length(panel)
    if year is None and (age is None or not powers):
        raise ValueError("Neither years nor ages are left to take out: name a column.")

    time, y = panel.time, _log_wage(panel)
    profiles = age_profiles(
        panel.data, year, age, education, powers, centre, bool(years_by_education)
    )
    group, rows = _merged(panel, profiles)
    weight = np.bincount(group, time)
    mean = np.bincount(group, time * y) / weight
    worker, firm = panel.worker_codes[rows], panel.firm_codes[rows]
    profiles = profiles.take(rows)
    used = np.ones(len(rows), dtype=bool)
    if firm_effects:
        used = _connected(worker, firm, weight)
    fit = WithinRegression(
        profiles.take(used), mean[used], weight[used], worker[used], firm[used]
    ).solve(bool(firm_effects))

    slope = np.zeros(len(profiles.names))
    slope[fit.kept] = fit.coefficients
    index = profiles.index(slope)[group]
    names = np.array(profiles.names, dtype=object)
    counted = used[group]
    share = time[counted] / time[counted].sum()
    total = _variance(y[counted], share)
    # months of one group differ from its mean, which no effect explains
    rough = float(share @ (y - mean[group])[counted] ** 2)
    alpha = np.full(len(panel.workers), np.nan)
    alpha[fit.workers] = fit.worker_effect
    psi = None
    if firm_effects:
        psi = np.full(len(panel.firms), np.nan)
        psi[fit.firms] = fit.firm_effect
    units = profiles.units[fit.kept]
    residual = fit.residual + rough
    everything = time / time.sum()
    return ResidualWages(
        panel=_rescaled(panel, index),
        coefficients=pd.Series(fit.coefficients / units, names[fit.kept]),
        standard_errors=pd.Series(fit.standard_errors / units, names[fit.kept]),
        dropped=tuple(np.delete(names, fit.kept)),
        worker_effect=alpha,
        firm_effect=psi,
        index=index,
        r_squared=1 - residual / total,
        within_r_squared=1 - residual / (fit.without_index + rough),
        index_share=_variance(index, everything) / _variance(y, everything),
        time_share=float(time[counted].sum() / time.sum()),
    )


def _check_length(panel: Panel) -> None:
    length = (panel.data["end"] - panel.data["start"]).to_numpy()
    # ends of fractional periods carry rounding error, hence the slack
    long = np.flatnonzero(length > LONGEST * (1 + 1e-9))
    if len(long):
        others = f" (so do {len(long) - 1:,} more)" if len(long) > 1 else ""
        raise ValueError(
            f"Row {long[0]} runs over {length[long[0]]:g} months and has one year"
            f"{others}: give monthly rows, or take years out before jobs are joined."
        )


def _log_wage(panel: Panel) -> np.ndarray:
    if "wage_logs" in panel.data:
        return panel.data["wage_logs"].to_numpy() / panel.time
    return np.log(panel.data["wage"].to_numpy())


def _merged(panel: Panel, profiles: AgeProfiles):
    """Return each row's group of neighbours with one job and one x, and their firsts.

    Months of a year are such a group, which makes the regression a year's.
    """
    new = np.zeros(len(panel), dtype=bool)
    new[0] = True
    for column in (
        panel.worker_codes,
        panel.firm_codes,
        profiles.year_column,
        profiles.education,
        profiles.age,
    ):
        new[1:] |= column[1:] != column[:-1]
    return np.cumsum(new) - 1, np.flatnonzero(new)


def _connected(worker, firm, weight) -> np.ndarray:
    workers = worker.max() + 1
    size = workers + firm.max() + 1
    entries = (np.ones(len(worker)), (worker, workers + firm))
    edges = sparse.coo_array(entries, shape=(size, size))
    label = csgraph.connected_components(edges, directed=False)[1][worker]
    largest = label == np.bincount(label, weights=weight).argmax()
    if len(np.unique(firm[largest])) < 2:
        raise ValueError(
            "No worker is seen at two firms, so that nothing tells firm effects from"
            " worker effects: leave firm_effects out."
        )
    return largest


def _rescaled(panel: Panel, index: np.ndarray) -> Panel:
    scale = np.exp(-index)
    columns = {"wage": panel.data["wage"] * scale}
    if "wage_squares" in panel.data:
        columns["wage_squares"] = panel.data["wage_squares"] * scale**2
    if "wage_logs" in panel.data:
        columns["wage_logs"] = panel.data["wage_logs"] - panel.time * index
    return Panel(panel.data.assign(**columns), panel.window)


def _variance(values, share) -> float:
    return float(share @ (values - share @ values) ** 2)
