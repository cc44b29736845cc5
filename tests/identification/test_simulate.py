"""Simulated panels against the equilibrium and against a plain simulator."""

import re

import numpy as np
import pandas as pd
import plain_market
import pytest

from jobteams_lab.identification import (
    NAM,
    NEITHER,
    PAM,
    Economy,
    MatchQuality,
    Types,
    simulate,
    solve,
)
from jobteams_lab.identification.simulate import allot

FAR = 4.5  # z-scores beyond it are no chance: 7 in a million
SIDES = {"worker_types": Types.normal(6), "firm_types": Types.bimodal(5)}


@pytest.fixture(scope="module", params=[0.0, 0.2], ids=["benchmark", "on the job"])
def equilibrium(request):
    return solve(
        Economy(
            NEITHER,
            separation_rate=0.025,
            search_intensity_employed=request.param,
            **SIDES,
        )
    )


@pytest.fixture(scope="module")
def panel(equilibrium):
    return simulate(equilibrium, 6_000, 60, 240, seed=3, noise=0.2)


def _z(samples, target):
    """How many standard errors the mean over replications is from the target."""
    samples = np.asarray(samples)
    error = samples.std(0, ddof=1) / np.sqrt(len(samples))
    gap = samples.mean(0) - target
    return np.where(error > 0, gap / np.where(error > 0, error, 1), 1e9 * (gap != 0))


@pytest.fixture(scope="module")
def replications(equilibrium):
    """16 markets of 6,000 workers over ten years after thirty."""
    X, Y = equilibrium.economy.output.shape
    stocks, hires, wages = [], [], []
    for seed in range(16):
        data = simulate(equilibrium, 6_000, 60, 120, seed=seed, burn_in=360).data
        scale = 120 * 6_000
        mass = np.zeros((X, Y))
        np.add.at(mass, (data["worker_type"], data["firm_type"]), data["time"] / scale)
        stocks.append(mass)
        origin = data["origin"].astype(str).to_numpy()
        # month 0 is not among the months in which a hire is seen
        hires.append(
            [(origin == k).sum() / (119 * 6_000) for k in ("unemployment", "firm")]
        )
        wages.append(data["true_wage"] @ data["time"] / scale)
    return np.array(stocks), np.array(hires), np.array(wages)


def test_stocks_are_those_of_the_equilibrium(equilibrium, replications):
    stocks, _, _ = replications
    q = equilibrium
    shares = allot(6_000, q.economy.worker_types.share) / 6_000
    assert np.abs(shares - q.economy.worker_types.share).max() < 1e-4
    assert np.abs(_z(stocks, q.match_density)).max() < FAR
    assert (
        np.abs(_z(stocks.sum(2), q.economy.worker_types.share - q.unemployed)).max()
        < FAR
    )
    assert (
        np.abs(_z(stocks.sum(1), q.economy.firm_types.share - q.vacancies)).max() < FAR
    )
    assert abs(_z(1 - stocks.sum((1, 2)), q.unemployment_rate)) < FAR
    # and the replications know the answer well enough for that to mean something
    error = stocks.sum((1, 2)).std(ddof=1) / 4
    assert error < 0.01 * q.unemployment_rate


def test_hires_are_those_of_the_equilibrium(equilibrium, replications):
    """Observed hires are those who survive the month: (1 − δ) times the meetings."""
    _, hires, _ = replications
    q = equilibrium
    stay = 1 - q.economy.separation_rate
    seen = q.vacancies / q.vacancies.sum()
    rate = q.meeting_rates
    idle = stay * rate.unemployed * (q.unemployed @ q.acceptance @ seen)
    assert abs(_z(hires[:, 0], idle)) < FAR
    if q.mobility is None:
        assert (hires[:, 1] == 0).all()
    else:
        moves = np.einsum("xk,xky,y->", q.match_density, q.mobility, seen)
        assert abs(_z(hires[:, 1], stay * rate.employed * moves)) < FAR


