"""Wind of a source that has one height only, brought to a second one so that the hub can be reached.

Over plain, lake and low hills the wind at 10 m is strongest after noon and at 100 m at night.  One exponent for all
hours carries the afternoon maximum up to the hub, invents a correlation of wind and sun, and so moves curtailment from
night to noon.  Either rule here is an assumption and is said in manifest, report and verdict.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridsim.errors import Problem, raise_if
from gridsim.sun import interval_middle
from gridsim.weather.canonical import Weather, wind_column, wind_columns

#: how the second height is made
RULES = ("night_maximum", "constant_exponent")
#: exponent of all hours: the one-seventh power law
CONSTANT_EXPONENT = 1.0 / 7.0
#: exponents at midday and at night where the sites do not state theirs: masts over plain and lake have about 0.1 by day
#: and 0.3-0.4 at night (754 masts in China, doi:10.3390/atmos15050582; eleven in Hubei, 90-150 m,
#: doi:10.16516/j.ceec.2024.1.03)
DAY_EXPONENT, NIGHT_EXPONENT = 0.10, 0.35
#: local solar time of the greatest exponent. [h]
NIGHT_MAXIMUM_H = 1.5
#: the two heights that carry the wind to the hub. [m]
LOW_M, HIGH_M = 10.0, 100.0


def with_second_height(weather: Weather, rule: str = "night_maximum") -> tuple[Weather, str]:
    """Weather with two wind heights or more, and one sentence on the heights.

    A single height below 50 m gets a second one at 100 m, a higher one at 10 m: v(h2) = v(h1) (h2 / h1)^a.
    ``night_maximum``: a runs over the local solar day between the site's exponents at midday and at night (columns
    ``shear_day_pu, shear_night_pu`` of the sites, else 0.10 and 0.35), greatest at 1.5 h.  ``constant_exponent``:
    a = 1/7 in all hours.

    Parameters
    ----------
    weather : Weather
        On the study's index.
    rule : str
        One of :data:`RULES`.

    Returns
    -------
    (Weather, str)
        The same weather if it has two heights.

    Raises
    ------
    InvalidInput
        An unknown rule, no wind at all.
    """
    raise_if(
        [Problem("weather", f"there is no rule {rule!r}", f"use one of: {', '.join(RULES)}", column="one_height")]
        if rule not in RULES
        else []
    )
    heights = wind_columns(weather.data)
    raise_if(
        [Problem(weather.label, "no wind column", "give wind_speed_<h>m_m_per_s at one height or more")]
        if not heights
        else []
    )
    if len(heights) > 1:
        return weather, f"wind at {', '.join(f'{h:g}' for h in heights.values())} m"
    (known, height), target = next(iter(heights.items())), HIGH_M
    if height >= 50.0:
        target = LOW_M
    if rule == "constant_exponent":
        exponent: float | np.ndarray = CONSTANT_EXPONENT
        how = "by the constant exponent 1/7, which carries an afternoon maximum up to the hub"
    else:
        day, night = (
            _of_sites(weather, *c) for c in (("shear_day_pu", DAY_EXPONENT), ("shear_night_pu", NIGHT_EXPONENT))
        )
        exponent = day + (night - day) * _nightness(weather)
        how = f"by exponents from {np.min(day):.2f} at midday to {np.max(night):.2f} at night"
    made = weather.data[known] * (target / height) ** exponent
    data = {**weather.data, wind_column(target): made}
    return replace(weather, data=data), f"wind at {height:g} m only; {target:g} m made {how}"


def _of_sites(weather: Weather, column: str, otherwise: float) -> np.ndarray:
    """A number of every site, or the general one where the sites have no such column: ndarray (site,)."""
    if column not in weather.sites:
        return np.full(len(weather.sites), otherwise)
    return weather.sites[column].fillna(otherwise).to_numpy(float)


def _nightness(weather: Weather) -> np.ndarray:
    """1 at 1.5 h local solar time, 0 twelve hours later: ndarray (time, site)."""
    middle = interval_middle(weather.index).tz_convert("UTC")
    utc_h = np.asarray(middle.hour + middle.minute / 60.0 + middle.second / 3600.0, dtype=float)
    solar_h = utc_h[:, None] + weather.sites["lon_deg"].to_numpy(float) / 15.0
    return 0.5 + 0.5 * np.cos((solar_h - NIGHT_MAXIMUM_H) / 12.0 * np.pi)
