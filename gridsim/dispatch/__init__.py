"""The production simulation (生产模拟): a chronological dispatch of two areas on DC flows."""

from gridsim.dispatch.result import Dispatch
from gridsim.dispatch.solve import solve_dispatch, without_branch_limits

__all__ = ["Dispatch", "solve_dispatch", "without_branch_limits"]
