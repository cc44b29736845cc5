"""Transition rates from the dates of jobs, by maximum likelihood.

How long a job lasts depends on its firm's rank: it ends at δ + μ + λ1 F̄(p). The rank is
not observed, but its distribution is known without knowing F. With v = F̄(p), jobs
    running when the window opens have     g(v) = (1 + κ1)/(1 + κ1 v)²  (that is ℓ),
    begun out of unemployment              g(v) = 1,
    begun by poaching                      g(v) ∝ (1 − v)/(1 + κ1 v)    (that is L f),
and the likelihood of a duration integrates over v. A panel of J ≤ 1,000 firms is taken
to show all of them, met alike: v is then 0, 1/J, …, (J − 1)/J, and the integral a sum
(with 200 firms the integral would put λ1 1 % too low).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize

from jobteams_lab.panel import Panel

NAMES = (
    "contact_rate_unemployed",
    "contact_rate_employed",
    "separation_rate",
    "exit_rate",
)
TINY = 1e-300  # likelihood of what cannot happen, as a move up from the best firm
FEW_FIRMS = 1000  # up to which their number matters for the distribution of F̄(p)
SMALLEST = 1e-5  # an estimated rate below this share of the loss rate is zero


@dataclass(frozen=True)
class TransitionRates:
    """Estimated rates, per unit of the panel's time.

    Attributes
    ----------
    contact_rate_unemployed, contact_rate_employed, separation_rate, exit_rate : float
        λ0, λ1, δ, μ.
    standard_errors : dict
        By name, robust to several jobs of the same worker; nan for a rate at zero.
    log_likelihood : float
    jobs, jobs_left_out : int
        Jobs that entered, and those left out because their origin is not known
        although they began inside the window.
    """

    contact_rate_unemployed: float
    contact_rate_employed: float
    separation_rate: float
    exit_rate: float
    standard_errors: dict
    log_likelihood: float
    jobs: int
    jobs_left_out: int

    @property
    def contacts_per_job(self) -> float:
        """κ1 = λ1/(δ + μ)."""
        return self.contact_rate_employed / (self.separation_rate + self.exit_rate)


def transition_rates(panel: Panel) -> TransitionRates:
    """Estimate λ0, λ1, δ and μ from the dates in a panel.

    A job counts as lost when no job follows at its very end, and as left for a better
    one when the worker's next spell has origin "firm". Time without a job lasts until
    the worker is hired (rate λ0) unless he left the market (rate μ), which a panel
    sees only as never coming back. Likelihoods: hired after d,
    (δ/(δ + μ)) λ0 exp(−(λ0 + μ) d); not hired within T,
    1 − (δ/(δ + μ)) (λ0/(λ0 + μ)) (1 − exp(−(λ0 + μ) T)).

    Dates should be exact: in monthly records short spells without a job are lost.

    Parameters
    ----------
    panel : Panel
        With origins recorded, or derived by `Panel.with_origins`; stationary.

    Raises
    ------
    ValueError
        If no job is seen to be lost, to be left for a better one, or to be found again.
    """
    data = _Durations(panel)
    start = np.log(data.first_guess())
    smallest = SMALLEST * np.exp(start[2])
    fit = minimize(
        lambda theta: -data.log_likelihood(theta).sum() / data.size,
        start,
        method="L-BFGS-B",
        jac="3-point",
        bounds=[(value - 7.0, value + 3.0) for value in start[:3]]
        + [(np.log(smallest) - 3.0, start[3] + 7.0)],
        options={"ftol": 1e-12, "gtol": 1e-8},
    )
    # a line search that rounding ends at the top has found it all the same
    if not fit.success and np.abs(fit.jac).max() > 1e-5:
        raise RuntimeError(
            f"the likelihood of the rates was not maximised: {fit.message}"
            " Check that the panel's window and origins are right."
        )
    free = np.exp(fit.x) > smallest
    rates = np.where(free, np.exp(fit.x), 0.0)
    errors = rates * data.standard_errors(fit.x, free)
    return TransitionRates(
        *(float(rate) for rate in rates),
        standard_errors=dict(zip(NAMES, errors.tolist(), strict=True)),
        log_likelihood=float(-fit.fun * data.size),
        jobs=int(data.used.sum()),
        jobs_left_out=int((~data.used).sum()),
    )


class _Durations:
    """Jobs and times without one, as durations with what began and ended them."""

    def __init__(self, panel: Panel):
        spells = panel.spells()
        frame, person = spells.data, spells.worker_codes
        first, last = spells.window
        start, end = frame["start"].to_numpy(), frame["end"].to_numpy()
        origin = frame["origin"].to_numpy(dtype=object)
        again = np.append(person[1:] == person[:-1], False)
        next_origin = np.append(origin[1:], "unknown")
        next_start = np.append(start[1:], np.inf)

        running = (origin == "unknown") & (start == first)
        self.used = running | (origin != "unknown")
        self.kind = np.select([running, origin == "unemployment"], [0, 1], 2)
        self.poached = again & (next_origin == "firm")
        self.lost = ~self.poached & (end < last)
        self.time = end - start
        found = self.lost & again
        self.found = found[self.lost]
        self.idle = np.where(found, next_start - end, last - end)[self.lost]
        self.people, self.person = len(spells.workers), person
        self.size = len(frame)
        for seen, what in (
            (self.lost.any(), "lost"),
            (self.poached.any(), "left for a better one (origin 'firm')"),
            (
                (self.found & (self.idle > 0)).any(),
                "found out of unemployment after another was lost",
            ),
        ):
            if not seen:
                raise ValueError(
                    f"no job in the panel is {what}, so its rate is not identified:"
                    " use a longer window, or derive origins by Panel.with_origins."
                )
        firms = len(spells.firms)
        if firms <= FEW_FIRMS:
            self.v, self.gap = np.arange(firms) / firms, 1.0 / firms
            self.dv = np.full(firms, self.gap)
        else:
            points, weights = np.polynomial.legendre.leggauss(64)
            points = 0.5 * (points + 1.0)
            self.v, self.gap = points**2, 0.0  # denser where v is small
            self.dv = weights * points
        self.grid = np.linspace(0.0, np.sqrt(self.time.max()), 400) ** 2

    def first_guess(self):
        employed = self.time.sum()
        loss = self.lost.sum() / employed
        # from those found alone: who left the market would drown them in idle time
        return (
            self.found.sum() / self.idle[self.found].sum(),
            3.0 * self.poached.sum() / employed,
            0.9 * loss,
            0.1 * loss,
        )

    def log_likelihood(self, theta):
        """Log-likelihood a worker, shape (people,)."""
        unemployed, employed, separation, leave = np.exp(theta)
        loss = separation + leave
        k1, v = employed / loss, self.v
        below = v + self.gap  # F̄ at the next firm down the ladder
        types = np.stack([1 / ((1 + k1 * v) * (1 + k1 * below)), np.ones_like(v),
                          (1 - below) / (1 + k1 * below)])  # fmt: skip
        types *= self.dv / (types @ self.dv)[:, None]
        decay = np.exp(-np.outer(self.grid, loss + employed * v))
        survive = CubicSpline(self.grid, np.log(np.maximum(decay @ types.T, TINY)))
        moved = CubicSpline(
            self.grid, np.log(np.maximum(decay @ (employed * v * types).T, TINY))
        )
        value = np.empty(self.size)
        for kind in range(3):
            for table, ended in ((survive, ~self.poached), (moved, self.poached)):
                rows = (self.kind == kind) & ended
                value[rows] = _column(table, kind)(self.time[rows])
        value[self.lost] += np.log(loss)
        value[~self.used] = 0.0

        total = unemployed + leave
        back = separation / loss * unemployed / total
        hired = np.log(back * total) - total * self.idle
        gone = np.log1p(back * np.expm1(-total * self.idle))
        value[self.lost] += np.where(self.found, hired, gone)
        return np.bincount(self.person, value, minlength=self.people)

    def standard_errors(self, theta, free):
        """Sandwich over workers, in logs of the rates; nan where not free."""
        index, step = np.flatnonzero(free), 1e-4

        def scores(at):
            sides = []
            for k in index:
                move = np.zeros_like(at)
                move[k] = step
                up, down = (
                    self.log_likelihood(at + move),
                    self.log_likelihood(at - move),
                )
                sides.append((up - down) / (2 * step))
            return np.array(sides)

        hessian = np.empty((len(index), len(index)))
        for row, k in enumerate(index):
            move = np.zeros_like(theta)
            move[k] = 1e-3
            change = scores(theta + move) - scores(theta - move)
            hessian[row] = change.sum(axis=1) / 2e-3
        bread = np.linalg.inv(0.5 * (hessian + hessian.T))
        score = scores(theta)
        errors = np.full(len(theta), np.nan)
        errors[index] = np.sqrt(np.diag(bread @ (score @ score.T) @ bread))
        return errors


def _column(spline: CubicSpline, k: int) -> CubicSpline:
    return CubicSpline.construct_fast(
        np.ascontiguousarray(spline.c[:, :, k]), spline.x, extrapolate=True
    )
