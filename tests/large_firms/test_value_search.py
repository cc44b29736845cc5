"""The Bellman equation in features, against sums and loops written from the slides."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from jobteams_lab.large_firms import Economy, additive, firm_grid
from jobteams_lab.large_firms.additive_meetings import Meetings
from jobteams_lab.large_firms.bellman_report import bellman_report
from jobteams_lab.large_firms.bellman_rows import (
    Numbers,
    features,
    normal_equations,
    rows_of,
    terms,
)
from jobteams_lab.large_firms.devices import Devices
from jobteams_lab.large_firms.meeting_tables import GRID, Market, gains, tables
from jobteams_lab.large_firms.networks import Basis, DeepSet
from jobteams_lab.large_firms.population import Population
from jobteams_lab.large_firms.team_basis import scale_of
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.large_firms.value_search import Problem
from jobteams_lab.precision import double

N = 3
NODES = np.array([-0.4, 0.0, 0.1, 0.5])
NAN = float("nan")


@pytest.fixture(scope="module", autouse=True)
def in_double():
    with double():
        yield


@pytest.fixture(scope="module")
def economy():
    return Economy.paper(max_team_size=N).with_(
        learning_from_better=0.4, learning_from_worse=0.2, nonemployment_income=0.6
    )


@pytest.fixture(scope="module")
def sample(economy):
    return draw(economy, np.arange(40) % (N + 1), idle=25)


@pytest.fixture(scope="module")
def market(economy, sample):
    return Market.of(economy, sample, 5, quits=0.1)


@pytest.fixture(scope="module")
def jobless_market(market):
    return only_nonemployed(market)


@pytest.fixture(scope="module")
def basis(economy):
    return Basis(scale_of(economy), DeepSet.random(3, 4, 5))


@pytest.fixture(scope="module")
def coefficients(basis):
    """A V that grows with the team, with surpluses of both signs."""
    rng = np.random.default_rng(1)
    width = basis.size(N)
    own = 0.02 * rng.normal(size=(len(NODES), N + 1, width))
    own[:, :, 0] += 20 * np.exp(NODES)[:, None] + 6 * np.arange(N + 1)
    own[:, :, 3] += 12
    return own


def draw(economy, n, idle, seed=0):
    rng = np.random.default_rng(seed)
    z, q = economy.sample_firms(len(n), rng)
    h, a = economy.sample_workers(len(n) * N + idle, rng)
    places = (len(n), N)
    return TeamSample(
        np.log(z),
        np.log(q),
        np.log(h[idle:]).reshape(places),
        np.log(a[idle:]).reshape(places),
        n,
        np.log(h[:idle]),
        np.log(a[:idle]),
    )


def only_nonemployed(market):
    names = ("x", "y", "nonemployed_rate", "teams")
    kept = {name: getattr(market, name) for name in names}
    nobody = np.zeros(0, int)
    return Market(
        **kept, employed_rate=np.zeros(0), node=nobody, row=nobody, place=nobody
    )


class Plain:
    """The equation at one firm, term by term; a team is a list of (log h, log a)."""

    def __init__(self, economy, basis, coefficients, market, held):
        self.economy, self.market, self.held = economy, market, held
        self.basis, self.coefficients = basis, coefficients

    def value(self, log_z, log_q, team):
        x, y = np.full((2, N), NAN)
        for i, (log_h, log_a) in enumerate(team):
            x[i], y[i] = log_h, log_a
        at = x, y, np.int32(len(team)), np.float64(log_q)
        found = np.asarray(features(self.basis, *at))
        at_nodes = self.coefficients[:, len(team)] @ found
        return float(CubicSpline(NODES, at_nodes)(log_z))

    def outside(self, log_h):
        economy = self.economy
        patience = economy.discount_rate + economy.retirement_rate
        return economy.nonemployment_income * np.exp(log_h) / patience

    def residual(self, log_z, log_q, team):
        """The right side of the slide "Joint Value" less ρV, and who gains."""
        economy, market = self.economy, self.market

        def value(team):
            return self.value(log_z, log_q, team)

        here = value(team)
        eta = economy.ces_exponent
        total = sum(np.exp(eta * log_h) for log_h, _ in team)
        answer = np.exp(log_z) * total ** (1 / eta) - economy.discount_rate * here
        idle = sum(self.outside(log_h) for log_h, _ in team)
        answer += economy.firm_death_rate * (idle - here)
        answer += economy.learning_event_rate * (value(self.learnt(log_q, team)) - here)
        events = economy.renegotiation_rate + economy.contact_rate_employed
        for i, (log_h, _) in enumerate(team):
            less = value(team[:i] + team[i + 1 :])
            broken = less + self.outside(log_h) - here
            answer += economy.retirement_rate * (less - here)
            answer += economy.match_break_rate * broken
            answer += events * max(broken, 0)
        if len(team) == N:
            return answer
        reach = 1 + len(team)
        for m, (log_h, log_a) in enumerate(zip(market.x, market.y, strict=True)):
            gain = value([*team, (log_h, log_a)]) - here - self.outside(log_h)
            answer += reach * market.nonemployed_rate[m] * max(gain, 0)
            for p in np.flatnonzero(market.node == m):
                won = max(gain - max(self.held[p], 0), 0)
                answer += reach * market.employed_rate[p] * won
        return answer

    def learnt(self, log_q, team):
        if not team:
            return team
        h, a = np.exp(np.array(team)).T
        firm = np.zeros(len(team), int)
        one = Population([1.0], np.exp([log_q]), firm, h, a, np.full(len(team), NAN))
        after = np.log(one.learn(self.economy).human_capital)
        return list(zip(after, np.log(a), strict=True))

    def incumbent(self, p):
        """Δ of an atom, at his own firm, as if he were his node."""
        teams, row, place = self.market.teams, *self._at(p)
        m = self.market.node[p]
        team = list(zip(teams.x[row], teams.y[row], strict=True))[: teams.n[row]]
        team[place] = self.market.x[m], self.market.y[m]
        at = teams.log_z[row], teams.log_q[row]
        less = team[:place] + team[place + 1 :]
        return (
            self.value(*at, team) - self.value(*at, less) - self.outside(team[place][0])
        )

    def _at(self, p):
        return self.market.row[p], self.market.place[p]


def teams_of(sample, size):
    rows = np.flatnonzero(sample.n == size)
    keep = np.arange(N) < size
    x, y = (np.where(keep, part[rows], 0) for part in (sample.x, sample.y))
    return rows, x, y


def as_list(x, y, n):
    return list(zip(x[:n], y[:n], strict=True))


def in_features(economy, basis, market, sample, size, turns):
    rows, x, y = teams_of(sample, size)
    devices, numbers = Devices(), Numbers.of(economy)
    log_q = sample.log_q[rows]
    return rows_of(basis, turns, numbers, market, x, y, size, log_q, devices)


def all_features(basis):
    width = basis.size(N)
    return np.broadcast_to(np.eye(width), (N + 1, width, width))


def near(coefficients, size):
    return [coefficients[:, min(max(k, 0), N)] for k in (size - 1, size, size + 1)]


def of_rows(economy, rows, parts, table, market):
    outside = economy.nonemployment_value(np.exp(market.x))
    return terms(rows, *parts, table, outside, Numbers.of(economy), np.exp(NODES))


def slack(market, table):
    """The most by which a cubic between points of the grid misses a kink, by node."""
    top = float(table.top)
    steps = np.diff(np.asarray(table.slope), axis=1)
    widths = top * np.diff(np.linspace(0, 1, GRID) ** 2)
    return (steps * widths / 4).max(axis=1) + 1e-12


@pytest.fixture(scope="module")
def held(market):
    """Incumbents' surpluses, a few of them negative."""
    return np.random.default_rng(2).uniform(-3, 12, len(market.node))


