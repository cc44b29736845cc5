"""Closed forms against quadrature, and against a simulated million of workers.

python benchmarks/closed_forms.py
"""

import time
from itertools import pairwise

import numpy as np
import record
from auction_examples import (
    BETA,
    CALM,
    CONTINUOUS,
    EVERY,
    MONTHLY,
    NOTES,
    SAMPLES,
    quantile,
)
from markov_chain import Chain
from plain_simulator import Market
from slow_routes import Slow, integral

from jobteams_lab.sequential_auctions import Economy, simulate, solve

GAMMAS = (0.0, 0.5, 1.0, 2.0)
WORKERS, BURN_IN, SEED = 1_000_000, 360.0, 20
PLAIN_WORKERS = 1_000
RANKS = np.array([1e-3, 0.3, 0.6, 0.97])


def gap(found, expected):
    """Largest deviation, relative where the value exceeds 1."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    return float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected))))


def deviations(name, gamma):
    """Each closed form's largest deviation from its slow route."""
    economy = Economy(**CALM, productivity=EVERY[name], risk_aversion=gamma)
    slow = Slow(economy)
    equilibrium = slow.solved
    p = np.asarray(quantile(EVERY[name], RANKS), float)
    pairs = [(q, x) for x in p for q in (0.5, 0.55, *p) if q <= x]
    options, firms = np.transpose(pairs)
    wages = equilibrium.mobility_wage(options, firms)
    wage = gap(wages, [slow.wage(*pair) for pair in pairs])
    inverse = gap(equilibrium.outside_option(wages, firms), options)
    rest = sample_deviations if name in SAMPLES else continuous_deviations
    return {
        "mobility_wage": wage,
        "outside_option": inverse,
        **rest(name, slow, p),
    }


def sample_deviations(name, slow, _):
    """Of a sample: from the stationary distribution of a finite Markov chain."""
    equilibrium = slow.solved
    p, counts = np.unique(EVERY[name], return_counts=True)
    chain = Chain(slow.economy, p, counts / counts.sum(), own_rivals=True)
    table = chain.employed()
    firm = table.sum(axis=1)
    options = np.append(0.5, p)
    wage = np.zeros(table.shape)
    for k, x in enumerate(p):
        wage[k, : k + 2] = equilibrium.mobility_wage(options[: k + 2], x)
    inside = table.cumsum(axis=1) / firm[:, None]
    levels = np.linspace(0.1, 1.8, 7)
    return {
        "employment_cdf": gap(equilibrium.employment_cdf(p), firm.cumsum()),
        "outside_option_cdf": gap(
            equilibrium.outside_option_cdf(options, p[:, None]), inside
        ),
        "mean_wage": gap(equilibrium.mean_wage(p), (table * wage).sum(axis=1) / firm),
        "average_wage": gap(equilibrium.average_wage, (table * wage).sum()),
        "wage_cdf": gap(
            equilibrium.wage_cdf(levels), [table[wage <= w].sum() for w in levels]
        ),
    }


def continuous_deviations(name, slow, p):
    """Of a distribution: from adaptive quadrature and root finding."""
    equilibrium, k1, sf, pdf = slow.solved, slow.k1, slow.sf, EVERY[name].pdf
    low, top = slow.economy.offers.low, float(p[-1])
    at = 1 + k1 * sf(top)

    def employed(x):
        return (1 + k1) * pdf(x) / (1 + k1 * sf(x)) ** 2

    def rivals(x):
        return 2 * k1 * pdf(x) * at**2 / (1 + k1 * sf(x)) ** 3

    out = {}
    if name != "arcsine":  # whose density is infinite at both ends
        below = [integral(employed, low, x, slow.cuts) for x in p]
        out["employment_cdf"] = gap(equilibrium.employment_cdf(p), below)
        atom = (at / (1 + k1)) ** 2
        inside = [atom + integral(rivals, low, x, slow.cuts) for x in p[:-1]]
        out["outside_option_cdf"] = gap(
            equilibrium.outside_option_cdf(p[:-1], top), inside
        )
    out["mean_wage"] = gap(
        equilibrium.mean_wage(p), [slow.expected(lambda w: w, x) for x in p]
    )
    if name == "heavy pareto":  # whose mean quadrature itself does not reach
        return out
    average = slow.over_firms(lambda x: float(equilibrium.mean_wage(x)))
    out["average_wage"] = gap(equilibrium.average_wage, average)
    if slow.gamma in (0.0, 1.0):
        levels = (0.2, 0.55, 0.9)
        out["wage_cdf"] = gap(
            equilibrium.wage_cdf(levels), [slow.wage_cdf(w) for w in levels]
        )
    return out


