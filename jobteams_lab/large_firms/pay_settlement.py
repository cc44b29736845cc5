"""What a worker's own settlements bring him, taken into account exactly.

Let G = W − U, Δ⁺ = max(Δ, 0), Ḡ = clip(G, 0, Δ⁺), T his offers (see `offers`), and
D = ρ + δ_f + δ_m + δ_r. His renegotiations and meetings bring, on average and a year,

    s(G) = λ (Ḡ − G) + ψ^E (Ḡ + T(Δ⁺) − T(Ḡ) − G).

G has bends where s has, at 0 and at Δ⁺. What is approximated is therefore

    c = G − s(G)/(D + L̂)

with L̂ the rate at which his team changes, or a smooth approximation of it: that is a
mean of what he gains in the teams that may be next. G follows from c, and increases
in it.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def _cell(d, top, last):
    j = min(int(np.sqrt(min(max(d / top, 0.0), 1.0)) * last), last - 1)
    return j, top * (j / last) ** 2, top * ((j + 1) / last) ** 2


@njit(cache=True)
def _read(row, top, d):
    # T at d, piecewise linear on the grid top (j/(D − 1))²
    j, left, right = _cell(d, top, len(row) - 1)
    share = min((d - left) / (right - left), 1.0)
    return row[j] + share * (row[j + 1] - row[j])


@njit(cache=True)
def _gain(c, high, lasting, row, top, renew, meet):
    # G and dG/dc; lasting is D + L̂
    rate = lasting + renew + meet
    target = lasting * c + meet * _read(row, top, high)
    if target <= 0.0:
        return target / rate, lasting / rate
    if target >= lasting * high + meet * _read(row, top, high):
        return (lasting * c + (renew + meet) * high) / rate, lasting / rate
    last = len(row) - 1
    low, up = 0, last
    while up - low > 1:
        middle = (low + up) // 2
        if lasting * top * (middle / last) ** 2 + meet * row[middle] <= target:
            low = middle
        else:
            up = middle
    if target > lasting * top + meet * row[last]:  # nobody offers more
        return min((target - meet * row[last]) / lasting, high), 1.0
    left, right = top * (low / last) ** 2, top * (up / last) ** 2
    slope = lasting + meet * (row[up] - row[low]) / (right - left)
    gain = left + (target - lasting * left - meet * row[low]) / slope
    return min(gain, high), lasting / slope


@njit(cache=True)
def gains(c, surplus, lasting, rows, top, renew, meet):
    """Return G and dG/dc, (R, G), of R workers.

    Parameters
    ----------
    c : (R, G) array
    surplus, lasting : (R,) arrays
        Δ and D + L̂.
    rows : (R, J) array
        T of each worker, on the grid up to `top`.
    renew, meet : float
        λ and ψ^E.
    """
    gain, slope = np.empty_like(c), np.empty_like(c)
    for r in range(c.shape[0]):
        high = max(surplus[r], 0.0)
        for g in range(c.shape[1]):
            gain[r, g], slope[r, g] = _gain(
                c[r, g], high, lasting[r], rows[r], top, renew, meet
            )
    return gain, slope


@njit(cache=True)
def settlements(gain, surplus, rows, top, renew, meet):
    """Return s(G) of R workers with gains G, (R, G); arguments as of `gains`."""
    answer = np.empty_like(gain)
    for r in range(gain.shape[0]):
        high = max(surplus[r], 0.0)
        offered = _read(rows[r], top, high)
        for g in range(gain.shape[1]):
            here = gain[r, g]
            kept = min(max(here, 0.0), high)
            met = kept + offered - _read(rows[r], top, kept) - here
            answer[r, g] = renew * (kept - here) + meet * met
    return answer


@njit(cache=True)
def continuations(gain, surplus, lasting, rows, top, renew, meet):
    """Return c of R workers with gains G, (R, G): the inverse of `gains`."""
    brings = settlements(gain, surplus, rows, top, renew, meet)
    return gain - brings / lasting.reshape(len(lasting), 1)


@njit(cache=True)
def survival(surplus, rows, top):
    """Return P(Δ_p > max(Δ, 0)) of R workers at Z kinds of firms, (R, Z)."""
    answer = np.zeros_like(surplus)
    for r in range(surplus.shape[0]):
        row = rows[r]
        for k in range(surplus.shape[1]):
            d = max(surplus[r, k], 0.0)
            if d < top:
                j, left, right = _cell(d, top, len(row) - 1)
                slope = (row[j + 1] - row[j]) / (right - left)
                answer[r, k] = min(max(slope, 0.0), 1.0)
    return answer