def test_gains_are_the_sums_over_atoms(market, held):
    table = tables(market, held)
    rng = np.random.default_rng(4)
    surplus = rng.uniform(-5, 20, (200, len(market.x)))
    surplus[:3] = [[-1e-9], [0.0], [1e3]]
    value, slope = map(np.asarray, gains(table, surplus))
    paid = np.maximum(held, 0)
    top = float(table.top)
    grid = top * np.linspace(0, 1, GRID) ** 2
    for m, most in enumerate(slack(market, table)):
        mine = market.node == m
        rate = market.employed_rate[mine]
        for d, found, rises in zip(
            surplus[:, m], value[:, m], slope[:, m], strict=True
        ):
            won = d > paid[mine]
            exact = market.nonemployed_rate[m] * max(d, 0)
            exact += (rate * np.maximum(d - paid[mine], 0))[d > 0].sum()
            assert found == pytest.approx(exact, rel=1e-11, abs=most)
            low = grid[max(np.searchsorted(grid, d, "right") - 1, 0)]
            high = grid[min(np.searchsorted(grid, d, "right"), GRID - 1)]
            if d <= 0:
                assert found == rises == 0
            elif not ((paid[mine] >= low) & (paid[mine] <= high)).any():
                # no kink nearby: the sum is a line, and a cubic has it exactly
                assert found == pytest.approx(exact, rel=1e-11)
                hires = market.nonemployed_rate[m] + rate[won].sum()
                assert rises == pytest.approx(hires, rel=1e-11)
    assert slack(market, table).max() < 1e-3 * value.max()


