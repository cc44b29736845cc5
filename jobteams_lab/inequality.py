"""Where the variance of wages comes from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class VarianceDecomposition:
    """Var(w) = person + firm + friction, of wages or of their logs.

    Attributes
    ----------
    person : float
        What differs between workers for good.
    firm : float
        Variance of the firms' mean wages, V(E[w|p]).
    friction : float
        What is left inside firms among equal workers, E V(w|p, ε): luck.
    logs : bool
        Whether wages are in logs.
    intervals : dict
        Bootstrap intervals (low, high) of "person", "firm", "friction" and of their
        shares ("person_share", ...), where the decomposition was estimated.
    coverage : float
        Share of the employed time that entered; 1 for a model.
    """

    person: float
    firm: float
    friction: float
    logs: bool
    intervals: dict = field(default_factory=dict)
    coverage: float = 1.0

    @property
    def total(self) -> float:
        """Var(w)."""
        return self.person + self.firm + self.friction

    @property
    def shares(self) -> dict[str, float]:
        """Each part over the total."""
        return {
            part: getattr(self, part) / self.total
            for part in ("person", "firm", "friction")
        }


@dataclass(frozen=True)
class BetweenWithin:
    """Var(y) = Var(ȳ_j) + Σ_j θ_j Var(y | j), with θ_j the weight of group j.

    Attributes
    ----------
    between : float
        Variance of the groups' means, Var(ȳ_j).
    within : float
        Mean of the variances inside the groups.
    """

    between: float
    within: float

    @property
    def total(self) -> float:
        """Var(y)."""
        return self.between + self.within

    @property
    def between_share(self) -> float:
        """between/total; NaN if there is no variance."""
        return self.between / self.total if self.total > 0 else float("nan")

    @property
    def within_share(self) -> float:
        """within/total; NaN if there is no variance."""
        return self.within / self.total if self.total > 0 else float("nan")


def between_within(values, groups, weights=None) -> BetweenWithin:
    """Split a variance into that between groups' means and that within groups.

    Var(y) = Σ_j θ_j (ȳ_j − ȳ)² + Σ_j θ_j Var(y | j), with θ_j the weight of group j:
    weighted by employment if every worker counts alike. For a panel's log wages and
    firms, with each job counting for as long as it lasts:

        rows = panel.data
        between_within(np.log(rows["wage"]), rows["firm"], rows["end"] - rows["start"])

    Parameters
    ----------
    values : array_like, shape (N,)
        y, in any unit: log earnings, for instance.
    groups : array_like, shape (N,)
        Labels of the groups, such as firms.
    weights : array_like, shape (N,), optional
        Non-negative; all alike by default.

    Returns
    -------
    BetweenWithin

    Raises
    ------
    ValueError
        One sentence: lengths that differ, a value or weight that is not finite, a
        missing label, a negative weight, weights that are all zero.

    References
    ----------
    Boerma, Tsyvinski and Zimin (2023), eq. (22).
    """
    values = np.asarray(values, float)
    codes, labels = pd.factorize(np.asarray(groups))
    weights = np.ones(len(codes)) if weights is None else np.asarray(weights, float)
    if values.ndim != 1 or not len(values) == len(codes) == weights.size > 0:
        raise ValueError(
            f"values has shape {values.shape}, groups {codes.shape} and weights"
            f" {weights.shape}: give one group, and one weight, for each value."
        )
    for name, numbers in (("values", values), ("weights", weights)):
        if not np.isfinite(numbers).all():
            raise ValueError(
                f"{name} holds {np.sum(~np.isfinite(numbers))} numbers that are not"
                " finite: leave those rows out."
            )
    if (codes < 0).any():
        raise ValueError(
            f"groups holds {np.sum(codes < 0)} missing labels: leave those rows out."
        )
    if weights.min() < 0 or weights.sum() == 0:
        raise ValueError(
            f"weights go from {weights.min():g} to {weights.max():g}: none may be"
            " negative, and one must be positive."
        )
    share = weights / weights.sum()
    mass = np.bincount(codes, share, len(labels))
    mean = np.bincount(codes, share * values, len(labels))
    mean = np.divide(mean, mass, out=np.zeros_like(mean), where=mass > 0)
    return BetweenWithin(
        between=float(mass @ (mean - mass @ mean) ** 2),
        within=float(share @ (values - mean[codes]) ** 2),
    )
