"""From dated employment records to a panel of months with employment cycles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.panel import Panel
from jobteams_lab.records import calendar_months as calendar
from jobteams_lab.records import table_columns as table
from jobteams_lab.records.employment_cycles import employment_cycles
from jobteams_lab.records.main_jobs import job_spells, main_jobs
from jobteams_lab.records.observation_window import observation_window
from jobteams_lab.records.yearly_records import Records, by_year

REQUIRED = ("worker", "firm", "start", "end", "wage")
MADE = ("period", "origin", "spell", "year", "days", "time", "wage_squares")
FIRST_JOBS = ("unemployment", "unknown")


@dataclass(frozen=True, eq=False, repr=False)
class MonthlyPanel:
    """The months of a set of records, and what was left out on the way.

    Attributes
    ----------
    panel : Panel
        One row a worker and month: his main job. Period 0 is `first_month`; ``wage``
        is real pay a day, ``days`` the days worked in the job that month, ``year`` the
        calendar year, ``spell`` numbers the job spells, ``origin`` says where they
        began; ``age`` if there were years of birth; and the records' other columns.
    first_month : numpy.datetime64
        The calendar month of period 0.
    dropped : pandas.DataFrame
        What each rule left out: columns count and unit.
    origins : pandas.Series
        How many job spells began in which way.
    """

    panel: Panel
    first_month: np.datetime64
    dropped: pd.DataFrame
    origins: pd.Series

    @property
    def summary(self) -> str:
        """What was left out and how spells began, as text."""
        return (
            f"{self!r}\n\nleft out\n{self.dropped.to_string(header=False)}\n\n"
            f"job spells, by how they began\n{self.origins.to_string()}"
        )

    def __repr__(self) -> str:
        return f"MonthlyPanel from {self.first_month}: {self.panel!r}"


def monthly_panel(
    jobs: pd.DataFrame,
    benefits: pd.DataFrame | None = None,
    *,
    floor: float = 0.0,
    deflator: Mapping | None = None,
    gap: int = 1,
    first_jobs: str = "unemployment",
    worked_before=(),
    ages: tuple[int, int] | None = None,
    always: bool = False,
    most_records: int | None = None,
    window=None,
) -> MonthlyPanel:
    """Choose the main job of each worker and month, and say where each spell began.

    The main job is the one in which the worker earns most in the calendar month: pay a
    day times days worked in it, the records of one firm added up. The month's wage is
    what he earned there over the days he worked there.

    A new employment cycle begins with the first ever job; with a job after days out of
    work some of which a benefit record covers; and with a job after more than `gap`
    months out of work. The first spell of a cycle has the origin "unemployment", later
    ones come from a "firm". What runs when the window opens, or begins within `gap`
    months of it with no benefits before, is of "unknown" origin. Who keeps a side job
    is never out of work. A return to the firm of the month before goes on with the
    spell.

    Parameters
    ----------
    jobs : pandas.DataFrame
        One row a record: worker, firm, start and end (dates, both days included), wage
        (pay a day). Records may overlap. ``birth_year`` is optional; other columns are
        kept, those of the main job's first record of the month.
    benefits : pandas.DataFrame, optional
        Spells of compensated unemployment: worker, start, end.
    floor : float
        Records that pay less a day, in real terms, are left out.
    deflator : mapping, optional
        From each year to its price level; wages are divided by it. Records that run
        over a new year are split there.
    gap : int
        The longest time between two jobs, in months, that is no unemployment if no
        benefits are paid.
    first_jobs : {"unemployment", "unknown"}
        The origin of a worker's first job if it starts more than `gap` months after
        the window opens.
    worked_before : collection of worker ids
        Those in `jobs` whose first record is known not to be their first job.
    ages : (youngest, oldest), optional
        Months at other ages, year - birth_year, are left out; origins are derived
        before.
    always : bool
        Whether to keep only workers who are of these `ages` in every year of the
        window. The others spend part of it in school or retired, which looks as if
        they were out of work.
    most_records : int, optional
        Workers with more records are left out.
    window : (first, last), optional
        Dates between which workers are observed, both included; by default the whole
        months from the first record, or benefit, to the last, which must not end more
        than ten years after the last one starts. Records are cut to it.

    Returns
    -------
    MonthlyPanel

    Raises
    ------
    TypeError, ValueError
        One sentence: a column or value missing, no date, a time of day, an end before
        a start, a wage that is no finite number, a year without a price, an end that
        stands for none (such as 9999-12-31) without a window, an unknown worker,
        nothing left.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, section E.
    """
    floor = checks.number("floor", floor, low=0.0)
    gap = checks.whole("gap", gap)
    checks.one_of("first_jobs", first_jobs, FIRST_JOBS)
    if most_records is not None:
        most_records = checks.whole("most_records", most_records, low=1)
    records, workers, firms = _records(jobs)
    paid = _benefits(benefits, workers)
    worked = _worked(worked_before, workers)
    ages = _check_ages(ages, always, jobs)
    opening, closing = observation_window(window, records, paid, jobs.index)

    lost = []
    if most_records is not None:
        few = np.bincount(records.worker)[records.worker] <= most_records
        rule = f"workers with over {most_records}"
        records = _keep(lost, rule, "records", records, few)
    inside = (records.end >= opening) & (records.start <= closing)
    records = _keep(lost, "outside the window", "records", records, inside)
    records = by_year(records, opening, closing, deflator)
    if floor > 0:
        low = f"pay below {floor:g} a day"
        enough = records.wage >= floor
        records = _keep(lost, low, "records, cut at new year", records, enough)
    if always:
        years = 1970 + calendar.month_of([opening, closing]) // 12
        born = jobs["birth_year"].to_numpy()[records.number]
        prime = (years[0] - born >= ages[0]) & (years[1] - born <= ages[1])
        word = f"workers not {ages[0]} to {ages[1]} all along"
        records = _keep(lost, word, "records, cut at new year", records, prime)
    if len(records.worker) == 0:
        raise ValueError(
            "No record is left: choose a wider window, wider ages or a lower floor."
        )
    records = records.take(np.lexsort((records.start, records.worker)))
    experienced = np.full(len(workers), first_jobs == "unknown")
    experienced |= worked
    cycles = employment_cycles(
        records.worker, records.start, records.end, paid, opening, gap, experienced
    )
    origin = int(calendar.month_of(opening))
    main, others = main_jobs(records, cycles, origin)
    lost.append(("beside the main job", others, "months of a job"))
    spells = job_spells(main, cycles)
    frame = _frame(main, spells, jobs, workers, firms, origin)
    if ages is not None and not always:
        right = frame["age"].between(*ages).to_numpy()
        rule = f"ages outside {ages[0]} to {ages[1]}"
        lost.append((rule, int((~right).sum()), "months"))
        frame = frame[right].reset_index(drop=True)
    if frame.empty:
        raise ValueError(
            f"Nobody is aged {ages[0]} to {ages[1]} while he works: choose wider ages"
            " or check birth_year."
        )
    dropped = pd.DataFrame(lost, columns=["rule", "count", "unit"]).set_index("rule")
    months = int(calendar.month_of(closing)) - origin + 1
    return MonthlyPanel(
        panel=Panel(frame, window=(0, months)),
        first_month=np.datetime64(origin, "M"),
        dropped=dropped,
        origins=spells.counts,
    )


def _records(jobs) -> tuple[Records, np.ndarray, np.ndarray]:
    table.check_records(jobs, "jobs", REQUIRED)
    if jobs.empty:
        raise ValueError("jobs has no rows: give at least one record.")
    taken = [name for name in MADE if name in jobs]
    taken += ["age"] if "age" in jobs and "birth_year" in jobs else []
    if taken:
        raise ValueError(
            f"jobs has a column {taken[0]!r}, which the panel makes itself: rename or"
            " drop it."
        )
    worker, workers = table.ids(jobs, "worker")
    firm, firms = table.ids(jobs, "firm")
    start, end = table.days(jobs, "jobs", "start"), table.days(jobs, "jobs", "end")
    table.check_order(jobs, "jobs", start, end)
    wage = table.numbers(jobs, "jobs", "wage")
    if "birth_year" in jobs:
        table.check_records(jobs, "jobs", ("birth_year",))
        table.numbers(jobs, "jobs", "birth_year")
    number = np.arange(len(jobs))
    return Records(number, worker, firm, start, end, wage), workers, firms


def _benefits(benefits, workers):
    if benefits is None:
        return tuple(np.empty((3, 0), dtype=np.int64))
    table.check_records(benefits, "benefits", ("worker", "start", "end"))
    if benefits.empty:
        return _benefits(None, workers)
    start = table.days(benefits, "benefits", "start")
    end = table.days(benefits, "benefits", "end")
    table.check_order(benefits, "benefits", start, end)
    worker = pd.Index(workers).get_indexer(benefits["worker"])
    if len(worker) and (worker < 0).all():
        raise ValueError(
            "No worker of benefits is a worker of jobs: give both the same kind of id."
        )
    order = np.lexsort((start, worker))
    order = order[worker[order] >= 0]
    return worker[order], start[order], end[order]


def _worked(worked_before, workers) -> np.ndarray:
    if isinstance(worked_before, str) or not isinstance(worked_before, Iterable):
        raise TypeError(
            f"worked_before = {worked_before!r} must be a collection of worker ids:"
            " give a list of them."
        )
    wanted = list(worked_before)
    at = pd.Index(workers).get_indexer(pd.Index(wanted, dtype=object))
    unknown = [one for one, place in zip(wanted, at, strict=True) if place < 0]
    if unknown:
        more = f" and {len(unknown) - 5:,} more" if len(unknown) > 5 else ""
        raise ValueError(
            f"worked_before has {', '.join(map(repr, unknown[:5]))}{more}, who are no"
            " workers of jobs: give ids as they are there."
        )
    return np.isin(np.arange(len(workers)), at)


def _check_ages(ages, always, jobs) -> tuple[int, int] | None:
    if ages is None:
        if always:
            raise ValueError("always = True needs ages: give ages such as (25, 60).")
        return None
    if not (isinstance(ages, list | tuple) and len(ages) == 2):
        raise TypeError(f"ages = {ages!r} must be two, such as (20, 60).")
    young = checks.whole("the youngest of ages", ages[0])
    old = checks.whole("the oldest of ages", ages[1], low=young)
    if "birth_year" not in jobs:
        raise ValueError(
            "ages needs the column birth_year in jobs: add it, or leave ages out."
        )
    return young, old


def _keep(lost, rule, unit, records, chosen) -> Records:
    lost.append((rule, int((~chosen).sum()), unit))
    return records.take(chosen)


def _frame(main, spells, jobs, workers, firms, origin) -> pd.DataFrame:
    columns = {
        "worker": workers[main.worker],
        "firm": firms[main.firm],
        "period": main.month,
        "wage": main.wage,
        "origin": spells.origin,
        "spell": spells.number,
        "year": 1970 + (main.month + origin) // 12,
        "days": main.days,
    }
    if "birth_year" in jobs:
        columns["age"] = columns["year"] - jobs["birth_year"].to_numpy()[main.number]
    for name in jobs.columns.difference(REQUIRED, sort=False):
        columns[name] = jobs[name].array.take(main.number)
    return pd.DataFrame(columns)
