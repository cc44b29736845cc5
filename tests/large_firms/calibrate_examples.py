"""Measures whose answers are known, importable by other processes."""

import os
from pathlib import Path

import numpy as np

from jobteams_lab.large_firms import FiniteEconomy, exact

# of contact_rate_employed, match_break_rate and learning_from_better
SLOPES = np.array([[2.0, 1.0, 0.0], [1.0, -1.0, 0.5], [0.5, 3.0, 1.0], [1.0, 1.0, -2]])
NAMES = ("one", "two", "three", "four")
TRUTH = np.array([0.6, 0.2, 0.3])
FIELDS = ("contact_rate_employed", "match_break_rate", "learning_from_better")
ECONOMY = FiniteEconomy.example(
    **dict(zip(FIELDS, map(float, TRUTH), strict=True)), max_team_size=2
)
BOX = {FIELDS[0]: (0.1, 1.5), FIELDS[1]: (0.01, 0.6), FIELDS[2]: (0.0, 1.0)}


def of(economy) -> np.ndarray:
    """Return the three parameters."""
    return np.array([getattr(economy, name) for name in FIELDS])


def leave_trace(log) -> int:
    """Add this process to a file, a line a call, and return how many there are."""
    if log is None:
        return 0
    with open(Path(log), "a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    return len(traces(log))


def traces(log) -> list[int]:
    """Return the processes of all calls."""
    return [int(line) for line in Path(log).read_text(encoding="utf-8").split()]


def linear(economy, seed, *, noise=0.0, tilt=0.0, log=None):
    """Four moments linear in three parameters; the seed moves level and slopes."""
    leave_trace(log)
    rng = np.random.default_rng(seed)
    level, turned = rng.normal(size=4), rng.normal(size=SLOPES.shape)
    found = (SLOPES + tilt * turned) @ of(economy) + noise * level
    return dict(zip(NAMES, map(float, found), strict=True))


def rough(economy, seed, *, noise):
    """The same, with other random numbers at other parameters."""
    bits = np.frombuffer(of(economy).tobytes(), np.uint32)
    level = np.random.default_rng([seed, *bits.tolist()]).normal(size=4)
    found = SLOPES @ of(economy) + noise * level
    return dict(zip(NAMES, map(float, found), strict=True))


def curved(economy, seed, *, log=None):
    """Three moments that are not linear; and one that is no number, and a word."""
    leave_trace(log)
    x, y, z = of(economy)
    known = {"product": x * y, "share": x / (x + y), "growth": float(np.exp(z * x))}
    return {**known, "lost": float("nan"), "word": "text"}


def stopping(economy, seed, *, log, after):
    """As `curved`, but as if the user interrupted some call."""
    if leave_trace(log) > after:
        raise KeyboardInterrupt
    return curved(economy, seed)


def sums(economy, seed):
    """Moments in which two parameters enter as their sum and one does not at all."""
    x, y, _ = of(economy)
    return {"one": x + y, "two": (x + y) ** 2, "three": 3 * (x + y)}


def waves(economy, seed):
    """A deviation with several valleys, and no solution in a part of the box."""
    x, y, _ = of(economy)
    if x > 1.4:
        raise ValueError("there is no solution")
    if 1.35 < x:
        return {"one": float("nan"), "two": y}
    return {"one": x + 0.3 * float(np.sin(12 * x)), "two": y}


def edge(economy, seed):
    """No solution beyond the target, where steps of a parabola lead at first."""
    x, y, _ = of(economy)
    if x > 1.05:
        raise ArithmeticError("no solution")
    return {"one": float(np.sqrt(x)), "two": y}


def alike(economy, seed, *, names):
    """Moments of any names that are all the same parameter."""
    return dict.fromkeys(names, economy.match_break_rate)


def flows(economy, seed):
    """Exact moments of an equilibrium, without any noise."""
    found = exact.solve(economy)
    rates = found.transition_rates
    employed = {"employment": found.employment_rate, "size": found.mean_team_size}
    return {**employed, **{k: float(x) for k, x in rates._asdict().items()}}
