"""Ice on wind farms: when freezing rain and rime stop the turbines of ridges in winter.

A plant-side loss, never curtailment.  The canonical weather has no humidity and no rain, so wet weather is told by
the light: freezing rain and cloud on the hill go with days as dark as they get.  Thresholds are checked in
docs/howto_profiles.md against days of ice on mountain stations; use a given series where outages were recorded.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.devices.state_memory import run_length, switched
from gridsim.sun import SunPosition
from gridsim.units import step_hours

#: ice grows at or below this temperature at the hub. [degC]
FREEZING_DEGC = 0.0
#: a day counts as wet where less than this share of the extraterrestrial light arrives (assumed). [-]
WET_CLEARNESS_PU = 0.15
#: turbines stop after so long in such weather (assumed). [h]
GROWTH_H = 3.0
#: ice is off after so long above that temperature (Finnish icing atlas after ISO 12494). [degC, h]
THAW_DEGC, THAW_H = 0.5, 6.0
#: temperature falls with height. [K/m]
LAPSE = 0.0065


def iced(
    index: pd.DatetimeIndex,
    temp_air_degc: np.ndarray,
    ghi_w_per_m2: np.ndarray,
    sun: SunPosition,
    *,
    hub_height_m: float,
) -> np.ndarray:
    """Whether a farm carries ice: from the third hour at or below 0 degC at the hub on a dark day until it has been
    above 0.5 degC for six hours.

    Parameters
    ----------
    index : DatetimeIndex
        tz-aware, interval-start; days are those of its zone.
    temp_air_degc : ndarray (time, site)
        2 m above ground.
    ghi_w_per_m2 : ndarray (time, site)
    sun : SunPosition
        At the interval middles.
    hub_height_m : float

    Returns
    -------
    ndarray of bool (time, site)
        False before the first such hours of the year.
    """
    hub = temp_air_degc - LAPSE * (hub_height_m - 2.0)
    most = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0) * sun.extra_w_per_m2
    first = np.flatnonzero(np.diff(index.normalize().asi8, prepend=-1))
    day = np.repeat(np.arange(len(first)), np.diff(first, append=len(index)))
    light, top = (np.add.reduceat(x, first, axis=0) for x in (ghi_w_per_m2, most))
    wet = (light < WET_CLEARNESS_PU * top)[day]
    step_h = step_hours(index)
    grown = run_length((hub <= FREEZING_DEGC) & wet) * step_h >= GROWTH_H
    gone = run_length(hub > THAW_DEGC) * step_h >= THAW_H
    return switched(grown, gone)
