"""Large-firm economies with finitely many types, solved over all teams at once.

Values V and the cross-section (χ, u) are found in turn. At a given cross-section the
Bellman equation is solved by semi-smooth Newton; at given policies the stationary
cross-section by implicit steps; Anderson's acceleration takes the loop to its end.
Where two policies tie, no pure equilibrium need exist, and the loop alternates between
them. Then workers and firms who gain less than a small width by acting are allowed to
mix, first with a wide width and then narrower ones: the solution is an equilibrium in
which nobody acts against his interest by more than the width.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jobteams_lab import checks
from jobteams_lab.large_firms import checkpoints
from jobteams_lab.large_firms.bellman import value_by_iteration, value_by_newton
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.finite_equilibrium import (
    Equilibrium,
    Residuals,
)
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.fixed_point import Anderson
from jobteams_lab.large_firms.job_ladder import CrossSection, Ladder
from jobteams_lab.large_firms.rates import TransitionRates
from jobteams_lab.large_firms.stationary import stationary

__all__ = [
    "CrossSection",
    "Equilibrium",
    "FiniteEconomy",
    "Residuals",
    "TransitionRates",
    "solve",
    "value_at",
]

TIE = 1e-10  # surpluses closer than this, in the largest V, are equal
WIDEST = 1e-3  # width of indecision from which it is narrowed, over max V
ROUNDS = 40  # at one width
FAILED = 1e-6  # residuals above this are no solution
PATIENCE = 4  # rounds without halving the change, before the way over wider ones


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
    workers, two minutes. Memory grows by about two kilobytes a state.

    Parameters
    ----------
    economy : FiniteEconomy
    indifference : float
        Share of max V that a move must gain to be made for sure; who gains less, but
        more than a tie, mixes. Where no policies alternate, it changes nothing.
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
    ValueError
        If an argument or the checkpoint does not fit the economy.
    RuntimeError
        If no equilibrium was found, with the residuals that are left.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Joint Value" and "Equilibrium".
    """
    checks.number("indifference", indifference, low=1e-12, high=0.1)
    checks.number("tolerance", tolerance, low=1e-13, high=1e-2)
    problem = FirmProblem(economy)
    search = _Search(problem, tolerance, checkpoint, start, progress)
    with search.bar:
        reached = search.direct(indifference) or search.narrowing(indifference)
    solution = search.equilibrium(reached)
    bellman, moving = solution.residuals[:2]
    if not (bellman <= FAILED and moving <= FAILED):
        raise RuntimeError(
            f"No equilibrium was found: the Bellman residual is {bellman:.1e} and the"
            f" net flows are {moving:.1e} a year; take smaller teams or fewer types,"
            " or start= from the solution of a similar economy."
        )
    if reached > indifference:
        warnings.warn(
            f"Policies tie: they settle only if gains below {reached:.1e} of the"
            f" largest V may be mixed, not {indifference:.1e}; see residuals.",
            RuntimeWarning,
            stacklevel=2,
        )
    return solution


class _Search:
    def __init__(self, problem, tolerance, checkpoint, start, progress):
        self.problem, self.tolerance = problem, tolerance
        self.bar = tqdm(disable=not progress, desc="rounds", unit="")
        self.path = None if checkpoint is None else Path(checkpoint)
        if start is not None and start.value.shape != problem.shape:
            raise ValueError(
                f"start has {start.value.shape} firm types and teams, the economy"
                f" {problem.shape}: solve without it."
            )
        stored = checkpoints.read(self.path, problem.finite) if self.path else None
        if stored is not None:
            self.value, self.cross_section = stored
        elif start is not None:
            self.value, self.cross_section = start.value, start.cross_section
        else:
            self.cross_section = _first_cross_section(problem)
            output = problem.output / problem.finite.discount_rate
            self.value, _ = value_by_newton(problem, output, self.cross_section, 1e-6)
        self.change = np.inf

    @property
    def scale(self):
        return np.abs(self.value).max()

    def ladder(self, value, width):
        scale = np.abs(value).max()
        surplus = self.problem.surpluses(value)
        teams, finite = self.problem.teams, self.problem.finite
        return Ladder(finite, teams, surplus, TIE * scale, width * scale)

    def round(self, value, width):
        """Return the V of the cross-section that the policies of `value` keep."""
        careful = 1e-8 if self.change > 1e-4 else 1e-11
        found = stationary(
            self.problem, self.ladder(value, width), self.cross_section, careful
        )
        self.cross_section = found[0]
        image, _ = value_by_newton(self.problem, value, self.cross_section, 1e-12)
        return image

    def at(self, width, patience=ROUNDS):
        """Iterate at one width; return whether it came to rest."""
        accelerated, value = Anderson(), self.value
        for _ in range(ROUNDS):
            image = self.round(value, width)
            following = accelerated.next(value, image)
            self.change = accelerated.errors[-1] / self.scale
            self.bar.update()
            self.bar.set_postfix(change=f"{self.change:.1e}", width=f"{width:.1e}")
            if self.path:
                checkpoints.write(
                    self.path, self.problem.finite, image, self.cross_section
                )
            if self.change <= self.tolerance:
                # not its image: mixing makes policies sensitive to the last digits
                self.value = value
                return True
            before = accelerated.errors[:-patience]
            if before and min(accelerated.errors[-patience:]) > 0.5 * min(before):
                return False
            value = following
        return False

    def direct(self, width):
        """Try the last width at once, which suffices where no policies alternate."""
        if self.at(width, PATIENCE):
            return width
        return None

    def narrowing(self, last):
        """Go from a wide width to the last; where a step fails, take half of it."""
        reached = max(WIDEST, last)
        while not self.at(reached):
            reached *= 10
            if reached > 0.1:
                return reached
        factor = 0.1
        while reached > last and factor < 0.9:
            width, settled = max(last, reached * factor), self.cross_section
            if self.at(width):
                reached = width
            else:
                self.cross_section = settled
                factor **= 0.5
        return reached

    def equilibrium(self, width):
        """Keep the last policies, find what they keep exactly, and V there."""
        problem, ladder = self.problem, self.ladder(self.value, width)
        here, rates, moving = stationary(problem, ladder, self.cross_section, 1e-11)
        value, bellman = value_by_newton(problem, self.value, here, 1e-12)
        residuals = Residuals(
            bellman,
            moving,
            float(np.abs(value - self.value).max() / self.scale),
            float(width),
            ladder.undecided(here),
        )
        return Equilibrium(
            problem.finite, problem, value, here, ladder, rates, residuals
        )


def _first_cross_section(problem):
    # teams of every size and kind, and a fifth of the workers without a job
    finite, teams = problem.finite, problem.teams
    sizes = np.bincount(teams.sizes)
    firms = np.outer(finite.firm_shares, 1 / (len(sizes) * sizes[teams.sizes]))
    employed = (firms.sum(axis=0) @ teams.counts) + 1e-3
    rest = 0.2 * finite.workers_per_firm * employed / employed.sum()
    return CrossSection(firms, rest)


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
    """
    checks.one_of("method", method, ("newton", "iteration"))
    problem = FirmProblem(economy)
    if cross_section.firms.shape != problem.shape:
        raise ValueError(
            f"The cross-section has firms in {cross_section.firms.shape} states, but"
            f" the economy has {problem.shape}: it belongs to another economy."
        )
    first = problem.output / economy.discount_rate if start is None else start
    route = value_by_newton if method == "newton" else value_by_iteration
    return route(problem, first, cross_section, tolerance)
