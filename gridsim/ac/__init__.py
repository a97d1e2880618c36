"""AC power flow of all hours in one batch."""

from gridsim.ac.check import check_ac, season_of
from gridsim.ac.state import AcState, Positions

__all__ = ["AcState", "Positions", "check_ac", "season_of"]
