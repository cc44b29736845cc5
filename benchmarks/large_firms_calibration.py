"""Known parameters recovered from simulated moments, and what moves each moment.

    python benchmarks/large_firms_calibration.py
    python benchmarks/large_firms_calibration.py --only recovery   # or jacobian

Recovery: of the example of 70 states, whose policies hardly change between start and
truth; targets are simulated at known parameters with other seeds than the search has.
(With few types of workers hiring policies jump, and moments with them; a search over
such a range stops at a jump.) Jacobian: of every row of the calibration table by each
parameter of the slides' economy, with three levels of human capital and three of
productivity, solved over all teams. Evaluations are kept in a table, so that a run that
was stopped goes on.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
for library in ("OMP", "OPENBLAS", "NUMBA"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import argparse  # noqa: E402
import tempfile  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import record  # noqa: E402

from jobteams_lab.large_firms.calibrate import calibrate, measure_finite  # noqa: E402
from jobteams_lab.large_firms.calibrate_jacobian import moment_jacobian  # noqa: E402
from jobteams_lab.large_firms.economy import Economy  # noqa: E402
from jobteams_lab.large_firms.finite_economy import FiniteEconomy  # noqa: E402

# the range that the default grid has at the slides' calibration, so that it stays
GRID = {
    "human_capital": 3,
    "productivity": 3,
    "log_human_capital_range": (-0.48, 0.39),
}
TRUTH = {
    "contact_rate_nonemployed": 0.9,
    "contact_rate_employed": 0.6,
    "match_break_rate": 0.127,
    "learning_from_better": 0.3,
}
START = dict(zip(TRUTH, (1.2, 0.85, 0.18, 0.42), strict=True))
BOX = {
    "contact_rate_nonemployed": (0.4, 1.6),
    "contact_rate_employed": (0.2, 1.2),
    "match_break_rate": (0.05, 0.25),
    "learning_from_better": (0.1, 0.5),
}
# gaps between quantiles of wages are not among them: with few types wages come in
# lumps, the gaps jump, and a search ends in a valley of its own
TARGETED = [
    "average_employer_size",
    "between_firm_share",
    "mean_rank_change",
    "rank_change_variance",
    "firm_rank_change_variance",
    "EN",
    "NE",
    "EE",
]
SIZES = {
    "recovery": {
        "firms": 5_000,
        "years": 10.0,
        "burn_in": 10.0,
        "readings": {"regression": False},  # which takes longest, for two targets
    },
    "jacobian": {"firms": 2_000, "years": 20.0, "burn_in": 20.0},
}
WAGES = {"tolerance": 1e-2, "most_wages": 60}
STEP = 0.1  # of the box, in the search
SEARCHED, TARGET_SEEDS, SPREAD = 0, range(100, 106), range(200, 224)
# steps of the Jacobian as shares of the parameter, or of the number given
STEPS = {
    "contact_rate_nonemployed": 0.1,
    "contact_rate_employed": 0.1,
    "match_break_rate": 0.1,
    "firm_death_rate": 0.5,
    "renegotiation_rate": 0.1,
    "learning_event_rate": 0.1,
    "learning_from_better": 0.1,
    "learning_from_worse": 0.3,
    "sd_log_human_capital": 0.1,
    "sd_log_productivity": 0.1,
    "ces_exponent": 0.02,
    "nonemployment_income": 0.1,
    "workers_per_firm": 0.05,
}
SEEDS = range(8)


def recovery(folder: Path) -> list[dict]:
    measured = partial(measure_finite, **SIZES["recovery"])
    economy = FiniteEconomy.example(**TRUTH)
    drawn = pd.DataFrame([measured(economy, seed) for seed in SPREAD])[TARGETED]
    covariance, answers = drawn.cov(), []
    # the inverse of a covariance matrix from few draws would weigh badly
    weights = (1 / drawn.var()).to_dict()
    for seed in TARGET_SEEDS:
        moments = measured(economy, seed)
        found = calibrate(
            economy.with_(**START),
            BOX,
            {name: moments[name] for name in TARGETED},
            folder / "recovery.parquet",
            measure=measured,
            weights=weights,
            errors=covariance,
            step=STEP,
            replications=10,
            seed=SEARCHED,
        )
        table = found.estimates
        truth = pd.Series(TRUTH)
        error = table["standard error"]
        evaluations = found.evaluations
        answers.append(
            {
                "what": "recovery",
                "target_seed": seed,
                "parameters": list(TRUTH),
                "truth": list(TRUTH.values()),
                "start": list(START.values()),
                "estimate": table["estimate"].tolist(),
                "signal": table["signal"].tolist(),
                "standard_error": [None if np.isnan(x) else x for x in error],
                "covers": ((table["estimate"] - truth).abs() < 1.96 * error).tolist(),
                "objective": found.objective,
                "J": found.j_statistic,
                "degrees_of_freedom": found.degrees_of_freedom,
                "p": found.p_value,
                "converged": found.converged,
                "evaluations": len(evaluations),
                "seconds": float(evaluations["seconds"].sum()),
                "targets": TARGETED,
                "fit": found.fit.reset_index().to_dict("list"),
            }
        )
        print(found, flush=True)
    return answers


def jacobian(folder: Path) -> list[dict]:
    economy = Economy.paper()
    steps = {name: share * getattr(economy, name) for name, share in STEPS.items()}
    path = folder / "jacobian.parquet"
    measured = partial(measure_finite, grid=GRID, pay=WAGES, **SIZES["jacobian"])
    table = moment_jacobian(economy, steps, path, measure=measured, seeds=SEEDS)
    stored = pd.read_parquet(path)
    # what one per cent more of a parameter adds to a moment
    per_cent = table["parameter"].map(lambda name: getattr(economy, name) / 100)
    names = list(dict.fromkeys(table["moment"]))
    shape = len(names), len(STEPS)
    return [
        {
            "what": "jacobian",
            "moments": names,
            "parameters": list(STEPS),
            "value": table["value"].to_numpy().reshape(shape)[:, 0].tolist(),
            "per_cent": _listed(table["slope"] * per_cent, shape),
            "standard_error": _listed(table["standard error"] * per_cent, shape),
            # variance of changes with common random numbers over that with others
            "noise_left": noise_left(stored, names),
            "steps": STEPS,
            "evaluations": len(stored),
            "seconds": float(stored["seconds"].sum()),
        }
    ]


def noise_left(stored: pd.DataFrame, moments: list[str]) -> list:
    by_point = stored.groupby(list(STEPS), sort=False)
    panels = np.array([part.sort_values("seed")[moments] for _, part in by_point])
    changes = (panels[1:] - panels[0]).var(axis=1, ddof=1).mean(axis=0)
    own = panels.var(axis=1, ddof=1)
    apart = (own[1:] + own[0]).mean(axis=0)
    return [
        float(c / a) if a > 0 else None for c, a in zip(changes, apart, strict=True)
    ]


def _listed(series, shape) -> list:
    values = series.to_numpy().reshape(shape)
    return [[None if np.isnan(x) else float(x) for x in row] for row in values]


PARTS = {"recovery": recovery, "jacobian": jacobian}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--folder", type=Path, help="of the tables, to go on with")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        parts = [given.only] if given.only else list(PARTS)
        rows = [row for part in parts for row in PARTS[part](folder)]
    if given.only is None:
        parameters = {
            "grid": GRID,
            "sizes": SIZES,
            "wages": WAGES,
            "box": BOX,
            "step": STEP,
            "search_seed": SEARCHED,
            "spread_seeds": list(SPREAD),
            "jacobian_seeds": list(SEEDS),
        }
        record.save(
            "large_firms_calibration",
            parameters,
            rows,
            ship="large_firms/calibration.json",
        )


if __name__ == "__main__":
    main()