def test_a_market_has_the_masses_that_balance(economy, sample, market):
    # with E employed a unit of firms, Σμ_E = ψ^E E/(1 + E)
    share = market.employed_rate.sum() / economy.contact_rate_employed
    employed = share / (1 - share)
    idle = market.nonemployed_rate.sum() / economy.contact_rate_nonemployed
    idle *= 1 + employed
    assert employed + idle == pytest.approx(economy.workers_per_firm)
    reach = 1 + sample.n
    room = reach[sample.n < N].sum() / reach.sum()
    hired = economy.contact_rate_nonemployed * room * idle
    leave = economy.separation_rate + economy.firm_death_rate + 0.1
    assert hired == pytest.approx(leave * employed)
    assert market.rate == pytest.approx(
        market.nonemployed_rate.sum() + market.employed_rate.sum()
    )


def test_a_node_is_the_mean_of_the_workers_it_stands_for(sample, market):
    x, y = sample.workers
    order = np.argsort(x, kind="stable")
    parts = np.array_split(order, len(market.x))
    idle = market.nonemployed_rate / market.nonemployed_rate.sum()
    atoms = sample.taken.sum()
    for m, part in enumerate(parts):
        assert np.exp(market.x[m]) == pytest.approx(np.exp(x[part]).mean())
        assert market.y[m] == pytest.approx(y[part].mean())
        unemployed = (part >= atoms).sum() / len(sample.nonemployed_x)
        assert idle[m] == pytest.approx(unemployed)
        assert np.array_equal(
            np.flatnonzero(market.node == m), np.sort(part[part < atoms])
        )


@pytest.mark.parametrize("size", range(N + 1))
def test_terms_are_those_of_the_slides(
    economy, basis, coefficients, sample, jobless_market, size
):
    nobody = np.zeros(0)
    plain = Plain(economy, basis, coefficients, jobless_market, nobody)
    compare(plain, tables(jobless_market, nobody), sample, size, 1e-9)


@pytest.mark.parametrize("size", range(N + 1))
def test_terms_with_poaching_are_those_of_the_slides(
    economy, basis, coefficients, sample, market, held, size
):
    plain = Plain(economy, basis, coefficients, market, held)
    table = tables(market, held)
    most = (1 + size) * slack(market, table).sum()
    compare(plain, table, sample, size, 1e-9 + most * (size < N))


def compare(plain, table, sample, size, most):
    economy, market = plain.economy, plain.market
    turns = all_features(plain.basis)
    rows = in_features(economy, plain.basis, market, sample, size, turns)
    found = of_rows(economy, rows, near(plain.coefficients, size), table, market)
    which, x, y = teams_of(sample, size)
    sizes = []
    for i, row in enumerate(which[:4]):
        for k, log_z in enumerate(NODES):
            team = as_list(x[i], y[i], size)
            at = log_z, sample.log_q[row], team
            assert found.value[i, k] == pytest.approx(plain.value(*at), rel=1e-11)
            exact = plain.residual(*at)
            assert found.residual[i, k] == pytest.approx(exact, rel=1e-10, abs=most)
            sizes.append(abs(exact))
    assert np.median(sizes) > 300 * most


def test_some_workers_would_quit_and_some_are_refused(
    economy, basis, coefficients, sample, market, held
):
    """Else the loops above would not see those terms."""
    turns, table = all_features(basis), tables(market, held)
    losing, hiring = [], []
    for size in range(N + 1):
        rows = in_features(economy, basis, market, sample, size, turns)
        found = of_rows(economy, rows, near(coefficients, size), table, market)
        losing.append(np.asarray(found.losing)[:, :size].ravel())
        hiring.append(np.asarray(found.hiring).ravel())
    quits = np.concatenate(losing) > economy.separation_rate + 0.5
    assert 0.02 < quits.mean() < 0.98
    assert 0.02 < (np.concatenate(hiring[:N]) > 0).mean() < 0.98
    assert not hiring[N].any()


