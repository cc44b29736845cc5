"""The closed form: values that add up over workers, η = 1 and θ⁺ = θ⁻ = 0."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jobteams_lab.large_firms.additive_equilibrium import (
    AdditiveEquilibrium,
    equilibrium,
)
from jobteams_lab.large_firms.additive_gains import (
    equilibrium_gains,
    infinite_gain,
    least_fixed_point,
    require_additive,
)
from jobteams_lab.large_firms.additive_meetings import Meetings
from jobteams_lab.large_firms.additive_orbits import surplus, total_gain
from jobteams_lab.large_firms.arguments import (
    lists,
    numbers,
    positions,
    positive,
    require,
)
from jobteams_lab.large_firms.rates import Rates

__all__ = [
    "AdditiveEquilibrium",
    "AdditiveValue",
    "Meetings",
    "equilibrium",
    "solve",
]


@dataclass(frozen=True, eq=False, repr=False)
class AdditiveValue:
    """Values that add up over workers, V = V₀(z, q) + Σ J(z, q, hᵢ, aᵢ).

    Attributes
    ----------
    rates : Rates
    meetings : Meetings
    incumbent_surplus : array
        Δ_p of each employed atom at the firm that employs it.
    width : float
        How far apart, relative to themselves, lower and upper bounds of the values of
        the employed atoms' firms are: of the order of rounding when the solution is
        proved to be the only one.
    residual : float
        Of the fixed point of those firms, relative to its value.
    """

    rates: Rates
    meetings: Meetings
    incumbent_surplus: np.ndarray
    width: float
    residual: float

    def meeting_value(self, productivity, learning_environment):
        """Φ(z, q), what a unit of 1 + n brings in meetings, a year.

            Φ = Σ μ_N max(D, 0) + Σ μ_E max(D − max(D_p, 0), 0)

        Arguments are positive and broadcast. A ValueError says so if Φ is infinite.
        """
        z, q = positive(
            productivity=productivity, learning_environment=learning_environment
        )
        pairs, place = np.unique(
            np.stack([z.ravel(), q.ravel()], axis=1), axis=0, return_inverse=True
        )
        _require_finite_learning(self.rates, pairs[:, 1], self.meetings)
        total = _total(self.rates, self.meetings, pairs)
        gain = least_fixed_point(total, self._threshold, len(pairs))
        _require_finite(self.rates, pairs, gain, self.meetings.rate)
        return gain[place.ravel()].reshape(z.shape)[()]

    def surplus(self, productivity, learning_environment, human_capital, ability):
        """D = J − U of a worker at a firm; arguments are positive and broadcast."""
        z, q, h, a = positive(
            productivity=productivity,
            learning_environment=learning_environment,
            human_capital=human_capital,
            ability=ability,
        )
        phi = self.meeting_value(productivity, learning_environment)
        phi = np.broadcast_to(phi, z.shape)
        _require_growth(self.rates, (a * q).max(initial=0.0))
        flat = (np.ascontiguousarray(part.ravel()) for part in (phi, z, q, h, a))
        return surplus(*flat, _numbers(self.rates)).reshape(z.shape)[()]

    def worker_value(self, productivity, learning_environment, human_capital, ability):
        """J(z, q, h, a), what a worker adds to the joint value, J = D + U."""
        worth = self.surplus(productivity, learning_environment, human_capital, ability)
        return worth + self.rates.nonemployment_value(np.asarray(human_capital, float))

    def firm_value(self, productivity, learning_environment):
        """V₀(z, q) = Φ/(ρ + δ_f), the value of a firm without workers."""
        discount = self.rates.discount_rate + self.rates.firm_death_rate
        return self.meeting_value(productivity, learning_environment) / discount

    def joint_value(
        self, productivity, learning_environment, firm, human_capital, ability
    ):
        """Return V of firms with their teams, (F,).

        Parameters
        ----------
        productivity, learning_environment : (F,) arrays
        firm : (n,) array of int
            The position of each worker's firm, as in `Population`.
        human_capital, ability : (n,) arrays
            As for `Population`; a single number stands for all.
        """
        firms = {
            "productivity": numbers("productivity", productivity),
            "learning_environment": numbers(
                "learning_environment", learning_environment
            ),
        }
        z, q = lists(firms)
        workers = {
            "firm": positions("firm", firm, len(z)),
            "human_capital": numbers("human_capital", human_capital),
            "ability": numbers("ability", ability),
        }
        firm, h, a = lists(workers)
        each = self.worker_value(z[firm], q[firm], h, a)
        return self.firm_value(z, q) + np.bincount(firm, each, minlength=len(z))

    @cached_property
    def _threshold(self) -> np.ndarray:
        return np.maximum(self.incumbent_surplus, 0.0)

    def __repr__(self) -> str:
        return (
            f"AdditiveValue: {self.meetings!r}, residual {self.residual:.0e}, bounds"
            f" {self.width:.0e} apart"
        )


def solve(rates: Rates, meetings: Meetings) -> AdditiveValue:
    """Solve the economy whose values add up over workers, at given meetings.

        (ρ + δ_f) V₀ = Φ
        (ρ + δ_f + δ_r + δ_m + γ) J = z h + Φ + (δ_f + δ_m) U + γ J(z, q, h a q, a)
        + (λ + ψ^E) max(U − J, 0)

    Teams may be of any size. Along the path h, haq, h(aq)², … of a worker who learns,
    his surplus changes sign at most once, so that J is a closed form given Φ; the Φ of
    the employed atoms' firms are found together, and any other firm's from theirs.

    Parameters
    ----------
    rates : Rates
        With η = 1 and θ⁺ = θ⁻ = 0; an `Economy` is one. `max_team_size` is not used.
    meetings : Meetings
        Whom firms meet.

    Raises
    ------
    TypeError
        If these are no `Rates` and no `Meetings`.
    ValueError
        If η or θ are other, or where values are infinite: a worker whose output grows
        faster than discounting and separations take away, γ(aq − 1) ≥ ρ + δ_f + δ_r +
        δ_m, or meetings that pay for themselves without end, which cannot be if
        Σμ_N + Σμ_E < ρ + δ_f + δ_r + δ_m.
    RuntimeError
        If the values of firms that poach from each other do not settle.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Joint Value", with a linear technology
    and no learning from coworkers.
    """
    require("solve", rates, Rates, "an Economy is one")
    require("solve", meetings, Meetings, "say whom firms meet, with their rates")
    require_additive(rates)
    h, a, z, q, _ = meetings.employed
    pairs, place = np.unique(np.stack([z, q], axis=1), axis=0, return_inverse=True)
    place = place.ravel()
    _require_finite_learning(rates, pairs[:, 1], meetings)
    total, numbers = _total(rates, meetings, pairs), _numbers(rates)

    def surpluses(gain):
        at = gain[place]
        worth = surplus(np.where(np.isinf(at), 0.0, at), z, q, h, a, numbers)
        return np.where(np.isinf(at), np.inf, worth)

    gain, width = equilibrium_gains(total, surpluses, len(pairs))
    _require_finite(rates, pairs, gain, meetings.rate)
    held = surpluses(gain)
    error = np.abs(total(gain, np.maximum(held, 0.0))[0] - gain)
    residual = (error / np.maximum(gain, 1e-300)).max(initial=0.0)
    return AdditiveValue(rates, meetings, held, width, float(residual))


def _numbers(rates: Rates) -> np.ndarray:
    # s = ρ + δ_f + δ_r + δ_m, γ, λ + ψ^E, b and U(1), for the compiled closed form
    return np.array(
        [
            rates.discount_rate + rates.firm_death_rate + rates.separation_rate,
            rates.learning_event_rate,
            rates.renegotiation_rate + rates.contact_rate_employed,
            rates.nonemployment_income,
            rates.nonemployment_value(1.0),
        ]
    )


def _total(rates: Rates, meetings: Meetings, pairs: np.ndarray):
    z, q = np.ascontiguousarray(pairs.T)
    h, a, _, _, rate = meetings.employed
    numbers = _numbers(rates)

    def total(gain, threshold):
        return total_gain(
            gain, z, q, *meetings.nonemployed, h, a, rate, threshold, numbers
        )

    return total


def _require_finite_learning(rates: Rates, q: np.ndarray, meetings: Meetings) -> None:
    able = [
        atoms[1][atoms[-1] > 0] for atoms in (meetings.nonemployed, meetings.employed)
    ]
    fastest = np.concatenate(able).max(initial=0.0) * q.max(initial=0.0)
    _require_growth(rates, fastest)


def _require_growth(rates: Rates, fastest: float) -> None:
    loss = rates.discount_rate + rates.firm_death_rate + rates.separation_rate
    growth = rates.learning_event_rate * (fastest - 1)
    if growth >= loss:
        raise ValueError(
            f"a worker whose human capital rises by a factor aq = {fastest:.6g} at each"
            " learning event is worth infinitely much: his output grows by"
            f" {growth:.4g} a year, while discounting, deaths and separations take"
            f" away {loss:.4g}; lower ability or learning_environment."
        )


def _require_finite(rates: Rates, pairs, gain, meetings: float) -> None:
    if np.isinf(gain).any():
        z, q = pairs[int(np.isinf(gain).argmax())]
        raise infinite_gain(rates, z, q, meetings)
