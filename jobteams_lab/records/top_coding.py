"""Wages above the highest recorded one: imputed by a factor or by Tobit models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.panel import Panel
from jobteams_lab.records import table_columns as table
from jobteams_lab.records.censored_regression import above, censored_regression

METHODS = ("tobit", "factor")
AGE_BAND = 10
CLOSE = 1e-6  # wages this near the limit, relatively, count as at the limit


@dataclass(frozen=True, eq=False, repr=False)
class TopCoding:
    """Wages with those at the limit replaced, and how.

    Attributes
    ----------
    data : pandas.DataFrame or Panel
        As given, with the new wages and a column ``imputed``.
    share : float
        The share of wages at the limit.
    method : str
    cells : pandas.DataFrame
        One row a Tobit model, empty for the factor: the cell, how many rows it was
        fitted to, how many of them are at the limit, for how many it draws, σ̂, and
        ``pooled``, whether it stands in for cells too small for a model of their own.
    """

    data: pd.DataFrame | Panel
    share: float
    method: str
    cells: pd.DataFrame

    def __repr__(self) -> str:
        rows = f"{len(self.data):,} wages, {self.share:.1%} imputed by {self.method}"
        if self.cells.empty:
            return f"TopCoding: {rows}"
        pooled = int(self.cells["pooled"].sum())
        return f"TopCoding: {rows}, {len(self.cells)} models, {pooled} of them pooled"


def impute_top_coded(
    data: pd.DataFrame | Panel,
    limit,
    *,
    method: str = "tobit",
    factor: float = 1.2,
    cells: tuple[str, ...] = ("year", "education"),
    age: str | None = "age",
    smallest: int = 100,
    seed: int = 0,
) -> TopCoding:
    """Replace wages at the highest recorded one by what they may have been.

    The factor puts `factor` times the limit c. The Tobit models regress log wages,
    normal given x and seen below log c, on a constant, age, and the worker's other
    years: his mean log wage, the share of them at the limit, and whether there are
    none. Each cell of year, education and ten years of age has its own::

        log w* = x′β̂ + σ̂ ε,      ε normal, given log w* ≥ log c

    and a wage at the limit gets a draw from that. Rows of one worker, firm and year
    share a draw, so that imputation makes no wage move within a year.

    Parameters
    ----------
    data : pandas.DataFrame or Panel
        A panel from `monthly_panel`, or records of main jobs only: side jobs, which pay
        far less, would make σ̂ and with it the imputed wages much too large. With
        columns worker, wage and year, or for records the date ``start`` whose year it
        is. Panels must not be joined to spells before.
    limit : number, str or mapping
        c: one for all, the column that holds it, or one for each year. In the prices
        of the wages.
    method : {"tobit", "factor"}
    factor : float
        Of the factor method, at least 1.
    cells : tuple of str
        Columns that form the cells of the Tobit models, the ones to pool over last.
    age : str or None
        The column of ages; instead of ``age``, records may have ``birth_year``. None
        leaves age out.
    smallest : int
        Cells with fewer wages below the limit are pooled: first over ages, then over
        the last of `cells`, and so on.
    seed : int

    Returns
    -------
    TopCoding

    Raises
    ------
    TypeError, ValueError
        One sentence, if a column or limit is missing, a wage is not positive, records
        of one worker overlap (Tobit only), or too few wages are below the limit for a
        single model.

    References
    ----------
    Dustmann, Ludsteck and Schönberg (2009) for the factor; Card, Heining and Kline
    (2013) for the regressors of the Tobit models, whose co-workers' wages are left out
    as the supplement to Hagedorn, Law and Manovskii (2017), section E, advises.
    """
    checks.one_of("method", method, METHODS)
    factor = checks.number("factor", factor, low=1.0)
    smallest = checks.whole("smallest", smallest, low=10)
    rng = np.random.default_rng(checks.whole("seed", seed))
    frame = _frame(data)
    if method == "tobit":
        table.check_one_job(frame, "the table")
    wage = table.numbers(frame, "the table", "wage")
    if (wage <= 0).any():
        raise ValueError(
            f"{int((wage <= 0).sum()):,} wages are zero or negative and have no log:"
            " drop these rows first."
        )
    year = _years(frame)
    limits = _limits(frame, limit, year)
    beyond = wage > limits * (1 + CLOSE)
    if beyond.any():
        raise ValueError(
            f"{int(beyond.sum()):,} wages exceed their limit, the first one by"
            f" {wage[beyond][0] - limits[beyond][0]:.4g}: give the limit in the prices"
            " of the wages, and no lower than the highest wage recorded."
        )
    top = wage >= limits * (1 - CLOSE)
    report = []
    if method == "factor":
        wage = np.where(top, factor * limits, wage)
    elif top.any():
        y = np.where(top, np.log(limits), np.log(wage))
        ages = _ages(frame, age, year)
        columns = [_cell(frame, name, year) for name in cells]
        x = _regressors(y, top, frame, year, ages)
        uniform = _shared_draws(frame, year, rng)
        y = _impute(x, y, top, columns, ages, uniform, smallest, report)
        wage = np.where(top, np.exp(y), wage)
    new = frame.assign(wage=wage, imputed=top)
    names = ["cell", "rows", "at limit", "drawn", "sigma", "pooled"]
    return TopCoding(
        data=Panel(new, data.window) if isinstance(data, Panel) else new,
        share=float(top.mean()),
        method=method,
        cells=pd.DataFrame(report, columns=names),
    )


def _impute(x, y, top, columns, ages, uniform, smallest, report) -> np.ndarray:
    """Fit the finest cells that are large enough, and draw for those at the limit."""
    y, levels = y.copy(), [columns[:k] for k in range(len(columns), -1, -1)]
    if ages is not None:
        band = (ages // AGE_BAND * AGE_BAND).astype(np.int64)
        low, row = np.unique(band, return_inverse=True)
        labels = [f"aged {age} to {age + AGE_BAND - 1}" for age in low]
        levels.insert(0, [*columns, pd.Categorical.from_codes(row, labels)])
    fitted, waiting = y.copy(), top.copy()
    for level, chosen in enumerate(levels):
        code, names = table.crossed(chosen, len(y))
        wanted = np.bincount(code, waiting) > 0
        enough = np.bincount(code, ~top) >= smallest
        for cell in np.flatnonzero(wanted & enough):
            here = np.flatnonzero(code == cell)
            try:
                model = censored_regression(x[here], fitted[here], top[here])
            except ValueError:  # too little varies among the wages seen
                continue
            drawn = here[waiting[here]]
            mean = x[drawn] @ model.coefficients
            y[drawn] = above(fitted[drawn], mean, model.sigma, uniform[drawn])
            waiting[drawn] = False
            count = int(top[here].sum())
            row = (names[cell], len(here), count, len(drawn), model.sigma, level > 0)
            report.append(row)
    if waiting.any():
        raise ValueError(
            f"Only {int((~top).sum()):,} wages are below the limit, too few for a Tobit"
            " model: lower smallest or use method='factor'."
        )
    return y


def _regressors(y, top, frame, year, ages) -> np.ndarray:
    """A constant, age, and mean, share at the limit and absence of other years."""
    columns = [np.ones(len(y))]
    if ages is not None:
        columns.append(ages)
    if year is not None:
        worker = table.ids(frame, "worker")[0]
        pair, row = np.unique(worker * (year.max() + 1) + year, return_inverse=True)
        owner = pair // (year.max() + 1)
        size = np.bincount(row)
        mean, share = np.bincount(row, y) / size, np.bincount(row, top) / size
        others = np.bincount(owner)[owner] - 1
        alone = others == 0
        for value, default in ((mean, y.mean()), (share, top.mean())):
            rest = np.bincount(owner, value)[owner] - value
            rest = np.where(alone, default, rest / np.maximum(others, 1))
            columns.append(rest[row])
        columns.append(alone[row].astype(np.float64))
    return np.column_stack(columns)


def _shared_draws(frame, year, rng) -> np.ndarray:
    """Return one number in (0, 1] for all rows of a worker, firm and year."""
    group = table.ids(frame, "worker")[0]
    parts = [] if "firm" not in frame else [table.ids(frame, "firm")[0]]
    for part in parts if year is None else [*parts, year]:
        group = np.unique(group * (part.max() + 1) + part, return_inverse=True)[1]
    return 1.0 - rng.random(group.max() + 1)[group]


def _frame(data) -> pd.DataFrame:
    if isinstance(data, Panel):
        if "wage_squares" in data.data:
            raise ValueError(
                "The panel's rows join several wages, so that nobody can say which of"
                " them were at the limit: impute before joining rows to spells."
            )
        data = data.data
    table.check_records(data, "the table", ("worker", "wage"))
    return data


def _years(frame) -> np.ndarray | None:
    if "year" in frame:
        return table.numbers(frame, "the table", "year").astype(np.int64)
    if "start" in frame and pd.api.types.is_datetime64_dtype(frame["start"]):
        return frame["start"].dt.year.to_numpy(dtype=np.int64)
    return None


def _limits(frame, limit, year) -> np.ndarray:
    if isinstance(limit, str):
        table.check_records(frame, "the table", (limit,))
        limits = table.numbers(frame, "the table", limit)
    elif isinstance(limit, Mapping | pd.Series):
        if year is None:
            raise ValueError(
                "limit gives one limit a year, but the table has no column year and no"
                " dates in start: add a year."
            )
        years, row = np.unique(year, return_inverse=True)
        known = dict(limit.items())
        unknown = [str(one) for one in years if one not in known]
        if unknown:
            raise ValueError(
                f"limit has no value for {', '.join(unknown[:5])}: add one for every"
                " year in the table."
            )
        each = [checks.number(f"limit[{one}]", known[one]) for one in years]
        limits = np.array(each)[row]
    else:
        limits = np.full(len(frame), checks.number("limit", limit))
    if (limits <= 0).any():
        raise ValueError("limit must be greater than 0 for every wage.")
    return limits


def _ages(frame, age, year) -> np.ndarray | None:
    if age is None:
        return None
    if age in frame:
        table.check_records(frame, "the table", (age,))
        return table.numbers(frame, "the table", age)
    if age == "age" and "birth_year" in frame and year is not None:
        table.check_records(frame, "the table", ("birth_year",))
        return year - table.numbers(frame, "the table", "birth_year")
    raise ValueError(
        f"The table has no column {age!r}"
        f"{', nor birth_year and year' if age == 'age' else ''}: add one, or give"
        " age=None."
    )


def _cell(frame, name, year):
    if name == "year" and year is not None:
        return year
    if name not in frame:
        raise ValueError(
            f"The table has no column {name!r}: add it, or leave it out of cells."
        )
    table.check_records(frame, "the table", (name,))
    return frame[name]
