"""What happened in a simulation of continuous types, event by event."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms.devices import gather
from jobteams_lab.large_firms.simulate_rules import (
    BREAK,
    DEATH,
    HIRE,
    LEARN,
    MEET,
    MOVE,
    NOTHING,
    QUIT,
    RENEGOTIATE,
    RETIRE,
)


class Record(NamedTuple):
    """The K clocks of a step, or (islands, steps, K) of many.

    Attributes
    ----------
    done : (K,) array of bool
        Whether a clock rang to an end; others wait for the next step.
    kind : (K,) array of int
        One of `simulate_rules.KINDS`; "nothing" where no worker at work and no firm
        was concerned. "renegotiation" and "meeting" are those after which a worker
        stays at his firm.
    worker, firm, other : (K,) arrays of int
        W or F where there is none. `firm` is the employer before the event, or the
        firm that learns or dies, `other` the one that was met.
    surplus : (K,) array
        Δ at `firm`.
    offer : (K,) array
        max(Δ, 0) at `other`; 0 where it is full or his own.
    x, y : (K, N) arrays
        log h and log a of a team, the worker in place 0: of `other` with him after a
        hire or move, of `firm` otherwise. Of a firm that learns, its team in the order
        of its members, after the lesson; at a retirement the newborn is in place 0.
    n : (K,) array of int
        How many these are.
    """

    done: jax.Array
    kind: jax.Array
    worker: jax.Array
    firm: jax.Array
    other: jax.Array
    surplus: jax.Array
    offer: jax.Array
    x: jax.Array
    y: jax.Array
    n: jax.Array


class Acts(NamedTuple):
    """What each lane of a step did, (K,) arrays of bool."""

    hires: jax.Array
    moves: jax.Array
    quits: jax.Array
    breaks: jax.Array
    retires: jax.Array
    dies: jax.Array
    learns: jax.Array
    renegotiates: jax.Array
    meets: jax.Array


KINDS = (HIRE, MOVE, QUIT, BREAK, RETIRE, DEATH, LEARN, RENEGOTIATE, MEET)


def record(acts: Acts, done, who, surplus, offer, person, born, left, joined) -> Record:
    """Return the `Record` of a step.

    Parameters
    ----------
    who : (worker, firm, other)
    person, born : (2, K) arrays
        log h and log a of the worker, and of the newborn who follows him.
    left, joined : (x, y, n)
        The team without him, and the one with him or that has learnt.
    """
    codes = zip(KINDS, acts, strict=True)
    kind = sum(code * act.astype(jnp.int8) for code, act in codes)
    enters = acts.hires | acts.moves
    beside = jnp.where(enters, joined[2] - 1, jnp.where(acts.retires, 0, left[2]))
    places = jnp.arange(left[0].shape[1])
    teams = []
    for part in range(2):
        others = jnp.where(enters[:, None], joined[part], left[part])[:, :-1]
        own = jnp.where(acts.retires, born[part], person[part])[:, None]
        team = jnp.concatenate([own, others], 1)
        team = jnp.where(places <= beside[:, None], team, 0)
        teams.append(jnp.where(acts.learns[:, None], joined[part], team))
    n = jnp.where(acts.learns, joined[2], beside + 1)
    return Record(done, kind, *who, surplus, offer, *teams, n)


class Log(NamedTuple):
    """Events in the order of islands and time, (E,) arrays.

    Attributes
    ----------
    island : (E,) array of int
    time : (E,) array
        In years.
    kind, worker, firm, other, surplus, offer, x, y, n : arrays
        As in `Record`.
    """

    island: np.ndarray
    time: np.ndarray
    kind: np.ndarray
    worker: np.ndarray
    firm: np.ndarray
    other: np.ndarray
    surplus: np.ndarray
    offer: np.ndarray
    x: np.ndarray
    y: np.ndarray
    n: np.ndarray

    @classmethod
    def of(cls, records: Record, rung: np.ndarray, rate: float):
        """Return the log of (islands, steps, K) records, and what had rung at its end.

        Clocks ring at a constant rate, so that an event's time is the number of those
        that rang until then over the rate. It is that of the events, too, as finely as
        there are events: whole numbers instead of a Poisson process.

        Parameters
        ----------
        rung : (islands,) array of int
            How many rang before.
        rate : float
            How many ring a year on an island.
        """
        flat = [gather(part) for part in records]
        flat = [part.reshape(len(rung), -1, *part.shape[3:]) for part in flat]
        counted = rung[:, None] + np.cumsum(flat[0], 1)
        at = np.nonzero(flat[1] != NOTHING)
        log = cls(at[0], counted[at] / rate, *[part[at] for part in flat[1:]])
        return log, counted[:, -1]

    def rows(self, which) -> Log:
        """Return some of the events."""
        return Log(*[part[which] for part in self])
