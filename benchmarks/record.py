"""Where benchmarks leave what they measured: JSON with parameters and versions."""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# the slow routes and the plain simulator are the tests' own
sys.path.insert(0, str(ROOT / "tests" / "sequential_auctions"))


def save(name: str, parameters: dict, results, ship: str | None = None) -> None:
    """Write benchmarks/results/<name>.json and print it.

    With `ship`, a path in the package, the results alone are also written there, for
    chapters to read.
    """
    packages = ("jobteams-lab", "numpy", "scipy", "numba", "pandas")
    versions = {package: version(package) for package in packages}
    content = {
        "parameters": parameters,
        "versions": {"python": platform.python_version(), **versions},
        "results": results,
    }
    short = json.loads(
        json.dumps(content), parse_float=lambda x: float(f"{float(x):.6g}")
    )
    text = json.dumps(short, indent=1, ensure_ascii=False)
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    if ship is not None:
        shipped = json.dumps(short["results"], ensure_ascii=False)
        (ROOT / "jobteams_lab" / ship).write_text(shipped + "\n", encoding="utf-8")
    print(text)


def _six_digits(text: str) -> float:
    return float(f"{float(text):.6g}")
