"""`jobteams identify`: from a table of wages to types, production and a report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from jobteams_lab.cli_shared import number, refusing
from jobteams_lab.cli_words import (
    in_words_of_the_command,
    refuse_few_samples,
    sentences_about,
)

MOST_TYPES = 50
WORKERS_A_TYPE = 200
FIRMS_A_TYPE = 3
TABLES = (".parquet", ".csv")


@click.command()
@click.argument("data", type=click.Path())
@click.option("--out", required=True, type=click.Path(), help="A folder to be made.")
@click.option("--force", is_flag=True, help="Replace a report that is there already.")
@click.option(
    "--worker-types",
    type=int,
    help=f"Bins of workers; by default {MOST_TYPES}, but {WORKERS_A_TYPE} workers or "
    "more in each.",
)
@click.option(
    "--firm-types",
    type=int,
    help=f"Bins of firms; by default {MOST_TYPES}, but {FIRMS_A_TYPE} firms or more in "
    "each.",
)
@number("--discount-factor", 0.996, "β of a period: 0.996 for months, 0.95 for years.")
@number("--bargaining-power", 0.5, "α; plays no role where workers change jobs.")
@number("--home-production", 0.0, "b, in units of the wage.")
@click.option(
    "--gap",
    type=float,
    help="Derive where jobs come from by dates: a longer gap than this between two "
    "jobs is unemployment. Needed if the table has no column origin.",
)
@click.option(
    "--careers",
    is_flag=True,
    help="Take workers for unemployed only between their first and last jobs.",
)
@click.option(
    "--model",
    default="auto",
    show_default=True,
    help="auto chooses by whether workers move from job to job; benchmark sets such "
    "moves aside.",
)
@click.option(
    "--vacancies",
    help="Mean number of open jobs, or a file with the columns firm and vacancies; by "
    "default as many as the unemployed.",
)
@click.option(
    "--whole-firms",
    help="Firms of which every worker is in the table: a column of it that says so, or "
    "a file with a column firm.",
)
@click.option(
    "--noise-variance",
    type=float,
    help="Variance of measurement error in wages; by default from the wages of a job.",
)
@number("--min-firm-size", 0.0, "Rank no firm with fewer workers on average.")
@click.option("--smooth", is_flag=True, help="Smooth the production function.")
@click.option(
    "--bootstrap",
    type=int,
    default=0,
    show_default=True,
    help="Samples of workers for intervals, 100 or more; each takes as long as the "
    "estimate.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Same seed, same result."
)
@click.option(
    "--residual",
    is_flag=True,
    help="Take years, and ages by education, out of log wages first.",
)
@click.option("--year", default="year", show_default=True, help="Its column.")
@click.option("--age", default="age", show_default=True, help="Its column, or none.")
@click.option(
    "--education", default="education", show_default=True, help="Its column, or none."
)
@number("--centre", 40.0, "The age at which wages are taken to be flat in age.")
@click.option(
    "--main-jobs", is_flag=True, help="Keep the best-paid of several jobs a month."
)
@click.option(
    "--window",
    type=float,
    nargs=2,
    help="First and last time at which workers are observed; by default the data's.",
)
@click.option("--ids", help="string reads ids as text, with zeros in front kept.")
@click.option("--title", default="Who works where, and what it yields", help="Of it.")
@click.option(
    "--period", default="month", show_default=True, help="What a period is called."
)
def identify(data, out, force, **options):
    """Identify types and production from DATA, a panel in a .parquet or .csv file.

    The table has one row a job and month (worker, firm, wage, period), or one a job
    (start and end, with time and wage_squares), and a column origin or the option
    --gap. Workers are ranked by the wages of co-workers, firms by what an open job is
    worth, and wages are turned into output (Hagedorn, Law and Manovskii 2017). The
    folder gets report.html, which explains itself, and the ranks, the production
    function and all numbers as files.
    """
    from jobteams_lab.identification import identify as identify_panel
    from jobteams_lab.identification.report import check_folder, write_report

    with refusing(), in_words_of_the_command():
        refuse_few_samples(options["bootstrap"])
        folder = check_folder(out, force)
        panel = _read(data, options["ids"], options["window"], options["main_jobs"])
        whole = _whole(options["whole_firms"], panel)
        panel = _prepared(panel, options)
        settings, notes = _settings(panel, options, whole)
        notes = sentences_about(options) + notes
        found = identify_panel(panel, **settings, progress=sys.stderr.isatty())
        write_report(
            found,
            panel,
            folder,
            title=options["title"],
            source=f"{Path(data).name}: {panel!r}",
            command=shlex.join(["jobteams", "identify", *_words(data, out)]),
            notes=notes,
            period=options["period"],
            force=force,
        )
    for line in notes:
        click.echo(line)
    click.echo(found.summary(options["period"]))
    click.echo(f"Written to {folder}: open {folder / 'report.html'}")


def _words(data, out) -> list[str]:
    """Return the words of the call, whose files are named without their folders."""
    given = click.get_current_context()
    words = [Path(data).name, "--out", Path(out).name]
    for parameter in given.command.params:
        name = parameter.name
        source = given.get_parameter_source(name)
        if name in ("data", "out", "force") or source.name != "COMMANDLINE":
            continue
        value = given.params[name]
        words.append(parameter.opts[0])
        if isinstance(value, tuple):
            words += [f"{v:g}" for v in value]
        elif not isinstance(value, bool):
            words.append(f"{value:g}" if isinstance(value, float) else str(value))
    return words


def _read(path, ids, window, main_jobs):
    from jobteams_lab.panel import Panel
    from jobteams_lab.panel_io import read

    if not main_jobs:
        return Panel.read(path, window=window, ids=ids)
    frame, stored = read(path, ids)
    return Panel.main_jobs(frame, stored if window is None else window)


def _prepared(panel, options):
    """Return the panel with origins, and residual wages if they were asked for."""
    if options["gap"] is not None:
        panel = panel.with_origins(options["gap"])
    if not (panel.data["origin"] == "unemployment").any():
        if options["gap"] is None:
            raise ValueError(
                "No spell is known to have begun out of unemployment: give --gap, the"
                " longest gap between two jobs that is no unemployment, such as"
                " --gap 1."
            )
        raise ValueError(
            f"With --gap {options['gap']:g} no spell begins out of unemployment, as"
            " workers are never out of work for longer: give a smaller --gap."
        )
    if options["careers"]:
        from jobteams_lab.identification import with_labour_force

        panel = with_labour_force(panel, "first job", "last job")
    if options["residual"]:
        from jobteams_lab.records import residual_wages

        columns = {
            name: None if options[name] == "none" else options[name]
            for name in ("year", "age", "education")
        }
        panel = residual_wages(panel, centre=options["centre"], **columns).panel
    return panel


def _settings(panel, options, whole) -> tuple[dict, list[str]]:
    """Return the arguments of `identify`, and sentences about those chosen here."""
    from jobteams_lab.identification.whole_firms import firms_seen_whole

    size = options["min_firm_size"]
    firms = int(firms_seen_whole(panel, whole, size).sum())
    notes = []

    def types(name, there, at_least):
        given = options[f"{name}_types"]
        if given is not None:
            return given
        chosen = min(MOST_TYPES, max(2, there // at_least))
        if chosen < MOST_TYPES:
            notes.append(
                f"{chosen} {name} types rather than {MOST_TYPES}, so that each has"
                f" {at_least} {name}s or more: --{name}-types chooses another number."
            )
        return chosen

    settings = {
        "worker_types": types("worker", len(panel.workers), WORKERS_A_TYPE),
        "firm_types": types("firm", firms, FIRMS_A_TYPE),
        "vacancies": _vacancies(options["vacancies"], panel),
        "whole_firms": whole,
        "smoothing": "gcv" if options["smooth"] else None,
    }
    same = ("discount_factor", "bargaining_power", "home_production", "model")
    for name in (*same, "noise_variance", "min_firm_size", "bootstrap", "seed"):
        settings[name] = options[name]
    return settings, notes


def _vacancies(given, panel):
    if given is None:
        return None
    try:
        return float(given)
    except ValueError:
        if Path(given).suffix not in TABLES:
            raise ValueError(
                f"--vacancies {given} is neither a number nor a .csv or .parquet file."
            ) from None
        table = _by_firm(given, "--vacancies", panel, "vacancies")
    return table["vacancies"].to_dict()


def _whole(given, panel):
    """Return whether each firm is seen whole, from a column or a file; None for all."""
    if given is None:
        return None
    if given not in panel.data:
        if Path(given).suffix not in TABLES:
            raise ValueError(
                f"--whole-firms {given} is neither a column of the table nor a .csv or"
                " .parquet file: name one of them."
            )
        return list(_by_firm(given, "--whole-firms", panel).index)
    values = panel.data[given]
    odd = [value for value in values.unique().tolist() if value not in (0, 1)]
    if odd:
        raise ValueError(
            f"Column {given!r} must hold True or False, or 1 or 0, not {odd[0]!r}."
        )
    by_firm = values.astype(bool).groupby(panel.data["firm"])
    mixed = by_firm.nunique() > 1
    if mixed.any():
        raise ValueError(
            f"Column {given!r} says both of firm {mixed[mixed].index.tolist()[0]!r}: a"
            " firm is seen whole in all its rows, or in none."
        )
    return by_firm.first()


def _by_firm(path, option, panel, *columns):
    """Return a table indexed by firm, the ids as the panel has them."""
    from jobteams_lab.panel_io import read

    text = panel.firms.dtype.kind not in "iu"
    frame, _ = read(path, "string" if text else None)
    missing = [name for name in ("firm", *columns) if name not in frame]
    if missing:
        raise ValueError(
            f"{path} of {option} lacks the column {missing[0]!r}: name it."
        )
    if frame["firm"].duplicated().any():
        raise ValueError(f"{path} of {option} names a firm twice: keep one row a firm.")
    return frame.set_index("firm")
