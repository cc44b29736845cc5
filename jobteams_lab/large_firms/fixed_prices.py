"""The Bellman equation of a finite economy while what is paid for workers stays.

A firm that poaches pays the incumbent's surplus. If these prices are given, the right
side of the equation at one firm reads no other firm's V: it is a function of V that
can be differentiated, and a firm's team is a Markov chain.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from scipy.sparse import coo_array, eye_array
from scipy.sparse.linalg import spsolve

from jobteams_lab.large_firms.bellman import leaving, quit_events
from jobteams_lab.large_firms.finite_learning import learning_matrix
from jobteams_lab.large_firms.firm_problem import FirmProblem
from jobteams_lab.large_firms.job_ladder import CrossSection, Ladder


def equation_at_prices(problem: FirmProblem, cross_section: CrossSection, value):
    """Return the function of V, (T, M), that gives R at the prices of `value`::

        R(V) = F + γ(E V(H(S)) − V) + (1 + n) Σ_k G_k(Δ_k) + ... − (ρ + δ_f)V

    G_k is piecewise linear, with a knot at each price max(Δ', 0) of `value`. At
    `value` itself R is what `bellman_residual` gives. Learning is a dense matrix.

    Parameters
    ----------
    problem : FirmProblem
    cross_section : CrossSection
        χ and u: they give all meeting rates.
    value : (T, M) array

    Returns
    -------
    function
        Of V and of `xp`, `jax.numpy` by default, or `numpy`.
    """
    finite, teams, outside = problem.finite, problem.teams, problem.outside
    knots, worth, most = _gains(problem, cross_section, value)
    environments, of_type = np.unique(finite.learning_environment, return_inverse=True)
    learn = [learning_matrix(finite, teams, q).toarray().T for q in environments]
    full = len(teams.sizes) - teams.growing
    dead = (finite.firm_death_rate - finite.retirement_rate) * outside

    def residual(V, xp=jnp):
        hired = V[:, teams.upper] - V[:, : teams.growing, None] - outside
        gain = sum(
            xp.interp(hired[..., k], knots[k], worth[k])
            + most[k] * xp.maximum(hired[..., k] - knots[k, -1], 0)
            for k in range(len(knots))
        )
        gain = gain * (1 + teams.sizes[: teams.growing])
        learnt = xp.stack([V[t] @ learn[group] for t, group in enumerate(of_type)])
        delta = V[:, :, None] - V[:, teams.lower] - outside
        leave = quit_events(problem) * xp.maximum(-delta, 0)
        leave = leave - finite.separation_rate * delta
        return (
            problem.output
            + finite.learning_event_rate * (learnt - V)
            + xp.pad(gain, ((0, 0), (0, full)))
            + (teams.counts * (leave + dead)).sum(-1)
            - (finite.discount_rate + finite.firm_death_rate) * V
        )

    return residual


def _gains(problem, cross_section, value):
    # G at its knots, (K, ·) and (K, ·), and its slope beyond the last, (K,)
    finite, mass = problem.finite, cross_section.meeting_mass(problem.teams)
    types = len(problem.outside)
    offers = finite.contact_rate_nonemployed * cross_section.nonemployed / mass
    prices = np.maximum(problem.surpluses(value), 0).reshape(types, -1)
    rate = cross_section.employed(problem.teams).reshape(types, -1)
    rate = rate * finite.contact_rate_employed / mass
    order = np.argsort(prices, axis=1)
    prices, rate = (np.take_along_axis(part, order, 1) for part in (prices, rate))
    knots = np.c_[np.zeros(types), prices]
    met = np.cumsum(np.c_[offers, rate], axis=1)  # slope of G after each knot
    worth = np.cumsum(met[:, :-1] * np.diff(knots, axis=1), axis=1)
    return knots, np.c_[np.zeros(types), worth], met[:, -1]


def occupancy(problem: FirmProblem, cross_section: CrossSection, value) -> np.ndarray:
    """Return ν, the share of discounted time in each state, (T, M)::

        ν ((ρ + δ_f) I − Q) = (ρ + δ_f) χ

    Q moves teams as V reads them: workers whom others poach stay, as they are paid
    for. A small residual R at given prices moves the mean of V over χ by its mean over
    ν, divided by ρ + δ_f.

    Parameters
    ----------
    problem : FirmProblem
    cross_section : CrossSection
        χ, where firms start, and u.
    value : (T, M) array
        V, which gives policies and prices.
    """
    finite, teams = problem.finite, problem.teams
    many, types = len(teams.sizes), len(problem.outside)
    ladder = Ladder(finite, teams, problem.surpluses(value), 0.0, 1.0)
    hire = ladder.gains(cross_section).slope * (1 + teams.sizes[: teams.growing])
    held = teams.counts[: teams.growing].T[:, None] + 1
    leave = leaving(problem, ladder) * held
    below, above = np.tile(np.arange(teams.growing), types), teams.upper.T.ravel()
    start, end = np.r_[below, above], np.r_[above, below]
    lost = finite.discount_rate + finite.firm_death_rate
    shares = np.empty(problem.shape)
    for t, firms in enumerate(cross_section.firms):
        rates = np.r_[hire[:, t].ravel(), leave[:, t].ravel()]
        moves = coo_array((rates, (start, end)), (many, many))
        moves -= coo_array((rates, (start, start)), (many, many))
        learn = learning_matrix(finite, teams, finite.learning_environment[t])
        moves += finite.learning_event_rate * (learn - eye_array(many))
        stay = lost * eye_array(many) - moves
        shares[t] = spsolve(stay.T.tocsc(), lost * firms)
    return shares
