"""Solutions and worker values that come with the package."""

from __future__ import annotations

from importlib import resources

from jobteams_lab import checks
from jobteams_lab.large_firms import pay_files, solution_files
from jobteams_lab.large_firms.pay_value import WorkerPay
from jobteams_lab.large_firms.solution import Solution

FOLDER = resources.files("jobteams_lab.large_firms")
SOLUTION, PAY = ".npz", ".pay.npz"


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
    files = _files(SOLUTION)
    if name is None:
        return {
            name: _with(file, solution_files.describe) for name, file in files.items()
        }
    checks.one_of("name", name, files)
    return _with(files[name], solution_files.load)


def stored_pay(name: str | None = None) -> WorkerPay | dict[str, str]:
    """Return the worker values of a solution that comes with the package.

    They are those of `stored` of the same name, in whole. Reading checks all of both
    files; see `pay_files.load`.

    Parameters
    ----------
    name : str, optional
        Without it, the names and a line on each.

    Returns
    -------
    WorkerPay or dict
        Its `run` says how they were found: sizes, seed, device, seconds and version.

    Raises
    ------
    ValueError
        For a name that is not there, with those that are.
    """
    files = _files(PAY)
    if name is None:
        return {name: _with(file, pay_files.describe) for name, file in files.items()}
    checks.one_of("name", name, files)
    solution = stored(name)
    return _with(files[name], lambda path: pay_files.load(path, solution))


def _files(ending: str) -> dict:
    # by name; a solution's file ends as that of its worker values does, but for a part
    return {
        file.name.removesuffix(ending): file
        for file in sorted(FOLDER.iterdir(), key=lambda file: file.name)
        if file.name.endswith(ending) and file.name.endswith(PAY) == (ending == PAY)
    }


def _with(file, function):
    with resources.as_file(file) as path:
        return function(path)
