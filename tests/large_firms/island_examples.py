"""An economy whose V is known, simulated on islands and in plain loops."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from plain_islands import NAMES, run

from jobteams_lab.large_firms import islands, team_basis
from jobteams_lab.large_firms.devices import Devices
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.team_basis import Scale

PLACES = 5
# h grows, so that many quit: at low z, U = b h/(ρ + δ_r) outgrows what h adds to V
ECONOMY = Economy(
    discount_rate=0.05,
    retirement_rate=0.15,
    firm_death_rate=0.05,
    match_break_rate=0.12,
    renegotiation_rate=0.8,
    learning_event_rate=1.2,
    contact_rate_employed=1.0,
    contact_rate_nonemployed=0.9,
    ces_exponent=0.9,
    nonemployment_income=1.2,
    learning_from_better=0.2,
    learning_from_worse=0.05,
    workers_per_firm=2.5,
    max_team_size=PLACES,
    sd_log_human_capital=0.25,
    mean_log_ability=0.03,
    sd_log_ability=0.02,
    worker_covariance=0.002,
    sd_log_productivity=0.3,
    mean_log_environment=-0.02,
    sd_log_environment=0.03,
    firm_covariance=0.0027,
)
ROOM = 6 * np.sqrt(np.arange(PLACES + 1))
WORTH, CARE = 4.0, 0.3
NODES = np.linspace(-1.8, 1.8, 9)


@partial(jax.tree_util.register_dataclass, data_fields=[], meta_fields=["scale"])
@dataclass(frozen=True)
class FewFeatures:
    """1, u(q) and output a worker: all that the example's V needs."""

    scale: Scale

    def __call__(self, x, y, n, log_q):
        a_worker = team_basis.output(x, n, self.scale) / jnp.maximum(n, 1)
        return jnp.stack(
            [0 * a_worker + 1, team_basis.unit(log_q, self.scale.q), a_worker], -1
        )


def coefficients():
    """Those of the example's V, (Z, N + 1, 3)."""
    n = np.arange(PLACES + 1)
    g = (1 + NODES + NODES**2 / 2 + NODES**3 / 6)[:, None]  # a spline has it exactly
    return np.stack([g * ROOM, np.broadcast_to(CARE * n, (9, 6)), g * WORTH * n], -1)


def begin(firms, number, start="jobless", dtype=np.float64, economy=ECONOMY, seed=5):
    """Islands of the example."""
    log_z, log_q = islands.stratified_firms(economy, firms, number, seed)
    basis = FewFeatures(team_basis.scale_of(economy))
    return islands.Islands(
        *(economy, basis, NODES, log_z, log_q, seed, start, dtype, Devices())
    )


def by_events(place, burn, years, times=1):
    """The statistics `NAMES` of plain economies with the firms of islands."""
    e, (number, firms) = ECONOMY, place.shape
    rates = (
        *(e.contact_rate_employed, e.contact_rate_nonemployed, e.retirement_rate),
        *(e.match_break_rate, e.renegotiation_rate, e.learning_event_rate),
        e.firm_death_rate,
    )
    tech = (e.ces_exponent, e.learning_from_better, e.learning_from_worse)
    tech = (*tech, e.nonemployment_value(1.0), WORTH, CARE)
    newborn = (e.mean_log_human_capital, e.sd_log_human_capital, e.mean_log_ability)
    newborn = (*newborn, e.sd_log_ability, e.worker_correlation)
    types = e.mean_log_environment, e.sd_log_environment
    workers = round(e.workers_per_firm * firms)
    return np.array(
        [
            run(
                np.random.default_rng([8, time, island]),
                *(place.log_z[island], place.log_q[island], workers, burn, years),
                *(rates, tech, newborn, types, ROOM),
            )
            for time in range(times)
            for island in range(number)
        ]
    )


def on_islands(place, burn, dates, apart=2.0):
    """The same statistics of `Islands`, (islands, 18); NaN for retirement."""
    number, firms = place.shape
    known = coefficients()
    place.advance(known, burn)
    rates, sizes = [], np.zeros((number, PLACES + 1))
    level, of_firm = np.zeros((2, number, 4)), np.zeros((2, number))
    for _ in range(dates):
        rates.append(place.advance(known, apart))
        x, y, firm, size = (np.asarray(part) for part in _now(place))
        for i in range(number):
            sizes[i] += np.bincount(size[i], minlength=PLACES + 1)
            of_firm[:, i] += size[i] @ place.log_z[i], size[i] @ place.log_q[i]
            for k, who in enumerate((firm[i] < firms, firm[i] == firms)):
                own = x[i, who].astype(float)
                level[k, i] += who.sum(), own.sum(), (own**2).sum(), y[i, who].sum()
    answer = np.full((number, len(NAMES)), np.nan)
    for k, name in enumerate(NAMES[:7]):
        if name != "retire":
            answer[:, k] = np.mean([one[name] for one in rates], 0)
    busy = sizes[:, 1:] / sizes[:, 1:].sum(1, keepdims=True)
    answer[:, 7] = busy @ np.arange(1, PLACES + 1)
    answer[:, 8] = busy[:, : PLACES // 2].sum(1)
    answer[:, 9] = busy[:, : PLACES - 1].sum(1)
    for k in range(2):
        count, total, squares, ability = level[k].T
        mean = total / count
        answer[:, 10 + 2 * k] = mean
        answer[:, 11 + 2 * k] = np.sqrt(squares / count - mean**2)
        answer[:, 14 + k] = ability / count
    answer[:, 16:] = (of_firm / level[0, :, 0]).T
    return answer


def _now(place):
    return place.state.x, place.state.y, place.state.firm, place.state.size
