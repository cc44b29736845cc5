"""The paper's own computation: let values and matches chase each other, month by month.

The slow route to what `solve` finds, and a check on it: it works with the surplus and
with masses of matches, takes no derivatives and follows no path. Each pass updates the
surplus once, S' = f − (1 − β)V_u − (1 − β)V_v + β(1 − δ)S, which is the sum of (3)–(6)
or of (A.6)–(A.9), and lets the matches live through one month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.economy import Economy
from jobteams_lab.identification.equilibrium import (
    Equilibrium,
    MeetingRates,
    Residuals,
)
from jobteams_lab.identification.iteration_steps import (
    DAMPED,
    GAIN,
    MIXED,
    PURE,
    accept_step,
    move_step,
    moves,
    premium,
)

PURE_TOLERANCE = 1e-12
NO_MATCHES = 1e-6  # densities below it are set to zero


@dataclass(frozen=True, eq=False)
class Iterated:
    """Where the iteration stopped.

    Attributes
    ----------
    equilibrium : Equilibrium
        The point reached. It may be about 100 times the last change away from the
        equilibrium, since a pass closes a hundredth of a gap.
    change : float
        Largest change of the surplus or of the density of matches in the last pass.
    pure : bool
        Whether pure strategies were enough.
    iterations : int
        Passes, those with pure strategies included.
    converged : bool
        Whether the last change was within the tolerance.
    """

    equilibrium: Equilibrium
    change: float
    pure: bool
    iterations: int
    converged: bool


def iterate(
    economy: Economy,
    *,
    tolerance: float = 2.5e-6,
    pure_iterations: int = 10_000,
    max_iterations: int = 200_000,
    damped: bool = False,
    seed: int = 0,
    throw: bool = True,
) -> Iterated:
    """Iterate on the surplus and on the density of matches, as in the paper.

    It starts from S = f and half of the workers employed. First pairs match whenever
    S > 0, until nothing changes by 1e-12. If that never happens, strategies are mixed:
    the probability A of each decision moves at random towards what its margin says,

        A + 0.001 r (1 − A) if S > 5e-7,  A − 0.001 r A if S < 5e-7,  r uniform,

    until no change is above `tolerance`. (The paper prints 1 − A in the second line
    too, with which a decision could never leave A = 1.) With search on the job the
    decisions to move, of margin S(x, y') − S(x, y), are mixed in the same way.

    Steps of that size keep values swinging, the more so with search on the job, since
    values answer to decisions only over the next hundred passes. With `damped` they
    shrink with the margin, A + r γ S cut to [0, 1] and to steps of 0.001, and so does
    each decision's γ whenever the sign of its margin turns.

    Parameters
    ----------
    economy : Economy
    tolerance : float
        Largest change in a pass, where strategies are mixed.
    pure_iterations, max_iterations : int
        Passes with pure strategies, and in all.
    damped : bool
        Whether steps shrink where margins change sign; the paper's do not.
    seed : int
        Of the random steps.
    throw : bool
        Whether to raise when it does not converge.

    Raises
    ------
    TypeError, ValueError
        A sentence, if an argument is out of range.
    RuntimeError
        A sentence with the change reached, unless `throw` is False.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix B.
    """
    if not isinstance(economy, Economy):
        raise TypeError(
            f"iterate takes an Economy, not {type(economy).__name__}: make one first."
        )
    tolerance = checks.number("tolerance", tolerance, low=0, open_low=True)
    pure_iterations = checks.whole("pure_iterations", pure_iterations, low=1)
    max_iterations = checks.whole("max_iterations", max_iterations, low=pure_iterations)
    rng = np.random.default_rng(checks.whole("seed", seed))

    model = _Iteration(economy)
    change, passes = model.run(PURE, PURE_TOLERANCE, pure_iterations, rng)
    pure = change <= PURE_TOLERANCE
    if not pure:
        rule = DAMPED if damped else MIXED
        change, more = model.run(rule, tolerance, max_iterations - passes, rng)
        passes += more
    converged = pure or change <= tolerance
    if throw and not converged:
        raise RuntimeError(
            f"After {passes} passes the surplus or the matches still change by"
            f" {change:.1e}: raise max_iterations or tolerance, or call solve(economy)."
        )
    return Iterated(model.equilibrium(), change, pure, passes, converged)


class _Iteration:
    """The state of the iteration: surplus, matches and the chances of decisions."""

    def __init__(self, economy):
        self.economy = e = economy
        g, h = e.worker_types.share, e.firm_types.share
        shock = e.match_quality.shock
        self.search = e.search_intensity_employed
        self.surplus = e.output[..., None] + shock  # (X, Y, qualities)
        self.matches = 0.5 * g[:, None] * h
        self.accept = (self.surplus > 0).astype(np.float64)
        firms = len(h) if self.search > 0 else 1
        self.move = np.zeros((len(g), firms, firms))
        self.accept_gain = np.full(self.accept.shape, GAIN)
        self.move_gain = np.full(self.move.shape, GAIN)

    def market(self):
        """Return d_u, d_v, M_u, M_e and M_v."""
        e = self.economy
        u = np.maximum(e.worker_types.share - self.matches.sum(1), 0.0)
        v = np.maximum(e.firm_types.share - self.matches.sum(0), 0.0)
        searchers = u.sum() + self.search * (1 - u.sum())
        m = e.meetings(searchers, v.sum())
        return u, v, m / searchers, self.search * m / searchers, m / v.sum()

    def flow_values(self, u, v, met_u, met_v):
        """Return (1 − β)V_u and (1 − β)V_v at this surplus: (3), (4); (A.6), (A.7)."""
        e = self.economy
        gain = np.maximum(self.surplus, 0.0) @ e.match_quality.probability
        mine = e.home_production + e.patience * met_u * (gain @ (v / v.sum()))
        if self.search == 0:
            alpha = e.bargaining_power
            mine = e.home_production + alpha * (mine - e.home_production)
            return mine, e.patience * (1 - alpha) * met_v * (u / u.sum()) @ gain
        employed = self.search * (1 - u.sum())
        chance = met_v * employed / (u.sum() + employed)  # M_v C_e
        raided = self.matches / self.matches.sum()
        return mine, e.patience * chance * premium(raided, self.surplus[..., 0])

    def run(self, rule: int, tolerance: float, passes: int, rng):
        """Iterate until the change is within tolerance; return it and the passes."""
        e = self.economy
        density = e.worker_types.share[:, None] * e.firm_types.share
        stay, chance = 1 - e.separation_rate, e.match_quality.probability
        step = 0
        while step < passes:
            step += 1
            u, v, met_u, met_e, met_v = self.market()
            work, hire = self.flow_values(u, v, met_u, met_v)
            flow = e.output - work[:, None] - hire
            later = e.patience * self.surplus
            surplus = flow[..., None] + e.match_quality.shock + later
            parts = self.accept, self.accept_gain, surplus, self.surplus
            accept_step(*(part.ravel() for part in parts), rule, rng)
            hires = met_u * u[:, None] * v / v.sum() * (self.accept @ chance)
            matches = self.matches + hires
            if self.search > 0:
                parts = surplus[..., 0], self.surplus[..., 0]
                move_step(self.move, self.move_gain, *parts, rule, rng)
                matches += met_e * moves(self.matches, v / v.sum(), self.move)
            matches *= stay
            matches[matches < NO_MATCHES * density] = 0.0
            change = max(
                np.abs(surplus - self.surplus).max(),
                (np.abs(matches - self.matches) / density).max(),
            )
            self.surplus, self.matches = surplus, matches
            if change <= tolerance:
                break
        return float(change), step

    def equilibrium(self) -> Equilibrium:
        """Return this point as an `Equilibrium`, with its residuals."""
        e, phi = self.economy, self.search
        u, v, met_u, met_e, met_v = self.market()
        work, hire = self.flow_values(u, v, met_u, met_v)
        accept = self.accept @ e.match_quality.probability
        inflow = met_u * u[:, None] * v / v.sum() * accept
        if phi > 0:
            inflow += met_e * moves(self.matches, v / v.sum(), self.move)
        stay = 1 - e.separation_rate
        balance = stay * (self.matches + inflow) - self.matches
        later = (1 - e.patience) * self.surplus
        shocks = e.match_quality.shock
        flow = (e.output - work[:, None] - hire)[..., None] + shocks
        margin = flow / (1 - e.patience)
        off = np.abs(self.accept - np.clip(self.accept + margin, 0, 1))
        searchers = u.sum() + phi * (1 - u.sum())
        return Equilibrium(
            economy=e,
            unemployed_flow_value=work,
            vacancy_flow_value=hire,
            acceptance=accept,
            mobility=self.move if phi > 0 else None,
            match_density=self.matches,
            unemployed=u,
            vacancies=v,
            meeting_rates=MeetingRates(
                met_u, met_e, met_v, u.sum() / searchers, 1 - u.sum() / searchers
            ),
            quality_acceptance=self.accept,
            residuals=Residuals(
                float(max(np.abs(flow - later).max(), np.abs(balance).max())),
                float(off.max()),
                int(((self.accept > 0.01) & (self.accept < 0.99)).sum()),
            ),
        )
