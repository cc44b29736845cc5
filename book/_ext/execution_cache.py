"""Execute a notebook again when the package changes, not only when the notebook does.

jupyter-cache knows a notebook by its cells alone and would go on showing the numbers of
an older package. So the cache lies in a folder named after the package's files, the
locked versions and the Python that runs them; that folder is a Sphinx setting on which
every page depends, so that a new one has all pages read again in a warm build too.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path


def cache_key(root: Path) -> str:
    """Return a short hash of everything a chapter's numbers depend on but its text.

    Parameters
    ----------
    root : Path
        The repository: the folder of `jobteams_lab/` and `requirements.lock`.
    """
    package = (p for p in (root / "jobteams_lab").rglob("*") if p.is_file())
    files = sorted(p for p in package if "__pycache__" not in p.parts)
    digest = hashlib.sha256(sys.implementation.cache_tag.encode())
    for path in [*files, root / "requirements.lock"]:
        content = path.read_bytes()
        name = path.relative_to(root).as_posix()
        # Lengths keep two files from reading as one.
        digest.update(f"\n{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _use_keyed_cache(app, config):
    caches = Path(app.outdir).parent / ".jupyter_cache"
    current = caches / cache_key(Path(app.srcdir))
    for outdated in caches.glob("*"):
        if outdated != current:
            shutil.rmtree(outdated) if outdated.is_dir() else outdated.unlink()
    config.nb_execution_cache_path = str(current)


def setup(app):
    app.connect("config-inited", _use_keyed_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
