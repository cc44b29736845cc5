"""The built pages, in a browser: complete without a network, and readable anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PARTS = [[entry["file"] for entry in part["chapters"]] for part in TOC["parts"]]
PAGES = [TOC["root"], *(file for part in PARTS for file in part)]
CHAPTERS = [file for file in PAGES if re.match(r"book/\d\db?_", file)]

# TeX that nobody set; a price such as $109,000 is not meant.
RAW_TEX = re.compile(r"\$\s*[A-Za-zͰ-Ͽ\\({]|\\[a-zA-Z]{2,}|\\[(\[]")

PROSE = """() => {
    const copy = document.querySelector('article').cloneNode(true);
    copy.querySelectorAll('pre, code, mjx-container, script, style')
        .forEach(element => element.remove());
    return copy.textContent;
}"""

# Folded cells and solutions can be too wide as well.
UNFOLD = """() => {
    document.querySelectorAll('details').forEach(fold => { fold.open = true; });
    document.querySelectorAll('.toggle-hidden')
        .forEach(fold => fold.classList.remove('toggle-hidden'));
}"""

# What is wider than its box must scroll in it.
CUT_OFF = """() => [...document.querySelectorAll('article *')]
    .filter(e => getComputedStyle(e).overflowX === 'hidden'
        && e.scrollWidth > e.clientWidth + 1 && !e.closest('mjx-assistive-mml'))
    .map(e => `${e.tagName} ${e.className} ${e.textContent}`)"""

# Contrast as WCAG 2.1 defines it, of each piece of text with what lies behind it.
FAINT_TEXT = """() => {
    const parse = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
        const linear = [r, g, b].map(c => c / 255)
            .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const behind = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = parse(getComputedStyle(e).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const contrast = element => {
        const pair = [parse(getComputedStyle(element).color), behind(element)];
        const [high, low] = pair.map(luminance).sort((a, b) => b - a);
        return (high + 0.05) / (low + 0.05);
    };
    const selector = 'h1, h2, p, li, dt, td, th, figcaption span, pre, mjx-container';
    return [...document.querySelectorAll('article :is(' + selector + ')')]
        .filter(e => e.textContent.trim() && contrast(e) < 4.5)
        .map(e => `${contrast(e).toFixed(1)} ${e.tagName} ${e.textContent.trim()}`);
}"""

each_page = pytest.mark.parametrize("opened", PAGES, indirect=True)


@each_page
def test_asks_no_other_server_and_reports_no_error(opened):
    assert opened.page.locator("article h1").count() == 1
    assert opened.strangers == []
    assert opened.complaints == []


@each_page
def test_every_formula_is_set(opened):
    formulas = opened.page.locator("article .math").all()
    if any(chapter in opened.page.url for chapter in CHAPTERS):
        assert formulas
    unset = [f for f in formulas if f.locator("mjx-container").count() == 0]
    assert [formula.inner_text() for formula in unset] == []
    assert opened.page.locator("mjx-merror, [data-mjx-error]").count() == 0
    assert RAW_TEX.findall(opened.page.evaluate(PROSE)) == []


@each_page
def test_every_figure_is_shown_and_described(opened):
    for image in opened.page.locator("article img").all():
        source, alt = image.get_attribute("src"), image.get_attribute("alt") or ""
        assert image.evaluate("image => image.naturalWidth") > 0, f"{source} is empty"
        # Without a description Sphinx writes the file's name.
        assert " " in alt.strip(), f"{source} has no description: {alt!r}"
        assert not RAW_TEX.search(alt), f"{source}: a description is read, not set"


@each_page
def test_fits_a_phone(opened):
    opened.page.evaluate(UNFOLD)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.page.evaluate(CUT_OFF) == []


@each_page
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_in_both_themes(opened, theme):
    root, switch = opened.page.locator("html"), opened.page.locator(".theme-switch")
    for _ in range(3):
        if root.get_attribute("data-theme") != theme:
            switch.locator("visible=true").first.click()
    assert root.get_attribute("data-theme") == theme
    body = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    darkness = sum(map(int, re.findall(r"\d+", body)[:3])) < 3 * 128
    assert darkness == (theme == "dark")
    assert opened.page.evaluate(FAINT_TEXT) == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_opens_in_colab_and_downloads(visit, chapter):
    visit.open(f"{chapter}.html")
    repository = CONFIG["repository"]["url"].removeprefix("https://github.com/")
    branch = CONFIG["repository"]["branch"]
    colab = visit.page.locator("a[href*='colab.research.google.com']")
    assert colab.first.get_attribute("href") == (
        "https://colab.research.google.com/github/"
        f"{repository}/blob/{branch}/{chapter}.ipynb"
    )
    source = visit.page.locator("a.btn-download-source-button").first
    answer = visit.page.request.get(source.evaluate("link => link.href"))
    assert answer.ok
    assert answer.json()["nbformat"] == 4


@pytest.mark.parametrize("page", [page for page in PAGES if page not in CHAPTERS])
def test_other_pages_offer_no_colab(visit, page):
    visit.open(f"{page}.html")
    assert visit.page.locator("a[href*='colab.research']").count() == 0


def search(visit, words: str) -> list[str]:
    """Search as a reader does, and return the addresses of the pages found."""
    visit.open("index.html")
    visit.page.locator(".search-button-field, .search-button").locator(
        "visible=true"
    ).first.click()
    box = visit.page.locator("input[name=q]").locator("visible=true").first
    box.fill(words)
    box.press("Enter")
    visit.page.wait_for_selector("#search-results .search-summary, #search-results p")
    visit.page.wait_for_load_state("networkidle")
    links = visit.page.locator("#search-results li a").all()
    return [link.get_attribute("href") for link in links]


def test_search_finds_the_pages_that_speak_of_it(visit):
    found = search(visit, "half-open")
    assert [address for address in found if "book/notation.html" in address]
    assert not [address for address in found if "book/bibliography.html" in address]
    assert visit.strangers == []
    assert visit.complaints == []


def test_search_for_nonsense_finds_nothing(visit):
    assert search(visit, "zzyzxqq") == []
