"""The paper's tables: at its own parameters, and re-estimated for teams of 2 to 5.

    python benchmarks/team_sorting_tables.py

Also writes jobteams_lab/team_sorting/estimates.json, which the package ships. One core,
about a quarter of an hour.
"""

import json
from dataclasses import asdict

import numpy as np
import record

from jobteams_lab.team_sorting import published
from jobteams_lab.team_sorting.calibrate import calibrate
from jobteams_lab.team_sorting.counterfactual import SCALINGS, counterfactual
from jobteams_lab.team_sorting.coupling_range import between_range, coworker_range
from jobteams_lab.team_sorting.coworkers import DEFINITIONS, WINDOW, coworker_logs
from jobteams_lab.team_sorting.earnings_moments import Moments, Parameters
from jobteams_lab.team_sorting.estimates import STORE
from jobteams_lab.team_sorting.mixed_set import all_teams

SETTINGS = {
    "coupling": "entropy",
    "cells": 200,
    "starts": 4,
    "seed": 0,
    "bounds": (0.2, 20.0),
    "steps": 100,
}
OTHER_BOUNDS = (5.0, 10.0, 40.0)  # upper, how far the estimates lean on them
TEAMS = {"rearranged": 20_000, "entropy": 400}
SIZES = (2, 3, 4, 5)
YEARS = published.YEARS


def tables(models):
    """Tables 1 and 2, or their like, of earnings by year."""
    found = {}
    for year, earnings in models.items():
        rows = {
            "percentiles": earnings.quantile(published.PERCENTILES).tolist(),
            "log_mean": earnings.log_mean,
            "log_variance": earnings.log_variance,
            "between": asdict(between_range(earnings)),
            "coworkers": {},
        }
        for coupling, cells in TEAMS.items():
            teams = all_teams(earnings.equilibrium, coupling, cells)
            rows["coworkers"][coupling] = {
                definition: coworker_logs(earnings, teams, definition=definition)
                .tolist()
                for definition in DEFINITIONS
            }  # fmt: skip
        rows["coworker_ranges"] = {
            definition: [
                asdict(coworker_range(earnings, rank, definition))
                for rank in published.COWORKER_PERCENTILES
            ]
            for definition in DEFINITIONS
        }
        found[year] = rows
    return found


def effects(models):
    """Between shares of the two counterfactuals, by scaling and base year."""
    pairs = {"firm": (1981, 2013), "worker": (2013, 1981)}
    found = {}
    for name, (workers, projects) in pairs.items():
        found[name] = {}
        for scaling in SCALINGS:
            # the first two do not look at the base
            bases = YEARS if scaling not in ("workers", "projects") else YEARS[:1]
            for base in bases:
                label = scaling if len(bases) == 1 else f"{scaling} of {base}"
                made = counterfactual(
                    models[workers], models[projects], scaling, models[base]
                )
                found[name][label] = made.between_share()
    return found


def fit(year, size, **changes):
    """A calibration, and what is kept of it."""
    targets = Moments.published(year)
    found = calibrate(
        targets, size, first=Parameters.published(year), **{**SETTINGS, **changes}
    )
    certificate = found.parameters.earnings().equilibrium.certificate()
    kept = {
        "parameters": asdict(found.parameters),
        "moments": asdict(found.moments),
        "residuals": found.residuals.tolist(),
        "objective": found.objective,
        "converged": found.converged,
        "repeats": found.repeats,
        "starts": [asdict(one) for one in found.starts],
        "singular_values": found.singular_values.tolist(),
        "last_direction": found.directions[-1].tolist(),
        "at_bounds": found.at_bounds,
        "optimal": certificate.optimal,
        "certificate_gap": certificate.gap,
    }
    print(size, year, changes, found.objective, found.repeats, found.at_bounds)
    return found, kept


def main():
    paper = {year: Parameters.published(year) for year in YEARS}
    models = {year: one.earnings() for year, one in paper.items()}
    results = {
        "paper": {
            "parameters": {year: asdict(one) for year, one in paper.items()},
            "tables": tables(models),
            "effects": effects(models),
        },
        "estimates": {},
    }
    shipped = {"settings": SETTINGS, "estimates": {}}
    for size in SIZES:
        fits = {year: fit(year, size) for year in YEARS}
        models = {
            year: found.parameters.earnings() for year, (found, _) in fits.items()
        }
        results["estimates"][size] = {
            "fits": {year: kept for year, (_, kept) in fits.items()},
            "tables": tables(models),
            "effects": effects(models),
        }
        shipped["estimates"][size] = {
            year: {
                "parameters": kept["parameters"],
                "moments": kept["moments"],
                "objective": kept["objective"],
                "repeats": kept["repeats"],
                "starts": len(kept["starts"]),
                "singular_values": kept["singular_values"],
                "at_bounds": kept["at_bounds"],
            }
            for year, (_, kept) in fits.items()
        }
    results["other_bounds"] = {}
    for high in OTHER_BOUNDS:
        fits = {year: fit(year, 2, bounds=(0.2, high), starts=1) for year in YEARS}
        models = {
            year: found.parameters.earnings() for year, (found, _) in fits.items()
        }
        results["other_bounds"][high] = {
            "fits": {year: kept for year, (_, kept) in fits.items()},
            "effects": effects(models),
        }
    results["floor_estimated"] = {
        year: fit(year, 2, floor=None, starts=1)[1] for year in YEARS
    }
    settings = {**SETTINGS, "teams": TEAMS, "window": WINDOW, "floor": published.FLOOR}
    record.save("team_sorting_tables", settings, results)
    text = json.dumps(shipped, indent=1, default=_plain)
    STORE.write_text(text + "\n", encoding="utf-8")


def _plain(value):
    return value.tolist() if isinstance(value, np.ndarray) else float(value)


if __name__ == "__main__":
    main()
