"""Wages along a history: they move at a worker's own meetings and renegotiations."""

from __future__ import annotations

import numpy as np
from numba import njit

from jobteams_lab.large_firms.finite_equilibrium import Equilibrium
from jobteams_lab.large_firms.simulate_rules import (
    HIRE,
    MEET,
    MOVE,
    RECORD,
    RENEGOTIATE,
    State,
)


class WageBook:
    """The wage that each worker has, settled event by event.

    At a renegotiation, at a meeting that could not hire (o = 0) and at the visit of a
    poacher who does not (o = max(Δ_p, 0)), the worker's value W becomes::

        W' = U + clip(W − U, min(o, Δ⁺), Δ⁺),    Δ⁺ = max(Δ, 0)

    Hired out of nonemployment he gets W = U, and a poached worker U + max(Δ_old, 0) in
    the new team. The wage is what gives him that value.

    Parameters
    ----------
    equilibrium : Equilibrium
    wages : object with `wage_grid` (G,) and `value` (G, K, T, M1)
        W of type k beside team m at firm type t: linear in the wage between the points
        of the grid, and beyond its ends with the slopes there.
    state : State
        The first one. Who has a job there is paid as if just hired.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Renegotiation" and "Poaching".
    """

    def __init__(self, equilibrium: Equilibrium, wages, state: State):
        self.grid = np.ascontiguousarray(wages.wage_grid, float)
        value = np.asarray(wages.value, float)
        self._value = np.ascontiguousarray(np.moveaxis(value, 0, -1))
        self._surplus = np.ascontiguousarray(equilibrium.surplus)
        self._outside = np.ascontiguousarray(equilibrium.problem.outside)
        self._tie = equilibrium.ladder.tie  # values as near as this are equal
        self._firm_type = state.firm_type
        self.wage = np.full(len(state.worker_type), np.nan)
        at_work = np.flatnonzero(state.worker_firm >= 0)
        hires = np.full((len(at_work), len(RECORD)), -1)
        firm, kind = state.worker_firm[at_work], state.worker_type[at_work]
        rung = equilibrium.problem.teams.lower[state.team[firm], kind]
        hires[:, 0] = HIRE
        hires[:, 1], hires[:, 2], hires[:, 5], hires[:, 6] = at_work, kind, firm, rung
        self.settle(hires.astype(np.int32))

    def settle(self, records: np.ndarray) -> np.ndarray:
        """Return the new wage at each record, NaN where none is paid or it stays."""
        return _settle(
            self.wage,
            records,
            self._firm_type,
            self.grid,
            self._value,
            self._surplus,
            self._outside,
            self._tie,
        )


def check_table(equilibrium: Equilibrium, wages) -> None:
    """Raise a sentence if `wages` are no table of W on the equilibrium's rungs."""
    if not (hasattr(wages, "wage_grid") and hasattr(wages, "value")):
        raise TypeError(
            f"wages must have wage_grid and value, as a WorkerValue has, not be"
            f" {type(wages).__name__}."
        )
    grid, value = np.asarray(wages.wage_grid), np.asarray(wages.value)
    shape = equilibrium.surplus.shape
    if grid.ndim != 1 or len(grid) < 2 or value.shape != (len(grid), *shape):
        raise ValueError(
            f"wages.value has shape {value.shape}, but {len(grid)} wages and the"
            f" equilibrium's rungs {shape} ask for {(len(grid), *shape)}: it belongs to"
            " another equilibrium."
        )
    if not (np.diff(grid) > 0).all() or not (np.diff(value, axis=0) > 0).all():
        raise ValueError("wages must increase, and the worker's value with them.")


@njit(cache=True)
def _settle(wage, records, firm_type, grid, value, surplus, outside, tie):
    after = np.full(len(records), np.nan)
    growing = surplus.shape[2]
    for event in range(len(records)):
        act, worker, kind, firm, rung, other, beside = records[event]
        if act == HIRE:
            promised = outside[kind]
            row = value[kind, firm_type[other], beside]
            after[event] = _wage_of(grid, row, promised)
        elif act == MOVE:
            old = max(surplus[kind, firm_type[firm], rung], 0.0)
            row = value[kind, firm_type[other], beside]
            after[event] = _wage_of(grid, row, outside[kind] + old)
        elif firm >= 0 and (act == RENEGOTIATE or act == MEET):
            most = max(surplus[kind, firm_type[firm], rung], 0.0)
            offered = 0.0
            if 0 <= beside < growing:
                offered = max(surplus[kind, firm_type[other], beside], 0.0)
            row = value[kind, firm_type[firm], rung]
            gain = _value_of(grid, row, wage[worker]) - outside[kind]
            settled = min(max(gain, min(offered, most)), most)
            if abs(settled - gain) > tie:
                after[event] = _wage_of(grid, row, outside[kind] + settled)
        if not np.isnan(after[event]):
            wage[worker] = after[event]
    return after


@njit(cache=True)
def _value_of(grid, row, wage):
    i = min(max(np.searchsorted(grid, wage) - 1, 0), len(grid) - 2)
    slope = (row[i + 1] - row[i]) / (grid[i + 1] - grid[i])
    return row[i] + slope * (wage - grid[i])


@njit(cache=True)
def _wage_of(grid, row, target):
    i = min(max(np.searchsorted(row, target) - 1, 0), len(grid) - 2)
    slope = (grid[i + 1] - grid[i]) / (row[i + 1] - row[i])
    return grid[i] + slope * (target - row[i])
