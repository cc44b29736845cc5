"""Equilibria with yes-or-no decisions: smooth, follow the path, then solve exactly.

A model is a list of equations G(z, p) = 0 in continuous unknowns z and in decisions
p in [0, 1], each with a margin m(z): p = 1 where m > 0, p = 0 where m < 0, and p is
free where m = 0 (a mixed strategy). Smoothed, p = 1/(1 + exp(−m/ε)) and the gain
max(m, 0) is ε log(1 + exp(m/ε)). Newton's method follows the zero as ε falls; the
decisions that stay between 0 and 1 are the mixed ones, and a last Newton takes them as
unknowns with m = 0 as their equations.

A model object has `guess()`, `positive` (a slice of z), `margins(z)`,
`margin_jacobian(z, rows)`, `equations(z, p, slope, gain)` giving the residuals and
their Jacobian when dp/dm = slope and d gain/dm = p, and
`decision_jacobian(z, p, gain, rows)`.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from jobteams_lab.identification.arclength import follow_length

NARROWEST = 1e-7
TOLERANCE, ROUNDING = 1e-11, 1e-9


class Stuck(Exception):
    """Newton's method could not go on from here."""


class Solution(NamedTuple):
    """A zero of the unsmoothed system."""

    unknowns: np.ndarray
    decisions: np.ndarray
    mixed: np.ndarray  # which decisions are strictly mixed, as positions
    equations: float  # largest residual of the equations
    optimality: float  # largest residual of the decisions, |p − clip(p + m, 0, 1)|

    @property
    def largest(self) -> float:
        """The larger of the two residuals."""
        return max(self.equations, self.optimality)


def newton(system, z, *, tolerance: float, iterations: int, positive: slice):
    """Return a zero of `system` from z by Newton's method with a line search.

    `system` gives the residuals (n,) and their Jacobian (n, n). Where no step along
    Newton's direction helps any more, it ends if rounding can be the reason, at
    residuals below 1e-9; otherwise, and after so many iterations, it raises `Stuck`.
    """
    residual, jacobian = system(z)
    norm = np.abs(residual).max()
    for step in range(iterations):
        if norm <= tolerance:
            return z, step
        # where a decision is indeterminate the Jacobian is singular: the least step
        for solver in (np.linalg.solve, _least_step):
            try:
                direction = solver(jacobian, -residual)
            except np.linalg.LinAlgError:
                continue
            found = _search(system, z, direction, norm, positive)
            if found is not None:
                break
        else:
            if norm <= ROUNDING:
                return z, step
            raise Stuck
        z, residual, jacobian, norm = found
    if norm <= ROUNDING:
        return z, iterations
    raise Stuck


def _least_step(jacobian, target):
    return np.linalg.lstsq(jacobian, target, rcond=1e-13)[0]


def _search(system, z, direction, norm, positive):
    """Return the first point along `direction` at which the residual falls, or None."""
    length = 1.0
    while length >= 1e-3:
        trial = z + length * direction
        if (trial[positive] > 0).all():
            residual, jacobian = system(trial)
            trial_norm = np.abs(residual).max()
            if trial_norm < norm * (1 - 0.1 * length):
                return trial, residual, jacobian, trial_norm
        length /= 2
    return None


def smoothed(model, z, width: float):
    """Return the residuals and the Jacobian of the smoothed equations at ε = width."""
    margin = model.margins(z)
    p = expit(margin / width)
    gain = width * np.logaddexp(0.0, margin / width)
    return model.equations(z, p, p * (1 - p) / width, gain)


