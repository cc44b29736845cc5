"""How well worker values do: as sizes grow, and against values that are known.

    python benchmarks/large_firms_pay.py [names of stored solutions, or of parts]

Worker values of the solutions that come with the package, which are shipped beside
them; "convergence", W as one size at a time grows away from a middle case; "lone",
workers alone in a team, whose W is a root; and "grids", exact tables of the small
economy of chapter 16. A quarter of an hour on one core, whose own seconds they are.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
for library in ("OMP", "OPENBLAS", "NUMBA"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402

import numpy as np  # noqa: E402
import record  # noqa: E402

from jobteams_lab.large_firms import (  # noqa: E402
    Economy,
    Population,
    Preset,
    exact,
    firm_grid,
    solve,
    stored,
    worker_pay,
    worker_value,
)
from jobteams_lab.large_firms.pay_report import residuals  # noqa: E402
from jobteams_lab.precision import double  # noqa: E402

sys.path.insert(0, str(record.ROOT / "tests" / "large_firms"))
from test_pay import path_of_values  # noqa: E402
from worker_pay_examples import LONE, made  # noqa: E402

PACKAGE = record.ROOT / "jobteams_lab" / "large_firms"
MIDDLE = {"rows": 400, "features": 66, "wages": 24, "nodes": 24}
# the last is what the others of its kind are compared with
OTHERS = (
    [{"wages": 12}, {}, {"wages": 48}],
    [{"nodes": 12}, {}, {"nodes": 36}],
    [{"features": 34, "rows": 204}, {}, {"features": 100, "rows": 600}],
)
SHIPPED = {"rows": 600, "features": 66, "wages": 24, "nodes": 24}
NOTES = {
    "paper-laptop": "worker values of the laptop's solution",
    "paper": "worker values of the larger solution",
    "alone": "worker values where nobody learns from coworkers",
}
SWEPT = "paper-laptop"  # the one whose sizes are varied
PROBED, AT = 1000, np.linspace(0, 1, 7)
LEVELS, PRODUCTIVITIES = (3, 5, 9), 9
SMALL = Preset(
    islands=4,
    firms=512,
    nodes=10,
    types=12,
    rows=200,
    features=48,
    years=12.0,
    window=6,
    rounds=7,
    final_years=40.0,
    final_dates=4,
    final_rows=250,
)
TEAMS = (0,), (1,), (2,), (1, 1), (0, 1), (1, 2), (1, 1, 1), (0, 1, 2), (1, 1, 1, 1)


def quietly(function, *arguments, **keywords):
    """Return what a function does, without warnings, and its processor's seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        began = time.process_time()
        found = function(*arguments, **keywords)
        return found, time.process_time() - began


def report(pay) -> dict:
    """Return residuals as plain numbers, with "rms" instead of the mean square."""
    found = pay.residuals()._asdict()
    found |= {"rms": np.sqrt(found.pop("mean_square"))}
    return found | {"sizes": found["sizes"].tolist()}


def probes(solution):
    """Return employed workers of the sample as `WorkerPay.read` takes them."""
    sample = solution.sample
    row, place = np.nonzero(sample.taken)
    pick = np.linspace(0, len(row) - 1, PROBED).astype(int)
    row, place, at = row[pick], place[pick], np.arange(PROBED)
    x, y = sample.x[row], sample.y[row]
    for part in (x, y):
        part[at, 0], part[at, place] = part[at, place], part[at, 0].copy()
    return sample.log_z[row], sample.log_q[row], x, y, sample.n[row]


def readings(pay, workers):
    """Return the median of U + Δ⁺ at each worker's z, and the worker's reading."""
    share = firm_grid.weights(pay.maker.nodes, workers[0])
    return share @ pay.size, pay.read(*workers)


def apart(pay, other, workers) -> dict:
    """Return how far starting wages and W are from another's at the same wages."""
    _, mine = readings(pay, workers)
    median, theirs = readings(other, workers)
    ends = np.stack([theirs.outside, theirs.outside + np.maximum(theirs.surplus, 0)])
    first, last = theirs.wage_for(ends.T).T
    wages = first[:, None] + AT * (last - first)[:, None]
    off = np.abs(mine.value_at(wages) - theirs.value_at(wages)) / median[:, None]
    start = mine.wage_for(mine.outside[:, None])[:, 0] - first
    return {
        "value_change": {
            "rms": np.sqrt((off**2).mean()),
            "median": np.median(off),
            "p99": np.quantile(off, 0.99),
        },
        "start_change": {
            "rms": np.sqrt((start**2).mean()),
            "median": np.median(np.abs(start)),
            "p99": np.quantile(np.abs(start), 0.99),
        },
        "start_spread": np.std(first),
    }


