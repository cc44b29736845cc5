"""Year dummies and age polynomials by education: the columns x of residual wages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobteams_lab.panel_validation import codes, rows
from jobteams_lab.records.table_columns import numbers


@dataclass(frozen=True, eq=False, repr=False)
class AgeProfiles:
    """The regressors x of rows that share them, made a block of rows at a time.

    A million rows of forty regressors are never in memory at once.

    Attributes
    ----------
    names : tuple of str
        One a column: year dummies, then powers of age by education.
    units : ndarray, shape (K,)
        What a column was divided by: its coefficient times 1 / units is a year's.
    year_column : ndarray, shape (rows,)
        The dummy that is one in each row; -1 in a base year.
    education : ndarray of int, shape (rows,)
        The group of each row; all 0 without education.
    age : ndarray, shape (rows,)
        (age - centre) / scale.
    powers : tuple of int
    groups : int
    """

    names: tuple[str, ...]
    units: np.ndarray
    year_column: np.ndarray
    education: np.ndarray
    age: np.ndarray
    powers: tuple[int, ...]
    groups: int

    def __len__(self) -> int:
        return len(self.age)

    def take(self, chosen) -> AgeProfiles:
        """Return the regressors of some rows."""
        return AgeProfiles(
            self.names,
            self.units,
            self.year_column[chosen],
            self.education[chosen],
            self.age[chosen],
            self.powers,
            self.groups,
        )

    def block(self, part: slice) -> np.ndarray:
        """Return x of the rows in `part`, (rows, K)."""
        year, group = self.year_column[part], self.education[part]
        age = self.age[part]
        x = np.zeros((len(age), len(self.names)))
        dated = np.flatnonzero(year >= 0)
        x[dated, year[dated]] = 1.0
        first = len(self.names) - self.groups * len(self.powers)
        for k, power in enumerate(self.powers):
            x[np.arange(len(age)), first + k * self.groups + group] = age**power
        return x

    def index(self, coefficients: np.ndarray) -> np.ndarray:
        """Return x′β of every row, for coefficients of these columns."""
        dummies = len(self.names) - self.groups * len(self.powers)
        # the base year's -1 finds the zero at the end
        total = np.append(coefficients[:dummies], 0.0)[self.year_column]
        slopes = coefficients[dummies:].reshape(len(self.powers), self.groups)
        for power, slope in zip(self.powers, slopes, strict=True):
            total = total + slope[self.education] * self.age**power
        return total


def age_profiles(
    data: pd.DataFrame,
    year: str | None,
    age: str | None,
    education: str | None,
    powers: tuple[int, ...],
    centre: float,
    years_by_education: bool,
) -> AgeProfiles:
    """Return the regressors of a panel's rows.

    Parameters
    ----------
    data : pandas.DataFrame
        A panel's data.
    year, age, education : str or None
        The columns that hold them; None leaves them out.
    powers : tuple of int
        Powers of age; those above one come first, for the first of collinear columns
        is the one that stays.
    centre : float
        The age at which the powers are zero.
    years_by_education : bool
        Whether every group of education has year dummies of its own.

    Raises
    ------
    TypeError, ValueError
        One sentence, if a column or a value is missing, or ages are no numbers.
    """
    n = len(data)
    group, groups = np.zeros(n, dtype=np.int64), np.array([""])
    if education is not None:
        group, groups = codes(_complete(data, education, "education"))
    names, year_column = [], np.full(n, -1, dtype=np.int64)
    if year is not None:
        names, year_column = _year_dummies(
            _complete(data, year, "year"), year, group, groups, years_by_education
        )
    units = [1.0] * len(names)
    steps, scale = np.zeros(n), 1.0
    if age is None:
        powers = ()
    else:
        _complete(data, age, "age")
        steps = numbers(data, "the panel", age) - centre
        scale = max(float(np.abs(steps).max()), 1.0)
        powers = tuple(sorted(powers, key=lambda power: (power == 1, power)))
    for power in powers:
        word = f"{age}^{power}" if power > 1 else age
        names += [f"{word} × {label}" if education else word for label in groups]
        units += [scale**power] * len(groups)
    return AgeProfiles(
        tuple(names),
        np.array(units),
        year_column,
        group,
        steps / scale,
        powers,
        len(groups),
    )


def _year_dummies(column, word, group, groups, by_group: bool):
    when, years = codes(column)
    cell = (group if by_group else 0) * len(years) + when
    seen = np.unique(cell)
    # the first year seen, of everybody or of each group, is the base
    owner = seen // len(years)
    base = np.append(True, np.diff(owner) != 0)
    position = np.where(base, -1, np.cumsum(~base) - 1)
    names = []
    for number in seen[~base]:
        label = f"{word} {years[number % len(years)]}"
        names.append(f"{label} × {groups[number // len(years)]}" if by_group else label)
    return names, position[np.searchsorted(seen, cell)]


def _complete(data: pd.DataFrame, name: str, argument: str) -> pd.Series:
    if name not in data:
        raise ValueError(
            f"The panel has no column {name!r}: add one, name another by {argument}=,"
            f" or give {argument}=None to leave it out."
        )
    missing = data[name].isna().to_numpy()
    if missing.any():
        raise ValueError(
            f"Column {name!r} has no value in {rows(data.index, missing)}: drop these"
            " rows or fill the value in."
        )
    return data[name]
