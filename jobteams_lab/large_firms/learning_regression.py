"""How wages grow with coworkers' wages: the regression that mirrors learning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.large_firms.annual import COLUMNS, annual

QUADRATIC = ("mean of squares", "square of mean", "none")
COWORKERS = ("before", "after")
TERMS = ("better", "better_squared", "worse", "worse_squared")


@dataclass(frozen=True, eq=False, repr=False)
class LearningRegression:
    """Least squares of wage rank changes on gaps to coworkers and firms' effects.

    Attributes
    ----------
    coefficients, standard_errors : pandas.Series
        Of better (θ̃₁⁺), better_squared (θ̃₂⁺), worse (θ̃₁⁻) and worse_squared (θ̃₂⁻);
        errors clustered by firm, with no correction for small samples.
    firm_effects : pandas.Series
        αₖ by firm, in points of rank a year.
    firm_effect_variance : float
        Var(αₖ), each stayer counting once; the noise of the estimates is in it.
    residual_variance : float
        Var(ε), the mean of the squared residuals.
    r_squared : float
        1 − Var(ε)/Var(Δw), so that it counts what the effects explain.
    observations, firms : int
    """

    coefficients: pd.Series
    standard_errors: pd.Series
    firm_effects: pd.Series
    firm_effect_variance: float
    residual_variance: float
    r_squared: float
    observations: int

    @property
    def firms(self) -> int:
        """Number of firms with an effect."""
        return len(self.firm_effects)

    @property
    def residual_deviation(self) -> float:
        """Root mean square error, √(Σε²/(N − firms − terms)); NaN without freedom."""
        free = self.observations - self.firms - len(self.coefficients)
        scale = self.observations / free if free > 0 else np.nan
        return float(np.sqrt(self.residual_variance * scale))

    def __repr__(self) -> str:
        said = ", ".join(f"{name} {x:.4g}" for name, x in self.coefficients.items())
        return (
            f"LearningRegression({said}; {self.observations:,} stayers of"
            f" {self.firms:,} firms, R² {self.r_squared:.3f})"
        )


def learning_regression(
    panel,
    *,
    year: float = 1.0,
    coworkers: str = "before",
    quadratic: str = "mean of squares",
    least_stayers: int = 2,
) -> LearningRegression:
    """Regress stayers' wage rank changes on the gaps to coworkers above and below.

    With w the wage rank (0 to 100), n − 1 the number of coworkers and W⁺, W⁻ those who
    rank above and below::

        w(i,t) − w(i,t−1) = α(k) + θ̃₁⁺ Σ_{W⁺} g/(n−1) + θ̃₂⁺ Σ_{W⁺} g²/(n−1)
                                 + θ̃₁⁻ Σ_{W⁻} g/(n−1) + θ̃₂⁻ Σ_{W⁻} g²/(n−1) + ε(i,t)

    with g = w(j,t−1) − w(i,t−1), negative for those below. The slides print the linear
    terms and say that quadratic ones are added. Here, as in learning itself, each
    coworker acts through his own gap, and his effect is averaged over coworkers: hence
    the mean of squares. Stayers are at the same firm at both dates; who has no coworker
    at the first is left out, since n − 1 = 0.

    Parameters
    ----------
    panel : Panel or pandas.DataFrame
        A panel of any origin, or the table that `annual` makes of one. Firms keep one
        effect over all its years.
    year : float
        A year in the panel's unit of time; 1 for `simulate`, 12 for months. Without
        meaning where a table is given.
    coworkers : "before" or "after"
        Those at the first date t − 1, or those at t who also had a job at t − 1,
        wherever it was: eq. (6) has the sets of t and the wages of t − 1.
    quadratic : "mean of squares", "square of mean" or "none"
        Whether Σ g²/(n − 1), (Σ g/(n − 1))² or no quadratic terms are added.
    least_stayers : int
        Firms with fewer stayers are left out. One alone is fitted exactly: it says
        nothing of θ̃, and adds to Var(α) and to R².

    Returns
    -------
    LearningRegression

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, too few workers stay, or the gaps do not vary
        enough within firms to tell the terms apart.
    ModuleNotFoundError
        If linearmodels is not installed.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), eq. (6).
    """
    table = _table(panel, year)
    options = {"coworkers": coworkers, "quadratic": quadratic}
    return next(_regressions(table, None, least_stayers, **options))


def regress_years(
    table: pd.DataFrame,
    *,
    coworkers: str = "before",
    quadratic: str = "mean of squares",
    least_stayers: int = 2,
) -> dict[int, LearningRegression]:
    """Return the regression of each year's changes by itself; see the one above."""
    table = _table(table, 1.0)
    years = np.unique(table["year"][table["rank_change"].notna()])
    options = {"coworkers": coworkers, "quadratic": quadratic}
    found = _regressions(table, years, least_stayers, **options)
    return dict(zip(years.tolist(), found, strict=True))


