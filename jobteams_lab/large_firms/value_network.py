"""V as a network of sets, with every weight trained, and its Bellman equation.

    V(z, q, X) = V₀(z, q, X) (1 + N(z, q, X)),
    N = w₃ · tanh(W₂ ψ(z, q, X) + b₂)

V₀ is a rough solution; ψ are the units of a deep set that also reads log z and the size
of the team, and w₃ starts at zero. N is what V₀ misses, relative to V.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms.bellman_rows import Numbers, Rows, terms
from jobteams_lab.large_firms.meeting_tables import Tables
from jobteams_lab.large_firms.networks import DeepSet
from jobteams_lab.large_firms.team_basis import Scale


class Network(NamedTuple):
    """The weights of N; a pytree.

    Attributes
    ----------
    deep : DeepSet
        Its outer layer reads log z and the size beside the embedding.
    hidden_weights : (H, H) array
        W₂.
    hidden_bias, head : (H,) arrays
        b₂ and w₃.
    """

    deep: DeepSet
    hidden_weights: jax.Array
    hidden_bias: jax.Array
    head: jax.Array

    @classmethod
    def start(cls, seed: int, side: int, embedding: int = 16, units: int = 32):
        """Return weights at which N is zero, in float64.

        Parameters
        ----------
        seed : int
        embedding, units : int
            Width of the pooled embedding, and of the two layers behind it.
        """
        rng = np.random.default_rng([seed, 31])
        deep = DeepSet.random(seed, embedding, units)
        inputs = embedding + side
        outer = rng.normal(size=(inputs, units)) / np.sqrt(inputs)
        return cls(
            deep._replace(outer_weights=outer, outer_bias=0.1 * deep.outer_bias),
            rng.normal(size=(units, units)) / np.sqrt(units),
            np.zeros(units),
            np.zeros(units),
        )

    @property
    def size(self) -> int:
        """How many weights there are."""
        return sum(np.size(part) for part in jax.tree.leaves(self))


class Lessons(NamedTuple):
    """R teams of any size, each with its own z, as a network reads their equation.

    P = 2 + N + M teams stand for each: itself, after a learning event, without each
    worker, and with one more of each node.

    Attributes
    ----------
    x, y, learnt : (R, N) arrays
        log h, log a, and log h after a learning event.
    side : (R, P, S) array
        What the outer layer reads besides the embedding.
    rough : (R, P) array
        V₀.
    output : (R,) array
        z times output.
    outside : (R, N) array
        U of the workers.
    z : (R,) array
    size : (R,) array of int
    """

    x: jax.Array
    y: jax.Array
    learnt: jax.Array
    side: jax.Array
    rough: jax.Array
    output: jax.Array
    outside: jax.Array
    z: jax.Array
    size: jax.Array


class Meetings(NamedTuple):
    """Who is met, what meetings are worth, and the rates of the Bellman equation.

    Attributes
    ----------
    x, y, outside : (M,) arrays
        log h, log a and U of the nodes.
    table : Tables
    numbers : Numbers
    """

    x: jax.Array
    y: jax.Array
    outside: jax.Array
    table: Tables
    numbers: Numbers


def values(network: Network, lessons: Lessons, meetings: Meetings, scale: Scale):
    """Return V of every team that the lessons read, (R, P).

    The embedding is linear in the workers: φ is computed once for each, and added or
    taken out.
    """
    deep, n = network.deep, lessons.size
    wide = deep.inner_bias.shape[0]
    pooled, beside = deep.outer_weights[:wide], deep.outer_weights[wide:]
    taken = (jnp.arange(lessons.x.shape[1]) < n[:, None])[..., None]
    each = jnp.where(taken, deep.member(lessons.x, lessons.y, scale) @ pooled, 0)
    later = jnp.where(taken, deep.member(lessons.learnt, lessons.y, scale) @ pooled, 0)
    met = deep.member(meetings.x, meetings.y, scale) @ pooled
    all_of = each.sum(1, keepdims=True)
    many = jnp.maximum(n, 1)[:, None, None]
    embedding = [
        all_of / many,
        later.sum(1, keepdims=True) / many,
        (all_of - each) / jnp.maximum(n - 1, 1)[:, None, None],
        (all_of + met) / (n + 1)[:, None, None],
    ]
    first = jnp.concatenate(embedding, 1) + lessons.side @ beside + deep.outer_bias
    second = jnp.tanh(first) @ network.hidden_weights + network.hidden_bias
    return lessons.rough * (1 + jnp.tanh(second) @ network.head)


def equation(value, lessons: Lessons, meetings: Meetings):
    """Return (R, V, flow out) of the Bellman equation at teams, (R,) each.

    Parameters
    ----------
    value : (R, P) array
        V of the teams that the lessons read.
    """
    places, numbers = lessons.x.shape[1], meetings.numbers

    def one(value, lesson):
        # a value is a combination of one feature: itself
        rows = Rows(
            value[None, :1],
            value[None, 1:2],
            value[None, 2 : 2 + places, None],
            value[None, 2 + places :, None],
            lesson.output[None],
            lesson.outside[None],
            lesson.size,
        )
        unit = jnp.ones((1, 1), value.dtype)
        now = terms(
            rows, unit, unit, unit, meetings.table, meetings.outside, numbers, unit[0]
        )
        out = numbers.discount + numbers.death + numbers.learn
        return now.residual[0, 0], out + now.losing.sum() + now.hiring.sum()

    residual, out = jax.vmap(one)(value, lessons)
    return residual, value[:, 0], out


def q_of(network: Network, lessons: Lessons, meetings: Meetings, scale: Scale):
    """Return q = R/(ρV), V and what one step of value iteration makes of V, (R,) each.

    The step is V + R/Λ, where Λ is ρ plus the rate at which a team changes. Slopes of q
    are those of R: the V that it is divided by counts as given.
    """
    value = values(network, lessons, meetings, scale)
    residual, value, out = equation(value, lessons, meetings)
    size = jax.lax.stop_gradient(jnp.abs(value))
    return residual / (meetings.numbers.discount * size), value, value + residual / out
