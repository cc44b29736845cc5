"""The equilibrium's equations in levels, written out pair by pair with plain loops."""

import numpy as np


def rates(q):
    """M_u, M_e, M_v, C_u and C_e from the masses alone."""
    e = q.economy
    U, V = float(sum(q.unemployed)), float(sum(q.vacancies))
    E = float(q.match_density.sum())
    phi = e.search_intensity_employed
    s = U + phi * E
    m = min(V, e.matching_efficiency * (s * V) ** 0.5, s)
    return m / s, phi * m / s, m / V, U / s, phi * E / s


def accounting_gap(q):
    """How far masses are from adding up: x is unemployed or employed, and y alike."""
    worker = q.unemployed + q.match_density.sum(1) - q.economy.worker_types.share
    firm = q.vacancies + q.match_density.sum(0) - q.economy.firm_types.share
    return max(abs(worker).max(), abs(firm).max())


def flow_gap(q):
    """Masses of matches after one more month against before, over the mean mass."""
    e, d = q.economy, q.match_density
    met_u, met_e, _, _, _ = rates(q)
    V = sum(q.vacancies)
    workers, firms = d.shape
    worst = 0.0
    for x in range(workers):
        for y in range(firms):
            here = d[x, y]
            seen = q.vacancies[y] / V
            here += q.unemployed[x] * met_u * seen * q.acceptance[x, y]
            if q.mobility is not None:
                for other in range(firms):
                    if other == y:
                        continue
                    came = met_e * seen * q.mobility[x, other, y]
                    here += d[x, other] * came * q.acceptance[x, y]
                    left = met_e * q.vacancies[other] / V * q.mobility[x, y, other]
                    here -= d[x, y] * left * q.acceptance[x, other]
            worst = max(worst, abs((1 - e.separation_rate) * here - d[x, y]))
    return worst * d.size


def nash_values(q, x, y, shock=0.0):
    """V_e and V_p from the wage paid: what a month brings and what comes after it."""
    e = q.economy
    wage = q.wage[x, y] + e.bargaining_power * shock
    stay = e.discount_factor * (1 - e.separation_rate)
    end = e.discount_factor * e.separation_rate
    worker = (wage + end * q.unemployed_value[x]) / (1 - stay)
    firm = e.output[x, y] + shock - wage + end * q.vacancy_value[y]
    return worker, firm / (1 - stay)


def benchmark_gaps(q):
    """Gaps in (1), (3) and (4) in levels, and in the choice to match, over V's size."""
    e = q.economy
    beta, delta = e.discount_factor, e.separation_rate
    met_u, _, met_v, _, _ = rates(q)
    U, V = sum(q.unemployed), sum(q.vacancies)
    workers, firms = q.match_density.shape
    idle = [0.0] * workers  # expected value after a meeting
    open_ = [0.0] * firms
    split = choice = 0.0
    for x in range(workers):
        for y in range(firms):
            for k, shock in enumerate(e.match_quality.shock):
                chance = e.match_quality.probability[k]
                p = q.quality_acceptance[x, y, k]
                employed, filled = nash_values(q, x, y, shock)
                alone, vacant = q.unemployed_value[x], q.vacancy_value[y]
                mine, yours = employed - alone, filled - vacant
                split = max(
                    split,
                    abs(mine - e.bargaining_power * (mine + yours)),
                )
                best = max(employed, alone)
                idle[x] += q.vacancies[y] / V * chance * best
                open_[y] += q.unemployed[x] / U * chance * max(filled, vacant)
                kept = p * employed + (1 - p) * alone
                choice = max(choice, best - kept)
    bellman = 0.0
    for x in range(workers):
        later = delta * q.unemployed_value[x] + (1 - delta) * (
            (1 - met_u) * q.unemployed_value[x] + met_u * idle[x]
        )
        bellman = max(
            bellman, abs(q.unemployed_value[x] - e.home_production - beta * later)
        )
    for y in range(firms):
        later = delta * q.vacancy_value[y] + (1 - delta) * (
            (1 - met_v) * q.vacancy_value[y] + met_v * open_[y]
        )
        bellman = max(bellman, abs(q.vacancy_value[y] - beta * later))
    return {"split": split, "choice": choice, "bellman": bellman}