def test_wages_are_those_of_the_equilibrium(equilibrium, replications):
    """The wage bill, from the flows into each pair by where they came from."""
    _, _, wages = replications
    q = equilibrium
    if q.mobility is None:
        bill = (q.match_density * q.wage).sum()
    else:
        seen = q.vacancies / q.vacancies.sum()
        idle = q.meeting_rates.unemployed * q.unemployed[:, None] * seen * q.acceptance
        came = (
            q.meeting_rates.employed * q.match_density[:, :, None] * seen * q.mobility
        )
        came = came.transpose(0, 2, 1)  # (x, y, from)
        everybody = idle + came.sum(2)
        paid = idle * q.wage + (came * q.poached_wage).sum(2)
        mean = np.divide(paid, everybody, where=everybody > 0, out=0 * paid)
        bill = (q.match_density * mean).sum()
    assert abs(_z(wages, bill)) < FAR


def test_origins_and_wages_spell_by_spell(equilibrium, panel):
    """Walked through by hand: who came from where, and what is paid for it."""
    q, data = equilibrium, panel.data
    before = None
    seen = {"unemployment": 0, "firm": 0, "unknown": 0}
    columns = ["worker", "firm", "start", "end", "origin", "worker_type", "firm_type"]
    for row in data[[*columns, "true_wage"]].itertuples(index=False):
        x, y = row.worker_type, row.firm_type
        same = before is not None and before.worker == row.worker
        seen[row.origin] += 1
        if row.start == 0:
            assert row.origin == "unknown"
        elif row.origin == "firm":
            assert same and before.end == row.start and before.firm != row.firm
            assert row.true_wage == q.poached_wage[x, y, before.firm_type]
            assert q.surplus[x, y] >= q.surplus[x, before.firm_type] - 1e-9
        else:
            assert row.origin == "unemployment"
            assert not same or before.end < row.start
            assert row.true_wage == q.wage[x, y]
        assert q.acceptance[x, y] > 0
        before = row
    assert seen["unemployment"] > 1_000
    assert (seen["firm"] > 1_000) == (q.mobility is not None)


def test_no_firm_has_more_workers_than_jobs(panel):
    data = panel.data
    steps = pd.concat(
        [
            pd.DataFrame({"firm": data["firm"], "month": data["start"], "step": 1}),
            pd.DataFrame({"firm": data["firm"], "month": data["end"], "step": -1}),
        ]
    )
    change = steps.groupby(["firm", "month"])["step"].sum()
    size = change.groupby("firm").cumsum()
    # 6,000 jobs over 60 firms, those of a type split evenly over its firms
    assert size.max() <= 110
    assert size.min() == 0
    assert size.groupby("firm").max().min() > 50
    assert data.groupby("firm")["firm_type"].nunique().max() == 1
    assert data.groupby("worker")["worker_type"].nunique().max() == 1


def test_window_edges(panel):
    data = panel.data
    assert panel.window == (0, 240)
    assert data["start"].min() == 0 and data["end"].max() == 240
    assert (data["end"] > data["start"]).all()
    assert (data["time"] == data["end"] - data["start"]).all()
    running = (data["end"] == 240).mean(), (data["start"] == 0).mean()
    assert min(running) > 0.02
    # every month from the first to the last has hires, alike up to chance
    starts = np.bincount(data["start"].astype(int), minlength=240)[1:]
    assert starts.min() > starts.mean() - 5 * np.sqrt(starts.mean())
    assert starts.max() < starts.mean() + 5 * np.sqrt(starts.mean())


def test_separations_come_at_the_rate_delta(equilibrium, panel):
    """Of the months worked, δ end in unemployment, hires' first month apart.

    A hire shows only if it outlives its first month: at risk are the months worked.
    """
    data = panel.data
    follows = data["worker"].eq(data["worker"].shift(-1))
    moved = follows & data["end"].eq(data["start"].shift(-1))
    ended = (data["end"] < 240) & ~moved
    # in a spell's last month before a move the worker was not at risk any more
    risk = data["time"].sum() - (data["end"] == 240).sum() - moved.sum()
    delta = equilibrium.economy.separation_rate
    spread = np.sqrt(risk * delta * (1 - delta))
    assert abs(ended.sum() - risk * delta) < FAR * spread


def test_ids_say_nothing_about_types(panel):
    data = panel.data
    for side in ("worker", "firm"):
        pairs = data[[side, f"{side}_type"]].drop_duplicates()
        rank = pairs.corr(method="spearman").iloc[0, 1]
        assert abs(rank) < FAR / np.sqrt(len(pairs) - 1)
        assert sorted(pairs[side]) == list(range(len(pairs)))


