"""Solutions that come with the package."""

from __future__ import annotations

from importlib import resources

from jobteams_lab import checks
from jobteams_lab.large_firms import solution_files
from jobteams_lab.large_firms.solution import Solution

FOLDER = resources.files("jobteams_lab.large_firms")


def stored(name: str | None = None) -> Solution | dict[str, str]:
    """Return a solution that comes with the package, or say which ones do.

    Reading checks all of the file; see `solution_files.load`.

    Parameters
    ----------
    name : str, optional
        Without it, the names and a line on each.

    Returns
    -------
    Solution or dict
        Its `run` says by whom it was solved: seed, device, seconds and version.

    Raises
    ------
    ValueError
        For a name that is not there, with those that are.
    """
    files = {
        file.name.removesuffix(".npz"): file
        for file in sorted(FOLDER.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".npz")
    }
    if name is None:
        return {
            name: _with(file, solution_files.describe) for name, file in files.items()
        }
    checks.one_of("name", name, files)
    return _with(files[name], solution_files.load)


def _with(file, function):
    with resources.as_file(file) as path:
        return function(path)
