"""Seconds and memory of the exact large-firm economy against its number of states.

    python benchmarks/large_firms_exact.py

V at given meeting rates by semi-smooth Newton, by value iteration, and by policy
iteration that factorises the equations of each type of firm (SuperLU) while incumbents'
surpluses stay; then the joint equilibrium. Each case in a process of its own, for its
peak memory; compiled before the clock starts. Ten minutes on one core.
"""

import json
import resource
import subprocess
import sys
import time

import numpy as np
import record
from scipy import sparse
from scipy.sparse.linalg import splu

from jobteams_lab.large_firms.bellman import bellman_residual, relative
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.exact import CrossSection, solve, value_at
from jobteams_lab.large_firms.finite_learning import learning_matrix
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import Ladder

# levels of h and of z; teams of at most ten
SIZES = [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5), (5, 7), (6, 7), (6, 13), (7, 13)]
LARGEST = {"newton": 10**6, "joint": 2 * 10**5, "lu": 11_000, "iteration": 6_000}
TOLERANCE = 1e-12


def cross_section(economy) -> CrossSection:
    """Teams of every size and kind, and a fifth of the workers without a job."""
    teams = FirmProblem(economy).teams
    sizes = np.bincount(teams.sizes)
    firms = np.outer(economy.firm_shares, 1 / (len(sizes) * sizes[teams.sizes]))
    nonemployed = 0.2 * economy.workers_per_firm * economy.newborn_shares
    return CrossSection(firms, nonemployed)


def value_by_factors(economy, now, rounds=500):
    """V by policy iteration, each type of firm's equations factorised by SuperLU."""
    problem = FirmProblem(economy)
    teams, size = problem.teams, len(problem.teams.counts)
    quit_rate = economy.renegotiation_rate + economy.contact_rate_employed
    heads = 1 + teams.sizes[: teams.growing]
    rows = np.arange(teams.growing)
    learning = {
        q: learning_matrix(economy, teams, q)
        for q in np.unique(economy.learning_environment)
    }
    value = problem.output / economy.discount_rate
    for done in range(rounds + 1):
        ladder = Ladder(economy, teams, problem.surpluses(value), 0.0, 1.0)
        gains = ladder.gains(now)
        residual = bellman_residual(problem, value, ladder, gains)
        error = relative(problem, residual, value)
        if error <= TOLERANCE or done == rounds:
            break
        value = value.copy()
        for t, q in enumerate(economy.learning_environment):
            still = economy.discount_rate + economy.firm_death_rate
            matrix = (still + economy.learning_event_rate) * sparse.eye_array(size)
            matrix = matrix - economy.learning_event_rate * learning[q]
            for k, upper in enumerate(teams.upper.T):
                rise = heads * gains.slope[k, t]
                held = teams.counts[: teams.growing, k] + 1
                losing = economy.separation_rate + quit_rate * (
                    ladder.surplus[k, t] < 0
                )
                losing = held * losing
                entries = np.concatenate([rise, -rise, losing, -losing])
                here = np.concatenate([rows, rows, upper, upper])
                there = np.concatenate([rows, upper, upper, rows])
                matrix = matrix + sparse.csr_array(
                    (entries, (here, there)), shape=(size, size)
                )
            value[t] += splu(matrix.tocsc()).solve(residual[t])
    return value, error, done


def one(method: str, human_capital: int, productivity: int) -> dict:
    """What a case took, in this process; called in a fresh one."""
    run(method, Economy.paper().discretise(2, 1, 2, 1))  # compiles
    before = _peak()
    economy = Economy.paper().discretise(human_capital, 1, productivity, 1)
    start = time.perf_counter()
    answer = run(method, economy)
    seconds = time.perf_counter() - start
    return {
        "method": method,
        "states": economy.states,
        "levels_of_h": human_capital,
        "levels_of_z": productivity,
        "seconds": seconds,
        "MiB": _peak(),
        "MiB_before": before,
        **answer,
    }


def run(method: str, economy) -> dict:
    if method == "joint":
        found = solve(economy)
        return {
            "employment": found.employment_rate,
            "EE": found.transition_rates.EE,
            "mean_size": found.mean_team_size,
            **found.residuals._asdict(),
        }
    now = cross_section(economy)
    if method == "lu":
        value, error, rounds = value_by_factors(economy, now)
        return {"bellman": error, "rounds": rounds, "value": float(value[-1, 0])}
    value, error = value_at(economy, now, method=method, tolerance=TOLERANCE)
    return {"bellman": error, "value": float(value[-1, 0])}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        method, *levels = sys.argv[1:]
        print(json.dumps(one(method, *map(int, levels))))
        sys.exit()
    rows = []
    for human_capital, productivity in SIZES:
        states = Economy.paper().discretise(human_capital, 1, productivity, 1).states
        for method, largest in LARGEST.items():
            if states > largest:
                continue
            words = [sys.executable, __file__, method, human_capital, productivity]
            made = subprocess.run(
                [str(word) for word in words], stdout=subprocess.PIPE, check=True
            )
            rows.append(json.loads(made.stdout))
            record.save(
                "large_firms_exact",
                {"tolerance": TOLERANCE, "max_team_size": 10},
                rows,
                ship="large_firms/exact_costs.json",
            )
