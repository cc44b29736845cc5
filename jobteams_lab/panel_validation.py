"""What a panel accepts: every defect has its own sentence, raised before any work."""

from __future__ import annotations

import math
from numbers import Integral, Real

import numpy as np
import pandas as pd

ORIGINS = ("unemployment", "firm", "unknown")
STATISTICS = ("time", "wage_squares", "wage_logs")

_SHOWN = 5
_NUMERIC_OBJECTS = ("integer", "floating", "mixed-integer-float", "decimal")


def tidy(data: pd.DataFrame) -> pd.DataFrame:
    """Return a checked copy of `data`, sorted by worker and start, labels kept.

    Parameters
    ----------
    data : pandas.DataFrame
        One row a job and period, or a job and stretch of time; see `Panel`.

    Returns
    -------
    pandas.DataFrame
        Columns worker, firm, start, end, wage, origin, then whatever else there was.

    Raises
    ------
    TypeError, ValueError
        A sentence that names the defect and the rows, by their labels in `data`.
    """
    frame = normalise(data)
    workers = codes(frame["worker"])[0]
    start, end = frame["start"].to_numpy(), frame["end"].to_numpy()
    step, same = np.diff(start), np.diff(workers)
    if not np.all((same > 0) | ((same == 0) & (step >= 0))):
        order = np.lexsort((start, workers))
        frame = frame.take(order)
        workers, start, end = workers[order], start[order], end[order]
    overlap = np.zeros(len(frame), dtype=bool)
    overlap[1:] = (workers[1:] == workers[:-1]) & (start[1:] < end[:-1])
    if overlap.any():
        _refuse_two_jobs(frame, overlap)
    return frame


def normalise(data: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of `data` with checked columns, its rows and index as they were.

    Workers may hold several jobs at once here; `tidy` refuses that.
    """
    if not isinstance(data, pd.DataFrame):
        raise TypeError(
            f"A panel is made from a pandas DataFrame, not from {type(data).__name__}: "
            "give one with the columns worker, firm, wage and period, or start and end."
        )
    _check_names(data)
    if data.empty:
        raise ValueError("The panel has no rows: give at least one job of one worker.")
    worker, firm = _ids(data, "worker"), _ids(data, "firm")
    start, end = _times(data)
    wage = _numbers(data, "wage").astype(np.float64)
    required = {
        "worker": worker,
        "firm": firm,
        "start": start,
        "end": end,
        "wage": wage,
        "origin": _origin(data),
    }
    extras = data.drop(columns=[*required, "period"], errors="ignore")
    for name in STATISTICS:
        if name in extras:
            extras[name] = _numbers(data, name).astype(np.float64)
    if "time" in extras:
        _check_time(data, extras["time"].to_numpy(), end - start)
    frame = pd.DataFrame(required, index=data.index)
    return frame if extras.columns.empty else pd.concat([frame, extras], axis=1)


def check_window(frame: pd.DataFrame, window) -> tuple[float, float]:
    """Return the times between which workers are observed: `window`, or the data's."""
    start, end = frame["start"].to_numpy(), frame["end"].to_numpy()
    if window is None:
        return start.min().item(), end.max().item()
    try:
        first, last = window
    except (TypeError, ValueError):
        raise TypeError(
            f"window = {window!r} must be two numbers, the first and the last time "
            "at which workers are observed, such as window=(0, 120)."
        ) from None
    for value in (first, last):
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"window = {window!r} must be two numbers, not {value!r}.")
    first, last = (
        int(value) if isinstance(value, Integral) else float(value)
        for value in (first, last)
    )
    if not (math.isfinite(first) and math.isfinite(last) and first < last):
        raise ValueError(
            f"window = ({first}, {last}) must be two finite numbers, the first one "
            "smaller than the last."
        )
    outside = (start < first) | (end > last)
    if outside.any():
        raise ValueError(
            f"The job in {rows(frame.index, outside)} lies outside window = "
            f"({first}, {last}): widen the window or cut the rows to it."
        )
    return first, last


