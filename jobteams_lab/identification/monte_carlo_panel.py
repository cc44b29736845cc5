"""One panel of the Monte Carlo: solved, simulated, identified, held to the truth."""

from __future__ import annotations

import time

import numpy as np
from scipy import stats

from jobteams_lab.fixed_effects import fixed_effects
from jobteams_lab.identification.economy import designs
from jobteams_lab.identification.equilibrium import Equilibrium, solve
from jobteams_lab.identification.identified import Identification
from jobteams_lab.identification.identify import identify, rank_correlation
from jobteams_lab.identification.production import accuracy, true_bins
from jobteams_lab.identification.rank_accuracy import rank_accuracy, true_values
from jobteams_lab.identification.rank_workers import rank_workers
from jobteams_lab.identification.reallocation import reallocation_gain
from jobteams_lab.identification.simulate import simulate
from jobteams_lab.identification.type_distributions import MatchQuality
from jobteams_lab.identification.wage_orders import wage_orders
from jobteams_lab.panel import Panel

MODELS = ("benchmark", "search on the job", "match quality")
TYPES = 50
_PRINTED = {
    "benchmark": {"reservation": "pooled", "weights": "hires", "chi": 1.0},
    "search on the job": {"poaching": "paper", "chi": 1.0},
    "match quality": {"reservation": "pooled"},
}


def evaluate(case: dict) -> dict:
    """Solve, simulate and identify one case of `monte_carlo`.

    Parameters
    ----------
    case : dict
        The case's columns: model, design, its labels, workers, firms, months, noise,
        discount_factor, seed and replication.

    Returns
    -------
    dict
        - the equilibrium: ``unemployment``, ``sorting``, ``gain``, ``residual``;
        - the panel: ``job_finding`` and ``job_to_job`` a month, ``wage_sd`` of logs,
          ``links`` between co-workers, ``panel_sorting``;
        - the estimate against the truth: ``correlation``,
          ``unweighted_correlation`` and ``error`` of f̂ (see `accuracy`),
          ``realised_error`` (to f + E[ζ given acceptance], f without match quality),
          ``estimated_sorting``, ``estimated_gain``, ``smoothed_gain``,
          ``worker_ranks``, ``firm_ranks`` (Spearman's), ``misranked``,
          ``covered_employment``, ``estimated_meetings`` and ``meetings`` (M_v);
        - ``printed_correlation``, ``printed_error``, ``printed_sorting`` and
          ``printed_gain``: the same from the paper's estimators and our ranking;
        - ``lowest_wage_ranks``, ``highest_wage_ranks``, ``adjusted_average_ranks``:
          Spearman's correlation of the simpler orders of workers with the truth;
        - ``fixed_effects_sorting`` and ``fixed_effects_firm_ranks``, of log wages;
        - ``seconds_solve``, ``seconds_simulate``, ``seconds_rank``,
          ``seconds_identify``.
    """
    clock = [time.perf_counter()]
    equilibrium = solve(_economy(case))
    clock.append(time.perf_counter())
    panel = simulate(
        equilibrium,
        case["workers"],
        case["firms"],
        case["months"],
        seed=_panel_seed(case),
        noise=case["noise"],
    )
    clock.append(time.perf_counter())
    quality = case["model"] == "match quality"
    match_variance = "estimate" if quality else None
    ranking = rank_workers(panel, match_variance=match_variance)
    clock.append(time.perf_counter())
    options = {"discount_factor": case["discount_factor"], "ranking": ranking}
    if quality:  # any pair may match, so that no matching set tells who is hired
        options |= {
            "match_variance": match_variance,
            "vacancies": _vacancies(panel),
            "weights": "hires",
        }
    found = identify(panel, smoothing="gcv", **options)
    clock.append(time.perf_counter())
    printed = identify(panel, **(options | _PRINTED[case["model"]]))
    seconds = np.diff(clock)
    return {
        **_economy_row(equilibrium),
        **_panel_row(panel, found),
        **_estimate_row(panel, equilibrium, found),
        **_printed_row(equilibrium, printed),
        **_other_rows(panel),
        **{
            f"seconds_{step}": float(taken)
            for step, taken in zip(
                ("solve", "simulate", "rank", "identify"), seconds, strict=True
            )
        },
    }


