"""Remedies (提升措施): candidates from the ledger and the planner, each simulated for the whole year, ranked."""

from gridsim.measures.study import rank_measures

__all__ = ["rank_measures"]
