"""Bias, spread and coverage of the estimators over simulated panels.

    python benchmarks/estimators.py

The truth of a decomposition is taken twice: of the 200 firms at hand, which is what a
panel of them can tell, and of F itself.
"""

import time
from multiprocessing import Pool

import numpy as np
import record
from auction_examples import BETA, MONTHLY
from scipy import stats

from jobteams_lab.sequential_auctions import (
    Economy,
    decompose,
    simulate,
    solve,
    transition_rates,
)
from jobteams_lab.sequential_auctions.firm_types import (
    ORDERINGS,
    firm_table,
    rank_firms,
)
from jobteams_lab.sequential_auctions.productivity import fit_productivity, group_firms
from jobteams_lab.sequential_auctions.transitions import NAMES

REPLICATIONS = 200
DECOMPOSITIONS = 600  # of each economy; those beyond REPLICATIONS skip the rest
WORKERS, MONTHS, FIRMS, GROUPS, BOOTSTRAP = 5_000, 120, 200, 50, 200
SPREAD = 0.2  # of log ability, whose mean is then put to 1
ABILITY = stats.lognorm(SPREAD, scale=np.exp(-(SPREAD**2) / 2))
RANKS = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
PARTS = ("person", "firm", "friction")
ECONOMIES = {
    "monthly": {"ability": ABILITY},
    "equal workers": {},
    "impatient": {"ability": ABILITY, "discount_rate": 0.5},
    "log utility": {"ability": ABILITY, "risk_aversion": 1.0},
}
SOLVED = {
    name: solve(Economy(**{**MONTHLY, **changes}, productivity=BETA))
    for name, changes in ECONOMIES.items()
}


def finite_truth(equilibrium, productivity, logs):
    """Person, firm and friction when these firms are all: met alike, no own bids."""
    e, n = equilibrium.economy, len(productivity)
    k1 = e.contacts_per_job
    a = 1 + k1 * (1 - np.arange(n + 1) / n)
    share = (1 + k1) / n / (a[1:] * a[:-1])
    options = np.append(e.unemployment_income, productivity)
    first, second = np.zeros(n), np.zeros(n)
    for k, p in enumerate(productivity):
        inside = a[k + 1] * a[k] / (a[: k + 1] * (a[: k + 1] - k1 / n))
        mass = np.diff(inside, prepend=0.0)
        wage = equilibrium.mobility_wage(options[: k + 1], p)
        value = np.log(wage) if logs else wage
        first[k], second[k] = mass @ value, mass @ value**2
    person = SPREAD**2 if logs else np.expm1(SPREAD**2) * (share @ second)
    firm = share @ (first - share @ first) ** 2
    return np.array([person, firm, share @ (second - first**2)])


def decomposition(panel, equilibrium, logs, seed):
    """Estimate, interval and finite truth of each part and share."""
    found = decompose(panel, logs=logs, bootstrap=BOOTSTRAP, seed=10**6 + seed)
    firms = panel.data.groupby("firm")["productivity"].first()
    truth = finite_truth(equilibrium, np.sort(firms.to_numpy()), logs)
    shares = truth / truth.sum()
    out = {}
    for k, part in enumerate(PARTS):
        out[part] = [getattr(found, part), *found.intervals[part], truth[k]]
        name = f"{part}_share"
        out[name] = [found.shares[part], *found.intervals[name], shares[k]]
    return out


def ordering(table, rates, discount_rate, order_by):
    """b, F at five points and p at five ranks; nan where the ordering is refused."""
    loss = rates.separation_rate + rates.exit_rate
    try:
        ranked = rank_firms(table, rates.contacts_per_job, order_by)
    except ValueError:
        return [np.nan] * 12
    types = group_firms(ranked, GROUPS)
    kappa = rates.contact_rate_employed / (discount_rate + loss)
    income, p = fit_productivity(types, rates.contacts_per_job, kappa)
    top = types["sampling_cdf"].to_numpy()
    middle = 0.5 * (top + np.append(0.0, top[:-1]))
    below = np.searchsorted(p, BETA.ppf(RANKS), side="right")
    cdf = np.append(0.0, top)[below]
    return [income, *cdf, *np.interp(RANKS, middle, p), p[-1]]