def follow(model, z, *, start: float, end: float = NARROWEST, watch=None):
    """Follow the zero of the smoothed system from ε = start to `end`.

    Each step predicts along the tangent of the path, which takes margins that shrink in
    proportion to ε exactly where they go, and corrects by Newton's method; the step in
    log ε adapts.

    Returns
    -------
    z : (n,) array
    width : float
        The ε reached: `end`, or a larger one where the path could not be followed.
    """

    def correct(z, width, iterations):
        return newton(
            lambda z: smoothed(model, z, width),
            z,
            tolerance=TOLERANCE,
            iterations=iterations,
            positive=model.positive,
        )

    z, _ = correct(z, start, 200)
    width, ratio = start, 0.5
    while width > end:
        h = 1e-4 * width
        above, _ = smoothed(model, z, width + h)
        below, _ = smoothed(model, z, width - h)
        _, jacobian = smoothed(model, z, width)
        tangent = np.linalg.solve(jacobian, (below - above) / (2 * h))
        target = max(width * ratio, end)
        guess = z + (target - width) * tangent
        if not (guess[model.positive] > 0).all():
            guess = z
        try:
            z, steps = correct(guess, target, 12)
        except Stuck:
            ratio = np.sqrt(ratio)
            if ratio > 0.98:
                # the path turns back here: go round by its length
                return follow_length(
                    partial(smoothed, model),
                    z,
                    width,
                    end=end,
                    tolerance=TOLERANCE,
                    positive=model.positive,
                )
            continue
        width = target
        if watch is not None:
            watch(width, steps)
        if steps <= 4:
            ratio = max(ratio**2, 1e-3)
        elif steps >= 8:
            ratio = min(np.sqrt(ratio), 0.9)
    return z, width


def sharpen(model, z, width: float, *, rounds: int = 60) -> Solution:
    """Solve the unsmoothed system from a smoothed zero at ε = width.

    Decisions whose p lies well between 0 and 1 become unknowns, with m = 0 as their
    equations. After each solve those that left [0, 1] become pure and those whose
    margin contradicts them mixed, until none does.
    """
    margin = model.margins(z)
    p = expit(margin / width)
    # where types are alike nobody ever cares, and the smoothed decision stands
    indifferent = np.abs(margin) <= 1e-12
    between = (p > 1e-4) & (p < 1 - 1e-4) & ~indifferent
    mixed = np.flatnonzero(between & model.relevant(z, margin))
    pure = np.where(indifferent, p, p > 0.5)
    share = p[mixed]
    size, best = len(z), None
    for _ in range(rounds):

        def system(unknowns, mixed=mixed, pure=pure):
            z, p = unknowns[:size], pure.copy()
            p[mixed] = unknowns[size:]
            margin = model.margins(z)
            gain = np.maximum(margin, 0.0)
            residual, jacobian = model.equations(z, p, np.zeros_like(p), gain)
            if len(mixed) == 0:
                return residual, jacobian
            columns = model.decision_jacobian(z, p, gain, mixed)
            rows = model.margin_jacobian(z, mixed)
            corner = np.zeros((len(mixed), len(mixed)))
            return (
                np.concatenate([residual, margin[mixed]]),
                np.block([[jacobian, columns], [rows, corner]]),
            )

        try:
            unknowns, _ = newton(
                system,
                np.concatenate([z, share]),
                tolerance=1e-12,
                iterations=40,
                positive=model.positive,
            )
        except Stuck:
            break
        z, share = unknowns[:size], unknowns[size:]
        found = _judge(model, z, pure, mixed, share)
        if best is None or found.largest < best.largest:
            best = found
        if found.largest <= TOLERANCE:
            return found
        margin = model.margins(z)
        outside = (share < 0) | (share > 1)
        pure[mixed[outside]] = share[outside] > 1
        wrong = np.where(pure > 0.5, margin < 0, margin > 0) & ~indifferent
        wrong[mixed] = False
        wrong &= model.relevant(z, margin)
        added = np.flatnonzero(wrong)
        share = np.concatenate([share[~outside], pure[added]])
        mixed = np.concatenate([mixed[~outside], added])
        order = np.argsort(mixed)
        mixed, share = mixed[order], share[order]
    if best is None:
        best = _judge(model, z, pure, mixed, np.clip(share, 0, 1))
    return best


def _judge(model, z, pure, mixed, share) -> Solution:
    p = pure.copy()
    p[mixed] = np.clip(share, 0, 1)
    margin = model.margins(z)
    residual, _ = model.equations(z, p, np.zeros_like(p), np.maximum(margin, 0.0))
    off = np.abs(p - np.clip(p + margin, 0, 1))[model.relevant(z, margin)]
    return Solution(
        z, p, mixed, float(np.abs(residual).max()), float(off.max(initial=0.0))
    )
