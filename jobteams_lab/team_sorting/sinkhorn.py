"""Entropic optimal transport with three or four margins: Sinkhorn's algorithm."""

from __future__ import annotations

import time

import numpy as np

from jobteams_lab import checks
from jobteams_lab.team_sorting import dense_plans
from jobteams_lab.team_sorting.alternation import alternate
from jobteams_lab.team_sorting.discrete import Assignment
from jobteams_lab.team_sorting.economy import Economy
from jobteams_lab.team_sorting.grids import grid

LARGEST_SIZE = 4
MOST_TEAMS = {"jax": 4_000_000, "pot": 1_000_000}


def sinkhorn(
    economy: Economy,
    points: int = 50,
    *,
    regularisation: float = 1e-3,
    method: str = "jax",
    bound: str = "upper",
    tol: float = 1e-4,
    max_iterations: int = 20_000,
    throw: bool = True,
) -> Assignment:
    """Sort a grid with a little noise, then take the noise out of the bounds.

    Adding ε Σ γ log γ to the loss makes the best plan γ = exp((Σ_i f_i − loss)/ε), and
    f is found by correcting one margin after the other. The plan is then moved to the
    right margins and the potentials are raised until no team is overpaid, so
    `output_loss` is attained, `lower` is a bound, and `duality_gap` shows what ε cost.

    Parameters
    ----------
    economy : Economy
        With 2 or 3 workers a team.
    points : int
        Kinds N of each group; all N^n teams are held at once, at most 4,000,000, or
        1,000,000 with "pot".
    regularisation : float
        ε, in units of what sorting can save at most: the loss of random matching less
        the Jensen bound.
    method : "jax" or "pot"
        "jax" iterates in logarithms, in 64 bits, over all margins. POT has Sinkhorn's
        algorithm for two margins only (and for several if the loss has a closed form
        on a line, which this one has not), so "pot" solves the two-margin problems of
        one member against the teams of the others in turns, by ot.emd: see
        `alternate`. It uses no `regularisation`, and may stop above the optimum.
    bound : "upper" or "lower"
        How the economy is cut: see `grid`.
    tol : float
        "jax": stop when every margin is right up to tol, in sum of absolute values.
        "pot": when a sweep lowers the loss by no more than tol times itself.
    max_iterations : int
        Rounds at each ε on the way to the last; sweeps for "pot".
    throw : bool
        False returns `converged = False` where True raises.

    Raises
    ------
    TypeError, ValueError
        A sentence naming the argument.
    RuntimeError
        If it did not converge.

    References
    ----------
    Cuturi (2013); Benamou, Carlier, Cuturi, Nenna and Peyré (2015); Altschuler, Weed
    and Rigollet (2017); Flamary et al. (2021) for POT.
    """
    start = time.perf_counter()
    points = checks.whole("points", points, low=2)
    regularisation = checks.number(
        "regularisation", regularisation, low=0, open_low=True
    )
    checks.one_of("method", method, ("jax", "pot"))
    tol = checks.number("tol", tol, low=0, open_low=True)
    most = checks.whole("max_iterations", max_iterations, low=1)
    if not isinstance(economy, Economy):
        raise TypeError(f"economy is a {type(economy).__name__}: give an Economy.")
    if economy.size > LARGEST_SIZE:
        raise ValueError(
            f"Teams have {economy.size} members, and the tensor of all teams at most"
            f" {LARGEST_SIZE} axes: use linear_program or rearrange."
        )
    dense_plans.refuse_large(points, economy.size, MOST_TEAMS[method])
    made = grid(economy, points, bound)
    if method == "pot":
        found = alternate(made, most, tol)
        return _checked(found, throw, f"the last of {most} sweeps gained more")
    from jobteams_lab.team_sorting import log_domain  # which waits for JAX

    weights = [made.weights[g] for g in made.members]
    scale = economy.random_matching_loss - economy.jensen_bound
    epsilon = regularisation * scale
    potentials, error, rounds = log_domain.potentials(
        made.tensor, weights, epsilon, tol, most
    )
    plan = np.exp((dense_plans.added(potentials) - made.tensor) / epsilon)
    found = dense_plans.assignment(
        made,
        dense_plans.rounded(plan, weights),
        dense_plans.raised(potentials, made.tensor),
        method="Sinkhorn (JAX)",
        converged=bool(error <= tol),
        iterations=rounds,
        seconds=time.perf_counter() - start,
    )
    return _checked(found, throw, f"margins are off by {error:.2g} after {rounds}"
                    " rounds")  # fmt: skip


def _checked(found, throw, what):
    if throw and not found.converged:
        raise RuntimeError(
            f"{found.method} did not converge: {what}. Raise max_iterations, tol or"
            " regularisation, or pass throw=False to look at what it has."
        )
    return found
