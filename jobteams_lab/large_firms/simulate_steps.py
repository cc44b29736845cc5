"""What many events find, each by itself, and what those of them that happen change.

One entry an event throughout, and −1 where there is no worker, firm or team. The same
steps, one event at a time, are in `simulate_events`. In a file of its own, so that only
who calls it waits for JAX.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jobteams_lab.large_firms.simulate_rules import (
    BREAK,
    CANDIDATES,
    DEATH,
    FIRST,
    HIRE,
    LEARN,
    MEET,
    MOVE,
    NOTHING,
    QUIT,
    RENEGOTIATE,
    RETIRE,
    SECOND,
    WHAT,
)


class Seen(NamedTuple):
    """What each event finds, and does if no other comes before it.

    The first seven are the columns of its record.
    """

    act: jax.Array
    worker: jax.Array
    type: jax.Array
    firm: jax.Array  # the worker's, or that which learns or dies
    rung: jax.Array
    other: jax.Array
    beside: jax.Array
    rejected: jax.Array  # (events, candidates), the nonemployed before the firm met
    met: jax.Array  # the firm met, also if it is the worker's own
    by_worker: jax.Array  # whether the firm was met through one of its workers
    taught: jax.Array  # (events, N), types of the firm's workers after learning
    may_meet: jax.Array  # whether a meeting can be, with or without a job
    newborn: jax.Array  # type of the newcomer should the worker retire


def at(table, *index):
    """Return what a table holds, anything where an index is −1 or beyond the end."""
    return table[tuple(jnp.maximum(one, 0) for one in index)]


def look(rules, state, who, uniforms) -> Seen:
    """Return what each event finds in the state as it is."""
    workers, firms = len(state.worker_type), len(state.team)
    is_worker = who < workers
    worker = jnp.where(is_worker, who, -1)
    kind = jnp.where(is_worker, at(state.worker_type, worker), -1)
    firm = jnp.where(is_worker, at(state.worker_firm, worker), who - workers)
    has_job = firm >= 0
    team = at(state.team, firm)
    rung = jnp.where(is_worker, at(rules.lower, team, kind), team)
    rung = jnp.where(has_job, rung, -1)
    own = at(rules.surplus, kind, at(state.firm_type, firm), rung)
    own = jnp.where(has_job, own, 0.0)

    what = uniforms[:, WHAT]
    until = jnp.where(has_job, rules.meets_employed, rules.meets_nonemployed)
    retires = what < rules.retire
    meets = is_worker & ~retires & (what < until)
    drawn = (uniforms[:, CANDIDATES:] * (firms + workers)).astype(jnp.int32)
    their_firm = at(state.worker_firm, drawn - firms)
    their_firm = jnp.where(drawn < firms, drawn, their_firm)
    found = meets[:, None] & (their_firm >= 0)
    place = jnp.where(found.any(axis=1), found.argmax(axis=1), drawn.shape[1])
    before = meets[:, None] & (jnp.arange(drawn.shape[1]) < place[:, None])
    last = jnp.minimum(place, drawn.shape[1] - 1)[:, None]
    met = jnp.take_along_axis(their_firm, last, axis=1)[:, 0]
    met = jnp.where(meets & found.any(axis=1), met, -1)
    by_worker = jnp.take_along_axis(drawn, last, axis=1)[:, 0] >= firms

    other = jnp.where(met == firm, -1, met)
    beside = jnp.where(other >= 0, at(state.team, other), -1)
    offered = at(rules.surplus, kind, at(state.firm_type, other), beside)
    gain = offered - jnp.maximum(own, 0.0) - rules.tie
    taken = (other >= 0) & (beside < len(rules.upper))
    taken &= uniforms[:, FIRST] * rules.width < gain
    quits = has_job & (uniforms[:, SECOND] * rules.width < -own - rules.tie)
    rest = jnp.where(
        what < rules.renegotiates,
        jnp.where(quits, QUIT, RENEGOTIATE),
        jnp.where(what < rules.breaks, BREAK, NOTHING),
    )
    does = jnp.where(has_job, rest, NOTHING)
    declined = jnp.where(quits, QUIT, MEET)
    moved = jnp.where(has_job, MOVE, HIRE)
    does = jnp.where(meets, jnp.where(taken, moved, declined), does)
    does = jnp.where(retires, RETIRE, does)
    of_firm = jnp.where(what < rules.death, DEATH, LEARN)
    does = jnp.where(is_worker, does, of_firm)
    rejected = jnp.where(before, drawn - firms, -1)
    becomes, taught = _learn(rules, state, firm, uniforms)
    beside = jnp.where(does == LEARN, becomes, beside)
    newborn = jnp.searchsorted(rules.newborn, uniforms[:, FIRST], side="right")
    newborn = jnp.minimum(newborn, len(rules.newborn) - 1).astype(jnp.int32)
    return Seen(
        does,
        worker,
        kind,
        firm,
        rung,
        other,
        beside,
        rejected,
        met,
        by_worker,
        taught,
        is_worker & (what < jnp.maximum(rules.meets_employed, rules.meets_nonemployed)),
        newborn,
    )


def _learn(rules, state, firm, uniforms):
    before = team = at(state.team, firm)
    group = rules.group[at(state.firm_type, firm)]
    members = at(state.members, firm)
    types = []
    for slot in range(members.shape[1]):
        kind = at(state.worker_type, members[:, slot])
        up = uniforms[:, FIRST + slot] < rules.up[group, before, kind]
        taught = rules.below[group, before, kind] + jnp.where(up, rules.step, 0)
        changes = (slot < rules.sizes[before]) & (taught != kind)
        replaced = at(rules.upper, at(rules.lower, team, kind), taught)
        team = jnp.where(changes, replaced, team)
        types.append(taught.astype(jnp.int32))
    return team, jnp.stack(types, axis=1)


def act(rules, state, seen, happens, now):
    """Return the state after the events that happen, which touch nothing twice."""
    workers, firms = len(state.worker_type), len(state.team)
    does = jnp.where(happens, seen.act, NOTHING)
    joins = (does == HIRE) | (does == MOVE)
    retires, dies, learns = does == RETIRE, does == DEATH, does == LEARN
    ends = (does == QUIT) | (does == BREAK) | (retires & (seen.firm >= 0))
    leaves = ends | (does == MOVE)
    stops = (does == HIRE) | (retires & (seen.firm < 0))
    slots = jnp.arange(state.members.shape[1])
    inside = slots < rules.sizes[at(state.team, seen.firm)][:, None]
    old = at(state.members, seen.firm)

    # who was idle until now, and who is from now on
    idle = state.idle.at[_only(seen.type, stops, len(state.idle))]
    idle = idle.add(now - at(state.worker_since, seen.worker), mode="drop")
    freed = _only(old, inside & dies[:, None], workers)
    since = state.worker_since.at[_only(seen.worker, stops | leaves, workers)]
    since = since.set(now, mode="drop").at[freed]
    since = since.set(jnp.broadcast_to(now[:, None], freed.shape), mode="drop")

    joining = _only(seen.worker, joins, workers)
    places = state.worker_firm.at[_only(seen.worker, ends, workers)]
    places = places.set(-1, mode="drop").at[freed].set(-1, mode="drop")
    places = places.at[joining].set(seen.other, mode="drop")

    pupils = _only(old, inside & learns[:, None], workers)
    types = state.worker_type.at[pupils].set(seen.taught, mode="drop")
    retiring = _only(seen.worker, retires, workers)
    types = types.at[retiring].set(seen.newborn, mode="drop")

    # the last of a team takes the slot of who leaves
    final = inside & ~jnp.roll(inside, -1, axis=1).at[:, -1].set(False)
    last = jnp.where(final, old, 0).sum(axis=1, dtype=old.dtype)
    left = jnp.where(old == seen.worker[:, None], last[:, None], old)
    left = jnp.where(final | dies[:, None], -1, left)
    members = state.members.at[_only(seen.firm, leaves | dies, firms)]
    members = members.set(left, mode="drop")
    hiring = _only(seen.other, joins, firms)
    slot = rules.sizes[jnp.maximum(seen.beside, 0)]
    members = members.at[hiring, slot].set(seen.worker, mode="drop")

    smaller = jnp.where(dies, 0, jnp.where(learns, seen.beside, seen.rung))
    beside = jnp.minimum(seen.beside, len(rules.upper) - 1)
    larger = at(rules.upper, beside, seen.type)
    state = state._replace(
        idle=idle,
        worker_since=since,
        worker_firm=places,
        worker_type=types,
        members=members,
    )
    state = _change_team(state, seen.firm, smaller, leaves | dies | learns, now)
    return _change_team(state, seen.other, larger, joins, now)


def _only(objects, chosen, number):
    # `number` is beyond the end, where writes are dropped
    return jnp.where(chosen, objects, number)


def _change_team(state, firm, team, chosen, now):
    firm = _only(firm, chosen, len(state.team))
    kind = _only(at(state.firm_type, firm), chosen, len(state.occupied))
    spent = now - at(state.firm_since, firm)
    occupied = state.occupied.at[kind, at(state.team, firm)].add(spent, mode="drop")
    return state._replace(
        occupied=occupied,
        firm_since=state.firm_since.at[firm].set(now, mode="drop"),
        team=state.team.at[firm].set(team, mode="drop"),
    )
