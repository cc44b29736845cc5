"""Solutions made by hand for tests of pay, and offers by direct sums.

W's equation holds for any V and any cross-section: these are as good as solved ones.
"""

from functools import cache

import numpy as np

from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.networks import Basis
from jobteams_lab.large_firms.presets import Preset
from jobteams_lab.large_firms.solution import Run, Solution
from jobteams_lab.large_firms.team_basis import scale_of
from jobteams_lab.large_firms.team_sample import TeamSample

FIRMS = 160
TEAMS = Economy.paper(max_team_size=3).with_(
    firm_death_rate=0.05, retirement_rate=0.1, workers_per_firm=1.8
)
LONE = Economy.paper(max_team_size=1).with_(
    sd_log_ability=0.0,
    worker_covariance=0.0,
    sd_log_environment=0.0,
    mean_log_ability=0.0,
    mean_log_environment=-0.004,
    firm_death_rate=0.05,
    retirement_rate=0.1,
    workers_per_firm=0.8,
)


@cache
def made(economy):
    """Return firms and workers drawn at random, and a V that output leads.

    Most workers are worth more where they are than without work, but not all.
    """
    rng, places = np.random.default_rng(8), economy.max_team_size
    log_z = economy.sd_log_productivity * rng.normal(size=FIRMS)
    log_q = economy.mean_log_environment * np.ones(FIRMS)
    log_q += economy.sd_log_environment * rng.normal(size=FIRMS)
    n = rng.integers(places + 1, size=FIRMS)
    kinds = [
        (economy.mean_log_human_capital, economy.sd_log_human_capital),
        (economy.mean_log_ability, economy.sd_log_ability),
    ]
    taken = np.arange(places) < n[:, None]
    x, y = (np.where(taken, rng.normal(*kind, taken.shape), 0) for kind in kinds)
    jobless = [rng.normal(*kind, 60) for kind in kinds]
    nodes = np.linspace(log_z.min(), log_z.max(), 5)
    basis, sizes, z = Basis(scale_of(economy)), np.arange(places + 1), np.exp(nodes)
    value = np.zeros((5, places + 1, basis.size(places)))
    value[:, :, 0] = 3 * z[:, None] - 0.15 * sizes**2  # of the constant,
    value[:, :, 1] = 0.1 * z[:, None] * sizes  # log q
    value[:, :, 3] = 3.2 * z[:, None] * sizes  # and output a worker
    return Solution(
        economy=economy,
        preset=Preset(),
        basis=basis,
        nodes=nodes,
        coefficients=value,
        sample=TeamSample(log_z, log_q, x, y, n, *jobless),
        match_rate=np.nan,
        residuals=None,
        moments={"EN": 0.3},
        errors={},
        history=[],
        converged=True,
        run=Run(8, "by hand", "none", 0.0, "none"),
    )


def last_firms(solution):
    """Return the firms of the last date."""
    sample = solution.sample
    return sample.rows(slice(-(len(sample.n) // sample.dates), None))


def offers_to(solution, x, y):
    """Return max(Δ_p, 0) and the chance of each firm p to meet a worker (x, y)."""
    firms, e = last_firms(solution), solution.economy
    x_with, y_with = firms.x.copy(), firms.y.copy()
    room = firms.n < firms.places
    for p in np.flatnonzero(room):
        x_with[p, firms.n[p]], y_with[p, firms.n[p]] = x, y
    where = firms.log_z, firms.log_q
    before = solution.value_at(*where, firms.x, firms.y, firms.n)
    after = solution.value_at(*where, x_with, y_with, firms.n + room)
    gain = after - before - e.nonemployment_value(np.exp(x))
    paid = np.where(room, np.maximum(gain, 0), 0)
    return paid, (1 + firms.n) / (1 + firms.n).sum()


def settling(gain, surplus, paid, chance, renew, meet):
    """Return s(G), the mean change of W a year by settlements, by the rule itself."""
    most = max(surplus, 0.0)
    met = np.clip(gain, np.minimum(paid, most), most) - gain
    return renew * (np.clip(gain, 0, most) - gain) + meet * (chance * met).sum()
