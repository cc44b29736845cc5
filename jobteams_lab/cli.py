"""The models from a terminal: `jobteams simulate` and `jobteams book`."""

from __future__ import annotations

import math
import subprocess
import webbrowser
from contextlib import contextmanager
from pathlib import Path

import click


class Refusal(click.ClickException):
    """A bad value: its sentence is printed and the exit code is 2."""

    exit_code = 2


@contextmanager
def refusing():
    """Print the sentence of a refused value instead of a traceback."""
    try:
        yield
    except (OSError, TypeError, ValueError) as error:
        raise Refusal(str(error)) from error


@click.group()
@click.version_option(package_name="jobteams-lab")
def main():
    """Who works where, with whom, at what wage: four models and an executable book.

    \b
    jobteams simulate --out panel.parquet   a matched worker-firm panel, simulated
    jobteams book                           build the book and open it

    A panel has one row a job and stretch of time: worker, firm, start, end, wage and
    where the job came from. Read it in Python with jobteams_lab.Panel.read, or with
    anything that reads Parquet or CSV. Every command explains itself with --help.
    """


def _number(name: str, default: float, text: str):
    return click.option(name, type=float, default=default, show_default=True, help=text)


@main.command()
@_number("--contact-rate-unemployed", 0.30, "λ0: offers a month out of work.")
@_number("--contact-rate-employed", 0.10, "λ1: offers a month at work.")
@_number("--separation-rate", 0.025, "δ: jobs destroyed a month.")
@_number("--exit-rate", 0.002, "μ: workers leaving for good a month, replaced.")
@_number("--discount-rate", 0.004, "ρ, a month.")
@_number("--unemployment-income", 0.5, "b, a month, for a worker of ability 1.")
@_number("--risk-aversion", 0.0, "γ of U(c) = c^(1-γ)/(1-γ); 0 is linear utility.")
@click.option(
    "--productivity-shape",
    type=float,
    nargs=2,
    default=(2.0, 3.0),
    show_default=True,
    help="The two shapes of the firms' beta distribution; 1 1 is uniform.",
)
@click.option(
    "--productivity-support",
    type=float,
    nargs=2,
    default=(0.6, 2.0),
    show_default=True,
    help="Lowest and highest productivity.",
)
@_number(
    "--ability-sd",
    0.0,
    "Standard deviation of log ability, which is log-normal of mean one; "
    "with 0 all workers are alike.",
)
@click.option(
    "--workers",
    type=int,
    default=1000,
    show_default=True,
    help="Workers at every moment; who leaves for good is replaced.",
)
@click.option(
    "--months",
    type=float,
    default=120.0,
    show_default=True,
    help="How long the market is observed.",
)
@click.option(
    "--firms",
    type=int,
    default=100,
    show_default=True,
    help="How many firms share the market; 0 makes every job one at a new firm.",
)
@click.option(
    "--burn-in",
    type=float,
    help="Start with everyone out of work, this many months before the panel begins; "
    "by default the market starts in its steady state.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Same seed, same panel."
)
@click.option("--monthly", is_flag=True, help="One row a month, not one a contract.")
@click.option(
    "--out", required=True, type=click.Path(), help="A .parquet or .csv file."
)
@click.option("--force", is_flag=True, help="Replace the file if it is there already.")
def simulate(
    productivity_shape,
    productivity_support,
    ability_sd,
    workers,
    months,
    firms,
    burn_in,
    seed,
    monthly,
    out,
    force,
    **rates,
):
    """Simulate the sequential-auctions economy and write its panel to a file.

    Workers meet firms, firms bid for workers (Postel-Vinay and Robin 2002). Rates are
    per month. The rows carry the truth that data lack: productivity, outside option
    and ability. The same options and seed give the same panel.
    """
    from jobteams_lab import checks
    from jobteams_lab.panel_io import check_destination
    from jobteams_lab.sequential_auctions import Economy, simulate, solve

    with refusing():
        checks.whole("--firms", firms)
        path = check_destination(out)
        if path.exists() and not force:
            raise Refusal(f"{path} is there already: add --force to replace it.")
        economy = Economy(
            productivity=_beta(productivity_shape, productivity_support),
            ability=_ability(ability_sd),
            **rates,
        )
        equilibrium = solve(economy)
        begin = (
            {"start": "stationary"}
            if burn_in is None
            else {"start": "unemployed", "burn_in": burn_in}
        )
        panel = simulate(
            equilibrium, workers, months, firms=firms or None, seed=seed, **begin
        )
        panel = panel.months() if monthly else panel
        panel.write(path)
    mean_wage = panel.time @ panel.data["wage"].to_numpy() / panel.time.sum()
    click.echo(f"{panel!r}")
    click.echo(f"Mean wage: {mean_wage:.4g}")
    click.echo(f"Unemployment rate of the model: {equilibrium.unemployment_rate:.2%}")
    click.echo(f"Written to {path}")


def _beta(shape, support):
    import scipy.stats

    from jobteams_lab import checks

    for value in shape:
        checks.number("--productivity-shape", value, low=0, open_low=True)
    low, high = (checks.number("--productivity-support", value) for value in support)
    if not low < high:
        raise ValueError(
            f"--productivity-support {low:g} {high:g} must go from low to high."
        )
    return scipy.stats.beta(*shape, loc=low, scale=high - low)


def _ability(sd: float):
    import scipy.stats

    from jobteams_lab import checks

    sd = checks.number("--ability-sd", sd, low=0)
    return scipy.stats.lognorm(sd, scale=math.exp(-(sd**2) / 2)) if sd else None


@main.command()
@click.option(
    "--open/--no-open",
    "show",
    default=True,
    show_default=True,
    help="Whether to open the book in the browser when it is built.",
)
def book(show):
    """Build the book, as `make book` does, and open it in the browser."""
    folder = _book_folder()
    try:
        built = subprocess.run(["make", "book"], cwd=folder, check=False)
    except FileNotFoundError:
        raise Refusal(
            "The program make is not installed: install it with your system's package "
            "manager, or run jupyter-book build . in the repository."
        ) from None
    if built.returncode != 0:
        raise click.ClickException("The book was not built: the reason is above.")
    page = folder / "_build" / "html" / "index.html"
    click.echo(f"The book is {page}")
    if show:
        webbrowser.open(page.as_uri())


def _book_folder() -> Path:
    for folder in (Path(__file__).resolve().parents[1], Path.cwd()):
        if all((folder / name).is_file() for name in ("Makefile", "_toc.yml")):
            return folder
    raise Refusal(
        "There is no book here, since the package was installed without it: clone the "
        "repository and run jobteams book in its folder."
    )
