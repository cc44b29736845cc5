"""A simulated panel in calendar months, as estimators read panels."""

from __future__ import annotations

from dataclasses import replace

from jobteams_lab.panel import Panel

MONTHS = 12  # in a year


def in_months(panel: Panel) -> Panel:
    """Return a simulation's panel with one row a worker and month.

    A month has the job held at its beginning, and `ending` "goes on" but in the last
    month of a job. Wages stay what they are a year.

    Parameters
    ----------
    panel : Panel
        In years, of a simulation.

    Raises
    ------
    ValueError
        If nobody has a job at the beginning of a month.
    """
    jobs = panel.data
    # where rows end in a job that goes on they do not end the job
    job = (jobs["ending"].shift() != "goes on").cumsum()
    ends = jobs.assign(
        start=MONTHS * jobs["start"],
        end=MONTHS * jobs["end"],
        ending=jobs["ending"].groupby(job).transform("last"),
        job=job,
    )
    first, last = panel.window
    months = Panel(ends, (MONTHS * first, MONTHS * last)).months()
    data = months.data
    goes_on = data["job"].shift(-1) == data["job"]
    ending = data["ending"].mask(goes_on, "goes on")
    return replace(months, data=data.drop(columns="job").assign(ending=ending))
