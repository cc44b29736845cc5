"""The parameters of Postel-Vinay and Robin's (2002) economy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from jobteams_lab import checks
from jobteams_lab.sequential_auctions.sampling import (
    Continuous,
    Discrete,
    sampling_distribution,
)


@dataclass(frozen=True, eq=False)
class Economy:
    """Primitives in continuous time; every rate is per the same unit of time.

    Attributes
    ----------
    contact_rate_unemployed : float
        λ0 > 0, rate at which an unemployed worker meets a firm.
    contact_rate_employed : float
        λ1 ≥ 0, rate at which an employed worker meets another firm.
    separation_rate : float
        δ ≥ 0, job destruction rate.
    exit_rate : float
        μ ≥ 0, rate of leaving the market for good, replaced by a new unemployed
        worker; δ + μ > 0.
    discount_rate : float
        ρ ≥ 0.
    unemployment_income : float
        b, flow income of an unemployed worker a unit of ability, below the least
        productive firm; positive when workers are risk averse.
    productivity : frozen continuous SciPy distribution, or sample
        F, the sampling distribution of the productivity p of the firm met. A sample
        is a distribution over *types* of firm, each with many firms.
    ability : frozen continuous SciPy distribution, sample, or None
        H, the distribution of worker ability ε > 0; None for ε = 1. A match of
        worker ε and firm p produces εp a unit of time.
    risk_aversion : float
        γ ≥ 0 in U(c) = c^(1−γ)/(1−γ); 0 is linear utility, 1 is log utility.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the field, its value and what is allowed.

    References
    ----------
    Postel-Vinay and Robin (2002), section 2.
    """

    contact_rate_unemployed: float
    contact_rate_employed: float
    separation_rate: float
    exit_rate: float
    discount_rate: float
    unemployment_income: float
    productivity: object
    ability: object = None
    risk_aversion: float = 0.0

    def __post_init__(self):
        checks.number(
            "contact_rate_unemployed",
            self.contact_rate_unemployed,
            low=0,
            open_low=True,
        )
        for name in (
            "contact_rate_employed",
            "separation_rate",
            "exit_rate",
            "discount_rate",
            "risk_aversion",
        ):
            checks.number(name, getattr(self, name), low=0)
        checks.number("unemployment_income", self.unemployment_income)
        if self.separation_rate + self.exit_rate == 0:
            raise ValueError(
                "separation_rate and exit_rate are both 0: make one of them positive,"
                " or no job ever ends and there is no stationary unemployment."
            )
        if self.unemployment_income >= self.offers.low:
            raise ValueError(
                f"unemployment_income = {self.unemployment_income:g} must be below the"
                f" least productive firm, p = {self.offers.low:g}."
            )
        if self.risk_aversion > 0 and self.unemployment_income <= 0:
            raise ValueError(
                f"unemployment_income = {self.unemployment_income:g} must be positive"
                f" when risk_aversion = {self.risk_aversion:g} is."
            )
        able = self.abilities
        if able is not None and (able.low < 0 or (able.is_discrete and able.low == 0)):
            raise ValueError(
                f"ability starts at {able.low:g}: all workers must have some, above 0."
            )

    @cached_property
    def offers(self) -> Continuous | Discrete:
        """F, ready to be integrated."""
        return sampling_distribution("productivity", self.productivity)

    @cached_property
    def abilities(self) -> Continuous | Discrete | None:
        """H, ready to be integrated; None when all workers are alike."""
        if self.ability is None:
            return None
        return sampling_distribution("ability", self.ability)

    @property
    def job_loss_rate(self) -> float:
        """δ + μ, the rate at which a job ends without a better one."""
        return self.separation_rate + self.exit_rate

    @property
    def contacts_per_job(self) -> float:
        """κ1 = λ1/(δ + μ), the expected number of outside contacts before a job ends.

        An employment cycle's contacts, not one employer's.
        """
        return self.contact_rate_employed / self.job_loss_rate

    @property
    def discounted_contacts(self) -> float:
        """κ = λ1/(ρ + δ + μ)."""
        return self.contact_rate_employed / (self.discount_rate + self.job_loss_rate)

    def mean_of_ability(self, power: float = 1.0) -> float:
        """E[ε^power]."""
        if self.abilities is None:
            return 1.0
        return float(self.abilities.weights @ self.abilities.nodes**power)
