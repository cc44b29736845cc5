"""Economies that several test files of this room look at."""

import numpy as np
from high_precision_teams import PROJECTS, WORKERS
from scipy import stats

from jobteams_lab.team_sorting import Economy, Mixture, Quantiles, solve

UNIFORM = stats.uniform(0, 1)


def beta(shapes):
    return stats.beta(*map(float, shapes))


def paper(workers="1981", projects="1981", m=2):
    """The paper's estimated economies (footnote 22)."""
    return Economy(beta(WORKERS[workers]), beta(PROJECTS[projects]), m)


def uniform(m=2):
    return Economy(UNIFORM, UNIFORM, m)


# the name says what is odd about them
SMOOTH = {
    "uniform": uniform(),
    "1981": paper(),
    "2013, five workers": paper("2013", "2013", 5),
    "worse workers than projects": paper("2013", "1981", 3),
    "arcsine": Economy(stats.arcsine(), stats.beta(0.5, 0.5)),
    "steep at zero": Economy(stats.beta(0.05, 1), UNIFORM),
    "concentrated": Economy(stats.beta(30, 20), stats.beta(2, 2)),
    "three groups": Economy(
        [stats.beta(2, 3), stats.beta(1, 2), stats.beta(0.5, 2)],
        stats.beta(2, 2),
        [2, 1, 1],
    ),
    "two humps": Economy(
        Mixture([stats.beta(60, 30), stats.beta(2, 40)], [0.5, 0.5]), stats.beta(2, 2)
    ),
    "truncated normal": Economy(
        stats.truncnorm(-1, 1, 0.5, 0.5), stats.truncnorm(-2, 2, 0.5, 0.25)
    ),
}
BOUNDED = {
    "workers in the middle": Economy(stats.uniform(0.2, 0.6), UNIFORM),
    "projects in the middle": Economy(UNIFORM, stats.uniform(0.2, 0.6)),
    "nobody near zero": Economy(stats.uniform(0.01, 0.98), stats.uniform(0.01, 0.98)),
    "thin projects": Economy(UNIFORM, stats.uniform(0.5, 1e-3)),
    "a bounded group": Economy([stats.uniform(0.2, 0.6), stats.beta(1, 2)], UNIFORM),
    "disjoint": Economy(
        [stats.uniform(0, 0.3), stats.uniform(0.7, 0.3)], stats.uniform(0.4, 0.2)
    ),
    "everyone mixes": Economy(stats.uniform(0.2, 0.6), stats.uniform(0.2, 0.6)),
}
ROUGH = {
    "histogram": Economy(
        stats.rv_histogram((np.array([1.0, 3.0, 4.0, 2.0]), np.linspace(0, 1, 5))),
        stats.beta(2, 2),
    ),
    "triangles": Economy(stats.triang(0.3), stats.triang(0.6)),
    "two quantiles": Economy(Quantiles([0.2, 0.7], [0, 1]), stats.beta(2, 2)),
}
EVERY = {**SMOOTH, **BOUNDED, **ROUGH}


def adversarial_teams(economy, teams=4_000, seed=0):
    """Teams of anyone: drawn from the margins, spread evenly, and at the ends."""
    rng = np.random.default_rng(seed)
    result = np.empty((teams, economy.size))
    for group in economy.groups:
        low, high = group.margin.skill.low, group.margin.skill.high
        for position in group.positions:
            drawn = group.margin.skill_at(group.margin.quantile(rng.random(teams)))
            even = rng.uniform(low, high, teams)
            near = low + (high - low) * 10.0 ** rng.uniform(-12, 0, teams)
            kinds = [drawn, even, near, np.full(teams, low), np.full(teams, high)]
            which = rng.choice(5, p=[0.4, 0.3, 0.2, 0.05, 0.05], size=teams)
            column = np.choose(which, kinds)
            result[:, position] = np.clip(column, low, high)
    return result


SOLVED = {}


def solved(name):
    """One of the economies, solved once a process."""
    if name not in SOLVED:
        SOLVED[name] = solve(EVERY[name])
    return SOLVED[name]


def members(economy, teams):
    """(group, its skills) of each column of teams."""
    for g, group in enumerate(economy.groups):
        for position in group.positions:
            yield g, group.margin.skill, teams[..., position]


def arms(equilibrium, points=60):
    """(group, ranks, teams) of each arm, at the ranks at which it has someone."""
    q = equilibrium.countermonotonic_share
    if q == 0:
        return
    q = min(q, float(np.exp(equilibrium.curve.end)))  # q = 1 is solved up to 1 - 1e-6
    first = max(1e-6 * q, np.exp(equilibrium.curve.start))
    ranks = np.append(
        np.geomspace(first, 0.1 * q, points), q * np.linspace(0.1, 1, points)
    )
    for g in range(len(equilibrium.economy.groups)):
        inside = ranks[equilibrium.low_percentile(ranks, g) > 0]
        if inside.size:
            yield g, inside, equilibrium.arm(inside, g)


def pay(equilibrium, g):
    """Wage or firm value of group g, the marginal product, and its support."""
    economy = equilibrium.economy
    skill = economy.groups[g].margin.skill
    projects = g == len(economy.groups) - 1

    def schedule(x):
        return equilibrium.firm_value(x) if projects else equilibrium.wage(x, g)

    return schedule, lambda x: equilibrium.marginal_product(x, g), skill.low, skill.high


def schedules(equilibrium):
    return [pay(equilibrium, g) for g in range(len(equilibrium.economy.groups))]
