"""What benchmarks of large firms found, for readers without the repository.

The files beside this module are the stored results; a test holds them against those.
"""

from __future__ import annotations

import json
from importlib import resources


def measured_moments() -> list[dict]:
    """Exact moments at the paper's calibration, a dict a reading and resolution.

    From benchmarks/large_firms_moments.py. Keys: "types" (levels of h × of z, and of
    abilities and learning environments where there are several), the arguments of
    `Economy.paper`, "states", "employment", "EN", "NE", "EE", "sampled" (the same
    seen at intervals), "mean_size", "P50", "P90", "mean_log_h", "sd_log_h",
    "learning" (shares of the variance of growth), "residuals", "seconds" and others.
    """
    return _read("moments.json")


def measured_costs() -> list[dict]:
    """Seconds and memory of the exact solver against states, a dict a case.

    From benchmarks/large_firms_exact.py. Keys: "method" ("newton", "iteration" and
    "lu" for V at given meeting rates, "joint" for the equilibrium), "levels_of_h",
    "states", "seconds" on one core, "MiB" at the peak and "MiB_before", what Python
    and the package take.
    """
    return _read("exact_costs.json")


def measured_solutions() -> list[dict]:
    """How the solutions that come with the package fare, a dict each.

    From benchmarks/large_firms_solutions.py. Keys: "name" (as for `stored`), "run"
    (seed, start, device, seconds and version), "GiB" at the peak, "rounds",
    "converged", "residuals" (as `BellmanReport`), "moments" (values and standard
    errors), "fresh": the same, and "value_change", on a cross-section that the
    solution had not seen, as `FreshCheck`; and for one "other_start": the run, the
    rounds, the mean square of q and the moments of another search, from crowded firms.
    """
    return _read("solutions.json")


def measured_accuracy() -> list[dict]:
    """How near values in features of sets come to known ones, a dict a case.

    From benchmarks/large_firms_accuracy.py. Keys where "truth" is "table", the exact V
    over all teams: "economy" ("paper" and "nobody unlearns"), "features", "states",
    "weights", those of `Accuracy` and "seconds". Where it is "closed form", of workers
    whose values add up: "seed", "workers" (the least and the most in a team), "teams",
    "weights", "value_largest", "value_mean", "incumbents" (the largest error of their
    surpluses over its mean), "last_change", "rounds" and "seconds".
    """
    return _read("accuracy.json")


def measured_training() -> list[dict]:
    """Errors of V against seconds, by method, at one task; a dict a race.

    From benchmarks/large_firms_training.py. Keys: "method" ("adam", "semi-gradient",
    "gauss-newton", "least squares" and "exact"), "weights", "seed", "seconds" of the
    processor, "rms" of q and "error", that of V/V* − 1, all after each step and at
    firms that no method has seen; for least squares also "features", "rows" of each
    size, "units" and "median", that of q without its sign; "states" for the exact
    programme, whose q is not measured. V* is that of the most features on the most
    teams.
    """
    return _read("training.json")


def measured_scaling() -> list[dict]:
    """What parts of a solution cost as one size at a time grows, a dict a case.

    From benchmarks/large_firms_scaling.py. Keys: "firms" (on one island), "types" (of
    workers who are met), "places" (the largest team), "rows" (teams of each size) and
    "nodes" (of log z), the first case being the middle; "seconds" by part, on one core.
    The last dict has only "transcript", lines about a search that was killed.
    """
    return _read("scaling.json")


def measured_pay() -> list[dict]:
    """How well worker values of continuous types do, a dict a case.

    From benchmarks/large_firms_pay.py. "kind" says of which. "shipped": those that
    come with the package, with their "sizes", "residuals" (as `PayReport`, "rms" for
    the mean square's root), "bytes", and "rms" and "median" of q "anywhere", "at nodes"
    of log z, "at wages" of the grid and "at both". "convergence": the same with one of
    the sizes, "varied", at three values; "value_change" and "start_change" say how far
    W, over the median of U + Δ⁺, and starting wages are from those of the largest, and
    "start_spread" is the standard deviation of the latter. "closed form": errors of W
    of workers alone, over U + Δ⁺. "exact grids": by "columns", means and differences
    from exact tables with so many levels of h. "seconds" are of one core.
    """
    return _read("pay.json")


def measured_calibration() -> list[dict]:
    """Known parameters that `calibrate` found again, and what moves each moment.

    From benchmarks/large_firms_calibration.py. Dicts where "what" is "recovery", a
    search each: "target_seed", "parameters", "truth", "start", "estimate", "signal"
    and "standard_error" (as in `Calibration.estimates`), "covers" (whether 95 %
    intervals hold the truth), "objective", "J", "degrees_of_freedom", "p",
    "converged", "evaluations" and "seconds" of the processor, "targets" and "fit"
    (columns as `Calibration.fit`).

    A dict where it is "jacobian": "moments", "parameters", "value" of each moment at
    the slides' calibration, "per_cent" (what one per cent more of a parameter adds to
    it, a list of a row a moment) and its "standard_error"; "noise_left", the variance
    over seeds of changes with common random numbers over that with others, by moment;
    "steps", "evaluations" and "seconds".
    """
    return _read("calibration.json")


def measured_table() -> list[dict]:
    """The calibration table under readings that the slides leave open, a dict each.

    From benchmarks/large_firms_table.py. Keys: "types", "reading" (what differs from
    the first of these types), "moments" (of each, and of "EE", the value and its
    standard error over panels; None where there is none) and "seconds" on one core.
    Where types are "continuous" a reading is of options of `moments`, all of one
    simulation of the solution "paper-laptop", with the retired replaced. Where they are
    on a "grid", it is of fields of the economy, each with the same seeds; "moments,
    half a year" (EN, NE and EE sampled so) and "moments, no squares" (in eq. (6)) are
    of the same panels.
    """
    return _read("table.json")


def measured_wages() -> list[dict]:
    """Wages since the hire, with and without lessons from coworkers, a dict each.

    From benchmarks/large_firms_wages.py. Keys: "name" (as for `stored_pay`),
    "profile" (columns as `since_hire` returns, of quarters, for wage, markdown W/J,
    human_capital, gain W − U and surplus), "levels" and "quantiles" (of these columns
    over all who work), "below_zero" (the share of wages below zero and its standard
    error), "rows" (how many were seen) and "seconds" on one core.
    """
    return _read("wages.json")


def _read(name: str) -> list[dict]:
    path = resources.files("jobteams_lab.large_firms") / name
    return json.loads(path.read_text(encoding="utf-8"))
