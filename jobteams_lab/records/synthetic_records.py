"""Dated records as a register would hold them, made from a simulated panel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.panel import Panel
from jobteams_lab.records.calendar_months import first_day
from jobteams_lab.records.yearly_records import Records, by_year

EDUCATION = ("low", "middle", "high")
SHARES = (0.3, 0.5, 0.2)
ENTRY = (17, 20, 25)  # ages at which working lives begin, by education
EXIT = 63
CURVATURE = (-2e-4, -4e-4, -8e-4)  # of log pay in age - 40, by education
CUBIC = (2e-6, 4e-6, 8e-6)
GROWTH, INFLATION = 0.01, 0.02  # a year
LATE, OVERLAP = 14, 10  # days by which jobs start late or end early, or overlap


@dataclass(frozen=True, eq=False, repr=False)
class SyntheticRecords:
    """Records of jobs and benefits, and everything that went into them.

    Attributes
    ----------
    jobs : pandas.DataFrame
        worker, firm, start, end (dates), wage (pay a day in current prices, cut at the
        year's limit), birth_year, education; no record runs over a new year.
    benefits : pandas.DataFrame
        worker, start, end.
    limits, prices : pandas.Series
        The highest pay recorded and the price level (1 in the first year), by year.
    whole_firms : pandas.Series of bool
        By firm: whether all of its workers are in the records.
    truth : pandas.DataFrame
        One row a record: ``residual``, pay without years and ages but with its error;
        ``wage``, pay a day before the cut; ``side``, whether it is a side job.
    year_effects : pandas.Series
        By year, in logs and relative to the first.
    age_effects : pandas.DataFrame
        Coefficients of (age - 40)² and (age - 40)³ by education.
    """

    jobs: pd.DataFrame
    benefits: pd.DataFrame
    limits: pd.Series
    prices: pd.Series
    whole_firms: pd.Series
    truth: pd.DataFrame
    year_effects: pd.Series
    age_effects: pd.DataFrame

    def __repr__(self) -> str:
        years = self.prices.index
        return (
            f"SyntheticRecords: {len(self.jobs):,} of jobs and"
            f" {len(self.benefits):,} of benefits, {years[0]} to {years[-1]}"
        )


def synthetic_records(
    panel: Panel,
    *,
    seed: int,
    first_year: int = 1996,
    pay: float = 100.0,
    noise: float = 0.05,
    top_coded: float = 0.1,
    side_jobs: float = 0.1,
    benefits: float = 0.7,
    whole_firms: float = 1.0,
) -> SyntheticRecords:
    """Turn a simulated panel into the dated records of a register.

    Pay a day is the panel's wage w times what `residual_wages` takes out again::

        log pay = constant + log w + year + c₂ (age - 40)² + c₃ (age - 40)³ + error

    in prices that rise by 2 % a year, with c₂ and c₃ by education, of which better-paid
    workers have more. Jobs begin and end on days; a job and the next one may overlap.
    Workers enter at 17 to 25, with their first hire from unemployment, and leave at 63.

    Parameters
    ----------
    panel : Panel
        In whole months, with positive wages and known origins, as `simulate` makes it;
        without measurement error, which `noise` adds.
    seed : int
    first_year : int
        The year of months 0 to 11.
    pay : float
        The median pay a day in the first year's prices.
    noise : float
        Standard deviation of the error, which is drawn anew for each record.
    top_coded : float
        The share of each year's records cut to the year's limit.
    side_jobs : float
        The share of records beside which there is another, which pays 5 to 30 % as
        much.
    benefits : float
        The share of the times out of work that are compensated.
    whole_firms : float
        The share of firms seen whole. Workers who are never at one of them are left
        out, so that the others' workforces are seen in part.

    Raises
    ------
    TypeError, ValueError
        One sentence, if an argument is out of range or the panel is not as above.
    """
    shares = {"top_coded": top_coded, "side_jobs": side_jobs, "benefits": benefits}
    for name, value in {**shares, "whole_firms": whole_firms}.items():
        checks.number(name, value, low=0.0, high=1.0)
    pay = checks.number("pay", pay, low=0.0, open_low=True)
    noise = checks.number("noise", noise, low=0.0)
    first_year = checks.whole("first_year", first_year, low=1900, high=2200)
    rng = np.random.default_rng(checks.whole("seed", seed))
    panel.require_positive_wages()
    months = panel.window[1]
    table = panel.spells().data
    dates = table[["start", "end"]].to_numpy()
    if panel.window[0] != 0 or (dates != np.floor(dates)).any():
        raise ValueError(
            "synthetic_records needs spells of whole months counted from 0: give the"
            " panel that simulate made."
        )

    years = first_year + np.arange(-(-int(months) // 12))
    spells = _Spells(panel, table)
    education = _education(spells, rng)
    birth = _birth_years(len(panel.workers), years, rng)
    spells = spells.of_working_lives(birth, education, first_year)
    whole = rng.permutation(len(panel.firms)) < round(whole_firms * len(panel.firms))
    there = np.bincount(spells.worker, whole[spells.firm], len(panel.workers)) > 0
    spells = spells.take(there[spells.worker])
    if len(spells.worker) == 0:
        raise ValueError("No worker is left: choose more whole_firms or workers.")
    records = spells.records(first_year, int(months), rng)
    main = len(records.worker)
    records = _with_side_jobs(records, side_jobs, len(panel.firms), rng)
    side = np.arange(len(records.worker)) >= main

    started = records.start.astype("datetime64[D]").astype("datetime64[Y]")
    year = started.astype(np.int64) + 1970
    age, group = year - birth[records.worker], education[records.worker]
    effects = np.cumsum(GROWTH + rng.normal(0.0, 0.01, len(years)))
    effects -= effects[0]
    prices = (1 + INFLATION) ** np.arange(len(years))
    base = np.exp(rng.normal(0.0, noise, len(side))) * records.wage
    base *= pay / np.median(records.wage[:main])
    profile = np.array(CURVATURE)[group] * (age - 40.0) ** 2
    profile += np.array(CUBIC)[group] * (age - 40.0) ** 3
    wage = base * np.exp(effects[year - first_year] + profile)
    wage *= prices[year - first_year]
    limits = _limits(wage[:main], year[:main], years, top_coded)
    jobs = pd.DataFrame(
        {
            "worker": panel.workers[records.worker],
            "firm": panel.firms[records.firm],
            "start": records.start.astype("datetime64[D]").astype("datetime64[s]"),
            "end": records.end.astype("datetime64[D]").astype("datetime64[s]"),
            "wage": np.minimum(wage, limits[year - first_year]),
            "birth_year": birth[records.worker],
            "education": np.array(EDUCATION, dtype=object)[group],
        }
    )
    truth = pd.DataFrame({"residual": base, "wage": wage, "side": side})
    order = np.lexsort((records.start, records.worker))
    return SyntheticRecords(
        jobs=jobs.take(order).reset_index(drop=True),
        benefits=_benefits(spells, records, main, panel.workers, benefits, rng),
        limits=pd.Series(limits, years, name="limit"),
        prices=pd.Series(prices, years, name="price level"),
        whole_firms=pd.Series(whole, panel.firms, name="whole"),
        truth=truth.take(order).reset_index(drop=True),
        year_effects=pd.Series(effects, years, name="year effect"),
        age_effects=pd.DataFrame(
            {"age^2": CURVATURE, "age^3": CUBIC}, index=list(EDUCATION)
        ),
    )


class _Spells:
    """Spells of months as arrays, sorted by worker and start."""

    def __init__(self, panel, table):
        self.worker = panel.spells().worker_codes
        self.firm = panel.spells().firm_codes
        self.start = table["start"].to_numpy().astype(np.int64)
        self.end = table["end"].to_numpy().astype(np.int64)
        self.wage = table["wage"].to_numpy()
        self.hired = (table["origin"] == "unemployment").to_numpy()

    def take(self, chosen) -> _Spells:
        new = object.__new__(_Spells)
        new.__dict__ = {name: column[chosen] for name, column in vars(self).items()}
        return new

    def of_working_lives(self, birth, education, first_year) -> _Spells:
        """Drop what comes before the first hire of those who enter, or after exit."""
        enter = 12 * (birth + np.array(ENTRY)[education] - first_year)[self.worker]
        leave = 12 * (birth + EXIT - first_year)[self.worker]
        hire = (self.start >= enter) & self.hired
        since = np.full(len(birth), np.iinfo(np.int64).max)
        np.minimum.at(since, self.worker[hire], self.start[hire])
        chosen = (self.start < leave) & (
            (enter <= 0) | (self.start >= since[self.worker])
        )
        new = self.take(chosen)
        new.end = np.minimum(new.end, leave[chosen])
        return new

    def records(self, first_year, months, rng) -> Records:
        """Give spells days, and cut them at each new year."""
        opening = 12 * (first_year - 1970)
        late = rng.integers(LATE, size=len(self.start)) * (self.start > 0)
        early = rng.integers(LATE, size=len(self.start))
        same = np.append(np.diff(self.worker) == 0, False)
        next_start = np.append(self.start[1:], -1)
        moves = same & (next_start == self.end)
        early = np.where(moves, early - rng.integers(OVERLAP, size=len(early)), early)
        early *= self.end < months
        start = first_day(opening + self.start) + late
        end = first_day(opening + self.end) - 1 - early
        self.first, self.last = start, end
        number = np.arange(len(start))
        all_days = first_day([opening, opening + months + 1])
        return by_year(
            Records(number, self.worker, self.firm, start, end, self.wage),
            int(all_days[0]),
            int(all_days[1]),
            None,
        )


def _education(spells, rng) -> np.ndarray:
    size = spells.worker.max() + 1
    mean = np.bincount(spells.worker, np.log(spells.wage)) / np.bincount(spells.worker)
    score = mean / mean.std() + rng.normal(0.0, 1.5, size)
    place = np.argsort(np.argsort(score)) / size
    return np.searchsorted(np.cumsum(SHARES)[:-1], place, side="right")


def _birth_years(workers, years, rng) -> np.ndarray:
    # some come of age during the window, some leave
    youngest, oldest = years[0] - 58, years[0] - 20 + len(years) // 3
    return rng.integers(youngest, oldest + 1, size=workers)


def _with_side_jobs(records, share, firms, rng) -> Records:
    n = len(records.worker)
    chosen = np.flatnonzero(rng.random(n) < share)
    firm = rng.integers(firms, size=len(chosen))
    length = (records.end - records.start + 1)[chosen]
    first = records.start[chosen] + (rng.random(len(chosen)) * length * 0.5).astype(int)
    last = first + (rng.random(len(chosen)) * length * 0.5).astype(int)
    beside = Records(
        records.number[chosen],
        records.worker[chosen],
        firm,
        first,
        last,
        records.wage[chosen] * rng.uniform(0.05, 0.3, len(chosen)),
    ).take(firm != records.firm[chosen])
    return Records(*(np.append(a, b) for a, b in zip(records, beside, strict=True)))


def _limits(wage, year, years, share) -> np.ndarray:
    if share == 0:
        return np.full(len(years), np.inf)
    return np.array(
        [
            np.ceil(np.quantile(wage[year == one], 1 - share))
            if (year == one).any()
            else np.inf
            for one in years
        ]
    )


def _benefits(spells, records, main, workers, share, rng) -> pd.DataFrame:
    same = np.diff(spells.worker) == 0
    first, last = spells.last[:-1] + 1, spells.first[1:] - 1
    # moves from job to job leave days free, but not a whole month
    out = same & (spells.start[1:] > spells.end[:-1]) & (rng.random(len(same)) < share)
    first = first + rng.integers(7, size=len(first))
    last = last - rng.integers(4, size=len(last))
    out &= first <= last
    return pd.DataFrame(
        {
            "worker": workers[spells.worker[:-1][out]],
            "start": first[out].astype("datetime64[D]").astype("datetime64[s]"),
            "end": last[out].astype("datetime64[D]").astype("datetime64[s]"),
        }
    )