@pytest.mark.parametrize("size", [0, 2, N])
def test_normal_equations_are_newtons(economy, basis, sample, jobless_market, size):
    rng = np.random.default_rng(5)
    width = 4
    turns = rng.normal(size=(N + 1, basis.size(N), width)) / 20
    turns[:, :, 0] = 0
    turns[:, 0, 0] = 1
    parts = [rng.normal(size=(len(NODES), width)) for _ in range(3)]
    for k, part in enumerate(parts):
        part[:, 0] += 30 + 5 * k
    table = tables(jobless_market, np.zeros(0))
    rows = in_features(economy, basis, jobless_market, sample, size, turns)

    def residual(parts):
        return np.asarray(of_rows(economy, rows, parts, table, jobless_market).residual)

    weight = np.array([0.1, 0.2, 0.3, 0.4])
    outside = economy.nonemployment_value(np.exp(jobless_market.x))
    numbers = Numbers.of(economy)
    right, left = normal_equations(
        rows, *parts, table, outside, numbers, np.exp(NODES), weight
    )
    now = residual(parts)
    value = np.abs(np.asarray(rows.own) @ parts[1].T)
    scale = np.sqrt(weight / len(value)) / (economy.discount_rate * value)
    A = np.empty((3 * width, *now.shape))
    step = 1e-5  # the equation is linear between kinks: only rounding is left
    for j in range(3 * width):
        up, down = ([part.copy() for part in parts] for _ in range(2))
        up[j // width][:, j % width] += step
        down[j // width][:, j % width] -= step
        A[j] = (residual(down) - residual(up)) / (2 * step) * scale
    assert value.min() > 0.2 * np.median(value)
    expected = np.einsum("jrz,rz->zj", A, now * scale)
    assert np.asarray(right) == pytest.approx(expected, rel=1e-6, abs=1e-7)
    expected = np.einsum("irz,jrz->zij", A, A)
    assert np.asarray(left) == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_incumbents_surpluses(economy, basis, coefficients, market):
    turns = all_features(basis)
    problem = Problem(
        Numbers.of(economy), basis, NODES, market, [], turns, None, [], Devices()
    )
    plain = Plain(economy, basis, coefficients, market, None)
    found = problem.incumbent_surplus(coefficients)
    within = np.flatnonzero(
        (market.teams.log_z[market.row] > NODES[0])
        & (market.teams.log_z[market.row] < NODES[-1])
    )
    assert len(within) > 10
    for p in within:
        assert found[p] == pytest.approx(plain.incumbent(p), rel=1e-10, abs=1e-10)


def one_firm_of_each_size(economy):
    drawn = draw(economy, np.arange(N + 1), idle=6, seed=9)
    return TeamSample(
        np.array([-0.35, 0.05, 0.2, 0.45]),
        drawn.log_q,
        drawn.x,
        drawn.y,
        drawn.n,
        drawn.nonemployed_x,
        drawn.nonemployed_y,
    )


def report(economy, basis, coefficients, sample, market, table):
    args = economy, basis, NODES, coefficients, sample, market, table
    return bellman_report(*args, many=8, seed=0)


def test_a_report_is_of_the_plain_residuals(
    economy, basis, coefficients, jobless_market
):
    sample = one_firm_of_each_size(economy)
    table = tables(jobless_market, np.zeros(0))
    plain = Plain(economy, basis, coefficients, jobless_market, np.zeros(0))
    q = np.empty(N + 1)
    for n in range(N + 1):
        team = as_list(sample.x[n], sample.y[n], n)
        at = sample.log_z[n], sample.log_q[n], team
        q[n] = plain.residual(*at) / (economy.discount_rate * abs(plain.value(*at)))
    found = report(economy, basis, coefficients, sample, jobless_market, table)
    assert found.mean == pytest.approx(q.mean(), rel=1e-8)
    assert found.mean_square == pytest.approx((q**2).mean(), rel=1e-8)
    assert found.largest == found.p99 == pytest.approx(np.abs(q).max(), rel=1e-8)
    assert found.median == pytest.approx(np.sort(np.abs(q))[1], rel=1e-8)


def test_one_event_away_from_teams_all_alike_are_such_teams(
    economy, basis, coefficients, jobless_market
):
    n = np.arange(N + 1)
    same = {"log_z": np.full(N + 1, 0.2), "log_q": np.full(N + 1, -0.02)}
    everybody = {"x": np.full((N + 1, N), 0.1), "y": np.full((N + 1, N), 0.01)}
    idle = SimpleNamespace(x=np.full(3, 0.1), y=np.full(3, 0.01))
    sample = TeamSample(
        **same, **everybody, n=n, nonemployed_x=idle.x, nonemployed_y=idle.y
    )
    table = tables(jobless_market, np.zeros(0))
    found = report(economy, basis, coefficients, sample, jobless_market, table)
    assert found.off_mean_square == pytest.approx(found.mean_square, rel=1e-10)
    assert found.off_largest == pytest.approx(found.largest, rel=1e-10)
    assert (found.sizes**2).mean() == pytest.approx(found.mean_square, rel=1e-10)


def test_productivities_between_nodes_are_on_a_spline():
    at = np.linspace(-0.4, 0.5, 9)
    values = np.random.default_rng(0).normal(size=len(NODES))
    expected = CubicSpline(NODES, values)(at)
    assert firm_grid.weights(NODES, at) @ values == pytest.approx(expected)
    assert firm_grid.weights(NODES, np.array([9.0])) @ values == pytest.approx(
        values[-1]
    )


@pytest.mark.slow
def test_values_that_add_up_are_the_closed_form():
    """At firms off the nodes, and workers and teams that V was not solved at.

    A team grows at a tenth of the rate at which it shrinks, so that of the bound at
    seven, which the closed form lacks, a team of two sees 1e-5 of a place's value.
    """
    economy = Economy.paper(max_team_size=7).with_(
        ces_exponent=1.0,
        learning_from_better=0.0,
        learning_from_worse=0.0,
        firm_death_rate=0.05,
        match_break_rate=0.4,
        contact_rate_employed=0.2,
        sd_log_productivity=0.1,
    )
    rng = np.random.default_rng(0)
    types, busy = 3, 600
    h, a = economy.sample_workers(types, rng)
    z, q = economy.sample_firms(busy, rng)
    node = np.arange(busy) % types
    idle, poached = np.full(types, 0.02 / types), np.full(busy, 0.02 / busy)
    truth = additive.solve(
        economy, Meetings((h, a, idle), (h[node], a[node], z, q, poached))
    )

    x, y = np.zeros((2, busy, 7))
    x[:, 0], y[:, 0] = np.log(h[node]), np.log(a[node])
    alone = TeamSample(
        np.log(z), np.log(q), x, y, np.ones(busy, int), np.log(h), np.log(a)
    )
    place = np.zeros(busy, int)
    market = Market(
        np.log(h), np.log(a), idle, poached, node, alone, np.arange(busy), place
    )

    def teams(firms):
        z, q = economy.sample_firms(firms, rng)
        h, a = economy.sample_workers(firms * 8, rng)
        x, y = (np.log(part).reshape(firms, 8) for part in (h, a))
        n = np.arange(firms) % 8
        return TeamSample(np.log(z), np.log(q), x[:, 1:], y[:, 1:], n, x[:, 0], y[:, 0])

    sample, held_out = teams(2000), teams(300)
    basis = Basis(scale_of(economy))
    nodes = firm_grid.nodes(np.append(sample.log_z, np.log(z)), 24)
    problem = Problem.of(economy, basis, nodes, market, sample, 150, 40, rng)
    guess = np.zeros((24, 8, basis.size(7)))
    guess[:, :, 0] = 2
    guess[:, :, 3] = 2 * np.arange(8)
    own, changes = problem.solve(
        problem.whitened(basis, guess), 40, 1e-7, lambda change: None
    )
    assert changes[-1] < 1e-7
    surplus = problem.incumbent_surplus(problem.coefficients(own))
    assert surplus == pytest.approx(truth.incumbent_surplus, rel=1e-3)

    log_z = held_out.log_z
    small = (held_out.n <= 2) & (log_z > nodes[0]) & (log_z < nodes[-1])
    test = held_out.rows(small)
    found = np.asarray(features(basis, test.x, test.y, test.n, test.log_q))
    value = problem.coefficients(own)[:, test.n]
    share = firm_grid.weights(nodes, test.log_z)
    found = np.einsum("rz,zrb,rb->r", share, value, found)
    row, place = np.nonzero(test.taken)
    workers = np.exp(test.x[row, place]), np.exp(test.y[row, place])
    exact = truth.joint_value(np.exp(test.log_z), np.exp(test.log_q), row, *workers)
    error = np.abs(found / exact - 1)
    assert len(exact) > 90 and error[test.n > 0].max() < 1e-4
    # an empty firm is worth its meetings alone, in which each incumbent is a kink
    assert error[test.n == 0].max() < 5e-4
