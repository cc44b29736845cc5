"""W's equation at chosen workers: their teams' neighbours, and how fast these come.

A worker of a team S of n is worth, at a wage w and between his own settlements,

    (D + L) W = w + (δ_f + δ_m) U + Σ_b r_b W_b + s(W − U),   L = Σ_b r_b,

with D = ρ + δ_f + δ_m + δ_r, and b over what the team may be next: after a lesson,
without each coworker, and with each type of worker whom the firm may hire.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np

from jobteams_lab.large_firms import firm_grid, pay_basis
from jobteams_lab.large_firms.bellman_rows import features, lessons, sample_rows
from jobteams_lab.large_firms.devices import gather
from jobteams_lab.large_firms.meeting_tables import Market, Tables, gains
from jobteams_lab.large_firms.offers import Offers
from jobteams_lab.large_firms.pay_settlement import survival
from jobteams_lab.large_firms.solution import Solution

RARE = 0.2  # of the workers whose level is drawn evenly


@jax.jit
def _own(basis, x, y, n, log_q):
    return pay_basis.features(x, y, n, log_q, basis.scale)


def own_features(basis, x, y, n, log_q) -> np.ndarray:
    """Return the features of the first worker of each team, (R, B)."""
    return gather(_own(basis, x, y, n, log_q))


class Around(NamedTuple):
    """R workers, each the first of his team, and what their teams may be next.

    The neighbours b are 0 the team itself, 1 after a lesson, then without each
    coworker, and last with each of M types, if there is room.

    Attributes
    ----------
    teams : list of (x, y, n)
        For each b: (R, N) arrays of log h and log a, and the size.
    surplus : (b, R, Z) array
        The worker's Δ there.
    rates : (b, R, Z) array
        A year; nothing for the team itself.
    outside : (2, R) array
        U now and after a lesson.
    """

    teams: list
    surplus: np.ndarray
    rates: np.ndarray
    outside: np.ndarray

    def outside_at(self, b: int) -> np.ndarray:
        """U of the workers in neighbour b, (R,)."""
        return self.outside[int(b == 1)]


@dataclass(frozen=True, eq=False)
class PayRows:
    """R workers in teams of one size, their neighbours in features.

    Attributes
    ----------
    sizes : (b,) array of int
        Of the neighbours of `Around`.
    features : (b, R, K) array
        Of the worker there, whitened.
    surplus, rates : (b, R, Z) arrays
    outside : (b, R) array
        U.
    offers : (2, R, D) array
        T, now and after a lesson.
    """

    sizes: np.ndarray
    features: np.ndarray
    surplus: np.ndarray
    rates: np.ndarray
    outside: np.ndarray
    offers: np.ndarray

    @property
    def leaving(self) -> np.ndarray:
        """L, (R, Z)."""
        return self.rates.sum(0)


class RowMaker:
    """Makes rows at a solution.

    Parameters
    ----------
    solution : Solution
    market : Market
    table : Tables
        What meetings are worth to firms.
    offers : Offers
    nodes : int
        At how many log z rows are read: between the solution's nodes V is a spline.
    """

    def __init__(self, solution, market, table, offers, nodes: int):
        self.solution: Solution = solution
        self.market: Market = market
        self.table: Tables = table
        self.offers: Offers = offers
        self.nodes = firm_grid.nodes(solution.nodes, nodes)
        self._to_nodes = firm_grid.weights(solution.nodes, self.nodes).T
        economy = solution.economy
        self.income = economy.nonemployment_value(1.0)
        self.separation = economy.separation_rate
        self.renew = float(economy.renegotiation_rate)
        self.meet = float(economy.contact_rate_employed)
        self.learn = economy.learning_event_rate
        self.lost = economy.firm_death_rate + economy.match_break_rate
        self.discount = (
            economy.discount_rate + economy.firm_death_rate + economy.separation_rate
        )

    def value(self, x, y, n, log_q, share=None) -> np.ndarray:
        """Return V of teams of one size at all nodes, (R, Z).

        With `share`, what the solution's nodes count for each team, V is (R, 1).
        """
        sizes = np.full(len(x), n, np.int32)
        found = gather(features(self.solution.basis, x, y, sizes, log_q))
        found = found @ self.solution.coefficients[:, n].T
        if share is None:
            return found @ self._to_nodes
        return (found * share).sum(1, keepdims=True)

    def teams(self, n: int, many: int, rng: np.random.Generator):
        """Return (x, y, log q) of teams around the sample, any worker the first.

        In two in ten the first worker's log h is drawn evenly over what workers have,
        for W is read of rare ones too.
        """
        x, y, log_q = sample_rows(self.solution.sample, n, many, rng)
        order = rng.random(x.shape)
        order[:, n:] = 2.0
        order = order.argsort(1)
        x, y = (np.take_along_axis(part, order, 1) for part in (x, y))
        rare = rng.random(many) < RARE
        x[rare, 0] = rng.uniform(*self.offers.x[[0, -1]], rare.sum())
        return x, y, log_q

    def own(self, x, y, n: int, log_q) -> np.ndarray:
        """Return the features of the first worker in teams of n, (R, B)."""
        sizes = np.full(len(x), n, np.int32)
        return own_features(self.solution.basis, x, y, sizes, log_q)

    def around(self, n: int, x, y, log_q, share=None) -> Around:
        """Return teams of n and their neighbours; for `share` see `value`."""
        market, places, many = self.market, x.shape[1], len(x)
        sizes = np.full(many, n, np.int32)
        learnt = gather(lessons(self.solution.basis, x, y, sizes, log_q))
        teams = [(x, y, n), (learnt, y, n)]
        for j in range(1, n):
            behind = _behind(places, j)
            teams.append((x[:, behind], y[:, behind], n - 1))
        if n < places:
            for level, ability in zip(market.x, market.y, strict=True):
                with_x, with_y = x.copy(), y.copy()
                with_x[:, n], with_y[:, n] = level, ability
                teams.append((with_x, with_y, n + 1))
        outside = self.income * np.exp(np.stack([x[:, 0], learnt[:, 0]]))
        first, value, surplus = _behind(places, 0), [], []
        for b, (x_b, y_b, n_b) in enumerate(teams):
            value.append(self.value(x_b, y_b, n_b, log_q, share))
            less = self.value(x_b[:, first], y_b[:, first], n_b - 1, log_q, share)
            surplus.append(value[b] - less - outside[int(b == 1)][:, None])
        rates = np.zeros((len(teams), *value[0].shape))
        rates[1] = self.learn
        for j in range(1, n):
            held = value[0] - value[1 + j] - self.income * np.exp(x[:, j])[:, None]
            rows = self.offers.rows(x[:, j], y[:, j])
            poached = self.meet * survival(held, rows, self.offers.top)
            quits = np.where(held < 0, self.renew + self.meet, poached)
            rates[1 + j] = self.separation + quits
        if n < places:
            worth = self.income * np.exp(market.x)
            offered = np.stack(value[1 + n :], -1) - value[0][..., None] - worth
            _, hiring = gains(self.table, offered)
            rates[1 + n :] = np.moveaxis((1 + n) * np.asarray(hiring), -1, 0)
        return Around(teams, np.stack(surplus), rates, outside)

    def rows(self, n: int, x, y, log_q, turns: np.ndarray) -> PayRows:
        """Return the rows of teams of n; turns, (N + 1, B, K), whiten features."""
        around = self.around(n, x, y, log_q)
        learnt, *_ = around.teams[1]
        own = [self.own(*team, log_q) @ turns[team[2]] for team in around.teams]
        offers = [self.offers.rows(part[:, 0], y[:, 0]) for part in (x, learnt)]
        return PayRows(
            np.array([n_b for *_, n_b in around.teams]),
            np.stack(own),
            around.surplus,
            around.rates,
            np.stack([around.outside_at(b) for b in range(len(around.teams))]),
            np.stack(offers),
        )


def _behind(places: int, out: int) -> np.ndarray:
    # which places move up when one leaves
    behind = np.arange(places) + (np.arange(places) >= out)
    return np.minimum(behind, places - 1)
