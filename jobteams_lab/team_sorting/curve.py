"""The whole solution as functions: arms, the mixed share, losses and potentials.

The arms are solved at Chebyshev points in s = log t, so that integrals along them are
exact to rounding; where they end, at t = q, everyone left mixes:

    (1 − q) l(q) + ∫_0^q l(t) dt = Σ_i E[u_i],

which is l(q) = h(q) of (A.16), better conditioned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab.chebyshev import PiecewiseChebyshev
from jobteams_lab.team_sorting.countermonotonic import Arms, polish
from jobteams_lab.team_sorting.economy import Economy
from jobteams_lab.team_sorting.roots import SeveralSolutions, first_guess
from jobteams_lab.team_sorting.tails import Tail, tails

NEGLIGIBLE = 1e-17  # wage that the lowest ranks left out could add


@dataclass(frozen=True, eq=False)
class Curve:
    """Functions of s = log t, t ≤ q, and where they end.

    Attributes
    ----------
    high : list of PiecewiseChebyshev
        b_i(s).
    gap : PiecewiseChebyshev
        λ(s).
    low_value : list of PiecewiseChebyshev
        ∫ φ'(l) da_i from the first s on; only differences are used.
    high_value : list of PiecewiseChebyshev
        ∫ φ'(l) d(top − b_i) over all ranks up to s.
    low_tail, high_tail : list of Tail
        Both below the first s, by distance from the end of the support.
    start, end : float
        First s, and log q; −∞ when everything mixes.
    share : float
        q; 1 when nothing mixes, told to 1e-6.
    total : float
        l(q), the sum of every mixed team: log C. With q = 1, l at 1 − 1e-6.
    loss : float
        ∫_0^q φ(l(t)) dt + (1 − q) φ(l(q)).
    ends : Arms
        The arms at q.
    """

    high: list[PiecewiseChebyshev]
    gap: PiecewiseChebyshev
    low_value: list[PiecewiseChebyshev]
    high_value: list[PiecewiseChebyshev]
    low_tail: list[Tail]
    high_tail: list[Tail]
    start: float
    end: float
    share: float
    total: float
    loss: float
    ends: Arms


def trace(economy: Economy) -> Curve:
    """Solve for the arms and for the rank q at which mixing begins.

    Raises
    ------
    SeveralSolutions
        If the system has several solutions, or one along which losses fall or low
        and high values do not move inward: the formulas then mean nothing.
    """
    multiplicity, technology = economy.multiplicity, economy.technology
    tops = np.array([g.margin.high for g in economy.groups])[:, None]
    spans = [g.margin.high - g.margin.low for g in economy.groups]
    if multiplicity @ tops[:, 0] - max(spans) >= economy.mean_total:
        return _all_mixed(economy)
    guess = first_guess(economy)
    first = _first_rank(economy, guess)
    guess = Arms(*(one[..., first:] for one in vars(guess).values()))
    room = tops - guess.high
    opens = np.append(room[:, 1:] > 0, np.ones((len(tops), 1), bool), axis=1)
    room = np.log(np.where(room > 0, room, np.where(opens, 1e-6, 1e-300)))

    bounded = np.isfinite(max(spans))
    longest = int(np.argmax(spans))
    floor = economy.groups[longest].margin.low if bounded else 0.0
    # near the end of a bounded support the distance from it is a power of t
    distance = np.log(np.maximum(guess.low[longest] - floor, 1e-300))

    def solve_at(s):
        flat = np.ravel(s)
        near = tops - np.exp([np.interp(flat, guess.s, one) for one in room])
        if bounded:
            low = floor + np.exp(np.interp(flat, guess.s, distance))
            gap = near[longest] - low
        else:
            gap = np.interp(flat, guess.s, guess.gap)
        return polish(economy, flat, near, gap)

    def integrands(s):
        arms = solve_at(s)
        total = arms.total(multiplicity)
        marginal = technology.marginal_loss(total)
        t = np.exp(arms.s)
        active = np.array(
            [
                low > g.margin.low
                for low, g in zip(arms.low, economy.groups, strict=True)
            ]
        )
        rows = np.vstack(
            [
                arms.high,
                arms.gap,
                np.where(active, marginal * arms.low_slope, 0.0),
                -marginal * arms.high_slope,
                total * t,
                technology.loss(total) * t,
            ]
        )
        return rows.reshape(len(rows), *np.shape(s))

    margins = [group.margin for group in economy.groups]
    resolution = max(margin.skill.resolution for margin in margins)
    inexact = not all(margin.skill.exact for margin in margins)

    def tolerance(left, right):
        # windows that close, ranks and values near an end carry rounding noise
        closing = np.expm1(np.minimum(right, -1e-12)) ** -2.0
        noise = np.exp(-left) if inexact else 0.0
        if bounded:
            noise = noise + np.exp(-np.interp(left, guess.s, distance))
        return resolution * closing + 4e-15 * noise

    fitted = PiecewiseChebyshev.fit_several(integrands, guess.s, tol=tolerance)
    k = len(economy.groups)
    high, gap = fitted[:k], fitted[k]
    s0 = float(guess.s[0])
    bottom = solve_at(np.array([s0]))
    total0 = float(bottom.total(multiplicity)[0])
    slope0 = float(bottom.total_slope(multiplicity)[0])
    below = fitted[3 * k + 1].integral()
    opening = float(multiplicity @ tops[:, 0]) - max(spans)  # l(0)
    if np.isfinite(opening):  # a power of t rises from it
        power = slope0 / (total0 - opening)
        offset = np.exp(s0) * (opening + (total0 - opening) / (1.0 + power))
    else:  # l is linear in s below the first rank
        offset = np.exp(s0) * (total0 - slope0)

    def excess(s):
        total = multiplicity @ [one(s) for one in high] - gap(s)
        return -np.expm1(s) * total + below(s) + offset - economy.mean_total

    if excess(s0) > 0:  # q is below the least rank there is
        return _all_mixed(economy)
    end, mixes = _crossing(excess, high[0].breakpoints)
    ends = solve_at(np.array([end]))
    _refuse_folds(economy, high, gap, end, tolerance)
    total = float(ends.total(multiplicity)[0])
    lost = float(fitted[3 * k + 2].integral()(end))
    lost += np.exp(s0) * float(technology.loss(total0))
    lost += -np.expm1(end) * float(technology.loss(total))
    low_tail, high_tail = tails(economy, bottom, total0, slope0, opening)
    low_value = fitted[k + 1 : 2 * k + 1]
    high_value = fitted[2 * k + 1 : 3 * k + 1]
    return Curve(
        high=high,
        gap=gap,
        low_value=[one.integral() for one in low_value],
        high_value=list(map(_after, high_value, high_tail)),
        low_tail=low_tail,
        high_tail=high_tail,
        start=s0,
        end=end,
        share=float(np.exp(end)) if mixes else 1.0,
        total=total,
        loss=lost,
        ends=ends,
    )


def _after(function, tail):
    integral = function.integral()
    integral.coefficients[:, 0] += tail(tail.length)
    return integral


def _all_mixed(economy):
    # q = 0: even the least sum of the first rank, l(0), exceeds the mean of all sums
    nothing = PiecewiseChebyshev(np.array([-1.0, 0.0]), np.zeros((1, 2)))
    groups = len(economy.groups)
    total = economy.mean_total
    tops = np.array([[g.margin.high] for g in economy.groups])
    lows = np.array([[g.margin.low] for g in economy.groups])
    still = np.zeros_like(tops)
    return Curve(
        high=[nothing] * groups,
        gap=nothing,
        low_value=[nothing] * groups,
        high_value=[nothing] * groups,
        low_tail=[],
        high_tail=[],
        start=-np.inf,
        end=-np.inf,
        share=0.0,
        total=total,
        loss=float(economy.technology.loss(total)),
        ends=Arms(np.array([-np.inf]), tops, (tops - lows)[0], still, still, still[0]),
    )


def _first_rank(economy, guess):
    # the last rank below which nothing is left that a wage could show
    tops = np.array([g.margin.high for g in economy.groups])
    bounded = np.array([np.isfinite(g.margin.low) for g in economy.groups])
    total_top = float(economy.multiplicity @ tops)
    first = 0
    for k, s in enumerate(guess.s[:-4]):
        if s > -46.0:
            break
        low, high = guess.low[:, k], guess.high[:, k]
        others = total_top - tops
        seen = np.exp(others) - np.exp(guess.total(economy.multiplicity)[k] - low)
        left_low = np.where(bounded, 0.0, np.exp(low) * seen)
        total = guess.total(economy.multiplicity)[k]
        left_high = np.exp(min(total, 0.0)) * (tops - high)
        if max(left_low.max(), left_high.max()) > NEGLIGIBLE:
            break
        first = k
    return first


def _crossing(excess, breakpoints):
    # the excess is zero at t = 1, so that only more than rounding counts there
    over = excess(breakpoints) > 1e-12
    if not over.any():
        return float(breakpoints[-1]), False
    k = int(np.argmax(over))
    low, high = float(breakpoints[max(k - 1, 0)]), float(breakpoints[k])
    for _ in range(80):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if excess(middle) <= 0 else (low, middle)
    return high, True


def _refuse_folds(economy, high, gap, end, tolerance):
    edges = high[0].breakpoints
    edges = np.append(edges[(edges > -18.0) & (edges < end)], end)  # not below 1e-8
    s = np.unique(np.clip(np.linspace(0, 1, 8)[:, None] * np.diff(edges) + edges[:-1],
                          edges[0], end))  # fmt: skip
    tops = np.array([one(s) for one in high])
    total = economy.multiplicity @ tops - gap(s)
    lows = tops - gap(s)
    slack = 10 * tolerance(s[:-1], s[1:]) * np.maximum(1.0, np.abs(total[1:]))
    backward = (np.diff(total) < -slack) | (np.diff(tops, axis=1) > slack).any(axis=0)
    backward |= (np.diff(lows, axis=1) < -slack).any(axis=0)
    if backward.any():
        t = float(np.exp(s[int(np.argmax(backward))]))
        names = ", ".join(repr(group.margin.skill) for group in economy.groups)
        raise SeveralSolutions(
            f"With the distributions {names} the losses of the countermonotonic arms do"
            f" not rise, or too abruptly, at rank t = {t:.3g}: they are no assignment"
            " (Proposition 9): use linear_program, sinkhorn or rearrange."
        )
