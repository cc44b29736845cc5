"""What the figures of an equilibrium over all teams draw."""

import numpy as np
import pytest

from jobteams_lab.figures import axes
from jobteams_lab.large_firms.exact import FiniteEconomy, solve
from jobteams_lab.large_firms.figures import (
    complementarity,
    plot_against_bound,
    plot_complementarities,
    plot_surplus_by_size,
    plot_surplus_under_bounds,
    plot_team_sizes,
    plot_where_workers_are,
    surplus_by_size,
)


def economy(**changes):
    """Two types of workers, three firms (two with one z) and at most three a team."""
    fields = {
        "human_capital": [0.7, 1.4],
        "newborn_shares": [0.5, 0.5],
        "productivity": [0.8, 1.25, 1.25],
        "learning_environment": [1.0, 0.95, 1.05],
        "firm_shares": [0.4, 0.3, 0.3],
        "max_team_size": 3,
        "workers_per_firm": 2.0,
    }
    return FiniteEconomy.example(**{**fields, **changes})


@pytest.fixture(scope="module")
def solved():
    return solve(economy())


@pytest.fixture(scope="module")
def alike():
    one = {"human_capital": [1.0], "newborn_shares": [1.0]}
    return {
        f"N = {bound}": solve(economy(max_team_size=bound, **one)) for bound in (2, 4)
    }


def words(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize(("worker", "coworkers"), [(0, None), (1, 0), (0, 1)])
def test_surplus_by_size_is_that_of_the_values(solved, worker, coworkers):
    found = surplus_by_size(solved, worker, coworkers)
    beside = worker if coworkers is None else coworkers
    assert found.shape == (3, 3)
    for t in range(3):
        for n in range(3):
            team = [0, 0]
            team[beside] += n
            team[worker] += 1
            expected = solved.surplus_of(t, team, worker)
            assert found[t, n] == pytest.approx(expected, abs=1e-10)


def test_surplus_lines_are_the_surpluses_and_say_which_firm(solved):
    ax = axes()
    assert plot_surplus_by_size(solved, ax, worker_type=1, coworkers=0) is ax
    lines = ax.get_lines()[:3]
    drawn = np.stack([line.get_ydata() for line in lines])
    np.testing.assert_array_equal(drawn, surplus_by_size(solved, 1, 0))
    assert words(ax) == ["z = 0.80", "z = 1.25", "z = 1.25"]
    assert len({line.get_linestyle() for line in lines}) == 3


@pytest.mark.parametrize("names", [{"worker_type": 2}, {"coworkers": -1}])
def test_a_type_that_is_not_there_is_refused(solved, names):
    (name,) = names
    with pytest.raises(ValueError, match=name):
        plot_surplus_by_size(solved, axes(), **names)


def test_surplus_under_bounds_is_drawn_up_to_each_bound(alike):
    ax = plot_surplus_under_bounds(alike, axes(), firm_type=0)
    assert [len(line.get_ydata()) for line in ax.get_lines()] == [2, 4]
    last = alike["N = 4"]
    expected = [last.surplus_of(0, [n], 0) for n in (1, 2, 3, 4)]
    np.testing.assert_allclose(ax.get_lines()[1].get_ydata(), expected, atol=1e-10)
    assert words(ax) == list(alike)


def test_team_sizes_leave_out_firms_without_workers(alike):
    ax = plot_team_sizes(alike, axes())
    for line, equilibrium in zip(ax.get_lines(), alike.values(), strict=True):
        sizes, shares = line.get_data()
        bound = equilibrium.economy.max_team_size
        assert list(sizes) == list(range(1, bound + 1))
        assert shares.sum() == pytest.approx(1.0)
        # mean size over firms with workers, from employment alone
        active = 1 - equilibrium.cross_section.firms[:, 0].sum()
        employed = equilibrium.employment_rate * equilibrium.economy.workers_per_firm
        assert sizes @ shares == pytest.approx(employed / active)


def test_a_series_that_ends_early_is_labelled_on_its_right():
    series = {"long": [1.0, 2.0, 3.0], "short": [1.0, 1.5]}
    ax = plot_against_bound([10, 20, 40], series, axes(), ylabel="value")
    long, short = ax.get_lines()
    assert list(long.get_xdata()) == [10, 20, 40]
    assert list(short.get_xdata()) == [10, 20]
    assert [text.get_ha() for text in ax.texts] == ["right", "left"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10", "20", "40"]


def test_where_workers_are_adds_up_firms_of_one_productivity(solved):
    ax = plot_where_workers_are(solved, axes())
    lines = ax.get_lines()
    assert words(ax) == ["h = 0.70", "h = 1.40"]
    for k, line in enumerate(lines):
        z, shares = line.get_data()
        assert list(z) == [0.8, 1.25]
        held = solved.employed[k].sum(axis=1)
        np.testing.assert_allclose(shares, [held[0], held[1:].sum()] / held.sum())


def test_where_workers_are_adds_up_abilities():
    able = solve(economy(ability=[0.98, 1.03], newborn_shares=[0.3, 0.2, 0.1, 0.4]))
    lines = plot_where_workers_are(able, axes()).get_lines()
    held = able.employed.sum(axis=2)
    low = held[:2].sum(axis=0)  # ability runs fastest
    np.testing.assert_allclose(lines[0].get_ydata()[0], low[0] / low.sum())


def test_complementarity_of_two_types_is_a_difference_of_differences(solved):
    pairs = complementarity(solved, 1, 2)
    same = solved.surplus_of(1, [3, 0], 0) + solved.surplus_of(1, [0, 3], 1)
    mixed = solved.surplus_of(1, [1, 2], 0) + solved.surplus_of(1, [2, 1], 1)
    expected = (same - mixed) / 4
    np.testing.assert_allclose(pairs, expected * np.array([[1, -1], [-1, 1]]))
    assert abs(expected) > 1e-3


def test_nothing_is_complementary_where_workers_add_up():
    apart = solve(
        economy(
            ces_exponent=1.0,
            learning_from_better=0.0,
            learning_from_worse=0.0,
            learning_environment=[1.0, 1.0, 1.0],
            max_team_size=2,
            nonemployment_income=0.0,
            contact_rate_employed=0.0,
        )
    )
    # places are few, so that the size of a team matters, but not who is in it
    assert np.abs(complementarity(apart, 0, 1)).max() < 1e-9
    assert np.abs(complementarity(solve(economy()), 0, 1)).max() > 1e-3


@pytest.mark.parametrize(("firm", "coworkers"), [(3, 1), (0, 0), (0, 3)])
def test_complementarity_refuses_what_is_not_there(solved, firm, coworkers):
    name = "firm_type" if firm == 3 else "coworkers"
    with pytest.raises(ValueError, match=name):
        complementarity(solved, firm, coworkers)


def test_heat_maps_share_a_scale_and_show_the_numbers(solved):
    weaker = solve(economy(learning_from_better=0.0, learning_from_worse=0.0))
    both = {"as it is": solved, "no learning": weaker}
    panels = plot_complementarities(both, axes(2), firm_type=0, coworkers=1)
    images = [ax.get_images()[0] for ax in panels]
    assert images[0].get_clim() == images[1].get_clim()
    low, high = images[0].get_clim()
    assert low == -high
    for ax, image, equilibrium in zip(panels, images, both.values(), strict=True):
        values = complementarity(equilibrium, 0, 1)
        np.testing.assert_array_equal(image.get_array(), values)
        drawn = [float(text) for text in words(ax)]
        np.testing.assert_allclose(drawn, values.ravel(), atol=0.00501)
    assert [ax.get_title("left") for ax in panels] == list(both)
