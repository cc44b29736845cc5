"""The value W of a worker whose wage stays until it is settled: two routes.

Firm types do not mix: where a worker goes next, other than to rungs of his own firm,
he is worth U or what V says. So each firm type has a system of its own,

    (ρ + δ_f + δ_m + δ_r) W = w + (δ_f + δ_m) U + Σ rate (W' − W) + settlements,

piecewise linear in W, and increasing in w.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator, bicgstab

from jobteams_lab.large_firms.finite_equilibrium import Equilibrium
from jobteams_lab.large_firms.wage_settlement import Offers, settled
from jobteams_lab.large_firms.worker_moves import WorkerMoves

NEWTON_STEPS, HALVINGS, ROUNDS = 60, 6, 400
TOLERANCE, LOOSE = 2e-12, 1e-10


class WorkerEquation:
    """W's equation at a given equilibrium; values of a firm type are (R, B) arrays.

    The R rungs (k, m) are numbered k M1 + m; each of B columns has a wage of its own.

    Attributes
    ----------
    outside : (R, 1) array
        U by rung.
    surplus : (T, R, 1) array
        Δ by rung.
    discount : float
        ρ + δ_f + δ_m + δ_r, so that max|residual|/discount bounds the error of W.
    scale : float
        The most that a worker is worth, max(U + Δ⁺): errors are relative to it, or to
        the largest |W| of the column where that is larger.
    """

    def __init__(self, equilibrium: Equilibrium):
        finite, problem = equilibrium.economy, equilibrium.problem
        self.finite = finite
        self.types, self.growing = finite.worker_types, problem.teams.growing
        self.moves = WorkerMoves(problem, equilibrium.flows)
        self.offers = Offers(problem, equilibrium.surplus, equilibrium.cross_section)
        self.outside = np.repeat(problem.outside, self.growing)[:, None]
        by_firm = equilibrium.surplus.transpose(1, 0, 2)
        self.surplus = by_firm.reshape(finite.firm_types, -1, 1)
        lost = finite.firm_death_rate + finite.match_break_rate
        self.lost = lost
        self.discount = finite.discount_rate + lost + finite.retirement_rate
        self.scale = float((self.outside + np.maximum(self.surplus, 0)).max())

    def residual(self, firm_type: int, value, wages):
        """Return the right side of the equation minus its left, and what settles.

        Returns
        -------
        residual : (R, B) array
        losing : (R, B) array
            The rate at which settlements take away a marginal unit of W.
        """
        finite, surplus = self.finite, self.surplus[firm_type]
        gain = value - self.outside
        renewed = settled(gain, 0.0, surplus)
        mean, keeping = np.empty_like(gain), np.empty_like(gain)
        for k in range(self.types):
            mine = slice(k * self.growing, (k + 1) * self.growing)
            mean[mine], keeping[mine] = self.offers.expected(
                k, gain[mine], surplus[mine]
            )
        inside = (gain > 0) & (gain < surplus)
        meet, renew = finite.contact_rate_employed, finite.renegotiation_rate
        answer = self.moves.inflow(firm_type, value)
        answer -= self.moves.leaving[firm_type][:, None] * value
        answer += wages + self.lost * self.outside - self.discount * value
        answer += renew * (renewed - gain) + meet * (mean - gain)
        return answer, renew * ~inside + meet * (1 - keeping)

    def flow_value(self, worker_type: int, value, surplus, leaving):
        """Return w + Σ rate × W', what W's equation says the rung has at a given W.

        `leaving` is the total rate at which the team moves. Increasing in W.
        """
        finite = self.finite
        outside = self.outside[worker_type * self.growing, 0]
        gain = value - outside
        mean, _ = self.offers.expected(worker_type, gain, surplus)
        renewed = settled(gain, 0.0, surplus)
        return (
            (self.discount + leaving) * value
            - self.lost * outside
            - finite.renegotiation_rate * (renewed - gain)
            - finite.contact_rate_employed * (mean - gain)
        )

    def at_wages(self, firm_type: int, wages, start):
        """Return W and its error bound at given wages; see `newton`."""
        value, _, error = self.newton(firm_type, wages, start)
        if (error > LOOSE).any():  # a cycle of policies: the contraction ends it
            value, error = self.iterate(firm_type, wages, value)
        return value, error

    def giving(self, firm_type: int, rungs, wages, start):
        """Return W and the wages that keep `start` on the given rungs; see `newton`.

        Raises
        ------
        RuntimeError
            If Newton does not find a wage.
        """
        value, wages, error = self.newton(firm_type, wages, start, rungs=rungs)
        lost = ~(error <= LOOSE)  # not a number is an error too
        if lost.any():
            raise RuntimeError(
                f"No wage was found for {lost.sum()} of {len(rungs)} values (error"
                f" {error.max():.1e}): give worker_value a finer grid of wages."
            )
        return value, wages

    def newton(self, firm_type, wages, start, tolerance=TOLERANCE, rungs=None):
        """Return W, wages and the error by semi-smooth Newton with BiCGSTAB.

        With `rungs`, (B,), the wages are unknown too: each column keeps the value that
        `start` has on its rung, and the wage that gives it is found jointly.

        Parameters
        ----------
        firm_type : int
        wages : (B,) array
        start : (R, B) array
        tolerance : float
            Bound of W's error, over `scale` or |W|, to stop at.
        rungs : (B,) array, optional

        Returns
        -------
        value : (R, B) array
        wages : (B,) array
        error : (B,) array
            The bound reached.
        """
        value, wages = np.array(start), np.array(wages, float)
        residual, losing = self.residual(firm_type, value, wages)
        error = self._bound(residual, value)
        for _ in range(NEWTON_STEPS):
            todo = np.flatnonzero(error > tolerance)
            if len(todo) == 0:
                break
            accuracy = max(1e-10, min(1e-3, 0.1 * tolerance / error[todo].max()))
            step = self.solve(firm_type, losing[:, todo], residual[:, todo], accuracy)
            shift = np.zeros(len(todo))
            if rungs is not None:
                rate = self.solve(
                    firm_type, losing[:, todo], np.ones_like(step), accuracy
                )
                at = (rungs[todo], np.arange(len(todo)))
                shift = -step[at] / rate[at]
                step += rate * shift
            self._search(
                firm_type, todo, step, shift, value, wages, residual, losing, error
            )
        return value, wages, error

    def _search(self, t, todo, step, shift, value, wages, residual, losing, error):
        # Full steps, halved in the columns where the residual would grow
        share = np.ones(len(todo))
        for trial in range(HALVINGS):
            tried = value[:, todo] + share * step
            wage = wages[todo] + share * shift
            new, lose = self.residual(t, tried, wage)
            found = self._bound(new, tried)
            good = (found < error[todo]) | (trial == HALVINGS - 1)
            taken = todo[good]
            value[:, taken], wages[taken] = tried[:, good], wage[good]
            residual[:, taken], losing[:, taken] = new[:, good], lose[:, good]
            error[taken] = found[good]
            todo, step, shift = todo[~good], step[:, ~good], shift[~good]
            share = share[~good] / 2
            if len(todo) == 0:
                break

    def _bound(self, residual, value):
        # relative: far beyond the table rounding alone is larger than any `scale`
        size = np.maximum(self.scale, np.abs(value).max(axis=0))
        return np.abs(residual).max(axis=0) / (self.discount * size)

    def solve(self, firm_type, losing, target, accuracy):
        """Solve the linear system of one piece for each column."""
        still = self.discount + self.moves.leaving[firm_type][:, None] + losing
        scale = still - self.moves.staying(firm_type)[:, None]

        def derivative(flat):
            values = flat.reshape(target.shape)
            moved = still * values - self.moves.inflow(firm_type, values)
            return (moved / scale).ravel()

        # one system for all columns, in blocks that do not mix
        operator = LinearOperator((target.size,) * 2, derivative, dtype=float)
        goal = accuracy * np.linalg.norm(target / scale, axis=0).min()
        answer, _ = bicgstab(
            operator, (target / scale).ravel(), rtol=0, atol=goal, maxiter=ROUNDS
        )
        return answer.reshape(target.shape)

    def iterate(self, firm_type, wages, start, tolerance=TOLERANCE, rounds=100_000):
        """Return W and the error by value iteration, the slow and obvious route.

        A clock that no worker's events outrun cuts time; the error of W falls by at
        least (ρ + δ_f + δ_m + δ_r) over the clock's rate a round.
        """
        finite, value = self.finite, np.array(start)
        clock = self.discount + self.moves.leaving[firm_type].max()
        clock += finite.renegotiation_rate + finite.contact_rate_employed
        for _ in range(rounds):
            residual, _ = self.residual(firm_type, value, wages)
            error = self._bound(residual, value)
            if error.max() <= tolerance:
                break
            value += residual / clock
        return value, error
