"""Which worker types a firm hires, once workers of doubtful rank are set aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from jobteams_lab import checks
from jobteams_lab.identification.labour_market import labour_market
from jobteams_lab.panel import Panel

THRESHOLD = 0.1  # of the binomial probability, Algorithm 1
CHI = 0.3
BY_CHANCE = 0.03  # a gap in a set is real if chance would leave it this rarely


@dataclass(frozen=True, eq=False)
class MatchingSets:
    """The estimated matching sets, and the workers that do not fit into them.

    Attributes
    ----------
    accepted : (X, J) bool array
        B̂, whether firm j hires workers of bin x.
    misranked : (workers,) bool array
        Workers hired by a firm whose set leaves out their bin.
    share_misranked : float
        Their share of the workers who have a bin.
    """

    accepted: np.ndarray
    misranked: np.ndarray
    share_misranked: float


def matching_sets(panel: Panel, bins, types: int = 50, *, chi: float = CHI):
    """Estimate which worker types each firm hires (Algorithm 1, IDNoise).

    Of the N workers that a firm hires, those of bin x should be a share

        π(x) = u(x) / Σ_{p(x') > 0} u(x')

    and p(x) are. A bin at the edge of the set is taken out if so few are improbable,
    F(p; N, π) < 0.1 χ with F the binomial distribution function, and so on inwards.
    The lowest and the highest bin are at the edge by themselves.

    With the paper's χ = 1 an edge that does belong to the set is taken out one time in
    ten, and all its workers with it, which with few and large bins loses many. At 0.3
    hardly any bin of misranked workers stays.

    A bin inside the set from which nobody was hired is put in if chance would leave it
    empty often, (1 − π)^N > 0.03. The paper does not do this, which matters for firms
    that hire few workers.

    Parameters
    ----------
    panel : Panel
        The spells that count began out of unemployment; where nobody moves from job to
        job, those of unknown origin count too.
    bins : (workers,) int array
        Each worker's bin, 0 to types − 1; −1 for a worker without one.
    types : int
    chi : float
        χ, 1 in the paper; 0, for match-specific productivity, takes no bin out.

    Returns
    -------
    MatchingSets

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed or nobody is hired out of unemployment.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix B, Algorithm 1.
    """
    chi = checks.number("chi", chi, low=0.0)
    market = labour_market(panel, bins, types)
    bins = np.asarray(bins)
    hired = market.wage_cells
    if not hired.any():
        raise ValueError(
            "No worker with a bin is hired out of unemployment: derive origins by"
            " Panel.with_origins."
        )
    accepted = peel(hired, market.unemployed, chi)
    accepted = fill(accepted, hired, market.unemployed)

    spells = panel.spells()
    worker, firm = spells.worker_codes, spells.firm_codes
    counts = bins[worker] >= 0
    if market.moves:
        counts &= (spells.data["origin"] == "unemployment").to_numpy()
    outside = counts & ~accepted[np.maximum(bins[worker], 0), firm]
    misranked = np.zeros(len(bins), dtype=bool)
    misranked[worker[outside]] = True
    share = misranked.sum() / max((bins >= 0).sum(), 1)
    return MatchingSets(accepted, misranked, float(share))


def peel(hired, unemployed, chi: float = CHI) -> np.ndarray:
    """Return the matching sets of firms from their hires, all firms at once.

    The probabilities rest on the bins that were hired at all and never change, so the
    order in which bins are taken out does not matter.

    Parameters
    ----------
    hired : (X, J) int array
        p(x, j), workers of bin x hired by firm j.
    unemployed : (X,) array
        u(x), in any unit.
    chi : float
    """
    accepted = hired > 0
    weight = np.where(accepted, np.asarray(unemployed)[:, None], 0.0)
    with np.errstate(invalid="ignore"):
        share = weight / weight.sum(0)
    probability = stats.binom.cdf(hired, hired.sum(0), np.nan_to_num(share))
    doubtful = probability < THRESHOLD * chi
    while True:
        inner = np.zeros_like(accepted)
        inner[1:-1] = accepted[:-2] & accepted[2:]
        out = accepted & doubtful & ~inner
        if not out.any():
            return accepted
        accepted &= ~out


def fill(accepted, hired, unemployed) -> np.ndarray:
    """Put in the bins inside each set that are empty as if by chance.

    Parameters
    ----------
    accepted : (X, J) bool array
        From `peel`.
    hired : (X, J) int array
        p(x, j).
    unemployed : (X,) array
        u(x).
    """
    weight = np.asarray(unemployed, dtype=np.float64)[:, None]
    inside = np.where(accepted, weight, 0.0).sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.nan_to_num(weight / (inside + weight))
    trials = np.where(accepted, hired, 0).sum(0)
    by_chance = (1 - share) ** trials > BY_CHANCE
    below = np.maximum.accumulate(accepted, axis=0)
    above = np.maximum.accumulate(accepted[::-1], axis=0)[::-1]
    return accepted | ((hired == 0) & below & above & by_chance)