def codes(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's number 0..n-1 and the n sorted ids, for a checked column."""
    numbers, ids = _factorize(column)
    order = np.argsort(ids)
    rank = np.empty(len(ids), dtype=np.int64)
    rank[order] = np.arange(len(ids))
    return rank[numbers], ids[order]


def rows(labels: pd.Index, bad: np.ndarray) -> str:
    """Return words for the rows where `bad`: the first few labels, and how many more.

    >>> rows(pd.Index([10, 11, 12]), np.array([True, False, True]))
    'rows 10 and 12'
    """
    positions = np.flatnonzero(bad)
    named = [repr(label) for label in labels[positions[:_SHOWN]].tolist()]
    if len(positions) > _SHOWN:
        named.append(f"{len(positions) - _SHOWN:,} more")
    if len(named) == 1:
        return f"row {named[0]}"
    return f"rows {', '.join(named[:-1])} and {named[-1]}"


def _check_names(data: pd.DataFrame) -> None:
    twice = data.columns[data.columns.duplicated()]
    if len(twice):
        raise ValueError(
            f"The panel has two columns named {twice[0]!r}: rename or drop one of them."
        )
    has_period = "period" in data
    given = [name for name in ("start", "end") if name in data]
    if has_period and given:
        raise ValueError(
            f"The panel has both period and {' and '.join(given)}: keep period for one "
            "row a period, or start and end for one row a stretch of time."
        )
    missing = [name for name in ("worker", "firm", "wage") if name not in data]
    if not has_period and not given:
        missing.append("period (or start and end)")
    elif not has_period:
        missing += [name for name in ("start", "end") if name not in data]
    if missing:
        raise ValueError(
            f"The panel lacks {_listed(missing)}: rename the columns that hold them."
        )


def _refuse_missing(data: pd.DataFrame, name: str, advice: str) -> None:
    missing = data[name].isna().to_numpy()
    if missing.any():
        raise ValueError(
            f"Column {name!r} has no value in {rows(data.index, missing)}: {advice}."
        )


def _ids(data: pd.DataFrame, name: str):
    _refuse_missing(data, name, "drop these rows or give them an id")
    try:
        numbers, ids = _factorize(data[name])
        np.sort(ids)
    except TypeError:
        found = sorted({type(value).__name__ for value in data[name]})
        raise TypeError(
            f"Column {name!r} holds ids that cannot be told apart and sorted "
            f"({_listed(found)}): make all of them whole numbers or all of them text."
        ) from None
    if ids.dtype.kind == "f":
        split = ids != np.floor(ids)
        if split.any():
            raise TypeError(
                f"Column {name!r} holds numbers that are not whole in "
                f"{rows(data.index, split[numbers])}: ids are whole numbers or text."
            )
        ids = ids.astype(np.int64)
    if ids.dtype == object and all(isinstance(value, Integral) for value in ids):
        ids = ids.astype(np.int64)
    if ids.dtype == object:
        # A list lets pandas choose its own type for text, which depends on its version.
        return pd.Series(ids.tolist()).array.take(numbers)
    return ids[numbers]


def _factorize(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    # As a Series, an object column of tuples would come back as a MultiIndex.
    values = column.to_numpy() if column.dtype == object else column
    numbers, ids = pd.factorize(values)
    return numbers, np.asarray(ids)


def _numbers(data: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as int64 or float64, all finite."""
    _refuse_missing(data, name, "drop these rows or fill the value in")
    column = data[name]
    kind = getattr(column.dtype, "kind", "O")
    if kind == "O":
        inferred = pd.api.types.infer_dtype(column)
        kind = "f" if inferred in _NUMERIC_OBJECTS else inferred
    if kind not in ("i", "u", "f"):
        hint = "" if name.startswith("wage") else ", dates as a count of months"
        raise TypeError(
            f"Column {name!r} must hold numbers, not {column.dtype} such as "
            f"{column.iloc[0]!r}: convert it first{hint}."
        )
    values = column.to_numpy(dtype=np.float64 if kind == "f" else np.int64)
    endless = ~np.isfinite(values)
    if endless.any():
        raise ValueError(
            f"Column {name!r} is not finite in {rows(data.index, endless)}: "
            "drop these rows or correct the value."
        )
    return values


def _times(data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    if "period" in data:
        period = _numbers(data, "period")
        split = period != np.floor(period)
        if split.any():
            raise ValueError(
                f"Column 'period' is not a whole number in {rows(data.index, split)}: "
                "number the periods, or give start and end instead."
            )
        period = period.astype(np.int64)
        return period, period + 1
    start, end = _numbers(data, "start"), _numbers(data, "end")
    kind = np.result_type(start, end)
    backward = end <= start
    if backward.any():
        raise ValueError(
            f"A job does not end after it starts in {rows(data.index, backward)}: "
            "end is exclusive, so a job of month 3 has start = 3 and end = 4."
        )
    return start.astype(kind), end.astype(kind)


def _origin(data: pd.DataFrame) -> pd.Categorical:
    if "origin" not in data:
        return pd.Categorical.from_codes(
            np.full(len(data), ORIGINS.index("unknown")), categories=list(ORIGINS)
        )
    _refuse_missing(data, "origin", "write 'unknown' where it is not known")
    unknown = ~data["origin"].isin(ORIGINS).to_numpy()
    if unknown.any():
        label = data["origin"].iloc[np.flatnonzero(unknown)[0]]
        raise ValueError(
            f"Column 'origin' has {label!r} in {rows(data.index, unknown)}: choose "
            "'unemployment', 'firm' or 'unknown'."
        )
    return pd.Categorical(data["origin"], categories=list(ORIGINS))


def _check_time(data: pd.DataFrame, time: np.ndarray, duration: np.ndarray) -> None:
    # Sums of durations carry rounding error, hence the slack.
    wrong = (time <= 0) | (time > duration * (1 + 1e-9))
    if wrong.any():
        raise ValueError(
            f"Column 'time' is not between 0 and end - start in "
            f"{rows(data.index, wrong)}: it counts the time observed at the job, so "
            "rename a column that means something else."
        )


def _refuse_two_jobs(frame: pd.DataFrame, overlap: np.ndarray) -> None:
    same = frame.duplicated(["worker", "firm", "start", "end"]).to_numpy()
    if same.any():
        raise ValueError(
            f"A worker, firm and time that were already there come again in "
            f"{rows(frame.index, same)}: drop the duplicates."
        )
    raise ValueError(
        f"Two jobs of one worker share time: the job in {rows(frame.index, overlap)} "
        "begins before the worker's previous one ends, so cut the spells, or keep the "
        "best-paid job of each month with Panel.main_jobs."
    )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
