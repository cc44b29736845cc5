"""The calibration table's moments, from any panel of workers, firms and wages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.inequality import between_within
from jobteams_lab.large_firms.annual import annual
from jobteams_lab.large_firms.calibration_table import (
    CHANGES,
    LEVELS,
    RESIDUALS,
    TARGETS,
    WEIGHTS,
    definitions,
)
from jobteams_lab.large_firms.learning_regression import TERMS, regress_years
from jobteams_lab.large_firms.panel_flows import transition_counts
from jobteams_lab.panel import Panel

LEAST_BATCHES = 5
OPTIONS = {"coworkers", "quadratic", "least_stayers"}  # of the regression


@dataclass(frozen=True, eq=False, repr=False)
class Moments:
    """The rows of the calibration table, beside the slides'.

    ``moments["better"]`` is a row's value.

    Attributes
    ----------
    table : pandas.DataFrame
        A row a moment, in the slides' order. Columns value, standard error, data and
        slides (the slides' "Data" and "Model"), definition.
    by_panel : pandas.DataFrame
        The value of each moment, a column, in each panel, a row.
    """

    table: pd.DataFrame
    by_panel: pd.DataFrame

    def __getitem__(self, name: str) -> float:
        if name not in self.table.index:
            raise KeyError(f"{name!r} is none of {', '.join(self.table.index)}.")
        return float(self.table.at[name, "value"])

    def __repr__(self) -> str:
        numbers = self.table.drop(columns="definition")
        return f"Moments of {len(self.by_panel)} panels\n{numbers.to_string()}"

    def _repr_html_(self) -> str:
        return self.table.to_html(float_format=lambda x: f"{x:.4g}")


def moments(
    panels,
    *,
    year: float = 1.0,
    sampling: float = 1.0,
    workers: int | None = None,
    retirement: str = "left out",
    changes: str = "all",
    weights: str = "workers",
    level: str = "mean",
    residual: str = "variance",
    regression: Mapping | bool = True,
) -> Moments:
    """Measure every row of the calibration table as the data would show it.

    Levels are measured at each date of `annual` over all who work then, changes from
    each date to the next, the regression of eq. (6) for each two dates by itself, as in
    a short panel of two years; a row is the mean over dates. EN and NE take the panel
    as a long one. The slides leave much open:

    - "Unconditional moments are computed before the sample is restricted to stayers":
      changes are those of all who have a job at both dates, a mover's counted at his
      first firm; only eq. (6) is about stayers.
    - Firms' means are weighted by workers, as Var(α) is, so that their variance is a
      part of the variance of wage rank changes.
    - "Level-growth covariances" of 0.131 and 0.109 would be nothing in squared points
      of rank, beside variances of 73 and 833: read as correlations. Where ranks are
      as unequal at both dates, cov(level, growth) is −Var/2 with the level before and
      Var/2 after, in the slides' data correlations of −0.15 and 0.15. Theirs are in
      between, so the default is the mean of both dates.
    - "Variance of ε": 7.286 beside 73.354 for all changes would be an R² of 0.9. The
      slides also say "RMSE targets σ_a"; as a root mean square error 7.286 leaves an R²
      near 0.3. Both are offered.
    - "Inferred employment rate": NE/(NE + EN) of the slides' own rates is 0.676 in
      the data, not 0.733, and 0.835 in their model, not 0.823. No one formula of the
      two rates gives both. The model's 0.823 is the share at work where it is taken
      as the stationary one with ψᴺ near 0.83; see also `panel_transitions`.
    - Wages differ in units: those of the data are presumably euros an hour.

    The rows, by percentile ranks of wages among all who work at a date; the table's
    column "definition" has each under the readings chosen. Sizes of firms that have
    workers, each firm counting once; differences of quartiles of wages;
    between_firm_share, the variance of firms' mean ranks over that of ranks;
    size_rank_correlation, over workers; mean and variance of changes of rank, and their
    variance over firms' means; level_growth, correlations of rank and change; of eq.
    (6) the variances of firm effects and residual and the coefficients; EN and NE,
    shares without, and with, a job one interval on; employment_rate, NE/(NE + EN).

    Parameters
    ----------
    panels : Panel, or list of them
        Several are independent repetitions, such as simulations of other seeds.
    year : float
        A year in the panels' unit of time: 1 for `simulate`, 12 for months.
    sampling : float
        Years between the interviews that EN and NE come from.
    workers : int, optional
        Number of workers of each panel, with and without a job, where it is known, as
        in a simulation; without it EN is too low and NE too high. See
        `panel_transitions`, also for `retirement`.
    retirement : "left out" or "replaced"
    changes : "all" or "stayers"
        Whose wage rank changes enter the rows outside eq. (6).
    weights : "workers" or "firms"
        What counts once in the two rows over firms' means.
    level : "mean", "before" or "after"
        Of which date the level in the level-growth rows is.
    residual : "variance" or "deviation"
        What the row residual_variance holds.
    regression : bool or dict
        Whether eq. (6) is estimated; if not, its rows are NaN. Or options for it:
        coworkers, quadratic, least_stayers of `learning_regression`.

    Returns
    -------
    Moments
        Standard errors are s/√m over m panels. With one panel they are those of batch
        means over its years, the largest of batches of one, two and four years of which
        there are at least five; NaN in a panel with fewer. They are too small where
        four years are short beside what renews the state.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, a panel has no two dates a year apart, was
        simulated without wages, or has too few stayers for eq. (6).

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Calibration Results".
    """
    checks.one_of("changes", changes, CHANGES)
    checks.one_of("weights", weights, WEIGHTS)
    checks.one_of("level", level, LEVELS)
    checks.one_of("residual", residual, RESIDUALS)
    sampling = checks.number("sampling", sampling, low=0, open_low=True)
    panels = list(panels) if isinstance(panels, (list, tuple)) else [panels]
    if not panels or not all(isinstance(one, Panel) for one in panels):
        raise TypeError("moments takes a Panel, or several in a list.")
    flows = {"year": year, "workers": workers, "retirement": retirement}
    options = regression if isinstance(regression, Mapping) else {}
    if not isinstance(regression, (bool, Mapping)) or not set(options) <= OPTIONS:
        raise TypeError(
            f"regression = {regression!r} must be True, False or a dict with options"
            f" among {', '.join(sorted(OPTIONS))}."
        )
    found = []
    for panel in panels:
        counts = transition_counts(panel, sampling, **flows)
        table = annual(panel, year=year)
        if table["rank_change"].isna().all():
            raise ValueError(
                f"In {panel!r} nobody works at two dates {year:g} apart: give a longer"
                " panel, or year, the length of a year in its unit of time."
            )
        by_year = _levels(table)
        by_year = by_year.join(_changes(table, changes, weights, level))
        if regression is not False:
            by_year = by_year.join(_eq6(table, residual, options))
        found.append((by_year, counts))
    values = pd.DataFrame([{**y.mean(), **_rates(c)} for y, c in found])
    names = [row.name for row in TARGETS]
    values = values.reindex(columns=names)
    if len(panels) > 1:
        error = values.sem()
    else:
        error = pd.Series(_errors(*found[0]), dtype=float)
    return Moments(
        table=pd.DataFrame(
            {
                "value": values.mean(),
                "standard error": error.reindex(names),
                "data": [float(row.data) for row in TARGETS],
                "slides": [float(row.slides) for row in TARGETS],
                "definition": definitions(changes, weights, level, residual, sampling),
            },
            index=pd.Index(names, name="moment"),
        ),
        by_panel=values,
    )


def _levels(table) -> pd.DataFrame:
    rows = {}
    for year, here in table.groupby("year"):
        rank, size = here["wage_rank"].to_numpy(), here["coworkers"].to_numpy() + 1
        # each worker stands for 1/size of a firm
        sizes = np.sort(size)
        share = np.cumsum(1 / sizes)
        p25, p50, p75 = np.quantile(here["wage"], [0.25, 0.5, 0.75])
        rows[year] = {
            "average_employer_size": len(size) / share[-1],
            "employer_size_p50": _quantile(sizes, share, 0.5),
            "employer_size_p90": _quantile(sizes, share, 0.9),
            "wage_p50_p25": p50 - p25,
            "wage_p75_p50": p75 - p50,
            "between_firm_share": between_within(rank, here["firm"]).between_share,
            "size_rank_correlation": _correlation(size, rank),
        }
    return pd.DataFrame(rows).T


def _quantile(sizes, share, level) -> float:
    # the smallest size that at least this share of the firms does not exceed
    return float(sizes[np.searchsorted(share, level * share[-1] * (1 - 1e-12))])


def _changes(table, changes, weights, level) -> pd.DataFrame:
    known = table["stays"] if changes == "stayers" else table["rank_change"].notna()
    part = {"before": 0.0, "mean": 0.5, "after": 1.0}[level]
    rows = {}
    for year, here in table[known].groupby("year"):
        growth = here["rank_change"].to_numpy()
        rank = here["wage_rank"].to_numpy() + part * growth
        firm, _ = pd.factorize(here["firm"])
        number = np.bincount(firm)
        growths, ranks = (np.bincount(firm, x) / number for x in (growth, rank))
        counts = number if weights == "workers" else np.ones_like(number)
        middle = np.average(growths, weights=counts)
        rows[year] = {
            "mean_rank_change": growth.mean(),
            "rank_change_variance": growth.var(),
            "worker_level_growth": _correlation(rank, growth),
            "firm_rank_change_variance": np.average(
                (growths - middle) ** 2, weights=counts
            ),
            "firm_level_growth": _correlation(ranks, growths, counts),
        }
    return pd.DataFrame(rows).T


def _eq6(table, residual, options) -> pd.DataFrame:
    rows = {}
    for year, found in regress_years(table, **options).items():
        rows[year] = {
            "firm_effect_variance": found.firm_effect_variance,
            "residual_variance": getattr(found, f"residual_{residual}"),
            **found.coefficients.reindex(TERMS).to_dict(),
        }
    return pd.DataFrame(rows).T


def _correlation(x, y, weights=None) -> float:
    x, y = (z - np.average(z, weights=weights) for z in (x, y))
    xy, xx, yy = (np.average(z, weights=weights) for z in (x * y, x * x, y * y))
    return float(xy / np.sqrt(xx * yy)) if xx > 0 and yy > 0 else float("nan")


def _rates(counts) -> dict[str, float]:
    total = counts.sum().astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = np.divide(total["lost"], total["employed"])
        into = np.divide(total["hired"], total["nonemployed"])
        return {"EN": out, "NE": into, "employment_rate": into / (into + out)}


def _errors(by_year, counts) -> dict[str, float]:
    out, into, _ = _rates(counts).values()
    # shares of sums: to first order the means of these
    mean = counts.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        lost = (counts["lost"] - out * counts["employed"]) / mean["employed"]
        hired = (counts["hired"] - into * counts["nonemployed"]) / mean["nonemployed"]
        rate = (out * hired - into * lost) / (into + out) ** 2
    series = {name: x.dropna() for name, x in by_year.items()}
    series |= {"EN": lost, "NE": hired, "employment_rate": rate}
    return {name: batch_error(x) for name, x in series.items()}


def batch_error(series) -> float:
    """Return the standard error of the mean of what follows each other in time."""
    x = np.asarray(series, float)
    errors = [np.nan]
    for together in (1, 2, 4):
        number = len(x) // together
        if number >= LEAST_BATCHES:
            means = x[len(x) - number * together :].reshape(number, together).mean(1)
            errors.append(means.std(ddof=1) / np.sqrt(number))
    return float(np.fmax.reduce(errors))
