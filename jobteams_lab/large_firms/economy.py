"""The economy of large firms: its parameters and its log-normal types."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms import type_grids
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.rates import Rates

SIGMAS = ("standard deviations", "variances")


@dataclass(frozen=True, kw_only=True)
class Economy(Rates):
    """Rates, and the joint log-normal laws of newborn workers and of newborn firms.

    (log h, log a) of a newborn worker is normal with means μ_h, μ_a and covariance
    matrix [[σ_h², σ_ha²], [σ_ha², σ_a²]]; (log z, log q) of a firm likewise.

    Attributes
    ----------
    mean_log_human_capital, sd_log_human_capital : float
        μ_h and σ_h ≥ 0, in logs.
    mean_log_ability, sd_log_ability : float
        μ_a and σ_a ≥ 0, in logs; a is fixed for life.
    worker_covariance : float
        Cov(log h, log a) of newborns, which the slides write σ_ha².
    mean_log_productivity, sd_log_productivity : float
        μ_z and σ_z ≥ 0, in logs.
    mean_log_environment, sd_log_environment : float
        μ_q and σ_q ≥ 0, in logs.
    firm_covariance : float
        Cov(log z, log q), which the slides write σ_zq².
    **rates
        As for `Rates`.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the field, its value and what is allowed; for a covariance
        that no pair of variables with these standard deviations has, the correlation
        that it would be.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Environment", "Initial
    Distributions".
    """

    mean_log_human_capital: float = 0.0
    sd_log_human_capital: float
    mean_log_ability: float = 0.0
    sd_log_ability: float
    worker_covariance: float = 0.0
    mean_log_productivity: float = 0.0
    sd_log_productivity: float
    mean_log_environment: float
    sd_log_environment: float
    firm_covariance: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        own = {field.name for field in fields(self)} - {f.name for f in fields(Rates)}
        for name in own:
            low = 0 if name.startswith("sd_") else -math.inf
            number = checks.number(name, getattr(self, name), low=low)
            object.__setattr__(self, name, number)
        self._correlation("worker_covariance", *self._worker_sds)
        self._correlation("firm_covariance", *self._firm_sds)

    @classmethod
    def paper(
        cls,
        *,
        sigmas: str = "standard deviations",
        firm_covariance: float = 0.0,
        contact_rate_nonemployed: float = 0.827,
        max_team_size: int = 10,
    ) -> Economy:
        """Return our reading of the slides' calibration, which they call still rough.

        As printed: δ_r = 0.05, ρ = 0.05, λ = γ = 1, μ_h = μ_z = μ_a = 0 (set outside
        the model); N_w = 5.371, b = 0.141, η = 0.939, μ_q = −0.016, θ⁺ = 0.165,
        θ⁻ = 0.034, δ_f = 0.001, ψ^E = 1.048, δ_m = 0.127; σ_z = 0.342, σ_q = 0.013,
        σ_h = 0.157, σ_a = 0.008 and the covariance σ_ha² = 6.505e-4. The slides say
        of δ_r "40 year career", but a rate of 0.05 a year is 20 years on average: we
        keep the rate. The rows from σ_q to σ_a are out of step in the text (0.013
        three times, σ_a twice); we follow their descriptions. The four arguments are
        the readings that are not forced.

        Parameters
        ----------
        sigmas : "standard deviations" or "variances"
            What the numbers 0.342, 0.013, 0.157 and 0.008 are. The table calls them
            variances; as such σ_h would be 0.40 and σ_a 0.09, a spread of learning
            nine percentage points wide with which mean human capital explodes and a
            worker's value can be infinite. The row with two letters is a covariance
            under either reading: with standard deviations σ_ha² is a correlation of
            0.52.
        firm_covariance : float
            σ_zq². The printed 0.013 (it repeats the row above) would be a correlation
            of 2.9 between log z and log q, so the default is zero; 0.013² is the other
            reading, a correlation of 0.04.
        contact_rate_nonemployed : float
            ψ^N. The table's 0.314 puts employment at most at 0.314/(0.314 + 0.127 +
            0.05 + 0.001) = 0.638, below the table's own 0.823, which 0.827 gives; near
            0.9 a six-month interval gives the table's EN and NE rates as well.
        max_team_size : int
            The slides state no bound, but without one the best firm grows without end
            and values are infinite; with 10, or 11, the exact solution with one type
            of worker meets their distribution of team sizes.

        Raises
        ------
        TypeError, ValueError
            As for `Economy`.

        References
        ----------
        Adenbaum, Babalievsky and Jungerman (2025), "Calibration Results" and
        "Externally-Calibrated Parameters".
        """
        checks.one_of("sigmas", sigmas, SIGMAS)

        def sd(printed: float) -> float:
            return printed if sigmas == "standard deviations" else math.sqrt(printed)

        return cls(
            discount_rate=0.05,
            retirement_rate=0.05,
            renegotiation_rate=1.0,
            learning_event_rate=1.0,
            mean_log_human_capital=0.0,
            mean_log_productivity=0.0,
            mean_log_ability=0.0,
            workers_per_firm=5.371,
            nonemployment_income=0.141,
            ces_exponent=0.939,
            mean_log_environment=-0.016,
            sd_log_productivity=sd(0.342),
            sd_log_environment=sd(0.013),
            firm_covariance=firm_covariance,
            sd_log_human_capital=sd(0.157),
            sd_log_ability=sd(0.008),
            worker_covariance=6.505e-4,
            learning_from_better=0.165,
            learning_from_worse=0.034,
            firm_death_rate=0.001,
            contact_rate_employed=1.048,
            match_break_rate=0.127,
            contact_rate_nonemployed=contact_rate_nonemployed,
            max_team_size=max_team_size,
        )

    def with_(self, **changes) -> Economy:
        """Return the economy with some fields changed, checked as a new one is."""
        return replace(self, **changes)

    @property
    def worker_correlation(self) -> float:
        """Corr(log h, log a) of newborn workers; 0 where one of them does not vary."""
        return self._correlation("worker_covariance", *self._worker_sds)

    @property
    def firm_correlation(self) -> float:
        """Corr(log z, log q) of firms; 0 where one of them does not vary."""
        return self._correlation("firm_covariance", *self._firm_sds)

    def sample_workers(self, n: int, rng: np.random.Generator):
        """Draw newborn workers from G_w.

        Returns
        -------
        human_capital, ability : (n,) arrays
        """
        means = self.mean_log_human_capital, self.mean_log_ability
        return _draw(n, rng, means, self._worker_sds, self.worker_correlation)

    def sample_firms(self, n: int, rng: np.random.Generator):
        """Draw firms from G_f.

        Returns
        -------
        productivity, learning_environment : (n,) arrays
        """
        means = self.mean_log_productivity, self.mean_log_environment
        return _draw(n, rng, means, self._firm_sds, self.firm_correlation)

    def discretise(
        self,
        human_capital: int = 5,
        ability: int = 1,
        productivity: int = 5,
        learning_environment: int = 1,
        *,
        reach: float = 2.5,
        log_human_capital_range: tuple[float, float] | None = None,
        rounding: str = "stochastic",
    ) -> FiniteEconomy:
        """Return an economy with finitely many types that keeps the laws' moments.

        Firms. log z is cut into bins of equal probability and each bin has its mean
        E[z | bin], so the mean of z is exact and the variance of log z approaches σ_z²
        from below. Given the bin, log q has Gauss–Hermite nodes about its mean, with
        the variance that the bin leaves. Newborn workers. log a has Gauss–Hermite
        nodes. log h has equally spaced levels; given a, their probabilities are those
        of a normal restricted to the levels, centred and scaled so that the mean and
        variance of log h given a are exact. A grid too coarse for that variance keeps
        the mean and puts the newborns on the two levels beside it, as two levels
        always do. Otherwise the means, variances and covariance of log h and log a,
        and the mean and variance of log q, are those of the economy; a single level of
        h, a or q stands at the mean of its log, and a single z at its mean.

        Parameters
        ----------
        human_capital, ability, productivity, learning_environment : int
            How many levels; types are their products. A firm has as many states as
            `FiniteEconomy.states` counts: `exact.solve` tabulates at most 20,000,000 of
            them, which take about 2 kB each.
        reach : float
            The default range of log h reaches this many σ_h beyond μ_h on both sides,
            and on one side further by what a career teaches, (γ/δ_r) (μ_a + μ_q +
            (θ⁺ − θ⁻) σ_h/√π) in logs, where σ_h/√π is the mean gap to better (and to
            worse) coworkers among newborns.
        log_human_capital_range : (low, high), optional
            The lowest and highest level of log h instead. What is learnt beyond the
            ends is lost, so it must hold the workers of all ages, not only newborns.
        rounding : "stochastic" or "nearest"
            As for `FiniteEconomy`.

        Raises
        ------
        TypeError, ValueError
            A sentence, when a number of levels is not a positive whole number, the
            range is not two increasing numbers or it cannot hold the newborns.
        """
        z, q, firm_shares = type_grids.firms(self, productivity, learning_environment)
        levels = type_grids.human_capital_levels(
            self, human_capital, reach, log_human_capital_range
        )
        abilities, newborn_shares = type_grids.newborns(self, levels, ability)
        rates = {field.name: getattr(self, field.name) for field in fields(Rates)}
        return FiniteEconomy(
            human_capital=np.exp(levels),
            ability=abilities,
            newborn_shares=newborn_shares,
            productivity=z,
            learning_environment=q,
            firm_shares=firm_shares,
            rounding=rounding,
            **rates,
        )

    @property
    def _worker_sds(self) -> tuple[float, float]:
        return self.sd_log_human_capital, self.sd_log_ability

    @property
    def _firm_sds(self) -> tuple[float, float]:
        return self.sd_log_productivity, self.sd_log_environment

    def _correlation(self, name: str, one: float, other: float) -> float:
        covariance = getattr(self, name)
        if covariance == 0:
            return 0.0
        if one * other == 0:
            raise ValueError(
                f"{name} = {covariance:g} must be 0, as one of the two standard"
                " deviations is."
            )
        correlation = covariance / (one * other)
        if abs(correlation) > 1 + 1e-12:
            raise ValueError(
                f"{name} = {covariance:g} would be a correlation of {correlation:.3g},"
                f" as the standard deviations are {one:g} and {other:g}: it must be"
                f" between {-one * other:.4g} and {one * other:.4g}."
            )
        return min(max(correlation, -1.0), 1.0)


def _draw(n: int, rng, means, sds, correlation: float):
    n = checks.whole("n", n)
    first, noise = rng.standard_normal((2, n))
    second = correlation * first + math.sqrt(1 - correlation**2) * noise
    return np.exp(means[0] + sds[0] * first), np.exp(means[1] + sds[1] * second)
