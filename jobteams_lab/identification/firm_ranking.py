"""What a ranking of firms holds, whichever statistic it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from jobteams_lab import checks
from jobteams_lab.identification.words import counted


@dataclass(frozen=True, eq=False, repr=False)
class FirmRanking:
    """Firms from the least to the most valuable vacancy.

    Attributes
    ----------
    rank : (J,) array
        1 for the lowest to the number of ranked firms; nan where Ω is not known.
    omega : (J,) array
        Ω(j) = q(j) Ω^e(j), in units of the wage.
    premium : (J,) array
        Ω^e(j), the mean wage premium of those hired.
    filling_rate : (J,) array
        q(j), the chance a month that a vacancy is filled, by the hires that Ω counts.
    vacancy_flow_value : (J,) array
        (1 − β)V_v, in units of output a month; proportional to Ω.
    firms : (J,) array
        Ids, sorted as in the panel.
    meeting_rate : float
        Estimate of M_v, the chance that a vacancy meets a worker; nan if unknown.
    vacancies : float
        The mean number of vacancies used.
    assumed_vacancies : bool
        Whether that number was assumed for want of data.
    source : str
        ``"unemployment"`` or ``"poaching"``, where the hires that Ω counts come from.
    """

    rank: np.ndarray
    omega: np.ndarray
    premium: np.ndarray
    filling_rate: np.ndarray
    vacancy_flow_value: np.ndarray
    firms: np.ndarray
    meeting_rate: float
    vacancies: float
    assumed_vacancies: bool
    source: str

    def bins(self, types: int) -> np.ndarray:
        """Cut the ranking into equally many firms a type.

        Parameters
        ----------
        types : int
            Number of types, at most the number of firms ranked.

        Returns
        -------
        (J,) int array
            0 for the lowest type to types − 1; −1 where a firm is not ranked.
        """
        ranked = np.isfinite(self.rank)
        types = checks.whole("types", types, low=1, high=int(ranked.sum()))
        bins = np.full(len(self.rank), -1, dtype=np.int64)
        place = self.rank[ranked].astype(np.int64) - 1
        bins[ranked] = place * types // ranked.sum()
        return bins

    def __repr__(self) -> str:
        return (
            f"FirmRanking: {np.isfinite(self.rank).sum():,} of {len(self.rank):,} firms"
            f" by hires from {self.source};\n  a vacancy is filled with a chance of"
            f" {np.nanmin(self.filling_rate):.3g} to"
            f" {np.nanmax(self.filling_rate):.3g} a month"
        )


def ranks(omega: np.ndarray) -> np.ndarray:
    """Return the ranks 1, 2, … of a statistic, nan where it is nan."""
    rank = np.full(len(omega), np.nan)
    known = np.isfinite(omega)
    rank[known] = stats.rankdata(omega[known], method="ordinal")
    return rank


def vacancies_of(vacancies, firms: np.ndarray) -> float | np.ndarray:
    """Return vacancies as a total or as an array in the order of `firms`.

    Parameters
    ----------
    vacancies : number, (J,) array_like or mapping from firm id to number
    firms : (J,) array

    Raises
    ------
    TypeError, ValueError
        If a firm has no number, one is negative, or all are zero.
    """
    if np.ndim(vacancies) == 0 and not isinstance(vacancies, Mapping):
        return checks.number("vacancies", vacancies, low=0.0, open_low=True)
    if hasattr(vacancies, "to_dict"):  # a pandas Series is indexed by firm
        vacancies = vacancies.to_dict()
    if isinstance(vacancies, Mapping):
        missing = [firm for firm in firms.tolist() if firm not in vacancies]
        if missing:
            raise ValueError(
                f"vacancies has no number for {counted(len(missing), 'firm')}, such as"
                f" {missing[0]!r}: give one for every firm, or their total."
            )
        vacancies = [vacancies[firm] for firm in firms.tolist()]
    numbers = np.asarray(vacancies, dtype=np.float64)
    if numbers.shape != firms.shape:
        raise ValueError(
            f"vacancies has shape {numbers.shape}, but there are"
            f" {counted(len(firms), 'firm')}: give one number a firm, in the order of"
            " panel.firms."
        )
    if not (np.isfinite(numbers).all() and (numbers >= 0).all() and numbers.any()):
        raise ValueError(
            "vacancies must be finite, at least 0, and not all 0: they are the mean"
            " numbers of open jobs in a month."
        )
    return numbers