def convergence(name):
    """A dict a case: sizes, seconds, residuals, and how far W is from the largest's."""
    solution = stored(name)
    workers, known = probes(solution), {}
    for group in OTHERS:
        pays = []
        for change in group:
            sizes = MIDDLE | change
            key = tuple(sizes.values())
            if key not in known:
                known[key] = quietly(worker_pay, solution, **sizes)
                print(name, sizes, known[key][1], flush=True)
            pays.append((sizes, *known[key]))
        largest = pays[-1][1]
        for sizes, pay, seconds in pays:
            found = {"kind": "convergence", "solution": name, "sizes": sizes}
            found |= {"varied": next(iter(group[0])), "seconds": seconds}
            found |= {"residuals": report(pay), "unsettled": unsettled(pay)}
            yield found | ({} if pay is largest else apart(pay, largest, workers))


def unsettled(pay) -> int:
    """Return at how many nodes Newton had not settled."""
    return sum(steps[-1] >= pay.run.tolerance for steps in pay.errors)


def shipped(name):
    """Find W as it is shipped, write it, and say how well it does, and where not."""
    solution = stored(name)
    pay, seconds = quietly(worker_pay, solution, **SHIPPED)
    path = PACKAGE / f"{name}.pay.npz"
    pay.save(path, note=NOTES[name])
    found = {"kind": "shipped", "solution": name, "sizes": SHIPPED}
    found |= {"seconds": seconds, "residuals": report(pay), "unsettled": unsettled(pay)}
    found["bytes"] = path.stat().st_size
    sizes = range(1, solution.sample.places + 1)
    for where in ("anywhere", "at nodes", "at wages", "at both"):
        rng = np.random.default_rng(5)
        with double():
            q = np.abs([residuals(pay, n, 60, rng, where) for n in sizes])
        found[f"rms {where}"] = np.sqrt((q**2).mean())
        found[f"median {where}"] = np.median(q)
    yield found


def lone():
    """Workers alone in a team: W is a root, or a path of them where they learn."""
    sizes = {"rows": 150, "features": 40, "wages": 40, "types": 2, "nodes": 9}
    for learns in (False, True):
        solution = made(LONE if learns else LONE.with_(learning_event_rate=0.0))
        pay, seconds = quietly(worker_pay, solution, **sizes)
        economy, errors, starts = solution.economy, [], []
        rng, log_q = np.random.default_rng(4), LONE.mean_log_environment
        for log_z in pay.maker.nodes[2:7]:
            for x in rng.uniform(-0.3, 0.2, 6):
                team = Population(
                    *([np.exp(log_z)], [np.exp(log_q)], [0]),
                    *([np.exp(x)], [1.0], [np.nan]),
                )
                U = economy.nonemployment_value(np.exp(x))
                low = pay.starting_wage(team)[0]
                high = pay.wage(team, U + max(pay.solution.surplus(team)[0], 0.1))[0]
                where = solution, log_z, log_q, x
                lessons = 25 if learns else 0
                for wage in low + (high - low) * rng.uniform(-0.1, 1.1, 2):
                    value, most = path_of_values(*where, wage, lessons)
                    errors.append((pay.value(team, wage)[0] - value) / most)
                value, most = path_of_values(*where, low, lessons)
                starts.append((value - U) / most)
        yield {
            "kind": "closed form",
            "learning": learns,
            "sizes": sizes,
            "seconds": seconds,
            "workers": len(starts),
            "value": spread(errors),
            "value_at_start": spread(starts),
        }


def spread(errors) -> dict:
    """Return the median, root mean square and largest of errors without their sign."""
    off = np.abs(errors)
    return {
        "median": np.median(off),
        "rms": np.sqrt((off**2).mean()),
        "largest": off.max(),
    }


def small_economy():
    """The economy of chapter 16 that exact grids can follow."""
    return Economy.paper(max_team_size=4).with_(
        workers_per_firm=2.2,
        sd_log_ability=0.0,
        worker_covariance=0.0,
        sd_log_environment=0.0,
    )


