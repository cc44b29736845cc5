"""Panels that the tests of annual observation, regression and moments share."""

import numpy as np
import pandas as pd

from jobteams_lab.panel import Panel


def tiny():
    """Four workers and three firms for three years, by hand."""
    rows = [
        # worker, firm, start, end, wage
        ("a", "X", 0.0, 1.5, 2.0),
        ("a", "X", 1.5, 3.0, 5.0),
        ("b", "X", 0.0, 2.2, 3.0),
        ("c", "X", 0.0, 0.7, -1.0),
        ("c", "Y", 0.9, 3.0, 3.0),
        ("d", "Y", 1.0, 3.0, 1.0),
        ("e", "Z", 1.2, 1.9, 9.0),  # at work between the dates only
    ]
    names = ["worker", "firm", "start", "end", "wage"]
    return Panel(pd.DataFrame(rows, columns=names))


def random_panel(workers=60, firms=9, years=7.5, seed=0, ending=True, unit=1.0):
    """Jobs of random length with wages that move, ties among them, and retirements."""
    rng = np.random.default_rng(seed)
    rows = []
    for worker in range(workers):
        time = max(rng.uniform(-1, 2), 0.0)
        firm = rng.integers(firms)
        while time < years:
            job = min(time + rng.exponential(3.0), years)
            while time < job:
                end = min(time + rng.exponential(1.5), job)
                how = "goes on" if end < job else "window"
                rows.append((worker, firm, time, end, round(rng.normal(), 1), how))
                time = end
            if time >= years:
                break
            how = rng.choice(["nonemployment", "firm", "retirement"], p=[0.5, 0.4, 0.1])
            rows[-1] = (*rows[-1][:5], how)
            if how == "retirement":
                break
            time += rng.exponential(0.8) if how == "nonemployment" else 0.0
            firm = (firm + rng.integers(1, firms)) % firms
    names = ["worker", "firm", "start", "end", "wage", "ending"]
    frame = pd.DataFrame(rows, columns=names)
    frame[["start", "end"]] *= unit
    if not ending:
        frame = frame.drop(columns="ending")
    return Panel(frame.sample(frac=1, random_state=1), window=(0.0, years * unit))


def at_work(panel, time):
    """The firm, wage and rank of each worker at a date, from a loop over rows."""
    here = {}
    for row in panel.data.itertuples():
        if row.start <= time < row.end:
            here[row.worker] = [row.firm, row.wage]
    for one in here.values():
        below = sum(other[1] < one[1] for other in here.values())
        tied = sum(other[1] == one[1] for other in here.values())
        one.append(100 * (below + tied / 2) / len(here))
    return here
