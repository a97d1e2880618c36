"""Typical moments of each month, found by search in the simulated hours, never chosen by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.devices import RENEWABLES
from gridsim.weather.calendar import days_of, festival_depth

#: name of a moment -> (hours of the day it is looked for in, first and past-last; what is the largest there)
MOMENTS: dict[str, tuple[tuple[int, int], str]] = {
    "peak": ((0, 24), "load"),
    "evening_peak": ((17, 23), "load"),
    "noon": ((10, 16), "surplus"),
    "valley": ((0, 7), "surplus"),
    "festival": ((0, 24), "surplus"),
}
#: moments of the power balance and of the regulation balance
POWER_MOMENTS = ("peak", "evening_peak", "noon")
REGULATION_MOMENTS = ("noon", "valley", "festival")
#: the name of all areas together
BOTH = "both"


def typical_moments(balances: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Month, moment and time of every typical moment; the same hour for all areas, so that they add up.

    ``peak``: largest load of all areas; ``evening_peak``: the same at 17-22 h; ``noon``, ``valley``: largest wind and
    sun available less load at 10-15 h and 0-6 h; ``festival``: the same over the full days of the Spring Festival.
    """
    total = sum(balances.values())
    assert isinstance(total, pd.DataFrame)
    index = pd.DatetimeIndex(total.index)
    available = total[[*RENEWABLES, *(f"curtailed_{c}" for c in RENEWABLES)]].sum(axis=1).to_numpy()
    load = total["load"].to_numpy()
    value = {"load": load, "surplus": available - load}
    days = days_of(index)
    festive = festival_depth(days)[np.searchsorted(days.asi8, index.asi8, side="right") - 1] >= 1.0
    rows = []
    for month in sorted(set(index.month)):
        for moment, ((first, past), what) in MOMENTS.items():
            here = (index.month == month) & (index.hour >= first) & (index.hour < past)
            here &= festive if moment == "festival" else True
            if here.any():
                at = np.flatnonzero(here)[value[what][here].argmax()]
                rows.append({"month": month, "moment": moment, "time": index[at]})
    return pd.DataFrame(rows, columns=["month", "moment", "time"])
