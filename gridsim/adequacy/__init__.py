"""Balances as a planning report has them: power, energy and peak regulation, by month and typical moment."""

from gridsim.adequacy.energy import monthly_energy
from gridsim.adequacy.moments import typical_moments
from gridsim.adequacy.power import power_balance
from gridsim.adequacy.regulation import regulation_balance
from gridsim.adequacy.tables import balance_tables

__all__ = ["balance_tables", "monthly_energy", "power_balance", "regulation_balance", "typical_moments"]
