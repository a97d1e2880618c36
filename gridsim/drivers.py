"""What drives the grid from outside: weather per site and demand, on one time index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Drivers:
    """Weather per site and demand per demand name on one index.

    Attributes
    ----------
    index : DatetimeIndex
        tz-aware (Asia/Shanghai), interval-start, equally spaced; the step length comes from it.
    sites : DataFrame
        Columns ``name, lat_deg, lon_deg, elevation_m`` of each weather site, in array order.
    weather : mapping of str to ndarray
        ``ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, temp_air_degc, pressure_pa`` and
        ``wind_speed_<h>m_m_per_s`` (one per height), each (time, site).
    demand_mw : DataFrame
        (time, demand name): gross demand without losses, ``less`` already subtracted.
    available_mw : DataFrame
        Given series (time, unit) that replace the weather physics of those units (may be empty).
    year : int
        Weather year.
    provenance : mapping
        What each part came from (goes to the manifest and the report).
    """

    index: pd.DatetimeIndex
    sites: pd.DataFrame
    weather: Mapping[str, np.ndarray]
    demand_mw: pd.DataFrame
    available_mw: pd.DataFrame = field(default_factory=pd.DataFrame)
    year: int = 0
    provenance: Mapping[str, str] = field(default_factory=dict)
