"""An economy of large firms with finitely many types of workers and of firms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import comb

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms.rates import Rates

ROUNDINGS = ("stochastic", "nearest")


@dataclass(frozen=True, eq=False, repr=False)
class FiniteEconomy(Rates):
    """Workers with human capital on a grid and firms of a few types.

    Worker type k has human capital ``human_capital[k // A]`` and ability
    ``ability[k % A]``, where A is the number of abilities (ability runs fastest). What
    a worker learns is rounded to the grid of log human capital.

    Attributes
    ----------
    human_capital : (H,) array
        Increasing, positive.
    ability : (A,) array
        Learning ability a > 0, fixed for life.
    newborn_shares : (H * A,) array
        Probabilities of the types of newcomers; they sum to one.
    productivity, learning_environment : (T,) arrays
        z > 0 and q > 0 of each type of firm.
    firm_shares : (T,) array
        Probabilities of the types of firms; they sum to one.
    rounding : "stochastic" or "nearest"
        How learnt human capital comes to the grid: between its two neighbours at
        random so that the mean of log h is kept, independently across the workers of
        a team, or to the nearest, up when both are as near. Beyond the ends it is the
        end.
    **rates
        As for `Rates`.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the field, its value and what is allowed.
    """

    human_capital: np.ndarray
    ability: np.ndarray
    newborn_shares: np.ndarray
    productivity: np.ndarray
    learning_environment: np.ndarray
    firm_shares: np.ndarray
    rounding: str = "stochastic"

    def __post_init__(self):
        super().__post_init__()
        checks.one_of("rounding", self.rounding, ROUNDINGS)
        for name in (
            "human_capital",
            "ability",
            "productivity",
            "learning_environment",
        ):
            value = _vector(name, getattr(self, name))
            if (value <= 0).any():
                raise ValueError(
                    f"{name} = {value.min():g} must be positive for every type."
                )
            object.__setattr__(self, name, value)
        if (np.diff(self.human_capital) <= 0).any():
            raise ValueError("human_capital must increase: sort it and drop repeats.")
        if len(self.productivity) != len(self.learning_environment):
            raise ValueError(
                f"productivity has {len(self.productivity)} values and"
                f" learning_environment {len(self.learning_environment)}: give both"
                " for each type of firm."
            )
        workers = len(self.human_capital) * len(self.ability)
        self._shares(
            "newborn_shares", workers, "type of worker (abilities run fastest)"
        )
        self._shares("firm_shares", len(self.productivity), "type of firm")

    @classmethod
    def example(cls, **changes) -> FiniteEconomy:
        """Return an economy of 70 states, small enough to look at.

        Three types of workers, two of firms, teams of at most four. Its equilibrium is
        known to five digits from a solution by other means: employment 0.77605, mean
        team size 2.3282, EN 0.14742, NE 0.68412, EE 0.13833, ω 0.60140.

        Parameters
        ----------
        **changes
            Fields that shall differ.
        """
        fields = {
            "human_capital": [0.6, 1.0, 1.6],
            "ability": [1.0],
            "newborn_shares": [0.3, 0.4, 0.3],
            "productivity": [0.8, 1.25],
            "learning_environment": [1.0, 1.0],
            "firm_shares": [0.5, 0.5],
            "firm_death_rate": 0.02,
            "match_break_rate": 0.127,
            "contact_rate_employed": 0.6,
            "contact_rate_nonemployed": 0.9,
            "ces_exponent": 0.8,
            "nonemployment_income": 0.141,
            "learning_from_better": 0.3,
            "learning_from_worse": 0.1,
            "workers_per_firm": 3.0,
            "max_team_size": 4,
        }
        return cls(**{**fields, **changes})

    def with_(self, **changes) -> FiniteEconomy:
        """Return the economy with some fields changed, checked as a new one is."""
        return replace(self, **changes)

    def _shares(self, name: str, length: int, what: str) -> None:
        value = _vector(name, getattr(self, name))
        if len(value) != length:
            raise ValueError(
                f"{name} has {len(value)} values: give {length}, one a {what}."
            )
        if (value < 0).any() or abs(value.sum() - 1) > 1e-9:
            raise ValueError(
                f"{name} must be probabilities: at least 0 (the least is"
                f" {value.min():g}) and with sum 1 (not {value.sum():g})."
            )
        object.__setattr__(self, name, value / value.sum())

    @property
    def worker_types(self) -> int:
        """K, the number of types of workers."""
        return len(self.newborn_shares)

    @property
    def firm_types(self) -> int:
        """T, the number of types of firms."""
        return len(self.firm_shares)

    @property
    def teams(self) -> int:
        """The number C(N + K, K) of teams of at most N workers of K types."""
        return comb(self.max_team_size + self.worker_types, self.worker_types)

    @property
    def states(self) -> int:
        """The number of states of a firm, its type and its team."""
        return self.firm_types * self.teams

    @cached_property
    def worker_human_capital(self) -> np.ndarray:
        """Human capital of each type of worker, (K,)."""
        return np.repeat(self.human_capital, len(self.ability))

    @cached_property
    def worker_ability(self) -> np.ndarray:
        """Learning ability of each type of worker, (K,)."""
        return np.tile(self.ability, len(self.human_capital))

    @cached_property
    def outside_values(self) -> np.ndarray:
        """U of each type of worker, (K,)."""
        return self.nonemployment_value(self.worker_human_capital)

    def __repr__(self) -> str:
        return (
            f"FiniteEconomy({self.worker_types} types of workers,"
            f" {self.firm_types} of firms, teams of at most {self.max_team_size}:"
            f" {self.states:,} states)"
        )


def _vector(name: str, value) -> np.ndarray:
    vector = np.array(value, ndmin=1)
    if vector.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be a list of numbers, not {value!r}.")
    vector = vector.astype(float)
    if vector.ndim != 1 or vector.size == 0 or not np.isfinite(vector).all():
        raise ValueError(f"{name} must be a list of finite numbers, not {value!r}.")
    vector.flags.writeable = False
    return vector
