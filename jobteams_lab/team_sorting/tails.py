"""The lowest ranks: what lies below the first rank that the arms are solved at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab.team_sorting.countermonotonic import Arms
from jobteams_lab.team_sorting.economy import Economy


@dataclass(frozen=True)
class Tail:
    """∫_0^d φ' over the distance d ≤ length from an end of a support.

    φ' goes from `at_end` to `at_length` as a power of the distance.
    """

    length: float
    at_end: float
    at_length: float
    power: float

    def __call__(self, distance) -> np.ndarray:
        if self.length == 0.0:
            return np.zeros_like(distance)
        part = np.clip(distance / self.length, 0.0, 1.0)
        power = np.clip(self.power, 0.0, 50.0)  # rounding where φ' hardly moves
        rise = (self.at_length - self.at_end) * part**power / (1.0 + power)
        return self.length * part * (self.at_end + rise)


def tails(
    economy: Economy, bottom: Arms, total: float, slope: float, opening: float
) -> tuple[list[Tail], list[Tail]]:
    """Low and high tails of each group, from the powers of t that rule there.

    `bottom` are the arms at the first rank, with the sum `total` and its derivative by
    s; `opening` is the sum at rank 0.
    """
    loss = economy.technology.marginal_loss
    at_first, at_zero = float(loss(total)), float(loss(opening))
    bounded = np.isfinite(opening)
    pace = slope / (total - opening) if bounded else slope
    tops = np.array([group.margin.high for group in economy.groups])
    low_tails, high_tails = [], []
    for k, group in enumerate(economy.groups):
        low, room = float(bottom.low[k, 0]), float(tops[k] - bottom.high[k, 0])
        low_slope, high_slope = bottom.low_slope[k, 0], bottom.high_slope[k, 0]
        if low <= group.margin.low:
            low_tails.append(Tail(0.0, 0.0, 0.0, 0.0))
        elif bounded:
            inside = low - group.margin.low
            power = pace / (low_slope / inside)
            low_tails.append(Tail(inside, at_zero, at_first, power))
        else:  # in x itself, along which φ' du/dx = L/x tends to the others' tops
            limit = np.exp(economy.multiplicity @ tops - tops[k])
            rate = np.exp(total - low)
            power = -rate * (slope - low_slope) / max(limit - rate, 1e-300)
            low_tails.append(Tail(np.exp(low), limit, rate, power / low_slope))
        moves = room > 0 and abs(high_slope) > 1e-300
        power = pace * room / -high_slope if moves else 0.0
        high_tails.append(Tail(room, at_zero, at_first, power))
    return low_tails, high_tails
