"""Wages since the hire in the paper's economy, with and without coworkers' lessons.

For the stored solutions "paper-laptop" and "alone": four economies of 512 firms over
seven years, seen four times a year; means since the hire from nonemployment, and the
wages, markdowns and values of all who work, by quantiles. Three minutes of one core.

    python benchmarks/large_firms_wages.py
"""

import time

import numpy as np
import pandas as pd
import record

from jobteams_lab.large_firms import simulate_pay, stored_pay
from jobteams_lab.large_firms.since_hire import since_hire
from jobteams_lab.panel import Panel

NAMES = "paper-laptop", "alone"
SIZES = {"firms": 512, "islands": 4, "years": 7.0, "burn_in": 60.0, "seed": 170}
PERIODS = 24
LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
SEEN = ["wage", "markdown", "human_capital", "gain", "surplus"]


def completed(panel: Panel, economy) -> Panel:
    """Add W − U and the markdown W/J."""
    data = panel.data
    outside = economy.nonemployment_value(data["human_capital"])
    gain = data["value"] - outside
    markdown = data["value"] / (outside + data["surplus"])
    frame = data.drop(columns=["end", "origin"]).rename(columns={"start": "period"})
    return Panel(frame.assign(gain=gain, markdown=markdown), window=panel.window)


def case(name: str) -> dict:
    """Simulate one economy and return what a worker meets in it."""
    pay, began = stored_pay(name), time.process_time()
    panels = simulate_pay(pay, per_year=4, values=True, progress=True, **SIZES)
    seconds = time.process_time() - began
    panels = [completed(panel, pay.solution.economy) for panel in panels]
    profile = since_hire(panels, SEEN, periods=PERIODS)
    everyone = pd.concat([panel.data[SEEN] for panel in panels])
    below = [(panel.data["wage"] < 0).mean() for panel in panels]
    error = np.std(below, ddof=1) / len(below) ** 0.5
    return {
        "name": name,
        "seconds": seconds,
        "rows": len(everyone),
        "profile": profile.to_dict("list"),
        "levels": list(LEVELS),
        "quantiles": {
            column: np.quantile(everyone[column], LEVELS).tolist() for column in SEEN
        },
        "below_zero": [float(np.mean(below)), float(error)],
    }


if __name__ == "__main__":
    found = [case(name) for name in NAMES]
    record.save("large_firms_wages", SIZES, found, ship="large_firms/wages.json")
