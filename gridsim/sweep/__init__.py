"""Sweeps: hundreds of cases of one study on a machine's cores, thousands on a Dask cluster."""

from gridsim.sweep.results import Sweep, compare_sweeps, open_sweep
from gridsim.sweep.run import run_sweep

__all__ = ["Sweep", "compare_sweeps", "open_sweep", "run_sweep"]
