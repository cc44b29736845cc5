"""What `identify` found, as tables and one page to hand to a colleague."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from uuid import uuid4

import numpy as np

import jobteams_lab
from jobteams_lab.identification.identified import Identification
from jobteams_lab.identification.report_page import page
from jobteams_lab.identification.report_tables import (
    firm_table,
    production_table,
    worker_table,
)
from jobteams_lab.panel import Panel

FILES = (
    "worker_ranks.parquet",
    "firm_ranks.parquet",
    "production.parquet",
    "summary.json",
    "report.html",
)


def write_report(
    identification: Identification,
    panel: Panel,
    folder,
    *,
    title: str = "Who works where, and what it yields",
    source: str | None = None,
    command: str | None = None,
    notes: tuple[str, ...] = (),
    period: str = "month",
    force: bool = False,
) -> Path:
    """Write ranks, production, a summary and a page with figures to a folder.

    The folder gets ``worker_ranks.parquet``, ``firm_ranks.parquet``,
    ``production.parquet`` (one row a pair of types), ``summary.json`` and
    ``report.html``, which needs no other file. Types and ranks are counted from 1, the
    lowest. It is there whole or not at all.

    worker_ranks.parquet
        ``worker`` (id); ``rank``; ``type``; ``share``, the part of the ranked workers
        below, from 0 to 1. The last three are missing where a worker is not ranked.
    firm_ranks.parquet
        ``firm`` (id); ``rank`` and ``type``, missing where not ranked; ``omega``, Ω,
        what ranks firms, in units of the wage; ``premium``, the mean wage premium of
        those hired; ``filling_rate``, the chance a period that an open job is filled,
        so that omega = filling_rate · premium; ``vacancy_value``, (1 − β)V_v, output a
        period; ``employment``, mean number of workers; ``hires_from_unemployment`` and
        ``hires_from_firms``, counts in the window; ``seen_whole``, whether every worker
        of the firm is in the panel.
    production.parquet
        ``worker_type``; ``firm_type``; ``production``, f̂, output a period in units of
        the wage, nan without an estimate; ``smooth``, the same smoothed, if that was
        asked for; ``match_density``, share of employment; ``wage``, the mean out of
        unemployment; ``wage_months``, the time behind it; ``low`` and ``high``, the
        ends of the bootstrap interval of production, if that was asked for.

    Parameters
    ----------
    identification : Identification
    panel : Panel
        The one that was identified.
    folder : path-like
        To be made; the folder above it must be there.
    title : str
        Of the page.
    source : str, optional
        Where the data come from, such as a file's name.
    command : str, optional
        What was called, for those who want to repeat it.
    notes : tuple of str
        Choices made on the way, a sentence each.
    period : str
        What the panel's unit of time is called.
    force : bool
        Whether to replace a report that is there already.

    Returns
    -------
    Path
        Of the folder.

    Raises
    ------
    OSError, TypeError, ValueError
        One sentence, if the folder is there already, or cannot be made, or the panel is
        not the one that was identified.
    """
    if not isinstance(identification, Identification):
        raise TypeError(
            "write_report takes what identify returned, not"
            f" {type(identification).__name__}."
        )
    found = identification
    same = isinstance(panel, Panel) and np.array_equal(
        panel.workers, found.workers.workers
    )
    if not (same and np.array_equal(panel.firms, found.firms.firms)):
        raise ValueError(
            "The panel has other workers or firms than the identification: give the"
            " one that was identified."
        )
    folder = check_folder(folder, force)
    partial = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}.partial")
    try:
        partial.mkdir()
        worker_table(found).to_parquet(partial / FILES[0], index=False)
        firm_table(found).to_parquet(partial / FILES[1], index=False)
        production_table(found).to_parquet(partial / FILES[2], index=False)
        facts = summary(found, panel, source, command, notes)
        text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
        (partial / FILES[3]).write_text(text + "\n", encoding="utf-8")
        html = page(found, facts, title, period)
        (partial / FILES[4]).write_text(html, encoding="utf-8")
        _take_place(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def check_folder(folder, force: bool = False) -> Path:
    """Return `folder` if a report can be written there, and say why not otherwise.

    Parameters
    ----------
    folder : path-like
    force : bool
        Whether a folder with a report may be replaced; one with other files never is.
    """
    folder = Path(folder).absolute()
    if not folder.name:
        raise ValueError(f"{folder} has no name: name a new folder.")
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {folder.parent}: make it first.")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise NotADirectoryError(f"{folder} is a file or a link: name a new folder.")
    if folder.exists():
        if not force:
            raise FileExistsError(
                f"{folder} is there already: add --force (force=True) to replace it, or"
                " name another folder."
            )
        other = sorted({entry.name for entry in folder.iterdir()} - set(FILES))
        if other:
            raise FileExistsError(
                f"{folder} holds {other[0]!r}, which is no part of a report: name"
                " another folder."
            )
    return folder


def _take_place(partial: Path, folder: Path) -> None:
    """Rename the new folder, and put the old one back if that fails."""
    if not folder.exists():
        os.replace(partial, folder)
        return
    old = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}.old")
    os.replace(folder, old)
    try:
        os.replace(partial, folder)
    except BaseException:
        os.replace(old, folder)
        raise
    shutil.rmtree(old)


def summary(
    found: Identification, panel: Panel, source=None, command=None, notes=()
) -> dict:
    """Return everything that is one number or one sentence, for ``summary.json``.

    Parameters
    ----------
    found : Identification
    panel : Panel
    source, command, notes
        See `write_report`.
    """
    market, noise, gain = found.market, found.noise, found.reallocation
    spells = panel.spells()
    first, last = panel.window
    ends = found.intervals
    facts = {
        "version": jobteams_lab.__version__,
        "source": source,
        "command": command,
        "panel": {
            "rows": len(panel),
            "workers": len(panel.workers),
            "firms": len(panel.firms),
            "first": first,
            "last": last,
            "spells": len(spells),
            "mean_wage": float(np.average(panel.data["wage"], weights=panel.time)),
            "hires_from_unemployment": int(market.hires.sum()),
            "hires_from_firms": int(market.moves_in.sum()),
            "spells_of_unknown_origin": market.unknown_spells,
        },
        "model": found.model,
        "sorting": found.sorting,
        "reallocation_gain": gain.gain,
        "output": gain.output,
        "optimal_output": gain.optimal_output,
        "separation_rate": found.separation_rate,
        "measurement_error_variance": noise.variance,
        "measurement_error_degrees_of_freedom": noise.degrees_of_freedom,
        "meeting_rate": found.firms.meeting_rate,
        "vacancies": found.firms.vacancies,
        "vacancies_assumed": found.firms.assumed_vacancies,
        "misranked": found.sets.share_misranked,
        "comparisons_contradicted": found.workers.disagreement,
        "co_worker_groups": found.workers.components,
        "coverage": {
            "workers": found.coverage.workers,
            "whole_firms": found.coverage.whole_firms,
            "firms": found.coverage.firms,
            "employment": found.coverage.employment,
        },
        "intervals": None
        if ends is None
        else {
            "level": ends.level,
            "samples": ends.samples,
            "sorting": ends.sorting.tolist(),
            "reallocation_gain": ends.reallocation_gain.tolist(),
        },
        "settings": found.settings,
        "notes": list(notes),
        "warnings": list(found.warnings),
    }
    return _plain(facts)


def _plain(value):
    """Return the same with nothing but what JSON knows; nan becomes null."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
