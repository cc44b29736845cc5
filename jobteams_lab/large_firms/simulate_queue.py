"""The clocks: how often they ring, and which ones do in a step."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Clocks(NamedTuple):
    """Rates a year, and what newborns are."""

    psi_e: jax.Array
    psi_n: jax.Array
    retire: jax.Array
    breaks: jax.Array
    renegotiate: jax.Array
    learn: jax.Array
    death: jax.Array
    income: jax.Array  # b/(ρ + δ_r)
    newborn: jax.Array  # (2,) means and a Cholesky factor, (2, 2), of log h and log a

    @classmethod
    def of(cls, economy, quits: bool, dtype) -> Clocks:
        """Return the clocks of an `Economy`; without quits λ need not ring."""
        sds = economy.sd_log_human_capital, economy.sd_log_ability
        r = economy.worker_correlation
        newborn = [
            [economy.mean_log_human_capital, sds[0], 0.0],
            [economy.mean_log_ability, r * sds[1], (1 - r * r) ** 0.5 * sds[1]],
        ]
        rates = (
            economy.contact_rate_employed,
            economy.contact_rate_nonemployed,
            economy.retirement_rate,
            economy.match_break_rate,
            economy.renegotiation_rate if quits else 0.0,
            economy.learning_event_rate,
            economy.firm_death_rate,
            economy.nonemployment_value(1.0),
            newborn,
        )
        return cls(*[jnp.asarray(rate, dtype) for rate in rates])

    @property
    def worker(self):
        """How often a worker's clock rings."""
        employed = self.psi_e + self.retire + self.breaks + self.renegotiate
        return jnp.maximum(employed, self.psi_n + self.retire)

    @property
    def firm(self):
        """How often a firm's clock rings."""
        return self.learn + self.death


class Event(NamedTuple):
    """K clocks, the first one to ring first; the fields are those of `State`."""

    kind: jax.Array
    who: jax.Array
    what: jax.Array
    met: jax.Array


def queue(state, u, clocks, W: int, F: int) -> Event:
    """Return the clocks that ring, from uniforms u, (4, K).

    Events that wait move to the front in their order, new ones fill the rest.
    """
    K = len(state.waiting)
    share = W * clocks.worker / (W * clocks.worker + F * clocks.firm)
    kind = (u[0] >= share).astype(jnp.int32)
    who = (u[1] * jnp.where(kind == 1, F, W)).astype(jnp.int32)
    reach = jnp.cumsum(1 + state.size)
    met = jnp.searchsorted(reach, (u[3] * reach[-1]).astype(reach.dtype), side="right")
    fresh = Event(kind, who, u[2], jnp.minimum(met, F - 1).astype(jnp.int32))
    place = jnp.where(state.waiting, jnp.cumsum(state.waiting) - 1, K)
    front = jnp.arange(K) < state.waiting.sum()

    def merge(old, new):
        return jnp.where(
            front, jnp.zeros_like(old).at[place].set(old, mode="drop"), new
        )

    held = Event(state.kind, state.who, state.what, state.met)
    return Event(*map(merge, held, fresh))
