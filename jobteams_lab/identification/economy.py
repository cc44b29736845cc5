"""Hagedorn, Law and Manovskii's (2017) economies, and the designs they simulate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.type_distributions import MatchQuality, Types


def PAM(x, y):
    """0.6 + 0.4 (√x + √y)²: supermodular, sorting is positively assortative."""
    return 0.6 + 0.4 * (np.sqrt(x) + np.sqrt(y)) ** 2


def NAM(x, y):
    """√(x² + 2y²): submodular, sorting is negatively assortative."""
    return np.sqrt(x**2 + 2 * y**2)


def NEITHER(x, y):
    """Supermodular for x ≤ 0.4, 0.4 + (x + 0.6) y, and submodular above it.

    Above 0.4 it is 0.4 + √((x − 0.4)² + y²), and both meet there.
    """
    low = 0.4 + (x + 0.6) * y
    return np.where(x <= 0.4, low, 0.4 + np.hypot(x - 0.4, y))


@dataclass(frozen=True, eq=False)
class Economy:
    """Primitives of the matching model in discrete time; a period is a month.

    Attributes
    ----------
    production : callable or (X, Y) array
        f(x, y), output of worker x at firm y; a callable must broadcast.
    discount_factor : float
        β in (0, 1).
    separation_rate : float
        δ in (0, 1), probability that a match ends, a newly formed one included.
    bargaining_power : float
        α in (0, 1), the worker's share of the surplus. It plays no role with search
        on the job, where firms compete for workers.
    matching_efficiency : float
        κ > 0 in the number of meetings m = min(V, κ√(sV), s).
    search_intensity_employed : float
        φ in [0, 1]. 0 is the benchmark, Shimer and Smith's (2000) model with Nash
        bargaining; above 0 it is the model with search on the job of appendix D, where
        an employed worker counts as φ searchers.
    worker_types, firm_types : Types
        The distributions of x and y; the masses of workers and of jobs are one.
    home_production : float
        b, the income of the unemployed.
    match_quality : MatchQuality, optional
        ζ, added to output, in the benchmark only.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the field, its value and what is allowed.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), section 2, and supplement, appendices B and D.
    """

    production: object
    discount_factor: float = 0.996
    separation_rate: float = 0.01
    bargaining_power: float = 0.5
    matching_efficiency: float = 0.4
    search_intensity_employed: float = 0.0
    worker_types: Types = field(default_factory=Types.uniform)
    firm_types: Types = field(default_factory=Types.uniform)
    home_production: float = 0.0
    match_quality: MatchQuality = field(default_factory=MatchQuality)

    def __post_init__(self):
        for name in ("discount_factor", "separation_rate", "bargaining_power"):
            value = checks.number(
                name, getattr(self, name), low=0, high=1, open_low=True
            )
            if value == 1:
                raise ValueError(f"{name} = 1 must be less than 1.")
        checks.number(
            "matching_efficiency", self.matching_efficiency, low=0, open_low=True
        )
        checks.number(
            "search_intensity_employed", self.search_intensity_employed, low=0, high=1
        )
        checks.number("home_production", self.home_production)
        for name, kind in (
            ("worker_types", Types),
            ("firm_types", Types),
            ("match_quality", MatchQuality),
        ):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(
                    f"{name} must be a {kind.__name__}, not"
                    f" {type(getattr(self, name)).__name__}: make one, for instance"
                    f" with {kind.__name__}.normal()."
                )
        if self.search_intensity_employed > 0 and len(self.match_quality.shock) > 1:
            raise ValueError(
                f"match_quality with search_intensity_employed ="
                f" {self.search_intensity_employed:g} is not solved here: leave one of"
                " them out."
            )
        self.output  # computed here so that a bad one is refused here  # noqa: B018

    @cached_property
    def output(self) -> np.ndarray:
        """The production function at the types, (X, Y)."""
        x = self.worker_types.productivity[:, None]
        y = self.firm_types.productivity[None, :]
        output = self.production(x, y) if callable(self.production) else self.production
        output = np.array(output, dtype=np.float64)
        shape = (x.size, y.size)
        if output.shape != shape:
            raise ValueError(
                f"production has shape {output.shape}, but there are {x.size} worker"
                f" types and {y.size} firm types: it must be {shape}."
            )
        if not np.isfinite(output).all():
            bad = np.argwhere(~np.isfinite(output))[0]
            raise ValueError(
                f"production is {output[tuple(bad)]} for worker type {bad[0]} and firm"
                f" type {bad[1]}: it must be finite at every pair of types."
            )
        if output.max() <= self.home_production:
            raise ValueError(
                f"home_production = {self.home_production:g} is at least the most"
                f" that a match makes, {output.max():g}: nobody would work."
            )
        output.setflags(write=False)
        return output

    @property
    def patience(self) -> float:
        """The weight β(1 − δ) of a match's next period."""
        return self.discount_factor * (1 - self.separation_rate)

    def meetings(self, searchers: float, vacancies: float) -> float:
        """Return m = min(V, κ√(sV), s), the mass of meetings a month."""
        even = self.matching_efficiency * np.sqrt(searchers * vacancies)
        return float(min(vacancies, even, searchers))


def designs(on_the_job_search: bool = False, **changes) -> Iterator[tuple]:
    """Yield the 108 economies of the paper's Monte Carlo, each with its name.

    3 production functions × 2 κ × 2 δ × 3 distributions of workers × 3 of firms, at
    β = 0.996 and α = 0.5; with `on_the_job_search` φ = 0.2.

    Parameters
    ----------
    on_the_job_search : bool
    **changes
        Fields of `Economy` to change in all of them, such as discount_factor=0.999.

    Yields
    ------
    (dict, Economy)
        The design's labels: production, matching_efficiency, separation_rate,
        worker_types and firm_types.
    """
    kinds = {"uniform": Types.uniform, "normal": Types.normal, "bimodal": Types.bimodal}
    functions = {"PAM": PAM, "NAM": NAM, "NEITHER": NEITHER}
    for name, efficiency, separation, workers, firms in product(
        functions, (0.4, 0.7), (0.01, 0.025), kinds, kinds
    ):
        label = {
            "production": name,
            "matching_efficiency": efficiency,
            "separation_rate": separation,
            "worker_types": workers,
            "firm_types": firms,
        }
        fields = {
            "production": functions[name],
            "matching_efficiency": efficiency,
            "separation_rate": separation,
            "search_intensity_employed": 0.2 if on_the_job_search else 0.0,
            "worker_types": kinds[workers](),
            "firm_types": kinds[firms](),
        }
        yield label, Economy(**(fields | changes))
