"""Panels on disk, and under the column names of bipartitepandas."""

from __future__ import annotations

import glob
import json
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd

from jobteams_lab import checks

SUFFIXES = (".parquet", ".csv")
ABANDONED = 600.0  # seconds since anything was written to a file that is still partial

_KEY = b"jobteams_lab"


def check_destination(path) -> Path:
    """Return `path` if a panel can be written there, and say why not otherwise."""
    return destination(_check_suffix(path))


def destination(path) -> Path:
    """Return `path` if a file can be put there, and say why not otherwise."""
    path = _path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent}: make it first.")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file in it.")
    return path


def write(panel, path) -> None:
    """Write a panel to `path`, whole or not at all."""
    path = check_destination(path)
    save = _write_parquet if path.suffix == ".parquet" else _write_csv
    with replacing(path) as partial:
        save(panel, partial)


def read(path, ids: str | None) -> tuple[pd.DataFrame, tuple | None]:
    """Return the table stored at `path`, and its window if the file has one."""
    path = _check_suffix(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: check its name and folder.")
    if ids is not None:
        checks.one_of("ids", ids, ("string",))
    frame, window = (
        _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path, ids)
    )
    if ids is not None:
        for name in {"worker", "firm"} & set(frame):
            frame[name] = frame[name].astype(str)
    return frame, window


@contextmanager
def replacing(path: Path):
    """Give a path in the same folder to write to, which takes the name of `path` after.

    A reader sees the old file or the new one, never half a file; if writing raises,
    the old file stays and the new one is removed. What a killed writer has left there
    is removed, too, once it has been untouched for ten minutes.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        with suppress(OSError):  # another writer may just have finished with it
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def to_bipartitepandas(panel) -> pd.DataFrame:
    """Return the table with bipartitepandas' names; see `Panel.to_bipartitepandas`."""
    data = panel.data
    start, end = data["start"].to_numpy(), data["end"].to_numpy()
    if np.any(start != np.floor(start)) or np.any(end != np.floor(end)):
        raise ValueError(
            "bipartitepandas counts whole periods, but some jobs of this panel start "
            "or end between them: call .months() first."
        )
    table = data[["worker", "firm", "wage"]].copy()
    table.columns = ["i", "j", "y"]
    start, end = start.astype(np.int64), end.astype(np.int64)
    if panel.is_monthly:
        table["t"] = start
    else:
        table["t1"], table["t2"] = start, end - 1
    return table


def from_bipartitepandas(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a bipartitepandas table with a panel's column names."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"from_bipartitepandas takes a DataFrame, not a {type(frame).__name__}."
        )
    times = ["t"] if "t" in frame else ["t1", "t2"]
    missing = [name for name in ("i", "j", "y", *times) if name not in frame]
    if missing:
        raise ValueError(
            f"The table lacks {', '.join(missing)}: give bipartitepandas' long format "
            "with columns i, j, y and t, or its collapsed one with t1 and t2."
        )
    # A plain DataFrame: bipartitepandas' own class guards its columns.
    table = pd.DataFrame({name: frame[name] for name in ("i", "j", "y", *times)})
    names = {"i": "worker", "j": "firm", "y": "wage"}
    if times == ["t"]:
        return table.rename(columns={**names, "t": "period"})
    table["t2"] = table["t2"] + 1
    return table.rename(columns={**names, "t1": "start", "t2": "end"})


def _path(path) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise TypeError(f"{path!r} is not a path: give the name of a file.") from None


def _check_suffix(path) -> Path:
    path = _path(path)
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path} must end in .parquet or .csv: name it so.")
    return path


def _write_parquet(panel, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = pa.Table.from_pandas(panel.data, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise TypeError(
            f"The panel has a column that Parquet cannot hold ({error.args[-1]}): "
            "make it numbers or text, or drop it."
        ) from error
    stored = json.dumps({"window": panel.window}).encode()
    table = table.replace_schema_metadata({**table.schema.metadata, _KEY: stored})
    parquet.write_table(table, path)


def _read_parquet(path: Path):
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(path, partitioning=None)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ValueError(
            f"{path} is not a Parquet file: write one with Panel.write."
        ) from error
    metadata = table.schema.metadata or {}
    window = json.loads(metadata[_KEY])["window"] if _KEY in metadata else None
    return table.to_pandas(), window


def _write_csv(panel, path: Path) -> None:
    panel.data.to_csv(path, index=False, lineterminator="\n")


def _read_csv(path: Path, ids: str | None):
    try:
        frame = pd.read_csv(
            path,
            dtype=None if ids is None else {"worker": str, "firm": str},
            **_exact(),
            # A firm may well be called NA: only an empty field is a missing value.
            keep_default_na=False,
            na_values=[""],
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError) as error:
        raise ValueError(
            f"{path} is not a table of comma-separated values with a header: "
            "write one with Panel.write."
        ) from error
    return frame, None


def _exact() -> dict[str, str]:
    # From pandas 3.1 on every number is read exactly, and asking for it is deprecated.
    version = tuple(int(part) for part in pd.__version__.split(".")[:2])
    return {} if version >= (3, 1) else {"float_precision": "round_trip"}
