"""How near values in features of sets come to values that are known.

    python benchmarks/large_firms_accuracy.py

Two truths. The table: V of a finite economy over all its teams, at the cross-section of
its equilibrium, against the least-squares V with few weights; in the paper's economy,
where human capital is rounded to a grid, and where no worker's lesson is rounded up in
one team and down in the next. The closed form: V of workers whose values add up, with
continuous types, at firms and workers between those that V was solved at. A quarter of
an hour on one core.
"""

import sys
import time

import numpy as np
import record

from jobteams_lab.large_firms import Economy, additive, exact, firm_grid
from jobteams_lab.large_firms.additive_meetings import Meetings
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.meeting_tables import Market
from jobteams_lab.large_firms.networks import Basis, DeepSet
from jobteams_lab.large_firms.team_basis import scale_of
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.large_firms.value_accuracy import accuracy
from jobteams_lab.large_firms.value_on_teams import (
    count_features,
    fit_value,
    set_features,
)
from jobteams_lab.large_firms.value_search import Problem
from jobteams_lab.precision import double

LEVELS = 6, 3  # of h and of z: 24,024 states
# kinds of features, and weights a type of firm, whose teams are 8,008
CASES = (
    ("moments", (800,)),  # has no more than 400
    ("moments and units", (400, 800)),
    ("counts", (400, 800)),
    ("counts, moments and units", (200, 400, 800)),
)
SIZES = (0, 0), (1, 4), (5, 8), (9, 12), (13, 16)
UNITS = 300
# without a common drift and without learning from worse coworkers nobody unlearns
ECONOMIES = {
    "paper": {},
    "nobody unlearns": {"mean_log_environment": 0.0, "learning_from_worse": 0.0},
}
BOUND = 16


def features(kind, problem, economy):
    """The columns of a kind, (M, B), the simplest first."""
    deep = DeepSet.random(0, 16, UNITS) if "units" in kind else None
    log_q = np.log(problem.finite.learning_environment[0])
    parts = []
    if "counts" in kind:
        parts.append(count_features(problem, 2 if "moments" in kind else 4))
    if "moments" in kind:
        parts.append(set_features(problem, Basis(scale_of(economy), deep), log_q))
    return np.concatenate(parts, axis=1)


def against_the_table(cases=CASES, levels=LEVELS):
    """A row an economy, a kind of features and a number of weights."""
    paper = Economy.paper().discretise(levels[0], 1, levels[1], 1)
    limits = tuple(np.log(paper.human_capital[[0, -1]]))
    now = exact.solve(paper)
    for name, changes in ECONOMIES.items():
        economy = Economy.paper().with_(**changes)
        finite = economy.discretise(
            levels[0], 1, levels[1], 1, log_human_capital_range=limits
        )
        # both economies at the meetings of the paper's
        truth, _ = exact.value_at(finite, now.cross_section, start=now.value)
        problem = FirmProblem(finite)
        for kind, weights in cases:
            columns = [features(kind, problem, economy)] * levels[1]
            for most in weights:
                start = time.process_time()
                fit = fit_value(problem, now.cross_section, columns, most, start=truth)
                seconds = time.process_time() - start
                tie = 1e-10 * truth.max()
                off = accuracy(problem, now.cross_section, truth, fit.value, tie)
                yield {
                    "truth": "table",
                    "economy": name,
                    "features": kind,
                    "states": finite.states,
                    "weights": fit.weights,
                    **off._asdict(),
                    "seconds": seconds,
                }


def additive_economy():
    """Linear output, no learning from others, and rates at which a bound is far."""
    return Economy.paper(max_team_size=BOUND).with_(
        ces_exponent=1.0,
        learning_from_better=0.0,
        learning_from_worse=0.0,
        firm_death_rate=0.05,
        match_break_rate=0.4,
        contact_rate_employed=0.2,
        contact_rate_nonemployed=0.4,
    )


