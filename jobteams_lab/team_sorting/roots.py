"""All solutions of the system of the arms, roughly, up to where mixing begins.

At a rank t each margin has a curve of windows of mass 1 − t: the further up a window
starts, the shorter it is, as long as the density of u rises. Solutions are the points
of these curves with one length λ whose starts use the mass t together. Where a density
falls a curve turns back, and there can be several solutions: then the formulas do not
tell who works with whom.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from jobteams_lab.team_sorting.countermonotonic import Arms
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
UNPOPULATED = np.log(1e-60)
SHORTEST = 1e-8  # from the end of a bounded support


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
    # nobody is at ranks that deep: the arms that open from rank 0 come first
    if len(roots) != 1 and not (roots and s < UNPOPULATED):
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
    found = []
    for choice in product(*pieces):
        lower = max(piece[1][0] for piece in choice)
        upper = min(piece[1][-1] for piece in choice)
        if lower >= upper:
            continue
        gaps = np.concatenate([gap for _, gap in choice])
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
    noise = (1e-11 + 1e-6 * share[-1]) * np.maximum(gap[1:], 1.0)
    falling = np.diff(gap) < noise
    ends = np.flatnonzero(falling[1:] != falling[:-1]) + 1
    pieces = []
    for start, stop in zip([0, *ends], [*ends, len(gap) - 1], strict=True):
        x, y = share[start : stop + 1], gap[start : stop + 1]
        if falling[start]:
            x, y = x[::-1], y[::-1]
        # no noise, so that it can be inverted
        y = np.maximum.accumulate(y) + 1e-14 * np.arange(len(y))
        pieces.append((x, y))
    if falling[0]:
        x, y = pieces[0]
        pieces[0] = (np.append(x, share[0]), np.append(y, 1e6))
    return pieces