def _regressions(table, years, least_stayers, coworkers, quadratic):
    checks.one_of("coworkers", coworkers, COWORKERS)
    checks.one_of("quadratic", quadratic, QUADRATIC)
    least_stayers = checks.whole("least_stayers", least_stayers, low=1)
    gaps = coworker_gaps(table, coworkers, quadratic)
    number = gaps.pop("coworkers").to_numpy()
    known = table["stays"].to_numpy(bool) & (number > 0)
    date, ids = table["year"].to_numpy(), table["firm"].to_numpy()
    change = table["rank_change"].to_numpy()
    for year in [None] if years is None else years:
        rows = np.flatnonzero(known if year is None else known & (date == year))
        firm, firms = pd.factorize(ids[rows])
        rows = rows[np.bincount(firm, minlength=len(firms))[firm] >= least_stayers]
        firm, firms = pd.factorize(ids[rows])
        terms = gaps.iloc[rows].reset_index(drop=True)
        if len(rows) <= len(firms) + terms.shape[1]:
            raise ValueError(
                f"{len(rows)} stayers with coworkers at {len(firms)} firms are too few"
                f" for {len(firms)} firm effects and {terms.shape[1]} coefficients:"
                " give more firms or years."
            )
        yield _least_squares(change[rows], terms, firm, firms)


def coworker_gaps(table: pd.DataFrame, coworkers: str, quadratic: str) -> pd.DataFrame:
    """Return the number of coworkers and the terms of eq. (6), a row as in the table.

    Of "after" they hold for stayers only, and are 0 and NaN for others.
    """
    rank = table["wage_rank"].to_numpy()
    date, firm = table["year"].to_numpy(), pd.factorize(table["firm"])[0]
    # who is beside whom: the rows, their teams and the rank by which they compare
    beside = np.arange(len(rank))
    team = date * np.int64(firm.max() + 1) + firm
    if coworkers == "after":
        worker = table["worker"].to_numpy()
        again = (worker[1:] == worker[:-1]) & (np.diff(date) == 1)
        beside = np.flatnonzero(again)
        team = team[beside + 1]
    found = _sums(team, rank[beside])
    number = found.pop("number") - 1
    count = np.maximum(number, 1)
    answer = pd.DataFrame({name: sums / count for name, sums in found.items()})
    if quadratic == "square of mean":
        for name in ("better", "worse"):
            answer[f"{name}_squared"] = answer[name] ** 2
    wanted = [name for name in TERMS if quadratic != "none" or name[-1] != "d"]
    answer = answer[wanted].set_axis(beside).reindex(range(len(rank)))
    all_numbers = np.zeros(len(rank), np.int64)
    all_numbers[beside] = number
    return answer.assign(coworkers=all_numbers)


def _sums(team, rank) -> dict[str, np.ndarray]:
    # by rank within teams; those who tie have no gap, wherever they stand
    order = np.lexsort((rank, team))
    groups = pd.DataFrame({"r": rank[order], "r2": rank[order] ** 2}).groupby(
        team[order]
    )
    below, total = groups.cumsum(), groups.transform("sum")
    place = groups.cumcount().to_numpy() + 1
    number = groups["r"].transform("size").to_numpy()
    r = rank[order]
    s, s2 = below.to_numpy().T
    above, above2 = (total - below).to_numpy().T
    more = number - place
    sums = {
        "better": above - more * r,
        "better_squared": above2 - 2 * r * above + more * r**2,
        "worse": s - place * r,
        "worse_squared": s2 - 2 * r * s + place * r**2,
        "number": number,
    }
    back = np.argsort(order)
    return {name: column[back] for name, column in sums.items()}


def _least_squares(change, terms, firm, firms) -> LearningRegression:
    # its import takes two seconds, which those who do not regress should not wait
    from linearmodels.iv.absorbing import AbsorbingLS

    number = np.bincount(firm)
    within = [x - (np.bincount(firm, x) / number)[firm] for x in terms.to_numpy().T]
    scale = np.abs(np.array(within)).max(axis=1)
    poor = scale <= 1e-9
    if poor.any() or np.linalg.matrix_rank(np.transpose(within) / scale) < len(scale):
        raise ValueError(
            f"Within firms the terms {', '.join(terms)} do not vary enough to tell them"
            " apart: give more firms, or take fewer terms with quadratic='none'."
        )
    effects = pd.DataFrame({"firm": pd.Categorical(firm)})
    fitted = AbsorbingLS(change, terms, absorb=effects).fit(
        cov_type="clustered", clusters=firm
    )
    left = change - terms.to_numpy() @ fitted.params.to_numpy()
    alpha = np.bincount(firm, left) / number
    residual = left - alpha[firm]
    return LearningRegression(
        coefficients=fitted.params.rename("coefficient"),
        standard_errors=fitted.std_errors.rename("standard error"),
        firm_effects=pd.Series(alpha, index=firms, name="firm effect"),
        firm_effect_variance=float(np.var(alpha[firm])),
        residual_variance=float(np.mean(residual**2)),
        r_squared=float(1 - np.mean(residual**2) / np.var(change)),
        observations=len(change),
    )


def _table(panel, year) -> pd.DataFrame:
    if not isinstance(panel, pd.DataFrame):
        return annual(panel, year=year)
    missing = [name for name in COLUMNS if name not in panel]
    if missing:
        raise ValueError(
            f"The table lacks {', '.join(missing)}: give a Panel, or the table that"
            " annual(panel) makes."
        )
    return panel.sort_values(["worker", "year"], ignore_index=True)
