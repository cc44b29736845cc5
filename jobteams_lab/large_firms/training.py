"""Networks of sets trained on the Bellman equation, three ways.

All make q = R/(ρV) small at teams drawn around a cross-section, with meetings given:

- "adam": Adam on the mean of q², with a falling rate;
- "semi-gradient": fitted value iteration; V moves towards what the right side of the
  Bellman equation makes of lagged weights, also by Adam;
- "gauss-newton": Levenberg–Marquardt's steps on all weights at once, in float64.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jax.flatten_util import ravel_pytree

from jobteams_lab import checks
from jobteams_lab.large_firms.arguments import require
from jobteams_lab.large_firms.lessons import Task
from jobteams_lab.large_firms.value_network import Lessons, Network, q_of
from jobteams_lab.precision import double

METHODS = ("adam", "semi-gradient", "gauss-newton")
BATCH = 256  # teams in a step of Adam's
RATES = {"adam": 1e-2, "semi-gradient": 3e-3}
LAG = 0.02  # share of the weights that lagged weights take up in a step
GAP = 1e-2  # differences of V that fitted value iteration counts as one
CLIP = 1.0  # norm of the gradient of log mean q²
NEWTON_BATCH = 4096  # teams in a step of Gauss–Newton, more than there are weights
DAMPING = 1e-2  # at first, of the mean diagonal of JᵀJ; absolute, not of each entry
EASIER, HARDER = 0.3, 5.0  # what damping is multiplied by after a step and a failure
CHUNK = 256


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network, and how its error fell.

    Attributes
    ----------
    network : Network
    method : str
    seconds : (C,) array
        Of the processor in training, without compilation and measurement.
    rms : (C,) array
        Root mean square of q at the held-out teams.
    error : (C,) array
        Root mean square of V/V* − 1 at the held-out teams; NaN without a reference V*.
    """

    network: Network
    method: str
    seconds: np.ndarray
    rms: np.ndarray
    error: np.ndarray


def train(
    task: Task,
    lessons: Lessons,
    held_out: Lessons,
    method: str = "gauss-newton",
    epochs: int = 10,
    seed: int = 0,
    *,
    units: int = 32,
    reference=None,
    rate: float | None = None,
) -> Trained:
    """Train a network from N = 0 and return it with its errors at held-out teams.

    Parameters
    ----------
    task : Task
    lessons, held_out : Lessons
        Teams to train on and teams to measure at.
    method : "adam", "semi-gradient" or "gauss-newton"
    epochs : int
        Passes through the lessons, or steps of Gauss–Newton.
    seed : int
        Of the first weights and of the order of the lessons.
    units : int
        Width of the layers.
    reference : (R,) array, optional
        V* at the held-out teams.
    rate : float, optional
        Adam's first step size.

    Returns
    -------
    Trained

    Raises
    ------
    TypeError, ValueError
        A sentence, for arguments that make no sense and too few lessons.
    RuntimeError
        If the error is not finite: take a smaller `rate`.
    """
    require("train", task, Task, "make one by task_of")
    checks.one_of("method", method, METHODS)
    checks.whole("epochs", epochs, low=1)
    checks.whole("seed", seed, low=0)
    checks.whole("units", units, low=1)
    newton = method == "gauss-newton"
    if rate is None:
        rate = RATES.get(method, 1.0)
    checks.number("rate", rate, low=0, open_low=True)
    if len(lessons.z) < BATCH:
        raise ValueError(
            f"lessons hold {len(lessons.z)} teams: draw at least {BATCH}, one batch."
        )
    dtype = np.float64 if newton else np.float32
    with double():
        cast = partial(jax.tree.map, lambda part: _cast(part, dtype))
        start = last = cast(Network.start(seed, lessons.side.shape[2], units=units))
        meetings, taught, asked = map(cast, (task.meetings, lessons, held_out))

        def errors(network):
            q, value, _ = equation_of(network, asked, meetings, task.scale)
            off = np.nan if reference is None else _rms(value / reference - 1)
            return _rms(q), off

        rng = np.random.default_rng([seed, 32])
        problem = taught, meetings, task.scale
        if newton:
            route = _gauss_newton(start, *problem, epochs, rng)
        else:
            route = _adam(start, *problem, method, epochs, rng, rate)
        found, passed = [(0.0, *errors(start))], 0.0
        next(route)  # compiles
        for _ in range(epochs):
            began = time.process_time()
            last = jax.block_until_ready(next(route))
            passed += time.process_time() - began
            found.append((passed, *errors(last)))
            if not np.isfinite(found[-1][1]):
                raise RuntimeError(
                    f"Training by {method} diverged after {passed:.0f} s: take a"
                    f" smaller rate than {rate:g}, or another seed."
                )
    curve = map(np.array, zip(*found, strict=True))
    return Trained(jax.tree.map(np.asarray, last), method, *curve)


