"""Sorting in teams: Boerma, Tsyvinski and Zimin (2023)."""

from jobteams_lab.team_sorting.calibrate import Calibration, calibrate
from jobteams_lab.team_sorting.certificate import Certificate
from jobteams_lab.team_sorting.counterfactual import counterfactual
from jobteams_lab.team_sorting.coupling_bounds import Bounds, coupling_bounds
from jobteams_lab.team_sorting.coworkers import coworker_logs
from jobteams_lab.team_sorting.discrete import Assignment, rearrange
from jobteams_lab.team_sorting.earnings import Earnings
from jobteams_lab.team_sorting.earnings_moments import Moments, Parameters
from jobteams_lab.team_sorting.economy import Economy
from jobteams_lab.team_sorting.equilibrium import Equilibrium, Thresholds, solve
from jobteams_lab.team_sorting.homogeneous import (
    Homogeneous,
    homogeneous,
    homogeneous_uniform,
)
from jobteams_lab.team_sorting.linear_program import linear_program
from jobteams_lab.team_sorting.mixability import Mixability, mixability
from jobteams_lab.team_sorting.mixed_set import Teams, all_teams, mixed_teams
from jobteams_lab.team_sorting.roots import SeveralSolutions
from jobteams_lab.team_sorting.simulate import simulate
from jobteams_lab.team_sorting.sinkhorn import sinkhorn
from jobteams_lab.team_sorting.skills import Mixture, Quantiles
from jobteams_lab.team_sorting.technologies import (
    Interactions,
    ProblemSolving,
    RankOne,
)

__all__ = [
    "Assignment",
    "Bounds",
    "Calibration",
    "Certificate",
    "Earnings",
    "Economy",
    "Equilibrium",
    "Homogeneous",
    "Interactions",
    "Mixability",
    "Mixture",
    "Moments",
    "Parameters",
    "ProblemSolving",
    "Quantiles",
    "RankOne",
    "SeveralSolutions",
    "Teams",
    "Thresholds",
    "all_teams",
    "calibrate",
    "counterfactual",
    "coupling_bounds",
    "coworker_logs",
    "homogeneous",
    "homogeneous_uniform",
    "linear_program",
    "mixability",
    "mixed_teams",
    "rearrange",
    "simulate",
    "sinkhorn",
    "solve",
]
