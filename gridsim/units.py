"""Units are part of a name: every float column or field ends in one of these suffixes.

The vocabulary is pandapower's where it has one (``vn_kv``, ``length_km``, ``vk_percent``).
Power becomes energy only through :func:`energy_mwh`, with the step length.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pandas as pd

from gridsim.errors import InvalidInput, Problem

#: suffix -> meaning; a test walks every schema and fails on a float column without one.
SUFFIXES: dict[str, str] = {
    "_mw": "megawatt",
    "_mwh": "megawatt hour",
    "_gwh": "gigawatt hour",
    "_kw": "kilowatt",
    "_mvar": "megavar",
    "_mva": "megavolt-ampere",
    "_kv": "kilovolt",
    "_ka": "kiloampere",
    "_pu": "per unit of a stated base",
    "_percent": "per cent",
    "_km": "kilometre",
    "_km2": "square kilometre",
    "_m": "metre",
    "_deg": "degree of arc",
    "_degree": "degree of arc (pandapower's spelling for phase shifts)",
    "_degc": "degree Celsius",
    "_h": "hour",
    "_percent_per_h": "per cent per hour",
    "_percent_per_k": "per cent per kelvin",
    "_cny": "yuan",
    "_ohm_per_km": "ohm per kilometre",
    "_nf_per_km": "nanofarad per kilometre",
    "_us_per_km": "microsiemens per kilometre",
    "_cny_per_mwh": "yuan per megawatt hour",
    "_cny_per_kw": "yuan per kilowatt",
    "_cny_per_kwh": "yuan per kilowatt hour",
    "_cny_per_km": "yuan per kilometre",
    "_cny_per_kva": "yuan per kilovolt-ampere",
    "_years": "years",
    "_g_per_kwh": "gram (of standard coal) per kilowatt hour",
    "_persons": "persons",
    "_ratio": "ratio of two like quantities",
    "_m_per_s": "metre per second",
    "_w_per_m2": "watt per square metre",
    "_kwh_per_m2": "kilowatt hour per square metre",
    "_pa": "pascal",
}

Power = TypeVar("Power", float, np.ndarray, pd.Series, pd.DataFrame)


def energy_mwh(power_mw: Power, step_h: float) -> Power:
    """Energy of a constant power over one step: E = P * dt.

    Parameters
    ----------
    power_mw : float, array, Series or DataFrame
        Mean power over each step. [MW]
    step_h : float
        Step length. [h]

    Returns
    -------
    same type as ``power_mw``
        Energy of each step. [MWh]
    """
    return power_mw * step_h  # type: ignore[return-value]


def step_hours(index: pd.DatetimeIndex) -> float:
    """Step length of an equally spaced index; a single step says it by the index's ``freq``. [h]

    Raises
    ------
    InvalidInput
        A single step without ``freq``: nothing says how long it is.
    """
    if len(index) > 1:
        return (index[1] - index[0]).total_seconds() / 3600.0
    if index.freq is None:
        what, fix = "one step alone does not say how long it is", "give the index a freq, e.g. freq='1h'"
        raise InvalidInput([Problem("time index", what, fix)])
    return float(pd.Timedelta(index.freq).total_seconds()) / 3600.0  # type: ignore[arg-type]


def has_unit(name: str) -> bool:
    """Whether a column name ends in a known unit suffix."""
    return any(name.endswith(suffix) for suffix in SUFFIXES)
