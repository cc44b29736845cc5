"""What was found, in the sentences of a report."""

from __future__ import annotations

import math

import numpy as np

from jobteams_lab.identification.identified import Identification

OF_CELLS = "Cells with an estimate of f hold"
UNRANKED = "counting that of workers without a rank"
STRENGTHS = ((0.1, "hardly any"), (0.3, "weak"), (0.6, "moderate"), (2.0, "strong"))


def findings(found: Identification, mean: float, unit: str) -> str:
    """Return what was found as sentences in HTML.

    Parameters
    ----------
    found : Identification
    mean : float
        The mean wage.
    unit : str
        What the unit of time is called, escaped.
    """
    if found.model == "benchmark":
        model = "Firms are ranked by whom they hire out of unemployment, as if nobody"
        model += " moved from job to job."
    else:
        model = "Workers move from job to job, so that firms are ranked by whom they"
        model += " hire away, and only wages out of unemployment are compared."
    sentences = [
        f"<b>Sorting {signed(found.sorting)}</b>{_range(found, 'sorting')}:"
        f" {meaning(found.sorting)}.",
        _gain(found),
        _separations(found, unit),
        f"<b>Noise</b>: {_noise(found, mean)}.",
        f"<b>Placed</b>: {_placed(found)}",
        f"<b>Model</b>: {model}",
    ]
    beside = ""
    if found.intervals is not None and any(
        _outside(getattr(found, name), getattr(found.intervals, name))
        for name in ("sorting", "reallocation_gain")
    ):
        beside = (
            "<p>An interval may lie beside its estimate: noise makes the estimate too"
            " large or too small, and the basic bootstrap corrects for it.</p>"
        )
    return "<ul>" + "".join(f"<li>{s}</li>" for s in sentences) + f"</ul>{beside}"


def _gain(found: Identification) -> str:
    if math.isnan(found.reallocation_gain):
        return (
            "<b>Gain</b>: not known in per cent, since output under the present matches"
            " is not positive."
        )
    return (
        f"<b>Gain {found.reallocation_gain:.1%}</b>"
        f"{_range(found, 'reallocation_gain')}: so much more would the same workers"
        " produce in the same jobs if these were dealt out in the best way."
    )


def _outside(value: float, ends) -> bool:
    return bool(value < ends[0] or value > ends[1])


def _separations(found: Identification, unit: str) -> str:
    rate = found.separation_rate
    if found.model != "benchmark":
        return (
            f"<b>Separations</b> into unemployment end {rate:.2%} of jobs a {unit};"
            " moves to other firms end more."
        )
    lasts = f": a job lasts {1 / rate:,.0f} {unit}s on average." if rate > 0 else "."
    return f"<b>Separations {rate:.2%}</b> of jobs a {unit}{lasts}"


def _noise(found: Identification, mean: float) -> str:
    noise = found.noise
    given = np.isnan(noise.degrees_of_freedom)
    if noise.at_floor and not given:
        return "none is seen within jobs"
    share = np.sqrt(noise.variance) / abs(mean)
    return (
        f"a single wage is off by {share:.1%} of the mean wage (one standard deviation"
        f"{', as given' if given else ''})"
    )


def _placed(found: Identification) -> str:
    cover = found.coverage
    part = "all" if cover.firms >= 1 else f"{cover.firms:.1%}"
    firms, rest = f"the {len(found.whole):,} firms", ""
    if not found.whole.all():
        firms = f"the {found.whole.sum():,} firms seen whole (of {len(found.whole):,})"
        rest = " Firm ranks and output rest on these firms."
    text = f"{cover.workers:.1%} of the workers and {part} of {firms}"
    # a warning says the same of employment where that is little
    if not any(OF_CELLS in sentence for sentence in found.warnings):
        text += (
            f"; output is estimated for {cover.employment:.1%} of employment,"
            f" {UNRANKED}"
        )
    return f"{text}.{rest}"


def signed(value: float) -> str:
    """Return a number with its sign and two digits."""
    text = f"{value:+.2f}".replace("-", "−")
    return text[1:] if text[1:] == "0.00" else text


def meaning(sorting: float) -> str:
    """Return what a correlation of ranks says, in words."""
    if not np.isfinite(sorting):
        return "ranks of workers and firms cannot be compared"
    size = abs(sorting)
    strength = next(words for limit, words in STRENGTHS if size < limit)
    if size < STRENGTHS[0][0]:
        return "hardly any; high workers are at high firms about as often as low ones"
    firms = "high" if sorting > 0 else "low"
    kind = "positive" if sorting > 0 else "negative"
    return (
        f"{strength} and {kind}; workers of high rank are found more often at firms of"
        f" {firms} rank"
    )


def _range(found: Identification, name: str) -> str:
    if found.intervals is None:
        return ""
    low, high = getattr(found.intervals, name)
    ends = f"{signed(low)} to {signed(high)}"
    if name == "reallocation_gain":
        ends = f"{low:.1%} to {high:.1%}"
    return f" ({ends}, {found.intervals.level:.0%} bootstrap interval)"
