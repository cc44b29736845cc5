"""Economies: what is refused, what the designs are, how masses are spread."""

import re

import numpy as np
import pytest

from jobteams_lab.identification import (
    NAM,
    NEITHER,
    PAM,
    Economy,
    MatchQuality,
    Types,
    designs,
)


@pytest.mark.parametrize(
    ("fields", "error", "sentence"),
    [
        ({"discount_factor": 1}, ValueError, "discount_factor = 1 must be less"),
        ({"discount_factor": 0}, ValueError, "discount_factor = 0 must be greater"),
        ({"separation_rate": 0}, ValueError, "separation_rate = 0 must be greater"),
        ({"separation_rate": 1.0}, ValueError, "separation_rate = 1 must be less"),
        ({"bargaining_power": -0.1}, ValueError, "bargaining_power = -0.1 must be"),
        ({"bargaining_power": "half"}, TypeError, "bargaining_power must be a number"),
        ({"matching_efficiency": 0}, ValueError, "matching_efficiency = 0 must be"),
        ({"search_intensity_employed": 1.2}, ValueError, "must be at least 0 and at"),
        ({"home_production": np.nan}, ValueError, "home_production = nan must be"),
        ({"worker_types": 50}, TypeError, "worker_types must be a Types, not int"),
        ({"match_quality": 0.1}, TypeError, "match_quality must be a MatchQuality"),
    ],
)
def test_a_bad_field_is_named_with_its_value(fields, error, sentence):
    with pytest.raises(error, match=re.escape(sentence)):
        Economy(PAM, **fields)


def test_production_must_have_the_types_shape_and_be_finite():
    with pytest.raises(ValueError, match=r"shape \(2, 3\).*must be \(50, 50\)"):
        Economy(np.ones((2, 3)))
    with pytest.raises(ValueError, match="worker type 0 and firm type 49"):
        Economy(lambda x, y: np.where((x == 0) & (y == 1), np.nan, 1.0))


def test_an_economy_in_which_nobody_would_work_is_refused():
    with pytest.raises(ValueError, match="nobody would work"):
        Economy(PAM, home_production=2.2)


def test_match_quality_with_search_on_the_job_is_refused():
    with pytest.raises(ValueError, match="leave one of them out"):
        Economy(PAM, search_intensity_employed=0.2, match_quality=MatchQuality.normal())


@pytest.mark.parametrize(
    ("productivity", "share", "sentence"),
    [
        ([0, 1], [1], "give one share for each type"),
        ([1, 0], [0.5, 0.5], "sort the types"),
        ([0, 0], [0.5, 0.5], "join those that are equal"),
        ([0, np.inf], [0.5, 0.5], "finite and increasing"),
        ([0, 1], [1, 0], "leave out the types that nobody has"),
        ([0, 1], [0.5, 0.6], "share sums to 1.1"),
        ([0, 1], [0.5, np.nan], "share has the value nan"),
    ],
)
def test_types_that_are_no_distribution_are_refused(productivity, share, sentence):
    with pytest.raises(ValueError, match=sentence):
        Types(productivity, share)


def test_shares_follow_the_densities():
    grid = np.linspace(0, 1, 50)
    assert np.allclose(Types.uniform().share, 0.02, rtol=1e-15)
    normal = Types.normal().share
    bell = np.exp(-((grid - 0.5) ** 2) / (2 * 0.5**2))
    assert np.allclose(normal, bell / bell.sum(), rtol=1e-13)
    two = Types.bimodal().share
    humps = np.flatnonzero((two[1:-1] > two[:-2]) & (two[1:-1] > two[2:])) + 1
    assert np.allclose(grid[humps], [0.25, 0.75], atol=0.02)
    for types in (Types.uniform(7), Types.normal(7), Types.bimodal(7)):
        assert len(types) == 7
        assert types.share.sum() == pytest.approx(1, abs=1e-15)


def test_match_quality_is_symmetric_and_cut():
    quality = MatchQuality.normal()
    assert len(quality.shock) == 21
    assert quality.shock[[0, -1]] == pytest.approx([-0.21, 0.21])
    assert quality.probability == pytest.approx(quality.probability[::-1])
    bell = np.exp(-(quality.shock**2) / (2 * 0.105**2))
    assert np.allclose(quality.probability, bell / bell.sum(), rtol=1e-12)
    # the mass of a normal lies nearer its middle once the tails are cut
    spread = np.sqrt(quality.probability @ quality.shock**2)
    assert 0.085 < spread < 0.105
    assert len(Economy(PAM).match_quality.shock) == 1


def test_production_functions_at_a_few_points():
    assert PAM(1.0, 1.0) == pytest.approx(0.6 + 0.4 * 4)
    assert PAM(0.25, 0.04) == pytest.approx(0.6 + 0.4 * 0.7**2)
    assert NAM(0.6, 0.8) == pytest.approx(np.sqrt(0.36 + 1.28))
    assert NEITHER(0.2, 0.5) == pytest.approx(0.4 + 0.8 * 0.5)
    assert NEITHER(0.8, 0.3) == pytest.approx(0.4 + 0.5)
    below, above = NEITHER(0.4, 0.7), NEITHER(0.4 + 1e-12, 0.7)
    assert below == pytest.approx(above, abs=1e-9)


def test_complements_and_substitutes():
    """Matching like with like gains with PAM, loses with NAM; NEITHER does both."""

    def gain(f, x, y, step=0.05):
        return f(x, y) + f(x + step, y + step) - f(x + step, y) - f(x, y + step)

    grid = np.linspace(0, 0.9, 19)
    x, y = grid[:, None], grid[None, :]
    assert (gain(PAM, x, y) > 0).all()
    assert (gain(NAM, x, y) < 0).all()
    mixed = gain(NEITHER, x, y)
    assert (mixed[grid < 0.34] > 0).all()
    assert (mixed[grid > 0.41] < 0).all()


@pytest.mark.parametrize("on_the_job_search", [False, True])
def test_there_are_108_distinct_designs(on_the_job_search):
    made = list(designs(on_the_job_search))
    assert len(made) == 108
    assert len({tuple(label.values()) for label, _ in made}) == 108
    seen = {
        (
            e.output.tobytes(),
            e.matching_efficiency,
            e.separation_rate,
            e.worker_types.share.tobytes(),
            e.firm_types.share.tobytes(),
        )
        for _, e in made
    }
    assert len(seen) == 108
    for label, e in made:
        assert e.matching_efficiency == label["matching_efficiency"]
        assert e.separation_rate == label["separation_rate"]
        assert e.discount_factor == 0.996
        assert e.search_intensity_employed == (0.2 if on_the_job_search else 0)


def test_a_change_reaches_every_design():
    changed = [e for _, e in designs(discount_factor=0.999)]
    assert {e.discount_factor for e in changed} == {0.999}


def test_meetings_never_exceed_either_side():
    e = Economy(PAM, matching_efficiency=0.7)
    assert e.meetings(0.09, 0.04) == pytest.approx(0.04)
    assert e.meetings(0.05, 0.05) == pytest.approx(0.035)
    assert e.meetings(0.01, 0.5) == pytest.approx(0.01)


def test_an_economy_cannot_be_changed_behind_its_back():
    e = Economy(PAM)
    with pytest.raises(ValueError, match="read-only"):
        e.output[0, 0] = 5
    with pytest.raises(AttributeError):
        e.discount_factor = 0.5
