"""Ratings of branches in every step: of lines by season or by air temperature, of transformers as on the name plate.

An overhead conductor may carry the current that heats it to 70 degC.  With the heat given off in proportion to the
temperature above the air, and the losses to the square of the current::

    I(Ta) = I_25 sqrt((70 - Ta) / (70 - 25))

This is the temperature correction that Chinese handbooks tabulate (1.05 at 20, 0.94 at 30, 0.88 at 35, 0.81 or 0.82 at
40 degC).  Source: the 70 degC rule of DL/T 5222 and GB 50545; their clause numbers and tables were not checked
against the originals.  Wind and sun on the conductor are those behind I_25.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.electrical import Branches, rating_mva, season_of

#: temperature that the conductor may reach, and the air temperature of the tables' rating. [degC]
CONDUCTOR_DEGC, REFERENCE_DEGC = 70.0, 25.0
#: the season whose rating stands for the reference air temperature
REFERENCE_SEASON = "spring"
#: least and greatest factor: air of 45 degC, hotter than any measured in the region; and the cap of planning practice
#: (below 15.6 degC sag, switches and current transformers limit a line, not its conductor).
LEAST_PU, GREATEST_PU = float(np.sqrt(25.0 / 45.0)), 1.10


def ambient_factor_pu(temp_air_degc: np.ndarray) -> np.ndarray:
    """Ampacity of an overhead line over that at 25 degC, between 0.745 and 1.10; see the module's head."""
    above = np.maximum(CONDUCTOR_DEGC - np.asarray(temp_air_degc, dtype=float), 0.0)
    return np.clip(np.sqrt(above / (CONDUCTOR_DEGC - REFERENCE_DEGC)), LEAST_PU, GREATEST_PU)


def rating_mva_by_step(
    model: Branches, index: pd.DatetimeIndex, *, temp_air_degc: np.ndarray | None = None
) -> np.ndarray:
    """Rated apparent power of every branch in every step, (time, branch). [MVA]

    Parameters
    ----------
    model : Branches
    index : DatetimeIndex
    temp_air_degc : ndarray (time,), optional
        Air temperature at the lines.  Without it lines have the rating of their season.  Every line counts as
        overhead; transformers are not derated.
    """
    out = np.empty((len(index), len(model)))
    seasons = season_of(index)
    for season in np.unique(seasons):
        out[seasons == season] = rating_mva(model, str(season))
    if temp_air_degc is not None:
        line = np.flatnonzero(model.element_type == "line")
        out[:, line] = np.outer(ambient_factor_pu(temp_air_degc), rating_mva(model, REFERENCE_SEASON)[line])
    return out


def rating_over_season_pu(model: Branches, index: pd.DatetimeIndex, *, temp_air_degc: np.ndarray) -> np.ndarray:
    """Rating by air temperature over that of the season, (time, element); 1 for transformers."""
    by_air, by_season = (rating_mva_by_step(model, index, temp_air_degc=t) for t in (temp_air_degc, None))
    first = model.first_of_element
    return np.asarray(by_air[:, first] / by_season[:, first])
