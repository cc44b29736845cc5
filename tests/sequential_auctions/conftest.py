"""What several test files of this room share."""

import sys
from pathlib import Path

import pytest

# importlib mode does not put this folder on the path, and the slow routes live here
sys.path.insert(0, str(Path(__file__).parent))

from auction_examples import BETA, MONTHLY, NOTES

from jobteams_lab.sequential_auctions import Economy, simulate, solve


@pytest.fixture(scope="session")
def monthly():
    """Monthly rates, Beta productivity, workers alike, linear utility."""
    return solve(Economy(**MONTHLY, productivity=BETA))


@pytest.fixture(scope="session")
def notes():
    """The parameters under which one worker in six earns less than nothing."""
    return solve(Economy(**NOTES, productivity=BETA))


@pytest.fixture(scope="session")
def panel(monthly):
    """Ten years of 4,000 workers at 200 firms."""
    return simulate(monthly, 4_000, 120, seed=1, firms=200)
