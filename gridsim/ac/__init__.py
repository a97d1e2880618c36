"""AC power flow of all hours in one batch."""

from gridsim.ac.check import check_ac
from gridsim.ac.dispatched import check_ac_dispatch, hour_classes, unit_power
from gridsim.ac.positions import seasonal_positions
from gridsim.ac.reactive import Reactive, ReactiveRules, reactive_injections
from gridsim.ac.state import AcState, Positions, table_positions
from gridsim.ac.stations import ControlRules
from gridsim.ac.tables import ac_table, overload_table, voltage_table
from gridsim.electrical import season_of

__all__ = [
    "AcState", "ControlRules", "Positions", "Reactive", "ReactiveRules", "ac_table", "check_ac", "check_ac_dispatch",
    "hour_classes", "overload_table", "reactive_injections", "season_of", "seasonal_positions", "table_positions",
    "unit_power", "voltage_table",
]
