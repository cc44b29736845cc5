"""The page of a report: what the data are, what was found, how far to trust it."""

from __future__ import annotations

import re
from html import escape

import numpy as np

from jobteams_lab.identification.figures_report import (
    draw_firms,
    draw_types,
    draw_wages,
    svg,
)
from jobteams_lab.identification.identified import Identification
from jobteams_lab.identification.report_findings import (
    OF_CELLS,
    UNRANKED,
    findings,
    signed,
)
from jobteams_lab.identification.report_tables import COLUMNS

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
        _section("What was found", findings(found, facts["panel"]["mean_wage"], unit)),
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

    plain = [_plain(sentence) for sentence in warnings]
    return sorted(plain, key=weight)


def _plain(sentence: str) -> str:
    if OF_CELLS in sentence:
        sentence = sentence.replace("of employment", f"of employment, {UNRANKED}", 1)
    return re.sub(r"\bof f\b", "of output", sentence)


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
            f" is {signed(found.sorting)}.",
            lambda ax: draw_types(density, ax, "% of employment"),
            "<b>Who works where</b>: along the rising diagonal with positive sorting;"
            " white: nobody.",
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
        "<p>Workers are ranked by comparing their pay with that of co-workers at the "
        "same firm, and firms by what an open job is worth to them; neither rank is a "
        "mean wage, and 0 is the lowest, 1 the highest. Output is what a pair of "
        "worker and firm produces, found from wages by undoing the bargain that the "
        "model says they strike. The gain leaves workers and jobs as they are and only "
        "changes who does which, and noise makes it too large rather than too "
        "small.</p>"
    )


def _said(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _making(facts: dict) -> str:
    role = {}
    if facts["model"] != "benchmark":
        role["bargaining_power"] = " (plays no role with search on the job)"
    chosen = ", ".join(
        f"{name.replace('_', ' ')} {_said(value)}{role.get(name, '')}"
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
        f"{_columns()}"
    )


def _columns() -> str:
    """Return what the columns of the files hold, folded."""
    lists = (
        f"<p><b>{file}</b></p><ul>"
        + "".join(f"<li><code>{name}</code> {text}</li>" for name, text in of.items())
        + "</ul>"
        for file, of in COLUMNS.items()
    )
    return (
        "<details class='settings'><summary>Columns of the files</summary>"
        + "".join(lists)
        + "<p><code>smooth</code>, <code>low</code> and <code>high</code> are there if"
        " smoothing or a bootstrap was asked for.</p></details>"
    )
