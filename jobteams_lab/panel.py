"""The table of workers, firms and wages that models write and estimators read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from jobteams_lab import checks, panel_io, panel_spells
from jobteams_lab import panel_validation as validation


@dataclass(frozen=True, eq=False, repr=False)
class Panel:
    """Who works where, when and at what wage: one row a job and stretch of time.

    Parameters
    ----------
    data : pandas.DataFrame
        The rows, in any order; it is copied, never changed. Columns:

        - ``worker``, ``firm``: whole numbers or text (any sortable ids of one kind);
        - ``wage``: a finite number, negative ones included: the wage at which the row
          was worked, or its mean over the row;
        - ``period``: a whole number t, and the row covers [t, t + 1); or instead
          ``start`` and ``end``, and it covers [start, end). The unit is the data's,
          a month in most of this book;
        - ``origin``, optional: where the spell that the row belongs to began:
          ``"unemployment"``, another ``"firm"``, or ``"unknown"`` (the default);
        - ``time``, ``wage_squares``, ``wage_logs``, optional: what a row that joins
          several must remember: the time observed T = Σ tₖ, Σ tₖ wₖ² and Σ tₖ log wₖ.
          Without them a row stands for one constant wage, with tₖ = end - start;
        - whatever else is there is kept, such as a simulation's true types.
    window : (first, last), optional
        The times between which workers are observed; by default from the first start
        to the last end.

    Attributes
    ----------
    data : pandas.DataFrame
        The rows sorted by worker and start, numbered from 0, with the columns worker,
        firm, start, end, wage, origin and the others. Make a new panel to change it.

    Raises
    ------
    TypeError, ValueError
        One sentence that names the defect, the rows by their labels in `data`, and
        what to do: a missing column or value, a wrong type, an infinite number, a job
        that ends before it starts, a worker with two jobs at once, a bad window.
    """

    data: pd.DataFrame
    window: tuple[float, float] | None = None

    def __post_init__(self):
        frame = validation.tidy(self.data)
        window = validation.check_window(frame, self.window)
        self._hold(frame.reset_index(drop=True), window)

    def _hold(self, frame: pd.DataFrame, window: tuple[float, float]) -> None:
        object.__setattr__(self, "data", frame)
        object.__setattr__(self, "window", window)

    @classmethod
    def _made(cls, frame: pd.DataFrame, window: tuple[float, float]) -> Panel:
        # For tables made here from a checked panel, which need no second check.
        panel = cls.__new__(cls)
        panel._hold(frame, window)
        return panel

    @classmethod
    def main_jobs(cls, frame: pd.DataFrame, window=None) -> Panel:
        """Make a panel of the best-paid job of each worker and period.

        Of jobs that pay the same, the one at the first firm in sorted order is kept.

        Parameters
        ----------
        frame : pandas.DataFrame
            As for `Panel`, with ``period``; a worker may hold several jobs at once.
        window : (first, last), optional
            As for `Panel`.

        Raises
        ------
        TypeError, ValueError
            As for `Panel`; also if `frame` has start and end instead of period.
        """
        normal = validation.normalise(frame)
        if "period" not in frame:
            raise ValueError(
                "main_jobs compares the jobs of one period, but the table has start "
                "and end: give monthly records with a column period."
            )
        worker = validation.codes(normal["worker"])[0]
        firm = validation.codes(normal["firm"])[0]
        start, wage = normal["start"].to_numpy(), normal["wage"].to_numpy()
        order = np.lexsort((firm, -wage, start, worker))
        other = (np.diff(worker[order]) != 0) | (np.diff(start[order]) != 0)
        best = order[np.append(True, other)]
        return cls(normal.take(best), window)

    @classmethod
    def read(cls, path, *, window=None, ids: str | None = None) -> Panel:
        """Read a panel from a ``.parquet`` or ``.csv`` file.

        Parameters
        ----------
        path : path-like
            A file that `write` made, or any table with a panel's columns.
        window : (first, last), optional
            By default the window stored in a Parquet file. A CSV file stores none: its
            default is the range of the data.
        ids : "string", optional
            Reads the ids as text. A CSV file does not say which ids were text, so by
            default those that look like whole numbers become whole numbers.

        Raises
        ------
        FileNotFoundError, TypeError, ValueError
            If there is no such file, or what it holds is not a panel.
        """
        frame, stored = panel_io.read(path, ids)
        try:
            return cls(frame, stored if window is None else window)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{path} is not a panel: {error}") from error

    def write(self, path) -> None:
        """Write the panel to a ``.parquet`` or ``.csv`` file, whole or not at all.

        Numbers come back exactly as they were from both. Parquet also keeps the window
        and the type of the ids; see `read` for what a CSV file forgets. A folder that
        does not exist, or another suffix, raises an error that says so.
        """
        panel_io.write(self, path)

    @classmethod
    def from_bipartitepandas(cls, frame: pd.DataFrame, window=None) -> Panel:
        """Make a panel from columns i, j, y and t, or t1 and t2 (the last period)."""
        return cls(panel_io.from_bipartitepandas(frame), window)

    def to_bipartitepandas(self) -> pd.DataFrame:
        """Return the columns i, j, y and t, or t1 and t2, that bipartitepandas reads.

        Monthly panels give t; whole-month spells t1 and t2, their first and last.
        A job that starts or ends between whole periods raises a ValueError.
        """
        return panel_io.to_bipartitepandas(self)

    @cached_property
    def _worker_ids(self) -> tuple[np.ndarray, np.ndarray]:
        return validation.codes(self.data["worker"])

    @cached_property
    def _firm_ids(self) -> tuple[np.ndarray, np.ndarray]:
        return validation.codes(self.data["firm"])

    @property
    def workers(self) -> np.ndarray:
        """The workers' ids, sorted."""
        return self._worker_ids[1]

    @property
    def firms(self) -> np.ndarray:
        """The firms' ids, sorted."""
        return self._firm_ids[1]

    @property
    def worker_codes(self) -> np.ndarray:
        """Each row's worker as a position in `workers`, (rows,) of int."""
        return self._worker_ids[0]

    @property
    def firm_codes(self) -> np.ndarray:
        """Each row's firm as a position in `firms`, (rows,) of int."""
        return self._firm_ids[0]

    @property
    def duration(self) -> np.ndarray:
        """Each row's end - start, (rows,) in the panel's unit of time."""
        return self.data["end"].to_numpy() - self.data["start"].to_numpy()

    @property
    def time(self) -> np.ndarray:
        """The time for which each row's wage was observed, (rows,) of float."""
        time = self.data["time"] if "time" in self.data else self.duration
        return np.asarray(time, dtype=np.float64)

    @property
    def is_monthly(self) -> bool:
        """Whether every row covers exactly one whole period."""
        start = self.data["start"].to_numpy()
        return bool(np.all(self.duration == 1) and np.all(start == np.floor(start)))

    @cached_property
    def has_logs(self) -> bool:
        """Whether every wage observed was positive, so that logs can be taken."""
        forgotten = "wage_squares" in self.data and "wage_logs" not in self.data
        return not forgotten and bool((self.data["wage"].to_numpy() > 0).all())

    def require_positive_wages(self) -> None:
        """Raise a ValueError with the number and rows of wages that have no log."""
        panel_spells.require_positive_wages(self)

    def spells(self, gap: float | None = None) -> Panel:
        """Join consecutive rows of a worker at the same firm into spells.

        A spell's wage is the mean over the time observed, w = Σ tₖ wₖ / Σ tₖ; it keeps
        ``time`` = Σ tₖ, ``wage_squares`` = Σ tₖ wₖ² and, if every wage is positive,
        ``wage_logs`` = Σ tₖ log wₖ. Other columns are those of its first row. A
        negative `gap` raises a ValueError.

        Parameters
        ----------
        gap : float, optional
            How much time may be missing between two rows of one spell: 1 for monthly
            records that may skip a month, 0 for exact dates. The origins are then
            derived from the dates, whatever was stored: a spell that starts at most
            `gap` after the previous one's end comes from a ``"firm"``, a later one from
            ``"unemployment"``, also at the same firm; a worker's first spell is
            ``"unknown"`` if it starts at most `gap` after the window does, and from
            ``"unemployment"`` otherwise. By default rows are joined where one starts
            exactly when the other ended, and the first row's origin is kept.
        """
        return self._made(panel_spells.spells(self, gap), self.window)

    def with_origins(self, gap: float) -> Panel:
        """Return the same rows with the origins that `spells(gap)` derives.

        For what needs both origins and how wages move inside spells. A column ``spell``
        numbers the spells, which all that follows keeps together, missing time and all.
        A negative `gap` raises a ValueError.
        """
        return self._made(panel_spells.with_origins(self, gap), self.window)

    def months(self, first: float | None = None, last: float | None = None) -> Panel:
        """Write one row a worker and whole month t: the job held at the instant t.

        Exact for spells of whole months. A month has its row's wage, origin and other
        columns; a spell's ``time`` and sums of squares and logs are dropped. No such
        month, or more than 500 million rows, raise a ValueError.

        Parameters
        ----------
        first, last : float, optional
            Months with first <= t < last are written; by default the window's.
        """
        monthly = panel_spells.months(self, first, last)
        return self._made(monthly, panel_spells.month_limits(self, first, last))

    def cross_section(self, time: float) -> pd.DataFrame:
        """Return the jobs held at an instant: the rows with start <= time < end."""
        time = checks.number("time", time)
        held = (self.data["start"] <= time) & (time < self.data["end"])
        return self.data[held].reset_index(drop=True)

    def cells(self, logs: bool = False) -> pd.DataFrame:
        """Return one row a worker-firm pair, sorted by worker and firm.

        Parameters
        ----------
        logs : bool
            Whether to add ``wage_logs``, the sum Σ tₖ log wₖ.

        Returns
        -------
        pandas.DataFrame
            Columns worker, firm, time = Σ tₖ, wage (the mean over that time),
            wage_squares = Σ tₖ wₖ², spells (how many, as `spells` joins them).

        Raises
        ------
        ValueError
            If logs are asked for and a wage is not positive.
        """
        return panel_spells.cells(self, logs)

    def cycles(self) -> np.ndarray:
        """Return each row's employment cycle, (rows,) of int, from 0 for each worker.

        A cycle begins with each spell whose origin is ``"unemployment"``. Time out of
        work that no origin records does not count: derive origins with `spells` first.
        """
        return panel_spells.cycles(self)

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        first, last = self.window
        return (
            f"Panel: {len(self):,} rows, {len(self.workers):,} workers, "
            f"{len(self.firms):,} firms, observed from {first:.12g} to {last:.12g}"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.data.head().to_html()}"
