"""The sentences that refuse a bad value, and the values that pass unchanged."""

import math
from fractions import Fraction

import numpy as np
import pytest

from jobteams_lab import checks


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), Fraction(1, 4)])
def test_numbers_in_range_come_back_as_floats(value):
    number = checks.number("rate", value, low=0, high=1)
    assert type(number) is float
    assert number == value


@pytest.mark.parametrize("value", ["1", None, True, 1j, [1.0], np.array([1.0])])
def test_what_is_no_number(value):
    with pytest.raises(TypeError, match="rate must be a number, not"):
        checks.number("rate", value)


@pytest.mark.parametrize(
    ("value", "limits", "sentence"),
    [
        (-1, {"low": 0}, "rate = -1 must be finite and at least 0."),
        (0, {"low": 0, "open_low": True}, "must be finite and greater than 0."),
        (2, {"high": 1}, "rate = 2 must be finite and at most 1."),
        (2, {"low": 0, "high": 1}, "must be at least 0 and at most 1."),
        (math.nan, {}, "rate = nan must be finite."),
        (math.inf, {"low": 0}, "rate = inf must be finite"),
        (math.nan, {"low": 0, "high": 1}, "rate = nan must be at least 0"),
    ],
)
def test_numbers_out_of_range(value, limits, sentence):
    with pytest.raises(ValueError, match=sentence):
        checks.number("rate", value, **limits)


@pytest.mark.parametrize("value", [3, np.int32(3)])
def test_whole_numbers_come_back_as_ints(value):
    whole = checks.whole("workers", value, low=3, high=3)
    assert type(whole) is int
    assert whole == 3


@pytest.mark.parametrize("value", [3.0, "3", True, None])
def test_what_is_not_whole(value):
    with pytest.raises(TypeError, match="workers must be a whole number, not"):
        checks.whole("workers", value)


@pytest.mark.parametrize(
    ("value", "limits", "sentence"),
    [
        (-1, {}, "workers = -1 must be finite and at least 0."),
        (9, {"low": 1, "high": 8}, "workers = 9 must be at least 1 and at most 8."),
    ],
)
def test_whole_numbers_out_of_range(value, limits, sentence):
    with pytest.raises(ValueError, match=sentence):
        checks.whole("workers", value, **limits)


def test_one_of_a_few_words():
    assert checks.one_of("start", "stationary", ("stationary", "empty")) == "stationary"
    sentence = "start = 'full' is not known: choose one of 'stationary', 'empty'."
    with pytest.raises(ValueError, match=sentence):
        checks.one_of("start", "full", ("stationary", "empty"))