def _cast(part, dtype):
    part = np.asarray(part)
    return jnp.asarray(part, dtype if part.dtype.kind == "f" else np.int32)


def _rms(values) -> float:
    return float(np.sqrt(np.mean(np.asarray(values, float) ** 2)))


equation_of = jax.jit(q_of, static_argnames="scale")


def _adam(start, lessons, meetings, scale, method, epochs, rng, rate):
    # the first thing yielded comes after an epoch that is thrown away, to compile
    many = len(lessons.z) // BATCH * BATCH
    steps = epochs * many // BATCH
    plan = optax.cosine_decay_schedule(rate, steps)
    rule = optax.chain(optax.clip_by_global_norm(CLIP), optax.adam(plan))

    def loss(network, lagged, batch):
        q, value, _ = equation_of(network, batch, meetings, scale)
        if method == "adam":
            # the log keeps the size of gradients as the error falls
            return jnp.log((q**2).mean())
        _, before, target = equation_of(lagged, batch, meetings, scale)
        return (((value - target) / before) ** 2).mean() / GAP**2

    @jax.jit
    def epoch(state, order):
        def step(state, which):
            network, lagged, moments = state
            batch = jax.tree.map(lambda part: part[which], lessons)
            slope = jax.grad(loss)(network, lagged, batch)
            change, moments = rule.update(slope, moments)
            network = optax.apply_updates(network, change)
            mix = partial(jax.tree.map, lambda old, new: old + LAG * (new - old))
            return (network, mix(lagged, network), moments), None

        return lax.scan(step, state, order)[0]

    state = start, start, rule.init(start)
    for number in range(epochs + 1):
        order = rng.permutation(len(lessons.z))[:many].reshape(-1, BATCH)
        after = epoch(state, order)
        if number:
            state = after
        yield jax.block_until_ready(state[0])


def _gauss_newton(start, lessons, meetings, scale, steps, rng):
    flat, shape = ravel_pytree(start)
    many = min(NEWTON_BATCH, len(lessons.z) // CHUNK * CHUNK)

    def errors(weights, batch):
        return equation_of(shape(weights), batch, meetings, scale)[0]

    def one(weights, lesson):
        return errors(weights, jax.tree.map(lambda part: part[None], lesson))[0]

    @jax.jit
    def square(weights, batch):
        """JᵀJ and Jᵀq a team, a chunk at a time, so that J is never whole."""

        def add(sums, chunk):
            q, J = jax.vmap(jax.value_and_grad(one), (None, 0))(weights, chunk)
            return (sums[0] + J.T @ J, sums[1] + q @ J, sums[2] + q @ q), None

        size = len(weights)
        sums = jnp.zeros((size, size)), jnp.zeros(size), 0.0
        chunks = jax.tree.map(
            lambda part: part.reshape(-1, CHUNK, *part.shape[1:]), batch
        )
        return jax.tree.map(lambda part: part / many, lax.scan(add, sums, chunks)[0])

    @jax.jit
    def propose(weights, left, right, damping, batch):
        ridge = damping * jnp.eye(len(weights))
        step = jax.scipy.linalg.solve(left + ridge, right, assume_a="pos")
        return weights - step, (errors(weights - step, batch) ** 2).mean()

    def draw():
        which = rng.choice(len(lessons.z), many, replace=False)
        return jax.tree.map(lambda part: part[which], lessons)

    batch = draw()
    left, right, loss = square(flat, batch)
    damping = DAMPING * jnp.trace(left) / len(flat)
    jax.block_until_ready(propose(flat, left, right, damping, batch))
    yield start
    for _ in range(steps):
        batch = draw()
        left, right, loss = square(flat, batch)
        for _ in range(6):
            tried, after = propose(flat, left, right, damping, batch)
            if after < loss:
                flat, damping = tried, damping * EASIER
                break
            damping = damping * HARDER
        yield shape(flat)
