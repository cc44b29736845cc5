"""The table of a sweep: a row a case, in a file that is whole at any time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from jobteams_lab.panel_io import replacing


class SweepTable:
    """The rows found so far, by the values of their case, and their file."""

    def __init__(self, path: Path, names: list[str]):
        self.path, self.names, self.rows = path, names, {}
        if not path.exists():
            return
        try:
            stored = pd.read_parquet(path)
        except Exception as error:
            raise ValueError(
                f"{path} is not a Parquet table: name a new file, or remove this one."
            ) from error
        missing = [name for name in names if name not in stored]
        if missing:
            raise ValueError(
                f"{path} holds another kind of run, without {', '.join(missing)}: name"
                " a new file."
            )
        for row in stored.to_dict("records"):
            self.rows[self.key(row)] = row

    def key(self, case: dict) -> tuple:
        return tuple(plain(case[name]) for name in self.names)

    def add(self, case: dict, result, function: str) -> None:
        """Add a row and write the table; `function` is named if its result is bad."""
        check_result(function, result)
        both = set(case) & set(result)
        if both:
            raise ValueError(
                f"The function returns {', '.join(sorted(both))}, which the case has"
                " already: give the result another name."
            )
        self.rows[self.key(case)] = {**case, **result}
        with replacing(self.path) as beside:
            pd.DataFrame(list(self.rows.values())).to_parquet(beside, index=False)

    def frame(self, keys: list[tuple]) -> pd.DataFrame:
        return pd.DataFrame([self.rows[key] for key in keys])


def check_result(function: str, result) -> None:
    """Raise a sentence if a result is no dict of numbers, words and booleans."""
    if not isinstance(result, dict):
        raise TypeError(
            f"The function {function} returns {_kind(result)}, not a dict: return the"
            " results by name, such as {'mean': 0.5}."
        )
    for name, value in result.items():
        if not isinstance(name, str):
            raise TypeError(
                f"The function {function} names a result {name!r}: names are text."
            )
        if not isinstance(plain(value), bool | int | float | str):
            raise TypeError(
                f"The function {function} returns {_kind(value)} for {name}: a column"
                " holds numbers, words or booleans, so return several of them or nan."
            )


def _kind(value) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def plain(value):
    """Return Python's own number, word or boolean for NumPy's."""
    return value.item() if isinstance(value, np.generic) else value
