"""Who is cut, why, and what the rates are."""

from gridsim.curtailment.ledger import CAUSES, LEVELS, SYSTEM_CAUSES, Ledger, ledger, provincial_part

__all__ = ["CAUSES", "LEVELS", "SYSTEM_CAUSES", "Ledger", "ledger", "provincial_part"]
