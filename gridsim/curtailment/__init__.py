"""Who is cut, why, and what the rates are."""

from gridsim.curtailment.ledger import CAUSES, Ledger, ledger

__all__ = ["CAUSES", "Ledger", "ledger"]
