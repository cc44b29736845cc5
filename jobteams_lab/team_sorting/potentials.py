"""Potentials along the arms: what a skill's place in the solution is worth.

In terms of u the dual says dp = −φ'(L) du, with L the sum of the team that u is in:
l(t) on both sides of the arms, log C in between. A wage is the integral of φ'(L) from
u up to the top, and all integrals along the arms stand ready in the `Curve`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jobteams_lab.team_sorting.curve import Curve
from jobteams_lab.team_sorting.economy import Economy

TABLE = 4000  # ranks at which the arms are tabulated before Newton's method


@dataclass(frozen=True, eq=False)
class Potentials:
    """Wages and firm values up to constants, and the sum of anybody's team."""

    economy: Economy
    curve: Curve

    def of(self, skill, group: int) -> np.ndarray:
        """slope · x + ∫_u^top φ'(L) du, for skills inside the support."""
        one, curve = self.economy.groups[group], self.curve
        # below the table nobody is left, and with q = 0 the formula has no bound
        u = np.maximum(one.margin.of(skill), one.margin.table[1][0])
        below, above = self._regions(u, group)
        marginal = float(self.economy.technology.marginal_loss(curve.total))
        arm = float(curve.high_value[group](curve.end)) if curve.share else 0.0
        value = np.array(arm + marginal * (curve.ends.high[group, 0] - u))
        if above.any():
            s = self._log_rank(u[above], group, low=False)
            tail = curve.high_tail[group]
            last = tail(tail.length) - tail(one.margin.high - u[above])
            value[above] = curve.high_value[group](s) - last
        if below.any():
            middle = arm + marginal * float(curve.ends.gap[0])
            s = self._log_rank(u[below], group, low=True)
            arms = float(curve.low_value[group](curve.end)) - curve.low_value[group](s)
            tail, floor = curve.low_tail[group], one.margin.low
            bounded = np.isfinite(floor)
            distance = u[below] - floor if bounded else np.exp(u[below])
            value[below] = middle + arms + tail(tail.length) - tail(distance)
        return one.slope * skill + value

    def total(self, u, group: int) -> np.ndarray:
        """L(u), the sum of the team that u is in: the log of its loss."""
        below, above = self._regions(u, group)
        total = np.full(u.shape, self.curve.total)
        lows = self._tables[1]
        counts = self.economy.multiplicity
        for mask, low in ((below, True), (above, False)):
            if not mask.any():
                continue
            s = self._log_rank(u[mask], group, low)
            high = counts @ [one(s) for one in self.curve.high]
            total[mask] = high - self.curve.gap(s)
            if low:  # below the first rank the others are at their tops
                total[mask] += np.minimum(u[mask] - lows[group][0], 0.0)
        return total

    @cached_property
    def firm_constant(self) -> float:
        """What makes the surplus of a team that exists zero (eq. 21).

        Every group of workers has zero at its top.
        """
        economy, curve = self.economy, self.curve
        groups, loss = economy.groups, economy.technology
        constant = loss.constant - float(loss.loss(curve.total))
        for one in groups[:-1]:
            top = float(one.margin.skill_at(one.margin.high))
            constant += one.count * one.slope * top
        if curve.share == 0.0:  # any team with the sum log C
            tops = sum(group.count * group.margin.high for group in groups)
            marginal = float(loss.marginal_loss(curve.total))
            return constant - marginal * (tops - curve.total)
        # the last team of an arm: all at their high ends but one, a gap below
        paid = float(loss.marginal_loss(curve.total)) * float(curve.ends.gap[0])
        for g, one in enumerate(groups):
            paid += one.count * float(curve.high_value[g](curve.end))
        return constant - paid

    @cached_property
    def _tables(self):
        # for each group: (a_i(s), s) and (b_i(s), s) on a fine grid, a rising in s
        edges = self.curve.gap.breakpoints
        inner = np.linspace(0, 1, max(TABLE // len(edges), 8), endpoint=False)
        s = (edges[:-1, None] + np.diff(edges)[:, None] * inner).ravel()
        s = np.append(s[s < self.curve.end], self.curve.end)
        gap = self.curve.gap(s)
        highs = [one(s) for one in self.curve.high]
        return s, [np.maximum.accumulate(b - gap) for b in highs], highs

    def _log_rank(self, u, group, low: bool):
        # s with a_i(s) = u, or b_i(s) = u
        s_grid, lows, highs = self._tables
        high, gap = self.curve.high[group], self.curve.gap
        if low:
            s = np.interp(u, lows[group], s_grid)
        else:
            s = np.interp(-u, -highs[group], s_grid)
        slope_high, slope_gap = self._slopes[group]
        for _ in range(4):
            miss = (high(s) - gap(s) if low else high(s)) - u
            slope = slope_high(s) - slope_gap(s) if low else slope_high(s)
            step = np.divide(miss, slope, out=np.zeros_like(miss), where=slope != 0)
            step = np.clip(step, -0.1, 0.1)
            s = np.clip(s - step, self.curve.start, self.curve.end)
        return s

    @cached_property
    def _slopes(self):
        gap = self.curve.gap.derivative()
        return [(one.derivative(), gap) for one in self.curve.high]

    def _regions(self, u, group):
        ends = self.curve.ends
        low, high = ends.low[group, 0], ends.high[group, 0]
        if self.curve.share == 0.0:
            return np.zeros(u.shape, bool), np.zeros(u.shape, bool)
        return u < low, u > high
