"""Workers, jobs and firms of the matching economy, month by month, as a panel."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.identification.equilibrium import Equilibrium
from jobteams_lab.identification.measurement_error import error_sd, measure
from jobteams_lab.panel import Panel
from jobteams_lab.panel_validation import ORIGINS

_UNEMPLOYMENT, _FIRM, _UNKNOWN = range(len(ORIGINS))
SINCE, ORIGIN, QUALITY, PREVIOUS = range(4)  # columns of a worker's state


def simulate(
    equilibrium: Equilibrium,
    workers: int = 30_000,
    firms: int = 300,
    months: int = 240,
    *,
    seed: int,
    burn_in: int = 100,
    noise: float = 0.0,
) -> Panel:
    """Simulate the labour market and record every job spell in a `Panel`.

    A finite economy with as many jobs as workers. Each month m(s, V) meetings pair
    searchers with vacancies at random; an employed worker searches with probability φ.
    Pairs decide as in the equilibrium; then every match ends with probability δ.

    Parameters
    ----------
    equilibrium : Equilibrium
    workers : int
        Number of workers, spread over the types in proportion to their shares.
    firms : int
        Number of firms, spread alike, each with at least one; the jobs of a type are
        split evenly over its firms, so a firm has about workers / firms of them.
    months : int
        Length of the window [0, months).
    seed : int
    burn_in : int
        Months simulated before the window, from the equilibrium's densities.
    noise : float
        Variance of measurement error as a share of Var(log w): the standard deviation
        σ solves σ² E[1/w²] = noise · Var(log w) over worker-months, but is at most
        min(w)/3. Errors are normal, cut at 3σ, added to each month's wage level.

    Returns
    -------
    Panel
        One row a job spell: worker, firm, start, end, wage (the mean observed), origin,
        time, wage_squares, wage_logs, and the truth: worker_type, firm_type (positions
        of the types), true_wage and firm_jobs, the firm's jobs, filled or open. Ids of
        workers and firms are shuffled. A spell that began by month 0 starts at 0 with
        origin "unknown".

    Raises
    ------
    TypeError, ValueError
        A sentence, if an argument is out of range.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix B.
    """
    if not isinstance(equilibrium, Equilibrium):
        raise TypeError(
            f"simulate takes an Equilibrium, not {type(equilibrium).__name__}:"
            " call solve(economy) first."
        )
    economy = equilibrium.economy
    workers = checks.whole("workers", workers, low=len(economy.worker_types))
    firms = checks.whole("firms", firms, low=len(economy.firm_types), high=workers)
    months = checks.whole("months", months, low=1)
    burn_in = checks.whole("burn_in", burn_in)
    noise = checks.number("noise", noise, low=0)
    rng = np.random.default_rng(checks.whole("seed", seed))

    worker_type = np.repeat(
        np.arange(len(economy.worker_types)), allot(workers, economy.worker_types.share)
    )
    firm_type, job_firm = _jobs(workers, firms, economy.firm_types.share)
    market = _Market(
        worker_type,
        firm_type,
        job_firm,
        np.cumsum(economy.match_quality.probability),
        equilibrium.quality_acceptance,
        np.zeros((1, 1, 1)) if equilibrium.mobility is None else equilibrium.mobility,
        economy.search_intensity_employed,
        economy.separation_rate,
        economy.matching_efficiency,
    )
    rows = _histories(
        market, equilibrium.match_density, equilibrium.unemployed, burn_in, months, rng
    )
    if len(rows) == 0:
        raise ValueError(
            f"none of the {workers} workers had a job within months = {months}:"
            " simulate more workers or a longer window."
        )
    worker, firm, start, end, origin, quality, previous = rows.T
    x, y = worker_type[worker], firm_type[firm]
    wage = _wages(equilibrium, x, y, quality, previous)
    sd = error_sd(wage, end - start, noise)
    mean, squares, logs = measure(wage, end - start, sd, rng)
    worker_id, firm_id = rng.permutation(workers), rng.permutation(firms)
    frame = pd.DataFrame(
        {
            "worker": worker_id[worker],
            "firm": firm_id[firm],
            "start": start,
            "end": end,
            "wage": mean,
            "origin": pd.Categorical.from_codes(origin, categories=list(ORIGINS)),
            "time": (end - start).astype(np.float64),
            "wage_squares": squares,
            "wage_logs": logs,
            "worker_type": x,
            "firm_type": y,
            "true_wage": wage,
            "firm_jobs": np.bincount(job_firm)[firm],
        }
    )
    if wage.min() <= 0:
        frame = frame.drop(columns="wage_logs")
    return Panel(frame, window=(0, months))


def allot(total: int, share: np.ndarray) -> np.ndarray:
    """Return whole numbers that sum to `total`, near total · share, each at least 1."""
    exact = share * total
    count = np.maximum(np.floor(exact).astype(np.int64), 1)
    while count.sum() != total:
        step = 1 if count.sum() < total else -1
        room = np.where((step > 0) | (count > 1), step * (exact - count), -np.inf)
        count[np.argmax(room)] += step
    return count


def _jobs(jobs: int, firms: int, share) -> tuple[np.ndarray, np.ndarray]:
    """Return each firm's type and each job's firm."""
    firms_of, jobs_of = allot(firms, share), allot(jobs, share)
    firm_type = np.repeat(np.arange(len(share)), firms_of)
    size = np.concatenate(
        [
            np.diff(np.round(np.linspace(0, j, f + 1)).astype(np.int64))
            for j, f in zip(jobs_of, firms_of, strict=True)
        ]
    )
    return firm_type, np.repeat(np.arange(firms), size)


def _wages(equilibrium, x, y, quality, previous) -> np.ndarray:
    economy = equilibrium.economy
    if economy.search_intensity_employed == 0:
        shock = economy.match_quality.shock[quality]
        return equilibrium.wage[x, y] + economy.bargaining_power * shock
    poached = equilibrium.poached_wage[x, y, np.maximum(previous, 0)]
    return np.where(previous >= 0, poached, equilibrium.wage[x, y])


class _Market(NamedTuple):
    worker_type: np.ndarray
    firm_type: np.ndarray
    job_firm: np.ndarray
    quality: np.ndarray  # cumulated probabilities
    accept: np.ndarray  # (X, Y, qualities)
    move: np.ndarray  # (X, Y, Y)
    search: float  # φ
    separation: float  # δ
    efficiency: float  # κ


@numba.njit(cache=True)
def _shuffle_first(array, count, rng):
    """Bring `count` elements, drawn without replacement, to the front of `array`."""
    for i in range(count):
        j = i + int(rng.random() * (len(array) - i))
        array[i], array[j] = array[j], array[i]


@numba.njit(cache=True)
def _opening(market, density, unemployed, job_of, worker_of, rng):
    """Fill jobs as in the equilibrium: each worker draws the firm type he works at."""
    firms = density.shape[1]
    vacant = np.zeros(firms, np.int64)
    offset = np.zeros(firms + 1, np.int64)
    for job in market.job_firm:
        offset[market.firm_type[job] + 1] += 1
    for y in range(firms):
        vacant[y] = offset[y + 1]
        offset[y + 1] += offset[y]
    jobs = np.argsort(market.firm_type[market.job_firm], kind="mergesort")
    for y in range(firms):
        _shuffle_first(jobs[offset[y] : offset[y + 1]], vacant[y], rng)
    order = np.arange(len(job_of))
    _shuffle_first(order, len(order), rng)
    for i in order:
        x = market.worker_type[i]
        draw = rng.random() * (unemployed[x] + density[x].sum()) - unemployed[x]
        if draw < 0:
            continue
        y = 0
        while y < firms - 1 and draw >= density[x, y]:
            draw -= density[x, y]
            y += 1
        if vacant[y] > 0:
            vacant[y] -= 1
            job_of[i] = jobs[offset[y] + vacant[y]]
            worker_of[job_of[i]] = i


@numba.njit(cache=True)
def _quality(market, x, y, accepted, rng):
    """Draw ζ; where it is of an accepted match, among those that are accepted."""
    while True:
        q = min(np.searchsorted(market.quality, rng.random()), len(market.quality) - 1)
        if not accepted or rng.random() < market.accept[x, y, q]:
            return q


@numba.njit(cache=True)
def _previous(market, density, unemployed, x, y, rng):
    """Draw where a worker of y came from: matches of all origins end at one rate."""
    if market.search == 0:
        return -1
    hired = unemployed[x] * market.accept[x, y, 0]
    poached = market.search * density[x] * market.move[x, :, y]
    draw = rng.random() * (hired + poached.sum()) - hired
    here = -1
    while draw >= 0 and here < len(poached) - 1:
        here += 1
        draw -= poached[here]
    return here


@numba.njit(cache=True)
def _record(out, row, state, i, firm, month, months):
    """Write the spell of worker i that ends at `month`, if the window saw any of it."""
    start, end = max(state[i, SINCE], 0), min(month, months)
    if start >= end:
        return out, row
    if row == len(out):
        larger = np.empty((2 * row, 7), np.int64)
        larger[:row] = out
        out = larger
    out[row, 0], out[row, 1], out[row, 2], out[row, 3] = i, firm, start, end
    out[row, 4] = state[i, ORIGIN] if state[i, SINCE] > 0 else _UNKNOWN
    out[row, 5], out[row, 6] = state[i, QUALITY], state[i, PREVIOUS]
    return out, row + 1


@numba.njit(cache=True)
def _histories(market, density, unemployed, burn_in, months, rng):
    workers, jobs = len(market.worker_type), len(market.job_firm)
    job_of, worker_of = np.full(workers, -1), np.full(jobs, -1)
    _opening(market, density, unemployed, job_of, worker_of, rng)
    state = np.empty((workers, 4), np.int64)
    state[:, SINCE], state[:, ORIGIN] = -burn_in, _UNKNOWN
    state[:, QUALITY], state[:, PREVIOUS] = 0, -1
    for i in range(workers):
        if job_of[i] >= 0:
            y = market.firm_type[market.job_firm[job_of[i]]]
            x = market.worker_type[i]
            state[i, QUALITY] = _quality(market, x, y, True, rng)
            state[i, PREVIOUS] = _previous(market, density, unemployed, x, y, rng)
    out, row = np.empty((4 * workers + 1024, 7), np.int64), 0
    searching, open_jobs = np.empty(workers, np.int64), np.empty(jobs, np.int64)

    for month in range(-burn_in, months):
        searchers, vacancies, idle = 0, 0, 0
        for i in range(workers):
            idle += job_of[i] < 0
            if job_of[i] < 0 or (market.search > 0 and rng.random() < market.search):
                searching[searchers] = i
                searchers += 1
        for job in range(jobs):
            if worker_of[job] < 0:
                open_jobs[vacancies] = job
                vacancies += 1
        effort = idle + market.search * (workers - idle)
        exact = market.efficiency * np.sqrt(effort * vacancies)
        exact = min(exact, vacancies, effort)
        meetings = min(int(exact + rng.random()), searchers, vacancies)
        _shuffle_first(searching[:searchers], meetings, rng)
        _shuffle_first(open_jobs[:vacancies], meetings, rng)
        for i, job in zip(searching[:meetings], open_jobs[:meetings]):  # noqa: B905
            x, firm, old = market.worker_type[i], market.job_firm[job], job_of[i]
            y, here, q = market.firm_type[firm], -1, 0
            if old < 0:
                q = _quality(market, x, y, False, rng)
                agree = market.accept[x, y, q]
            else:
                here = market.firm_type[market.job_firm[old]]
                agree = market.accept[x, y, 0] * market.move[x, here, y]
            if rng.random() >= agree:
                continue
            if old >= 0:
                firm = market.job_firm[old]
                out, row = _record(out, row, state, i, firm, month, months)
                worker_of[old] = -1
            job_of[i], worker_of[job] = job, i
            state[i, SINCE], state[i, QUALITY], state[i, PREVIOUS] = month, q, here
            state[i, ORIGIN] = _UNEMPLOYMENT if old < 0 else _FIRM
        for i in range(workers):
            old = job_of[i]
            if old >= 0 and rng.random() < market.separation:
                firm = market.job_firm[old]
                out, row = _record(out, row, state, i, firm, month, months)
                worker_of[old], job_of[i] = -1, -1
    for i in range(workers):
        if job_of[i] >= 0:
            firm = market.job_firm[job_of[i]]
            out, row = _record(out, row, state, i, firm, months, months)
    return out[:row]
