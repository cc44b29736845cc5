"""Large firms with learning: Adenbaum, Babalievsky and Jungerman (2025)."""

from jobteams_lab.large_firms.calibrate import Calibration, calibrate
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.growth import Growth, growth
from jobteams_lab.large_firms.learning_regression import (
    LearningRegression,
    learning_regression,
)
from jobteams_lab.large_firms.moments import Moments, moments
from jobteams_lab.large_firms.pay import WorkerPay, worker_pay
from jobteams_lab.large_firms.pay_events import wage_events
from jobteams_lab.large_firms.pay_histories import simulate_pay
from jobteams_lab.large_firms.population import Population
from jobteams_lab.large_firms.presets import Preset
from jobteams_lab.large_firms.simulate import Simulation, simulate
from jobteams_lab.large_firms.since_hire import since_hire
from jobteams_lab.large_firms.solution import Solution
from jobteams_lab.large_firms.solve import solve
from jobteams_lab.large_firms.stored import stored, stored_pay
from jobteams_lab.large_firms.worker_value import WorkerValue, worker_value

__all__ = [
    "Calibration",
    "Economy",
    "FiniteEconomy",
    "Growth",
    "LearningRegression",
    "Moments",
    "Population",
    "Preset",
    "Simulation",
    "Solution",
    "WorkerPay",
    "WorkerValue",
    "calibrate",
    "growth",
    "learning_regression",
    "moments",
    "simulate",
    "simulate_pay",
    "since_hire",
    "solve",
    "stored",
    "stored_pay",
    "wage_events",
    "worker_pay",
    "worker_value",
]
