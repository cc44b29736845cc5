"""Worker values on disk: plain arrays under a header that says whose they are.

A file holds what `worker_pay` found, and not the solution that it was found in. Whom
one meets and what one is offered is read from that solution again, which the file knows
by a digest, and W is computed again at some workers and wages and compared with what it
was when the file was written.
"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import jax
import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms import array_files, firm_grid, pay_basis
from jobteams_lab.large_firms.arguments import require
from jobteams_lab.large_firms.pay import row_maker
from jobteams_lab.large_firms.pay_report import PayReport
from jobteams_lab.large_firms.pay_search import ON_SURPLUS
from jobteams_lab.large_firms.pay_value import PayRun, WorkerPay
from jobteams_lab.large_firms.solution import Solution
from jobteams_lab.panel_io import destination
from jobteams_lab.precision import double

KIND, FORMAT = "worker value", 1
INSTEAD = "write one with WorkerPay.save"
ARRAYS = ("turns", "scale", "size", "lasting", "wages", "coefficients")
SAMPLE = ("log_z", "log_q", "x", "y", "n", "nonemployed_x", "nonemployed_y")
PROBES = 200  # workers at whom W is compared,
AT = (0.2, 0.5, 0.8)  # at these wages, from the first of the grid to the last
DIGITS = range(6, 26)  # behind the binary point that coefficients keep, as few as do
HARMLESS = 5e-5  # change of W by rounding coefficients, over the median of U + Δ⁺
SAME = 1e-6  # and by all that another machine may do differently


def write(path, pay: WorkerPay, note: str = "") -> None:
    """Write worker values to a file, whole or not at all.

    The coefficients are rounded, in single precision, to as few binary digits as change
    W by less than 5e-5 of the median of U + Δ⁺; if none do, they are kept as they are.
    They make the size of the file: (nodes) × (team sizes) × (wages) × (features + 4)
    numbers, of about two bytes.

    Parameters
    ----------
    path : path-like
    pay : WorkerPay
    note : str
        A line for readers.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError, IsADirectoryError
        A sentence, for arguments that make no sense and for a place that is none.
    """
    path = destination(path)
    require("save", pay, WorkerPay, "call worker_pay(solution) first")
    if not isinstance(note, str):
        raise TypeError(f"note must be text, not {note!r}: give a line for readers.")
    rounded = _rounded(pay)
    pay = dataclasses.replace(pay, coefficients=rounded.astype(float))
    arrays = {name: getattr(pay, name) for name in ARRAYS}
    arrays |= {"coefficients": rounded, "probes": _probe(pay)}
    facts = {
        "solution": digest(pay.solution),
        "run": pay.run._asdict(),
        "errors": pay.errors,
        "residuals": pay.residuals()._asdict(),
        "note": note,
    }
    array_files.write(path, KIND, FORMAT, facts, arrays, small=True)


def load(path, solution: Solution) -> WorkerPay:
    """Read worker values that `WorkerPay.save` wrote, and check all of them.

    Parameters
    ----------
    path : path-like
    solution : Solution
        The one whose worker values these are, to the last bit.

    Returns
    -------
    WorkerPay
        Its `run` has the version of the package that found it.

    Raises
    ------
    TypeError, FileNotFoundError, ValueError
        A sentence, for a file that is not there, is damaged, is something else, has
        another format, belongs to another solution, or does not fit together.
    """
    require("load", solution, Solution, "give the one whose worker values these are")
    facts, arrays = _read(path)
    try:
        if facts["solution"] != digest(solution):
            raise ValueError("it belongs to another solution")
        pay = _pay(facts, arrays, solution)
        _check(pay, facts, arrays)
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path} was written by version {facts.get('version')} and lacks what this"
            " version reads: read it with that version, or call worker_pay again."
        ) from error
    except ValueError as error:
        raise ValueError(
            f"{path} does not fit this solution ({error}): give the one whose worker"
            " values these are, or call worker_pay again."
        ) from error
    error = np.abs(_probe(pay) - arrays["probes"]).max(initial=0)
    if not error < SAME:
        raise ValueError(
            f"{path} was written by version {facts['version']}, and W there differs by"
            f" {error:.0e} from what this version makes of it: call worker_pay again."
        )
    return pay


def describe(path) -> str:
    """Return a line on stored worker values: note, accuracy, time and version."""
    facts, _ = _read(path)
    run, found = facts["run"], facts["residuals"]
    line = (
        f"root mean square of q {np.sqrt(found['mean_square']):.1e}, median"
        f" {found['median']:.1e}, {run['seconds']:.0f} s on {run['device']}, version"
        f" {run['version']}"
    )
    return f"{facts['note']}: {line}" if facts["note"] else line


def report(path) -> PayReport:
    """Return the residuals of stored worker values, as `WorkerPay.residuals()` was."""
    found = _read(path)[0]["residuals"]
    return PayReport(**found | {"sizes": np.array(found["sizes"])})


def digest(solution: Solution) -> str:
    """Return a name for all of a solution that worker values depend on."""
    facts = {
        "economy": dataclasses.asdict(solution.economy),
        "EN": solution.moments["EN"],
        "dates": solution.sample.dates,
    }
    arrays = [solution.nodes, solution.coefficients]
    arrays += [getattr(solution.sample, name) for name in SAMPLE]
    if solution.basis.deep is not None:
        arrays += [np.asarray(part) for part in solution.basis.deep]
    facts["shapes"] = [array.shape for array in arrays]
    found = hashlib.sha256(array_files.as_json(facts).encode())
    for array in arrays:
        found.update(np.ascontiguousarray(array, "<f8"))
    return found.hexdigest()


def _read(path):
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: check its name and folder.")
    return array_files.read(path, KIND, FORMAT, INSTEAD)


def _pay(facts: dict, arrays: dict, solution: Solution) -> WorkerPay:
    run = PayRun(**facts["run"])
    for name in ("types", "nodes"):
        checks.whole(name, getattr(run, name), low=1)
    with double():
        maker = row_maker(solution, run.types, run.nodes)
    errors = [[checks.number("errors", e) for e in one] for one in facts["errors"]]
    parts = {name: arrays[name].astype(float) for name in ARRAYS}
    return WorkerPay(maker, **parts, errors=errors, run=run)


def _check(pay: WorkerPay, facts: dict, arrays: dict) -> None:
    # shapes against one another, and numbers that are none
    sizes, nodes = pay.solution.economy.max_team_size + 1, len(pay.maker.nodes)
    known, wages = pay.turns.shape[-1], pay.wages.shape[-1]
    team, number = jax.ShapeDtypeStruct((sizes - 1,), np.float32), np.float32(0)
    raw = jax.eval_shape(
        lambda team: pay_basis.features(
            team, team, np.int32(1), number, pay.solution.basis.scale
        ),
        team,
    )
    shapes = {
        "turns": (sizes, raw.shape[-1], known),
        "scale": (nodes,),
        "size": (nodes,),
        "lasting": (nodes, sizes, known + ON_SURPLUS),
        "wages": (nodes, wages),
        "coefficients": (nodes, sizes, wages, known + ON_SURPLUS),
        "probes": (min(PROBES, len(_employed(pay.solution)[0])), len(AT)),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, not {shape}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} has numbers that are not finite")
    if min(pay.scale.min(), pay.size.min(), np.diff(pay.wages).min()) <= 0:
        raise ValueError("scales are not positive, or wages not in order")
    if len(pay.errors) != nodes or not all(pay.errors):
        raise ValueError("there are not Newton's steps for each node")


def _rounded(pay: WorkerPay) -> np.ndarray:
    # to multiples of the largest power of a half that changes W by little enough; in
    # features of size one what counts is how far a coefficient moves, not by what share
    now = _probe(pay)
    for digits in DIGITS:
        rounded = np.round(pay.coefficients * 2.0**digits) / 2.0**digits
        rounded = rounded.astype(np.float32)
        other = dataclasses.replace(pay, coefficients=rounded.astype(float))
        if np.abs(_probe(other) - now).max(initial=0) < HARMLESS:
            return rounded
    return pay.coefficients


def _employed(solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    # rows and places of employed workers, evenly over the sample
    row, place = np.nonzero(solution.sample.taken)
    few = min(PROBES, len(row))
    at = ((np.arange(few) + 0.5) * len(row) / few).astype(int)
    return row[at], place[at]


def _probe(pay: WorkerPay) -> np.ndarray:
    # W over the median of U + Δ⁺ of workers spread over the sample, at some wages
    sample = pay.solution.sample
    row, place = _employed(pay.solution)
    at = np.arange(len(row))
    x, y = sample.x[row], sample.y[row]
    for part in (x, y):  # the worker comes first
        part[at, 0], part[at, place] = part[at, place], part[at, 0].copy()
    log_z = sample.log_z[row]
    share = firm_grid.weights(pay.maker.nodes, log_z)
    ends = share @ pay.wages[:, [0, -1]]
    wages = ends[:, :1] + np.diff(ends) * np.array(AT)
    found = pay.read(log_z, sample.log_q[row], x, y, sample.n[row])
    return found.value_at(wages) / (share @ pay.size)[:, None]
