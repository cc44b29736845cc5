"""Who works where, with whom, at what wage: four models of sorting and wages."""

from importlib.metadata import version

from jobteams_lab.panel import Panel

__all__ = ["Panel", "__version__"]
__version__ = version("jobteams-lab")
