"""From the events of a simulation to a panel, a list of what was learnt, and teams."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from jobteams_lab.large_firms.finite_equilibrium import Equilibrium
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
    State,
)
from jobteams_lab.panel import Panel

ORIGINS = ["unemployment", "firm", "unknown"]
ENDINGS = ["goes on", "nonemployment", "firm", "retirement", "window"]
WAGE, OUTPUT = "wage", "output a worker"


class Log(NamedTuple):
    """What happened in the window [0, years] to the state that it began with.

    Events are numbered from 1; worker and firm are slots, as in the records.
    """

    state: State  # at time 0
    wage: np.ndarray | None  # (workers,) at time 0
    years: float
    number: int  # of events
    event: np.ndarray  # (rows,), increasing
    time: np.ndarray  # (rows,)
    records: np.ndarray  # (rows, 7)
    settled: np.ndarray | None  # (rows,), wages after each
    learnt: np.ndarray  # (pupils, 4): event, worker, type before, type after


class Histories:
    """The histories of workers and firms, put together from a log.

    Parameters
    ----------
    equilibrium : Equilibrium
    log : Log
    """

    def __init__(self, equilibrium: Equilibrium, log: Log):
        self.equilibrium, self.log = equilibrium, log
        self.economy, self.teams = equilibrium.economy, equilibrium.problem.teams
        self.span = log.number + 2
        act, worker, _, firm = log.records[:, :4].T
        self._ended = self._keys(
            worker, np.isin(act, (HIRE, MOVE, QUIT, BREAK, RETIRE))
        )
        self._died = self._keys(firm, act == DEATH)
        self._retired = self._keys(worker, act == RETIRE)

    def _keys(self, slots, chosen):
        # rows of the log, sorted by slot and then by event
        rows = np.flatnonzero(chosen)
        keys = slots[rows] * np.int64(self.span) + self.log.event[rows]
        order = np.argsort(keys)
        return keys[order], rows[order]

    def _key(self, slots, events):
        return np.asarray(slots, np.int64) * self.span + events

    def _next(self, sorted_keys, slots, events):
        # the row of each slot's next such event, −1 if there is none
        keys, rows = sorted_keys
        place = np.searchsorted(keys, self._key(slots, events), "right")
        found = np.append(keys, -1)[place] // self.span == slots
        return np.where(found, np.append(rows, -1)[place], -1)

    def identity(self, died, slots, events, number: int) -> np.ndarray:
        """Return ids: slots at first, and from `number` in the order of succession."""
        keys, rows = died
        rank = np.empty(len(rows) + 1, np.int64)
        rank[np.argsort(rows)] = np.arange(len(rows))
        place = np.searchsorted(keys, self._key(slots, events), "right") - 1
        own = (place >= 0) & (np.append(keys, -1)[place] // self.span == slots)
        return np.where(own, number + rank[place], slots)

    def workers(self, slots, events) -> np.ndarray:
        """Return the ids of the workers who had these slots after these events."""
        number = len(self.log.state.worker_type)
        return self.identity(self._retired, slots, events, number)

    def firms(self, slots, events) -> np.ndarray:
        """Return the ids of the firms that had these slots after these events."""
        return self.identity(self._died, slots, events, len(self.log.state.team))

    def panel(self) -> Panel | None:
        """Return the jobs, split where wages or workers' types change; None if none."""
        jobs = self._jobs()
        if jobs.empty:
            return None
        rows = pd.concat([jobs, self._splits()], ignore_index=True)
        rows = rows.sort_values(["slot", "event"], ignore_index=True)
        begins = rows["firm"].to_numpy() >= 0
        spell = np.flatnonzero(begins)[np.cumsum(begins) - 1]
        for name in ("firm", "origin"):
            rows[name] = rows[name].to_numpy()[spell]
        self._close(rows, spell)
        kind, team = rows["kind"].to_numpy(), rows["team"].to_numpy()
        firm_type = self.log.state.firm_type[rows["firm"]]
        size = self.teams.sizes[team]
        wage, is_ = self.equilibrium.problem.output[firm_type, team] / size, OUTPUT
        if self.log.wage is not None:
            # who learns goes on with the wage of the row before
            wage, is_ = rows["wage"].to_numpy(), WAGE
            paid = np.maximum.accumulate(
                np.where(np.isnan(wage), 0, np.arange(len(wage)))
            )
            wage = wage[paid]
        number = np.full(len(rows), 0)
        frame = pd.DataFrame(
            {
                "worker": self.workers(rows["slot"], rows["event"]),
                "firm": self.firms(rows["firm"], rows["event"]),
                "start": rows["start"],
                "end": rows["end"],
                "wage": wage,
                "origin": pd.Categorical.from_codes(rows["origin"], ORIGINS),
                "ending": pd.Categorical.from_codes(rows["ending"], ENDINGS),
                "wage_is": pd.Categorical.from_codes(number, [is_]),
                "worker_type": kind.astype(np.int64),
                "human_capital": self.economy.worker_human_capital[kind],
                "ability": self.economy.worker_ability[kind],
                "firm_type": firm_type.astype(np.int64),
                "productivity": self.economy.productivity[firm_type],
                "learning_environment": self.economy.learning_environment[firm_type],
                "team_size": size,
            }
        )
        frame = frame[frame["end"] > frame["start"]]
        return Panel(frame, window=(0.0, self.log.years))

    def _jobs(self):
        log = self.log
        state = log.state
        slot = np.flatnonzero(state.worker_firm >= 0)
        firm = state.worker_firm[slot]
        first = pd.DataFrame(
            {
                "slot": slot,
                "event": 0,
                "start": 0.0,
                "firm": firm,
                "kind": state.worker_type[slot],
                "team": state.team[firm],
                "wage": np.nan if log.wage is None else log.wage[slot],
                "origin": ORIGINS.index("unknown"),
            }
        )
        starts = np.isin(log.records[:, 0], (HIRE, MOVE))
        act, slot, kind, _, _, firm, beside = log.records[starts].T
        later = pd.DataFrame(
            {
                "slot": slot,
                "event": log.event[starts],
                "start": log.time[starts],
                "firm": firm,
                "kind": kind,
                "team": self.teams.upper[beside, kind],
                "wage": np.nan if log.wage is None else log.settled[starts],
                "origin": np.where(act == HIRE, 0, 1),
            }
        )
        return pd.concat([first, later], ignore_index=True)

    def _splits(self):
        log = self.log
        settled = np.isin(log.records[:, 0], (RENEGOTIATE, MEET))
        _, slot, kind, _, rung, _, _ = log.records[settled].T
        settlements = pd.DataFrame(
            {
                "slot": slot,
                "event": log.event[settled],
                "start": log.time[settled],
                "firm": -1,
                "kind": kind,
                "team": self.teams.upper[rung, kind],
                "wage": np.nan if log.wage is None else log.settled[settled],
                "origin": -1,
            }
        )
        event, slot, _, after = log.learnt[log.learnt[:, 2] != log.learnt[:, 3]].T
        lessons = np.searchsorted(log.event, event)
        learning = pd.DataFrame(
            {
                "slot": slot,
                "event": event,
                "start": log.time[lessons],
                "firm": -1,
                "kind": after,
                "team": log.records[lessons, 6],
                "wage": np.nan,
                "origin": -1,
            }
        )
        parts = [part for part in (settlements, learning) if len(part)]
        return pd.concat(parts, ignore_index=True) if parts else settlements

    def _close(self, rows, spell):
        # a job ends with the next event of its worker that can, or with its firm
        log = self.log
        slot, event = rows["slot"].to_numpy(), rows["event"].to_numpy()
        times = np.append(log.time, log.years)
        events = np.append(log.event, log.number + 1)
        own = self._next(self._ended, slot, event)
        death = self._next(self._died, rows["firm"].to_numpy(), event)
        last = np.where(events[own] < events[death], own, death)
        act = np.append(log.records[:, 0], -1)[last]
        ending = np.select(
            [act == -1, act == RETIRE, act == MOVE], [4, 3, 2], default=1
        )
        goes_on = np.append(spell[1:] == spell[:-1], False)
        following = np.append(rows["start"].to_numpy()[1:], log.years)
        rows["end"] = np.where(goes_on, following, times[last])
        rows["ending"] = np.where(goes_on, 0, ending)

    def learning_events(self) -> pd.DataFrame:
        """Return what each worker of a team learnt at each learning event.

        Columns worker, firm, time, human_capital (before), human_capital_after,
        coworker_human_capital (the mean before, NaN for a lone worker), coworkers,
        ability, firm_type.
        """
        log = self.log
        event, slot, before, after = log.learnt.T
        lessons = np.searchsorted(log.event, event)
        firm, team = log.records[lessons, 3], log.records[lessons, 4]
        human_capital = self.economy.worker_human_capital
        total = self.teams.counts @ human_capital
        coworkers = self.teams.sizes[team] - 1
        others = np.where(coworkers > 0, total[team] - human_capital[before], np.nan)
        return pd.DataFrame(
            {
                "worker": self.workers(slot, event),
                "firm": self.firms(firm, event),
                "time": log.time[lessons],
                "human_capital": human_capital[before],
                "human_capital_after": human_capital[after],
                "coworker_human_capital": others / np.maximum(coworkers, 1),
                "coworkers": coworkers,
                "ability": self.economy.worker_ability[before],
                "firm_type": log.state.firm_type[firm].astype(np.int64),
            }
        )

    def members(self, state: State) -> pd.DataFrame:
        """Return who works where in the last state, one row a worker with a job.

        Columns firm, worker, worker_type, human_capital, ability, firm_type,
        productivity, learning_environment, team_size; sorted by firm and worker.
        """
        economy, last = self.economy, self.log.number
        slot = np.flatnonzero(state.worker_firm >= 0)
        firm, kind = state.worker_firm[slot], state.worker_type[slot].astype(np.int64)
        firm_type = state.firm_type[firm].astype(np.int64)
        frame = pd.DataFrame(
            {
                "firm": self.firms(firm, last),
                "worker": self.workers(slot, last),
                "worker_type": kind.astype(np.int64),
                "human_capital": economy.worker_human_capital[kind],
                "ability": economy.worker_ability[kind],
                "firm_type": firm_type,
                "productivity": economy.productivity[firm_type],
                "learning_environment": economy.learning_environment[firm_type],
                "team_size": self.teams.sizes[state.team[firm]],
            }
        )
        return frame.sort_values(["firm", "worker"], ignore_index=True)


def keep(records: np.ndarray, settled: np.ndarray | None, learning: bool) -> np.ndarray:
    """Return which records the histories need.

    `settled` are the new wages at the records, NaN where none is, or None.
    """
    act = records[:, 0]
    wanted = np.isin(act, (HIRE, MOVE, QUIT, BREAK, RETIRE, DEATH))
    if learning:
        wanted |= act == LEARN
    if settled is not None:
        wanted |= ~np.isnan(settled)
    return wanted
