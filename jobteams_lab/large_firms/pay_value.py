"""Values of workers at wages and wages that give values, for continuous types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms import firm_grid
from jobteams_lab.large_firms.arguments import numbers, require
from jobteams_lab.large_firms.offers import Offers
from jobteams_lab.large_firms.pay_reading import Reading
from jobteams_lab.large_firms.pay_report import PayReport, pay_report
from jobteams_lab.large_firms.pay_rows import RowMaker, own_features
from jobteams_lab.large_firms.pay_search import lasts, with_surplus
from jobteams_lab.large_firms.population import Population
from jobteams_lab.large_firms.solution import Solution, places_of
from jobteams_lab.precision import double

CHUNK = 4096


class PayRun(NamedTuple):
    """How worker values were found.

    Attributes
    ----------
    rows, features, wages, types, nodes, seed, rounds : int
    tolerance : float
        The arguments of `worker_pay`.
    device : str
    seconds : float
    version : str
        Of the package.
    """

    rows: int
    features: int
    wages: int
    types: int
    nodes: int
    seed: int
    rounds: int
    tolerance: float
    device: str
    seconds: float
    version: str


@dataclass(frozen=True, eq=False, repr=False)
class WorkerPay:
    """Values of workers at wages, and wages that give values, in a `Solution`.

    W = U + G, and G follows exactly from c (see `pay_settlement`), a combination of
    functions of the worker and his team for each node of log z, team size and wage of a
    grid. Between wages c is a spline whose steps keep to the bounds of the true ones,
    Δw/(D + L̂) and Δw/D, and beyond the grid a line: W increases in the wage by
    construction, and its inverse is exact.

    The methods take a `Population` whose teams have at most `max_team_size` workers;
    its own wages are not read, and the order of its workers does not matter. z beyond
    the solution's nodes counts as the last, and types beyond those that the sample has
    get the offers of the last. They raise a TypeError or a ValueError, a sentence, for
    anything else, for larger teams and for numbers that are not finite.

    Attributes
    ----------
    maker : RowMaker
        The solution, its market, and what workers are offered.
    turns : (N + 1, B, K) array
        What whitens the features.
    scale, size : (Z,) arrays
        Medians of the size of Δ, and of U + Δ⁺.
    lasting : (Z, N + 1, K + 4) array
        Coefficients of L̂.
    wages : (Z, G) array
        A year.
    coefficients : (Z, N + 1, G, K + 4) array
        Of c.
    errors : list of list of float
        Newton's steps at each node, root mean squares over `size`.
    run : PayRun
    """

    maker: RowMaker
    turns: np.ndarray
    scale: np.ndarray
    size: np.ndarray
    lasting: np.ndarray
    wages: np.ndarray
    coefficients: np.ndarray
    errors: list
    run: PayRun

    @property
    def solution(self) -> Solution:
        """V, χ and ω."""
        return self.maker.solution

    @property
    def offers(self) -> Offers:
        """What workers are offered when they meet a firm."""
        return self.maker.offers

    def value(self, teams: Population, wage) -> np.ndarray:
        """Return W of every worker, (n,).

        Parameters
        ----------
        teams : Population
        wage : number or (n,) array
            A year.
        """
        found = self._read(teams)
        return found.value_at(_each("wage", wage, len(found.outside)))[:, 0]

    def wage(self, teams: Population, value) -> np.ndarray:
        """Return the wage a year that gives every worker a value, (n,), W's inverse.

        Parameters
        ----------
        teams : Population
        value : number or (n,) array
            W.
        """
        found = self._read(teams)
        return found.wage_for(_each("value", value, len(found.outside)))[:, 0]

    def starting_wage(self, teams: Population) -> np.ndarray:
        """Return wages at which W = U, (n,), as paid to hires from nonemployment."""
        found = self._read(teams)
        return found.wage_for(found.outside[:, None])[:, 0]

    def poached_wage(self, teams: Population, surplus_left) -> np.ndarray:
        """Return wages at which W = U + max(Δ_left, 0), (n,), as paid to the poached.

        Parameters
        ----------
        teams : Population
            The firms that they come to, with them.
        surplus_left : number or (n,) array
            Δ at the firm that each leaves. The new firm's must be as large, or it would
            not have poached him; that is not checked.
        """
        found = self._read(teams)
        left = _each("surplus_left", surplus_left, len(found.outside))
        return found.wage_for(found.outside[:, None] + np.maximum(left, 0))[:, 0]

    def markdown(self, teams: Population, wage) -> np.ndarray:
        """Return W/J of every worker, (n,), his share of what he adds to V::

            J = V(S) − V(S ⊖ x) = U + Δ

        Parameters
        ----------
        teams : Population
        wage : number or (n,) array
            A year.

        References
        ----------
        Adenbaum, Babalievsky and Jungerman (2025), "Markdown Definition".
        """
        found = self._read(teams)
        wages = _each("wage", wage, len(found.outside))
        return found.value_at(wages)[:, 0] / (found.outside + found.surplus)

    def residuals(self, workers: int = 100, seed: int = 1) -> PayReport:
        """Measure how well W solves its equation at teams it has not seen.

        Teams are drawn around the sample, with wages from a little below that at which
        W = U to a little above that at which W = U + Δ⁺, and z between the nodes.

        Parameters
        ----------
        workers : int
            Of each team size.
        seed : int
        """
        checks.whole("workers", workers, low=1)
        checks.whole("seed", seed, low=0)
        with double():
            return pay_report(self, workers, np.random.default_rng([seed, 17]))

    def save(self, path, note: str = "") -> None:
        """Write all but the solution to a file that `pay_files.load` reads.

        Coefficients are rounded where that changes W by less than 5e-5 of the median of
        U + Δ⁺. The file also says what `residuals()` are.

        Parameters
        ----------
        path : path-like
        note : str
            A line for readers.
        """
        from jobteams_lab.large_firms import pay_files  # which imports this

        pay_files.write(path, self, note)

    def read(self, log_z, log_q, x, y, n) -> Reading:
        """Return what is known of the first worker of each padded team.

        Parameters
        ----------
        log_z, log_q : (R,) arrays
        x, y : (R, N) arrays
            log h and log a, zeros in empty places.
        n : (R,) array of int
        """
        solution, maker = self.solution, self.maker
        share = firm_grid.weights(maker.nodes, log_z)
        behind = np.minimum(np.arange(x.shape[1]) + 1, x.shape[1] - 1)
        whole = solution.value_at(log_z, log_q, x, y, n)
        less = solution.value_at(log_z, log_q, x[:, behind], y[:, behind], n - 1)
        outside = solution.economy.nonemployment_value(np.exp(x[:, 0]))
        surplus = whole - less - outside
        wages, scale = share @ self.wages, share @ self.scale
        c, lasting = np.empty(wages.shape), np.empty(len(n))
        with double():
            raw = own_features(solution.basis, x, y, n, log_q)
        for size in np.unique(n):
            for at in _chunks(np.flatnonzero(n == size)):
                seen = with_surplus(raw[at] @ self.turns[size], surplus[at], scale[at])
                known = np.tensordot(share[at], self.coefficients[:, size], 1)
                c[at] = np.einsum("rgk,rk->rg", known, seen)
                known = share[at] @ self.lasting[:, size]
                lasting[at] = lasts(seen, known, maker.discount)
        offers = self.offers.rows(x[:, 0], y[:, 0])
        rules = self.offers.top, maker.renew, maker.meet
        known = wages, c, lasting, surplus, outside, offers
        return Reading.of(*known, rules, maker.discount)

    def _read(self, teams: Population) -> Reading:
        require("WorkerPay", teams, Population, "make one of your arrays")
        x, y, n = self.solution._padded(teams)
        firm, place = teams.firm, places_of(teams)
        at = np.arange(len(firm))
        x, y = x[firm], y[firm]
        for part in (x, y):  # the worker comes first
            part[at, 0], part[at, place] = part[at, place], part[at, 0].copy()
        log_z, log_q = np.log(teams.productivity), np.log(teams.learning_environment)
        return self.read(log_z[firm], log_q[firm], x, y, n[firm])

    def __repr__(self) -> str:
        low, high = self.wages.min(), self.wages.max()
        nodes, number = self.wages.shape
        last = max(found[-1] for found in self.errors)
        return (
            f"WorkerPay({nodes} z, {number} wages from {low:.2f} to {high:.2f},"
            f" last step {last:.0e})"
        )


def _each(name, values, number):
    # one finite number for each worker, (n, 1)
    found = np.asarray(numbers(name, values), float)
    if found.shape not in ((), (number,)):
        raise ValueError(
            f"{name} has shape {found.shape}: give one number, or {number}, one a"
            " worker."
        )
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite: leave out workers without one.")
    return np.broadcast_to(found, (number,))[:, None].copy()


def _chunks(rows):
    return np.split(rows, range(CHUNK, len(rows), CHUNK))
