"""Large firms with learning: Adenbaum, Babalievsky and Jungerman (2025)."""

from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.population import Population

__all__ = ["Economy", "FiniteEconomy", "Population"]
