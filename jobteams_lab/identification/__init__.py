"""Identifying sorting: Hagedorn, Law and Manovskii (2017)."""

from jobteams_lab.identification.economy import (
    NAM,
    NEITHER,
    PAM,
    Economy,
    designs,
)
from jobteams_lab.identification.equilibrium import Equilibrium, solve
from jobteams_lab.identification.simulate import simulate
from jobteams_lab.identification.type_distributions import MatchQuality, Types

__all__ = [
    "NAM",
    "NEITHER",
    "PAM",
    "Economy",
    "Equilibrium",
    "MatchQuality",
    "Types",
    "designs",
    "simulate",
    "solve",
]