def test_the_same_seed_gives_the_same_panel(equilibrium):
    first, again, other = (
        simulate(equilibrium, 600, 12, 60, seed=seed, noise=0.1).data
        for seed in (4, 4, 5)
    )
    pd.testing.assert_frame_equal(first, again)
    assert len(first) != len(other) or not np.array_equal(first["wage"], other["wage"])


def test_noise_is_as_specified(equilibrium, panel):
    """σ² E[1/w²] = 0.2 Var(log w), or min(w)/3 if less; cut at 3σ, fresh monthly."""
    data = panel.data
    wage, time = data["true_wage"].to_numpy(), data["time"].to_numpy()
    log_mean = np.average(np.log(wage), weights=time)
    spread = np.average((np.log(wage) - log_mean) ** 2, weights=time)
    sigma = min(
        np.sqrt(0.2 * spread / np.average(wage**-2, weights=time)), wage.min() / 3
    )
    # of a normal cut at ±3 the variance is 1 − 6 φ(3)/(2Φ(3) − 1)
    cut = 1 - 6 * np.exp(-4.5) / np.sqrt(2 * np.pi) / 0.9973002039367398
    months, total = time.sum(), (data["wage"] * time).to_numpy()
    error = (total - wage * time).sum()
    assert abs(error) < FAR * sigma * np.sqrt(cut * months)
    # the errors' squares, from Σ w² = Σ (true + error)²
    squares = data["wage_squares"] - 2 * wage * total + wage**2 * time
    expected = sigma**2 * cut * months
    assert abs(squares.sum() - expected) < FAR * sigma**2 * np.sqrt(2 * months)
    one = data[time == 1]
    assert len(one) > 50
    assert np.abs(one["wage"] - one["true_wage"]).max() <= 3 * sigma
    assert np.allclose(one["wage_squares"], one["wage"] ** 2)
    assert np.allclose(one["wage_logs"], np.log(one["wage"]))
    # within spells errors do not persist: the mean's variance falls as 1/n
    scaled = (data["wage"] - wage) * np.sqrt(time) / sigma
    long = time > 40
    assert np.std(scaled[long]) == pytest.approx(np.sqrt(cut), rel=0.1)


def test_without_noise_the_wage_is_the_true_one(equilibrium):
    data = simulate(equilibrium, 600, 12, 60, seed=1).data
    assert (data["wage"] == data["true_wage"]).all()
    assert np.allclose(data["wage_squares"], data["time"] * data["wage"] ** 2)
    assert np.allclose(data["wage_logs"], data["time"] * np.log(data["wage"]))


def test_only_accepted_qualities_are_seen():
    quality = MatchQuality.normal(0.3, count=5)
    q = solve(
        Economy(
            NAM,
            separation_rate=0.05,
            match_quality=quality,
            home_production=0.2,
            **SIDES,
        )
    )
    data = simulate(q, 3_000, 30, 240, seed=2).data
    x, y = data["worker_type"].to_numpy(), data["firm_type"].to_numpy()
    shock = (data["true_wage"].to_numpy() - q.wage[x, y]) / 0.5
    drawn = np.abs(shock[:, None] - quality.shock).argmin(1)
    assert np.allclose(shock, quality.shock[drawn], atol=1e-12)
    assert (q.quality_acceptance[x, y, drawn] > 0).all()
    assert (q.quality_acceptance.min(2) < 1).any()
    # hires of a pair draw ζ in proportion to its probability, if accepted
    hired = (data["origin"] == "unemployment").to_numpy()
    seen = np.bincount(drawn[hired], minlength=5)
    expected = np.zeros(5)
    for i, j in zip(x[hired], y[hired], strict=True):
        mass = quality.probability * q.quality_acceptance[i, j]
        expected += mass / mass.sum()
    some = expected > 0
    assert (seen[~some] == 0).all()
    distance = ((seen - expected)[some] ** 2 / expected[some]).sum()
    assert distance < 30  # χ² with at most 4 degrees


