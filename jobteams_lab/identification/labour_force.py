"""Since when and until when a worker is in the labour force, and observed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from jobteams_lab.panel import Panel
from jobteams_lab.panel_validation import rows

ENTRIES, EXITS = ("window", "first job"), ("window", "last job")


def with_labour_force(panel: Panel, entry="window", exit="window") -> Panel:
    """Return the panel with columns that say when its workers are in the labour force.

    A worker without a job is taken for unemployed as long as he is in the labour force,
    which is the whole window unless these columns say otherwise. In data about people
    who leave school and retire, most time without a job may be neither: the rate of
    finding jobs is then far too low, and all that rests on it is wrong.

    Parameters
    ----------
    panel : Panel
    entry, exit : str, (n,) array, Series or mapping
        Times for each of ``panel.workers``, in their order or by id, such as those at
        which he reaches the ages of 20 and 60; they are cut to the window.
        ``"first job"`` and ``"last job"`` take the
        start of the one and the end of the other. The search for a first job is then
        not counted, and neither is that hire. Search that the window cuts off is not
        counted either, so that the rate of finding jobs comes out too high, by little
        in a long window.

    Returns
    -------
    Panel
        With the columns ``entry`` and ``exit``.

    Raises
    ------
    TypeError, ValueError
        If there is not one number a worker, or a job lies outside.
    """
    worker = panel.worker_codes
    first = np.flatnonzero(np.append(True, np.diff(worker) != 0))
    last = np.append(first[1:], len(panel)) - 1
    times = []
    for name, given, words, job in (
        ("entry", entry, ENTRIES, panel.data["start"].to_numpy()[first]),
        ("exit", exit, EXITS, panel.data["end"].to_numpy()[last]),
    ):
        if isinstance(given, str):
            if given not in words:
                raise ValueError(
                    f"{name} = {given!r} is not known: choose 'window', {words[1]!r},"
                    " or give a time for each worker."
                )
            edge = panel.window[name == "exit"]
            times.append(job if given == words[1] else np.full(len(job), edge))
            continue
        if isinstance(given, Mapping | pd.Series):
            missing = [
                worker for worker in panel.workers.tolist() if worker not in given
            ]
            if missing:
                raise ValueError(
                    f"{name} has no time for {len(missing):,} of the workers, such as"
                    f" {missing[0]!r}: give one for every worker."
                )
            given = [given[worker] for worker in panel.workers.tolist()]
        value = np.asarray(given, dtype=np.float64)
        if value.shape != (len(panel.workers),):
            raise ValueError(
                f"{name} has shape {value.shape}, but there are"
                f" {len(panel.workers):,} workers: give a time for each of"
                " panel.workers."
            )
        times.append(np.clip(value, *panel.window))
    found = Panel(
        panel.data.assign(entry=times[0][worker], exit=times[1][worker]), panel.window
    )
    labour_force(found)
    return found


def labour_force(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Return when each worker enters and leaves the labour force, two (n,) arrays.

    Parameters
    ----------
    panel : Panel
        With the columns ``entry`` and ``exit``; where it has none, the window counts.

    Raises
    ------
    ValueError
        If a worker has two entries or exits, one is missing, or a job lies outside.
    """
    n = len(panel.workers)
    opening, closing = panel.window
    here = [name for name in ("entry", "exit") if name in panel.data]
    found = {
        "entry": np.full(n, opening, dtype=np.float64),
        "exit": np.full(n, closing, dtype=np.float64),
    }
    for name in here:
        value = panel.data[name].to_numpy(dtype=np.float64)
        found[name][panel.worker_codes] = value
        other = ~(found[name][panel.worker_codes] == value)  # a missing one too
        if other.any():
            raise ValueError(
                f"Column {name!r} is missing or not the same in all rows of a worker,"
                f" in {rows(panel.data.index, other)}: give one time a worker."
            )
    if here:
        late = panel.data["start"].to_numpy() < found["entry"][panel.worker_codes]
        late |= panel.data["end"].to_numpy() > found["exit"][panel.worker_codes]
        if late.any():
            raise ValueError(
                "Some jobs begin before their worker's entry or end after his exit, in"
                f" {rows(panel.data.index, late)}: correct the times, or drop the jobs."
            )
    return found["entry"], found["exit"]
