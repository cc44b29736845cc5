"""Sinkhorn's iteration for many margins, in logarithms and in JAX.

In a file of its own, so that only who calls it waits for JAX.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp

from jobteams_lab.precision import double

STRETCH = 1.5  # a step goes half as far again; at 1.9 it may run away
ROUGH = 1e-2  # marginal error at which a coarser regularisation has done its work
COARSER = 4.0


def potentials(losses, weights, regularisation, tol, most):
    """Iterate f_i ← f_i + 1.5 ε (log weight_i − log margin_i of exp((Σ f − loss)/ε)).

    Regularisations fall from the largest loss to ε by factors of about 4. Each loop
    stops when no margin is further off, in sum of absolute values, than `tol` (0.01 on
    the way), or after `most` rounds.

    Parameters
    ----------
    losses : ndarray, shape (N_1, ..., N_n)
    weights : sequence of ndarray, shape (N_i,)
        Positive.
    regularisation : float
        ε, in units of the losses.
    tol : float
    most : int

    Returns
    -------
    potentials : list of ndarray
    error : float
    rounds : int
    """
    top = max(float(losses.max()), regularisation)
    stages = 1 + int(np.ceil(np.log(top / regularisation) / np.log(COARSER)))
    scales = np.geomspace(top, regularisation, stages)
    scales[-1] = regularisation  # also where there is one stage only
    limits = np.append(np.full(stages - 1, max(ROUGH, tol)), tol)
    with double():
        found, errors, rounds = _stages(
            jnp.asarray(losses, float),
            tuple(jnp.log(jnp.asarray(one, float)) for one in weights),
            jnp.asarray(scales),
            jnp.asarray(limits),
            most,
        )
        found = [np.array(one) for one in found]
    return found, float(errors[-1]), int(np.asarray(rounds).sum())


@jax.jit
def _stages(losses, log_weights, scales, limits, most):
    size = losses.ndim

    def round_of(carry, scale):
        found, _, rounds = carry
        found, error = list(found), 0.0
        for axis in range(size):
            others = tuple(k for k in range(size) if k != axis)
            held = logsumexp((_added(found) - losses) / scale, axis=others)
            off = jnp.abs(jnp.exp(held) - jnp.exp(log_weights[axis])).sum()
            error = jnp.maximum(error, off)
            step = STRETCH * scale * (log_weights[axis] - held)
            found[axis] = found[axis] + step
        return tuple(found), error, rounds + 1

    def stage(found, at):
        scale, limit = at

        def unfinished(carry):
            return (carry[1] > limit) & (carry[2] < most)

        found, error, rounds = jax.lax.while_loop(
            unfinished, lambda carry: round_of(carry, scale), (found, jnp.inf, 0)
        )
        return found, (error, rounds)

    start = tuple(jnp.zeros(length) for length in losses.shape)
    found, (errors, rounds) = jax.lax.scan(stage, start, (scales, limits))
    return found, errors, rounds


def _added(found):
    size = len(found)
    return sum(
        one.reshape((-1,) + (1,) * (size - 1 - axis)) for axis, one in enumerate(found)
    )
