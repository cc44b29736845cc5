"""Workers in their teams, read off `WorkerPay`: values at wages, and the inverse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.interpolate import CubicSpline

from jobteams_lab.large_firms.pay_settlement import continuations, gains

FINER = 4  # wages that a spline puts into each step of the grid


@dataclass(frozen=True, eq=False)
class Reading:
    """W of R workers at any wage: piecewise linear in c, and exact from c to W.

    Attributes
    ----------
    wages, continuation : (R, G') arrays
        c at wages, both increasing.
    beyond : (R,) array
        dc/dw beyond the grid.
    lasting, surplus, outside : (R,) arrays
        D + L̂, Δ and U.
    offers : (R, J) array
        T.
    rules : (top, λ, ψ^E)
        The end of the offers' grid, and the rates of settlements.
    """

    wages: np.ndarray
    continuation: np.ndarray
    beyond: np.ndarray
    lasting: np.ndarray
    surplus: np.ndarray
    outside: np.ndarray
    offers: np.ndarray
    rules: tuple[float, float, float]

    @classmethod
    def of(cls, wages, c, lasting, surplus, outside, offers, rules, discount):
        """Return the reading of c at some wages, (R, G) each.

        Between them c is a spline whose steps are kept within the bounds of true ones,
        Δw/(D + L̂) and Δw/D.
        """
        number = wages.shape[1]
        at = np.linspace(0, number - 1, FINER * (number - 1) + 1)
        finer = CubicSpline(np.arange(number), np.eye(number))(at).T
        wages, c = wages @ finer, c @ finer
        step = np.diff(wages)
        rise = np.clip(np.diff(c), step / lasting[:, None], step / discount)
        path = np.concatenate([np.zeros((len(c), 1)), np.cumsum(rise, 1)], 1)
        # where nothing was clipped it is c itself
        c = path + np.median(c - path, axis=1)[:, None]
        # where every settlement takes W to a bound
        slope = 1 / (discount + sum(rules[1:]))
        beyond = (1 + (lasting - discount) * slope) / lasting
        return cls(wages, c, beyond, lasting, surplus, outside, offers, rules)

    def value_at(self, wages: np.ndarray) -> np.ndarray:
        """Return W at wages, (R, B)."""
        c = _line(self.wages, self.continuation, self.beyond, wages)
        gain, _ = gains(c, self.surplus, self.lasting, self.offers, *self.rules)
        return self.outside[:, None] + gain

    def wage_for(self, value: np.ndarray) -> np.ndarray:
        """Return the wages that give W, (R, B)."""
        gain = value - self.outside[:, None]
        c = continuations(gain, self.surplus, self.lasting, self.offers, *self.rules)
        return _line(self.continuation, self.wages, 1 / self.beyond, c)


@njit(cache=True)
def _line(x, y, slope, at):
    # piecewise linear, and with a given slope beyond the ends
    answer = np.empty_like(at)
    last = x.shape[1] - 1
    for r in range(at.shape[0]):
        for b in range(at.shape[1]):
            here = at[r, b]
            if here <= x[r, 0]:
                answer[r, b] = y[r, 0] + (here - x[r, 0]) * slope[r]
            elif here >= x[r, last]:
                answer[r, b] = y[r, last] + (here - x[r, last]) * slope[r]
            else:
                j = np.searchsorted(x[r], here) - 1
                share = (here - x[r, j]) / (x[r, j + 1] - x[r, j])
                answer[r, b] = y[r, j] + share * (y[r, j + 1] - y[r, j])
    return answer
