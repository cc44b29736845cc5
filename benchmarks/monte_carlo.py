"""The paper's Monte Carlo: 108 designs of each model, and what they are robust to.

    python benchmarks/monte_carlo.py                # hours; stops and goes on at will
    python benchmarks/monte_carlo.py --processes 4
    python benchmarks/monte_carlo.py --scheduler tcp://host:8786
    python benchmarks/monte_carlo.py --only main,full

Rows are added to the table that the package ships. A run that was stopped goes on where
it was; to make all rows anew, remove the file or choose another seed.
"""

import argparse
from pathlib import Path

import pandas as pd

from jobteams_lab.identification.monte_carlo import STORED, monte_carlo

SEED = 2017
ALL = range(108)
FIFTH, TENTH = range(0, 108, 5), range(0, 108, 10)
# designs come in blocks of nine with one κ and δ each, δ changing fastest
RARE = [design for design in ALL if design // 9 % 2 == 0]  # δ = 0.01
SMALL = {"workers": 10_000, "firms": 100}
BOTH = ("benchmark", "search on the job")
SETS = {
    "main": (BOTH, {"chosen": ALL, **SMALL}),
    "full": (BOTH, {"chosen": RARE}),
    "ten years": (BOTH, {"chosen": FIFTH, "months": 120}),
    "small firms": (BOTH, {"chosen": FIFTH, "firms": 1_500}),
    "match quality": (
        ("match quality",),
        {"chosen": TENTH, "workers": 60_000, "firms": 600, "noise": 0.03},
    ),
    "patient": (BOTH, {"chosen": FIFTH, "discount_factor": 0.999, **SMALL}),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--scheduler")
    parser.add_argument("--only", default=",".join(SETS))
    parser.add_argument("--out", type=Path, default=STORED)
    given = parser.parse_args()
    for name in given.only.split(","):
        models, options = SETS[name]
        for model in models:
            print(f"{name}: {model}", flush=True)
            monte_carlo(
                given.out,
                model=model,
                seed=SEED,
                processes=given.processes,
                scheduler=given.scheduler,
                **options,
            )
    table = pd.read_parquet(given.out)
    hours = table.filter(like="seconds").sum().sum() / 3600
    print(f"{len(table):,} panels, {hours:.1f} hours of processors")


if __name__ == "__main__":
    main()
