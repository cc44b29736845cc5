"""Sequential auctions: Postel-Vinay and Robin (2002)."""

from jobteams_lab.sequential_auctions.decompose import decompose
from jobteams_lab.sequential_auctions.economy import Economy
from jobteams_lab.sequential_auctions.equilibrium import Equilibrium, solve
from jobteams_lab.sequential_auctions.estimate import Estimate, estimate
from jobteams_lab.sequential_auctions.simulate import simulate
from jobteams_lab.sequential_auctions.transitions import (
    TransitionRates,
    transition_rates,
)

__all__ = [
    "Economy",
    "Equilibrium",
    "Estimate",
    "TransitionRates",
    "decompose",
    "estimate",
    "simulate",
    "solve",
    "transition_rates",
]