def _economy(case: dict):
    changes = {"discount_factor": case["discount_factor"]}
    if case["model"] == "match quality":
        changes["match_quality"] = MatchQuality.normal()
    search = case["model"] == "search on the job"
    label, economy = list(designs(search, **changes))[case["design"]]
    wrong = {name: case[name] for name in label if case[name] != label[name]}
    if wrong:
        raise ValueError(
            f"Design {case['design']} has not {wrong}: use the cases of monte_carlo."
        )
    return economy


def _panel_seed(case: dict) -> int:
    words = [case["seed"], MODELS.index(case["model"])]
    words += [case["design"], case["replication"]]
    return int(np.random.SeedSequence(words).generate_state(1)[0])


def _vacancies(panel: Panel) -> np.ndarray:
    """Return each firm's mean number of open jobs."""
    jobs = np.empty(len(panel.firms))
    jobs[panel.firm_codes] = panel.data["firm_jobs"]
    months = panel.window[1] - panel.window[0]
    return jobs - np.bincount(panel.firm_codes, panel.duration) / months


def _economy_row(equilibrium: Equilibrium) -> dict:
    output, density = true_bins(equilibrium, TYPES, TYPES)
    return {
        "unemployment": equilibrium.unemployment_rate,
        "sorting": equilibrium.sorting,
        "gain": reallocation_gain(output, density).gain,
        "meetings": equilibrium.meeting_rates.vacancy,
        "residual": equilibrium.residuals.largest,
    }


def _panel_row(panel: Panel, found: Identification) -> dict:
    data, time_worked = panel.data, panel.time
    months = panel.window[1] - panel.window[0]
    jobless = len(panel.workers) * months - time_worked.sum()
    origin = data["origin"].to_numpy()
    logs = np.log(data["true_wage"].to_numpy())
    mean = np.average(logs, weights=time_worked)
    worker_type = true_values(panel)
    firm_type = true_values(panel, "firm_type", "firm")
    return {
        "job_finding": float((origin == "unemployment").sum() / jobless),
        "job_to_job": float((origin == "firm").sum() / time_worked.sum()),
        "wage_sd": float(np.sqrt(np.average((logs - mean) ** 2, weights=time_worked))),
        "links": found.workers.links,
        "panel_sorting": rank_correlation(
            panel, stats.rankdata(worker_type), stats.rankdata(firm_type)
        ),
    }


def _estimate_row(panel: Panel, equilibrium, found: Identification) -> dict:
    close = accuracy(found.production, equilibrium)
    has = np.isfinite(found.production)
    raw = reallocation_gain(
        found.production, np.where(has, found.match_density, 0.0)
    ).gain
    return {
        "correlation": close.correlation,
        "unweighted_correlation": close.unweighted_correlation,
        "error": close.error,
        "realised_error": accuracy(
            found.production, equilibrium, equilibrium.realised_output
        ).error,
        "estimated_sorting": found.sorting,
        "estimated_gain": raw,
        "smoothed_gain": found.reallocation_gain,
        "worker_ranks": rank_accuracy(panel, found.worker_rank),
        "firm_ranks": rank_accuracy(panel, found.firm_rank, "firm_type", "firm"),
        "misranked": found.sets.share_misranked,
        "covered_employment": found.coverage.employment,
        "estimated_meetings": found.firms.meeting_rate,
    }


def _printed_row(equilibrium, printed: Identification) -> dict:
    close = accuracy(printed.production, equilibrium)
    return {
        "printed_correlation": close.correlation,
        "printed_error": close.error,
        "printed_sorting": printed.sorting,
        "printed_gain": printed.reallocation_gain,
    }


def _other_rows(panel: Panel) -> dict:
    orders = wage_orders(panel)
    row = {
        f"{name}_ranks": rank_accuracy(panel, orders.rank(by))
        for name, by in (
            ("lowest_wage", "lowest"),
            ("highest_wage", "highest"),
            ("adjusted_average", "adjusted_average"),
        )
    }
    two_way = fixed_effects(panel)
    effect = np.full(len(panel.firms), np.nan)
    effect[np.searchsorted(panel.firms, two_way.firms)] = two_way.firm_effect
    row["fixed_effects_sorting"] = two_way.sorting
    row["fixed_effects_firm_ranks"] = rank_accuracy(panel, effect, "firm_type", "firm")
    return row
