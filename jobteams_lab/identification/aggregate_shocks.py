"""The benchmark with business cycles: aggregate productivity z moves output z f(x, y).

z follows a Markov chain. A month begins with z; matches whose surplus is negative
dissolve; the others produce; the unemployed and vacancies meet; then a match, old or
new, ends with probability δ. With r and q for what search yields a month,

    r_t(x) = b + c α Σ_y μ_t v_t(y) E[S(x, y)⁺ | z_t],
    q_t(y) = c (1 − α) Σ_x μ_t u_t(x) E[S(x, y)⁺ | z_t],
    S_t(x, y) = z_t f − r_t(x) − q_t(y) + c E[S(x, y)⁺ | z_t],      c = β(1 − δ),

where r_t = V_u,t − β E V_u,t+1 and q_t likewise, wages are exactly

    w_t(x, y) = α z_t f(x, y) − α q_t(y) + (1 − α) r_t(x).

The distributions of searchers are a state of the economy, with too many numbers to
condition on. The approximation made here: agents expect next month's surplus to be its
mean given z, which is the surplus at the means of μu and μv given z; this month's
meetings enter as they are. These means are those of a long deterministic simulation of
the densities under the agents' decisions, a fixed point. `forecast_error` measures what
is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numba
import numpy as np

from jobteams_lab import checks
from jobteams_lab.identification.cycles import Cycles
from jobteams_lab.identification.economy import Economy
from jobteams_lab.identification.equilibrium import solve

BURN_IN = 600  # months of the simulated path left out: densities move at the rate δ
LOYALTY = 7.0  # how far below zero, in ε, the surplus of an old match may fall


@dataclass(frozen=True, eq=False)
class CyclicalEconomy:
    """A simulated economy with business cycles, months × types.

    Attributes
    ----------
    wage : (T, X, Y) array
        w_t(x, y); what would be paid where nobody is employed.
    match_density : (T, X, Y) array
        Matches that produce in month t.
    surplus : (T, X, Y) array
    search_value : (T, X) array
        r_t(x) = V_u,t − β E_t V_u,t+1.
    productivity : (T,) array
        z_t.
    mean_surplus : (n, X, Y) array
        The surplus expected in each state.
    forecast_error : float
        Standard deviation of S_t(x, y) around its mean given z_t, over months and
        matches, as a share of its standard deviation over the states.
    iterations : int
        Rounds of values and densities.
    residual : float
        The largest change of the mean of μu and μv in the last round, relative.
    """

    wage: np.ndarray
    match_density: np.ndarray
    surplus: np.ndarray
    search_value: np.ndarray
    productivity: np.ndarray
    mean_surplus: np.ndarray
    forecast_error: float
    iterations: int
    residual: float

    @property
    def unemployment_rate(self) -> np.ndarray:
        """The unemployment rate of each month, (T,)."""
        return 1 - self.match_density.sum((1, 2))


def solve_with_cycles(
    economy: Economy,
    cycles: Cycles,
    months: int = 1200,
    *,
    seed: int = 0,
    smoothing: float = 0.02,
    tolerance: float = 1e-6,
    max_iterations: int = 200,
) -> CyclicalEconomy:
    """Solve and simulate the benchmark with aggregate shocks.

    Parameters
    ----------
    economy : Economy
        Of the benchmark, without match quality; its production is f.
    cycles : Cycles
    months : int
        T, length of the simulated path, after 600 months that are left out.
    seed : int
        Draws the path of z.
    smoothing : float
        ε: a match of surplus S is accepted with probability 1/(1 + exp(−S/ε)), S⁺ is
        ε log(1 + exp(S/ε)), and an old match goes on with the probability of S + 7ε.
        Below 0.01 or so the rounds may hop between decisions and not converge.
    tolerance : float
        Stops when no mean of μu or μv changes by more, relative to the largest.
    max_iterations : int

    Returns
    -------
    CyclicalEconomy

    Raises
    ------
    ValueError
        If the economy has search on the job or match quality, or a number is not
        allowed.
    RuntimeError
        With the residual, if the rounds do not converge.

    References
    ----------
    Hagedorn, Law and Manovskii (2017), supplement, appendix A.4.2.
    """
    if economy.search_intensity_employed > 0 or len(economy.match_quality.shock) > 1:
        raise ValueError(
            "solve_with_cycles needs the benchmark without match quality: set"
            " search_intensity_employed = 0 and leave match_quality out."
        )
    months = checks.whole("months", months, low=1)
    smoothing = checks.number("smoothing", smoothing, low=0, open_low=True)
    tolerance = checks.number("tolerance", tolerance, low=0, open_low=True)
    states = cycles.path(BURN_IN + months, seed)
    # the densities start where they would settle at the mean of z
    mean = cycles.productivity[states].mean()
    start = solve(replace(economy, production=mean * economy.output))
    n, rate = len(cycles.productivity), start.meeting_rates
    # μ u and μ v, chances of meeting a worker or vacancy of each type
    mean_u = np.tile(rate.vacancy * start.unemployed / start.unemployed.sum(), (n, 1))
    mean_v = np.tile(rate.unemployed * start.vacancies / start.vacancies.sum(), (n, 1))
    surplus = np.tile(start.surplus, (n, 1, 1))
    residual = np.inf
    for round_ in range(1, max_iterations + 1):  # noqa: B007
        surplus, gain = _values(economy, cycles, mean_u, mean_v, surplus, smoothing)
        path = _simulate(
            states,
            cycles.productivity,
            economy.output,
            surplus,
            gain,
            start.match_density,
            _numbers(economy),
            smoothing,
        )
        new_u, new_v = (
            _means(met[BURN_IN:], states[BURN_IN:], old)
            for met, old in zip(path[4:], (mean_u, mean_v), strict=True)
        )
        residual = max(
            np.abs(new - old).max() / np.abs(old).max()
            for new, old in ((new_u, mean_u), (new_v, mean_v))
        )
        mean_u, mean_v = 0.5 * (mean_u + new_u), 0.5 * (mean_v + new_v)
        if residual <= tolerance:
            break
    else:
        raise RuntimeError(
            f"Values and densities still change by {residual:.1e} after"
            f" {max_iterations} rounds: raise smoothing or max_iterations."
        )
    wage, density, actual, value, _, _ = (each[BURN_IN:] for each in path)
    states = states[BURN_IN:]
    return CyclicalEconomy(
        wage=wage,
        match_density=density,
        surplus=actual,
        search_value=value,
        productivity=cycles.productivity[states],
        mean_surplus=surplus,
        forecast_error=_forecast_error(actual, states, density),
        iterations=round_,
        residual=float(residual),
    )


def _numbers(economy) -> tuple:
    return (
        economy.home_production,
        economy.patience,
        economy.bargaining_power,
        economy.separation_rate,
        economy.matching_efficiency,
        economy.worker_types.share,
        economy.firm_types.share,
    )


def _means(met, states, old) -> np.ndarray:
    """Return the mean by state, (n, types); as it was where a state does not occur."""
    new = old.copy()
    for state in np.unique(states):
        new[state] = met[states == state].mean(0)
    return new


def _values(economy, cycles, mean_u, mean_v, surplus, smoothing):
    """Return S(x, y, z) given mean meetings, and E[S⁺ | z], both (n, X, Y)."""
    c, alpha = economy.patience, economy.bargaining_power
    flow = cycles.productivity[:, None, None] * economy.output - economy.home_production
    scale = np.abs(flow).max()
    for _ in range(20_000):
        positive = smoothing * np.logaddexp(0.0, surplus / smoothing)
        gain = np.tensordot(cycles.transition, positive, axes=1)
        worker = c * alpha * np.einsum("zxy,zy->zx", gain, mean_v)
        firm = c * (1 - alpha) * np.einsum("zxy,zx->zy", gain, mean_u)
        new = flow - worker[:, :, None] - firm[:, None, :] + c * gain
        change = np.abs(new - surplus).max()
        surplus = new
        if change <= 1e-11 * scale:
            return surplus, gain
    raise RuntimeError(
        f"The surplus still changes by {change:.1e}: check that production is of order"
        " one and that matching_efficiency is not far above one."
    )


@numba.njit(cache=True)
def _simulate(states, levels, output, surplus, gain, density, numbers, smoothing):
    """Follow densities and wages along a path of states; see the module."""
    income, c, alpha, separation, efficiency, workers, jobs = numbers
    months, (X, Y) = len(states), output.shape
    wage, matched = np.empty((months, X, Y)), np.empty((months, X, Y))
    actual, value = np.empty((months, X, Y)), np.empty((months, X))
    met_u, met_v = np.empty((months, X)), np.empty((months, Y))
    old, new = density.copy(), np.zeros((X, Y))
    for t in range(months):
        s, z = states[t], levels[states[t]]
        now = surplus[s].copy()
        # who stays depends on how many search, and that on who stays
        for _ in range(5):
            kept = old / (1 + np.exp(-now / smoothing - LOYALTY))
            kept += new / (1 + np.exp(-now / smoothing))
            u = workers - kept.sum(axis=1)
            v = jobs - kept.sum(axis=0)
            U, V = u.sum(), v.sum()
            mu = min(V, efficiency * np.sqrt(U * V), U) / (U * V)
            r = income + c * alpha * mu * (gain[s] @ v)
            q = c * (1 - alpha) * mu * (u @ gain[s])
            for x in range(X):
                for y in range(Y):
                    now[x, y] = z * output[x, y] - r[x] - q[y] + c * gain[s, x, y]
        for x in range(X):
            for y in range(Y):
                wage[t, x, y] = alpha * (z * output[x, y] - q[y]) + (1 - alpha) * r[x]
                old[x, y] = (1 - separation) * kept[x, y]
                new[x, y] = (1 - separation) * mu * u[x] * v[y]
        matched[t], actual[t], value[t] = kept, now, r
        met_u[t], met_v[t] = mu * u, mu * v
    return wage, matched, actual, value, met_u, met_v


def _forecast_error(actual, states, density) -> float:
    """Return sd(S − mean given z) / sd(mean given z), over months, by matches."""
    weight = density.mean(0) / density.mean(0).sum()
    centre = actual.mean(0)
    within = between = 0.0
    for state in np.unique(states):
        here = actual[states == state]
        mean = here.mean(0)
        within += (weight * ((here - mean) ** 2).sum(0)).sum()
        between += len(here) * (weight * (mean - centre) ** 2).sum()
    return float(np.sqrt(within / between)) if between > 0 else 0.0
