"""The countermonotonic arms: which low values meet which high ones (appendix A.3).

At rank t of the loss distribution there are n teams, one an arm: team i joins a low
value a_i of margin i with the high values b_j of all others, and all n have one sum. So
the windows [a_i, b_i] have one length, the skill gap λ, and hold one mass, 1 − t:

    b_i − a_i = λ,   F_i(a_i) + 1 − F_i(b_i) = t,   Σ_i F_i(a_i) = t.   (A.13)–(A.15)

With a bounded margin an arm may carry no one: F_i(a_i) = 0 until λ has shrunk enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from jobteams_lab.team_sorting.economy import Economy

# where the system is searched for all its solutions
SCAN = np.concatenate(
    [
        -np.geomspace(640.0, 8.0, 25),
        np.log(np.geomspace(5e-4, 0.5, 24)),
        np.log1p(-np.geomspace(0.47, 1e-6, 30)),
    ]
)
FRACTIONS = np.concatenate(
    [
        [0.0],
        np.geomspace(1e-14, 0.02, 60),
        np.linspace(0.02, 0.98, 140)[1:-1],
        1.0 - np.geomspace(0.02, 1e-7, 40),
        [1.0],
    ]
)
MOST_COMBINATIONS = 512
LEAST_INEXACT = np.log(1e-12)  # where tails are only good to rounding
SHORTEST = 1e-8  # from the end of a bounded support


@dataclass(frozen=True, eq=False)
class Arms:
    """Solutions of the system at log ranks s = log t.

    Attributes
    ----------
    s : ndarray, shape (points,)
    high : ndarray, shape (groups, points)
        b_i.
    gap : ndarray, shape (points,)
        λ.
    high_slope, low_slope : ndarray, shape (groups, points)
        db_i/ds and da_i/ds.
    gap_slope : ndarray, shape (points,)
        dλ/ds.
    """

    s: np.ndarray
    high: np.ndarray
    gap: np.ndarray
    high_slope: np.ndarray
    low_slope: np.ndarray
    gap_slope: np.ndarray

    @property
    def low(self) -> np.ndarray:
        """a_i = b_i − λ."""
        return self.high - self.gap

    def total(self, multiplicity) -> np.ndarray:
        """l(t) = Σ_i b_i − λ, the sum of the teams at rank t."""
        return multiplicity @ self.high - self.gap

    def total_slope(self, multiplicity) -> np.ndarray:
        """dl/ds."""
        return multiplicity @ self.high_slope - self.gap_slope


class SeveralSolutions(ValueError):
    """The distributions admit several solutions, or one that is not monotone."""


def first_guess(economy: Economy) -> Arms:
    """Find every solution at the ranks of a grid, roughly, up to where mixing begins.

    Raises
    ------
    SeveralSolutions
        With the rank at which the system has several solutions or none.
    """
    multiplicity = economy.multiplicity
    found, kept = [], []
    below, beyond, previous = 0.0, 0, None
    for s in SCAN[SCAN > _deepest(economy)]:
        t = np.exp(s)
        high, gap = _only_root(economy, s)
        total = float(multiplicity @ high - gap)
        found.append((high, gap))
        kept.append(s)
        if previous is not None:  # ∫ l dt by trapezoids
            below += 0.5 * (total + previous[1]) * (t - previous[0])
        else:
            below += t * total
        previous = (t, total)
        beyond += -np.expm1(s) * total + below > economy.mean_total
        if beyond == 2:
            break  # one point more than needed, for trapezoids are rough
    high = np.array([one[0] for one in found]).T
    gap = np.array([one[1] for one in found])
    flat = np.zeros_like(high)
    return Arms(np.array(kept), high, gap, flat, flat, np.zeros_like(gap))


def _deepest(economy):
    # the log rank below which values cannot be told from the ends of their support
    reach = []
    for margin in opening_margins(economy):
        end = margin.low + SHORTEST if np.isfinite(margin.low) else -650.0
        reach.append(float(margin.log_odds(end)))
    for margin in (group.margin for group in economy.groups):
        if not margin.skill.exact:
            reach += [LEAST_INEXACT, -float(margin.log_odds(margin.high - 1e-14))]
    return max(reach)


def opening_margins(economy: Economy) -> list:
    """The margins with the longest support: their arms are open from rank 0."""
    margins = [group.margin for group in economy.groups]
    spans = np.array([margin.high - margin.low for margin in margins])
    longest = spans >= spans.max() - 1e-9 if np.isfinite(spans).all() else (
        np.isinf(spans))  # fmt: skip
    return [margin for margin, one in zip(margins, longest, strict=True) if one]


def _only_root(economy: Economy, s: float):
    groups, multiplicity = economy.groups, economy.multiplicity
    t = np.exp(s)
    curves = [_gap_curve(group.margin, t) for group in groups]
    roots = _roots(curves, multiplicity, t)
    if len(roots) != 1:
        many = "no solution" if not roots else f"{len(roots)} solutions"
        raise SeveralSolutions(
            f"The distributions {', '.join(repr(g.margin.skill) for g in groups)} give"
            f" the system of the countermonotonic arms {many} at rank t = {t:.3g}"
            " (A.13, A.14), so its formulas do not tell who works with whom: use"
            " linear_program, sinkhorn or rearrange."
        )
    gap, shares = roots[0]
    high = [
        float(group.margin.upper_quantile(t - share))
        for group, share in zip(groups, shares, strict=True)
    ]
    return np.array(high), gap


def _gap_curve(margin, t):
    # (share t_i, λ) along all windows of mass 1 − t; share 0 serves every larger λ
    share = FRACTIONS * t
    rest = t - share
    rest[-1] = 0.0
    with np.errstate(divide="ignore"):
        low = margin.from_log_odds(np.log(share) - np.log1p(-share))
        high = margin.from_log_odds(np.log1p(-rest) - np.log(rest))
    return share, high - low


def _roots(curves, multiplicity, t):
    # monotone pieces of each curve, then sign changes of Σ m_i t_i − t along λ
    pieces = [_monotone_pieces(share, gap) for share, gap in curves]
    if np.prod([len(one) for one in pieces], dtype=float) > MOST_COMBINATIONS:
        pieces = [one[:1] for one in pieces]  # the arms that open from rank 0
    gaps = np.unique(np.concatenate([gap for _, gap in curves]))
    found = []
    for choice in product(*pieces):
        lower = max(piece[1][0] for piece in choice)
        upper = min(piece[1][-1] for piece in choice)
        if lower >= upper:
            continue
        grid = np.unique(np.clip(gaps, lower, upper))
        shares = np.array([np.interp(grid, gap, share) for share, gap in choice])
        excess = multiplicity @ shares - t
        sign = excess >= 0  # an arm may hold all but a sliver of the rank
        for k in np.flatnonzero(sign[:-1] != sign[1:]):
            weight = excess[k] / (excess[k] - excess[k + 1])
            found.append(
                (
                    float(grid[k] + weight * (grid[k + 1] - grid[k])),
                    shares[:, k] + weight * (shares[:, k + 1] - shares[:, k]),
                )
            )
    return found


def _monotone_pieces(share, gap):
    # pieces ordered by rising gap; the first, falling in the share, runs on to ∞
    falling = np.diff(gap) < 1e-11 * np.maximum(gap[1:], 1.0)  # or flat but for noise
    flat = falling & (np.diff(gap) >= 0)
    gap = gap - 1e-11 * np.cumsum(np.append(0.0, flat))  # so that it can be inverted
    ends = np.flatnonzero(falling[1:] != falling[:-1]) + 1
    pieces = []
    for start, stop in zip([0, *ends], [*ends, len(gap) - 1], strict=True):
        x, y = share[start : stop + 1], gap[start : stop + 1]
        if y[0] > y[-1]:
            x, y = x[::-1], y[::-1]
        pieces.append((x, y))
    if falling[0]:
        x, y = pieces[0]
        pieces[0] = (np.append(x, share[0]), np.append(y, 1e6))
    return pieces


def polish(economy: Economy, s: np.ndarray, high, gap) -> Arms:
    """Solve the system at log ranks s by Newton's method from a near guess.

    The steps are in log(top − b_i), so that no value leaves its support.
    """
    multiplicity = economy.multiplicity
    margins = [group.margin for group in economy.groups]
    t = np.exp(s)
    tops = np.array([margin.high for margin in margins])[:, None]
    bottoms = np.array([margin.low for margin in margins])[:, None]
    high = np.minimum(high, tops)
    gap = np.minimum(gap, np.max(high - bottoms, axis=0) * (1.0 - 1e-15))
    last = np.inf
    others = multiplicity - np.eye(len(margins))  # t̄_i = Σ_j others_ij t_j
    last = np.inf
    for _ in range(30):
        below, above, f_low, f_high = _evaluate(margins, high, gap)
        # 1 − F_i(b_i) = t̄_i: no difference of nearly equal numbers
        excess = above - others @ below
        lack = multiplicity @ below - t
        step, _, step_gap = _solve_linear(
            multiplicity, others, f_low, f_high, excess, lack
        )
        room = tops - high
        with np.errstate(all="ignore"):
            relative = np.where(room > 0, step / room, 0.0)
        relative = np.clip(np.nan_to_num(relative), -2.0, 2.0)
        high = tops - room * np.exp(-relative)
        limit = 0.5 * np.abs(gap)
        step_gap = np.clip(np.nan_to_num(step_gap), -limit, limit)
        # some arm must stay open: its low value keeps a tenth of its room
        left = np.max(high - bottoms, axis=0) - gap
        gap = np.minimum(gap + step_gap, gap + 0.9 * np.abs(left))
        moved = max(
            np.max(np.abs(step_gap) / np.maximum(1.0, gap)),
            np.max(np.abs(relative) * room / np.maximum(1.0, np.abs(high))),
        )
        if moved < 1e-15 or (moved < 1e-13 and moved >= last):
            break
        last = moved
    below, _, f_low, f_high = _evaluate(margins, high, gap)
    idle = others @ below <= 0  # no other arm is open: nobody has left the top
    high = np.where(idle, tops, high)
    # differentiate the system by s, where dt/ds = t
    high_slope, low_slope, gap_slope = _solve_linear(
        multiplicity, others, f_low, f_high, np.zeros_like(high), -t
    )
    high_slope = np.where(idle, 0.0, high_slope)
    low_slope = np.where(idle, -gap_slope, low_slope)
    return Arms(s, high, gap, high_slope, low_slope, gap_slope)


def _solve_linear(multiplicity, others, f_low, f_high, excess, lack):
    # the Newton step (db_i, da_i, dλ), with da_i = db_i − dλ, of
    #   f_high_i db_i + Σ_j others_ij f_low_j da_j = excess_i,
    #   Σ_j m_j f_low_j da_j = −lack
    with np.errstate(all="ignore"):
        slope = f_low - f_high
        slope = np.where(slope == 0, -1e-300, slope)  # nobody at either end
        ratio = f_low / slope
        # Σ_j m_j ratio_j − 1 without the cancellation when one arm holds nearly all
        single = np.where(multiplicity[:, None] == 1, ratio, -np.inf)
        largest = np.argmax(np.nan_to_num(single, nan=-np.inf), axis=0)
        terms = multiplicity[:, None] * ratio
        columns = np.arange(terms.shape[1])
        rest = np.where(
            multiplicity[largest] == 1,
            f_high[largest, columns] / slope[largest, columns],
            terms[largest, columns] - 1.0,
        )
        terms[largest, columns] = 0.0
        beyond = terms.sum(axis=0) + rest
        step_gap = (multiplicity @ (ratio * excess) + lack * beyond) / (
            multiplicity @ (ratio * f_high)
        )
        step_low = (f_high * step_gap - excess - lack) / slope
        moved = np.where(f_low > 0, f_low * step_low, 0.0)
        exact = (excess - others @ moved) / f_high
        step_high = np.where(np.isfinite(exact), exact, step_low + step_gap)
    return step_high, step_low, step_gap


def _evaluate(margins, high, gap):
    low = high - gap
    below = np.array([m.cdf(a) for m, a in zip(margins, low, strict=True)])
    above = np.array([m.sf(b) for m, b in zip(margins, high, strict=True)])
    f_low = np.array([m.pdf(a) for m, a in zip(margins, low, strict=True)])
    f_high = np.array([m.pdf(b) for m, b in zip(margins, high, strict=True)])
    return below, above, f_low, f_high
