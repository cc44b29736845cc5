"""The variance of measurement error and of match quality."""

import numpy as np
import pandas as pd
import pytest

from jobteams_lab.identification.noise import (
    FLOOR,
    error_variance,
    match_quality_variance,
)
from jobteams_lab.panel import Panel


def monthly(workers=300, *, sd=0.2, quality=0.0, seed=1):
    """Two spells at firm 0 or 1 for each worker, one row a month."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(workers):
        for begin in (0, 20):
            firm = 0 if i % 3 else rng.integers(2)
            level = 1.0 + 0.1 * (i % 7) + quality * rng.normal()
            months = int(rng.integers(1, 15))
            for t in range(begin, begin + months):
                wage = level + sd * rng.normal()
                rows.append((i, int(firm), t, wage, begin))
    frame = pd.DataFrame(rows, columns=["worker", "firm", "period", "wage", "begin"])
    return Panel(frame)


def test_variance_is_the_pooled_variance_within_spells():
    panel = monthly()
    groups = panel.data.groupby(["worker", "firm", "begin"])["wage"]
    squares = (groups.var(ddof=0) * groups.size()).sum()
    degrees = (groups.size() - 1).sum()
    noise = error_variance(panel)
    assert noise.degrees_of_freedom == degrees
    np.testing.assert_allclose(noise.variance, squares / degrees, rtol=1e-11)
    assert abs(noise.variance - 0.04) < 4 * noise.standard_error
    assert not noise.at_floor


def test_joined_spells_remember_the_variance():
    panel = monthly()
    months, spells = error_variance(panel), error_variance(panel.spells())
    np.testing.assert_allclose(spells.variance, months.variance, rtol=1e-11)
    assert spells.degrees_of_freedom == months.degrees_of_freedom


def test_a_long_row_without_squares_is_one_observation():
    rows = [(1, 1, 0, 6, 2.0), (1, 1, 6, 8, 4.0), (2, 1, 0, 9, 3.0)]
    frame = pd.DataFrame(rows, columns=["worker", "firm", "start", "end", "wage"])
    noise = error_variance(Panel(frame))
    # the mean is 2.5, and only one spell has two rows: 6·0.5² + 2·1.5²
    assert noise.degrees_of_freedom == 1
    assert noise.variance == pytest.approx(6.0)


def test_wages_without_error_get_the_floor():
    noise = error_variance(monthly(sd=0.0).spells())
    wage = monthly(sd=0.0).data["wage"]
    assert noise.at_floor
    assert noise.variance == pytest.approx(FLOOR * wage.var(ddof=0))
    assert noise.estimate < 1e-12


def test_a_known_variance_is_used():
    noise = error_variance(monthly(), noise_variance=0.7)
    assert noise.variance == 0.7
    assert np.isnan(noise.degrees_of_freedom)
    assert error_variance(monthly(), noise_variance=0.0).at_floor


@pytest.mark.parametrize("quality", [0.0, 0.3])
def test_match_quality_comes_from_repeated_spells(quality):
    panel = monthly(3_000, quality=quality, seed=4)
    noise = error_variance(panel)
    spells = panel.spells()
    frame = spells.data.assign(time=spells.time)
    total, degrees = 0.0, 0
    for _, pair in frame.groupby(["worker", "firm"]):
        size = len(pair)
        total += pair["wage"].var(ddof=0) * size
        total -= (size - 1) * noise.variance * (1 / pair["time"]).mean()
        degrees += size - 1
    found = match_quality_variance(panel, noise)
    np.testing.assert_allclose(found, max(total / degrees, 0.0), rtol=1e-9)
    # some 2,500 pairs: the standard error of τ² is about (τ² + 0.01) √(2/2,500)
    assert abs(found - quality**2) < 4 * (quality**2 + 0.01) * np.sqrt(2 / 2_500)


def test_refusals():
    frame = pd.DataFrame({"worker": [1, 2], "firm": 1, "period": 0, "wage": [1.0, 2.0]})
    once = Panel(frame)
    with pytest.raises(ValueError, match="No spell has two wage observations"):
        error_variance(once)
    with pytest.raises(ValueError, match=r"noise_variance = -1 must be"):
        error_variance(once, noise_variance=-1)
    with pytest.raises(ValueError, match="No worker has two spells at one firm"):
        match_quality_variance(once, error_variance(once, 0.1))
