"""States of a search on disk: plain arrays under a JSON header, whole or not at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from jobteams_lab.large_firms.finite_economy import FiniteEconomy
from jobteams_lab.large_firms.job_ladder import CrossSection
from jobteams_lab.panel_io import replacing


def header(economy) -> dict:
    """Return all fields of an economy as plain numbers and lists."""
    fields = dataclasses.asdict(economy)
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in fields.items()
    }


def write(path: Path, economy: FiniteEconomy, value, cross_section) -> None:
    """Write V, χ and u with the economy they belong to."""
    text = json.dumps(header(economy))
    with replacing(path) as partial, open(partial, "wb") as file:
        np.savez(
            file,
            economy=np.array(text),
            value=value,
            firms=cross_section.firms,
            nonemployed=cross_section.nonemployed,
        )


def read(path: Path, economy: FiniteEconomy):
    """Return (V, cross-section) stored for this economy, or None without a file.

    Raises
    ------
    FileNotFoundError, ValueError
        If the folder does not exist, or the file is of another economy or no
        checkpoint at all.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent}: make it first.")
    if not path.exists():
        return None
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            text = str(stored["economy"])
            value, firms = stored["value"], stored["firms"]
            cross_section = CrossSection(firms, stored["nonemployed"])
    except (KeyError, ValueError, EOFError, BadZipFile) as error:
        raise ValueError(
            f"{path} is not a checkpoint: name another file, or remove it."
        ) from error
    if json.loads(text) != header(economy):
        raise ValueError(
            f"{path} is the checkpoint of another economy: name another file."
        )
    return value, cross_section
