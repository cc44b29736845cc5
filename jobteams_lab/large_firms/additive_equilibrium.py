"""The stationary equilibrium of an additive economy with teams of any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms.additive_flows import Policies, flow_residuals, stationary
from jobteams_lab.large_firms.additive_gains import require_additive
from jobteams_lab.large_firms.additive_meetings import Meetings
from jobteams_lab.large_firms.additive_values import Values, learning_matrix
from jobteams_lab.large_firms.arguments import nobody_works, require, together
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.rates import TransitionRates

TIE = 1e-11  # of the largest surplus: what is nearer than that ties, and ties stay
ROUNDS = 200


@dataclass(frozen=True, eq=False, repr=False)
class AdditiveEquilibrium:
    """The stationary equilibrium of an additive economy with finitely many types.

    Attributes
    ----------
    economy : FiniteEconomy
        Of which `max_team_size` is not used.
    worker_value : (T, K) array
        J of each type of worker at each type of firm.
    firm_value : (T,) array
        V₀, the value of a firm without workers.
    surplus : (T, K) array
        J − U.
    workers : (T, K) array
        The mean number of workers of each type in a firm of each type.
    nonemployed : (K,) array
        Mass of nonemployed workers of each type; the mass of firms is 1.
    growth_rates : (T,) array
        At which the mean size of a large firm of each type grows while it lives, a
        year. A positive one is a type that grows without end until it dies; in a
        stationary equilibrium it is below δ_f, so that mean sizes are finite.
    residuals : dict
        Largest errors, relative: "value" of the Bellman equations, "firms" of the
        balance of workers in each type of firm, "nonemployed" of theirs, "workers" of
        their number and "meetings" of market clearing.
    iterations : int
        How often policies were updated.
    policies : Policies
        Who moves where.
    """

    economy: FiniteEconomy
    worker_value: np.ndarray
    firm_value: np.ndarray
    surplus: np.ndarray
    workers: np.ndarray
    nonemployed: np.ndarray
    growth_rates: np.ndarray
    residuals: dict
    iterations: int
    policies: Policies

    def joint_value(self, firm_type, counts):
        """Return V₀ + Σ_k n_k J_k of teams.

        Parameters
        ----------
        firm_type : int or array of int
            From 0; broadcast against the teams.
        counts : (..., K) whole numbers
            How many workers of each type the team has, at least 0.
        """
        last, types = self.economy.firm_types - 1, self.economy.worker_types
        for one in np.ravel(firm_type).tolist():
            checks.whole("firm_type", one, high=last)
        counts = np.asarray(counts)
        whole = counts.dtype.kind in "iu" and counts.shape[-1:] == (types,)
        if not whole or (counts < 0).any():
            raise ValueError(
                f"counts = {counts.tolist()} must be {types} whole numbers of at least"
                " 0, one a type of worker."
            )
        firm, _ = together({"firm_type": np.array(firm_type), "teams": counts[..., 0]})
        return self.firm_value[firm] + (counts * self.worker_value[firm]).sum(axis=-1)

    @property
    def _mass(self) -> np.ndarray:
        return self.economy.firm_shares[:, None] * self.workers

    @property
    def mean_team_size(self) -> float:
        """Workers a firm, over all firms, those without workers included."""
        return float(self._mass.sum())

    @property
    def employment_rate(self) -> float:
        """Employed workers over all workers."""
        return self.mean_team_size / self.economy.workers_per_firm

    @property
    def match_rate(self) -> float:
        """ω, meetings a year and a unit of 1 + n."""
        made = self.economy.contact_rate_nonemployed * self.nonemployed.sum()
        made += self.economy.contact_rate_employed * self.mean_team_size
        return float(made / (1 + self.mean_team_size))

    @property
    def transition_rates(self) -> TransitionRates:
        """Instantaneous yearly rates EN, NE and EE, from the stationary flows.

        Where nobody is employed, EN and EE are NaN.
        """
        flows = self.policies.flows(self.economy, self._mass, self.nonemployed)
        employed, idle = self._mass.sum(), self.nonemployed.sum()
        if nobody_works(employed, self.economy.workers_per_firm):
            employed = np.nan
        return TransitionRates(
            EN=float(flows.lost.sum() / employed),
            NE=float(flows.hired.sum() / idle),
            EE=float(flows.poached.sum() / employed),
        )

    @property
    def meetings(self) -> Meetings:
        """Whom a unit of 1 + n meets a year, for `solve`: all types at these rates.

        The employed are in the order of firm types, worker types fastest.
        """
        economy, met = self.economy, 1 + self.mean_team_size
        firms, types = self.workers.shape
        worker = economy.worker_human_capital, economy.worker_ability
        firm = economy.productivity, economy.learning_environment
        return Meetings(
            (*worker, economy.contact_rate_nonemployed * self.nonemployed / met),
            (
                *(np.tile(part, firms) for part in worker),
                *(np.repeat(part, types) for part in firm),
                economy.contact_rate_employed * self._mass.ravel() / met,
            ),
        )

    def __repr__(self) -> str:
        return (
            f"AdditiveEquilibrium: employment {self.employment_rate:.4f}, mean team"
            f" size {self.mean_team_size:.4f}, largest residual"
            f" {max(self.residuals.values()):.0e}"
        )


def equilibrium(finite: FiniteEconomy) -> AdditiveEquilibrium:
    """Solve for the stationary equilibrium when values add up and teams have no bound.

    Values given the meetings are those of `solve` with learning rounded to the grid;
    given who is hired, poached and quits, each worker moves by rates that depend on
    the others only through Π, the share of each type of firm in meetings, which is
    found by Newton's method. The two alternate until they agree.

    Parameters
    ----------
    finite : FiniteEconomy
        With η = 1, θ⁺ = θ⁻ = 0 and δ_r > 0. `max_team_size` is not used.

    Raises
    ------
    TypeError
        If it is no `FiniteEconomy`.
    ValueError
        If η or θ are other, δ_r = 0, or values are infinite at the meetings to which
        they lead.
    RuntimeError
        If policies alternate for ever, as they do where an equilibrium would need some
        to be mixed.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Equilibrium", with a linear technology
    and no learning from coworkers.
    """
    require("equilibrium", finite, FiniteEconomy, "call economy.discretise() first")
    require_additive(finite)
    if finite.retirement_rate == 0:
        raise ValueError(
            "retirement_rate = 0 must be positive here: without newborns the workers'"
            " types need not settle."
        )
    learning = np.stack(
        [learning_matrix(finite, q) for q in finite.learning_environment]
    )
    value = Values(finite, learning)
    idle, mass = np.zeros(finite.worker_types), np.zeros(learning.shape[:2])
    seen = []
    for _ in range(ROUNDS):
        gain, surplus, meetings, extra = value.solve(idle, mass)
        policies = Policies.of(surplus, TIE * np.abs(surplus).max())
        key = policies.key()
        if seen and key == seen[-1]:
            if extra > 0:
                raise value.infinite(meetings)
            break
        if key in seen:
            raise RuntimeError(
                f"policies alternate between {len(seen) - seen.index(key)} sets of"
                " decisions, as where some worker's firms are nearly equal: change"
                " the types or rates a little."
            )
        seen.append(key)
        mass, idle = stationary(finite, policies, learning)
    else:
        raise RuntimeError(f"policies did not settle in {ROUNDS} rounds.")
    residuals = {"value": value.residual(gain, surplus, meetings)}
    residuals |= flow_residuals(finite, policies, learning, mass, idle)
    shares = finite.firm_shares[:, None]
    workers = np.divide(mass, shares, out=np.zeros_like(mass), where=shares > 0)
    discount = finite.discount_rate + finite.firm_death_rate
    return AdditiveEquilibrium(
        economy=finite,
        worker_value=surplus + finite.outside_values,
        firm_value=gain / discount,
        surplus=surplus,
        workers=workers,
        nonemployed=idle,
        growth_rates=policies.growth_rates(finite, learning, mass, idle),
        residuals=residuals,
        iterations=len(seen),
        policies=policies,
    )
