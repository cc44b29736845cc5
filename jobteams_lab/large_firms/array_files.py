"""Plain arrays on disk under a JSON header: one npz file, whole or not at all."""

from __future__ import annotations

import json
import struct
import zlib
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from jobteams_lab.panel_io import replacing

# what NumPy and zipfile raise for files that are cut, changed or of another kind
DAMAGE = (
    ArithmeticError,
    BadZipFile,
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def write(
    path: Path, kind: str, number: int, facts: dict, arrays: dict, small: bool = False
) -> None:
    """Write arrays under a header, in place of what stood there.

    Parameters
    ----------
    kind : str
        What the file is.
    number : int
        Of its format.
    facts : dict
        What JSON can hold, and numbers of NumPy.
    arrays : dict
        Numbers, by name.
    small : bool
        Whether to compress, which takes long for large files.
    """
    facts = {
        "kind": kind,
        "format": number,
        "version": version("jobteams-lab"),
        **facts,
    }
    text = np.frombuffer(as_json(facts).encode(), np.uint8)
    with replacing(path) as partial, open(partial, "wb") as file:
        (np.savez_compressed if small else np.savez)(file, header=text, **arrays)


def read(path: Path, kind: str, number: int, instead: str) -> tuple[dict, dict]:
    """Return the header and the arrays of a file, or say what is wrong with it.

    Parameters
    ----------
    kind, number : str, int
        What the file must be.
    instead : str
        What to do if it is not; the end of a sentence.

    Raises
    ------
    ValueError
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        facts = json.loads(arrays.pop("header").tobytes().decode())
        found = facts["kind"], facts["format"]
    except DAMAGE as error:
        raise ValueError(
            f"{path} is not a {kind}, or is damaged: {instead}."
        ) from error
    if found[0] != kind:
        raise ValueError(f"{path} is a {found[0]}, not a {kind}: {instead}.")
    if found[1] != number:
        raise ValueError(
            f"{path} has format {found[1]} of version {facts.get('version')}, but this"
            f" version reads format {number}: {instead}."
        )
    return facts, arrays


def as_json(facts) -> str:
    """Return JSON, with NumPy's numbers and arrays as plain ones."""
    return json.dumps(facts, default=lambda value: value.tolist())
