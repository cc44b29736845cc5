"""The countermonotonic arms: which low values meet which high ones (appendix A.3).

At rank t of the loss distribution there are n teams, one an arm: team i joins a low
value a_i of margin i with the high values b_j of all others, and all n have one sum. So
the windows [a_i, b_i] have one length, the skill gap λ, and hold one mass, 1 − t:

    b_i − a_i = λ,   F_i(a_i) + 1 − F_i(b_i) = t,   Σ_i F_i(a_i) = t.   (A.13)–(A.15)

With a bounded margin an arm may carry no one: F_i(a_i) = 0 until λ has shrunk enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab.team_sorting.economy import Economy

FLAT = 1e-9  # difference of densities at a window's ends, relative, that is none


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
        # a flat density, along which a window slides freely, or nobody at either end
        least = np.maximum(FLAT * f_low, 1e-300)
        slope = np.where(np.abs(slope) < least, -least, slope)
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
        weight = multiplicity @ (ratio * f_high)
        step_gap = np.where(
            weight == 0,  # one arm is open, and nobody has left its top
            lack / f_low[largest, columns],
            (multiplicity @ (ratio * excess) + lack * beyond) / weight,
        )
        step_low = (f_high * step_gap - excess - lack) / slope
        # where a window slides, what the others use of the rank says how far
        slides = np.argmax(np.abs(ratio), axis=0)
        use = np.where(f_low > 0, multiplicity[:, None] * f_low * step_low, 0.0)
        use[slides, columns] = 0.0
        rest = -(lack + use.sum(axis=0)) / (
            multiplicity[slides] * f_low[slides, columns]
        )
        free = np.abs(ratio[slides, columns]) > 1e3
        step_low[slides, columns] = np.where(free, rest, step_low[slides, columns])
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
