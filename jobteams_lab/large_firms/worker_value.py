"""What a wage is worth to a worker, and which wage gives a value: W and its inverse.

A coalition's decisions need V only; W says who gets what. A worker's wage stays until
it is settled anew, at renegotiation or when he meets a poacher. Coworkers' wages do not
enter his value, so that W(k, t, m; w) is a piecewise-linear function of his own wage,
increasing, and wages are found from values exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms.finite_equilibrium import Equilibrium
from jobteams_lab.large_firms.wage_grid import (
    by_rung,
    default_size,
    interpolated,
    refined_table,
    table,
    wages_of,
)
from jobteams_lab.large_firms.worker_arguments import (
    as_given,
    many_rungs,
    numbers,
    rung_of,
    without_him,
)
from jobteams_lab.large_firms.worker_equation import WorkerEquation


@dataclass(frozen=True, eq=False, repr=False)
class WorkerValue:
    """Values of workers by rung and wage, and the wages that give values.

    A *rung* (k, t, m) is a worker of type k beside coworkers m at a firm of type t. In
    the methods `counts` are the numbers of workers of each type in the whole team, the
    worker himself included.

    Attributes
    ----------
    equilibrium : Equilibrium
        V, χ and u.
    wage_grid : (G,) array
        Wages a year, increasing.
    value : (G, K, T, M1) array
        W on each rung at each of these wages.
    flow_value : (G, K, T, M1) array
        The wage and what the team's moves bring, w + Σ rate × W, a year.
    residual : float
        Bound of W's largest error, over max(U + Δ⁺).
    interpolation_error : float
        Largest error of a wage interpolated in the middle between two wages of the
        grid; not a number if the grid was given.
    equation : WorkerEquation
        W's equation, solved anew where exact values or wages are asked for.
    """

    equilibrium: Equilibrium
    wage_grid: np.ndarray
    value: np.ndarray
    flow_value: np.ndarray
    residual: float
    interpolation_error: float
    equation: WorkerEquation

    def at(self, firm_type: int, counts, worker_type: int, wage):
        """Return W of a worker at any wage, exactly: its equation is solved there.

        Parameters
        ----------
        firm_type, worker_type : int
            From 0.
        counts : (K,) whole numbers
            The team, with the worker.
        wage : float or (B,) array
            A year.

        Returns
        -------
        float or (B,) array

        Raises
        ------
        TypeError, ValueError
            If there is no such rung, or a wage is not finite.
        """
        t, rung = rung_of(self.equilibrium, firm_type, counts, worker_type)
        wages = numbers("wage", wage)
        near = np.abs(self.wage_grid[:, None] - wages).argmin(axis=0)
        values, _ = self.equation.at_wages(t, wages, self._table(t)[:, near])
        return as_given(values[rung], wage)

    def wage(self, firm_type: int, counts, worker_type: int, value):
        """Return the wage that gives a worker a value, exactly.

        Newton in W on all rungs of the firm type and in w together; no interpolation.

        Parameters
        ----------
        firm_type, worker_type : int
        counts : (K,) whole numbers
            The team, with the worker.
        value : float or (B,) array
            W, however far beyond what the firm can pay, where w is linear in it.

        Returns
        -------
        float or (B,) array

        Raises
        ------
        TypeError, ValueError
            If there is no such rung, or a value is not finite.
        RuntimeError
            If Newton does not find a wage.
        """
        t, rung = rung_of(self.equilibrium, firm_type, counts, worker_type)
        targets = numbers("value", value)
        rungs = np.full(len(targets), rung)
        wages = wages_of(
            self.equation, t, rungs, targets, self.wage_grid, self._table(t)
        )
        return as_given(wages, value)

    def starting_wage(self, firm_type: int, counts, worker_type: int) -> float:
        """Return the wage of a worker hired from nonemployment, at which W = U."""
        return self.wage(firm_type, counts, worker_type, self._outside(worker_type))

    def poached_wage(self, firm_type: int, counts, worker_type: int, surplus_left):
        """Return the wage of a worker just poached, at which W = U + max(Δ_left, 0).

        Parameters
        ----------
        firm_type, worker_type : int
            The firm is the one that he comes to.
        counts : (K,) whole numbers
            Its team, with the worker.
        surplus_left : float or (B,) array
            Δ at the firm that he leaves. His new firm's Δ must be as large, or it
            would not have poached him; that is not checked.

        Raises
        ------
        TypeError, ValueError, RuntimeError
            As `wage`.
        """
        outside = self._outside(worker_type)
        won = np.maximum(numbers("surplus_left", surplus_left), 0)
        wages = self.wage(firm_type, counts, worker_type, outside + won)
        return as_given(wages, surplus_left)

    def tabulated_wage(self, firm_type, counts, worker_type, value):
        """Return wages interpolated on the grid, for many workers at once.

        Linear in what W's equation gives for the value, w + Σ rate × W over the rungs
        that are next, where the settlements of the worker's own wage leave no bends.

        Parameters
        ----------
        firm_type, worker_type : (...) whole numbers
        counts : (..., K) whole numbers
            The teams, with the worker.
        value : (...) array
            W. All broadcast.

        Returns
        -------
        (...) array
            Right to about `interpolation_error`; beyond the grid, as far.

        Raises
        ------
        TypeError, ValueError
            As `wage`, or if shapes do not broadcast.
        """
        rest = without_him(counts, worker_type, self.equilibrium.problem.teams)
        return self.wages_on(worker_type, firm_type, rest, value)

    def wages_on(self, worker_type, firm_type, coworkers, value) -> np.ndarray:
        """Return interpolated wages on rungs given by numbers, all arrays broadcast.

        As `tabulated_wage`; `coworkers` number the teams without him in `Teams`.
        """
        shape = self.value.shape[1:]
        *rung, value = many_rungs(shape, worker_type, firm_type, coworkers, value)
        return interpolated(self.equation, self.wage_grid, self.flow_value, rung, value)

    @cached_property
    def starting_wages(self) -> np.ndarray:
        """The wage at which W = U on every rung, (K, T, M1), exact."""
        equation = self.equation
        rungs = np.arange(len(equation.outside))
        targets, grid = equation.outside[:, 0], self.wage_grid
        wages = [
            wages_of(equation, t, rungs, targets, grid, self._table(t))
            for t in range(len(equation.surplus))
        ]
        shape = (len(wages), equation.types, equation.growing)
        return np.array(wages).reshape(shape).transpose(1, 0, 2).copy()

    def markdown(self, firm_type: int, counts, worker_type: int, wage):
        """Return W/J, a worker's share of J = V(S) − V(S ⊖ x), what he adds to V."""
        value = self.at(firm_type, counts, worker_type, wage)
        surplus = self.equilibrium.surplus_of(firm_type, counts, worker_type)
        return value / (surplus + self._outside(worker_type))

    def _table(self, t: int) -> np.ndarray:
        return self.value[:, :, t].reshape(len(self.wage_grid), -1).T

    def _outside(self, worker_type):
        last = self.equilibrium.economy.worker_types - 1
        k = checks.whole("worker_type", worker_type, high=last)
        return float(self.equilibrium.problem.outside[k])

    def __repr__(self) -> str:
        return (
            f"WorkerValue({self.value[0].size:,} rungs at {len(self.wage_grid)} wages"
            f" from {self.wage_grid[0]:.2f} to {self.wage_grid[-1]:.2f}, error below"
            f" {max(self.residual, 1e-16):.0e})"
        )


