"""What `identify` returns: the estimates, what they rest on, and a page of text."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

import numpy as np

from jobteams_lab.identification.bootstrap import Intervals
from jobteams_lab.identification.cautions import Coverage
from jobteams_lab.identification.firm_ranking import FirmRanking
from jobteams_lab.identification.labour_market import LabourMarket
from jobteams_lab.identification.matching_sets import MatchingSets
from jobteams_lab.identification.noise import NoiseVariance
from jobteams_lab.identification.production import Production
from jobteams_lab.identification.rank_workers import WorkerRanking
from jobteams_lab.identification.reallocation import Reallocation
from jobteams_lab.identification.words import counted


@dataclass(frozen=True, eq=False, repr=False)
class Identification:
    """What a panel says about sorting, and how far to trust it.

    Attributes
    ----------
    worker_rank, firm_rank : (n,), (J,) arrays
        1 for the lowest; nan where not ranked. In the order of ``panel.workers`` and
        ``panel.firms``.
    worker_bins, firm_bins : (n,), (J,) int arrays
        Types 0, 1, …; −1 where not ranked.
    production : (X, Y) array
        f̂, in units of the wage; nan in cells without wages.
    smooth_production : (X, Y) array or None
        f̂ smoothed, if that was asked for; nan in the same cells.
    match_density : (X, Y) array
        Shares of employment.
    omega : (J,) array
        The statistic that ranks firms.
    reservation_wage : (X,) array
        (1 − β)V_u.
    separation_rate : float
        δ.
    sorting : float
        Correlation of worker and firm ranks over matches, weighted by time.
    reallocation : Reallocation
        Of those employed in cells with an estimate, to the same jobs. Its gain is nan,
        and a warning says so, where their output is not positive.
    coverage : Coverage
    noise : NoiseVariance
        σ² and its degrees of freedom.
    warnings : tuple of str
    intervals : Intervals or None
        From the bootstrap; samples whose gain is nan do not enter the gain's interval.
    model : str
        ``"benchmark"``, or ``"search on the job"`` if workers move from job to job.
    workers, firms, market, sets, surface
        The `WorkerRanking`, `FirmRanking`, `LabourMarket`, `MatchingSets` and
        `Production` that all this comes from; `market` and `sets` are of all firms.
    whole : (J,) bool array
        The firms that Ω, firm ranks, production, sorting and the gain rest on: all,
        unless ``whole_firms`` or ``min_firm_size`` says otherwise.
    settings : dict
        The arguments of `identify` that a reader needs to repeat it.
    """

    worker_rank: np.ndarray
    firm_rank: np.ndarray
    worker_bins: np.ndarray
    firm_bins: np.ndarray
    production: np.ndarray
    smooth_production: np.ndarray | None
    match_density: np.ndarray
    omega: np.ndarray
    reservation_wage: np.ndarray
    separation_rate: float
    sorting: float
    reallocation: Reallocation
    coverage: Coverage
    noise: NoiseVariance
    warnings: tuple[str, ...]
    intervals: Intervals | None
    model: str
    workers: WorkerRanking
    firms: FirmRanking
    market: LabourMarket
    sets: MatchingSets
    surface: Production
    whole: np.ndarray
    settings: dict = field(default_factory=dict)

    @property
    def reallocation_gain(self) -> float:
        """The share by which output would rise without frictions, or nan."""
        return self.reallocation.gain

    def summary(self, period: str = "month") -> str:
        """Return a page of text: the numbers, what they rest on, and the warnings.

        Parameters
        ----------
        period : str
            What the panel's unit of time is called.
        """
        cover, noise = self.coverage, self.noise
        sorting = f"{self.sorting:.3f}{self._range('sorting')}"
        lines = [
            f"Identification, {self.model}",
            f"sorting of ranks over matches  {sorting}",
            f"gain from removing frictions   {self._gain()}",
            f"separation rate                {self.separation_rate:.4f} a {period}",
            f"ranked                         {cover.workers:.1%} of workers,"
            f" {cover.firms:.1%} of {self._firms()}",
            f"employment in estimated cells  {cover.employment:.1%}",
            f"sd of measurement error        {np.sqrt(noise.variance):.4g}"
            + self._degrees(),
        ]
        for sentence in self.warnings:
            lines += textwrap.wrap(sentence, 76, initial_indent="! ")
        return "\n".join(lines)

    def _gain(self) -> str:
        if np.isnan(self.reallocation_gain):
            return "not known in per cent"
        return f"{self.reallocation_gain:.2%}{self._range('reallocation_gain')}"

    def _firms(self) -> str:
        if self.whole.all():
            return "firms"
        return (
            f"{counted(int(self.whole.sum()), 'whole firm')} (of {len(self.whole):,})"
        )

    def _degrees(self) -> str:
        degrees = self.noise.degrees_of_freedom
        if np.isnan(degrees):
            return ", as given"
        return f" on {degrees:,.0f} degrees of freedom"

    def _range(self, name: str) -> str:
        if self.intervals is None:
            return ""
        low, high = getattr(self.intervals, name)
        share = name == "reallocation_gain"
        ends = f"{low:.2%} to {high:.2%}" if share else f"{low:.3f} to {high:.3f}"
        return f"  ({ends}, {self.intervals.level:.0%} basic bootstrap interval)"

    def __repr__(self) -> str:
        return self.summary()
