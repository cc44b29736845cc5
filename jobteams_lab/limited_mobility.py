"""Limited mobility bias: what noise in fixed effects adds to their variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from jobteams_lab import checks
from jobteams_lab.fixed_effects import FixedEffects, Moments
from jobteams_lab.match_graph import DIRECT, firm_system, iterative

TRACES = ("auto", "exact", "draws")


@dataclass(frozen=True)
class CorrectedMoments:
    """Moments of fixed effects without the part that estimation noise put in.

    Attributes
    ----------
    moments : Moments
        Corrected; a variance may come out negative, and sorting is then NaN.
    bias : Moments
        What was taken from the estimated moments (the residual's is negative).
    error_variance : float
        σ²: the variance of the error of a match of weight one.
    trace, trace_error : float
        tr(S⁺ Q), and its standard error if it was drawn (0 if it is exact).
    """

    moments: Moments
    bias: Moments
    error_variance: float
    trace: float
    trace_error: float

    @property
    def sorting(self) -> float:
        """Corr(α, ψ), corrected."""
        return self.moments.sorting


def corrected_moments(
    effects: FixedEffects,
    *,
    trace: str = "auto",
    draws: int = 100,
    seed=0,
    tol: float = 1e-8,
) -> CorrectedMoments:
    """Correct variances and covariance of fixed effects for limited mobility.

    Errors are independent over matches, with variance σ²/weight. Then with S the
    firms' system once workers are eliminated, T the total weight, Q the matrix of
    Var(ψ) = ψ′Qψ and t = tr(S⁺Q), the estimates exceed the truth on average by ::

        Var(α): σ² (t + (N − J)/T)      Var(ψ): σ² t
        Cov(α, ψ): −σ² (t − (J − 1)/T)

    and σ² is the weighted sum of squared residuals over matches − N − J + 1. The bias
    that remains if errors are correlated within workers, or if wages are not a sum of
    two effects, is not corrected by this.

    Parameters
    ----------
    effects : FixedEffects
    trace : {"auto", "exact", "draws"}
        Whether t is computed from S⁻¹ (2,000 firms or fewer, by default) or as the mean
        of z′S⁺z over random vectors z (Hutchinson's estimator).
    draws : int
        How many vectors, at least 2.
    seed : int or Generator
    tol : float
        Of the conjugate gradients for each draw.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or there are no matches beyond those that connect
        the set, so that σ² is not identified.
    RuntimeError
        If conjugate gradients do not converge for a draw.

    References
    ----------
    Andrews, Gill, Schank and Upward (2008).
    """
    checks.one_of("trace", trace, TRACES)
    draws = checks.whole("draws", draws, low=2)
    tol = checks.number("tol", tol, low=0.0, open_low=True)
    if effects.degrees_of_freedom < 1:
        raise ValueError(
            "The effects fit every match exactly, since there are no more matches than"
            " effects: σ² is not identified, and the bias cannot be corrected. Use a"
            " longer panel."
        )
    graph = effects.graph
    total = float(graph.weight.sum())
    workers, firms = graph.matches.shape
    raw = effects.moments
    noise = raw.residual * total / effects.degrees_of_freedom
    if trace == "exact" or (trace == "auto" and firms <= DIRECT):
        value, error = _exact_trace(graph), 0.0
    else:
        value, error = _drawn_trace(graph, draws, np.random.default_rng(seed), tol)
    bias = Moments(
        worker=noise * (value + (workers - firms) / total),
        firm=noise * value,
        covariance=-noise * (value - (firms - 1) / total),
        residual=-noise * (workers + firms - 2) / total,
    )
    clean = Moments(
        worker=raw.worker - bias.worker,
        firm=raw.firm - bias.firm,
        covariance=raw.covariance - bias.covariance,
        residual=raw.residual - bias.residual,
    )
    return CorrectedMoments(clean, bias, noise, value, error)


def _exact_trace(graph) -> float:
    # Q annihilates constants, so that any inverse of S with one firm left out will do
    share = graph.by_firm(graph.weight) / graph.weight.sum()
    inner = firm_system(graph).toarray()[1:, 1:]
    inverse = linalg.cho_solve(
        linalg.cho_factor(inner, overwrite_a=True), np.eye(len(inner))
    )
    kept = share[1:]
    return float(kept @ np.diag(inverse) - kept @ inverse @ kept)


def _drawn_trace(graph, draws: int, rng, tol: float) -> tuple[float, float]:
    share = graph.by_firm(graph.weight) / graph.weight.sum()
    solve = iterative(graph, tol, 10_000)
    root = np.sqrt(share)
    found = np.empty(draws)
    for k in range(draws):
        sign = rng.choice([-1.0, 1.0], size=len(share))
        # Q = √D (1 − s s′) √D with s = √share, so that this vector sums to zero
        vector = root * (sign - root * (root @ sign))
        found[k] = vector @ solve(vector)[0]
    return float(found.mean()), float(found.std(ddof=1) / np.sqrt(draws))
