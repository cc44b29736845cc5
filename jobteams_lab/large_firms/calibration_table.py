"""The slides' table of targets: what each row is, and what they found for it."""

from __future__ import annotations

from typing import NamedTuple

# Readings that the slides leave open; the first is the default of `moments`.
CHANGES = ("all", "stayers")
WEIGHTS = ("workers", "firms")
LEVELS = ("mean", "before", "after")
RESIDUALS = ("variance", "deviation")


class Target(NamedTuple):
    """A row of the calibration table.

    Attributes
    ----------
    name : str
    definition : str
        With fields {who}, {each}, {level}, {residual}, {interval} for the readings.
    data, slides : float
        The slides' columns "Data" and "Model".
    """

    name: str
    definition: str
    data: float
    slides: float


# Adenbaum, Babalievsky and Jungerman (2025), "Calibration Results", in its order.
TARGETS = (
    Target("average_employer_size", "workers a firm that has any", 4.660, 5.190),
    Target("wage_p50_p25", "median less lower quartile of wages", 3.090, 6.780),
    Target(
        "between_firm_share",
        "variance of firms' mean wage ranks, each worker counting once, over the"
        " variance of wage ranks",
        0.843,
        0.463,
    ),
    Target("mean_rank_change", "mean change of wage rank of {who}", 1.819, 3.737),
    Target(
        "size_rank_correlation",
        "correlation over workers of their firm's size with their wage rank",
        0.038,
        0.164,
    ),
    Target(
        "firm_rank_change_variance",
        "variance over firms of the mean wage rank change of {who}, each {each}"
        " counting once",
        54.773,
        70.098,
    ),
    Target(
        "firm_effect_variance",
        "variance of the firm effects in eq. (6), each stayer counting once",
        34.409,
        67.962,
    ),
    Target(
        "firm_level_growth",
        "correlation over firms of mean wage rank ({level}) and mean wage rank change"
        " of {who}, each {each} counting once",
        0.131,
        0.091,
    ),
    Target("wage_p75_p50", "upper quartile less median of wages", 6.165, 3.262),
    Target(
        "rank_change_variance", "variance of wage rank change of {who}", 73.354, 174.555
    ),
    Target("residual_variance", "{residual} of the residuals in eq. (6)", 7.286, 9.428),
    Target(
        "worker_level_growth",
        "correlation over workers of wage rank ({level}) and wage rank change of {who}",
        0.109,
        -0.005,
    ),
    Target("better", "θ̃₁⁺ in eq. (6)", 0.340, 0.384),
    Target("better_squared", "θ̃₂⁺ in eq. (6)", 0.001, -0.003),
    Target("worse", "θ̃₁⁻ in eq. (6)", 0.003, -0.002),
    Target("worse_squared", "θ̃₂⁻ in eq. (6)", 0.000, -0.002),
    Target("employer_size_p50", "median size of firms with workers", 1, 5),
    Target("employer_size_p90", "ninetieth percentile of their sizes", 8, 7),
    Target("EN", "share without a job {interval} on, of those with one", 0.149, 0.070),
    Target("NE", "share with a job {interval} on, of those without", 0.311, 0.353),
    Target("employment_rate", "NE/(NE + EN)", 0.733, 0.823),
)


def definitions(
    changes: str, weights: str, level: str, residual: str, sampling: float
) -> dict[str, str]:
    """Return the definition of each row under the readings chosen."""
    words = {
        "who": {
            "all": "workers with a job at both dates",
            "stayers": "workers at the same firm at both dates",
        }[changes],
        "each": {"workers": "worker", "firms": "firm"}[weights],
        "level": {
            "mean": "mean of both dates",
            "before": "at the first date",
            "after": "at the second date",
        }[level],
        "residual": {"variance": "variance", "deviation": "root mean square error"}[
            residual
        ],
        "interval": "a year" if sampling == 1 else f"{sampling:g} years",
    }
    return {row.name: row.definition.format(**words) for row in TARGETS}
