"""From dated records to residual wages: seconds and memory at a million rows and more.

    export OMP_NUM_THREADS=1
    python benchmarks/residual_wages.py            # a quarter of a minute
    python benchmarks/residual_wages.py --large    # and ten million rows: 4 GB

Seconds are of processor time, with one thread. Peak memory is that of the whole process
during a step, records and panel included, and how far it rises above what was there
before. A small panel goes first, for what is loaded once. It reads Linux's /proc.
"""

import gc
import re
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import record

from jobteams_lab.records.employment_records import monthly_panel
from jobteams_lab.records.residual_wages import residual_wages
from jobteams_lab.records.top_coding import impute_top_coded

YEARS = 12


def drawn_records(workers: int, seed: int):
    """Yearly records of workers at random firms, a job of which lasts two years."""
    rng = np.random.default_rng(seed)
    worker = np.repeat(np.arange(workers), YEARS)
    year = 1996 + np.tile(np.arange(YEARS), workers)
    firms = max(workers // 20, 10)
    firm = rng.integers(firms, size=(workers, YEARS // 2)).repeat(2, axis=1).ravel()
    born = rng.integers(1940, 1975, workers)[worker]
    education = np.array(["low", "middle", "high"])[rng.integers(3, size=workers)]
    log_wage = 4.5 + rng.normal(0.0, 0.3, workers)[worker]
    log_wage += rng.normal(0.0, 0.2, firms)[firm] + 0.02 * (year - 1996)
    log_wage += -4e-4 * (year - born - 40.0) ** 2 + rng.normal(0.0, 0.1, len(worker))
    starts = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    late = rng.integers(14, size=len(worker)) * (rng.random(len(worker)) < 0.3)
    ends = (year - 1969).astype("datetime64[Y]").astype("datetime64[D]") - 1
    early = rng.integers(60, size=len(worker)) * (rng.random(len(worker)) < 0.1)
    limit = np.quantile(np.exp(log_wage), 0.9)
    jobs = pd.DataFrame(
        {
            "worker": worker,
            "firm": firm,
            "start": (starts + late).astype("datetime64[s]"),
            "end": (ends - early).astype("datetime64[s]"),
            "wage": np.minimum(np.exp(log_wage), limit),
            "birth_year": born,
            "education": education[worker],
        }
    )
    side = jobs.sample(frac=1 / YEARS, random_state=seed)
    side = side.assign(firm=(side["firm"] + 1) % firms, wage=0.1 * side["wage"])
    return pd.concat([jobs, side], ignore_index=True), float(limit)


def resident(reset=False) -> float:
    """Peak memory of this process in MB, since it was last reset (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def steps(jobs, panel, limit):
    return {
        "monthly_panel": lambda: monthly_panel(jobs, floor=10.0).panel,
        "factor": lambda: impute_top_coded(panel, limit, method="factor").data,
        "Tobit": lambda: impute_top_coded(panel, limit).data,
        "residual_wages": lambda: residual_wages(panel).panel,
        "with firm effects": lambda: residual_wages(panel, firm_effects=True).panel,
    }


def measure(workers: int) -> dict:
    jobs, limit = drawn_records(workers, 1)
    panel = monthly_panel(jobs, floor=10.0).panel
    report = {
        "records": len(jobs),
        "rows": len(panel),
        "workers": len(panel.workers),
        "firms": len(panel.firms),
    }
    for name, step in steps(jobs, panel, limit).items():
        gc.collect()
        before = resident(reset=True)
        start = time.process_time()
        made = step()
        seconds = time.process_time() - start
        assert len(made) == len(panel)
        del made
        peak = resident()
        report[name] = {"seconds": seconds, "peak MB": peak, "above MB": peak - before}
    return report


def main():
    sizes = [7_000, 70_000] if "--large" in sys.argv else [7_000]
    measure(300)
    results = [measure(size) for size in sizes]
    record.save("residual_wages", {"seed": 1, "years": YEARS}, results)


if __name__ == "__main__":
    main()
