"""Values of an additive economy with finitely many types, at given meetings."""

from __future__ import annotations

import numpy as np

from jobteams_lab.large_firms.additive_gains import (
    EPS,
    equilibrium_gains,
    infinite_gain,
)
from jobteams_lab.large_firms.finite_economy import FiniteEconomy


def learning_matrix(finite: FiniteEconomy, q: float) -> np.ndarray:
    """Return the (K, K) probabilities of each worker's type after a learning event."""
    grid = np.log(finite.human_capital)
    levels, abilities = len(grid), len(finite.ability)
    matrix = np.zeros((levels, abilities, levels, abilities))
    for i in range(levels):
        for j, a in enumerate(finite.ability):
            target = grid[i] + np.log(a) + np.log(q)
            # between grid points numbers 0, 1, …: 1.25 is a quarter of the way up
            at = np.interp(target, grid, np.arange(levels))
            if abs(at - round(at)) < 1e-12:
                at = float(round(at))
            if finite.rounding == "nearest":
                at = np.floor(at + 0.5 + 1e-12)
            low = min(int(at), levels - 1)
            high = min(low + 1, levels - 1)
            matrix[i, j, low, j] += 1 - (at - low)
            matrix[i, j, high, j] += at - low
    return matrix.reshape(levels * abilities, levels * abilities)


class Values:
    """Surpluses at given meetings, by type of firm and type of worker."""

    def __init__(self, finite: FiniteEconomy, learning: np.ndarray):
        self.finite, self.learning = finite, learning
        self.gamma = finite.learning_event_rate
        self.kappa = finite.renegotiation_rate + finite.contact_rate_employed
        self.loss = finite.discount_rate + finite.firm_death_rate
        self.loss += finite.separation_rate
        outside = finite.outside_values
        flow = finite.productivity[:, None] * finite.worker_human_capital
        flow = flow - (finite.discount_rate + finite.retirement_rate) * outside
        self.flow = flow + self.gamma * (learning @ outside - outside)

    def solve(self, idle, mass):
        """Return Φ (T,), D (T, K), the meetings' rates and the extra discount rate.

        At meetings that are not yet those of an equilibrium values may be infinite:
        then with the least extra discount rate, to one in a hundred, that makes them
        finite, so that the decisions are those of firms worth nearly that much.
        """
        finite = self.finite
        received = 1 + mass.sum()
        meetings = (
            finite.contact_rate_nonemployed * idle / received,
            finite.contact_rate_employed * mass / received,
        )

        def settled(extra):
            try:
                return self.gains(meetings, extra)
            except RuntimeError:  # so near to infinite that it cannot be told
                return np.full(finite.firm_types, np.inf)

        gain = settled(0.0)
        low, high = 0.0, 0.0
        while np.isinf(gain).any():
            low, high = high, max(2 * high, self.loss)
            gain = settled(high)
        while high - low > 1e-2 * high:
            middle = (low + high) / 2
            trial = settled(middle)
            if np.isinf(trial).any():
                low = middle
            else:
                gain, high = trial, middle
        return gain, self.surplus(gain, high)[0], meetings, high

    def gains(self, meetings, extra: float):
        """Return Φ (T,) with an extra discount rate, infinite where it is."""

        def total(gain, threshold):
            found = self.surplus(gain, extra)
            return self._total(gain, *found, threshold, *meetings)

        def surpluses(gain):
            infinite = np.isinf(gain)
            found = self.surplus(np.where(infinite, 0.0, gain), extra)[0]
            return np.where(infinite[:, None], np.inf, found)

        return equilibrium_gains(total, surpluses, self.finite.firm_types)[0]

    def infinite(self, meetings) -> ValueError:
        """Return the error for values that are infinite where policies settled."""
        t = int(np.isinf(self.gains(meetings, 0.0)).argmax())
        rate = meetings[0].sum() + meetings[1].sum()
        z, q = self.finite.productivity[t], self.finite.learning_environment[t]
        return infinite_gain(self.finite, z, q, rate)

    def surplus(self, gain, extra: float):
        """Return D and its slope in Φ, (T, K) each, by iteration on who quits."""
        found, slope = np.empty_like(self.flow), np.empty_like(self.flow)
        one = np.eye(self.flow.shape[1])
        for t, flow in enumerate(self.flow):
            system = (self.loss + extra + self.gamma) * one
            system -= self.gamma * self.learning[t]
            both = np.stack([gain[t] + flow, np.ones(len(flow))], axis=1)
            quits = np.zeros(len(flow), dtype=bool)
            for _ in range(len(flow) + 2):
                ended = system + np.diag(self.kappa * quits)
                found[t], slope[t] = np.linalg.solve(ended, both).T
                again = found[t] < 0
                if np.array_equal(again, quits):
                    break
                quits = again
        return found, slope

    def _total(self, gain, found, slope, threshold, unemployed, employed):
        over = found[:, None, :] - threshold[None]  # firm, incumbent, worker
        poach = np.where(over > 0, employed, 0.0)
        hire = np.where(found > 0, unemployed, 0.0)
        gained = (hire * found).sum(axis=1)
        gained += (poach * np.maximum(over, 0.0)).sum(axis=(1, 2))
        rising = ((hire + poach.sum(axis=1)) * slope).sum(axis=1)
        # a bound of the rounding errors, as in `total_gain`
        gross = ((hire + poach.sum(axis=1)) * found).sum(axis=1)
        terms = EPS * (employed.size + unemployed.size + 4)
        return gained, rising, terms * (2 * gross + rising * gain)

    def residual(self, gain, found, meetings) -> float:
        """Return the largest error of the Bellman equations over the largest value."""
        right = self.flow + gain[:, None] + self.kappa * np.maximum(-found, 0)
        right += self.gamma * np.einsum("tkl,tl->tk", self.learning, found)
        error = np.abs(right - (self.loss + self.gamma) * found).max()
        held = np.maximum(found, 0.0)
        pay = np.maximum(found[:, None, :] - held[None], 0.0) * meetings[1]
        due = pay.sum(axis=(1, 2)) + held @ meetings[0]
        worst = max(error / self.loss, np.abs(due - gain).max() / self.loss)
        return float(worst / np.abs(found + self.finite.outside_values).max())
