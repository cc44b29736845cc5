"""Moments at parameter values, each evaluated once and kept in a table."""

from __future__ import annotations

import hashlib
import inspect
import time
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from jobteams_lab import checks
from jobteams_lab.sweep import sweep
from jobteams_lab.sweep_table import SweepTable, plain

# columns of the table: the fields that move, the seed, and all else
MOVED, SEED, DIGEST = "parameters", "seed", "digest"
SECONDS = "seconds"  # of the processor
EXPECTED = (ValueError, ArithmeticError, RuntimeError)  # of a model without solution


@dataclass(frozen=True, repr=False)
class Evaluation:
    """The moments of a case of the table, by a function that processes can import."""

    economy: object
    measure: Callable
    names: tuple[str, ...]

    def __call__(self, case: dict) -> dict:
        economy = self.economy.with_(**{name: case[name] for name in self.names})
        began = time.process_time()
        found = self.measure(economy, case[SEED])
        if not isinstance(found, Mapping):
            return found  # which the sweep refuses
        return {SECONDS: time.process_time() - began, **found}

    def __repr__(self) -> str:
        return getattr(self.measure, "__name__", "measure")


class Evaluations:
    """Rows of moments at parameters and seeds, from the table or evaluated now.

    Parameters
    ----------
    economy : Economy or FiniteEconomy
    measure : callable
    names : tuple of str
        Its fields that move.
    path : path
        Of the table.
    processes, scheduler
        As for `sweep`.
    """

    def __init__(self, economy, measure, names, path, processes=1, scheduler=None):
        self.digest = digest(economy, measure, names)
        self.names, self.path = tuple(names), Path(path)
        self._function = Evaluation(economy, measure, self.names)
        self._processes = checks.whole("processes", processes, low=1)
        self._scheduler = scheduler
        self._columns = [*self.names, MOVED, SEED, DIGEST]
        self._moved = ", ".join(self.names)
        self._table = SweepTable(self.path, self._columns)
        self._asked: dict = {}  # keys in their order
        # rows would overwrite others that differ only in parameters that stay here
        others = {row[MOVED] for row in self._table.rows.values()} - {self._moved}
        if others:
            raise ValueError(
                f"{self.path} holds evaluations of other parameters,"
                f" {'; '.join(sorted(others))}: name a new file."
            )

    def rows(self, points, seeds, *, forgiving=False, progress=False) -> list:
        """Return a dict of moments for each point and its seed.

        With `forgiving`, None where the model has no solution; else a RuntimeError.
        """
        cases = [
            {
                **dict(zip(self.names, map(float, point), strict=True)),
                MOVED: self._moved,
                SEED: int(seed),
                DIGEST: self.digest,
            }
            for point, seed in zip(points, seeds, strict=True)
        ]
        keys = [self._table.key(case) for case in cases]
        self._asked.update(dict.fromkeys(keys))
        waiting = {
            key: case
            for key, case in zip(keys, cases, strict=True)
            if key not in self._table.rows
        }
        if waiting:
            self._evaluate(list(waiting.values()), forgiving, progress)
        return [self._moments(self._table.rows.get(key)) for key in keys]

    def frame(self) -> pd.DataFrame:
        """Return the rows that were asked for, those of earlier calls too."""
        rows = self._table.rows
        table = pd.DataFrame([rows[key] for key in self._asked if key in rows])
        table = table.drop(columns=[MOVED, DIGEST])
        return table.dropna(axis=1, how="all")

    def _evaluate(self, cases, forgiving, progress) -> None:
        # one case needs no processes to be started
        processes = min(self._processes, len(cases))
        try:
            found = sweep(
                self._function,
                cases,
                self.path,
                processes=1 if self._scheduler is not None else processes,
                scheduler=self._scheduler,
                progress=progress,
            )
        except RuntimeError as error:
            reason = error.__cause__
            known = isinstance(reason, EXPECTED) and not isinstance(
                reason, BrokenExecutor
            )
            if not (forgiving and known):
                raise
            self._table = SweepTable(self.path, self._columns)
        else:
            for row in found.to_dict("records"):
                self._table.rows[self._table.key(row)] = row

    def _moments(self, row):
        if row is None:
            return None
        other = {*self._columns, SECONDS}
        return {name: x for name, x in row.items() if name not in other}


def known(row: dict, names, where: str) -> np.ndarray:
    """Return moments of a row as an array, or refuse if some are not a number."""
    missing = [name for name in names if name not in row]
    if missing:
        raise ValueError(
            f"measure gives no {', '.join(missing)}: choose targets among"
            f" {', '.join(row)}."
        )
    words = [name for name in names if not isinstance(row[name], (int, float))]
    if words:
        raise ValueError(f"measure gives words for {', '.join(words)}, not numbers.")
    values = np.array([row[name] for name in names], float)
    lost = [n for n, x in zip(names, values, strict=True) if not np.isfinite(x)]
    if lost:
        raise ValueError(
            f"{', '.join(lost)} is not a number {where}: leave it out of the targets,"
            " or let measure simulate more."
        )
    return values


def digest(economy, measure: Callable, names=()) -> str:
    """Return letters that tell economies, but for some fields, and measures apart.

    A function is told by its name and its options, not by what it does.
    """
    rest = {
        field.name: getattr(economy, field.name)
        for field in fields(economy)
        if field.name not in names
    }
    text = _text([type(economy), rest, sorted(names), measure])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(value) -> str:
    value = plain(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, Path):
        return repr(str(value))
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufU":
        kept = np.ascontiguousarray(value)
        inside = hashlib.sha256(kept.tobytes()).hexdigest()
        return f"array({value.shape}, {value.dtype.str}, {inside})"
    if isinstance(value, Mapping):
        parts = sorted((_text(key), _text(item)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in parts) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, partial):
        return f"partial({_text([value.func, value.args, value.keywords])})"
    if isinstance(value, type) or inspect.isroutine(value):
        name = f"{value.__module__}.{value.__qualname__}"
        if "<" not in name and not inspect.ismethod(value):
            return name
        raise TypeError(
            f"measure has {name}, which its rows in the table cannot name: use a"
            " function defined at the top of a module, or functools.partial of one."
        )
    if is_dataclass(value):
        own = {field.name: getattr(value, field.name) for field in fields(value)}
        return f"{_text(type(value))}({_text(own)})"
    raise TypeError(
        f"measure has an option of type {type(value).__name__}, which its rows in the"
        " table cannot name: use numbers, words, lists, dicts, arrays and dataclasses."
    )