def additive_case(economy, types, busy, rate, seed):
    """The same atoms as `Meetings` and as a `Market`: a node a type of worker.

    Half of the meetings are with nonemployed workers, an atom a type, and half with
    `busy` lone workers of these types at firms of any kind.
    """
    rng = np.random.default_rng(seed)
    h, a = economy.sample_workers(types, rng)
    z, q = economy.sample_firms(busy, rng)
    node = np.arange(busy) % types
    idle, poached = (
        rng.dirichlet(np.full(atoms, 5.0)) * rate / 2 for atoms in (types, busy)
    )
    met = Meetings((h, a, idle), (h[node], a[node], z, q, poached))
    x = np.zeros((busy, economy.max_team_size))
    y = x.copy()
    x[:, 0], y[:, 0] = np.log(h[node]), np.log(a[node])
    one = np.ones(busy, int)
    alone = TeamSample(np.log(z), np.log(q), x, y, one, np.log(h), np.log(a))
    first = 0 * one
    return met, Market(
        np.log(h), np.log(a), idle, poached, node, alone, np.arange(busy), first
    )


def random_teams(economy, firms, seed):
    """Firms of every size with workers like newborns, twice as far apart."""
    rng = np.random.default_rng(seed)
    wide = economy.with_(sd_log_human_capital=2 * economy.sd_log_human_capital)
    z, q = economy.sample_firms(firms, rng)
    places = firms, economy.max_team_size
    h, a = (part.reshape(places) for part in wide.sample_workers(np.prod(places), rng))
    idle = wide.sample_workers(firms, rng)
    n = np.arange(firms) % (economy.max_team_size + 1)
    workers = (np.log(part) for part in (h, a))
    return TeamSample(np.log(z), np.log(q), *workers, n, *map(np.log, idle))


def against_the_closed_form(
    nodes=64, rows=100, most=30, types=6, busy=600, rate=0.15, seeds=(0,)
):
    """A row a seed and some sizes of teams: the bound is felt by the largest."""
    economy = additive_economy()
    for seed in seeds:
        start = time.process_time()
        met, market = additive_case(economy, types, busy, rate, seed)
        truth = additive.solve(economy, met)
        sample = random_teams(economy, 3000, seed + 1)
        held_out = random_teams(economy, 2000, seed + 2)
        with double():
            basis = Basis(scale_of(economy))
            at = firm_grid.nodes(np.append(sample.log_z, market.teams.log_z), nodes)
            rng = np.random.default_rng(seed)
            problem = Problem.of(economy, basis, at, market, sample, rows, most, rng)
            guess = np.zeros((nodes, BOUND + 1, basis.size(BOUND)))
            guess[:, :, 0] = 2 * np.exp(at)[:, None]
            guess[:, :, 3] = 2 * np.exp(at)[:, None] * np.arange(BOUND + 1)
            own = problem.whitened(basis, guess)
            own, changes = problem.solve(own, 40, 1e-7, lambda change: None)
            value = problem.coefficients(own)
            surplus = problem.incumbent_surplus(value)
            inside = (held_out.log_z > at[0]) & (held_out.log_z < at[-1])
            test = held_out.rows(inside)
            found = np.asarray(
                basis(test.x, test.y, test.n.astype(np.int32), test.log_q)
            )
            share = firm_grid.weights(at, test.log_z)
            found = np.einsum("rz,zrb,rb->r", share, value[:, test.n], found)
        row, place = np.nonzero(test.taken)
        exactly = truth.joint_value(
            np.exp(test.log_z),
            np.exp(test.log_q),
            row,
            np.exp(test.x[row, place]),
            np.exp(test.y[row, place]),
        )
        error = np.abs(found / exactly - 1)
        held = np.maximum(truth.incumbent_surplus, 0)
        for least, most_workers in SIZES:
            these = error[(test.n >= least) & (test.n <= most_workers)]
            yield {
                "truth": "closed form",
                "seed": seed,
                "workers": [least, most_workers],
                "teams": len(these),
                "weights": int((own != 0).sum()),
                "value_largest": these.max(),
                "value_mean": these.mean(),
                "incumbents": np.abs(np.maximum(surplus, 0) - held).max() / held.mean(),
                "last_change": changes[-1],
                "rounds": len(changes),
                "seconds": time.process_time() - start,
            }


if __name__ == "__main__":
    results = []  # seconds are of the processor
    parts = sys.argv[1:] or ["closed_form", "table"]
    runs = {
        "closed_form": lambda: against_the_closed_form(seeds=(0, 1)),
        "table": against_the_table,
    }
    for part in parts:
        for found in runs[part]():
            results.append(found)
            print(found, flush=True)
    record.save(
        "large_firms_accuracy",
        {"levels": LEVELS, "bound": BOUND, "units": UNITS},
        results,
        ship="large_firms/accuracy.json",
    )
