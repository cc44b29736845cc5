"""Numbers of the model's notes: one worker in six pays to work."""

import pytest


def test_one_worker_in_six_earns_less_than_nothing(notes):
    assert notes.wage_cdf(0.0) == pytest.approx(0.156, abs=0.0005)


def test_starting_wage_at_a_firm_of_productivity_one(notes):
    # by hand: b − κ (0.1 + 0.4 − 1.4 (2x³ − 2x⁴ + 0.6x⁵)), x = 0.4/1.4, κ = 25/9
    x = 0.4 / 1.4
    below = 1.4 * (2 * x**3 - 2 * x**4 + 0.6 * x**5)
    by_hand = 0.5 - 25 / 9 * (0.5 - below)
    assert notes.starting_wage(1.0) == pytest.approx(by_hand, rel=1e-12)
    assert notes.starting_wage(1.0) == pytest.approx(-0.755, abs=0.0005)


def test_mean_wage_falls_before_it_rises(notes):
    expected = [0.22, -0.19, 1.46]
    assert notes.mean_wage([0.6, 0.9, 2.0]) == pytest.approx(expected, abs=0.005)


def test_slope_of_the_mean_wage_at_the_lowest_firm(notes):
    # −κ, since f(p_lo) = 0; the next term is of order h
    slopes = [
        (notes.mean_wage(0.6 + h) - notes.mean_wage(0.6)) / h for h in (1e-4, 1e-5)
    ]
    assert slopes == pytest.approx([-25 / 9] * 2, abs=3e-3)
    assert abs(slopes[1] + 25 / 9) < 0.2 * abs(slopes[0] + 25 / 9)
