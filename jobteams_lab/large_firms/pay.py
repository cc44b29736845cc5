"""What workers with continuous types are worth and paid, in a solution."""

from __future__ import annotations

import time
import warnings
from importlib.metadata import version

import jax
import numpy as np
from tqdm import tqdm

from jobteams_lab import checks
from jobteams_lab.large_firms.arguments import require
from jobteams_lab.large_firms.devices import Devices
from jobteams_lab.large_firms.meeting_tables import Market, tables
from jobteams_lab.large_firms.offers import Offers
from jobteams_lab.large_firms.pay_rows import RowMaker
from jobteams_lab.large_firms.pay_search import PaySearch
from jobteams_lab.large_firms.pay_value import PayRun, WorkerPay
from jobteams_lab.large_firms.solution import Solution
from jobteams_lab.precision import double

__all__ = ["PayRun", "WorkerPay", "row_maker", "worker_pay"]


def worker_pay(
    solution: Solution,
    *,
    rows: int = 600,
    features: int = 66,
    wages: int = 24,
    types: int = 16,
    nodes: int = 24,
    seed: int = 0,
    rounds: int = 20,
    tolerance: float = 3e-4,
    progress: bool = False,
) -> WorkerPay:
    """Return the value of workers, as a function of their wage, in a solution.

    For given V, χ and ω, and between settlements of the wage w, W solves::

        (ρ + δ_f + δ_m + δ_r) W = w + (δ_f + δ_m) U + γ (W(H(S)) − W)
            + Σ_coworkers (rate at which he leaves) (W(S ⊖ x) − W)
            + (1 + n) Σ_types (rate of hires) (W(S ⊕ x) − W)
            + λ (W'(0) − W) + ψ^E (E W'(o) − W)

    where W'(o) = U + clip(W − U, min(o, Δ⁺), Δ⁺) settles the wage against the offer o.

    Parameters
    ----------
    solution : Solution
        Of `solve`, or a stored one.
    rows : int
        Workers of each team size at which the equation is to hold.
    features : int
        How many combinations of functions of worker and team W may use at each size; no
        more than rows.
    wages : int
        On the grid, at least 4: half are spread evenly, and half as those are at which
        workers' W comes to U or U + Δ⁺.
    types : int
        How many types of workers stand for those who may be hired.
    nodes : int
        At how many log z, at least 4, equally spaced as far as the solution's go; one
        if the solution has one.
    seed : int
    rounds : int
        Newton's steps at each node of log z, at most.
    tolerance : float
        A step's root mean square, over the median of U + Δ⁺, that ends them.
    progress : bool
        Whether to show a bar over the nodes.

    Returns
    -------
    WorkerPay

    Raises
    ------
    TypeError, ValueError
        A sentence, for arguments that make no sense.

    Warns
    -----
    UserWarning
        If Newton's method has not settled at some node.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Worker Value" and Proposition 2, with
    C4 left out of its fourth case, and coworkers with a negative surplus who quit when
    they meet a poacher that does not hire them, as V has it.
    """
    require("worker_pay", solution, Solution, "call solve(economy) first")
    for name, value, low in (
        ("rows", rows, 1),
        ("features", features, 1),
        ("wages", wages, 4),
        ("types", types, 1),
        ("nodes", nodes, 4),
        ("seed", seed, 0),
        ("rounds", rounds, 1),
    ):
        checks.whole(name, value, low=low)
    if rows < features:
        raise ValueError(
            f"rows = {rows} are fewer than features = {features}, which they could not"
            " tell apart: take more rows, or fewer features."
        )
    checks.number("tolerance", tolerance, low=0, open_low=True)
    checks.one_of("progress", progress, (True, False))
    rng, began = np.random.default_rng(seed), time.perf_counter()
    with double(), tqdm(disable=not progress, desc="values of z", unit="") as bar:
        maker = row_maker(solution, types, nodes)
        bar.reset(len(maker.nodes))
        search = PaySearch.of(maker, rows, features, wages, rng)
        found, errors = search.solve(rounds, tolerance, bar.update)
    unsettled = sum(steps[-1] >= tolerance for steps in errors)
    if unsettled:
        warnings.warn(
            f"W had not settled in {rounds} rounds at {unsettled} of {len(errors)}"
            " values of z: allow more rounds, or take more rows.",
            stacklevel=2,
        )
    arguments = rows, features, wages, types, nodes, seed, rounds, tolerance
    run = PayRun(
        *arguments,
        repr(Devices(jax.local_devices()[:1])),
        time.perf_counter() - began,
        version("jobteams-lab"),
    )
    return WorkerPay(
        maker,
        search.turns,
        search.scale,
        search.size,
        search.lasting,
        search.wages,
        found,
        errors,
        run,
    )


def row_maker(solution: Solution, types: int, nodes: int) -> RowMaker:
    """Return what W's equation reads of a solution: who is met, and who offers what."""
    economy, sample = solution.economy, solution.sample
    lost = economy.match_break_rate + economy.firm_death_rate
    quits = max(solution.moments["EN"] - lost, 0.0)
    market = Market.of(economy, sample, types, quits)
    with_him, without = np.split(np.array(market.incumbents()), 2)
    at = market.row
    where, n = (sample.log_z[at], sample.log_q[at]), sample.n[at]
    surplus = solution.value_at(*where, *with_him, n)
    surplus -= solution.value_at(*where, *without, n - 1)
    surplus -= economy.nonemployment_value(np.exp(market.x[market.node]))
    last = sample.rows(slice(-(len(sample.n) // sample.dates), None))
    table, offers = tables(market, surplus), Offers.of(solution, last)
    return RowMaker(solution, market, table, offers, nodes)
