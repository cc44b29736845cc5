"""Where the variance of wages comes from."""

from __future__ import annotations

from dataclasses import dataclass, field


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
