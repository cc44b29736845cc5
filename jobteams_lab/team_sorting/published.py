"""What the paper publishes about US earnings: data moments, parameters and tables.

Figures 2 and 3 are not quoted in numbers, beyond three percentiles a year in the text.

References
----------
Boerma, Tsyvinski and Zimin (2023), section 5 and appendix A.8. The data are those of
Song, Price, Guvenen, Bloom and von Wachter (2019).
"""

from __future__ import annotations

YEARS = (1981, 2013)

# section 5.1, in dollars of 2013; quoted in whole thousands
PERCENTILES = (0.25, 0.50, 0.95)
EARNINGS = {1981: (18_000, 31_000, 89_000), 2013: (19_000, 35_000, 132_000)}

# section 5.1: variance of log earnings, and Table 1: share of it between firms
LOG_VARIANCE = {1981: 0.65, 2013: 0.85}
BETWEEN_SHARE = {1981: 0.34, 2013: 0.42}

# footnote 21: a quarter of full-time work, 520 hours, at the minimum wage of $7.25
FLOOR = 520 * 7.25

# footnote 22, two workers a team: Beta parameters of workers, of projects
BETA = {
    1981: ((0.96, 2.85), (0.98, 2.83)),
    2013: ((1.89, 1.48), (1.66, 1.63)),
}

# by workers a team: Table 1, then Tables A.1 to A.3
MODEL_BETWEEN_SHARE = {
    2: {1981: 0.34, 2013: 0.43},
    3: {1981: 0.34, 2013: 0.42},
    4: {1981: 0.34, 2013: 0.42},
    5: {1981: 0.34, 2013: 0.42},
}

# Table 2 and its like: mean log earnings of coworkers
COWORKER_PERCENTILES = (0.25, 0.50, 0.75, 0.90)
DATA_COWORKERS = {
    1981: (10.01, 10.30, 10.56, 10.67),
    2013: (10.07, 10.45, 10.75, 10.98),
}
MODEL_COWORKERS = {
    2: {1981: (10.19, 10.44, 10.56, 10.46), 2013: (10.30, 10.63, 10.83, 10.70)},
    3: {1981: (10.19, 10.44, 10.56, 10.55), 2013: (10.28, 10.61, 10.79, 10.82)},
    4: {1981: (10.24, 10.45, 10.52, 10.50), 2013: (10.28, 10.62, 10.77, 10.79)},
    5: {1981: (10.20, 10.43, 10.52, 10.51), 2013: (10.28, 10.62, 10.76, 10.79)},
}

# Table 3 and its like: between share with the projects, or the workers, of 2013
FIRM_EFFECT = {2: 0.12, 3: 0.24, 4: 0.22, 5: 0.38}
WORKER_EFFECT = {2: 0.72, 3: 0.52, 4: 0.49, 5: 0.38}
