"""The solution against bisection in ranks, where supports are bounded or rough.

Also with the technologies of appendix A.5, whose terms are not log skills.
"""

import numpy as np
import pytest
from plain_teams import PlainTeams, Side
from scipy import stats

from jobteams_lab.team_sorting import Economy, Interactions, RankOne, solve

UNIFORM = stats.uniform(0, 1)
HISTOGRAM = stats.rv_histogram((np.array([1.0, 3.0, 4.0, 2.0]), np.linspace(0, 1, 5)))

# workers, how many a team, projects, ranks at which their quantiles have kinks
LOG = {
    "workers in the middle": (stats.uniform(0.2, 0.6), 2, UNIFORM, (), ()),
    "many workers in the middle": (stats.uniform(0.2, 0.6), 4, UNIFORM, (), ()),
    "projects in the middle": (UNIFORM, 3, stats.uniform(0.2, 0.6), (), ()),
    "thin projects": (UNIFORM, 2, stats.uniform(0.5, 1e-3), (), ()),
    "nobody near zero": (stats.uniform(0.01, 0.98), 2, UNIFORM, (), ()),
    "shifted": (stats.powerlaw(2, 0.1, 0.9), 2, stats.powerlaw(1.5, 0.02, 0.9), (), ()),
    "triangles": (stats.triang(0.3), 2, stats.triang(0.6), (0.3,), (0.6,)),
    "histogram": (HISTOGRAM, 2, stats.beta(2, 2), (0.1, 0.4, 0.8), ()),
    "power laws": (stats.powerlaw(0.4), 3, stats.powerlaw(2.5), (), ()),
}


def compare(economy, plain, rel=1e-12):
    q, total, loss = plain.solve()
    found = solve(economy)
    assert found.output_loss == pytest.approx(loss, rel=rel)
    assert found.mixed_loss == pytest.approx(plain.loss_of(total), rel=rel)
    return found, q


@pytest.mark.parametrize("name", LOG)
def test_log_skills(name):
    workers, m, projects, *kinks = LOG[name]
    plain = PlainTeams(
        Side.log(workers, m, kinks=kinks[0]), Side.log(projects, 1, kinks=kinks[1])
    )
    found, q = compare(Economy(workers, projects, m), plain)
    # where projects are thin all sums along the arms are nearly equal: q is not sharp
    rel = 1e-8 if name == "thin projects" else 1e-12
    assert found.countermonotonic_share == pytest.approx(q, rel=rel)
    ranks = q * np.array([1e-3, 0.1, 0.5, 0.9])
    low, _ = plain.shares(ranks)
    shares = found.low_percentile(ranks, 0) * m / ranks
    np.testing.assert_allclose(shares, low, atol=1e-11)
    np.testing.assert_allclose(found.log_loss(ranks), plain.total(ranks), atol=1e-11)


def test_nothing_mixes_where_projects_dominate():
    workers = stats.uniform(0.5, 1e-3)
    plain = PlainTeams(Side.log(workers, 2), Side.log(UNIFORM, 1))
    found, q = compare(Economy(workers, UNIFORM), plain, rel=1e-6)
    assert found.countermonotonic_share == pytest.approx(1.0, abs=2e-6)
    assert q == pytest.approx(1.0, abs=1e-9)
    # the loss is E[z x²] with both as unequal as they can be: x falls in z
    grid = (np.arange(100_000) + 0.5) / 100_000
    expected = np.mean(grid * (0.5 + 1e-3 * (1 - grid)) ** 2)
    assert found.output_loss == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("workers", "projects", "pairwise"),
    [
        (UNIFORM, UNIFORM, (0.01, 0.02, 0.02)),
        (stats.powerlaw(2), stats.beta(1, 2), (0.0, 0.01, 0.01)),
        (stats.beta(0.5, 1), UNIFORM, (0.002, 0.0, 0.0)),
    ],
)
def test_interactions(workers, projects, pairwise):
    shift_project, shift_worker, _ = pairwise
    plain = PlainTeams(
        Side.log(workers, 2, shift_worker), Side.log(projects, 1, shift_project)
    )
    economy = Economy(workers, projects, technology=Interactions(pairwise))
    found, q = compare(economy, plain, rel=1e-11)
    assert found.countermonotonic_share == pytest.approx(q, rel=1e-10)


@pytest.mark.parametrize(
    ("workers", "projects", "loadings"),
    [
        (stats.beta(1, 4), stats.beta(1, 3), (1.0, 1.0, 2.5)),
        (stats.truncexpon(3, 0, 1 / 3), UNIFORM, (2.0, 2.0, 0.5)),
        (UNIFORM, stats.powerlaw(0.6), (1.0, 1.0, 1.0, 4.0)),
    ],
)
def test_rank_one(workers, projects, loadings):
    m = len(loadings) - 1
    plain = PlainTeams(
        Side.scaled(workers, m, loadings[0]),
        Side.scaled(projects, 1, loadings[-1]),
        np.square,
    )
    technology = RankOne(loadings)
    economy = Economy(workers, projects, m, technology)
    found, q = compare(economy, plain, rel=1e-11)
    assert 0 < q < 1
    assert found.countermonotonic_share == pytest.approx(q, rel=1e-10)
