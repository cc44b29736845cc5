"""The surplus of a worker along the path of what he learns, in closed form."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from jobteams_lab.large_firms.additive_gains import EPS


@njit(cache=True)
def orbit(phi, z, q, h, a, numbers):
    """Return the surplus D of a worker and its slope in Φ.

    Along h_k = h g^k with g = aq, and with s = ρ + δ_f + δ_r + δ_m and κ = λ + ψ^E,

        (s + γ) D_k = Φ + c h_k + γ D_{k+1} + κ max(−D_k, 0),
        c = z − b − γ (b/(ρ + δ_r)) (1 − g).

    If he stays for ever, D_k = Φ/s + c h_k/(s + γ − γg); if he leaves whenever he can,
    s + κ takes the place of s. With c ≥ 0 he stays. With c < 0 and g < 1 he leaves
    until his human capital has fallen far enough that D ≥ 0; with g > 1 he stays until
    it has risen so far that D < 0. Let K be the first k of the second regime; then the
    first regime's formula holds up to a term that dies out as (γ/(s + γ))^K, with
    s + κ for s if he leaves first.
    """
    s, gamma, kappa, b, outside = numbers
    g = a * q
    c = z - b - gamma * outside * (1.0 - g)
    r = s + gamma
    stay_phi, stay_h = 1.0 / s, c * h / (r - gamma * g)
    if c >= 0.0:
        return phi * stay_phi + stay_h, stay_phi
    quit_phi, quit_h = 1.0 / (s + kappa), c * h / (r + kappa - gamma * g)
    if g == 1.0:
        if phi + c * h >= 0.0:
            return phi * stay_phi + stay_h, stay_phi
        return phi * quit_phi + quit_h, quit_phi
    if g < 1.0:
        if phi <= 0.0:
            return quit_h, quit_phi
        steps = math.log(-phi * stay_phi / stay_h) / math.log(g)
        k = max(0.0, math.ceil(steps))
        fade = gamma / (r + kappa)
        w, wg = fade**k, (fade * g) ** k
        value = phi * quit_phi + quit_h
        value += w * phi * (stay_phi - quit_phi) + wg * (stay_h - quit_h)
        return value, quit_phi + w * (stay_phi - quit_phi)
    k = 0.0
    if phi > 0.0:
        steps = math.log(-phi * quit_phi / quit_h) / math.log(g)
        k = max(0.0, math.floor(steps) + 1.0)
    fade = gamma / r
    w, wg = fade**k, (fade * g) ** k
    value = phi * stay_phi + stay_h
    value += w * phi * (quit_phi - stay_phi) + wg * (quit_h - stay_h)
    return value, stay_phi + w * (quit_phi - stay_phi)


@njit(cache=True)
def surplus(phi, z, q, h, a, numbers):
    """Return D of workers at firms, (n,): `orbit` row by row."""
    value = np.empty(len(phi))
    for i in range(len(phi)):
        value[i] = orbit(phi[i], z[i], q[i], h[i], a[i], numbers)[0]
    return value


@njit(cache=True)
def total_gain(phi, z, q, h_n, a_n, rate_n, h_e, a_e, rate_e, threshold, numbers):
    """Return T = Σ μ_N max(D, 0) + Σ μ_E max(D − Δ_p, 0), its slope in Φ and noise.

    The noise bounds the rounding errors in T, (F,) each: those of a sum, term by term,
    of what was there before anything was subtracted, Φ and Δ_p included.
    """
    value, slope = np.zeros(len(phi)), np.zeros(len(phi))
    paid = np.zeros(len(phi))
    for f in range(len(phi)):
        for j in range(len(h_n)):
            d, by = orbit(phi[f], z[f], q[f], h_n[j], a_n[j], numbers)
            if d > 0.0:
                value[f] += rate_n[j] * d
                slope[f] += rate_n[j] * by
        for j in range(len(h_e)):
            d, by = orbit(phi[f], z[f], q[f], h_e[j], a_e[j], numbers)
            if d > threshold[j]:
                value[f] += rate_e[j] * (d - threshold[j])
                slope[f] += rate_e[j] * by
                paid[f] += rate_e[j] * threshold[j]
    terms = EPS * (len(h_n) + len(h_e) + 4)
    return value, slope, terms * (value + slope * phi + 2 * paid)
