"""Solutions on disk: plain arrays under a header that says how they were made.

A file is read back only if all of it fits together: V is computed again at some of the
firms and compared with what it was when the file was written.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms import array_files
from jobteams_lab.large_firms.arguments import require
from jobteams_lab.large_firms.bellman_report import BellmanReport
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.networks import Basis, DeepSet
from jobteams_lab.large_firms.presets import Preset
from jobteams_lab.large_firms.solution import Run, Solution
from jobteams_lab.large_firms.team_basis import scale_of
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.panel_io import destination
from jobteams_lab.precision import double

KIND, FORMAT = "solution", 1
INSTEAD = "write one with Solution.save"
PROBES = 64  # firms at which V is compared
HARMLESS = 2e-6  # relative change of V by rounding coefficients to single precision
SAME = 1e-5  # and by all that another machine may do differently
SAMPLE = ("log_z", "log_q", "x", "y", "n", "nonemployed_x", "nonemployed_y")


def write(path, solution: Solution, firms: int | None = None, note: str = "") -> None:
    """Write a solution to a file, whole or not at all.

    Parameters
    ----------
    path : path-like
    solution : Solution
    firms : int, optional
        Keep so many firms of the last date only, evenly over z, and round to single
        precision: with two thousand, a few hundred kB. By default all is kept as it is.
    note : str
        A line for readers.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError, IsADirectoryError
        A sentence, for arguments that make no sense and for a place that is none.
    """
    path = destination(path)
    require("save", solution, Solution, "call solve(economy) first")
    if not isinstance(note, str):
        raise TypeError(f"note must be text, not {note!r}: give a line for readers.")
    coefficients, sample = solution.coefficients, solution.sample
    if firms is not None:
        sample = _some(solution, firms)
        coefficients = _rounded(solution, sample)
    arrays = {name: getattr(sample, name) for name in SAMPLE}
    if solution.basis.deep is not None:
        deep = solution.basis.deep._asdict()
        arrays |= {f"deep.{name}": np.asarray(part) for name, part in deep.items()}
    facts = {
        "economy": dataclasses.asdict(solution.economy),
        "preset": dataclasses.asdict(solution.preset),
        "match_rate": solution.match_rate,
        "residuals": solution.residuals._asdict(),
        "moments": solution.moments,
        # one island has no standard errors, and JSON no NaN
        "errors": {k: _or_none(v) for k, v in solution.errors.items()},
        "history": solution.history,
        "converged": bool(solution.converged),
        "run": solution.run._asdict(),
        "dates": sample.dates,
        "note": note,
    }
    arrays |= {
        "coefficients": coefficients,
        "nodes": solution.nodes,
        "probes": _probe(solution, sample),
    }
    array_files.write(path, KIND, FORMAT, facts, arrays, small=firms is not None)


def load(path) -> Solution:
    """Read a solution that `Solution.save` wrote, and check all of it.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Solution
        Its `run` has the version of the package that solved it.

    Raises
    ------
    FileNotFoundError, ValueError
        A sentence, for a file that is not there, is damaged, is no solution, has
        another format, or does not fit together.
    """
    facts, arrays = _read(path)
    try:
        solution = _solution(facts, arrays)
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path} was written by version {facts.get('version')} and lacks what this"
            " version reads: read it with that version, or solve again."
        ) from error
    except ValueError as error:
        raise ValueError(
            f"{path} does not fit together ({error}): save the solution again."
        ) from error
    probes = arrays["probes"]
    error = np.abs(_probe(solution, solution.sample) / probes - 1).max()
    if not error < SAME:
        raise ValueError(
            f"{path} was written by version {facts['version']}, and V there differs by"
            f" {error:.0e} from what this version makes of it: solve again."
        )
    return solution


def describe(path) -> str:
    """Return a line on a stored solution: its note, accuracy, time and version."""
    facts, _ = _read(path)
    run, q = facts["run"], facts["residuals"]["mean_square"]
    line = (
        f"mean team {facts['moments']['mean_size']:.2f}, mean square of q {q:.1e},"
        f" {run['seconds']:.0f} s on {run['device']}, version {run['version']}"
    )
    return f"{facts['note']}: {line}" if facts["note"] else line


def _read(path):
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: check its name and folder.")
    return array_files.read(path, KIND, FORMAT, INSTEAD)


def _solution(facts: dict, arrays: dict) -> Solution:
    economy, preset = Economy(**facts["economy"]), Preset(**facts["preset"])
    sample = TeamSample(
        *(_wide(arrays[name]) for name in SAMPLE),
        dates=checks.whole("dates", facts["dates"], low=1),
    )
    deep = None
    if preset.units:
        deep = DeepSet(*(arrays[f"deep.{name}"] for name in DeepSet._fields))
    basis = Basis(scale_of(economy), deep)
    residuals = facts["residuals"]
    residuals["sizes"] = np.array(residuals["sizes"], float)
    solution = Solution(
        economy=economy,
        preset=preset,
        basis=basis,
        nodes=_wide(arrays["nodes"]),
        coefficients=_wide(arrays["coefficients"]),
        sample=sample,
        match_rate=checks.number("match_rate", facts["match_rate"], low=0),
        residuals=BellmanReport(**residuals),
        moments={k: checks.number(k, v) for k, v in facts["moments"].items()},
        errors={
            k: np.nan if v is None else checks.number(k, v, low=0)
            for k, v in facts["errors"].items()
        },
        history=[dict(found) for found in facts["history"]],
        converged=bool(facts["converged"]),
        run=Run(**facts["run"]),
    )
    _check(solution, arrays)
    return solution


def _check(solution: Solution, arrays: dict) -> None:
    # shapes against one another, and numbers that are none
    sample, nodes = solution.sample, solution.nodes
    rows, idle = len(sample.n), len(sample.nonemployed_x)
    places = solution.economy.max_team_size
    with double():  # as all that reads the basis
        width = solution.basis.size(places)
    shapes = {
        "nodes": (len(nodes),),
        "coefficients": (len(nodes), places + 1, width),
        "log_z": (rows,),
        "log_q": (rows,),
        "x": (rows, places),
        "y": (rows, places),
        "n": (rows,),
        "nonemployed_x": (idle,),
        "nonemployed_y": (idle,),
        "probes": (min(PROBES, rows),),
    }
    for name, shape in shapes.items():
        array = arrays[name]
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}, not {shape}")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} has numbers that are not finite")
    numbers = np.concatenate([np.ravel(part) for part in solution.residuals])
    if not np.isfinite(numbers).all() or len(solution.residuals.sizes) != places + 1:
        raise ValueError("the residuals are not finite, or not one a team size")
    if rows == 0 or rows % sample.dates or not (np.diff(nodes) > 0).all():
        raise ValueError(
            "the firms are not as many at each date, or nodes not in order"
        )
    if sample.n.min() < 0 or sample.n.max() > places:
        raise ValueError(f"teams have {sample.n.min()} to {sample.n.max()} workers")
    if set(solution.moments) != set(solution.errors):
        raise ValueError("not each moment has its standard error")


def _some(solution: Solution, firms: int) -> TeamSample:
    # firms of the last date, evenly over z, and as many of the nonemployed a firm
    sample = solution.sample
    have = len(sample.n) // sample.dates
    checks.whole("firms", firms, low=1, high=have)
    order = np.argsort(sample.log_z[-have:], kind="stable")
    part = sample.rows(len(sample.n) - have + np.sort(order[_evenly(firms, have)]))
    idle = len(sample.nonemployed_x)
    who = _evenly(max(round(idle / sample.dates * firms / have), 1), idle)
    parts = {name: getattr(part, name) for name in SAMPLE}
    parts |= {k: parts[k][who] for k in ("nonemployed_x", "nonemployed_y")}
    few = np.uint8 if part.places < 256 else np.int32
    return TeamSample(
        **{k: v.astype(few if k == "n" else np.float32) for k, v in parts.items()}
    )


def _evenly(few: int, many: int) -> np.ndarray:
    return ((np.arange(few) + 0.5) * many / few).astype(int) if many else np.arange(0)


def _rounded(solution: Solution, sample: TeamSample) -> np.ndarray:
    # in single precision, unless the coefficients are large and nearly cancel
    rounded = solution.coefficients.astype(np.float32)
    other = dataclasses.replace(solution, coefficients=_wide(rounded))
    change = np.abs(_probe(other, sample) / _probe(solution, sample) - 1).max()
    return rounded if change < HARMLESS else solution.coefficients


def _probe(solution: Solution, sample: TeamSample) -> np.ndarray:
    # V at firms spread over the sample
    at = _evenly(min(PROBES, len(sample.n)), len(sample.n))
    parts = (getattr(sample, name)[at] for name in ("log_z", "log_q", "x", "y", "n"))
    return solution.value_at(*map(_wide, parts))


def _wide(array):
    return array.astype(float if array.dtype.kind == "f" else int)


def _or_none(number):
    return float(number) if np.isfinite(number) else None
