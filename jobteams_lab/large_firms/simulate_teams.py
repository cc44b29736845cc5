"""The economy with continuous types, many events at once, on any device of JAX.

Islands are economies of their own, alike but for their random numbers; they stand side
by side in every array, and on several devices each holds some of them. On an island
clocks ring for workers and firms as in `simulate`; up to K events happen at once, the
first ones on each worker and firm that they touch, and the others wait for the next
step. A worker meets a firm in proportion to 1 + n as it was when the step began.

The rate EE is too low by 2/F of itself, since a worker may meet his own firm of F.
A firm that dies is replaced by one of its own type, so that types stay the stratified
sample of G_f that they were: the law of firms is the same.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms import team_basis
from jobteams_lab.large_firms.networks import Basis
from jobteams_lab.large_firms.simulate_queue import Clocks, queue
from jobteams_lab.large_firms.simulate_records import Acts, record


class State(NamedTuple):
    """Workers and firms of one island, W and F of them, and events that wait."""

    x: jax.Array  # (W,) log h
    y: jax.Array  # (W,) log a
    firm: jax.Array  # (W,) the employer, or F
    members: jax.Array  # (F, N) workers, in the first places
    size: jax.Array  # (F,)
    value: jax.Array  # (F,) V now
    key: jax.Array  # (2,) random bits
    waiting: jax.Array  # (K,) whether an event waits; the first one is first
    kind: jax.Array  # (K,) 0 for a worker's clock, 1 for a firm's
    who: jax.Array  # (K,) the worker or the firm
    what: jax.Array  # (K,) uniform
    met: jax.Array  # (K,) the firm that a worker may meet
    born: jax.Array  # (2,) bits of where the sequence of newborns is


class Firms(NamedTuple):
    """What does not change on an island."""

    log_z: jax.Array  # (F,)
    log_q: jax.Array  # (F,)
    table: jax.Array  # (F, N + 1, B) coefficients of V
    empty: jax.Array  # (F,) V without workers


# the generalised golden ratio's powers, in units of 2⁻³²
STRIDE = np.array([0.7548776662466927, 0.5698402909980532]) * 2**32
STRIDE = STRIDE.astype(np.uint32)
# what a step counts; "clocks" is all that rang, "staff" the employed when it ended
COUNTS = ("EE", "NE", "quits", "breaks", "deaths", "retire", "clocks", "staff")


def value_of(basis: Basis, firms: Firms, at, x, y, n):
    """Return V of the firms `at` with given teams."""
    features = basis(x, y, n, firms.log_q[at])
    return (features * firms.table[at, n]).sum(-1)


def teams(state: State, at):
    """Return (x, y) of the workers of the firms `at`, with zeros in empty places."""
    taken = jnp.arange(state.members.shape[1]) < state.size[at][:, None]
    who = state.members[at]
    return jnp.where(taken, state.x[who], 0), jnp.where(taken, state.y[who], 0)


def revalue(state: State, firms: Firms, basis: Basis) -> State:
    """Return the state with V of all firms computed anew."""
    at = jnp.arange(len(state.size))
    value = value_of(basis, firms, at, *teams(state, at), state.size)
    return state._replace(value=value)


@partial(jax.jit, static_argnames="steps")
def advance(state: State, firms: Firms, clocks: Clocks, basis: Basis, steps: int):
    """Let all islands take some steps; return their states and (islands, 8) counts."""

    def island(state, firms):
        def step(state, _):
            state, counts, _ = _step(state, firms, clocks, basis)
            return state, counts

        state = revalue(state, firms, basis)
        state, counts = jax.lax.scan(step, state, None, length=steps)
        return state, counts.astype(jnp.float32).sum(0)

    return jax.vmap(island)(state, firms)


@partial(jax.jit, static_argnames="steps")
def advance_recorded(
    state: State, firms: Firms, clocks: Clocks, basis: Basis, steps: int
):
    """Do the same; return the states and a `Record` of (islands, steps, K, ...)."""

    def island(state, firms):
        def step(state, _):
            state, _, records = _step(state, firms, clocks, basis)
            return state, records

        state = revalue(state, firms, basis)
        return jax.lax.scan(step, state, None, length=steps)

    return jax.vmap(island)(state, firms)


def _step(state: State, firms: Firms, clocks: Clocks, basis: Basis):
    (F, N), W, K = state.members.shape, len(state.x), len(state.waiting)
    key, now = jax.random.split(state.key)
    u = jax.random.uniform(now, (4, K), state.x.dtype)
    event = queue(state, u, clocks, W, F)
    worker = jnp.where(event.kind == 1, W, event.who)
    person = jnp.minimum(worker, W - 1)
    source = jnp.where(event.kind == 1, event.who, state.firm[person])
    employed = (event.kind == 0) & (source < F)
    # what rings
    clock = event.what * clocks.worker
    retires = (event.kind == 0) & (clock < clocks.retire)
    clock = clock - clocks.retire
    meets = (event.kind == 0) & ~retires
    rings = meets & employed
    meets &= clock < jnp.where(employed, clocks.psi_e, clocks.psi_n)
    clock = clock - clocks.psi_e
    breaks = rings & ~meets & (clock < clocks.breaks)
    thinks = rings & ~meets & ~breaks & (clock < clocks.breaks + clocks.renegotiate)
    dies = (event.kind == 1) & (event.what * clocks.firm < clocks.death)
    learns = (event.kind == 1) & ~dies
    acts = retires | meets | breaks | thinks | dies | learns
    # who is first on all that he touches
    goal = jnp.where(meets, event.met, F)
    turn = jnp.arange(K)
    order = jnp.where(acts, turn, K)
    first = jnp.full(F + 1, K).at[source].min(order).at[goal].min(order).at[F].set(K)
    first_worker = jnp.full(W + 1, K).at[worker].min(order).at[W].set(K)
    go = acts & (first[source] >= order) & (first[goal] >= order)
    go &= first_worker[worker] >= order
    # whose rings mean nothing now, but may once what comes before them has happened
    deadly = jnp.full(F + 1, K).at[source].min(jnp.where(dies, turn, K)).at[F].set(K)
    unsure = ~acts & ((first_worker[worker] < turn) | (deadly[source] < turn))
    # two teams an event: the one that he leaves, and the one he joins or that learns
    old = jnp.minimum(source, F - 1)
    new = jnp.where(learns, old, jnp.minimum(goal, F - 1))
    places = jnp.arange(N)
    left = _without(state.members[old], worker)
    n_left = jnp.maximum(state.size[old] - 1, 0)
    joined = jnp.where(
        (places == state.size[new][:, None]) & meets[:, None],
        worker[:, None],
        state.members[new],
    )
    n_joined = jnp.minimum(state.size[new] + meets, N)
    x_left, y_left = _types(state, left, n_left)
    x_joined, y_joined = _types(state, joined, n_joined)
    lesson = team_basis.learn(
        x_joined, y_joined, n_joined, firms.log_q[new], basis.scale
    )
    x_joined = jnp.where(learns[:, None], lesson, x_joined)
    value = value_of(
        basis,
        firms,
        jnp.concatenate([old, new]),
        jnp.concatenate([x_left, x_joined]),
        jnp.concatenate([y_left, y_joined]),
        jnp.concatenate([n_left, n_joined]),
    )
    v_left, v_joined = value[:K], value[K:]
    outside = clocks.income * jnp.exp(state.x[person])
    own = state.value[old] - v_left - outside
    offered = v_joined - state.value[new] - outside
    room = (state.size[new] < N) & (goal != source)
    moves = go & meets & room & (offered > jnp.where(employed, jnp.maximum(own, 0), 0))
    quits = go & employed & (thinks | (meets & ~moves)) & (own < 0)
    leaves = employed & (moves | quits | (go & (breaks | retires)))
    dies, learns, retires = go & dies, go & learns, go & retires
    # write
    at = jnp.where(leaves, old, F)
    members = state.members.at[at].set(left, mode="drop")
    size = state.size.at[at].set(n_left, mode="drop")
    values = state.value.at[at].set(v_left, mode="drop")
    at = jnp.where(moves, new, F)
    members = members.at[at].set(joined, mode="drop")
    size = size.at[at].set(n_joined, mode="drop")
    at = jnp.where(moves | learns, new, F)
    values = values.at[at].set(v_joined, mode="drop")
    at = jnp.where(dies, old, F)
    size = size.at[at].set(0, mode="drop")
    values = values.at[at].set(firms.empty[old], mode="drop")
    firm = state.firm.at[jnp.where(leaves, worker, W)].set(F, mode="drop")
    firm = firm.at[jnp.where(moves, worker, W)].set(new, mode="drop")
    staff = places < state.size[old][:, None]
    orphans = jnp.where(dies[:, None] & staff, state.members[old], W)
    firm = firm.at[orphans].set(F, mode="drop")
    pupils = jnp.where(learns[:, None] & staff, state.members[old], W)
    x = state.x.at[pupils].set(x_joined, mode="drop")
    births = (state.born + jnp.cumsum(retires)[:, None].astype(jnp.uint32) * STRIDE).T
    born = _newborns(births, clocks)
    at = jnp.where(retires, worker, W)
    x = x.at[at].set(born[0], mode="drop")
    y = state.y.at[at].set(born[1], mode="drop")
    waiting = unsure | (acts & ~go)
    counts = (
        moves & employed,
        moves & ~employed,
        quits,
        go & breaks,
        dies * state.size[old],
        retires & employed,
        ~waiting,
        size,
    )
    acts = Acts(
        moves & ~employed,
        moves & employed,
        quits,
        go & breaks,
        retires,
        dies,
        learns,
        go & thinks & ~quits,
        go & meets & employed & ~moves & ~quits,
    )
    records = record(
        acts,
        ~waiting,
        (worker, source, goal),
        own,
        jnp.where(meets & room, jnp.maximum(offered, 0), 0),
        (state.x[person], state.y[person]),
        born,
        (x_left, y_left, n_left),
        (x_joined, y_joined, n_joined),
    )
    state = State(
        x, y, firm, members, size, values, key, waiting, *event, births[:, -1]
    )
    return state, jnp.stack([count.sum() for count in counts]), records


def _without(members, who):
    at = (members == who[:, None]).argmax(-1)[:, None]
    behind = jnp.concatenate([members[:, 1:], members[:, :1]], 1)
    return jnp.where(jnp.arange(members.shape[1]) >= at, behind, members)


def _types(state: State, members, n):
    taken = jnp.arange(members.shape[1]) < n[:, None]
    return jnp.where(taken, state.x[members], 0), jnp.where(taken, state.y[members], 0)


def _newborns(bits, clocks: Clocks):
    # An even sequence in the square instead of independent draws: with these the mean
    # of log h, which changes over careers, would be the noisiest number of all.
    uniform = (bits >> 8).astype(clocks.newborn.dtype) / 2**24 + 2**-25
    uniform = jnp.minimum(uniform, 1 - 2**-24)  # where 32 bits would round to one
    first, second = jax.scipy.special.ndtri(uniform)
    means, on_first, on_second = clocks.newborn.T
    return means[:, None] + on_first[:, None] * first + on_second[:, None] * second
