"""Identifying sorting: Hagedorn, Law and Manovskii (2017)."""

from jobteams_lab.identification.aggregate_shocks import (
    CyclicalEconomy,
    solve_with_cycles,
)
from jobteams_lab.identification.bargaining_power import (
    FirmShockEstimate,
    bargaining_power_from_firms,
)
from jobteams_lab.identification.bootstrap import Intervals
from jobteams_lab.identification.cautions import Coverage
from jobteams_lab.identification.contacts import Contacts, contacts
from jobteams_lab.identification.cycles import Cycles
from jobteams_lab.identification.cyclical_wages import (
    CycleEstimate,
    bargaining_power_from_cycles,
)
from jobteams_lab.identification.economy import NAM, NEITHER, PAM, Economy, designs
from jobteams_lab.identification.equilibrium import (
    Equilibrium,
    MeetingRates,
    Residuals,
    solve,
)
from jobteams_lab.identification.firm_ranking import FirmRanking
from jobteams_lab.identification.firm_shocks import add_firm_shocks
from jobteams_lab.identification.identified import Identification
from jobteams_lab.identification.identify import identify
from jobteams_lab.identification.infinite_panel import infinite_panel
from jobteams_lab.identification.iteration import Iterated, iterate
from jobteams_lab.identification.job_moves import JobMoves, job_moves
from jobteams_lab.identification.kemeny import (
    ExactRanking,
    exact_ranking,
    pairwise_weights,
)
from jobteams_lab.identification.labour_force import with_labour_force
from jobteams_lab.identification.labour_market import LabourMarket, labour_market
from jobteams_lab.identification.matching_sets import MatchingSets, matching_sets
from jobteams_lab.identification.monte_carlo import monte_carlo, stored_monte_carlo
from jobteams_lab.identification.noise import NoiseVariance, error_variance
from jobteams_lab.identification.poaching import (
    poaching_omega,
    vacancies_from_labour_share,
)
from jobteams_lab.identification.production import (
    Accuracy,
    Production,
    accuracy,
    recover_production,
)
from jobteams_lab.identification.rank_accuracy import rank_accuracy, true_sorting
from jobteams_lab.identification.rank_firms import rank_firms
from jobteams_lab.identification.rank_workers import WorkerRanking, rank_workers
from jobteams_lab.identification.reallocation import Reallocation, reallocation_gain
from jobteams_lab.identification.report import write_report
from jobteams_lab.identification.reservation_wages import reservation_wages
from jobteams_lab.identification.simulate import simulate
from jobteams_lab.identification.smoothing import SmoothSurface, smooth
from jobteams_lab.identification.type_distributions import MatchQuality, Types
from jobteams_lab.identification.wage_orders import WageOrders, wage_orders
from jobteams_lab.identification.whole_firms import firms_seen_whole

__all__ = [
    "NAM",
    "NEITHER",
    "PAM",
    "Accuracy",
    "Contacts",
    "Coverage",
    "CycleEstimate",
    "Cycles",
    "CyclicalEconomy",
    "Economy",
    "Equilibrium",
    "ExactRanking",
    "FirmRanking",
    "FirmShockEstimate",
    "Identification",
    "Intervals",
    "Iterated",
    "JobMoves",
    "LabourMarket",
    "MatchQuality",
    "MatchingSets",
    "MeetingRates",
    "NoiseVariance",
    "Production",
    "Reallocation",
    "Residuals",
    "SmoothSurface",
    "Types",
    "WageOrders",
    "WorkerRanking",
    "accuracy",
    "add_firm_shocks",
    "bargaining_power_from_cycles",
    "bargaining_power_from_firms",
    "contacts",
    "designs",
    "error_variance",
    "exact_ranking",
    "firms_seen_whole",
    "identify",
    "infinite_panel",
    "iterate",
    "job_moves",
    "labour_market",
    "matching_sets",
    "monte_carlo",
    "pairwise_weights",
    "poaching_omega",
    "rank_accuracy",
    "rank_firms",
    "rank_workers",
    "reallocation_gain",
    "recover_production",
    "reservation_wages",
    "simulate",
    "smooth",
    "solve",
    "solve_with_cycles",
    "stored_monte_carlo",
    "true_sorting",
    "vacancies_from_labour_share",
    "wage_orders",
    "with_labour_force",
    "write_report",
]
