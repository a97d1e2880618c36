"""gridsim: curtailment, overloads, verdict and hosting capacity of a grid, explained.

The public names load when first used, so that ``import gridsim`` is quick and changes no global state.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridsim.ac import AcState
    from gridsim.case import Case, simulate
    from gridsim.dispatch import Dispatch, solve_dispatch
    from gridsim.drivers import Drivers, read_drivers
    from gridsim.errors import InvalidInput, NoOptimum
    from gridsim.explain import HourExplained, explain_hour
    from gridsim.hosting import hosting_capacity
    from gridsim.measures import rank_measures
    from gridsim.network import Network, read_network
    from gridsim.profiles import Profiles, given_profiles, make_profiles
    from gridsim.report import write_report
    from gridsim.run import run_study
    from gridsim.store import Findings, read_findings, write_findings
    from gridsim.study import Study, read_study
    from gridsim.sweep import Sweep, open_sweep, run_sweep

__version__ = "0.1.0"

#: public name -> module it lives in
_HOME = {
    "AcState": "ac", "Case": "case", "Dispatch": "dispatch", "Drivers": "drivers", "Findings": "store",
    "InvalidInput": "errors", "Network": "network", "NoOptimum": "errors", "Profiles": "profiles", "Study": "study",
    "HourExplained": "explain", "explain_hour": "explain",
    "Sweep": "sweep", "open_sweep": "sweep", "run_sweep": "sweep",
    "rank_measures": "measures", "hosting_capacity": "hosting",
    "given_profiles": "profiles", "make_profiles": "profiles", "read_drivers": "drivers", "read_findings": "store",
    "read_network": "network", "read_study": "study", "run_study": "run", "simulate": "case",
    "solve_dispatch": "dispatch", "write_findings": "store", "write_report": "report",
}

__all__ = [
    "AcState",
    "Case",
    "Dispatch",
    "Drivers",
    "Findings",
    "HourExplained",
    "InvalidInput",
    "Network",
    "NoOptimum",
    "Profiles",
    "Study",
    "Sweep",
    "explain_hour",
    "given_profiles",
    "hosting_capacity",
    "make_profiles",
    "open_sweep",
    "rank_measures",
    "read_drivers",
    "read_findings",
    "read_network",
    "read_study",
    "run_study",
    "run_sweep",
    "simulate",
    "solve_dispatch",
    "write_findings",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"gridsim.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return sorted({*globals(), *_HOME})
