"""Moments of large-firm economies at the slides' calibration, solved over all teams.

Each reading that the notes leave open, at several resolutions of types, next to the
slides' Model column; then, with one type of worker, what the bound on teams decides.
Twenty minutes on one core; the JSON files are written after each economy.

    python benchmarks/large_firms_moments.py
"""

import time
import warnings

import numpy as np
import record

from jobteams_lab.large_firms import exact
from jobteams_lab.large_firms.economy import Economy
from jobteams_lab.large_firms.growth import growth
from jobteams_lab.large_firms.team_measures import (
    RETIREMENT,
    concentration,
    learning_decomposition,
    sampled_transitions,
    sorting,
    team_sizes,
    workers_by_firm_type,
)

SLIDES = {
    "employment": 0.823,
    "EN": 0.070,
    "NE": 0.353,
    "mean_size": 5.190,
    "P50": 5,
    "P90": 7,
}
# levels of h, a, z and q
RESOLUTIONS = {
    "1 x 5": (1, 1, 5, 1),
    "3 x 5": (3, 1, 5, 1),
    "5 x 7": (5, 1, 7, 1),
    "6 x 13": (6, 1, 13, 1),
    "2 x 5, 2 abilities, 3 q": (2, 2, 5, 3),
    "3 x 3, 2 abilities, 3 q": (3, 2, 3, 3),
}
PSI = (0.314, 0.827, 0.9)
ZQ = 0.013**2
VARIANCES = {"sigmas": "variances"}
CASES = [
    *(
        (resolution, {"contact_rate_nonemployed": psi, "max_team_size": most})
        for resolution in ("1 x 5", "3 x 5", "5 x 7")
        for most in (10, 11)
        for psi in PSI
    ),
    *(
        ("2 x 5, 2 abilities, 3 q", {"contact_rate_nonemployed": psi, **zq})
        for psi in PSI
        for zq in ({}, {"firm_covariance": ZQ})
    ),
    ("2 x 5, 2 abilities, 3 q", {"max_team_size": 11}),
    ("3 x 5", VARIANCES),
    ("5 x 7", VARIANCES),
    ("2 x 5, 2 abilities, 3 q", VARIANCES),
    ("6 x 13", {}),
    ("3 x 3, 2 abilities, 3 q", {}),
    ("3 x 3, 2 abilities, 3 q", {"firm_covariance": ZQ}),
]

BOUNDS = (5, 8, 10, 11, 15, 20, 30, 40)


def moments(found) -> dict:
    sizes, sorted_ = team_sizes(found), sorting(found)
    economy, rates = found.economy, found.transition_rates
    best = int(np.lexsort((economy.learning_environment, economy.productivity))[-1])
    answer = {
        "states": economy.states,
        "employment": found.employment_rate,
        **rates._asdict(),
        "mean_size": sizes.mean,
        "P50": sizes.P50,
        "P90": sizes.P90,
        "mean_size_all_firms": found.mean_team_size,
        "firms_without_workers": float(found.size_distribution[0]),
        "mean_log_h": sorted_.mean,
        "sd_log_h": sorted_.sd,
        "sorting_firm": _number(sorted_.firm),
        "sorting_coworkers": _number(sorted_.coworkers),
        "largest_percent": concentration(found),
        "workers_by_firm_type": workers_by_firm_type(found).tolist(),
        "value_best_firm_empty": float(found.value[best, 0]),
        "market_growth": growth(found).market_growth,
        "residuals": found.residuals._asdict(),
        "sampled": {
            f"{months} months, retired {how}": sampled_transitions(
                found, months / 12, retirement=how
            )._asdict()
            for months in (6, 12)
            for how in RETIREMENT
        },
    }
    if len(economy.human_capital) > 1:
        shares = learning_decomposition(found)
        answer["learning"] = [
            [_number(round(x, 9)) for x in row] for row in shares.to_numpy()
        ]
    return answer


def _number(x):
    return None if np.isnan(x) else float(x)


def case(resolution, reading) -> dict:
    answer = {"types": resolution, **full_reading(reading)}
    start = time.perf_counter()
    try:
        economy = Economy.paper(**reading).discretise(*RESOLUTIONS[resolution])
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = exact.solve(economy)
    except (ValueError, ArithmeticError) as error:
        return {**answer, "refused": str(error)}
    seconds = time.perf_counter() - start
    answer["log_h"] = np.log(economy.human_capital[[0, -1]]).tolist()
    answer |= {"seconds": seconds, "warnings": [str(one.message) for one in said]}
    return answer | moments(found)


def full_reading(reading) -> dict:
    full = {
        "contact_rate_nonemployed": 0.827,
        "max_team_size": 10,
        "firm_covariance": 0.0,
        "sigmas": "standard deviations",
    }
    return full | reading


def bounded(psi: float, most: int, market=None) -> tuple[dict, object]:
    """The economy with one type of worker and five z, at one bound on teams.

    With `market`, an equilibrium at a lower bound, also V at its meeting rates.
    """
    economy = Economy.paper(contact_rate_nonemployed=psi, max_team_size=most)
    economy = economy.discretise(*RESOLUTIONS["1 x 5"])
    start = time.perf_counter()
    found = exact.solve(economy)
    seconds = time.perf_counter() - start
    said = growth(found)
    answer = {
        "contact_rate_nonemployed": psi,
        "max_team_size": most,
        "seconds": seconds,
        "value_best_firm_5": found.joint_value(4, [5]),
        "value_best_firm_empty": found.joint_value(4, [0]),
        "value_worst_firm_5": found.joint_value(0, [5]),
        **team_sizes(found)._asdict(),
        "full_firms": float(found.size_distribution[-1]),
        "workers_by_firm_type": workers_by_firm_type(found).tolist(),
        "largest_percent": concentration(found),
        "employment": found.employment_rate,
        "EE": found.transition_rates.EE,
        "market_growth": said.market_growth,
        "critical_productivity": said.critical_productivity,
        "takes_off_at": said.table["takes_off_at"].tolist(),
        "residuals": found.residuals._asdict(),
    }
    if market is not None:
        firms = np.zeros((economy.firm_types, economy.teams))
        firms[:, : market.problem.shape[1]] = market.cross_section.firms
        now = exact.CrossSection(firms, market.cross_section.nonemployed)
        value, _ = exact.value_at(economy, now)
        answer["value_best_firm_5_in_the_market_of_11"] = float(value[4, 5])
    return answer, found


def bounds() -> None:
    answers = []
    for psi in PSI[:2]:
        _, market = bounded(psi, 11)
        for most in BOUNDS:
            answers.append(bounded(psi, most, market if most >= 11 else None)[0])
            parameters = {"worker_types": 1, "firm_types": 5}
            record.save("large_firms_bounds", parameters, answers)


if __name__ == "__main__":
    rows = []
    exact.solve(Economy.paper().discretise(2, 1, 2, 1))  # compiles
    bounds()
    for resolution, reading in CASES:
        rows.append(case(resolution, reading))
        record.save(
            "large_firms_moments",
            {"slides": SLIDES, "resolutions": RESOLUTIONS},
            rows,
            ship="large_firms/moments.json",
        )
