"""Functions that sweeps of the tests evaluate, importable by other processes."""

import os
import time
from pathlib import Path

import numpy as np


def square(case: dict) -> dict:
    """Return the number squared, and leave a trace of having been called."""
    if "log" in case:
        with open(Path(case["log"]), "a", encoding="utf-8") as log:
            log.write(f"{case['number']}\n")
    threads = os.environ.get("OMP_NUM_THREADS", "")
    square = case["number"] ** 2
    return {"square": square, "process": os.getpid(), "threads": threads}


def slow_square(case: dict) -> dict:
    """The same, after a while."""
    time.sleep(case["seconds"])
    return square(case)


def odd_only(case: dict) -> dict:
    """Fail at even numbers."""
    if case["number"] % 2 == 0:
        raise ValueError("the number is even")
    return {"square": case["number"] ** 2}


def clash(case: dict) -> dict:
    """Return a name that the case has."""
    return {"number": 1}


def listed(case: dict) -> dict:
    """Return a result that no column holds."""
    return {"square": case["number"] ** 2, "steps": [1, 2]}


def bare(case: dict) -> int:
    """Return a number without a name."""
    return case["number"] ** 2


def of_numpy(case: dict) -> dict:
    """Return NumPy's numbers, words and booleans, and no number."""
    number = np.int64(case["number"])
    names = {"whole": number, "half": number / 2, "even": number % 2 == 0}
    return {**names, "word": np.str_("a"), "nothing": float("nan")}
