"""The parameters that every economy of large firms has, whatever its types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from jobteams_lab import checks


@dataclass(frozen=True, kw_only=True, eq=False)
class Rates:
    """Preferences, technology and the clocks of the model; rates are per year.

    Attributes
    ----------
    discount_rate : float
        ρ > 0.
    retirement_rate : float
        δ_r ≥ 0, at which a worker retires and a nonemployed newcomer replaces him;
        positive in a stationary equilibrium.
    firm_death_rate : float
        δ_f > 0, at which a firm dies, its workers become nonemployed, and a firm
        without workers replaces it.
    match_break_rate : float
        δ_m ≥ 0, at which a match breaks and its worker becomes nonemployed.
    renegotiation_rate : float
        λ ≥ 0, at which a match may be ended, or its wage renegotiated.
    learning_event_rate : float
        γ ≥ 0, at which all workers of a team learn.
    contact_rate_employed, contact_rate_nonemployed : float
        ψ^E ≥ 0 and ψ^N > 0, rates at which a worker meets a firm.
    ces_exponent : float
        η > 0 in F = z (Σ hᵢ^η)^(1/η).
    nonemployment_income : float
        b ≥ 0, flow income of a nonemployed worker a unit of human capital.
    learning_from_better, learning_from_worse : float
        θ⁺ and θ⁻ ≥ 0, what the mean log gap to better and to worse coworkers teaches.
    workers_per_firm : float
        N_w > 0, mass of workers a unit mass of firms.
    max_team_size : int
        The largest team allowed; the meetings of a firm that has it are void.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the field, its value and what is allowed.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Environment" and "Technology".
    """

    discount_rate: float = 0.05
    retirement_rate: float = 0.05
    firm_death_rate: float
    match_break_rate: float
    renegotiation_rate: float = 1.0
    learning_event_rate: float = 1.0
    contact_rate_employed: float
    contact_rate_nonemployed: float
    ces_exponent: float
    nonemployment_income: float
    learning_from_better: float
    learning_from_worse: float
    workers_per_firm: float
    max_team_size: int

    def __post_init__(self):
        positive = (
            "discount_rate",
            "firm_death_rate",
            "contact_rate_nonemployed",
            "ces_exponent",
            "workers_per_firm",
        )
        other = (
            "retirement_rate",
            "match_break_rate",
            "renegotiation_rate",
            "learning_event_rate",
            "contact_rate_employed",
            "nonemployment_income",
            "learning_from_better",
            "learning_from_worse",
        )
        for name in positive + other:
            value = getattr(self, name)
            number = checks.number(name, value, low=0, open_low=name in positive)
            object.__setattr__(self, name, number)
        checks.whole("max_team_size", self.max_team_size, low=1)

    @property
    def separation_rate(self) -> float:
        """δ_r + δ_m, at which a worker leaves a team whatever its value."""
        return self.retirement_rate + self.match_break_rate

    def nonemployment_value(self, human_capital):
        """U(h) = b h/(ρ + δ_r), of workers who gain nothing by being hired."""
        return (
            self.nonemployment_income
            * human_capital
            / (self.discount_rate + self.retirement_rate)
        )


class TransitionRates(NamedTuple):
    """Yearly rates at which workers move between states; retirement is not a move.

    ``rates.EN`` and ``rates["EN"]`` are the same.
    """

    EN: float
    NE: float
    EE: float

    def __getitem__(self, key):
        if not isinstance(key, str):
            return tuple(self)[key]
        if key not in self._fields:
            raise KeyError(key)
        return getattr(self, key)
