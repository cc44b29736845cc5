"""A line that says how far `solve` is."""

from __future__ import annotations

import jax
from tqdm import tqdm


class Progress:
    """A bar over rounds with the change of V and the mean team.

    Parameters
    ----------
    rounds : int
        At most.
    shown : bool
    """

    def __init__(self, rounds: int, shown: bool):
        shown = shown and jax.process_index() == 0
        self._bar = tqdm(total=rounds, disable=not shown, desc="rounds", unit="")
        self._facts = {}

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_) -> None:
        self._bar.close()

    def year(self, years: float, passed: float) -> None:
        """Say how many years of this round's simulation have passed."""
        self._tell(simulated=f"{min(passed / years, 1):.0%}")

    def change(self, change: float) -> None:
        """Say by how much V changed."""
        self._tell(change=f"{change:.1e}")

    def step(self) -> None:
        """Say that a part of the work is done."""
        self._bar.update()

    def round(self, found: dict) -> None:
        """Say that a round is done, and what it found."""
        self._bar.update()
        self._tell(size=f"{found['mean_size']:.2f}", EE=f"{found['EE']:.3f}")
        if found["final"]:
            self._bar.total = self._bar.n

    def _tell(self, **facts) -> None:
        self._facts |= facts
        self._bar.set_postfix(self._facts)
