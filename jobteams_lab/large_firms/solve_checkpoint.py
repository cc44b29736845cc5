"""The state of a search for V and χ on disk, from which it goes on as if never stopped.

All that the next round reads is written in full precision: the islands with the random
numbers and events that wait, V, the cross-sections of the window and the history.
"""

from __future__ import annotations

import dataclasses
import json

import jax
import numpy as np
from jax.experimental import multihost_utils

from jobteams_lab.large_firms import array_files
from jobteams_lab.large_firms.devices import gather
from jobteams_lab.large_firms.meeting_tables import Market, Tables
from jobteams_lab.large_firms.simulate_teams import State
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.panel_io import destination

KIND, FORMAT = "checkpoint of solve", 1
INSTEAD = "name another file, or remove it"
PARTS = ("x", "y", "n", "nonemployed_x", "nonemployed_y")  # of each date of the window


def write(path, search) -> None:
    """Write what a search is after a round; with many processes, the first one does.

    Parameters
    ----------
    path : path-like
    search : _Search
        As `solve` has it.
    """
    islands = search.islands
    state = {name: gather(part) for name, part in _fields(islands.state)}
    if jax.process_index() > 0:
        return
    # the simulation's own precision is all that a cross-section has
    exact = {"x", "y", "nonemployed_x", "nonemployed_y"}
    arrays = {f"state.{name}": part for name, part in state.items()}
    for date, sample in enumerate(search.window):
        for name in PARTS:
            part = getattr(sample, name)
            kind = islands.dtype if name in exact else np.int32
            arrays[f"window.{date}.{name}"] = part.astype(kind)
    for label in ("rates", "by_island"):
        for name, part in getattr(search, label).items():
            arrays[f"{label}.{name}"] = part
    for name, part in _fields(search.table):
        arrays[f"table.{name}"] = np.asarray(part)
    arrays["coefficients"] = search.coefficients
    facts = {
        **_identity(search.economy, search.preset, search.seed, search.start),
        "history": search.history,
        "seconds": search.seconds,
        "quits": islands.quits,
        "dates": len(search.window),
    }
    array_files.write(destination(path), KIND, FORMAT, facts, arrays)


def check(path, economy, preset, seed: int, start: str) -> None:
    """Refuse a path to which no checkpoint of this search can be written.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, ValueError
        If the folder does not exist, or a file is there that is no checkpoint, or
        that of another economy, preset, seed or start.
    """
    _together(path, _identity(economy, preset, seed, start))


def read(path, search) -> None:
    """Set a search to what a checkpoint says, if there is one.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, ValueError
        As for `check`; also if the arrays do not fit.
    """
    own = _identity(search.economy, search.preset, search.seed, search.start)
    found = _together(path, own)
    if found is None:
        return
    facts, arrays = found
    try:
        _restore(search, facts, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} was written by version {facts['version']} and does not fit this"
            f" one: {INSTEAD}, or go on with that version."
        ) from error


def _restore(search, facts: dict, arrays: dict) -> None:
    islands = search.islands
    state = State(*[arrays[f"state.{name}"] for name in State._fields])
    for name, part in _fields(islands.state):
        _like(getattr(state, name), part)
    _like(arrays["coefficients"], search.coefficients)
    firms = islands.log_z.ravel(), islands.log_q.ravel()
    window = [
        TeamSample(
            *firms,
            *(_wide(arrays[f"window.{date}.{name}"]) for name in PARTS),
        )
        for date in range(facts["dates"])
    ]
    rates, by_island = (
        {
            name.removeprefix(f"{label}."): part
            for name, part in arrays.items()
            if name.startswith(f"{label}.")
        }
        for label in ("rates", "by_island")
    )
    market = Market.of(
        search.economy,
        TeamSample.join(window),
        search.preset.types,
        float(np.mean(rates["quits"])),
    )
    table = Tables(*[jax.numpy.asarray(arrays[f"table.{n}"]) for n in Tables._fields])
    islands.state = State(*map(islands.place, state))
    islands.quits = facts["quits"]
    search.coefficients, search.window = arrays["coefficients"], window
    search.history, search.seconds = facts["history"], facts["seconds"]
    search.rates, search.by_island = rates, by_island
    search.market, search.table = market, table


def _identity(economy, preset, seed: int, start: str) -> dict:
    # what a search is of, as JSON gives it back
    parts = {
        "economy": dataclasses.asdict(economy),
        "preset": dataclasses.asdict(preset),
        "seed": seed,
        "start": start,
    }
    return json.loads(array_files.as_json(parts))


def _together(path, own: dict):
    # (facts, arrays) or None; all processes must see the same, or all must stop
    found, trouble = None, None
    try:
        found = _load(path, own)
    except (OSError, ValueError) as error:
        trouble = error
    if jax.process_count() > 1:
        rounds = -2 if trouble else -1 if found is None else len(found[0]["history"])
        seen = multihost_utils.process_allgather(np.int32(rounds))
        if len(set(seen.tolist())) > 1:
            raise ValueError(
                f"{path} is not the same for all processes: name a file in a folder"
                " that all of them share."
            ) from trouble
    if trouble:
        raise trouble
    return found


def _load(path, own: dict):
    path = destination(path)
    if not path.exists():
        return None
    facts, arrays = array_files.read(path, KIND, FORMAT, INSTEAD)
    for name, value in own.items():
        if facts.get(name) != value:
            raise ValueError(
                f"{path} is the checkpoint of another {name}"
                f" ({_difference(name, facts.get(name), value)}): name another file."
            )
    return facts, arrays


def _difference(name: str, stored, own) -> str:
    # the first field that differs
    if isinstance(own, dict) and isinstance(stored, dict):
        names = {*own, *stored}
        name = min(key for key in names if own.get(key) != stored.get(key))
        stored, own = stored.get(name), own.get(name)
    return f"{name} = {stored}, not {own}"


def _fields(parts):
    return zip(type(parts)._fields, parts, strict=True)


def _like(array, other) -> None:
    if array.shape != other.shape or array.dtype != other.dtype:
        raise ValueError(f"{array.shape} {array.dtype}, not {other.shape}")


def _wide(array):
    return array.astype(float if array.dtype.kind == "f" else int)
