"""The exact process, one event after the other."""

from __future__ import annotations

import numpy as np
from numba import njit

from jobteams_lab.large_firms.simulate_rules import (
    BREAK,
    CANDIDATES,
    DEATH,
    FIRST,
    HIRE,
    LEARN,
    MEET,
    MOVE,
    QUIT,
    RECORD,
    RENEGOTIATE,
    RETIRE,
    SECOND,
    WHAT,
    Rules,
    State,
)


class Events:
    """The engine that takes the events one by one.

    Parameters
    ----------
    rules : Rules
    state : State
        Where to begin; it is changed.
    """

    def __init__(self, rules: Rules, state: State):
        self.rules, self.state = rules, state

    def run(self, who, uniforms, first: int, learning: bool = False):
        """Run events and return their records, (events, 7), and who learnt what.

        Parameters
        ----------
        who : (events,) array
            Whose clock rings.
        uniforms : (events, columns) array
        first : int
            How many events there were before.
        learning : bool
            Whether to list what workers learn.

        Returns
        -------
        records : (events, 7) array
            With the columns of `RECORD`.
        learnt : (rows, 4) array
            Event, worker, type before, type after; no rows unless asked for.
        """
        records = np.empty((len(who), len(RECORD)), np.int32)
        most = len(self.state.members[0]) * int((who >= len(self._workers)).sum())
        learnt = np.empty((most if learning else 0, 4), np.int32)
        rows = _run(self.rules, self.state, who, uniforms, first, records, learnt)
        return records, learnt[:rows]

    @property
    def _workers(self):
        return self.state.worker_type

    def pull(self) -> State:
        """Return the state as it is now, to look at and to take stock of."""
        return self.state

    def push(self, state: State) -> None:
        """Go on from this state."""
        self.state = state


@njit(cache=True)
def _run(rules, state, who, uniforms, first, records, learnt):
    workers = len(state.worker_type)
    rows = 0
    for event in range(len(who)):
        record = records[event]
        record[0] = 0
        record[1:] = -1
        now, u = first + event + 1, uniforms[event]
        if who[event] < workers:
            _worker(rules, state, who[event], u, now, record)
            continue
        firm = who[event] - workers
        team = state.team[firm]
        record[3], record[4] = firm, team
        if u[WHAT] < rules.death:
            record[0] = DEATH
            _die(rules, state, firm, now)
        else:
            record[0] = LEARN
            _learn(rules, state, firm, u, now, learnt[rows:])
            record[6] = state.team[firm]
            if len(learnt):
                learnt[rows : rows + rules.sizes[team], 0] = event
                rows += rules.sizes[team]
    return rows


@njit(cache=True)
def _worker(rules, state, worker, u, now, record):
    kind, firm = state.worker_type[worker], state.worker_firm[worker]
    record[1], record[2], record[3] = worker, kind, firm
    held, own, rung = 0.0, 0.0, -1
    if firm >= 0:
        rung = rules.lower[state.team[firm], kind]
        own = rules.surplus[kind, state.firm_type[firm], rung]
        held = max(own, 0.0)
    record[4] = rung
    what = u[WHAT]
    if what < rules.retire:
        record[0] = RETIRE
        if firm >= 0:
            _leave(rules, state, worker, firm, rung, now)
        else:
            _stop_idling(state, worker, now)
        newborn = np.searchsorted(rules.newborn, u[FIRST], "right")
        state.worker_type[worker] = min(newborn, len(rules.newborn) - 1)
        return
    if firm < 0 and what >= rules.meets_nonemployed:
        return
    if firm >= 0 and what >= rules.meets_employed:
        if what >= rules.breaks:
            return
        if what >= rules.renegotiates:
            record[0] = BREAK
            _leave(rules, state, worker, firm, rung, now)
        elif u[SECOND] * rules.width < -own - rules.tie:
            record[0] = QUIT
            _leave(rules, state, worker, firm, rung, now)
        else:
            record[0] = RENEGOTIATE
        return
    other = _met(state, u)
    record[0] = MEET
    if other >= 0 and other != firm:
        team = state.team[other]
        record[5], record[6] = other, team
        if team < len(rules.upper):
            offered = rules.surplus[kind, state.firm_type[other], team]
            # clip((Δ − max(Δ', 0) − tie)/width, 0, 1), free of a division
            if u[FIRST] * rules.width < offered - held - rules.tie:
                record[0] = HIRE if firm < 0 else MOVE
                if firm >= 0:
                    _leave(rules, state, worker, firm, rung, now)
                _join(rules, state, worker, other, now)
                return
    if firm >= 0 and u[SECOND] * rules.width < -own - rules.tie:
        record[0] = QUIT
        _leave(rules, state, worker, firm, rung, now)


@njit(cache=True)
def _met(state, u):
    # the firm of the first candidate who has one: a manager or an employed worker
    workers, firms = len(state.worker_type), len(state.team)
    for column in range(CANDIDATES, len(u)):
        candidate = int(u[column] * (firms + workers))
        if candidate < firms:
            return candidate
        firm = state.worker_firm[candidate - firms]
        if firm >= 0:
            return firm
    return -1


@njit(cache=True)
def _change_team(state, firm, team, now):
    state.occupied[state.firm_type[firm], state.team[firm]] += (
        now - state.firm_since[firm]
    )
    state.firm_since[firm] = now
    state.team[firm] = team


@njit(cache=True)
def _stop_idling(state, worker, now):
    state.idle[state.worker_type[worker]] += now - state.worker_since[worker]
    state.worker_since[worker] = now


@njit(cache=True)
def _leave(rules, state, worker, firm, rung, now):
    # the last of the team takes his slot
    members, last = state.members[firm], rules.sizes[state.team[firm]] - 1
    slot = 0
    while members[slot] != worker:
        slot += 1
    members[slot] = members[last]
    members[last] = -1
    _change_team(state, firm, rung, now)
    state.worker_firm[worker] = -1
    state.worker_since[worker] = now


@njit(cache=True)
def _join(rules, state, worker, firm, now):
    _stop_idling(state, worker, now)  # no time at all if he comes from another firm
    team = state.team[firm]
    state.members[firm, rules.sizes[team]] = worker
    _change_team(state, firm, rules.upper[team, state.worker_type[worker]], now)
    state.worker_firm[worker] = firm


@njit(cache=True)
def _die(rules, state, firm, now):
    members = state.members[firm]
    for slot in range(rules.sizes[state.team[firm]]):
        state.worker_firm[members[slot]] = -1
        state.worker_since[members[slot]] = now
        members[slot] = -1
    _change_team(state, firm, 0, now)


@njit(cache=True)
def _learn(rules, state, firm, u, now, learnt):
    before = state.team[firm]
    group = rules.group[state.firm_type[firm]]
    team = before
    for slot in range(rules.sizes[before]):
        worker = state.members[firm, slot]
        kind = state.worker_type[worker]
        taught = rules.below[group, before, kind]
        if u[FIRST + slot] < rules.up[group, before, kind]:
            taught += rules.step
        if taught != kind:
            team = rules.upper[rules.lower[team, kind], taught]
            state.worker_type[worker] = taught
        if len(learnt):
            learnt[slot, 1], learnt[slot, 2], learnt[slot, 3] = worker, kind, taught
    _change_team(state, firm, team, now)
