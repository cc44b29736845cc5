"""The workers' bargaining power from wages over the business cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobteams_lab import checks

COLLINEAR = 1e-9  # share of the regressor's variation below which κ is not identified


@dataclass(frozen=True)
class CycleEstimate:
    """α from the wage differences of types at the same firm.

    Attributes
    ----------
    bargaining_power : float
        α = 1 − κ; nan where it is not identified.
    standard_error : float
        Clustered by month.
    own_variation : float
        1 − R² of reservation-wage differences on productivity × types: what is left to
        identify κ. Zero if everything scales with z.
    observations : int
        Wage differences used.
    """

    bargaining_power: float
    standard_error: float
    own_variation: float
    observations: int


def bargaining_power_from_cycles(
    wage, productivity, reservation, employed=None
) -> CycleEstimate:
    """Estimate α by regressing wage differences over the cycle.

    For two types at the same firm, x and the type of reference that works there in
    most months, over months t ::

        w_t(x, y) − w_t(x⁰, y) = z_t a(x, y) + κ (r_t(x) − r_t(x⁰)) + error,

    with one a(x, y) for each pair and α = 1 − κ. What firms are worth cancels. Without
    variation in r_t(x) − r_t(x⁰) other than in proportion to z_t, κ is not identified.

    Parameters
    ----------
    wage : (T, X, Y) array
        w_t(x, y); nan where it is not observed.
    productivity : (T,) array
        z_t.
    reservation : (T, X) array
        r_t(x), reservation wages, such as `lowest_wages`; nan where not observed.
    employed : (T, X, Y) array, optional
        Where it is zero, the wage does not count.

    Returns
    -------
    CycleEstimate

    Raises
    ------
    ValueError
        If shapes do not fit or no firm employs two types in two months.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix A.4.2.
    """
    wage = np.asarray(wage, dtype=np.float64)
    z, r = np.asarray(productivity, float), np.asarray(reservation, float)
    if wage.ndim != 3 or z.shape != wage.shape[:1] or r.shape != wage.shape[:2]:
        raise ValueError(
            f"wage has shape {wage.shape}, productivity {z.shape} and reservation"
            f" {r.shape}: they must be (T, X, Y), (T,) and (T, X)."
        )
    known = np.isfinite(wage) & np.isfinite(r)[:, :, None]
    if employed is not None:
        known &= np.asarray(employed) > 0
    base = known.sum(0).argmax(0)
    firm = np.arange(wage.shape[2])
    known &= known[:, base, firm][:, None, :]
    known[:, base, firm] = False
    known &= known.sum(0) > 1
    if not known.any():
        raise ValueError(
            "No firm employs two types of workers in two months, so that there are no"
            " wage differences to compare over the cycle."
        )
    with np.errstate(invalid="ignore"):
        paid = np.where(known, wage - wage[:, base, firm][:, None, :], 0.0)
        outside = np.where(known, r[:, :, None] - r[:, base][:, None, :], 0.0)
    level = np.where(known, z[:, None, None], 0.0)
    squares = np.where(known.any(0), (level**2).sum(0), 1.0)
    paid_left = paid - level * (level * paid).sum(0) / squares
    left = outside - level * (level * outside).sum(0) / squares
    total = (outside**2).sum()
    own = float((left**2).sum() / total) if total > 0 else 0.0
    if own < COLLINEAR:
        return CycleEstimate(np.nan, np.nan, own, int(known.sum()))
    kappa = (left * paid_left).sum() / (left**2).sum()
    score = (left * (paid_left - kappa * left)).sum((1, 2))
    error = np.sqrt((score**2).sum()) / (left**2).sum()
    return CycleEstimate(float(1 - kappa), float(error), own, int(known.sum()))


def lowest_wages(wage, employed, *, share: float = 1e-3) -> np.ndarray:
    """Return the lowest wage of each type in each month, (T, X), its reservation wage.

    At the firm where the surplus is zero the wage is the reservation wage. Only firms
    with at least `share` of the type's employment count; nan if there is none.

    Parameters
    ----------
    wage, employed : (T, X, Y) arrays
        w_t(x, y) and the matches behind it.
    share : float
    """
    share = checks.number("share", share, low=0, high=1)
    wage, employed = np.asarray(wage, float), np.asarray(employed, float)
    total = employed.sum(2, keepdims=True)
    there = (employed > 0) & (employed >= share * total)
    lowest = np.where(there, wage, np.inf).min(2)
    return np.where(np.isfinite(lowest), lowest, np.nan)