def against_grids():
    """W and starting wages of teams that all grids have, and ours from two searches."""
    economy = small_economy()
    pays, seconds = [], 0.0
    for seed in (16, 17):
        solution, _ = quietly(solve, economy, SMALL, seed, start="crowded")
        pay, more = quietly(worker_pay, solution, rows=400, wages=40, nodes=16)
        seconds += more
        pays.append(pay)
    tables, levels = {}, None
    for number in LEVELS:
        finite = economy.discretise(number, 1, PRODUCTIVITIES, 1)
        found = exact.solve(finite, indifference=1e-5, tolerance=1e-7)
        worker = worker_value(found, tolerance=1e-3, most_wages=200)
        if levels is None:
            levels = finite.worker_human_capital
        tables[number] = in_tables(worker, levels)
    z = finite.productivity
    ours = np.array([in_pay(pay, z, levels) for pay in pays])
    unit = np.median(ours[0][:, 1] + np.maximum(ours[0][:, 2], 0))
    yield {
        "kind": "exact grids",
        "teams": len(ours[0]),
        "seconds": seconds,
        "residuals": [report(pay) for pay in pays],
        "columns": ["starting wage", "U", "Δ", "W at 0", "W at 1"],
        "unit": unit,
        "mean": {"ours": ours.mean(1).tolist()}
        | {str(k): part.mean(0).tolist() for k, part in tables.items()},
        "rms_from": {str(k): rms(ours.mean(0) - part) for k, part in tables.items()},
        "rms_between_searches": rms(ours[0] - ours[1]),
        "rms_between_grids": rms(tables[LEVELS[-1]] - tables[LEVELS[-2]]),
        "start_spread": ours[0][:, 0].std(),
    }


def rms(parts) -> list:
    """Return root mean squares of columns."""
    return np.sqrt((parts**2).mean(0)).tolist()


def in_tables(worker, levels):
    """Return (starting wage, U, Δ, W at wages of 0 and 1) of `TEAMS` at each z."""
    solution, rows = worker.equilibrium, []
    h = solution.economy.worker_human_capital
    at = np.abs(np.log(h)[:, None] - np.log(levels)).argmin(0)
    np.testing.assert_allclose(h[at], levels)
    for t in range(PRODUCTIVITIES):
        for team in TEAMS:
            counts = np.bincount(at[list(team)], minlength=len(h))
            who = t, counts, int(at[team[0]])
            rows.append(
                [
                    worker.starting_wage(*who),
                    solution.problem.outside[who[2]],
                    solution.surplus_of(*who),
                    *worker.at(*who, np.array([0.0, 1.0])),
                ]
            )
    return np.array(rows)


def in_pay(pay, productivity, levels):
    """Return the same for continuous types."""
    economy, rows = pay.solution.economy, []
    q, a = np.exp([economy.mean_log_environment, economy.mean_log_ability])
    for z in productivity:
        for team in TEAMS:
            h, many = levels[list(team)], len(team)
            people = Population(
                *([z], [q], [0] * many), *(h, np.full(many, a), np.full(many, np.nan))
            )
            rows.append(
                [
                    pay.starting_wage(people)[0],
                    economy.nonemployment_value(h[0]),
                    pay.solution.surplus(people)[0],
                    *(pay.value(people, wage)[0] for wage in (0.0, 1.0)),
                ]
            )
    return np.array(rows)


PARTS = {
    "convergence": lambda: convergence(SWEPT),
    "lone": lone,
    "grids": against_grids,
}


def main(names):
    """Do some parts, and keep what was found of the others."""
    path, results = PACKAGE / "pay.json", []
    if path.exists():
        results = json.loads(path.read_text(encoding="utf-8"))
    for name in names:
        found = list(PARTS[name]() if name in PARTS else shipped(name))
        new = {(one["kind"], one.get("solution")) for one in found}
        kept = [one for one in results if (one["kind"], one.get("solution")) not in new]
        results = kept + found
        parameters = {"middle": MIDDLE, "small": str(SMALL), "probes": PROBED}
        record.save("large_firms_pay", parameters, results, ship="large_firms/pay.json")
        print(name, time.process_time(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or [*stored(), *PARTS])
