"""Fixed effects and their correction beside pytwoway's, on the same matches.

    python benchmarks/fixed_effects.py     # two minutes on one core

It needs pytwoway (0.3.21 when last run), whose bipartitepandas wants pandas 2.0.3 or
older and so numpy below 2, and which calls solvers as scipy did before 1.14: make an
environment of its own, `pip install pytwoway "numpy<2" "scipy<1.14" "pyamg<5.3"`, and
put this repository on PYTHONPATH.
Seconds are those of one call on one core after a call on a small panel has compiled
what is compiled; ours begin with a Panel and pytwoway's with a clean table. It uses its
default solver and 50 random draws a trace; here traces are exact, or of 50 draws.

Both corrections assume an error variance of σ²/months. They estimate σ² differently
(here from squared residuals weighted by months, there from unweighted ones), and so
agree only where that is true: in the additive panels, but not in the simulated one,
whose largest errors are the wages that no sum of two effects explains.
"""

import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import record

from jobteams_lab import Panel
from jobteams_lab.fixed_effects import fixed_effects
from jobteams_lab.identification import NEITHER, Economy, simulate, solve
from jobteams_lab.limited_mobility import corrected_moments

DRAWS = 50
NAMES = {"firm": "var(psi)", "worker": "var(alpha)", "covariance": "cov(psi, alpha)"}


def drawn_panel(workers: int, firms: int, jobs: int, seed: int) -> Panel:
    """Additive log wages, errors of variance 1 / months, at random firms."""
    rng = np.random.default_rng(seed)
    worker = np.repeat(np.arange(workers), jobs)
    firm = rng.integers(firms, size=len(worker))
    length = rng.integers(1, 25, size=(workers, jobs))
    end = np.cumsum(length, axis=1)
    log_wage = rng.normal(0, 0.4, workers)[worker] + rng.normal(0, 0.2, firms)[firm]
    noise = rng.normal(0, 1 / np.sqrt(length.ravel()))
    columns = {
        "worker": worker,
        "firm": firm,
        "start": (end - length).ravel(),
        "end": end.ravel(),
        "wage": np.exp(log_wage + noise),
    }
    return Panel(pd.DataFrame(columns))


def ours(panel: Panel, draws: int | None):
    start = time.perf_counter()
    found = fixed_effects(panel, tol=1e-10)
    middle = time.perf_counter()
    trace = "exact" if draws is None else "draws"
    clean = corrected_moments(found, trace=trace, draws=draws or 2)
    return found, clean, middle - start, time.perf_counter() - middle


def theirs(matches: pd.DataFrame, correct: bool):
    import bipartitepandas as bpd
    import pytwoway

    data = bpd.BipartiteDataFrame(
        i=matches["worker"].to_numpy(),
        j=matches["firm"].to_numpy(),
        y=(matches["wage_logs"] / matches["time"]).to_numpy(),
        t=matches.groupby("worker").cumcount().to_numpy(),
        w=matches["time"].to_numpy(),
        log=False,
    )
    clean = bpd.clean_params({"connectedness": "connected", "verbose": False})
    data = data.clean(clean)
    parameters = pytwoway.fe_params(
        {
            "ho": correct,
            "feonly": False,
            "attach_fe_estimates": True,
            "Q_var": [pytwoway.Q.VarPsi(), pytwoway.Q.VarAlpha()],
            "Q_cov": [pytwoway.Q.CovPsiAlpha()],
            "progress_bars": False,
            "verbose": False,
            "ndraw_trace_ho": DRAWS,
            "ndraw_trace_sigma_2": DRAWS,
        }
    )
    start = time.perf_counter()
    estimator = pytwoway.FEEstimator(data, parameters)
    estimator.fit(np.random.default_rng(1))
    return estimator, data, time.perf_counter() - start


def compare(name: str, panel: Panel) -> dict:
    exact = len(panel.firms) <= 2_000
    found, clean, seconds, correction = ours(panel, None if exact else DRAWS)
    matches = panel.cells(logs=True)
    matches = matches[np.isin(matches["firm"], found.firms)]
    estimator, _, their_seconds = theirs(matches, correct=False)
    again, data, their_correction = theirs(matches, correct=True)
    both = data.drop_duplicates("j")
    position = np.searchsorted(found.firms, _original(data, matches)["firm"])
    gaps = both["psi_hat"].to_numpy() - found.firm_effect[position]
    report = {
        "panel": name,
        "matches": len(matches),
        "workers": len(found.workers),
        "firms": len(found.firms),
        "firm effects, largest difference": float(np.abs(gaps - gaps.mean()).max()),
        "seconds": seconds,
        "pytwoway seconds": their_seconds,
        "correction seconds": correction,
        "pytwoway seconds with correction": their_correction,
        "trace": "exact" if exact else f"{DRAWS} draws",
        "trace_error": clean.trace_error,
    }
    for part, label in NAMES.items():
        report[part] = {
            "estimate": getattr(found.moments, part),
            "pytwoway": float(estimator.res[f"{label}_fe"]),
            "corrected": getattr(clean.moments, part),
            "pytwoway corrected": float(again.res[f"{label}_ho"]),
        }
    report["error_variance"] = {
        "estimate": clean.error_variance,
        "pytwoway": float(again.res["var(eps)_ho"]),
    }
    return report


def _original(data, matches) -> pd.DataFrame:
    # cleaning renumbers firms in the order of the rows, which it does not change
    if not np.array_equal(data["y"], matches["wage_logs"] / matches["time"]):
        raise RuntimeError("bipartitepandas changed the order or number of matches.")
    return matches.assign(j=data["j"].to_numpy()).drop_duplicates("j")


def main():
    try:
        import pytwoway  # noqa: F401
    except ImportError:
        sys.exit("pytwoway is not installed here: see the top of this file.")
    warnings.simplefilter("ignore")  # of pytwoway and its old pandas
    equilibrium = solve(Economy(NEITHER))
    size = {"workers": 30_000, "firms": 300, "months": 240, "burn_in": 100}
    panels = {
        "neither, simulated": simulate(equilibrium, noise=0.2, seed=1, **size),
        "additive, 500 firms": drawn_panel(50_000, 500, 4, 1),
        "additive, 5,000 firms": drawn_panel(60_000, 5_000, 4, 2),
        "additive, 20,000 firms": drawn_panel(250_000, 20_000, 4, 3),
    }
    compare("warm up", drawn_panel(500, 20, 4, 0))
    results = [compare(name, panel) for name, panel in panels.items()]
    packages = ("pytwoway", "bipartitepandas")
    others = {package: version(package) for package in packages}
    record.save("fixed_effects", {"draws": DRAWS, "seed": 1, **others}, results)


if __name__ == "__main__":
    main()
