"""Large-firm economies with finitely many types, solved over all teams at once."""

from __future__ import annotations

import warnings

import numpy as np

from jobteams_lab import checks
from jobteams_lab.large_firms.bellman import value_by_iteration, value_by_newton
from jobteams_lab.large_firms.equilibrium_search import GIVE_UP, Search
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.finite_equilibrium import (
    Equilibrium,
    Residuals,
)
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import CrossSection
from jobteams_lab.large_firms.rates import TransitionRates

__all__ = [
    "CrossSection",
    "Equilibrium",
    "FiniteEconomy",
    "Residuals",
    "TransitionRates",
    "solve",
    "value_at",
]

FAILED = 1e-6  # residuals above this are no solution


def solve(
    economy: FiniteEconomy,
    *,
    indifference: float = 1e-6,
    tolerance: float = 1e-9,
    start: Equilibrium | None = None,
    checkpoint=None,
    progress: bool = False,
) -> Equilibrium:
    """Return the stationary equilibrium over all firm types and teams.

    On a core, 1,430 states take a second or two and 104,104 states, with six types of
    workers, two minutes; where many policies tie, as with one type of worker in large
    teams or without learning, it takes longer. Memory grows by about two kilobytes a
    state, and no more than 20 million states are tabulated.

    Parameters
    ----------
    economy : FiniteEconomy
    indifference : float
        Share of max V that a move must gain to be made for sure; who gains less, but
        more than a tie, mixes. Where `residuals.undecided` is 0 it has changed
        nothing; at 1e-3 it can move EE by some per cent.
    tolerance : float
        Largest change of V from one round to the next, over max V.
    start : Equilibrium, optional
        Of an economy with the same teams and firm types, to begin from.
    checkpoint : path-like, optional
        A ``.npz`` file written after each round, and gone on from if it is there.
    progress : bool
        Whether to show the rounds.

    Returns
    -------
    Equilibrium
        Its `residuals` say how well it solves the model. A RuntimeWarning says if
        policies had to be mixed on a wider width than asked for.

    Raises
    ------
    TypeError, ValueError
        If an argument or the checkpoint does not fit the economy, if this has too many
        states, or if nobody ever retires: only newborns fix the types of workers.
    RuntimeError
        If no equilibrium was found, with the residuals that are left.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Joint Value" and "Equilibrium".
    """
    checks.number("indifference", indifference, low=1e-12, high=GIVE_UP)
    checks.number("tolerance", tolerance, low=1e-13, high=1e-2)
    problem = FirmProblem(economy)
    if economy.retirement_rate == 0:
        raise ValueError(
            "retirement_rate = 0 must be positive in a stationary equilibrium: without"
            " newborns nothing fixes how many workers there are of each type."
        )
    if start is not None and not isinstance(start, Equilibrium):
        raise TypeError(f"start must be an Equilibrium, not {start!r}.")
    search = Search(problem, tolerance, checkpoint, start, progress)
    with search.bar:
        reached = search.direct(indifference) or search.narrowing(indifference)
    solution = search.equilibrium(reached)
    bellman, moving, workers = solution.residuals[:3]
    if not max(bellman, moving, workers) <= FAILED or reached > GIVE_UP:
        raise RuntimeError(
            f"No equilibrium was found: the Bellman residual is {bellman:.1e}, net"
            f" flows are {moving:.1e} a year, the number of workers is {workers:.1e}"
            f" off, and gains below {reached:.1e} of the largest V are mixed; take"
            " smaller teams or fewer types, or start= a similar solution."
        )
    if reached > indifference:
        warnings.warn(
            f"Policies tie: they settle only if gains below {reached:.1e} of the"
            f" largest V may be mixed, not {indifference:.1e}; see residuals.",
            RuntimeWarning,
            stacklevel=2,
        )
    return solution


def value_at(
    economy: FiniteEconomy,
    cross_section: CrossSection,
    *,
    method: str = "newton",
    tolerance: float = 1e-12,
    start=None,
) -> tuple[np.ndarray, float]:
    """Return V, (T, M), and its Bellman residual, when the cross-section is given.

    Parameters
    ----------
    economy : FiniteEconomy
    cross_section : CrossSection
        χ and u: they give all meeting rates.
    method : "newton" or "iteration"
        Semi-smooth Newton, or value iteration, the slow and obvious route.
    tolerance : float
        Largest residual R/(ρ max V), without its sign, to stop at.
    start : (T, M) array, optional
        Where to begin; by default output forever.

    Returns
    -------
    value : (T, M) array
    residual : float

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit the economy.
    RuntimeError
        If the residual that is reached is above `tolerance`.
    """
    checks.one_of("method", method, ("newton", "iteration"))
    checks.number("tolerance", tolerance, low=1e-15, high=1)
    problem = FirmProblem(economy)
    if not isinstance(cross_section, CrossSection):
        raise TypeError(
            f"cross_section must be a CrossSection, not {cross_section!r}: that of a"
            " solution, or one made of firms, (T, M), and nonemployed, (K,)."
        )
    firms = _table("cross_section.firms", cross_section.firms, problem.shape)
    idle = (economy.worker_types,)
    idle = _table("cross_section.nonemployed", cross_section.nonemployed, idle)
    if min(firms.min(), idle.min()) < 0 or abs(firms.sum() - 1) > 1e-6:
        raise ValueError(
            f"cross_section must hold masses: at least 0 (the least is"
            f" {min(firms.min(), idle.min()):g}), those of firms with sum 1 (not"
            f" {firms.sum():g})."
        )
    first = problem.output / economy.discount_rate
    if start is not None:
        first = _table("start", start, problem.shape)
    route = value_by_newton if method == "newton" else value_by_iteration
    value, error = route(problem, first, CrossSection(firms, idle), tolerance)
    if not error <= tolerance:
        raise RuntimeError(
            f"V was found only to a residual of {error:.1e}, not {tolerance:.1e}: ask"
            " for less, or give another start."
        )
    return value, error


def _table(name, values, shape):
    table = np.asarray(values, float)
    if table.shape != shape or not np.isfinite(table).all():
        raise ValueError(
            f"{name} must be finite numbers of shape {shape}, those of the economy:"
            f" it has shape {table.shape}."
        )
    return table
