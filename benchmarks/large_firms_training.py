"""Networks of sets against policy iteration and exact programming, on one task.

    python benchmarks/large_firms_training.py

A small search for V and χ gives a cross-section. Meetings there are fixed, with the
surpluses of that V, so that every method solves the same Bellman equation; the exact
programme solves a matched economy with few types at the cross-section rounded to its
grid. Errors are those at firms of an island that no method has seen: the root mean
square of q = R/(ρV), and that of V/V* − 1 for a V* by policy iteration with more
features and more teams. All begin with a rough V₀ on five functions of a team. Clocks
show seconds of the processor, and stop while errors are measured; V₀ and the teams'
features count, compilation does not. A quarter of an hour on one core.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
for library in ("OMP", "OPENBLAS", "NUMBA"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import time  # noqa: E402
import warnings  # noqa: E402

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import record  # noqa: E402
from scipy.interpolate import BarycentricInterpolator, CubicSpline  # noqa: E402

from jobteams_lab.large_firms import exact, firm_grid  # noqa: E402
from jobteams_lab.large_firms.bellman_rows import residuals_at, rows_of  # noqa: E402
from jobteams_lab.large_firms.economy import Economy  # noqa: E402
from jobteams_lab.large_firms.firm_problem import FirmProblem  # noqa: E402
from jobteams_lab.large_firms.lessons import (  # noqa: E402
    Roughly,
    draw,
    lessons_of,
    policy_iteration,
    task_of,
)
from jobteams_lab.large_firms.meeting_tables import Market, tables  # noqa: E402
from jobteams_lab.large_firms.networks import Basis, DeepSet  # noqa: E402
from jobteams_lab.large_firms.presets import Preset  # noqa: E402
from jobteams_lab.large_firms.solve import solve  # noqa: E402
from jobteams_lab.large_firms.team_basis import scale_of  # noqa: E402
from jobteams_lab.large_firms.training import train  # noqa: E402
from jobteams_lab.large_firms.value_search import Problem  # noqa: E402
from jobteams_lab.precision import double  # noqa: E402

SMALL = Preset(
    islands=4,
    firms=512,
    nodes=12,
    types=16,
    rows=300,
    features=60,
    window=6,
    rounds=6,
    years=20.0,
    final_years=20.0,
)
SEEDS = (0, 1)
HELD_OUT = 1000
LESSONS = 8_000
EPOCHS = {"adam": 500, "semi-gradient": 400, "gauss-newton": 40}
FEATURES = {12: 150, 40: 300, 168: 1200}  # and teams of each size; 168 are all
UNITS = {64: 1200}  # random deep-set units behind all features
REFERENCE = {"features": 168, "rows": 2400, "units": 0}
EXACT = [(2, 5, 1), (3, 5, 3), (3, 9, 3), (4, 9, 3), (5, 13, 3)]  # levels of h, z, q
ROUNDINGS = 64  # of each held-out team to the grid at random, whose mean counts
ROUNDS = 6


class Race:
    """The task, the held-out firms and V* there."""

    def __init__(self):
        self.economy = Economy.paper()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.solution = solve(self.economy, SMALL, 0)
        sample = self.solution.sample
        firm = np.arange(len(sample.n)) % (len(sample.n) // sample.dates)
        seen = firm < firm.max() + 1 - SMALL.firms
        self.sample, held = sample.rows(seen), sample.rows(~seen)
        rng = np.random.default_rng(7)
        self.held = held.rows(rng.choice(len(held.n), HELD_OUT, replace=False))
        self.market = Market.of(self.economy, sample, SMALL.types, 0.0)
        self.nodes = self.solution.nodes
        first = self.problem(Basis(scale_of(self.economy)), 32, 8, 0)
        surplus = first.incumbent_surplus(self.solution.coefficients)
        self.table = tables(self.market, surplus)
        given = self.economy, self.sample, self.market, self.table, self.nodes
        task_of(*given)  # compiles
        began = time.process_time()
        self.task = task_of(*given)
        self.before = time.process_time() - began

    def problem(self, basis, rows, features, seed):
        """The equation at teams of the islands that are seen."""
        rng = np.random.default_rng(seed)
        return Problem.of(
            self.economy,
            basis,
            self.nodes,
            self.market,
            self.sample,
            rows,
            features,
            rng,
        )

    def measure(self, problem, own):
        """Return q and V at the held-out firms."""
        coefficients = problem.coefficients(own)
        held, numbers = self.held, problem.numbers
        width = coefficients.shape[2]
        same = np.broadcast_to(np.eye(width), (own.shape[1], width, width))
        q, value = np.empty((2, len(held.n)))
        for n in np.unique(held.n):
            at = np.flatnonzero(held.n == n)
            full = np.resize(at, -(-len(at) // 128) * 128)
            near = np.clip([n - 1, n, n + 1], 0, held.places)
            rows = rows_of(
                problem.basis,
                same,
                numbers,
                self.market,
                held.x[full].copy(),
                held.y[full].copy(),
                int(n),
                held.log_q[full],
                problem.devices,
            )
            residual, found = residuals_at(
                rows,
                jnp.asarray(coefficients[:, near].swapaxes(0, 1)),
                firm_grid.weights(self.nodes, held.log_z[full]),
                self.table,
                numbers.income * np.exp(self.market.x),
                numbers,
                np.exp(held.log_z[full]),
            )
            value[at] = np.asarray(found)[: len(at)]
            q[at] = np.asarray(residual)[: len(at)]
        return q / (numbers.discount * np.abs(value)), value

    def least_squares(self, rows, features, units, seed, reference=None, rounds=ROUNDS):
        """Policy iteration: its curve, and V at the held-out firms."""
        deep = DeepSet.random(seed, 16, units) if units else None
        basis = Basis(scale_of(self.economy), deep)
        if reference is not None:
            warm = self.problem(basis, rows, features, seed)  # compiles
            next(policy_iteration(warm, self.table, self.start(warm), 1))
            del warm
        began = time.process_time()
        problem = self.problem(basis, rows, features, seed)
        own = self.start(problem)
        passed, curve = self.before + time.process_time() - began, []
        search = policy_iteration(problem, self.table, own, rounds)
        for _ in range(rounds):
            began = time.process_time()
            own, _ = next(search)
            passed += time.process_time() - began
            q, value = self.measure(problem, own)
            curve.append((passed, rms(q), error(value, reference), median(q)))
        return curve, value, (np.abs(problem.turns).sum(1) > 0).sum() * len(self.nodes)

    def start(self, problem):
        """Return the coefficients nearest to V₀, from which networks begin too."""
        rough = Roughly(scale_of(self.economy))
        return problem.whitened(rough, self.task.rough)

    def exact(self, levels, firms, environments, reference):
        """The exact V of a matched finite economy at the rounded cross-section.

        Between levels log V is interpolated: by a cubic spline in log z, which goes on
        as a line, by a parabola in log q, and in each worker's log h by rounding
        it at random with the right mean.
        """
        x = self.solution.sample.workers[0]
        reach = tuple(np.quantile(x, [0.002, 0.998]))
        finite = self.economy.discretise(
            levels, 1, firms, environments, log_human_capital_range=reach
        )
        teams, sample = FirmProblem(finite).teams, self.solution.sample
        grid, rng = np.log(finite.human_capital), np.random.default_rng(5)
        z = np.log(finite.productivity).reshape(firms, environments)
        q = np.log(finite.learning_environment).reshape(firms, environments)

        def number(sample):
            place = (sample.x - grid[0]) / (grid[1] - grid[0])
            level = np.floor(place + rng.random(place.shape)).clip(0, levels - 1)
            counts = (level[..., None] == np.arange(levels)) & sample.taken[..., None]
            return teams.index(counts.sum(1))

        began = time.process_time()
        masses = np.zeros((firms * environments, len(teams.sizes)))
        kind = np.abs(sample.log_z[:, None] - z[:, 0]).argmin(1) * environments
        kind += np.abs(sample.log_q[:, None] - q[0]).argmin(1)
        np.add.at(masses, (kind, number(sample)), 1 / len(sample.n))
        masses *= (finite.firm_shares / masses.sum(1))[:, None]
        idle = np.abs(sample.nonemployed_x[:, None] - grid).argmin(1)
        workers = finite.workers_per_firm - masses.sum(0) @ teams.sizes
        nonemployed = np.bincount(idle, minlength=levels) / len(idle) * workers
        now = exact.CrossSection(masses, nonemployed)
        value, _ = exact.value_at(finite, now, tolerance=1e-8)
        seconds = time.process_time() - began
        there = np.mean([value[:, number(self.held)] for _ in range(ROUNDINGS)], 0)
        there = np.log(there).reshape(firms, environments, -1)
        at_q = np.ones((len(self.held.n), 1))
        if environments > 1:
            at_q = BarycentricInterpolator(q[0], np.eye(environments))(self.held.log_q)
        spline = CubicSpline(z[:, 0], np.eye(firms), bc_type="natural")
        inside = np.clip(self.held.log_z, z[0, 0], z[-1, 0])
        at_z = spline(inside) + spline(inside, 1) * (self.held.log_z - inside)[:, None]
        found = np.exp(np.einsum("hz,hq,zqh->h", at_z, at_q, there))
        return {
            "method": "exact",
            "states": int(value.size),
            "weights": int(value.size),
            "seconds": [seconds],
            "rms": [float("nan")],
            "error": [error(found, reference)],
        }


def rms(values):
    return float(np.sqrt(np.mean(values**2)))


def median(values):
    return float(np.median(np.abs(values)))


def error(value, reference):
    return float("nan") if reference is None else rms(value / reference - 1)


def main():
    """Run all races, one after another."""
    race = Race()
    print(race.solution, flush=True)
    _, reference, _ = race.least_squares(
        REFERENCE["rows"], REFERENCE["features"], REFERENCE["units"], 99, rounds=8
    )
    results = []
    for levels in EXACT:
        results.append(race.exact(*levels, reference))
        print(results[-1], flush=True)
    cases = [(rows, features, 0) for features, rows in FEATURES.items()]
    cases += [(rows, 168 + units, units) for units, rows in UNITS.items()]
    for rows, features, units in cases:
        for seed in SEEDS:
            curve, _, weights = race.least_squares(
                rows, features, units, seed, reference
            )
            seconds, q, off, middle = zip(*curve, strict=True)
            results.append(
                {
                    "method": "least squares",
                    "features": features,
                    "rows": rows,
                    "units": units,
                    "seed": seed,
                    "weights": int(weights),
                    "seconds": seconds,
                    "rms": q,
                    "error": off,
                    "median": middle,
                }
            )
            print(results[-1], flush=True)
    began = time.process_time()
    with double():
        task, held = race.task, race.held
        teams = draw(race.sample, LESSONS, np.random.default_rng(0))
        lessons = lessons_of(task, *teams)
        before = race.before + time.process_time() - began
        asked = held.x, held.y, held.n, held.log_q, held.log_z
        held_out = lessons_of(task, *asked)
    for method, epochs in EPOCHS.items():
        for seed in SEEDS:
            found = train(
                task, lessons, held_out, method, epochs, seed, reference=reference
            )
            every = max(epochs // 30, 1)
            results.append(
                {
                    "method": method,
                    "seed": seed,
                    "weights": found.network.size,
                    "before": before,
                    "seconds": (found.seconds[::every] + before).tolist(),
                    "rms": found.rms[::every].tolist(),
                    "error": found.error[::every].tolist(),
                }
            )
            print(results[-1], flush=True)
    parameters = {
        "economy": "Economy.paper()",
        "nodes": SMALL.nodes,
        "types": SMALL.types,
        "lessons": LESSONS,
        "held_out": HELD_OUT,
        "reference": REFERENCE,
    }
    record.save(
        "large_firms_training", parameters, results, ship="large_firms/training.json"
    )


if __name__ == "__main__":
    with double():
        main()
