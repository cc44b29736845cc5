"""Exact event histories of the job ladder, written as a matched panel.

Every worker carries competing exponential clocks; nothing is discretised. Contacts
that change neither employer nor wage are thinned out exactly: offers better than the
outside option q arrive at rate λ1 F̄(q), and the rank F(p') of such an offer is uniform
above F(q). So the ladder is climbed in ranks, and F enters afterwards.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.panel import Panel
from jobteams_lab.sequential_auctions.equilibrium import Equilibrium

UNKNOWN, UNEMPLOYMENT, FIRM = 0, 1, 2
ORIGINS = ["unknown", "unemployment", "firm"]


def simulate(
    equilibrium: Equilibrium,
    workers: int,
    duration: float,
    *,
    seed: int,
    firms: int | None = None,
    start: str = "stationary",
    burn_in: float = 0.0,
) -> Panel:
    """Simulate the labour market and record every contract in a `Panel`.

    Parameters
    ----------
    equilibrium : Equilibrium
    workers : int
        Number of workers at every moment; who leaves (rate μ) is replaced at once by
        an unemployed worker with a new identity.
    duration : float
        Length of the window [0, duration] that is recorded, in the economy's unit of
        time.
    seed : int
    firms : int, optional
        Number of firms. Their productivities are a stratified draw from F, contacts
        fall on each alike, and a firm never bids against itself; wages are those of F,
        which the draw nears like 1/firms. Without it every job is at a new firm (a
        sample as F: at the type, whose other firms do bid).
    start : "stationary" or "unemployed"
        Start from the stationary distribution, or with everyone out of work.
    burn_in : float
        Time simulated before the window opens.

    Returns
    -------
    Panel
        One row a contract (a stretch of constant wage) with worker, firm, start, end,
        wage, origin, and the truth: productivity, outside_option (b when hired out of
        unemployment), ability. Jobs that began before the window have origin
        "unknown" and their rows start at 0.

    Raises
    ------
    TypeError, ValueError
        A sentence, if an argument is out of range or nobody ever worked.
    """
    if not isinstance(equilibrium, Equilibrium):
        raise TypeError(
            f"simulate takes an Equilibrium, not {type(equilibrium).__name__}:"
            " call solve(economy) first."
        )
    economy, offers = equilibrium.economy, equilibrium.economy.offers
    workers = checks.whole("workers", workers, low=1)
    duration = checks.number("duration", duration, low=0, open_low=True)
    burn_in = checks.number("burn_in", burn_in, low=0)
    checks.one_of("start", start, ("stationary", "unemployed"))
    rng = np.random.default_rng(checks.whole("seed", seed))
    if firms is not None:
        firms = checks.whole("firms", firms, low=1)
        if offers.is_discrete:
            raise ValueError(
                f"firms = {firms} is not allowed with a sample as productivity, whose"
                " values are the firms already: leave it out."
            )
        ranks = np.sort((np.arange(firms) + rng.random(firms)) / firms)
        types = offers.quantile(ranks)
        edges = np.arange(1, firms + 1) / firms
    else:
        types = offers.nodes if offers.is_discrete else np.empty(0)
        edges = offers.cdf(types) if offers.is_discrete else np.empty(0)

    rates = _Rates(
        economy.contact_rate_unemployed,
        economy.contact_rate_employed,
        economy.separation_rate,
        economy.exit_rate,
        1.0 / firms if firms else 0.0,
    )
    rows = _histories(
        workers, 0.0 - burn_in, duration, start == "stationary", rates, edges, rng
    )
    if len(rows.worker) == 0:
        raise ValueError(
            f"none of the {workers} workers had a job within duration = {duration:g}:"
            " simulate more workers or a longer window."
        )
    if len(edges):
        p, q = types[rows.firm], types[np.searchsorted(edges, rows.option, "left")]
        firm = rows.firm
    else:
        p, q = offers.quantile(rows.rank), offers.quantile(np.maximum(rows.option, 0.0))
        firm = rows.job
    q = np.where(rows.option < 0.0, economy.unemployment_income, np.minimum(q, p))
    ability = np.ones(len(p))
    if economy.abilities is not None:
        people = economy.abilities.quantile(rng.random(int(rows.worker[-1]) + 1))
        ability = people[rows.worker]
    frame = pd.DataFrame(
        {
            "worker": rows.worker,
            "firm": firm,
            "start": rows.start,
            "end": rows.end,
            "wage": equilibrium.mobility_wage(q, p, ability),
            "origin": pd.Categorical.from_codes(rows.origin, ORIGINS),
            "productivity": p,
            "outside_option": q,
            "ability": ability,
        }
    )
    return Panel(frame, window=(0.0, duration))


class _Rates(NamedTuple):
    unemployed: float  # λ0
    employed: float  # λ1
    separation: float  # δ
    exit: float  # μ
    own_share: float  # probability that a contact is with one's own firm


class _Rows(NamedTuple):
    worker: np.ndarray
    job: np.ndarray
    firm: np.ndarray  # index into the types, or -1
    rank: np.ndarray  # F(p)
    option: np.ndarray  # F(q), or -1 for b
    start: np.ndarray
    end: np.ndarray
    origin: np.ndarray


@numba.njit(cache=True)
def _edge(rank, edges):
    """The rank F(p) of the firm whose share of F holds `rank`, and its index."""
    if len(edges) == 0:
        return rank, -1
    index = min(np.searchsorted(edges, rank, "right"), len(edges) - 1)
    return edges[index], index


@numba.njit(cache=True)
def _stationary_contract(rates, edges, rng):
    """F(p), its index and F(q) drawn from L and then G(q|p)."""
    k1 = rates.employed / (rates.separation + rates.exit)
    draw = rng.random()
    rank, firm = _edge((1 + k1) * draw / (1 + k1 * draw), edges)
    below = rank
    if firm >= 0:
        below = edges[firm - 1] if firm > 0 else 0.0
    at, at_left = 1 + k1 * (1 - rank), 1 + k1 * (1 - below)
    # G(q|p) = A(p) A(p−) / [A(q) (A(q) − κ1 own_share)], A = 1 + κ1 F̄, solved for A(q)
    half = 0.5 * k1 * rates.own_share
    contacts = half + np.sqrt(half * half + at * at_left / rng.random())
    if contacts > 1 + k1:
        return rank, firm, -1.0
    target = 1 - (contacts - 1) / k1
    if len(edges) == 0:
        return rank, firm, target
    index = np.searchsorted(edges, target * (1 - 1e-15), "left")
    return rank, firm, edges[min(index, firm)]


@numba.njit(cache=True)
def _grow(array):
    larger = np.empty(2 * len(array), array.dtype)
    larger[: len(array)] = array
    return larger


@numba.njit(cache=True)
def _histories(workers, begin, end, stationary, rates, edges, rng):
    size = max(1024, 4 * workers)
    worker, job = np.empty(size, np.int64), np.empty(size, np.int64)
    firms, origins = np.empty(size, np.int64), np.empty(size, np.int8)
    ranks, options = np.empty(size), np.empty(size)
    starts, ends = np.empty(size), np.empty(size)
    row, jobs, people = 0, 0, 0
    loss = rates.separation + rates.exit
    unemployment = loss / (loss + rates.unemployed)

    for _ in range(workers):
        time, since = begin, begin
        rank, firm, option, origin = 0.0, -1, -1.0, UNKNOWN
        employed = stationary and rng.random() > unemployment
        if employed:
            rank, firm, option = _stationary_contract(rates, edges, rng)
        while time < end:
            if not employed:
                hazard = rates.unemployed + rates.exit
                time += rng.exponential() / hazard
                if rng.random() * hazard < rates.exit:
                    people += 1 if 0.0 < time < end else 0
                    continue
                rank, firm = _edge(rng.random(), edges)
                option, since, employed = -1.0, time, True
                origin = UNEMPLOYMENT if time > 0.0 else UNKNOWN
                jobs += 1
                continue
            taken = max(option, 0.0)
            better = rates.employed * (1.0 - taken)
            time += rng.exponential() / (loss + better)
            event = rng.random() * (loss + better)
            offer, offered = rank, firm
            if event >= loss:
                offer, offered = _edge(taken + (1.0 - taken) * rng.random(), edges)
                if offered == firm and rates.own_share > 0.0 and time < end:
                    continue  # a firm does not bid against itself
            if min(time, end) > 0.0 and time > since:
                if row == len(worker):
                    worker, job = _grow(worker), _grow(job)
                    firms, origins = _grow(firms), _grow(origins)
                    ranks, options = _grow(ranks), _grow(options)
                    starts, ends = _grow(starts), _grow(ends)
                worker[row], job[row], firms[row] = people, jobs, firm
                ranks[row], options[row], origins[row] = rank, option, origin
                starts[row], ends[row] = max(since, 0.0), min(time, end)
                row += 1
            since = time
            if event < loss:
                employed = False
                if event >= rates.separation and 0.0 < time < end:
                    people += 1
            elif offer > rank:
                option, rank, firm = rank, offer, offered
                origin = FIRM if time > 0.0 else UNKNOWN
                jobs += 1
            else:
                option = offer
        people += 1
        jobs += 1
    return _Rows(
        worker[:row],
        job[:row],
        firms[:row],
        ranks[:row],
        options[:row],
        starts[:row],
        ends[:row],
        origins[:row],
    )
