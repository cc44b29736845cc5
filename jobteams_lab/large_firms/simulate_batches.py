"""The same process in batches of events, with JAX: as many at once as do not meet.

Conservative parallel simulation of discrete events. In each round, every event still
to come locks the workers and firms that it reads or writes; the events that come first
on all of their locks happen, and the others wait for the next round. An event that
waits on someone whose job decides whom it meets may come to meet others, so it locks
all of its candidates and their firms. The history is therefore that of one event after
the other, to the last integer.

In a file of its own, so that only who calls it waits for JAX.
"""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms.simulate_rules import CANDIDATES, RECORD, Rules, State
from jobteams_lab.large_firms.simulate_steps import act, at, look
from jobteams_lab.precision import double

PASS = 2**15  # events that go to the device at once


class Batches:
    """The engine that looks at many events at once, on whatever device JAX has.

    Parameters
    ----------
    rules : Rules
    state : State
        Where to begin; it is not changed.
    window : int, optional
        How many events it looks at; by default a twentieth of the firms, but at least
        64 and at most 2¹⁴.

    Attributes
    ----------
    rounds : int
        How many rounds were run so far.
    """

    def __init__(self, rules: Rules, state: State, window: int | None = None):
        if window is None:
            window = 2 ** round(math.log2(np.clip(len(state.team) / 20, 64, 2**14)))
        self.window, self.rounds = window, 0
        with double():
            self.rules = Rules(*[jnp.asarray(part) for part in rules])
        self.push(state)

    def run(self, who, uniforms, first: int, learning: bool = False):
        """Run events; as `Events.run`, except that `learning` cannot be asked for."""
        if learning:
            raise ValueError("Batches list no learning events: use method='events'.")
        records = np.empty((len(who), len(RECORD)), np.int32)
        for begin in range(0, len(who), PASS):
            part = slice(begin, begin + PASS)
            number = len(who[part])
            spare = PASS - number  # one shape, so that one compilation serves all
            padded = np.pad(who[part], (0, spare))
            drawn = np.pad(uniforms[part], ((0, spare), (0, 0)))
            with double():
                self.state, written, rounds = _pass(
                    self.rules,
                    self.state,
                    padded,
                    drawn,
                    np.int64(first + begin),
                    np.int32(number),
                    self.window,
                )
            records[part] = np.asarray(written)[:number]
            self.rounds += int(rounds)
        return records, np.empty((0, 4), np.int32)

    def pull(self) -> State:
        """Return a copy of the state as it is now."""
        return State(*[np.array(part) for part in self.state])

    def push(self, state: State) -> None:
        """Go on from this state."""
        with double():
            self.state = State(*[jnp.array(part) for part in state])


@partial(jax.jit, static_argnames="width")
def _pass(rules, state, who, uniforms, first, number, width):
    # `window` holds the events that wait, in their order; beyond the last is `number`
    records = jnp.zeros((len(who), len(RECORD)), jnp.int32)
    order = jnp.arange(width, dtype=jnp.int32)

    def round_(carry):
        state, window, coming, records, rounds = carry
        there = window < number
        drawn = at(uniforms, window)
        seen = look(rules, state, at(who, window), drawn)
        happens = there & _undisturbed(state, seen, drawn, there, order)
        state = act(rules, state, seen, happens, first + window + 1)
        written = jnp.stack(seen[: len(RECORD)], axis=1)
        past = jnp.where(happens, window, len(who))
        records = records.at[past].set(written, mode="drop")
        waits = there & ~happens
        kept = waits.sum(dtype=jnp.int32)
        place = jnp.where(waits, jnp.cumsum(waits, dtype=jnp.int32) - 1, width)
        new = jnp.minimum(coming + order - kept, number)
        window = new.at[place].set(window, mode="drop")
        return state, window, coming + width - kept, records, rounds + 1

    window = jnp.minimum(order, number)
    carry = state, window, jnp.int32(width), records, 0
    state, _, _, records, rounds = jax.lax.while_loop(
        lambda carry: (carry[1] < number).any(), round_, carry
    )
    return state, records, rounds


def _undisturbed(state, seen, uniforms, waiting, order):
    """Return which waiting events come before all others on what they touch."""
    workers, firms = len(state.worker_type), len(state.team)
    nobody, late = workers + firms, len(order)

    def of_firm(firm):
        return jnp.where(firm >= 0, workers + firm, nobody)

    def of_worker(worker):
        return jnp.where(worker >= 0, worker, nobody)

    def lock(first, objects, who):
        objects = jnp.where(who[:, None], objects, nobody)
        objects = objects.astype(jnp.int32)
        claim = jnp.broadcast_to(order[:, None], objects.shape)
        return first.at[objects].min(claim, mode="drop")

    def earlier(first, objects):
        mine = first.at[objects].get(mode="fill", fill_value=late)
        return mine < order[:, None]

    choosing = jnp.concatenate(
        [of_worker(seen.rejected), of_firm(seen.met)[:, None]], axis=1
    )
    own = jnp.stack([of_worker(seen.worker), of_firm(seen.firm)], axis=1)
    first = jnp.full(nobody, late, order.dtype)
    first = lock(lock(first, own, waiting), choosing, waiting)
    disturbed = earlier(first, choosing)
    certain_firm = (seen.met >= 0) & ~seen.by_worker
    doubtful = disturbed[:, :-1].any(axis=1) | (disturbed[:, -1] & ~certain_firm)
    # whoever loses or finds a job first may meet someone at all
    doubtful |= seen.may_meet & earlier(first, own).any(axis=1)
    doubtful &= waiting

    def lock_all(first):
        drawn = (uniforms[:, CANDIDATES:] * (firms + workers)).astype(jnp.int32)
        of_theirs = at(state.worker_firm, drawn - firms)
        candidates = jnp.where(drawn < firms, nobody, drawn - firms)
        places = of_firm(jnp.where(drawn < firms, drawn, of_theirs))
        return lock(lock(first, candidates, doubtful), places, doubtful)

    first = jax.lax.cond(doubtful.any(), lock_all, lambda first: first, first)
    blocked = earlier(first, own).any(axis=1) | earlier(first, choosing).any(axis=1)
    return ~blocked
