"""The models from a terminal: `jobteams simulate`, `identify`, `sort` and `book`."""

from __future__ import annotations

import math
import subprocess
import webbrowser
from pathlib import Path

import click

from jobteams_lab.cli_identify import identify
from jobteams_lab.cli_shared import Refusal, number, pair, refusing


@click.group()
@click.version_option(package_name="jobteams-lab")
def main():
    """Who works where, with whom, at what wage: four models and an executable book.

    \b
    jobteams simulate --out panel.parquet   a matched worker-firm panel, simulated
    jobteams identify panel.parquet --out result
                                            types, production and a report
    jobteams sort --out teams.parquet       workers sorted into teams, and their wages
    jobteams book                           build the book and open it

    A panel has one row a job and stretch of time: worker, firm, start, end, wage and
    where the job came from. Read it in Python with jobteams_lab.Panel.read, or with
    anything that reads Parquet or CSV. Every command explains itself with --help.
    """


main.add_command(identify)


@main.command()
@number("--contact-rate-unemployed", 0.30, "λ0: offers a month out of work.")
@number("--contact-rate-employed", 0.10, "λ1: offers a month at work.")
@number("--separation-rate", 0.025, "δ: jobs destroyed a month.")
@number("--exit-rate", 0.002, "μ: workers leaving for good a month, replaced.")
@number("--discount-rate", 0.004, "ρ, a month.")
@number("--unemployment-income", 0.5, "b, a month, for a worker of ability 1.")
@number("--risk-aversion", 0.0, "γ of U(c) = c^(1-γ)/(1-γ); 0 is linear utility.")
@pair(
    "--productivity-shape",
    (2.0, 3.0),
    "The two shapes of the firms' beta distribution; 1 1 is uniform.",
)
@pair("--productivity-support", (0.6, 2.0), "Lowest and highest productivity.")
@number(
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
    from jobteams_lab.sequential_auctions import Economy, simulate, solve

    with refusing():
        checks.whole("--firms", firms)
        path = _destination(out, force)
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


def _destination(out, force) -> Path:
    from jobteams_lab.panel_io import check_destination

    path = check_destination(out)
    if path.exists() and not force:
        raise Refusal(f"{path} is there already: add --force to replace it.")
    return path


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
@pair(
    "--workers-shape",
    (0.96, 2.85),
    "The two shapes of the beta distribution of a worker's probability of failing.",
)
@pair(
    "--projects-shape",
    (0.98, 2.83),
    "The two shapes of the beta distribution of a project's value.",
)
@click.option(
    "--workers-per-team", type=int, default=2, show_default=True, help="m, from 2 on."
)
@click.option(
    "--teams",
    type=int,
    default=1000,
    show_default=True,
    help="Teams drawn for the panel, a firm each.",
)
@click.option(
    "--coupling",
    default="rearranged",
    show_default=True,
    help="How the mixed set is coupled: rearranged or entropy. Wages do not depend on "
    "it; who works with whom does.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Same seed, same panel."
)
@click.option(
    "--out", required=True, type=click.Path(), help="A .parquet or .csv file."
)
@click.option("--force", is_flag=True, help="Replace the file if it is there already.")
def sort(
    workers_shape, projects_shape, workers_per_team, teams, coupling, seed, out, force
):
    """Sort workers into teams and write drawn teams and their wages to a file.

    A team of m workers loses z x1 ... xm of its project's value z if worker i fails
    with probability xi; the economy loses the least it can (Boerma, Tsyvinski and
    Zimin 2023). The rows carry the truth that data lack: skill, project and loss. The
    default shapes are the paper's of 1981; those of 2013 are 1.89 1.48 and 1.66 1.63.
    """
    import scipy.stats

    from jobteams_lab import checks
    from jobteams_lab.team_sorting import Economy, simulate, solve

    with refusing():
        path = _destination(out, force)
        shapes = {"--workers-shape": workers_shape, "--projects-shape": projects_shape}
        for name, shape in shapes.items():
            for value in shape:
                checks.number(name, value, low=0, open_low=True)
        workers, projects = (scipy.stats.beta(*shape) for shape in shapes.values())
        equilibrium = solve(Economy(workers, projects, workers_per_team))
        panel = simulate(equilibrium, teams, seed, coupling)
        verdict = str(equilibrium.certificate()).splitlines()[0]
        panel.write(path)
    share = equilibrium.countermonotonic_share
    click.echo(f"{panel!r}")
    click.echo(f"Share of teams on the countermonotonic arms (q): {share:.4g}")
    click.echo(f"Loss of every mixed team (C): {equilibrium.mixed_loss:.4g}")
    click.echo(f"Output a team: {equilibrium.output:.4g}")
    click.echo(f"Output lost a team: {equilibrium.output_loss:.4g}")
    click.echo(f"Mean wage of the model: {equilibrium.mean_wage[0]:.4g}")
    click.echo(f"Certificate: {verdict}")
    click.echo(f"Written to {path}")


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
