"""Make the rendered book complete in itself: no page asks another server for anything.

MathJax is copied from the wheel `django-static-mathjax`, used only as a container
(Django is not needed), instead of being loaded from elsewhere; sphinx-thebe, which
Jupyter Book always loads, is taken out of the pages.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

# The script with its fonts, and what its menu loads when a reader asks for speech.
MATHJAX_PARTS = (
    "LICENSE",
    "es5/tex-chtml-full.js",
    "es5/output/chtml/fonts/woff-v2",
    "es5/a11y",
    "es5/sre",
)


def _mathjax_source() -> Path:
    spec = importlib.util.find_spec("mathjax")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(
            "django-static-mathjax is not installed: run `make env`, then `make book`."
        )
    return Path(spec.submodule_search_locations[0]) / "static" / "mathjax"


def _copy_mathjax(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "mathjax"
    for part in MATHJAX_PARTS:
        source = _mathjax_source() / part
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target / part, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target / part)


def _set_theme_options(app, config):
    # In _config.yml this dictionary would replace Jupyter Book's own, and with it the
    # launch and repository buttons.
    config.html_theme_options[
        "navbar_persistent"
    ] = []  # one search box, not two


def _without_thebe(app, pagename, templatename, context, doctree):
    for kind in ("script_files", "css_files"):
        context[kind] = [f for f in context.get(kind, []) if not _is_thebe(f)]


def _is_thebe(asset) -> bool:
    # Its settings are a script without a file name, written into the page.
    parts = getattr(asset, "filename", asset), getattr(asset, "attributes", "")
    return "thebe" in str(parts).lower()


def setup(app):
    app.config.mathjax_path = "mathjax/es5/tex-chtml-full.js"
    app.connect("config-inited", _set_theme_options, priority=900)
    app.connect("html-page-context", _without_thebe, priority=900)
    app.connect("build-finished", _copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
