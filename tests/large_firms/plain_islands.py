"""The economy with continuous types, one event after another, in plain loops.

Gillespie's algorithm from the slides' list of events: the time to the next one is
exponential, workers and firms are drawn by rejection, and V is a given function,

    V(z, q, X) = g(z) (room[n] + worth (Σ hᵢ^η)^(1/η)) + care n u(q),

where g is a cubic in log z. A firm that dies is replaced by one of its
own type.
"""

import numpy as np
from numba import njit

NAMES = (
    *("EE", "NE", "quits", "breaks", "deaths", "retire", "employment", "size"),
    *("P50", "P90", "x_at_work", "sd_x_at_work", "x_idle", "sd_x_idle"),
    *("y_at_work", "y_idle", "log_z_at_work", "log_q_at_work"),
)


@njit
def _pair(rng, law):
    first, second = rng.standard_normal(), rng.standard_normal()
    second = law[4] * first + np.sqrt(1 - law[4] ** 2) * second
    return law[0] + law[1] * first, law[2] + law[3] * second


@njit
def value(log_z, log_q, x, team, n, without, tech, types, room):
    """V of the firm with the first n of a team, but for one of them."""
    total, left = 0.0, 0
    for k in range(n):
        if team[k] != without:
            total += np.exp(tech[0] * x[team[k]])
            left += 1
    g = 1 + log_z + log_z**2 / 2 + log_z**3 / 6
    u = (log_q - types[0]) / types[1]
    return g * (room[left] + tech[4] * total ** (1 / tech[0])) + tech[5] * left * u


@njit
def run(rng, log_z, log_q, workers, burn, years, rates, tech, newborn, types, room):
    """Return the statistics `NAMES` of one economy that begins without jobs.

    rates: ψ^E, ψ^N, δ_r, δ_m, λ, γ, δ_f; tech: η, θ⁺, θ⁻, b/(ρ + δ_r), worth, care;
    newborn: μ_h, σ_h, μ_a, σ_a, ρ_ha; types: μ_q, σ_q.
    """
    psi_e, psi_n, retire, breaks, renegotiate, learn, death = rates
    _, better, worse, income, _, _ = tech
    most = len(room) - 1
    x, y = np.empty(workers), np.empty(workers)
    employer = np.full(workers, -1)
    firms = len(log_z)
    staff = np.full((firms, most), -1)
    size = np.zeros(firms, np.int64)
    for i in range(workers):
        x[i], y[i] = _pair(rng, newborn)
    employed, clock = 0, 0.0
    tally, held, idle_years = np.zeros(6), 0.0, 0.0
    sizes = np.zeros(most + 1)
    level = np.zeros((2, 4))  # at work or idle; count, Σx, Σx², Σy
    of_firm = np.zeros(2)
    next_look = burn
    while clock < burn + years:
        at_work = employed * (psi_e + retire + breaks + renegotiate)
        idle = (workers - employed) * (psi_n + retire)
        total = at_work + idle + firms * (learn + death)
        wait = rng.exponential(1 / total)
        if clock >= burn:
            held += employed * wait
            idle_years += (workers - employed) * wait
        clock += wait
        while clock >= next_look:
            next_look += 1.0
            for f in range(firms):
                sizes[size[f]] += 1
                of_firm[0] += size[f] * log_z[f]
                of_firm[1] += size[f] * log_q[f]
            for i in range(workers):
                k = 0 if employer[i] >= 0 else 1
                level[k] += np.array([1.0, x[i], x[i] ** 2, y[i]])
        counts = clock >= burn
        u = rng.random() * total
        if u < at_work + idle:
            wants = u < at_work
            i = rng.integers(0, workers)
            while (employer[i] >= 0) != wants:
                i = rng.integers(0, workers)
            f = employer[i]
            own = 0.0
            if wants:
                types_of_f = log_z[f], log_q[f]
                own = value(*types_of_f, x, staff[f], size[f], -1, tech, types, room)
                own -= value(*types_of_f, x, staff[f], size[f], i, tech, types, room)
                own -= income * np.exp(x[i])
            v = rng.random()
            v *= psi_e + retire + breaks + renegotiate if wants else psi_n + retire
            goes, comes, thinks = False, -1, False
            if v < retire:
                goes = wants
                counts_as = 5
            elif wants and v < retire + breaks:
                goes, counts_as = True, 3
            elif wants and v < retire + breaks + renegotiate:
                thinks, counts_as = True, 2
            else:
                g = rng.integers(0, firms)
                while rng.random() * (1 + most) > 1 + size[g]:
                    g = rng.integers(0, firms)
                thinks, counts_as = wants, 2
                if g != f and size[g] < most:
                    staff[g, size[g]] = i  # for now, to see what he is worth
                    team = log_z[g], log_q[g], x, staff[g], size[g] + 1
                    gain = value(*team, -1, tech, types, room)
                    gain -= value(*team, i, tech, types, room)
                    gain -= income * np.exp(x[i])
                    if gain > max(own, 0.0):
                        comes, thinks = g, False
                        goes, counts_as = wants, 0 if wants else 1
            if thinks and own < 0:
                goes = True
            if goes:
                n = 0
                for k in range(size[f]):
                    if staff[f, k] != i:
                        staff[f, n] = staff[f, k]
                        n += 1
                size[f] = n
                employer[i] = -1
                employed -= 1
            if comes >= 0:
                size[comes] += 1  # he stands in the last place already
                employer[i] = comes
                employed += 1
            if counts and (goes or comes >= 0):
                tally[counts_as] += 1
            if v < retire:
                x[i], y[i] = _pair(rng, newborn)
        else:
            f = rng.integers(0, firms)
            n = size[f]
            if rng.random() * (learn + death) < death:
                tally[4] += n * counts
                for k in range(n):
                    employer[staff[f, k]] = -1
                employed -= n
                size[f] = 0
            else:
                before = x[staff[f, :n]].copy()
                for k in range(n):
                    i = staff[f, k]
                    gain = y[i] + log_q[f]
                    for j in range(n):
                        gap = before[j] - before[k]
                        gain += (better if gap > 0 else worse) * gap / max(n - 1, 1)
                    x[i] += gain
    answer = np.empty(18)
    answer[:6] = tally / held
    answer[1] = tally[1] / idle_years
    answer[6] = held / (held + idle_years)
    busy = sizes[1:] / sizes[1:].sum()
    answer[7] = (busy * np.arange(1, most + 1)).sum()
    below = np.cumsum(busy)
    # shares of firms up to a size, as a median of whole numbers hardly varies
    answer[8], answer[9] = below[most // 2 - 1], below[most - 2]
    for k in range(2):
        number = level[k, 0]
        answer[10 + 2 * k] = level[k, 1] / number
        answer[11 + 2 * k] = np.sqrt(level[k, 2] / number - answer[10 + 2 * k] ** 2)
        answer[14 + k] = level[k, 3] / number
    answer[16:18] = of_firm / level[0, 0]
    return answer