def worker_value(
    equilibrium: Equilibrium,
    wages=None,
    *,
    tolerance: float = 1e-4,
    most_wages: int | None = None,
) -> WorkerValue:
    """Return the value of workers on all rungs, as a function of their wage.

    For given V, χ and u, and between settlements of the wage w, W solves::

        (ρ + δ_f + δ_m + δ_r) W = w + (δ_f + δ_m) U + γ (E W(after learning) − W)
            + Σ_coworkers (rate at which he leaves) (W(S ⊖ x) − W)
            + (1 + n) Σ_types (rate of hires) (W(S ⊕ x) − W)
            + λ (W'(0) − W) + ψ^E (E W'(o) − W)

    where W'(o) = U + clip(W − U, min(o, Δ⁺), Δ⁺) settles the wage against the offer o.

    Parameters
    ----------
    equilibrium : Equilibrium
        From `exact.solve`.
    wages : (G,) array, optional
        Increasing wages to tabulate W at. By default they go from below the lowest
        starting wage to above the highest wage at W = U + Δ⁺, beyond which W is linear,
        and are refined where wages would be interpolated badly.
    tolerance : float
        Error of interpolated wages, over mean output a worker, to refine to.
    most_wages : int, optional
        The largest number of wages in a table; refinement stops there. By default
        2,000, and fewer where the two tables would hold more than 200 MB each.

    Returns
    -------
    WorkerValue

    Raises
    ------
    TypeError, ValueError
        If `wages` are not at least two increasing finite numbers.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Worker Value" and Proposition 2, with
    C4 left out of its fourth case, and coworkers with a negative surplus who quit when
    they meet a poacher that does not hire them, as V has it.
    """
    if not isinstance(equilibrium, Equilibrium):
        raise TypeError(
            "worker_value takes the Equilibrium of exact.solve, not"
            f" {type(equilibrium).__name__}."
        )
    checks.number("tolerance", tolerance, low=1e-8)
    if most_wages is not None:
        checks.whole("most_wages", most_wages, low=3)
    if wages is not None:
        wages = numbers("wages", wages)
        if len(wages) < 2 or (np.diff(wages) <= 0).any():
            raise ValueError("wages must be at least two, and increase.")
    equation = WorkerEquation(equilibrium)
    if wages is None:
        mean_output = (
            equilibrium.problem.output * equilibrium.cross_section.firms
        ).sum() / equilibrium.employed.sum()
        wages, value, flow, bound, error = refined_table(
            equation, tolerance * mean_output, most_wages or default_size(equation)
        )
    else:
        value, flow, bound = table(equation, wages)
        error = np.nan
    tables = by_rung(equation, value), by_rung(equation, flow)
    return WorkerValue(equilibrium, wages, *tables, bound, error, equation)
