"""Teams of any size as flat arrays, one row a worker."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms.arguments import (
    lists,
    numbers,
    positions,
    require,
)
from jobteams_lab.large_firms.coworkers import mean_log_gaps
from jobteams_lab.large_firms.rates import Rates

POOLS = ("sum", "mean")


@dataclass(frozen=True, eq=False, repr=False)
class Population:
    """Firms and the workers they employ; every method returns a new population.

    Attributes
    ----------
    productivity, learning_environment : (F,) arrays
        z > 0 and q > 0 of each firm.
    firm : (n,) array of int
        The position of each worker's firm, from 0 to F − 1; workers stand in any
        order, and a firm may have none.
    human_capital, ability : (n,) arrays
        h > 0 and a > 0 of each worker.
    wage : (n,) array
        A year, finite, or NaN where it is not known.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the field and what is wrong with it.
    """

    productivity: np.ndarray
    learning_environment: np.ndarray
    firm: np.ndarray
    human_capital: np.ndarray
    ability: np.ndarray
    wage: np.ndarray

    def __post_init__(self):
        firms = np.asarray(self.firm)
        if firms.ndim != 1 or (firms.dtype.kind not in "iu" and firms.size):
            raise TypeError(
                "firm must be a list of whole numbers, the position of each worker's"
                f" firm, not of shape {firms.shape} and type {firms.dtype}."
            )
        number = len(np.atleast_1d(self.productivity))
        if firms.size and not 0 <= firms.min() <= firms.max() < number:
            raise ValueError(
                f"firm runs from {firms.min()} to {firms.max()}: with {number} firms it"
                f" must be between 0 and {number - 1}."
            )
        object.__setattr__(self, "firm", _frozen(firms, np.int64))
        for names, length, what in (
            (("productivity", "learning_environment"), number, "firm"),
            (("human_capital", "ability", "wage"), len(self.firm), "worker"),
        ):
            for name in names:
                value = _frozen(numbers(name, getattr(self, name)), float)
                if value.shape != (length,):
                    raise ValueError(
                        f"{name} has shape {value.shape}: give {length}, one a {what}."
                    )
                if name != "wage" and not ((value > 0) & (value < math.inf)).all():
                    raise ValueError(
                        f"{name} must be positive and finite for every {what}."
                    )
                object.__setattr__(self, name, value)
        if np.isinf(self.wage).any():
            raise ValueError("wage must be finite, or NaN where it is not known.")

    @classmethod
    def without_workers(cls, productivity, learning_environment) -> Population:
        """Return firms that employ nobody yet."""
        nobody = np.empty(0)
        return cls(
            productivity,
            learning_environment,
            np.empty(0, dtype=np.int64),
            nobody,
            nobody,
            nobody,
        )

    @property
    def sizes(self) -> np.ndarray:
        """The number of workers of each firm, (F,) of int."""
        return np.bincount(self.firm, minlength=len(self.productivity))

    def output(self, ces_exponent: float) -> np.ndarray:
        """Return F = z (Σ hᵢ^η)^(1/η) of each firm, (F,) a year; 0 without workers.

        Parameters
        ----------
        ces_exponent : float
            η > 0.

        References
        ----------
        Adenbaum, Babalievsky and Jungerman (2025), equation (1).
        """
        exponent = checks.number("ces_exponent", ces_exponent, low=0, open_low=True)
        total = self.pool(self.human_capital**exponent)
        return self.productivity * total ** (1 / exponent)

    def add(self, firm, human_capital, ability, wage=math.nan) -> Population:
        """Return the population with workers hired, who come last.

        Parameters
        ----------
        firm, human_capital, ability, wage : numbers or arrays of one length
            As in `Population`; a single number stands for all.
        """
        new = {"firm": positions("firm", firm, len(self.productivity))}
        workers = {"human_capital": human_capital, "ability": ability, "wage": wage}
        for name, value in workers.items():
            new[name] = numbers(name, value)
        added = zip(new, lists(new), strict=True)
        return replace(
            self,
            **{name: np.append(getattr(self, name), value) for name, value in added},
        )

    def remove(self, workers) -> Population:
        """Return the population without some workers; the others keep their order.

        Parameters
        ----------
        workers : array of int
            Positions of workers, each once.
        """
        workers = positions("workers", workers, len(self.firm))
        stays = np.ones(len(self.firm), dtype=bool)
        stays[workers] = False
        if len(self.firm) - stays.sum() != len(workers):
            raise ValueError("workers names a worker twice: each can leave only once.")
        names = ("firm", "human_capital", "ability", "wage")
        return replace(self, **{name: getattr(self, name)[stays] for name in names})

    def learning_terms(self, rates: Rates) -> np.ndarray:
        """Return what each worker would learn now, by source: (n, 4) in logs.

        The columns are the terms of

            log(h'/h) = log a + log q + θ⁺ Σ_{better} log(hⱼ/h)/(n−1)
            + θ⁻ Σ_{worse} log(hⱼ/h)/(n−1);

        the last is at most 0, and a worker without coworkers has 0 in both.

        Parameters
        ----------
        rates : Rates
            Of which θ⁺ and θ⁻ are used.

        References
        ----------
        Adenbaum, Babalievsky and Jungerman (2025), equation (2).
        """
        require("learning_terms", rates, Rates, "an Economy is one")
        better, worse = mean_log_gaps(self.firm, self.human_capital, self.sizes)
        return np.stack(
            [
                np.log(self.ability),
                np.log(self.learning_environment)[self.firm],
                rates.learning_from_better * better,
                rates.learning_from_worse * worse,
            ],
            axis=1,
        )

    def learn(self, rates: Rates, firms=None) -> Population:
        """Return the population after learning events, H(S) of equation (2).

        All workers of a team learn at once, from each other as they were before.

        Parameters
        ----------
        rates : Rates
            Of which θ⁺ and θ⁻ are used.
        firms : array of int, optional
            The firms whose teams learn, each once; by default all.
        """
        require("learn", rates, Rates, "an Economy is one")
        learnt = self.learning_terms(rates).sum(axis=1)
        if firms is not None:
            event = np.zeros(len(self.productivity), dtype=bool)
            event[positions("firms", firms, len(event))] = True
            learnt = np.where(event[self.firm], learnt, 0.0)
        return replace(self, human_capital=self.human_capital * np.exp(learnt))

    def pool(self, values, how: str = "sum") -> np.ndarray:
        """Return the sum or mean over each firm's workers.

        Parameters
        ----------
        values : (n,) or (n, d) array
        how : "sum" or "mean"
            A firm without workers has sum 0 and mean NaN.

        Returns
        -------
        (F,) or (F, d) array
        """
        checks.one_of("how", how, POOLS)
        values = numbers("values", values)
        if values.ndim not in (1, 2) or len(values) != len(self.firm):
            raise ValueError(
                f"values has shape {values.shape}: give one row a worker,"
                f" {len(self.firm)} rows."
            )
        number = len(self.productivity)
        columns = values.T if values.ndim == 2 else [values]
        total = np.stack(
            [np.bincount(self.firm, column, minlength=number) for column in columns],
            axis=1,
        ).reshape(number, *values.shape[1:])
        if how == "sum":
            return total
        sizes = self.sizes.reshape(number, *[1] * (values.ndim - 1))
        return np.divide(
            total, sizes, out=np.full(total.shape, math.nan), where=sizes > 0
        )

    def __repr__(self) -> str:
        sizes = self.sizes
        return (
            f"Population: {len(self.firm):,} workers in {(sizes > 0).sum():,} of"
            f" {len(sizes):,} firms, the largest team {sizes.max(initial=0):,}"
        )


def _frozen(value, dtype) -> np.ndarray:
    array = np.array(value, dtype=dtype, ndmin=1)
    array.flags.writeable = False
    return array
