"""Draw the README's picture: `python benchmarks/readme_picture.py`."""

from pathlib import Path

from scipy import stats

from jobteams_lab.figures import axes
from jobteams_lab.sequential_auctions import Economy, simulate, solve
from jobteams_lab.sequential_auctions.figures import (
    plot_job_ladder,
    plot_wage_distribution,
)

economy = Economy(
    contact_rate_unemployed=0.3,
    contact_rate_employed=0.1,
    separation_rate=0.025,
    exit_rate=0.002,
    discount_rate=0.004,
    unemployment_income=0.5,
    productivity=stats.beta(2, 3, loc=0.6, scale=1.4),
)
equilibrium = solve(economy)
panel = simulate(equilibrium, 300_000, 1.0, seed=2, start="unemployed", burn_in=360.0)
snapshot = panel.cross_section(0.5)
left, right = axes(2, height=3.2)
plot_job_ladder(equilibrium, left, snapshot)
plot_wage_distribution(equilibrium, right, snapshot)
left.set_title("identical workers climb to better firms …", loc="left")
right.set_title("… and are paid what auctions left them", loc="left")
left.figure.savefig(Path(__file__).parents[1] / "book/_static/job_ladder.png", dpi=130)
