"""Panels of teams: what a row says, and what the rows add up to."""

import numpy as np
import pandas as pd
import pytest
from team_examples import EVERY, paper

from jobteams_lab import Panel
from jobteams_lab.inequality import between_within
from jobteams_lab.team_sorting import simulate, solve
from jobteams_lab.team_sorting.mixed_set import all_teams, sample

LIMIT = 4.5  # standard errors


@pytest.fixture(scope="module", params=["1981", "three groups", "everyone mixes"])
def panel(request):
    equilibrium = solve(EVERY[request.param])
    return equilibrium, simulate(equilibrium, 4_000, seed=7)


def test_every_firm_has_a_team_and_every_worker_one_row(panel):
    equilibrium, simulated = panel
    assert isinstance(simulated, Panel)
    data, workers = simulated.data, equilibrium.economy.size - 1
    assert len(simulated.firms) == 4_000
    assert len(simulated.workers) == len(data) == 4_000 * workers
    assert np.all(data.groupby("firm").size() == workers)
    assert simulated.window == (0.0, 1.0)
    assert simulated.is_monthly
    for name, group in enumerate(equilibrium.economy.groups[:-1]):
        count = (data["group"] == name).groupby(data["firm"]).sum()
        assert np.all(count == group.count)
    assert np.all(data.groupby("firm")[["project", "team_loss"]].nunique() == 1)


def test_rows_tell_the_teams_that_were_drawn(panel):
    equilibrium, simulated = panel
    teams = sample(equilibrium, 4_000, 7)
    data = simulated.data.sort_values(["firm", "worker"])
    skills = data["skill"].to_numpy().reshape(len(teams), -1)
    assert np.array_equal(skills, teams[:, :-1])
    first = data.groupby("firm").first()
    assert np.array_equal(first["project"], teams[:, -1])
    loss = teams[:, -1] * teams[:, :-1].prod(axis=1)
    assert first["team_loss"].to_numpy() == pytest.approx(loss, rel=1e-12)


def test_workers_get_their_wages_and_firms_the_rest(panel):
    equilibrium, simulated = panel
    data = simulated.data
    for name in range(len(equilibrium.economy.groups) - 1):
        rows = data[data["group"] == name]
        wage = equilibrium.wage(rows["skill"].to_numpy(), name)
        assert rows["wage"].to_numpy() == pytest.approx(wage, abs=1e-15)
        error = wage.std() / np.sqrt(len(wage))
        assert abs(wage.mean() - equilibrium.mean_wage[name]) < LIMIT * error
    teams = data.groupby("firm").agg(
        paid=("wage", "sum"), project=("project", "first"), loss=("team_loss", "first")
    )
    left = teams["project"] - teams["loss"] - teams["paid"]
    value = equilibrium.firm_value(teams["project"].to_numpy())
    assert left.to_numpy() == pytest.approx(value, abs=1e-9)


def test_earnings_of_wages():
    equilibrium = solve(paper())
    plain = simulate(equilibrium, 500, seed=1).data
    earned = simulate(equilibrium, 500, seed=1, earnings=lambda w: 5e6 * w + 3770.0)
    expected = 5e6 * plain["wage"].to_numpy() + 3770.0
    assert earned.data["wage"].to_numpy() == pytest.approx(expected, rel=1e-14)
    pd.testing.assert_series_equal(earned.data["skill"], plain["skill"])


@pytest.mark.parametrize("coupling", ["rearranged", "entropy"])
def test_variance_between_firms_is_that_of_the_coupling(coupling):
    equilibrium = solve(paper())
    data = simulate(equilibrium, 40_000, 3, coupling, lambda w: 5e6 * w + 3770.0).data
    logs, firm = np.log(data["wage"].to_numpy()), data["firm"].to_numpy()
    share = between_within(logs, firm, np.ones(len(logs))).between_share
    teams = all_teams(equilibrium, coupling)
    means = np.log(5e6 * equilibrium.wage(teams.skills[:, :2]) + 3770.0)
    weights, centre = teams.weights, teams.weights @ means.mean(axis=1)
    total = weights @ ((means - centre) ** 2).mean(axis=1)
    exact = weights @ (means.mean(axis=1) - centre) ** 2 / total
    # the standard error of the share from 40 lots of firms
    lots = [between_within(logs[firm % 40 == k], firm[firm % 40 == k],
                           np.ones(np.sum(firm % 40 == k))).between_share
            for k in range(40)]  # fmt: skip
    assert abs(share - exact) < LIMIT * np.std(lots) / np.sqrt(40)


def test_seeds_reproduce():
    equilibrium = solve(paper())
    one, again, other = (simulate(equilibrium, 50, s).data for s in (4, 4, 5))
    pd.testing.assert_frame_equal(one, again)
    assert not one["skill"].equals(other["skill"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"teams": 0}, "teams = 0 must be"),
        ({"teams": 1.5}, "teams must be a whole number"),
        ({"coupling": "random"}, "coupling = 'random' is not known"),
        ({"earnings": 3.0}, "earnings = 3.0 must be a function of wages"),
        ({"earnings": lambda w: 1.0}, r"earnings returned shape \(\) for 20 wages"),
        ({"earnings": lambda w: w / 0}, "finite"),
    ],
)
def test_bad_arguments_are_refused(options, sentence):
    arguments = {"teams": 10, "seed": 1, **options}
    with (
        pytest.raises((TypeError, ValueError), match=sentence),
        np.errstate(all="ignore"),
    ):
        simulate(solve(paper()), **arguments)


def test_what_cannot_be_mixed_cannot_be_simulated():
    with pytest.raises(ValueError, match="cannot be mixed"):
        simulate(solve(EVERY["two humps"]), 10, 1)
    with pytest.raises(TypeError, match="equilibrium is a Economy"):
        simulate(EVERY["1981"], 10, 1)
