"""How V and the cross-section of firms and workers are found together.

Values V and the cross-section (χ, u) are found in turn. At a given cross-section the
Bellman equation is solved by semi-smooth Newton; at given policies the stationary
cross-section by implicit steps; Anderson's acceleration takes the loop to its end.
Where two policies tie, no pure equilibrium need exist, and the loop alternates between
them. Then workers and firms who gain less than a small width by acting are allowed to
mix, first with a wide width and then narrower ones: the solution is an equilibrium in
which nobody acts against his interest by more than the width.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tqdm import tqdm

from jobteams_lab.large_firms import checkpoints
from jobteams_lab.large_firms.bellman import value_by_newton
from jobteams_lab.large_firms.finite_equilibrium import Equilibrium, Residuals
from jobteams_lab.large_firms.fixed_point import Anderson
from jobteams_lab.large_firms.job_ladder import CrossSection, Ladder
from jobteams_lab.large_firms.stationary import stationary

TIE = 1e-10  # surpluses closer than this, in the largest V, are equal
WIDEST = 1e-3  # width of indecision from which it is narrowed, over max V
ROUNDS = 40  # at one width
PATIENCE = 4  # rounds without halving the change, before the way over wider ones
GIVE_UP = 0.02  # a width at which mixing is no equilibrium any more


class Search:
    """The state of a search for an equilibrium, and its rounds."""

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
            if reached > GIVE_UP:
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
        workers = here.employed(problem.teams).sum() + here.nonemployed.sum()
        residuals = Residuals(
            bellman,
            moving,
            float(abs(workers / problem.finite.workers_per_firm - 1)),
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
