"""The equilibrium conditions with search on the job (supplement, appendix D).

Unknown are R = (1 − β)V_u (X,), Q = (1 − β)V_v (Y,), the vacancies v = d_v (Y,) and
μ = m/(sV), meetings a pair of searchers, stacked as z. S = k(f − R − Q) (A.13), and

    R = b + c μ Σ_y v S⁺                                      (A.6)
    Q = c φ μ Σ_xy' d_m(x, y') (S(x, y) − S(x, y'))⁺          (A.7)
    v + Σ_x d_m = share of y,  μ = m(U + φE, V)/(sV).

The matches of a type of worker solve the linear equations that inflow is outflow,

    δ d_m(x, y) = (1 − δ) μ [ v(y) A(x, y) d_u(x) + φ v(y) Σ_y' P(x, y' → y) d_m(x, y')
                              − φ d_m(x, y) Σ_y' v(y') P(x, y → y') ],

where A is the probability that an unemployed worker accepts, margin S(x, y), and P that
an employed one moves, margin S(x, y') − S(x, y).
"""

from __future__ import annotations

import numpy as np


class OnTheJobSearch:
    """The residuals of the equilibrium conditions and their derivatives.

    Decisions are A, flat over (x, y), then P of the pairs y < y', flat over (x, pair);
    P(y' → y) is one minus P(y → y').
    """

    def __init__(self, economy):
        self.economy = economy
        workers, firms = self.shape = economy.output.shape
        self.R = np.arange(workers)
        self.Q = workers + np.arange(firms)
        self.v = workers + firms + np.arange(firms)
        self.positive = slice(workers + firms, workers + 2 * firms + 1)
        self.k = 1 / (1 - economy.patience)
        self.low, self.high = np.triu_indices(firms, 1)
        self.cut = workers * firms

    def guess(self) -> np.ndarray:
        """Return where Newton's method starts: a tenth of everybody searches."""
        e = self.economy
        value = np.concatenate([0.5 * e.output.mean(1), 0.1 * e.output.mean(0)])
        return np.concatenate([value, 0.1 * e.firm_types.share, [2.0]])

    def surplus(self, z) -> np.ndarray:
        """Return S, (X, Y)."""
        return self.k * (self.economy.output - z[self.R][:, None] - z[self.Q])

    def margins(self, z) -> np.ndarray:
        s = self.surplus(z)
        return np.concatenate([s.ravel(), (s[:, self.high] - s[:, self.low]).ravel()])

    def relevant(self, z, margin) -> np.ndarray:
        """Return which decisions matter: moves only between firms that hire x."""
        hires = self.surplus(z) > -1e-9
        moves = hires[:, self.low] & hires[:, self.high]
        return np.concatenate([np.ones(self.cut, dtype=bool), moves.ravel()])

    def margin_jacobian(self, z, rows) -> np.ndarray:
        jacobian = np.zeros((len(rows), len(z)))
        for i, row in enumerate(rows):
            if row < self.cut:
                x, y = divmod(row, self.shape[1])
                jacobian[i, [self.R[x], self.Q[y]]] = -self.k
            else:
                pair = (row - self.cut) % len(self.low)
                jacobian[i, self.Q[self.low[pair]]] = self.k
                jacobian[i, self.Q[self.high[pair]]] = -self.k
        return jacobian

    def decisions(self, p):
        """Return A (X, Y) and P (X, Y, Y), P[x, y, y'] that x moves from y to y'."""
        workers, firms = self.shape
        move = np.zeros((workers, firms, firms))
        up = p[self.cut :].reshape(workers, -1)
        move[:, self.low, self.high] = up
        move[:, self.high, self.low] = 1 - up
        return p[: self.cut].reshape(self.shape), move

    def matches(self, z, accept, move):
        """Return d_m (X, Y) and the matrices L (X, Y, Y) of its linear equations."""
        e, v, mu = self.economy, z[self.v], z[-1]
        stay = 1 - e.separation_rate
        hire = stay * mu * v * accept
        poach = stay * mu * e.search_intensity_employed * v * move
        matrix = hire[:, :, None] - poach.transpose(0, 2, 1)
        diagonal = np.arange(self.shape[1])
        matrix[:, diagonal, diagonal] += e.separation_rate + poach.sum(2)
        inflow = hire * e.worker_types.share[:, None]
        return np.linalg.solve(matrix, inflow[..., None])[..., 0], matrix

    def meeting_rate(self, U, V) -> tuple[float, float, float]:
        """Return m(s, V)/(sV) at s = U + φE, and its derivatives in U and V."""
        phi = self.economy.search_intensity_employed
        s, ds = phi + (1 - phi) * U, 1 - phi
        even = self.economy.matching_efficiency * np.sqrt(s * V)
        if even <= min(s, V):
            mu = even / (s * V)
            return mu, -mu / (2 * s) * ds, -mu / (2 * V)
        return (1 / s, -ds / s**2, 0.0) if V < s else (1 / V, 0.0, -1 / V**2)

    def equations(self, z, p, slope, gain):
        e, (workers, firms) = self.economy, self.shape
        c, phi, stay = e.patience, e.search_intensity_employed, 1 - e.separation_rate
        R, Q, v, mu = z[self.R], z[self.Q], z[self.v], z[-1]
        accept, move = self.decisions(p)
        density, matrix = self.matches(z, accept, move)
        idle = e.worker_types.share - density.sum(1)
        profit = gain[: self.cut].reshape(self.shape)
        s = self.surplus(z)
        # better[x, y', y] is (S(x, y) − S(x, y'))⁺; below the diagonal from above it
        better = np.zeros((workers, firms, firms))
        rise = gain[self.cut :].reshape(workers, -1)
        better[:, self.low, self.high] = rise
        better[:, self.high, self.low] = rise - (s[:, self.high] - s[:, self.low])
        premium = np.einsum("xk,xky->y", density, better)
        work = profit @ v
        rate, rate_u, rate_v = self.meeting_rate(idle.sum(), v.sum())
        residual = np.concatenate(
            [
                R - e.home_production - c * mu * work,
                Q - c * phi * mu * premium,
                v + density.sum(0) - e.firm_types.share,
                [mu - rate],
            ]
        )

        steep = slope[: self.cut].reshape(self.shape)
        turn = np.zeros((workers, firms, firms))
        turn[:, self.low, self.high] = slope[self.cut :].reshape(workers, -1)
        turn += turn.transpose(0, 2, 1)
        # how the balance of x moves with S(x, ·), v and μ, and so how d_m(x, ·) does
        flow = stay * mu * phi
        diagonal = np.arange(firms)
        exchange = density[:, :, None] * v * turn  # d(y) v(y') P'
        by_surplus = -flow * (exchange + exchange.transpose(0, 2, 1))
        by_surplus[:, diagonal, diagonal] = stay * mu * v * steep * idle[
            :, None
        ] + flow * (exchange.sum(2) + exchange.sum(1))
        by_vacancy = -flow * density[:, :, None] * move
        by_vacancy[:, diagonal, diagonal] += stay * mu * accept * idle[
            :, None
        ] + flow * np.einsum("xk,xky->xy", density, move)
        by_rate = e.separation_rate * density / mu
        change = np.linalg.solve(
            matrix, np.concatenate([by_surplus, by_vacancy, by_rate[..., None]], axis=2)
        )
        to_surplus, to_vacancy = change[..., :firms], change[..., firms:-1]
        density_R = -self.k * to_surplus.sum(2)  # of d_m(x, ·) in R(x)
        density_Q = -self.k * to_surplus  # of d_m(x, ·) in Q
        iR, iQ, iv = self.R, self.Q, self.v

        jacobian = np.eye(len(z))
        poached = np.einsum("xk,xky->yk", density, move)  # y from k
        jacobian[iR, iR] += c * mu * self.k * (accept @ v)
        jacobian[np.ix_(iR, iQ)] += c * mu * self.k * accept * v
        jacobian[np.ix_(iR, iv)] += -c * mu * profit
        jacobian[iR, -1] = -c * work
        own = c * phi * mu
        jacobian[np.ix_(iQ, iR)] += -own * np.einsum("xk,xky->yx", density_R, better)
        jacobian[np.ix_(iQ, iQ)] += own * self.k * (
            np.diag(poached.sum(1)) - poached
        ) - own * np.einsum("xkj,xky->yj", density_Q, better)
        jacobian[np.ix_(iQ, iv)] += -own * np.einsum("xkj,xky->yj", to_vacancy, better)
        jacobian[iQ, -1] = -c * phi * premium - own * np.einsum(
            "xk,xky->y", change[..., -1], better
        )
        jacobian[np.ix_(iv, iR)] += density_R.T
        jacobian[np.ix_(iv, iQ)] += density_Q.sum(0)
        jacobian[np.ix_(iv, iv)] += to_vacancy.sum(0)
        jacobian[iv, -1] = change[..., -1].sum(0)
        jacobian[-1, iR] = rate_u * density_R.sum(1)
        jacobian[-1, iQ] = rate_u * density_Q.sum((0, 1))
        jacobian[-1, iv] = rate_u * to_vacancy.sum((0, 1)) - rate_v
        jacobian[-1, -1] = 1 + rate_u * change[..., -1].sum()
        return residual, jacobian

    def decision_jacobian(self, z, p, gain, rows) -> np.ndarray:
        e, firms = self.economy, self.shape[1]
        stay, phi = 1 - e.separation_rate, e.search_intensity_employed
        v, mu, s = z[self.v], z[-1], self.surplus(z)
        accept, move = self.decisions(p)
        density, matrix = self.matches(z, accept, move)
        idle = e.worker_types.share - density.sum(1)
        rate_u = self.meeting_rate(idle.sum(), v.sum())[1]
        columns = np.zeros((len(z), len(rows)))
        for i, row in enumerate(rows):
            push = np.zeros(firms)
            if row < self.cut:
                x, y = divmod(row, firms)
                push[y] = stay * mu * v[y] * idle[x]
            else:
                x, pair = divmod(row - self.cut, len(self.low))
                y, other = self.low[pair], self.high[pair]
                moved = density[x, y] * v[other] + density[x, other] * v[y]
                push[[other, y]] = np.array([1, -1]) * stay * phi * mu * moved
            change = np.linalg.solve(matrix[x], push)
            better = np.maximum(s[x][None, :] - s[x][:, None], 0.0)
            columns[self.Q, i] = -e.patience * phi * mu * (change @ better)
            columns[self.v, i] = change
            columns[-1, i] = rate_u * change.sum()
        return columns
