"""Wages at the V of `island_examples`: any V and cross-section have a W."""

import numpy as np
from island_examples import ECONOMY, NODES, begin, coefficients

from jobteams_lab.large_firms.pay import worker_pay
from jobteams_lab.large_firms.presets import Preset
from jobteams_lab.large_firms.solution import Run, Solution
from jobteams_lab.large_firms.team_sample import TeamSample
from jobteams_lab.precision import double


def solution(firms=256, number=2, dates=1, apart=10.0):
    """V of the example, and the cross-section that it leads to from `begin`."""
    with double():
        place = begin(firms, number, "crowded", seed=11)
        place.advance(coefficients(), 40.0)
        samples, rates = [], []
        for _ in range(dates):
            rates.append(place.advance(coefficients(), apart))
            samples.append(place.sample())
    lost = [one["quits"] + one["breaks"] + one["deaths"] for one in rates]
    return Solution(
        economy=ECONOMY,
        preset=Preset(islands=number, firms=firms),
        basis=place.basis,
        nodes=NODES,
        coefficients=coefficients(),
        sample=TeamSample.join(samples),
        match_rate=np.nan,
        residuals=None,
        moments={"EN": float(np.mean(lost))},
        errors={},
        history=[],
        converged=True,
        run=Run(0, "crowded", "", 0.0, ""),
    )


def pay(found):
    """W of the example, roughly: what histories must meet holds of any W."""
    sizes = {"rows": 100, "features": 20, "wages": 10, "types": 8}
    return worker_pay(found, tolerance=0.02, **sizes)
