"""The page of a report: what the data are, what was found, how far to trust it."""

from __future__ import annotations

from html import escape

import numpy as np

from jobteams_lab.identification.figures_report import (
    draw_firms,
    draw_types,
    draw_wages,
    svg,
)
from jobteams_lab.identification.identified import Identification
from jobteams_lab.identification.words import counted

# words of the warnings of `cautions`, those that shake the most first
WEIGHTIEST = (
    "zero or negative",
    "groups that nobody links",
    "out of work lies before",
    "of the variance of wages is within spells",
    "of the hires come from other firms",
    "hold",
    "no spell that ranks",
    "unknown origin",
    "hire at most",
    "worker bin",
    "cannot be ranked",
    "degrees of freedom",
    "hardly move",
    "do not hire their type",
    "Vacancies are not observed",
)
STRENGTHS = ((0.1, "hardly any"), (0.3, "weak"), (0.6, "moderate"), (2.0, "strong"))
STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0 auto;
 max-width:1080px;padding:1.2rem 1rem 2rem;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .2rem}
h2{font-size:1.1rem;margin:1.4rem 0 .4rem;border-bottom:1px solid #ccc}
p,ul{margin:.3rem 0}
ul{padding-left:1.2rem}
.source{color:#555}
dl{display:grid;grid-template-columns:repeat(4,1fr);gap:.5rem;margin:.4rem 0}
@media(max-width:700px){dl{grid-template-columns:1fr 1fr}}
dl div{background:#f2f5f7;border-radius:4px;padding:.4rem .6rem}
dt{font-size:.8rem;color:#444}
dd{margin:0;font-size:1.15rem;font-variant-numeric:tabular-nums}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));
 gap:.8rem}
figure{margin:0;break-inside:avoid}
figure svg{width:100%;height:auto;display:block}
figcaption{font-size:.85rem;color:#333}
code{font-size:.85rem;background:#f2f5f7;padding:.1rem .3rem}
.settings{font-size:.85rem;color:#333}
@page{size:A4;margin:12mm}
@media print{body{font-size:9.5pt;line-height:1.35;max-width:none;padding:0}
 h1{font-size:15pt}h2{font-size:11pt;margin:.6rem 0 .2rem;break-after:avoid}
 dl{grid-template-columns:repeat(4,1fr);gap:.25rem}dl div{padding:.15rem .35rem}
 dd{font-size:10.5pt}.figures{grid-template-columns:1fr 1fr;gap:.3rem .8rem}
 figure svg{max-height:62mm}
 figcaption,code,.settings,dt{font-size:8pt}}
"""


def page(found: Identification, facts: dict, title: str, period: str = "month") -> str:
    """Return the page as HTML that needs no other file and no other server.

    Parameters
    ----------
    found : Identification
    facts : dict
        Of `report.summary`.
    title : str
    period : str
        What the unit of time is called.
    """
    title, unit = escape(title), escape(period)
    source = (
        f'<p class="source">{escape(facts["source"])}</p>' if facts["source"] else ""
    )
    parts = [
        f"<h1>{title}</h1>{source}",
        _section("The data", _data(facts["panel"], unit)),
        _section("What was found", _findings(found, facts["panel"]["mean_wage"], unit)),
        f'<div class="figures">{"".join(_figures(found, unit))}</div>',
        _section("What to be careful about", _list(_ordered(found.warnings))),
        _section("How to read it", _reading()),
        _section("How it was made", _making(facts)),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


def _section(heading: str, body: str) -> str:
    return f"<section><h2>{heading}</h2>{body}</section>"


def _list(sentences) -> str:
    if not sentences:
        return "<p>Nothing that the method looks for stands out.</p>"
    return "<ul>" + "".join(f"<li>{escape(s)}</li>" for s in sentences) + "</ul>"


def _ordered(warnings) -> list[str]:
    def weight(sentence):
        places = [k for k, words in enumerate(WEIGHTIEST) if words in sentence]
        return places[0] if places else len(WEIGHTIEST)

    plain = [sentence.replace(" of f ", " of output ") for sentence in warnings]
    return sorted(plain, key=weight)


def _data(panel: dict, unit: str) -> str:
    numbers = {
        "workers": f"{panel['workers']:,}",
        "firms": f"{panel['firms']:,}",
        f"{unit}s observed": f"{panel['last'] - panel['first']:g}",
        "spells of work": f"{panel['spells']:,}",
        "mean wage": f"{panel['mean_wage']:,.4g}"
        if panel["mean_wage"] < 10_000
        else f"{panel['mean_wage']:,.0f}",
        "hires from unemployment": f"{panel['hires_from_unemployment']:,}",
        "hires from other firms": f"{panel['hires_from_firms']:,}",
        "spells of unknown origin": f"{panel['spells_of_unknown_origin']:,}",
    }
    cards = (f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in numbers.items())
    return f"<dl>{''.join(cards)}</dl>"


def _findings(found: Identification, mean: float, unit: str) -> str:
    cover, rate = found.coverage, found.separation_rate
    noise = np.sqrt(found.noise.variance) / abs(mean)
    if found.model == "benchmark":
        model = "Firms are ranked by whom they hire out of unemployment, as if nobody"
        model += " moved from job to job."
    else:
        model = "Workers move from job to job, so that firms are ranked by whom they"
        model += " hire away, and only wages out of unemployment are compared."
    whole = ""
    if not found.whole.all():
        number = counted(int(found.whole.sum()), "firm")
        whole = f" Firms and output rest on the {number} seen whole."
    sentences = [
        f"<b>Sorting {_signed(found.sorting)}</b>{_range(found, 'sorting')}:"
        f" {_meaning(found.sorting)}.",
        f"<b>Gain {found.reallocation_gain:.1%}</b>"
        f"{_range(found, 'reallocation_gain')}: so much more would the same workers"
        " produce in the same jobs if these were dealt out in the best way.",
        f"<b>Separations {rate:.2%}</b> of jobs a {unit}"
        + (f": a job lasts {1 / rate:,.0f} {unit}s on average." if rate > 0 else "."),
        f"<b>Noise</b>: a single wage is off by {noise:.1%} of the mean wage (one"
        " standard deviation).",
        f"<b>Placed</b>: {cover.workers:.1%} of the workers and {cover.firms:.1%} of"
        f" the firms; output is estimated where {cover.employment:.1%} of employment"
        f" is.{whole}",
        f"<b>Model</b>: {model}",
    ]
    return "<ul>" + "".join(f"<li>{s}</li>" for s in sentences) + "</ul>"


def _signed(value: float) -> str:
    text = f"{value:+.2f}".replace("-", "−")
    return text[1:] if text[1:] == "0.00" else text


def _meaning(sorting: float) -> str:
    if not np.isfinite(sorting):
        return "ranks of workers and firms cannot be compared"
    size = abs(sorting)
    strength = next(words for limit, words in STRENGTHS if size < limit)
    if size < STRENGTHS[0][0]:
        return "hardly any; high workers are at high firms about as often as low ones"
    firms = "high" if sorting > 0 else "low"
    kind = "positive" if sorting > 0 else "negative"
    return (
        f"{strength} and {kind}; workers of high rank are found more often at firms of"
        f" {firms} rank"
    )


def _range(found: Identification, name: str) -> str:
    if found.intervals is None:
        return ""
    low, high = getattr(found.intervals, name)
    ends = f"{_signed(low)} to {_signed(high)}"
    if name == "reallocation_gain":
        ends = f"{low:.1%} to {high:.1%}"
    return f" ({ends}, {found.intervals.level:.0%} bootstrap interval)"


def _figures(found: Identification, unit: str) -> list[str]:
    smooth = found.smooth_production
    surface = found.production if smooth is None else smooth
    low, high = np.nanmin(surface), np.nanmax(surface)
    density = np.where(found.match_density > 0, 100 * found.match_density, np.nan)
    shown = {
        "output": (
            "Output of a pair by the ranks of worker and firm,"
            f" {low:.3g} to {high:.3g}.",
            lambda ax: draw_types(surface, ax, f"output a {unit}"),
            f"<b>Output of a pair</b>{'' if smooth is None else ', smoothed'}, in units"
            " of the wage; white: no wage seen.",
        ),
        "matches": (
            "Share of employment by the ranks of worker and firm; their correlation"
            f" is {_signed(found.sorting)}.",
            lambda ax: draw_types(density, ax, "% of employment"),
            "<b>Who works where</b>: along the rising diagonal with positive sorting.",
        ),
        "firms": (
            "Value of an open job, filling rate and wage premium by the firm's rank.",
            lambda ax: draw_firms(found, ax),
            "<b>What ranks firms</b>: Ω, the chance to fill a job times what that"
            " brings.",
        ),
        "wages": (
            "Mean wage and range over firm types by the worker's rank.",
            lambda ax: draw_wages(found, ax),
            "<b>Wages</b> out of unemployment by the worker's rank; the band goes from"
            " the firm type that pays least to the one that pays most.",
        ),
    }
    return [
        f"<figure>{svg(name, escape(alt), draw)}"
        f"<figcaption>{text}</figcaption></figure>"
        for name, (alt, draw, text) in shown.items()
    ]


def _reading() -> str:
    return (
        "<p>Workers are ranked by what firms pay them beside their co-workers, and "
        "firms by what an open job is worth to them; neither rank is a mean wage, "
        "and 0 is the lowest, 1 the highest. Output is what a pair of worker and "
        "firm produces, found from wages by undoing the bargain that the model says "
        "they strike. The gain leaves workers and jobs as they are and only changes "
        "who does which, and noise makes it too large rather than too small.</p>"
    )


def _said(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _making(facts: dict) -> str:
    chosen = ", ".join(
        f"{name.replace('_', ' ')} {_said(value)}"
        for name, value in facts["settings"].items()
        if value is not None
    )
    command = (
        f"<p><code>{escape(facts['command'])}</code></p>" if facts["command"] else ""
    )
    notes = _list(facts["notes"]) if facts["notes"] else ""
    return (
        f"{command}{notes}<p class='settings'>jobteams-lab {escape(facts['version'])};"
        f" {escape(chosen)}.</p><p class='settings'>Method: M. Hagedorn, T. H. Law and"
        " I. Manovskii, “Identifying Equilibrium Models of Labor Market Sorting”,"
        " Econometrica 85 (2017). Beside this page: worker_ranks.parquet,"
        " firm_ranks.parquet, production.parquet, summary.json.</p>"
    )