@pytest.mark.parametrize("phi", [0.0, 0.4])
def test_a_plain_simulator_finds_the_same(phi):
    """Two simulators with only the equilibrium in common, 60 small markets each."""
    q = solve(
        Economy(
            PAM,
            separation_rate=0.05,
            search_intensity_employed=phi,
            worker_types=Types.uniform(3),
            firm_types=Types.uniform(2),
        )
    )
    workers, firms, months, runs = 60, 6, 60, 60
    slow, fast = [], []
    for seed in range(runs):
        spells = plain_market.history(q, workers, firms, months, 150, seed)
        slow.append(plain_market.statistics(spells, workers, months, 3, 2))
        data = simulate(q, workers, firms, months, seed=seed, burn_in=150).data
        columns = ["worker", "firm", "start", "end", "origin", "true_wage"]
        rows = data[[*columns, "worker_type", "firm_type"]]
        fast.append(
            plain_market.statistics(
                rows.itertuples(index=False, name=None), workers, months, 3, 2
            )
        )
    names = sorted(set().union(*slow, *fast))
    assert ("hired from firm" in names) == (phi > 0)
    a, b = (
        np.array([[run[name] for name in names] for run in x]) for x in (slow, fast)
    )
    error = np.sqrt((a.var(0, ddof=1) + b.var(0, ddof=1)) / runs)
    z = (a.mean(0) - b.mean(0)) / np.where(error > 0, error, 1.0)
    assert np.abs(z).max() < FAR, dict(zip(names, z.round(1), strict=True))
    # tight enough to see a month's difference in timing: a share 1/20 of all hires
    hires = names.index("hired from unemployment")
    assert error[hires] < 0.02 * a.mean(0)[hires]


@pytest.mark.parametrize("total", [10, 97, 30_000])
def test_allotted_numbers_are_near_the_shares(total):
    for share in (
        Types.uniform(10).share,
        Types.bimodal(10).share,
        Types.normal(10).share,
    ):
        count = allot(total, share)
        assert count.sum() == total
        assert count.min() >= 1
        big = count > 1
        assert np.abs(count - total * share)[big].max(initial=0) <= (
            1 if total > 97 else 9
        )


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"workers": 3}, ValueError, "workers = 3 must be"),
        ({"firms": 2}, ValueError, "firms = 2 must be"),
        ({"firms": 10_000}, ValueError, "firms = 10000 must be"),
        ({"months": 0}, ValueError, "months = 0 must be"),
        ({"burn_in": -1}, ValueError, "burn_in = -1 must be"),
        ({"noise": -0.1}, ValueError, "noise = -0.1 must be"),
        ({"seed": 1.5}, TypeError, "seed must be a whole number"),
    ],
)
def test_bad_arguments_are_refused(equilibrium, arguments, error, sentence):
    with pytest.raises(error, match=re.escape(sentence)):
        simulate(equilibrium, **({"workers": 600, "firms": 12, "seed": 1} | arguments))


def test_an_economy_is_not_an_equilibrium():
    with pytest.raises(TypeError, match=re.escape("call solve(economy) first")):
        simulate(Economy(PAM), seed=1)


def test_noise_in_logs_needs_positive_wages():
    """Searching costs something where b is negative, and then wages can be too."""
    two = Types([0.0, 1.0], [0.5, 0.5])
    q = solve(
        Economy(
            [[0.01, 0.01], [1.0, 2.0]],
            home_production=-1.0,
            worker_types=two,
            firm_types=two,
            bargaining_power=0.05,
        )
    )
    if q.wage[q.acceptance > 0].min() > 0:
        pytest.fail("choose an economy with a negative wage")
    with pytest.raises(ValueError, match="lowest wage is -"):
        simulate(q, 200, 4, 60, seed=1, noise=0.2)
    panel = simulate(q, 200, 4, 60, seed=1)
    assert "wage_logs" not in panel.data


def test_a_window_in_which_nobody_works_is_refused():
    two = Types([0.0, 1.0], [0.5, 0.5])
    q = solve(
        Economy(
            np.ones((2, 2)) + np.eye(2) / 9,
            separation_rate=0.98,
            matching_efficiency=0.01,
            worker_types=two,
            firm_types=two,
        )
    )
    with pytest.raises(ValueError, match="simulate more workers or a longer window"):
        simulate(q, 2, 2, 1, seed=1)
