"""The course of a simulation: one stream of random numbers through either engine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jobteams_lab.large_firms.job_ladder import CrossSection
from jobteams_lab.large_firms.simulate_events import Events
from jobteams_lab.large_firms.simulate_panel import Log, keep
from jobteams_lab.large_firms.simulate_rules import (
    DEATH,
    KINDS,
    State,
    clocks,
    columns,
    first_state,
    rules,
    take_stock,
    who,
)
from jobteams_lab.large_firms.simulate_wages import WageBook

STRETCHES = 20
CHUNK = 2**15  # events whose uniforms are drawn at once


class Found(NamedTuple):
    """What a course leaves: see `Simulation`."""

    firms: np.ndarray  # (STRETCHES, T, M)
    nonemployed: np.ndarray  # (STRETCHES, K)
    counts: np.ndarray  # (STRETCHES, 11)
    final: CrossSection
    state: State
    log: Log | None


class Course:
    """An engine, its random numbers and what is written down on the way.

    Parameters
    ----------
    equilibrium : Equilibrium
    firms, seed : int
    method, start : str
    wages : object or None
    panel, events : bool
        As for `simulate`.
    """

    def __init__(self, equilibrium, firms, seed, method, start, wages, panel, events):
        self.equilibrium, self.panel, self.events = equilibrium, panel, events
        self.clock = clocks(equilibrium, firms)
        streams = np.random.SeedSequence(seed).spawn(4)
        begin, self.numbers, self.draws, self.times = map(
            np.random.default_rng, streams
        )
        self.columns = columns(equilibrium)
        state = first_state(equilibrium, firms, start, begin)
        self.book = None
        if wages is not None and panel:
            self.book = WageBook(equilibrium, wages, state)
        engine = Events
        if method == "batches":
            from jobteams_lab.large_firms.simulate_batches import Batches as engine
        self.engine = engine(rules(equilibrium), state)
        self.done = 0  # events so far

    def run(self, years: float, burn_in: float) -> Found:
        """Simulate, and return what was found in the years after the burn-in."""
        if burn_in > 0:
            self._stretch(burn_in)
        first = State(*[part.copy() for part in self.engine.pull()])
        wage = None if self.book is None else self.book.wage.copy()
        before = self.done
        stretches, logs = [], []
        length = years / STRETCHES
        for number in range(STRETCHES):
            firms, nonemployed, counts, log = self._stretch(length, number * length)
            stretches.append((firms, nonemployed, counts))
            logs += log
        state = self.engine.pull()
        log = None
        if self.panel:
            event, time, records, settled, learnt = map(
                np.concatenate, zip(*logs, strict=True)
            )
            settled = None if self.book is None else settled
            numbers = event - before, time, records, settled
            learnt[:, 0] -= before
            log = Log(first, wage, years, self.done - before, *numbers, learnt)
        return Found(
            *map(np.stack, zip(*stretches, strict=True)),
            self._shares(state),
            state,
            log,
        )

    def _stretch(self, length, begin=None):
        # Events in a stretch of time are Poisson, and their times an ordered sample
        number = int(self.numbers.poisson(self.clock.total * length))
        writes = self.panel and begin is not None
        if writes:
            times = np.cumsum(self.times.exponential(size=number + 1))
            times *= length / times[-1]
        counts, log, ahead = np.zeros(len(KINDS) + 1, np.int64), [], self.done
        for offset in range(0, number, CHUNK):
            size = min(CHUNK, number - offset)
            uniforms = self.draws.random((size, self.columns))
            whose = who(uniforms[:, 0], self.clock)
            records, learnt = self.engine.run(
                whose, uniforms, self.done, self.events and writes
            )
            counts += self._count(records)
            settled = None if self.book is None else self.book.settle(records)
            if writes:
                kept = np.flatnonzero(keep(records, settled, self.events))
                learnt = learnt.astype(np.int64)
                learnt[:, 0] += self.done + 1
                log.append(
                    (
                        self.done + 1 + kept,
                        begin + times[offset + kept],
                        records[kept],
                        np.empty(0) if settled is None else settled[kept],
                        learnt,
                    )
                )
            self.done += size
        state = self.engine.pull()
        occupied, idle = take_stock(state, self.done)
        self.engine.push(state)
        events = (self.done - ahead) * self.clock.firms
        return occupied / max(events, 1), idle / max(events, 1), counts, log

    def _count(self, records):
        act = records[:, 0]
        sizes = self.equilibrium.problem.teams.sizes
        lost = sizes[records[act == DEATH, 4]].sum()
        return np.append(np.bincount(act, minlength=len(KINDS)), lost)

    def _shares(self, state):
        firms = np.zeros(self.equilibrium.problem.shape)
        np.add.at(firms, (state.firm_type, state.team), 1 / self.clock.firms)
        idle = state.worker_type[state.worker_firm < 0]
        nonemployed = np.bincount(idle, minlength=self.equilibrium.economy.worker_types)
        return CrossSection(firms, nonemployed / self.clock.firms)
