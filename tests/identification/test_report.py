"""The report: its tables are the estimate's, its page stands alone, whole or not."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobteams_lab import Panel, __version__
from jobteams_lab.identification import (
    NAM,
    PAM,
    Economy,
    Types,
    cautions,
    identify,
    report,
    simulate,
    solve,
)
from jobteams_lab.identification.figures_report import by_type, svg
from jobteams_lab.identification.report import FILES, check_folder, write_report
from jobteams_lab.identification.report_findings import findings, meaning, signed
from jobteams_lab.identification.report_page import WEIGHTIEST, _ordered
from jobteams_lab.identification.report_tables import COLUMNS

TYPES = 6
BINS = {"worker_types": TYPES, "firm_types": TYPES}


def made(production, **changes):
    types = Types.uniform(10)
    economy = Economy(production, worker_types=types, firm_types=types, **changes)
    return simulate(solve(economy), 1_500, 24, 200, seed=3, noise=0.2)


@pytest.fixture(scope="module")
def benchmark():
    panel = made(PAM)
    return panel, identify(panel, **BINS, bootstrap=3, smoothing="gcv")


@pytest.fixture(scope="module")
def search():
    panel = made(NAM, search_intensity_employed=0.2)
    return panel, identify(panel, **BINS, whole_firms=panel.firms[4:])


@pytest.fixture(scope="module")
def written(benchmark, tmp_path_factory):
    panel, found = benchmark
    folder = tmp_path_factory.mktemp("reports") / "result"
    return write_report(
        found,
        panel,
        folder,
        title="Pay <b> & rank",
        source="a<script>.csv",
        command="jobteams identify 'a&b.csv'",
        notes=("chosen < here",),
    )


def test_tables_hold_the_estimate(benchmark, written):
    panel, found = benchmark
    assert sorted(path.name for path in written.iterdir()) == sorted(FILES)
    workers = pd.read_parquet(written / "worker_ranks.parquet")
    assert workers["worker"].tolist() == panel.workers.tolist()
    assert workers["rank"].tolist() == found.worker_rank.tolist()
    assert workers["type"].tolist() == (found.worker_bins + 1).tolist()
    np.testing.assert_allclose(workers["share"].mean(), 0.5)
    firms = pd.read_parquet(written / "firm_ranks.parquet")
    assert firms["firm"].tolist() == panel.firms.tolist()
    assert firms["rank"].tolist() == found.firm_rank.tolist()
    np.testing.assert_array_equal(firms["omega"], found.omega)
    np.testing.assert_allclose(firms["filling_rate"] * firms["premium"], found.omega)
    hired = panel.spells().data
    hired = hired[(hired["origin"] == "unemployment") & (hired["start"] > 0)]
    assert firms["hires_from_unemployment"].sum() == len(hired)
    cells = pd.read_parquet(written / "production.parquet")
    assert len(cells) == TYPES**2
    wide = cells.pivot(index="worker_type", columns="firm_type", values="production")
    np.testing.assert_array_equal(wide, found.production)
    assert wide.index[0] == wide.columns[0] == 1
    np.testing.assert_array_equal(cells["smooth"], found.smooth_production.ravel())
    np.testing.assert_array_equal(cells["low"], found.intervals.production[0].ravel())


def test_workers_and_firms_without_a_rank_are_missing(search, tmp_path):
    panel, found = search
    folder = write_report(found, panel, tmp_path / "r")
    workers = pd.read_parquet(folder / "worker_ranks.parquet")
    unranked = np.isnan(found.worker_rank)
    assert unranked.any()
    for column in ("rank", "type", "share"):
        assert workers[column].isna().tolist() == unranked.tolist()
    firms = pd.read_parquet(folder / "firm_ranks.parquet")
    assert firms["rank"].isna().tolist() == [True] * 4 + [False] * 20
    assert firms["seen_whole"].tolist() == [False] * 4 + [True] * 20
    facts = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert facts["coverage"]["whole_firms"] == pytest.approx(20 / 24)
    assert facts["intervals"] is None
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "all of the 20 firms seen whole (of 24)" in text
    assert "Firm ranks and output rest on these firms" in text
    assert "into unemployment end" in text and "a job lasts" not in text
    assert "bargaining power 0.5 (plays no role with search on the job)" in text
    cells = pd.read_parquet(folder / "production.parquet")
    assert not {"smooth", "low", "high"} & set(cells)
    assert "whom they hire away" in text
    assert "negative" in text


def test_summary_holds_every_number(benchmark, written):
    panel, found = benchmark
    facts = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    assert facts["version"] == __version__
    assert facts["panel"]["workers"] == 1_500
    assert facts["panel"]["spells"] == len(panel)
    wage = np.average(panel.data["wage"], weights=panel.duration)
    assert facts["panel"]["mean_wage"] == pytest.approx(wage)
    assert facts["sorting"] == found.sorting
    assert facts["reallocation_gain"] == found.reallocation_gain
    assert facts["warnings"] == list(found.warnings)
    assert facts["settings"]["worker_types"] == TYPES
    assert facts["settings"]["discount_factor"] == 0.996
    assert facts["settings"]["smoothing"] == "gcv"
    assert facts["intervals"]["samples"] == 3
    assert facts["intervals"]["sorting"] == found.intervals.sorting.tolist()


class Page(HTMLParser):
    """Collects elements, what they point to, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.ids, self.words = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        attrs = dict(attrs)
        self.ids += [attrs["id"]] if "id" in attrs else []
        for name in ("src", "href", "xlink:href"):
            self.links += [attrs[name]] if name in attrs else []
        if tag == "svg":
            assert attrs["role"] == "img"
            assert len(attrs["aria-label"]) > 20

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_stands_alone(written):
    text = (written / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("svg") == 4
    assert not {"script", "link", "iframe"} & set(page.tags)
    for link in page.links:
        assert link.startswith(("#", "data:image/png;base64,")), link[:60]
        assert not link.startswith("#") or link[1:] in page.ids
    for inner in re.findall(r"url\(([^)]*)\)", text):
        assert inner[0] == "#" and inner[1:] in page.ids
    assert "@import" not in text
    # names in one figure must not be those of another
    assert len(page.ids) == len(set(page.ids))


def test_the_page_says_what_was_given_and_found(benchmark, written):
    _, found = benchmark
    words = "".join(Page((written / "report.html").read_text(encoding="utf-8")).words)
    assert "Pay <b> & rank" in words
    assert "a<script>.csv" in words
    assert "jobteams identify 'a&b.csv'" in words
    assert "chosen < here" in words
    assert f"Sorting {found.sorting:+.2f}" in words
    low, high = found.intervals.reallocation_gain
    assert f"{low:.1%} to {high:.1%}, 90% bootstrap interval" in words
    assert "Vacancies are not observed" in words
    assert f"jobteams-lab {__version__}; worker types {TYPES}" in words
    assert f"a job lasts {1 / found.separation_rate:,.0f} months on average" in words
    assert "plays no role" not in words
    assert words.count("counting that of workers without a rank") == 1
    for file, columns in COLUMNS.items():
        assert list(pd.read_parquet(written / file)) == list(columns)
        for name, meant in columns.items():
            assert f"{name} {meant}" in words


def test_firms_that_are_not_all_ranked(benchmark):
    _, found = benchmark
    assert "and all of the 24 firms;" in findings(found, 1.0, "month")
    cover = replace(found.coverage, firms=23 / 24)
    most = replace(found, coverage=cover)
    assert "and 95.8% of the 24 firms;" in findings(most, 1.0, "month")


def test_little_employment_is_said_once(benchmark, tmp_path):
    panel, found = benchmark
    little = "Cells with an estimate of f hold 68.5% of employment."
    odd = replace(found, warnings=(little, "The level of f, and the gain."))
    folder = write_report(odd, panel, tmp_path / "r")
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert text.count("of employment, counting that of workers without a rank") == 1
    assert "of output hold 68.5% of employment, counting" in text
    assert "The level of output, and the gain" in text
    assert "output is estimated for" not in text


@pytest.mark.parametrize(
    ("ends", "times"),
    [
        (((0.1, 0.2), (0.0, 1.0)), 1),
        (((0.1, 0.2), (0.1, 0.2)), 1),
        (((0.0, 0.9), (0.0, 1.0)), 0),
        (((np.nan, np.nan), (0.0, 1.0)), 0),
    ],
)
def test_an_interval_beside_its_estimate(benchmark, ends, times):
    _, found = benchmark
    sorting, gain = (np.array(pair) for pair in ends)
    around = replace(found.intervals, sorting=sorting, reallocation_gain=gain)
    odd = replace(
        found,
        sorting=0.5,
        reallocation=replace(found.reallocation, gain=0.05),
        intervals=around,
    )
    text = findings(odd, 1.0, "month")
    assert text.count("An interval may lie beside its estimate") == times


def test_a_gain_that_is_not_known_is_said(benchmark):
    _, found = benchmark
    unknown = replace(found.reallocation, gain=float("nan"))
    text = findings(replace(found, reallocation=unknown), 1.0, "month")
    assert "<b>Gain</b>: not known in per cent" in text
    assert "nan%" not in text


def test_noise_in_words(benchmark):
    _, found = benchmark

    def said(**changes):
        noise = replace(found.noise, **changes)
        return findings(replace(found, noise=noise), 2.0, "month")

    words = "a single wage is off by 10.0% of the mean wage (one standard deviation"
    assert f"{words})" in said(variance=0.04)
    assert f"{words}, as given)" in said(
        variance=0.04, degrees_of_freedom=float("nan"), estimate=0.04
    )
    assert "Noise</b>: none is seen within jobs." in said(estimate=0.0)


def test_the_same_twice(benchmark, written, tmp_path):
    panel, found = benchmark
    again = write_report(found, panel, tmp_path / "again", title="Pay <b> & rank")
    strip = re.compile(r"<p[ >].*?</p>|<ul>.*?</ul>", re.DOTALL)
    one, two = (
        strip.sub("", (folder / "report.html").read_text(encoding="utf-8"))
        for folder in (written, again)
    )
    assert one == two


def test_an_existing_folder_stays_unless_forced(benchmark, tmp_path):
    panel, found = benchmark
    folder = tmp_path / "result"
    folder.mkdir()
    (folder / "report.html").write_text("old")
    with pytest.raises(FileExistsError, match="is there already: add --force"):
        write_report(found, panel, folder)
    assert (folder / "report.html").read_text() == "old"
    write_report(found, panel, folder, force=True)
    assert "<svg" in (folder / "report.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_a_folder_with_other_files_is_never_replaced(benchmark, tmp_path):
    panel, found = benchmark
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"holds 'thesis.tex', which is no part"):
        write_report(found, panel, tmp_path, force=True)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk full")])
@pytest.mark.parametrize("where", ["page", "summary"])
def test_stopped_half_way_nothing_is_left(
    benchmark, tmp_path, monkeypatch, error, where
):
    panel, found = benchmark

    def stop(*arguments):
        raise error

    monkeypatch.setattr(report, where, stop)
    with pytest.raises((KeyboardInterrupt, OSError)):
        write_report(found, panel, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    old = tmp_path / "old"
    old.mkdir()
    (old / "summary.json").write_text("old")
    with pytest.raises((KeyboardInterrupt, OSError)):
        write_report(found, panel, old, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (old / "summary.json").read_text() == "old"


def test_the_old_report_comes_back_if_the_new_one_cannot_take_its_place(
    benchmark, tmp_path, monkeypatch
):
    panel, found = benchmark
    folder = tmp_path / "result"
    folder.mkdir()
    (folder / "summary.json").write_text("old")
    rename, calls = report.os.replace, []

    def second_fails(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError("no room")
        rename(source, target)

    monkeypatch.setattr(report.os, "replace", second_fails)
    with pytest.raises(OSError, match="no room"):
        write_report(found, panel, folder, force=True)
    assert (folder / "summary.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_refuses(benchmark, search, tmp_path):
    panel, found = benchmark
    with pytest.raises(TypeError, match="takes what identify returned, not Panel"):
        write_report(panel, panel, tmp_path / "r")
    fewer = Panel(panel.data[panel.worker_codes > 3], panel.window)
    with pytest.raises(ValueError, match="other workers or firms than"):
        write_report(found, fewer, tmp_path / "r")
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        write_report(found, panel, tmp_path / "none" / "r")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="is a file or a link"):
        write_report(found, panel, tmp_path / "file", force=True)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(NotADirectoryError, match="is a file or a link"):
        write_report(found, panel, tmp_path / "link", force=True)
    with pytest.raises(ValueError, match="has no name"):
        check_folder("/")


def test_sorting_in_words():
    assert meaning(0.45).startswith("moderate and positive")
    assert "firms of high rank" in meaning(0.45)
    assert meaning(-0.8).startswith("strong and negative")
    assert "firms of low rank" in meaning(-0.8)
    assert meaning(0.02).startswith("hardly any")
    assert meaning(0.2).startswith("weak")
    assert (signed(-0.451), signed(0.451), signed(-0.001)) == (
        "−0.45",
        "+0.45",
        "0.00",
    )
    assert meaning(float("nan")).startswith("ranks of workers and firms cannot")


def test_every_warning_has_its_place():
    # every sentence that cautions can say, as it stands in its source
    source = Path(cautions.__file__).read_text(encoding="utf-8")
    source = re.sub(r'"\n\s+f?"', "", source)
    source = source[source.index("found = []") :]
    sentences = [s for s in re.findall(r'f?"([^"\n]*\.)"', source) if " " in s]
    assert len(sentences) >= 14
    for sentence in sentences:
        assert any(words in sentence for words in WEIGHTIEST), sentence
    assert _ordered(
        ["b", "Vacancies are not observed", "1 wage is zero or negative"]
    ) == [
        "1 wage is zero or negative",
        "Vacancies are not observed",
        "b",
    ]


def test_means_by_type():
    found = by_type(
        np.array([1.0, 3.0, np.nan, 5.0, 9.0]), np.array([0, 0, 0, 2, -1]), 3
    )
    np.testing.assert_array_equal(found, [2.0, np.nan, 5.0])


def test_odd_estimates_still_make_a_page(benchmark, tmp_path):
    panel, found = benchmark
    nan = np.full(24, np.nan)
    odd = replace(
        found,
        sorting=float("nan"),
        separation_rate=0.0,
        intervals=None,
        warnings=(),
        firms=replace(found.firms, premium=nan, filling_rate=nan, omega=0 * nan),
    )
    text = (
        write_report(odd, panel, tmp_path / "r")
        .joinpath("report.html")
        .read_text(encoding="utf-8")
    )
    assert "Nothing that the method looks for" in text
    facts = json.loads((tmp_path / "r" / "summary.json").read_text(encoding="utf-8"))
    assert facts["sorting"] is None


def test_large_numbers_are_shortened():
    def draw(ax):
        from jobteams_lab.identification.figures_report import draw_types

        draw_types(np.array([[1e6, 2e6], [3e6, np.nan]]), ax, "pay")
        ax.figure.draw_without_rendering()
        labels = [t.get_text() for t in ax.figure.axes[1].get_yticklabels()]
        assert any(label.endswith("M") for label in labels)

    assert svg("one", "a picture", draw).startswith('<svg role="img"')
