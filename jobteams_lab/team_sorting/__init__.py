"""Sorting in teams: Boerma, Tsyvinski and Zimin (2023)."""

from jobteams_lab.team_sorting.countermonotonic import SeveralSolutions
from jobteams_lab.team_sorting.economy import Economy
from jobteams_lab.team_sorting.equilibrium import Equilibrium, solve
from jobteams_lab.team_sorting.skills import Mixture, Quantiles
from jobteams_lab.team_sorting.technologies import (
    Interactions,
    ProblemSolving,
    RankOne,
)

__all__ = [
    "Economy",
    "Equilibrium",
    "Interactions",
    "Mixture",
    "ProblemSolving",
    "Quantiles",
    "RankOne",
    "SeveralSolutions",
    "solve",
]
