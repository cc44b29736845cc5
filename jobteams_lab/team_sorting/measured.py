"""What benchmarks/team_sorting_methods.py found, for readers without the repository.

Two workers a team, the distributions of 1981. A test holds this table against the
stored results.
"""

from __future__ import annotations

# method, points, error of the loss, largest wage error, seconds, MiB
_TABLE = (
    ("formulas", None, 8.88178e-16, 1.38778e-17, 0.0460006, 3.37109),
    ("rearrangement", 100, 0.00121228, None, 0.0058834, 0.625),
    ("rearrangement", 1000, 1.31271e-05, None, 0.0143392, 0.75),
    ("rearrangement", 10000, 1.34662e-07, None, 0.0967687, 3.08203),
    ("rearrangement", 100000, 1.36685e-09, None, 0.986718, 31.7148),
    ("rearrangement", 1000000, 1.3789e-11, None, 10.2507, 316.793),
    ("linear programme", 20, 0.0234944, 0.00135455, 0.0434048, 1.0),
    ("linear programme", 40, 0.00660405, 0.00042013, 0.102445, 1.875),
    ("linear programme", 100, 0.00114388, 3.59908e-05, 0.783659, 13.3008),
    ("linear programme", 200, 0.000288805, 1.58231e-05, 3.61197, 70.7773),
    ("linear programme", 400, 7.42476e-05, 1.44922e-05, 57.1679, 138.789),
    ("linear programme, lower bound", 20, -0.0282856, 0.000368563, 0.0375489, 1.0),
    ("linear programme, lower bound", 40, -0.0075154, 0.000111287, 0.128537, 2.25),
    ("linear programme, lower bound", 100, -0.00130318, 1.97533e-05, 1.0296, 12.332),
    ("linear programme, lower bound", 200, -0.000344662, 9.34092e-06, 4.50622, 76.8242),
    ("linear programme, lower bound", 400, -8.85301e-05, 2.61031e-06, 34.7148, 133.297),
    ("linear programme, all teams", 20, 0.0234944, 0.00121863, 0.0323577, 6.67578),
    ("linear programme, all teams", 40, 0.00660405, 0.000399039, 0.309057, 53.1406),
    ("linear programme, all teams", 60, 0.00308119, 0.000189377, 1.32985, 172.641),
    ("Sinkhorn", 20, 0.0246551, 0.00103553, 0.0716896, 14.5391),
    ("Sinkhorn", 50, 0.0060115, 9.45029e-05, 0.569708, 27.6992),
    ("Sinkhorn", 100, 0.00278937, 4.16478e-05, 3.46986, 143.387),
    ("Sinkhorn", 158, 0.002185, 3.48236e-05, 21.1125, 370.762),
    ("Sinkhorn, ε/10", 20, 0.0238362, 0.000871504, 0.240493, 11.6602),
    ("Sinkhorn, ε/10", 50, 0.00461159, 0.000162487, 3.4889, 27.0938),
    ("Sinkhorn, ε/10", 100, 0.00166665, 8.96527e-05, 30.987, 93.3125),
    ("alternation (POT)", 20, 0.0239112, 0.00101267, 0.0147804, 1.75),
    ("alternation (POT)", 50, 0.00446979, 0.000251778, 0.263572, 10.0273),
    ("alternation (POT)", 99, 0.00119507, 0.000198596, 6.28341, 70.0),
)


def measured_methods() -> list[dict]:
    """Error, processor seconds and memory of each method, a dict a case.

    Keys: "method"; "points" (N, None for the formulas); "loss_error", relative to 34
    digits, negative for lower bounds; "wage_error", the largest at percentiles 1 to 99,
    or None; "seconds" on one core; "peak_MiB".
    """
    keys = ("method", "points", "loss_error", "wage_error", "seconds", "peak_MiB")
    return [dict(zip(keys, row, strict=True)) for row in _TABLE]