def scores(equilibrium, section):
    """z-scores of a cross-section of WORKERS workers against the closed forms."""
    p, q, w = (section[c] for c in ("productivity", "outside_option", "wage"))
    n = len(section)

    def share(count, out_of, truth):
        error = np.sqrt(out_of * truth * (1 - truth))
        return float((count - out_of * truth) / error)

    z = {"u": share(WORKERS - n, WORKERS, equilibrium.unemployment_rate)}
    k1 = equilibrium.economy.contacts_per_job
    cuts = BETA.ppf([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])
    for cut in cuts:
        z[f"L({cut:.3f})"] = share(
            (p <= cut).sum(), n, float(equilibrium.employment_cdf(cut))
        )
    for cut in (0.55, *cuts[:-1]):
        expected = equilibrium.outside_option_cdf(cut, p)
        error = np.sqrt((expected * (1 - expected)).sum())
        z[f"G({cut:.3f}|p)"] = float(((q <= cut).sum() - expected.sum()) / error)
    for level in np.quantile(w, [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]).round(2):
        z[f"P(w ≤ {level:.2f})"] = share(
            (w <= level).sum(), n, float(equilibrium.wage_cdf(level))
        )
    z["E[w]"] = float((w.mean() - equilibrium.average_wage) / (w.std() / np.sqrt(n)))
    edges = np.array([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])
    point, weight = np.polynomial.legendre.leggauss(60)
    for low, high in pairwise(edges):
        rank = low + (high - low) * (point + 1) / 2
        mass = weight / (1 + k1 * (1 - rank)) ** 2
        truth = mass @ equilibrium.mean_wage(BETA.ppf(rank)) / mass.sum()
        here = w[(p > BETA.ppf(low)) & (p <= BETA.ppf(high))]
        error = here.std() / np.sqrt(len(here))
        z[f"E[w|F(p) in ({low}, {high}]]"] = float((here.mean() - truth) / error)
    return z


def simulated(rates):
    """z-scores, and seconds a worker by both simulators."""
    equilibrium = solve(Economy(**rates, productivity=BETA))
    options = {"seed": SEED, "start": "unemployed", "burn_in": BURN_IN}
    simulate(equilibrium, 100, 1.0, **options)  # compiled before the clock starts
    start = time.perf_counter()
    panel = simulate(equilibrium, WORKERS, 1.0, **options)
    fast = time.perf_counter() - start

    firms = iter(range(10**9))

    def draw(rng):
        return next(firms), 0.6 + 1.4 * rng.betavariate(2, 3)

    market = Market(equilibrium.economy, draw, seed=1)
    start = time.perf_counter()
    for _ in range(PLAIN_WORKERS):
        market.history(1.0, BURN_IN)
    slow = time.perf_counter() - start
    z = scores(equilibrium, panel.cross_section(0.5))
    values = np.array(list(z.values()))
    return {
        "seconds": fast,
        "plain_python_seconds_for_as_many": slow * WORKERS / PLAIN_WORKERS,
        "times_faster": slow * WORKERS / PLAIN_WORKERS / fast,
        "largest_z": float(np.abs(values).max()),
        "root_mean_square_z": float(np.sqrt((values**2).mean())),
        "z": z,
    }


def main():
    table = {
        name: {f"γ = {gamma:g}": deviations(name, gamma) for gamma in GAMMAS}
        for name in EVERY
    }
    worst = {}
    for row in table.values():
        for cell in row.values():
            for form, value in cell.items():
                worst[form] = max(worst.get(form, 0.0), value)
    record.save(
        "closed_forms",
        {
            "rates of the quadrature": CALM,
            "monthly": MONTHLY,
            "notes": NOTES,
            "productivity of the simulation": "Beta(2, 3) on [0.6, 2]",
            "workers": WORKERS,
            "burn_in": BURN_IN,
            "seed": SEED,
            "distributions": list(CONTINUOUS) + list(SAMPLES),
        },
        {
            "largest_deviation": worst,
            "monthly": simulated(MONTHLY),
            "notes": simulated(NOTES),
            "deviations": table,
        },
    )


if __name__ == "__main__":
    main()
