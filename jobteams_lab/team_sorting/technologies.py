"""Technologies: what a team produces, and what of it depends on who is in it.

Each writes output as y = Σ_i line_i(x_i) + constant − φ(Σ_i u_i): a sum over members,
which no assignment changes, less a loss that is a convex function of a sum (see
`margins`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting.margins import LogSkill, Margin, ScaledSkill


@dataclass(frozen=True)
class ProblemSolving:
    """y = z (1 − Π_i x_i): the project pays unless every worker fails (eq. 3)."""

    def margins(self, skills: Sequence) -> list[Margin]:
        """u_i = log x_i."""
        return [LogSkill(skill) for skill in skills]

    def line(self, position: int, x, size: int) -> np.ndarray:
        """z for the project, which is last; 0 for a worker."""
        return np.asarray(x, float) * (position == size - 1)

    def slope(self, position: int, size: int) -> float:
        """Derivative of `line`."""
        return float(position == size - 1)

    @property
    def constant(self) -> float:
        """Output that no member adds."""
        return 0.0

    def loss(self, total) -> np.ndarray:
        """φ(σ) = e^σ, the output lost."""
        return np.exp(total)

    def marginal_loss(self, total) -> np.ndarray:
        """φ'(σ)."""
        return np.exp(total)

    def check(self, size: int) -> None:
        """Any size will do."""


@dataclass(frozen=True)
class Interactions:
    """Single, pairwise and triple interactions of two workers and a project (A.27).

    y = φ0 + φ1 x1 + φ2 x2 + φ3 z − φ12 x1 x2 − φ13 x1 z − φ23 x2 z − x1 x2 z. With
    x̂1 = x1 + φ23, x̂2 = x2 + φ13 and ẑ = z + φ12 the loss is x̂1 x̂2 ẑ (Proposition 11).

    Attributes
    ----------
    pairwise : (φ12, φ13, φ23), each ≥ 0
    linear : (φ1, φ2, φ3)
    constant_term : float
        φ0.
    """

    pairwise: tuple[float, float, float]
    linear: tuple[float, float, float] = (0.0, 0.0, 0.0)
    constant_term: float = 0.0

    def __post_init__(self):
        _three("pairwise", self.pairwise, low=0.0)
        _three("linear", self.linear)
        checks.number("constant_term", self.constant_term)

    @property
    def shifts(self) -> tuple[float, float, float]:
        """(φ23, φ13, φ12): what is added to x1, x2 and z."""
        return tuple(float(one) for one in self.pairwise[::-1])

    def margins(self, skills: Sequence) -> list[Margin]:
        """u_i = log(x_i + shift_i)."""
        return [
            LogSkill(skill, shift)
            for skill, shift in zip(skills, self.shifts, strict=True)
        ]

    def line(self, position: int, x, size: int) -> np.ndarray:
        """(φ_i + product of the others' shifts) x."""
        return self.slope(position, size) * np.asarray(x, float)

    def slope(self, position: int, size: int) -> float:
        """Derivative of `line`."""
        others = [s for k, s in enumerate(self.shifts) if k != position]
        return float(self.linear[position]) + others[0] * others[1]

    @property
    def constant(self) -> float:
        """φ0 + φ12 φ13 φ23."""
        return self.constant_term + float(np.prod(self.shifts))

    loss = ProblemSolving.loss
    marginal_loss = ProblemSolving.marginal_loss

    def check(self, size: int) -> None:
        """Refuse a team that is not two workers and a project."""
        if size != 3:
            raise ValueError(
                f"Interactions are defined for 2 workers a team, not {size - 1}: use"
                " RankOne for other sizes."
            )


@dataclass(frozen=True)
class RankOne:
    """A second-order technology whose interactions have rank one (A.28).

    y = a0 + Σ_i a_i x_i − (Σ_i λ_i x_i)², with x_n = z (Proposition 12).

    Attributes
    ----------
    loadings : sequence of float
        λ_i > 0, one a worker and the project's last.
    linear : sequence of float
        a_i in the same order; zeros by default.
    constant_term : float
        a0.
    """

    loadings: tuple[float, ...]
    linear: tuple[float, ...] | None = None
    constant_term: float = 0.0

    def __post_init__(self):
        for value in _terms("loadings", self.loadings):
            checks.number("loadings", value, low=0, open_low=True)
        linear = () if self.linear is None else _terms("linear", self.linear)
        if self.linear is not None and len(linear) != len(self.loadings):
            raise ValueError(
                f"linear has {len(linear)} terms and loadings {len(self.loadings)}:"
                " give one of each a member."
            )
        for value in linear:
            checks.number("linear", value)
        checks.number("constant_term", self.constant_term)

    def margins(self, skills: Sequence) -> list[Margin]:
        """u_i = −λ_i x_i."""
        return [
            ScaledSkill(skill, float(loading))
            for skill, loading in zip(skills, self.loadings, strict=True)
        ]

    def line(self, position: int, x, size: int) -> np.ndarray:
        """a_i x."""
        return self.slope(position, size) * np.asarray(x, float)

    def slope(self, position: int, size: int) -> float:
        """a_i."""
        return 0.0 if self.linear is None else float(self.linear[position])

    @property
    def constant(self) -> float:
        """a0."""
        return float(self.constant_term)

    def loss(self, total) -> np.ndarray:
        """φ(σ) = σ²."""
        return np.square(total)

    def marginal_loss(self, total) -> np.ndarray:
        """φ'(σ) = 2σ."""
        return 2.0 * np.asarray(total, float)

    def check(self, size: int) -> None:
        """Refuse a team of another size."""
        if size != len(self.loadings):
            raise ValueError(
                f"RankOne has {len(self.loadings)} loadings for a team of {size}, its"
                " project included: give one a member."
            )


def _terms(name, values):
    if np.ndim(values) != 1:
        raise TypeError(f"{name} = {values!r} must be a list of numbers, one a member.")
    return values


def _three(name, values, low=-np.inf):
    if len(_terms(name, values)) != 3:
        raise ValueError(f"{name} has {len(values)} terms: give three.")
    for value in values:
        checks.number(name, value, low=low)
