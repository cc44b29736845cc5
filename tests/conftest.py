"""What all tests share."""

import sys

import pytest


@pytest.fixture(autouse=True)
def figures_closed():
    """Close the figures of each test: many open ones are a warning, and memory."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
