"""AC power flow of all hours in one batch, and after every outage."""

from gridsim.ac.annual import capacity_load_table, losses_table, reverse_power_table, station_units_table
from gridsim.ac.check import HourlyControl, check_ac
from gridsim.ac.control_table import control_table
from gridsim.ac.dispatched import check_ac_dispatch, hour_classes, unit_power
from gridsim.ac.n1 import N1, check_n1, city_load_mw, n1_diverged_table, n1_hours_table, n1_table, n1_voltage_table
from gridsim.ac.positions import seasonal_positions
from gridsim.ac.reactive import Reactive, ReactiveRules, reactive_injections
from gridsim.ac.state import AcState, Positions, table_positions
from gridsim.ac.stations import ControlRules
from gridsim.ac.tables import ac_table, overload_table, voltage_table
from gridsim.electrical import season_of

__all__ = [
    "N1",
    "AcState",
    "ControlRules",
    "HourlyControl",
    "Positions",
    "Reactive",
    "ReactiveRules",
    "ac_table",
    "capacity_load_table",
    "check_ac",
    "check_ac_dispatch",
    "check_n1",
    "city_load_mw",
    "control_table",
    "hour_classes",
    "losses_table",
    "n1_diverged_table",
    "n1_hours_table",
    "n1_table",
    "n1_voltage_table",
    "overload_table",
    "reactive_injections",
    "reverse_power_table",
    "season_of",
    "seasonal_positions",
    "station_units_table",
    "table_positions",
    "unit_power",
    "voltage_table",
]
