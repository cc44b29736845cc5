"""Solve the paper's economy with continuous types, check it on fresh draws, ship it.

For each case: `solve` from nobody employed, and `verify` from crowded firms on a
cross-section that it has not seen; for the laptop's `solve` once more from crowded
firms, with other firms, workers and draws. Solutions go into the package; what was
measured goes to results/large_firms_solutions.json and, without versions, into the
package too. A run that is stopped goes on from its checkpoint, which stays in results/
until it is done. On two cores the laptop's case takes nine minutes, the larger a
quarter of an hour.

    python benchmarks/large_firms_solutions.py [names of cases]
"""

import json
import resource
import sys
from pathlib import Path

import record

from jobteams_lab.large_firms import Economy
from jobteams_lab.large_firms.presets import PRESETS
from jobteams_lab.large_firms.solve import solve
from jobteams_lab.large_firms.verify import verify

LAPTOP = PRESETS["laptop"]
LARGE = LAPTOP.with_(
    firms=2048,
    nodes=36,
    types=48,
    rows=800,
    window=16,
    final_years=160.0,
    final_dates=16,
    final_rows=2400,
)
PAPER = Economy.paper()
ALONE = PAPER.with_(learning_from_better=0.0, learning_from_worse=0.0)
CASES = {
    "paper-laptop": (PAPER, LAPTOP, "the preset of a laptop", True),
    "paper": (PAPER, LARGE, "a quarter of an hour of two cores", False),
    "alone": (ALONE, LAPTOP, "nobody learns from coworkers", False),
}
PACKAGE = record.ROOT / "jobteams_lab" / "large_firms"
RESULTS = record.ROOT / "benchmarks" / "results"


def moments(found) -> dict:
    """Return moments with their standard errors."""
    return {name: [found.moments[name], found.errors[name]] for name in found.moments}


def report(residuals) -> dict:
    """Return a Bellman report as plain numbers."""
    return {**residuals._asdict(), "sizes": residuals.sizes.tolist()}


def case(name: str) -> dict:
    """Solve one case, check it, ship it and return what was found."""
    economy, preset, note, twice = CASES[name]
    path = RESULTS / f"{name}.checkpoint.npz"
    solution = solve(economy, preset, 0, checkpoint=path, progress=True)
    solution.save(PACKAGE / f"{name}.npz", firms=2048, note=note)
    fresh = verify(solution, 1, progress=True)
    found = {
        "name": name,
        "run": solution.run._asdict(),
        "GiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "rounds": len(solution.history),
        "converged": solution.converged,
        "residuals": report(solution.residuals),
        "moments": moments(solution),
        "fresh": {
            "residuals": report(fresh.residuals),
            "value_change": fresh.value_change,
            "moments": moments(fresh),
        },
    }
    if twice:
        other = solve(economy, preset, 2, start="crowded", progress=True)
        found["other_start"] = {
            "run": other.run._asdict(),
            "rounds": len(other.history),
            "converged": other.converged,
            "mean_square": other.residuals.mean_square,
            "moments": moments(other),
        }
    return found


if __name__ == "__main__":
    names = sys.argv[1:] or list(CASES)
    shipped = PACKAGE / "solutions.json"
    known = json.loads(shipped.read_text()) if shipped.exists() else []
    for name in names:
        known = [one for one in known if one["name"] != name] + [case(name)]
        sizes = {name: str(preset) for name, (_, preset, *_) in CASES.items()}
        record.save(
            "large_firms_solutions",
            {"presets": sizes},
            known,
            ship="large_firms/solutions.json",
        )
        for path in Path(RESULTS).glob(f"{name}.checkpoint.npz"):
            path.unlink()
