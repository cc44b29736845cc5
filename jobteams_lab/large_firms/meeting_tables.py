"""Whom a firm meets, and what meetings with each type of worker are worth.

Types of workers are M nodes. A firm whose surplus with a worker of type m is D expects

    G_m(D) = μ_N,m max(D, 0) + Σ_p μ_E,p max(D − max(Δ_p, 0), 0)

a year and a unit of 1 + n, where p runs over the employed workers of type m. G is
convex, and its slope is the rate at which meetings end in a hire.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jobteams_lab.large_firms.rates import Rates
from jobteams_lab.large_firms.team_sample import TeamSample

GRID = 2048  # surpluses at which G is tabulated; between them it is a cubic


@dataclass(frozen=True, eq=False)
class Market:
    """Whom firms meet.

    Attributes
    ----------
    x, y : (M,) arrays
        log h and log a of the nodes; h is the mean of the workers whom a node stands
        for, and so is log a.
    nonemployed_rate : (M,) array
        μ_N, a year and a unit of 1 + n.
    employed_rate : (A,) array
        μ_E of each employed atom.
    node : (A,) array of int
        The node that stands for him.
    teams : TeamSample
        The firms of the sample.
    row, place : (A,) arrays of int
        Which of them employs the atom, and in which place.
    """

    x: np.ndarray
    y: np.ndarray
    nonemployed_rate: np.ndarray
    employed_rate: np.ndarray
    node: np.ndarray
    teams: TeamSample
    row: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, rates: Rates, sample: TeamSample, nodes: int, quits: float) -> Market:
        """Return the market of a sample.

        The sample's nonemployment is noisy. Masses are those at which hires, at the
        sample's chance that a firm is not full, and separations balance.

        Parameters
        ----------
        rates : Rates
        sample : TeamSample
        nodes : int
            M; each stands for as many workers.
        quits : float
            Quits a year and an employed worker.
        """
        x, y = sample.workers
        edges = np.quantile(x, np.arange(1, nodes) / nodes)
        node = np.searchsorted(edges, x)
        count = np.maximum(np.bincount(node, minlength=nodes), 1)
        h = np.bincount(node, np.exp(x), nodes) / count
        a = np.bincount(node, y, nodes) / count
        row, place = np.nonzero(sample.taken)
        masses = balanced_masses(rates, sample, quits)
        met = 1 + masses[0]
        idle = np.bincount(node[len(row) :], minlength=nodes)
        psi_n, psi_e = rates.contact_rate_nonemployed, rates.contact_rate_employed
        each = psi_e * masses[0] / met / max(len(row), 1)
        return cls(
            np.log(np.maximum(h, 1e-300)),
            a,
            psi_n * masses[1] / met * idle / max(idle.sum(), 1),
            np.full(len(row), each),
            node[: len(row)],
            sample,
            row,
            place,
        )

    @property
    def rate(self) -> float:
        """ω, meetings a year and a unit of 1 + n."""
        return float(self.nonemployed_rate.sum() + self.employed_rate.sum())

    def incumbents(self) -> tuple[np.ndarray, ...]:
        """Return the teams of the atoms as if each were his node, and without him.

        Returns
        -------
        x, y : (A, N) arrays
            With the worker in his place.
        x_without, y_without : (A, N) arrays
        """
        x, y = self.teams.x[self.row], self.teams.y[self.row]
        atom = np.arange(len(self.row))
        place = np.arange(x.shape[1])
        behind = np.minimum(place + (place >= self.place[:, None]), x.shape[1] - 1)
        less = np.take_along_axis(x, behind, 1), np.take_along_axis(y, behind, 1)
        x[atom, self.place] = self.x[self.node]
        y[atom, self.place] = self.y[self.node]
        return x, y, *less


def balanced_masses(rates: Rates, sample: TeamSample, quits: float):
    """Return the masses of employed and nonemployed workers, a unit mass of firms."""
    reach = 1 + sample.n
    room = 1 - reach[sample.n == sample.places].sum() / reach.sum()
    lost = rates.separation_rate + rates.firm_death_rate + quits
    found = rates.contact_rate_nonemployed * room
    nonemployed = rates.workers_per_firm * lost / (found + lost)
    return rates.workers_per_firm - nonemployed, nonemployed


class Tables(NamedTuple):
    """G_m and its slope on a grid of surpluses, denser near zero.

    Attributes
    ----------
    top : () array
        The last surplus of the grid; beyond it G is linear.
    gain, slope : (M, GRID) arrays
    """

    top: jax.Array
    gain: jax.Array
    slope: jax.Array


def tables(market: Market, surplus: np.ndarray) -> Tables:
    """Return the tables for given surpluses Δ_p of the atoms, (A,)."""
    held = np.maximum(surplus, 0)
    top = 1.02 * max(held.max(initial=0.0), 1e-6)
    grid = top * np.linspace(0, 1, GRID) ** 2
    gain = market.nonemployed_rate[:, None] * grid
    slope = np.repeat(market.nonemployed_rate[:, None], GRID, 1)
    order = np.lexsort((held, market.node))
    edges = np.searchsorted(market.node[order], np.arange(len(market.x) + 1))
    for m in range(len(market.x)):
        mine = order[edges[m] : edges[m + 1]]
        rate, paid = market.employed_rate[mine], held[mine]
        below = np.searchsorted(paid, grid, "right")
        count = np.append(0.0, np.cumsum(rate))[below]
        cost = np.append(0.0, np.cumsum(rate * paid))[below]
        gain[m] += count * grid - cost
        slope[m] += count
    return Tables(*map(jnp.asarray, (top, gain, slope)))


@partial(jax.jit, inline=True)
def gains(table: Tables, surplus):
    """Return G_m(D) and its slope for D, (..., M)."""
    node = jnp.arange(table.gain.shape[0])
    root = jnp.sqrt(jnp.clip(surplus / table.top, 0, 1)) * (GRID - 1)
    left = jnp.clip(root.astype(jnp.int32), 0, GRID - 2)
    at = left.astype(root.dtype)  # a quotient of integers has only 32 bits
    start = table.top * (at / (GRID - 1)) ** 2
    width = table.top * ((at + 1) / (GRID - 1)) ** 2 - start
    t = (jnp.clip(surplus, 0, table.top) - start) / width
    low, high = table.gain[node, left], table.gain[node, left + 1]
    rise, climb = table.slope[node, left] * width, table.slope[node, left + 1] * width
    # Hermite's cubic
    value = low + t * (rise + t * (3 * (high - low) - 2 * rise - climb))
    value = value + t**3 * (2 * (low - high) + rise + climb)
    value = value + jnp.maximum(surplus - table.top, 0) * table.slope[node, -1]
    slope = (1 - t) * table.slope[node, left] + t * table.slope[node, left + 1]
    meets = surplus > 0
    return jnp.where(meets, value, 0), jnp.where(meets, slope, 0)
