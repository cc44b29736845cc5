"""Evaluate a function at many cases, here or on a cluster, and keep every row."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from jobteams_lab import checks
from jobteams_lab.sweep_table import SweepTable, plain

# what keeps a process to one core, read when its libraries are loaded
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_THREADS += ("NUMBA_NUM_THREADS",)
_SHOWN = 3  # failures named in an error


def sweep(
    function: Callable[[dict], dict],
    cases: Iterable[dict],
    path,
    *,
    processes: int = 1,
    scheduler: str | None = None,
    patience: float = 30.0,
    progress: bool = True,
) -> pd.DataFrame:
    """Evaluate a function at every case and keep the results in one Parquet table.

    A row is written as soon as its case is done: the whole table to a file beside
    `path`, which then takes its name. A run that was stopped, whatever stopped it, goes
    on where it was when the same call is made again, since cases that the table holds
    are not evaluated. The table may hold other cases too; they stay. One table for one
    function: a case that the table holds is not evaluated again, whatever the function.

    Parameters
    ----------
    function : callable
        From a case to a dict of numbers, words and booleans, with names that the case
        does not have. On several processes, or a cluster, one that they can import.
    cases : iterable of dict
        Numbers, words and booleans by name, all with the same names; they become the
        first columns of the table and tell its rows apart.
    path : path
        A ``.parquet`` file, which is made if it is not there.
    processes : int
        How many cases to evaluate at once on this machine, each in a process that keeps
        to one core. With 1 nothing is started and they are evaluated here. A script
        that asks for more needs its calls under ``if __name__ == "__main__":``.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``"tcp://host:8786"``, whose workers
        evaluate the cases instead; they need this package installed. Not together
        with `processes`.
    patience : float
        Seconds to wait for the scheduler to answer.
    progress : bool
        Whether to show, on stderr, how many cases are done and the time left.

    Returns
    -------
    pandas.DataFrame
        One row a case, in the order of `cases`: its columns and those of the result.

    Raises
    ------
    TypeError, ValueError
        If the cases differ in their names or two are the same, the table at `path` is
        of cases with other names, processes and a scheduler are both asked for, other
        processes could not find the function, or it returns something else than a dict
        of numbers, words and booleans.
    ConnectionError
        If no scheduler answers.
    RuntimeError
        After all others are done, if some cases failed: how many, and why the first
        did. They are not in the table and will be tried again.
    """
    path = _destination(path)
    patience = checks.number("patience", patience, low=0, open_low=True)
    processes = checks.whole("processes", processes, low=1)
    if scheduler is not None and processes > 1:
        raise ValueError(
            f"processes = {processes} and scheduler = {scheduler!r} exclude one"
            " another: give one of them."
        )
    if scheduler is not None or processes > 1:
        _check_pickles(function)
    cases = [dict(case) for case in cases]
    names = _names(cases)
    table = SweepTable(path, names)
    keys = [table.key(case) for case in cases]
    if len(set(keys)) < len(keys):
        twice = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise ValueError(
            f"Two cases are the same, {dict(zip(names, twice, strict=True))}: leave one"
            " out, or give cases that repeat a number of their own."
        )
    waiting = [
        case for case, key in zip(cases, keys, strict=True) if key not in table.rows
    ]
    done = len(cases) - len(waiting)
    start = None
    if scheduler is not None:
        start = partial(_cluster, scheduler, patience)
    elif processes > 1:
        start = partial(_processes, processes)
    failures = []
    with tqdm(
        total=len(cases), initial=done, disable=not progress, file=sys.stderr
    ) as bar:
        for case, outcome in _outcomes(function, waiting, start):
            if isinstance(outcome, Exception):
                failures.append((case, outcome))
            else:
                table.add(case, outcome, _name(function))
            bar.update()
    if failures:
        raise RuntimeError(_told(failures, path)) from failures[0][1]
    return table.frame(keys)


def _name(function) -> str:
    return getattr(function, "__name__", repr(function))


def _check_pickles(function) -> None:
    try:
        pickle.dumps(function)
    except Exception as error:  # pickle has no exception of its own for all of it
        raise TypeError(
            f"The function {_name(function)} cannot be sent to other processes: define"
            " it by def at the top of a module that they can import, or leave processes"
            " and scheduler out."
        ) from error


def _destination(path) -> Path:
    path = Path(path)
    if path.suffix != ".parquet":
        raise ValueError(f"{path} must end in .parquet: name it so.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent}: make it first.")
    return path


def _names(cases: list[dict]) -> list[str]:
    if not cases:
        raise ValueError("There are no cases: give at least one.")
    names = list(cases[0])
    for case in cases:
        if list(case) != names:
            raise ValueError(
                f"A case has {', '.join(case)}, but the first one has"
                f" {', '.join(names)}: give all the same names in the same order."
            )
        for name, value in case.items():
            kept = plain(value)
            if not isinstance(kept, bool | int | float | str) or kept != kept:
                raise TypeError(
                    f"{name} = {value!r} of a case must be a number or a word, so that"
                    " it can be found again in the table."
                )
    return names


def _outcomes(function, cases, start):
    """Yield each case with its result, or the exception it raised, as they come."""
    if not cases:
        return
    if start is None:
        for case in cases:
            try:
                yield case, function(case)
            except Exception as error:
                yield case, error
        return
    with start() as executor:
        futures = {executor.submit(function, case): case for case in cases}
        try:
            for future in as_completed(futures):
                error = future.exception()
                yield futures[future], future.result() if error is None else error
        finally:  # after an interrupt too: nothing more is begun
            for future in futures:
                future.cancel()


@contextmanager
def _processes(count: int) -> Iterator[Executor]:
    context = multiprocessing.get_context("spawn")
    with (
        _one_core_each(),
        ProcessPoolExecutor(
            count, mp_context=context, initializer=_end_with_parent
        ) as executor,
    ):
        yield executor


@contextmanager
def _cluster(scheduler: str, patience: float) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "A Dask scheduler needs the package distributed: run"
            ' pip install "jobteams-lab[cluster]".'
        ) from None
    try:
        client = Client(scheduler, timeout=patience)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConnectionError(
            f"No Dask scheduler answers at {scheduler}: check the address, and that"
            " it is running."
        ) from error
    with client, client.get_executor(pure=False) as executor:
        yield executor


@contextmanager
def _one_core_each():
    """Set what processes started meanwhile read, and put it back."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _end_with_parent() -> None:
    # a process that was killed cannot end those it started: they watch it
    parent = multiprocessing.parent_process()

    def watch():
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _told(failures, path) -> str:
    named = "; ".join(
        f"{', '.join(f'{name} = {value}' for name, value in case.items())}:"
        f" {type(error).__name__}: {error}"
        for case, error in failures[:_SHOWN]
    )
    more = f" and {len(failures) - _SHOWN} more" if len(failures) > _SHOWN else ""
    return (
        f"{len(failures)} of the cases failed and are not in {path}; the same call will"
        f" try them again. {named}{more}"
    )