def poaching_values(q, x, y, wage):
    """V_e and V_p of a worker x paid `wage` at y: (A.8) and (A.9) before cancelling.

    Poached, he goes to a job worth V_u + S(x, y), all that this one was worth.
    """
    e = q.economy
    beta, delta = e.discount_factor, e.separation_rate
    _, met_e, _, _, _ = rates(q)
    V = sum(q.vacancies)
    leave = 0.0
    for other in range(len(q.vacancies)):
        if other != y:
            chance = q.mobility[x, y, other] * q.acceptance[x, other]
            leave += met_e * q.vacancies[other] / V * chance
    surplus = q.surplus[x, y]
    stay = beta * (1 - delta) * (1 - leave)
    poached = beta * (1 - delta) * leave * (q.unemployed_value[x] + surplus)
    ended = beta * delta * q.unemployed_value[x]
    employed = (wage + ended + poached) / (1 - stay)
    vacant = q.vacancy_value[y]
    profit = e.output[x, y] - wage + beta * delta * vacant
    filled = (profit + beta * (1 - delta) * leave * vacant) / (1 - stay)
    return employed, filled


def poaching_gaps(q):
    """Gaps in (A.4) and (A.6)–(A.12) in levels, and in the choices to match or move."""
    e = q.economy
    beta, delta = e.discount_factor, e.separation_rate
    met_u, _, met_v, from_idle, from_jobs = rates(q)
    U, V, E = sum(q.unemployed), sum(q.vacancies), q.match_density.sum()
    workers, firms = q.match_density.shape
    idle, open_ = [0.0] * workers, [0.0] * firms
    split = choice = 0.0
    for x in range(workers):
        alone = q.unemployed_value[x]
        for y in range(firms):
            vacant, surplus = q.vacancy_value[y], q.surplus[x, y]
            employed, filled = poaching_values(q, x, y, q.wage[x, y])
            if q.acceptance[x, y] > 0:
                split = max(split, abs(employed - alone - surplus))  # (A.11)
                split = max(split, abs(filled - vacant))  # (A.12): S° = S
            best, p = max(alone, alone + surplus), q.acceptance[x, y]
            choice = max(choice, best - p * (alone + surplus) - (1 - p) * alone)
            idle[x] += q.vacancies[y] / V * best
            hired = p * filled + (1 - p) * vacant
            open_[y] += from_idle * q.unemployed[x] / U * hired
            for old in range(firms):
                weight = q.match_density[x, old] / E
                kept = vacant
                if q.acceptance[x, old] > 0 and old != y:
                    wage = q.poached_wage[x, y, old]
                    employed, filled = poaching_values(q, x, y, wage)
                    p = q.mobility[x, old, y] * q.acceptance[x, y]
                    before = q.surplus[x, old]
                    if p > 0:
                        split = max(split, abs(employed - alone - before))
                        split = max(split, abs(filled - vacant - (surplus - before)))
                    choice = max(
                        choice, max(surplus - before, 0) - p * (surplus - before)
                    )
                    kept = p * filled + (1 - p) * vacant
                open_[y] += from_jobs * weight * kept
    bellman = 0.0
    for x in range(workers):
        alone = q.unemployed_value[x]
        later = delta * alone + (1 - delta) * ((1 - met_u) * alone + met_u * idle[x])
        bellman = max(bellman, abs(alone - e.home_production - beta * later))
    for y in range(firms):
        vacant = q.vacancy_value[y]
        later = delta * vacant + (1 - delta) * ((1 - met_v) * vacant + met_v * open_[y])
        bellman = max(bellman, abs(vacant - beta * later))
    return {"split": split, "choice": choice, "bellman": bellman}


def worst_gap(q):
    """The largest of all gaps; values count with the size of a value."""
    gaps = benchmark_gaps(q) if q.mobility is None else poaching_gaps(q)
    size = 1 + np.abs(q.unemployed_value).max()
    return max(*(gap / size for gap in gaps.values()), accounting_gap(q), flow_gap(q))
