"""Whom a firm meets in an economy whose values add up over workers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab.large_firms.arguments import lists, numbers


@dataclass(frozen=True, eq=False, repr=False)
class Meetings:
    """Whom a firm meets, as atoms with rates a year and a unit of 1 + n.

    Attributes
    ----------
    nonemployed : (human_capital, ability, rate)
        Arrays of one length, one value a nonemployed atom; a single number stands for
        all. The rate is μ_N,j = ψ^N u_j/M.
    employed : tuple of five arrays
        Likewise, one value an employed atom: human_capital, ability, the productivity
        and learning_environment of the firm that employs it, and the rate
        μ_E,j = ψ^E (mass)/M. By default there is none.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the part that is no list of numbers, if lengths differ, a rate
        is negative or another value is not positive.
    """

    nonemployed: tuple
    employed: tuple = ((), (), (), (), ())

    def __post_init__(self):
        kinds = (
            ("nonemployed", ("human_capital", "ability", "rate")),
            (
                "employed",
                (
                    "human_capital",
                    "ability",
                    "productivity",
                    "learning_environment",
                    "rate",
                ),
            ),
        )
        for kind, names in kinds:
            value = getattr(self, kind)
            if not hasattr(value, "__len__"):
                raise TypeError(
                    f"{kind} must be the {len(names)} arrays {', '.join(names)}, not"
                    f" {value!r}."
                )
            if len(value) != len(names):
                raise ValueError(
                    f"{kind} has {len(value)} parts: give the {len(names)} arrays"
                    f" {', '.join(names)}."
                )
            object.__setattr__(self, kind, _atoms(kind, names, value))

    @property
    def rate(self) -> float:
        """Σμ_N + Σμ_E, meetings a year and a unit of 1 + n."""
        return float(self.nonemployed[-1].sum() + self.employed[-1].sum())

    def __repr__(self) -> str:
        return (
            f"Meetings: {len(self.nonemployed[0]):,} nonemployed and"
            f" {len(self.employed[0]):,} employed atoms, {self.rate:.4g} a year"
        )


def _atoms(kind: str, names, values) -> tuple[np.ndarray, ...]:
    arrays = {}
    for name, value in zip(names, values, strict=True):
        array = numbers(f"{name} of {kind} atoms", value)
        fine = array >= 0 if name == "rate" else array > 0
        if array.ndim > 1 or not (fine & np.isfinite(array)).all():
            least = "of at least 0" if name == "rate" else "above 0"
            raise ValueError(
                f"{name} of {kind} atoms must be a list of finite numbers {least}."
            )
        arrays[f"{name} of {kind} atoms"] = array
    return tuple(np.array(part) for part in lists(arrays))
