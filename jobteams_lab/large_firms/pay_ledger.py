"""Wages along a log of events: what each worker is paid after what happens to him."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from jobteams_lab.large_firms.devices import gather
from jobteams_lab.large_firms.pay_reading import Reading
from jobteams_lab.large_firms.simulate_records import Log
from jobteams_lab.large_firms.simulate_rules import (
    BREAK,
    DEATH,
    HIRE,
    LEARN,
    MEET,
    MOVE,
    QUIT,
    RENEGOTIATE,
    RETIRE,
)
from jobteams_lab.large_firms.wage_settlement import settled

# how many teams are read at once: few numbers, since JAX compiles for each of them
BATCHES = 64, 512, 4096
TIE = 1e-9  # values that differ by less, relative to U + Δ⁺, are equal


class Book(NamedTuple):
    """Who is where and what he is paid, on all islands; `Ledger` changes the arrays.

    Attributes
    ----------
    firm : (islands, W) array of int
        The employer, or F.
    members : (islands, F, N) array of int
        Workers, in the first places.
    size : (islands, F) array of int
    x, y : (islands, W) arrays
        log h and log a.
    wage : (islands, W) array
        A year; NaN without a job.
    worker_name, firm_name : (islands, W), (islands, F) arrays of int
        Those who follow a retired worker or a dead firm get new ones.
    next_name : (islands, 2) array of int
    """

    firm: np.ndarray
    members: np.ndarray
    size: np.ndarray
    x: np.ndarray
    y: np.ndarray
    wage: np.ndarray
    worker_name: np.ndarray
    firm_name: np.ndarray
    next_name: np.ndarray


class Ledger:
    """The wages of all workers of some islands, kept as events come in.

    Parameters
    ----------
    pay : WorkerPay
    islands : Islands
        Whoever has a job there now is paid as if just hired.

    Attributes
    ----------
    book : Book
    """

    def __init__(self, pay, islands):
        self.pay, self.log_z, self.log_q = pay, islands.log_z, islands.log_q
        state = islands.state
        parts = state.firm, state.members, state.size, state.x, state.y
        firm, members, size, x, y = (np.array(gather(part)) for part in parts)
        number, workers = x.shape
        firms = size.shape[1]
        self.book = Book(
            *(firm, members, size, x.astype(float), y.astype(float)),
            np.full(x.shape, np.nan),
            np.tile(np.arange(workers), (number, 1)),
            np.tile(np.arange(firms), (number, 1)),
            np.tile([workers, firms], (number, 1)),
        )
        island, who, teams = self.at_work()
        for part in _parts(len(who)):
            found = self._read(island[part], *[team[part] for team in teams])
            start = found.wage_for(found.outside[:, None])[:, 0]
            self.book.wage[island[part], who[part]] = start[: len(who[part])]

    def at_work(self, islands=None):
        """Return (island, worker, team) of all who work, or those of some islands.

        A team is (firm, x, y, n) with the worker in place 0.
        """
        book = self.book
        islands = range(len(book.firm)) if islands is None else islands
        here = np.isin(np.arange(len(book.firm)), islands)[:, None]
        places = np.arange(book.members.shape[2])
        island, firm, place = np.nonzero(
            here[..., None] & (places < book.size[..., None])
        )
        n = book.size[island, firm]
        row = np.arange(len(n))
        team = np.where(places < n[:, None], book.members[island, firm], 0)
        team[row, 0], team[row, place] = team[row, place], team[row, 0].copy()
        x, y = (
            np.where(places < n[:, None], part[island[:, None], team], 0)
            for part in (book.x, book.y)
        )
        return island, team[:, 0], (firm, x, y, n)

    def value(self, island, wage, team):
        """Return W at a wage, and Δ, of the first worker of each team, (R,)."""
        value, surplus = np.empty((2, len(island)))
        for part in _parts(len(island)):
            found = self._read(island[part], *[one[part] for one in team])
            many = len(island[part])
            wages = _padded(wage[part], len(found.outside))
            value[part] = found.value_at(wages[:, None])[:many, 0]
            surplus[part] = found.surplus[:many]
        return value, surplus

    def settle(self, log: Log) -> np.ndarray:
        """Return the wage after each event, (E,), NaN where it stays or none is paid.

        Hired out of nonemployment a worker gets W = U, and poached U + max(Δ_old, 0);
        otherwise see `wage_settlement.settled`. Wages depend on no one else's, so the
        k-th event of all workers is settled at once.
        """
        answer = np.full(len(log.time), np.nan)
        wage = self.book.wage.copy()
        paid = np.flatnonzero(np.isin(log.kind, (HIRE, MOVE, MEET, RENEGOTIATE)))
        slot = log.island[paid] * np.int64(wage.shape[1]) + log.worker[paid]
        order = np.argsort(slot, kind="stable")
        slot, paid = slot[order], paid[order]
        turn = np.arange(len(slot)) - np.searchsorted(slot, slot)
        by_turn = np.argsort(turn, kind="stable")
        for rows in np.split(by_turn, np.cumsum(np.bincount(turn))[:-1]):
            for part in _parts(len(rows)):
                at = paid[rows[part]]
                here = log.rows(at)
                after = self._settle(here, wage[here.island, here.worker])
                new = np.isfinite(after)
                wage[here.island[new], here.worker[new]] = after[new]
                answer[at] = after
        return answer

    def _settle(self, log: Log, wage) -> np.ndarray:
        hired, moved = log.kind == HIRE, log.kind == MOVE
        enters = hired | moved
        firm = np.where(enters, log.other, log.firm)
        found = self._read(log.island, firm, log.x, log.y, log.n)
        many, padded = len(wage), len(found.outside)
        old = found.value_at(_padded(np.nan_to_num(wage), padded)[:, None])[:many, 0]
        outside, surplus = found.outside[:many], found.surplus[:many]
        gain = settled(old - outside, log.offer, surplus)
        gain = np.where(moved, np.maximum(log.surplus, 0), np.where(hired, 0.0, gain))
        after = found.wage_for(_padded(outside + gain, padded)[:, None])[:many, 0]
        size = outside + np.maximum(surplus, 0)
        moves = np.abs(outside + gain - old) > TIE * size
        return np.where(enters | moves, after, np.nan)

    def _read(self, island, firm, x, y, n) -> Reading:
        batch = next(batch for batch in BATCHES if batch >= len(n))
        rows = _padded(np.arange(len(n)), batch)
        where = island[rows], firm[rows]
        x, y = (part[rows].astype(float) for part in (x, y))
        return self.pay.read(self.log_z[where], self.log_q[where], x, y, n[rows])

    def enter(self, island: int, log: Log, wage: np.ndarray) -> np.ndarray:
        """Let events of one island, with the wages after them, change the book.

        Returns the names of those who retired from a job.
        """
        retired = _enter(
            *(log.kind, log.worker, log.firm, log.other, log.x, log.y, wage),
            *[part[island] for part in self.book],
        )
        return retired[retired >= 0]


def _parts(number: int):
    step = BATCHES[-1]
    return [slice(start, start + step) for start in range(0, number, step)]


def _padded(part, number: int):
    return np.concatenate([part, np.broadcast_to(part[:1], (number - len(part),))])


@njit(cache=True)
def _enter(
    kind, worker, at, other, x, y, paid, firm, members, size, log_h, log_a, wage,
    worker_name, firm_name, next_name,
):  # fmt: skip
    nowhere, retired = len(size), np.full(len(kind), -1)
    for e in range(len(kind)):
        act, who, old, new = kind[e], worker[e], at[e], other[e]
        if act == LEARN:
            for place in range(size[old]):
                log_h[members[old, place]] = x[e, place]
            continue
        if act == DEATH:
            for place in range(size[old]):
                firm[members[old, place]] = nowhere
                wage[members[old, place]] = np.nan
            size[old] = 0
            firm_name[old] = next_name[1]
            next_name[1] += 1
            continue
        leaves = act == MOVE or act == QUIT or act == BREAK or act == RETIRE
        if leaves and old < nowhere:
            place = 0
            while members[old, place] != who:
                place += 1
            size[old] -= 1
            for behind in range(place, size[old]):
                members[old, behind] = members[old, behind + 1]
            firm[who] = nowhere
            wage[who] = np.nan
        if act == HIRE or act == MOVE:
            members[new, size[new]] = who
            size[new] += 1
            firm[who] = new
        if act == RETIRE:
            if old < nowhere:
                retired[e] = worker_name[who]
            log_h[who], log_a[who] = x[e, 0], y[e, 0]
            worker_name[who] = next_name[0]
            next_name[0] += 1
        if not np.isnan(paid[e]):
            wage[who] = paid[e]
    return retired