def replicate(task):
    """Everything that one simulated panel says."""
    name, number = task
    equilibrium = SOLVED[name]
    seed = 1_000 * list(SOLVED).index(name) + number
    panel = simulate(equilibrium, WORKERS, MONTHS, seed=seed, firms=FIRMS)
    if name == "log utility":
        return name, {"parts": decomposition(panel, equilibrium, True, seed)}
    out = {}
    if number < REPLICATIONS:
        rates, table = transition_rates(panel), firm_table(panel)
        rho = equilibrium.economy.discount_rate
        out["rates"] = [[getattr(rates, n), rates.standard_errors[n]] for n in NAMES]
        out["orderings"] = [ordering(table, rates, rho, o) for o in ORDERINGS]
    if name != "equal workers":
        out["parts"] = decomposition(panel, equilibrium, False, seed)
    return name, out


def summary(values, truth):
    """Bias, sd and rmse, with the simulation error of the bias."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    error = values - truth
    return {
        "truth": float(np.mean(truth)),
        "bias": float(error.mean()),
        "bias_error": float(values.std() / np.sqrt(len(values))),
        "sd": float(values.std()),
        "rmse": float(np.sqrt((error**2).mean())),
    }


def summarise(name, draws):
    """One economy's table."""
    equilibrium, out = SOLVED[name], {}
    economy = equilibrium.economy
    if "rates" in draws[0]:
        found = np.array([draw["rates"] for draw in draws if "rates" in draw])
        for k, rate in enumerate(NAMES):
            truth = getattr(economy, rate)
            value, error = found[:, k, 0], found[:, k, 1]
            out[rate] = summary(value, truth) | {
                "mean_standard_error": float(error.mean()),
                "coverage": float(np.mean(np.abs(value - truth) <= 1.96 * error)),
            }
        labels = ["b", *(f"F({x:.3f})" for x in BETA.ppf(RANKS)),
                  *(f"p at rank {r}" for r in RANKS)]  # fmt: skip
        truths = [economy.unemployment_income, *RANKS, *BETA.ppf(RANKS)]
        found = np.array([draw["orderings"] for draw in draws if "rates" in draw])
        for k, order_by in enumerate(ORDERINGS):
            refused = np.isnan(found[:, k, 0])
            table = {"refused": float(refused.mean())}
            if refused.mean() < 0.9:
                kept = found[~refused, k]
                for j, (label, truth) in enumerate(zip(labels, truths, strict=True)):
                    table[label] = summary(kept[:, j], truth)
                top = np.quantile(kept[:, -1], [0.05, 0.5, 0.95])
                table["p of the best type, quantiles 5, 50, 95 %"] = top.tolist()
            out[order_by] = table
    if "parts" in draws[0]:
        whole = equilibrium.variance_decomposition(logs=name == "log utility")
        for part in draws[0]["parts"]:
            found = np.array([draw["parts"][part] for draw in draws])
            value, low, high, truth = found.T
            of_f = (
                getattr(whole, part)
                if part in PARTS
                else whole.shares[part.removesuffix("_share")]
            )
            out[part] = summary(value, truth) | {
                "truth_of_F": float(of_f),
                "coverage": float(np.mean((low <= truth) & (truth <= high))),
                "coverage_of_F": float(np.mean((low <= of_f) & (of_f <= high))),
            }
    return out


def main():
    tasks = [
        (name, k)
        for k in range(DECOMPOSITIONS)
        for name in SOLVED
        if k < REPLICATIONS or name != "equal workers"
    ]
    start = time.perf_counter()
    with Pool(2) as pool:
        found = pool.map(replicate, tasks, chunksize=8)
    results = {
        name: summarise(name, [draw for at, draw in found if at == name])
        for name in SOLVED
    }
    results["seconds"] = time.perf_counter() - start
    record.save(
        "estimators",
        {
            "rates": MONTHLY,
            "productivity": "Beta(2, 3) on [0.6, 2]",
            "ability": f"log-normal, sd of logs {SPREAD}, mean 1",
            "economies": {name: sorted(c) for name, c in ECONOMIES.items()},
            "discount rate of the impatient": 0.5,
            "replications": REPLICATIONS,
            "replications of the decompositions": DECOMPOSITIONS,
            "workers": WORKERS,
            "months": MONTHS,
            "firms": FIRMS,
            "groups": GROUPS,
            "bootstrap": BOOTSTRAP,
            "seeds": "1000 times the economy's number, plus the replication's",
        },
        results,
    )


if __name__ == "__main__":
    main()
