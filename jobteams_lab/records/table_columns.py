"""The columns of a user's table: each defect has its own sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobteams_lab.panel_validation import codes, rows
from jobteams_lab.records.employment_cycles import latest_end


def check_records(table, name: str, columns: tuple[str, ...]) -> None:
    """Raise a sentence if `table` is no table or lacks a column or a value."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(
            f"{name} must be a pandas DataFrame, not {type(table).__name__}: give one"
            f" with the columns {', '.join(columns)}."
        )
    missing = [column for column in columns if column not in table]
    if missing:
        raise ValueError(
            f"{name} lacks {' and '.join(missing)}: rename the columns that hold them."
        )
    for column in columns:
        empty = table[column].isna().to_numpy()
        if empty.any():
            last = ", a job that goes on ends on the data's last day"
            raise ValueError(
                f"Column {column!r} of {name} has no value in"
                f" {rows(table.index, empty)}: drop these records or fill it in"
                f"{last if column == 'end' else ''}."
            )


def ids(table: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's position among the sorted ids of a column, and these ids."""
    try:
        return codes(table[column])
    except TypeError:
        raise TypeError(
            f"Column {column!r} holds ids of several kinds, which cannot be sorted:"
            " make all of them whole numbers or all of them text."
        ) from None


def numbers(table: pd.DataFrame, name: str, column: str) -> np.ndarray:
    """Return a column as float64, and refuse what is no finite number."""
    values = table[column]
    kind = pd.api.types
    if not kind.is_numeric_dtype(values) or kind.is_bool_dtype(values):
        raise TypeError(
            f"Column {column!r} of {name} must hold numbers, not {values.dtype} such"
            f" as {values.iloc[0]!r}: convert it first."
        )
    values = values.to_numpy(dtype=np.float64)
    endless = ~np.isfinite(values)
    if endless.any():
        raise ValueError(
            f"Column {column!r} of {name} is not finite in"
            f" {rows(table.index, endless)}: drop these records or correct the value."
        )
    return values


def days(table: pd.DataFrame, name: str, column: str) -> np.ndarray:
    """Return a column of dates as days since 1970-01-01, (rows,) of int.

    Raises
    ------
    TypeError, ValueError
        One sentence, if the column holds no dates, or times of day.
    """
    values = table[column]
    if values.dtype == object and pd.api.types.infer_dtype(values) == "date":
        values = pd.to_datetime(values)
    if not pd.api.types.is_datetime64_dtype(values):
        zone = isinstance(values.dtype, pd.DatetimeTZDtype)
        advice = (
            "remove the time zone with .dt.tz_localize(None)"
            if zone
            else "convert it with pandas.to_datetime"
        )
        raise TypeError(
            f"Column {column!r} of {name} must hold dates, not {values.dtype} such as"
            f" {table[column].iloc[0]!s}: {advice}."
        )
    exact = values.to_numpy()
    whole = exact.astype("datetime64[D]")
    timed = whole != exact
    if timed.any():
        raise ValueError(
            f"Column {column!r} of {name} has a time of day in"
            f" {rows(table.index, timed)}: records hold whole days, so round it with"
            " .dt.normalize()."
        )
    return whole.astype(np.int64)


def check_order(table: pd.DataFrame, name: str, start, end) -> None:
    """Raise a sentence if a record ends before it starts."""
    backward = end < start
    if backward.any():
        raise ValueError(
            f"{name} end before they start in {rows(table.index, backward)}: both days"
            " belong to the record, so one of a single day has start = end."
        )


def check_one_job(table: pd.DataFrame, name: str) -> None:
    """Raise a sentence if dated records of one worker overlap, as side jobs do.

    A table whose columns start and end are no dates is let pass.
    """
    for column in ("start", "end"):
        dated = column in table and pd.api.types.is_datetime64_dtype(table[column])
        if not dated:
            return
    check_records(table, name, ("worker", "start", "end"))
    start, end = (
        table[column].to_numpy().astype("datetime64[D]").astype(np.int64)
        for column in ("start", "end")
    )
    worker = ids(table, "worker")[0]
    order = np.lexsort((end, start, worker))
    before = latest_end(worker[order], end[order], int(min(start.min(), end.min())) - 1)
    overlap = np.zeros(len(table), dtype=bool)
    overlap[order] = start[order] <= before
    if overlap.any():
        raise ValueError(
            f"Records of one worker overlap in {rows(table.index, overlap)}: call"
            " monthly_panel first, or drop the side jobs."
        )


def crossed(columns, rows: int) -> tuple[np.ndarray, list[str]]:
    """Return each row's cell in the crossing of columns, and the cells' names.

    Only cells with rows are numbered; without columns there is one, named "all".
    """
    code, names = np.zeros(rows, dtype=np.int64), ["all"]
    for column in columns:
        part, labels = codes(pd.Series(column))
        both = code * len(labels) + part
        seen, code = np.unique(both, return_inverse=True)
        first = [names[one // len(labels)] for one in seen]
        last = [str(labels[one % len(labels)]) for one in seen]
        names = [
            b if a == "all" else f"{a}, {b}" for a, b in zip(first, last, strict=True)
        ]
    return code, names
