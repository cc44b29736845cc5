"""The benchmark's equilibrium conditions: Shimer and Smith (2000) with a match density.

Unknown are the flow values R = (1 − β)V_u (X,) and Q = (1 − β)V_v (Y,) and the
densities u = d_u (X,) and v = d_v (Y,), stacked as z. With k = 1/(1 − β(1 − δ)),
c = β(1 − δ) and μ = m/(UV) meetings a pair of searchers, S = k(f + ζ − R − Q) solves
(A.1), and

    R = b + c α μ Σ_y v S⁺                                    (3)
    Q = c (1 − α) μ Σ_x u S⁺                                  (4)
    u + Σ_y d_m = share of x,  v + Σ_x d_m = share of y,
    d_m = (1 − δ)/δ · μ u v A                                 (8)

where A is the probability that the match is acceptable: decision and margin of each
(x, y, ζ) are A and S.
"""

from __future__ import annotations

import numpy as np


class ShimerSmith:
    """The residuals of the equilibrium conditions and their derivatives."""

    def __init__(self, economy):
        self.economy = economy
        workers, firms = economy.output.shape
        self.R = np.arange(workers)
        self.Q = workers + np.arange(firms)
        self.u = workers + firms + np.arange(workers)
        self.v = 2 * workers + firms + np.arange(firms)
        self.positive = slice(workers + firms, 2 * (workers + firms))
        self.k = 1 / (1 - economy.patience)
        self.entry = (1 - economy.separation_rate) / economy.separation_rate
        self.chance = economy.match_quality.probability
        self.shape = (workers, firms, len(self.chance))

    def guess(self) -> np.ndarray:
        """Return where Newton's method starts: a tenth of everybody searches."""
        e = self.economy
        value = 0.3 * np.concatenate([e.output.mean(1), e.output.mean(0)])
        share = np.concatenate([e.worker_types.share, e.firm_types.share])
        return np.concatenate([value, 0.1 * share])

    def margins(self, z) -> np.ndarray:
        """Return S(x, y, ζ), flat."""
        flow = self.economy.output - z[self.R][:, None] - z[self.Q]
        return (self.k * (flow[..., None] + self.economy.match_quality.shock)).ravel()

    def relevant(self, z, margin) -> np.ndarray:
        """Return which decisions matter: here all of them."""
        return np.ones(len(margin), dtype=bool)

    def margin_jacobian(self, z, rows) -> np.ndarray:
        x, y, _ = np.unravel_index(rows, self.shape)
        jacobian = np.zeros((len(rows), len(z)))
        jacobian[np.arange(len(rows)), self.R[x]] = -self.k
        jacobian[np.arange(len(rows)), self.Q[y]] = -self.k
        return jacobian

    def meeting_rate(self, u, v) -> tuple[float, float, float]:
        """Return μ = m/(UV) and its derivatives in U and V."""
        U, V = u.sum(), v.sum()
        even = self.economy.matching_efficiency * np.sqrt(U * V)
        if even <= min(U, V):
            mu = even / (U * V)
            return mu, -mu / (2 * U), -mu / (2 * V)
        return (1 / U, -1 / U**2, 0.0) if V < U else (1 / V, 0.0, -1 / V**2)

    def equations(self, z, p, slope, gain):
        R, Q, u, v = z[self.R], z[self.Q], z[self.u], z[self.v]
        e, iR, iQ, iu, iv = self.economy, self.R, self.Q, self.u, self.v
        accept, steep, gain = (
            a.reshape(self.shape) @ self.chance for a in (p, slope, gain)
        )
        mu, mu_u, mu_v = self.meeting_rate(u, v)
        mine = e.patience * e.bargaining_power
        yours = e.patience * (1 - e.bargaining_power)
        pairs = self.entry * u[:, None] * v
        match = mu * pairs * accept
        work, hire = gain @ v, u @ gain
        residual = np.concatenate(
            [
                R - e.home_production - mine * mu * work,
                Q - yours * mu * hire,
                u + match.sum(1) - e.worker_types.share,
                v + match.sum(0) - e.firm_types.share,
            ]
        )
        jacobian = np.eye(len(z))
        fall = -self.k * mu * pairs * steep
        across, down = (match / mu).sum(1)[:, None], (match / mu).sum(0)[:, None]
        hired = self.entry * mu * accept
        for rows, columns, block in (
            (iR, iR, np.diag(mine * mu * self.k * (accept @ v))),
            (iR, iQ, mine * mu * self.k * accept * v),
            (iR, iu, np.outer(-mine * work, np.full(len(u), mu_u))),
            (iR, iv, -mine * (mu * gain + mu_v * work[:, None])),
            (iQ, iQ, np.diag(yours * mu * self.k * (u @ accept))),
            (iQ, iR, yours * mu * self.k * (u[:, None] * accept).T),
            (iQ, iv, np.outer(-yours * hire, np.full(len(v), mu_v))),
            (iQ, iu, -yours * (mu * gain.T + mu_u * hire[:, None])),
            (iu, iR, np.diag(fall.sum(1))),
            (iu, iQ, fall),
            (iu, iu, np.diag(hired @ v) + mu_u * across),
            (iu, iv, hired * u[:, None] + mu_v * across),
            (iv, iQ, np.diag(fall.sum(0))),
            (iv, iR, fall.T),
            (iv, iv, np.diag(u @ hired) + mu_v * down),
            (iv, iu, (hired * v).T + mu_u * down),
        ):
            jacobian[np.ix_(rows, columns)] += block
        return residual, jacobian

    def decision_jacobian(self, z, p, gain, rows) -> np.ndarray:
        x, y, quality = np.unravel_index(rows, self.shape)
        u, v = z[self.u], z[self.v]
        formed = self.entry * self.meeting_rate(u, v)[0] * u[x] * v[y]
        columns = np.zeros((len(z), len(rows)))
        columns[self.u[x], np.arange(len(rows))] = formed * self.chance[quality]
        columns[self.v[y], np.arange(len(rows))] = formed * self.chance[quality]
        return columns
