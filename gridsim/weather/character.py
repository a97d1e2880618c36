"""What sets one weather year apart from the typical one.

* **The year.** Annual sun, wind and temperature are stratified over a decade (Latin hypercube, McKay, Beckman and
  Conover 1979, doi:10.1080/00401706.1979.10489755): any ten years from ..5 to ..4 hold each tenth of the normal
  distribution once, in a random order.  Ten years then have the stated spread with every seed, not by luck.
* **The months** differ by a field that decays with distance; sunny months are warm in summer and cool in winter.
* **Seasons that come early or late**: the plum rain of June and July with its onset and length, overcast spells in
  winter, cold surges that bring wind and a fall of temperature and cross the province from north to south.

The typical year has none of these (:func:`typical_character`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from gridsim.weather import fields
from gridsim.weather.months import MONTH_DAYS, month_of_hour

#: standard deviation of annual sums or means between years: irradiation 4.5 %, wind speed at 100 m 2.8 % (which is
#: 5.5-8 % of wind energy at low-wind sites), air temperature 0.5 K
YEAR_SPREAD = {"ghi": 0.045, "wind": 0.028, "temp_degc": 0.5}
#: of single months within the year: with the annual part 11 % for irradiation and 8 % for wind speed, the means over
#: land of reanalysis (Krakauer and Cohan 2017, doi:10.3390/resources6030029); temperature assumed
MONTH_SPREAD = {"ghi": 0.10, "wind": 0.075, "temp_degc": 1.2}
#: distance over which months differ. [km]
MONTH_LENGTH_KM = 500.0
#: correlation of sun and temperature by month: sunny is warm in summer, cool in winter nights (assumed)
SUN_WARMS = np.array([-0.1, -0.05, 0.15, 0.3, 0.4, 0.5, 0.6, 0.55, 0.4, 0.25, 0.1, -0.05])
#: plum rain: onset (day of the year, 14 June) and length with standard deviations; mid-June to mid-July, 20-30 days,
#: onset between early June and mid-July (Yao, Lin and Wu 2019, doi:10.1175/JCLI-D-17-0873.1; GB/T 33671-2017)
PLUM_ONSET_DAY, PLUM_LENGTH_DAYS = (164.0, 8.0), (28.0, 9.0)
#: shortest and longest plum rain. [days]
PLUM_BOUNDS_DAYS = (8.0, 50.0)
#: change of the month's irradiation per day of plum rain more than usual
PLUM_GHI_PER_DAY = -0.01
#: cloudiness in standard deviations: within the plum rain, in June and July outside it, in a winter spell
PLUM_SHIFT, BETWEEN_SHIFT, WINTER_SHIFT = -0.5, 0.25, -0.6
#: expected winter spells per month (January to March, November, December) and their length in days
WINTER_SPELLS_PER_MONTH = np.array([0.8, 0.8, 0.6, 0, 0, 0, 0, 0, 0, 0, 0.3, 0.5])
WINTER_SPELL_DAYS = (7.0, 15.0)
#: expected passages of cold air per month, one a week in winter (assumed)
SURGES_PER_MONTH = np.array([3.0, 3.0, 3.2, 2.4, 1.0, 0, 0, 0, 0.8, 2.0, 2.8, 3.0])
#: fall of temperature and wind at the passage, in standard deviations of each; speed of the front. [km/h]
SURGE_COLD, SURGE_WIND, FRONT_KM_PER_H = (0.8, 2.2), (0.6, 1.6), 40.0
#: hours in which the temperature falls, and in which it comes back to 1/e
FALL_H, BACK_H = 24.0, (30.0, 80.0)


#: departures of temperature below the first approach the second and never pass it: with it ten years of Yueyang come
#: down to about the lowest on record, -5.9 degrees. [standard deviations]
COLDEST = (-1.3, -2.3)


@dataclass(frozen=True)
class Character:
    """What sets a weather year apart, by month (12, site) and hour (hours, site).

    Attributes
    ----------
    ghi_pu, wind_pu : ndarray (12, site)
        Irradiation and wind speed against the normals.
    temp_degc : ndarray (12, site)
        Departure of the monthly temperature. [K]
    cloud : ndarray (hours, 1)
        Added to the latent cloudiness of the synoptic scale; negative is darker. [standard deviations]
    cold, gust : ndarray (hours, site)
        Cold surges: fall of temperature, wind. [standard deviations]
    warmth_pu : ndarray (12, 1)
        Scale of the departures of temperature: with cold surges in them they keep the normals' day-to-day spread.
    coldest : tuple of float
        Departures below the first approach the second. [standard deviations]
    """

    ghi_pu: np.ndarray
    wind_pu: np.ndarray
    temp_degc: np.ndarray
    cloud: np.ndarray
    cold: np.ndarray
    gust: np.ndarray
    warmth_pu: np.ndarray
    coldest: tuple[float, float] = (-np.inf, -np.inf)

    def not_colder(self, departure: np.ndarray) -> np.ndarray:
        """Departures of temperature with their cold end bent up to what is on record."""
        start, end = self.coldest
        if not np.isfinite(start):
            return departure
        room = start - end
        return np.where(departure < start, end + room * np.exp(np.minimum(departure - start, 0.0) / room), departure)


def typical_character(at: fields.Places, *, days: np.ndarray = MONTH_DAYS) -> Character:
    """The year of the normals: no departures."""
    shape, hours = (12, len(at.names)), int(days.sum()) * 24
    nothing = np.zeros((hours, 1))
    return Character(np.ones(shape), np.ones(shape), np.zeros(shape), nothing, nothing, nothing, np.ones((12, 1)))


def year_character(
    at: fields.Places, lat_deg: np.ndarray, ghi_share: np.ndarray, *, year: int, seed: int, days: np.ndarray
) -> Character:
    """Departures of one weather year.

    Parameters
    ----------
    at : Places
    lat_deg : ndarray (site,)
        Latitude; a cold surge comes from the north.
    ghi_share : ndarray (12, site)
        Share of each month in the year's irradiation.
    year, seed : int
        Name the random streams.
    days : ndarray (12,)
        Days of the months.

    Returns
    -------
    Character
    """
    key = (seed, year + 1)
    rain, onset, end = plum_rain(key, days)
    sun = fields.regional(at, seed=key, what="month ghi", steps=12, memory_steps=0.5, length_km=MONTH_LENGTH_KM)
    wind, warm = (
        fields.regional(at, seed=key, what=f"month {w}", steps=12, memory_steps=0.5, length_km=MONTH_LENGTH_KM)
        for w in ("wind", "temp_degc")
    )
    usual = _overlap(PLUM_ONSET_DAY[0], PLUM_ONSET_DAY[0] + PLUM_LENGTH_DAYS[0], days)
    extra = PLUM_GHI_PER_DAY * (_overlap(onset, end, days) - usual)
    calm = np.where(usual > 0.0, 0.7, 1.0)  # in June and July the plum rain brings its own part of the spread
    ghi = MONTH_SPREAD["ghi"] * calm[:, None] * sun + extra[:, None]
    ghi = ghi - (ghi_share * ghi).sum(axis=0)
    weight = (days / days.sum())[:, None]
    blow = MONTH_SPREAD["wind"] * (wind - (weight * wind).sum(axis=0))
    link = SUN_WARMS[:, None]
    temp = MONTH_SPREAD["temp_degc"] * (link * ghi / MONTH_SPREAD["ghi"] + np.sqrt(1.0 - link**2) * warm)
    temp = temp - (weight * temp).sum(axis=0)
    annual = {k: s * of_decade(year, seed=seed, what=k) for k, s in YEAR_SPREAD.items()}
    cold, gust = _surges(key, lat_deg, days)
    return Character(
        np.clip(1.0 + annual["ghi"] + ghi, 0.6, 1.5),
        np.clip(1.0 + annual["wind"] + blow, 0.6, 1.5),
        annual["temp_degc"] + temp,
        (rain + _winter_spells(key, days))[:, None],
        cold,
        gust,
        _with_surges(days)[:, None],
        COLDEST,
    )


def of_decade(year: int, *, seed: int, what: str) -> float:
    """Standard normal departure of a year: every ten years from ..5 to ..4 hold each tenth of the distribution once.

    The ten values have mean 0 and standard deviation (n - 1) exactly 1; their order is random.
    """
    decade, place = divmod(year - 5, 10)
    order = fields.stream((seed, decade), "decade", what).permutation(10)
    values = ndtri((np.arange(10) + 0.5) / 10.0)
    return float(values[order[place]] / values.std(ddof=1))


def plum_rain(key: tuple[int, int], days: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Shift of cloudiness by hour through the plum rain of a year, its first and its last day (of the year)."""
    draw = fields.stream(key, "plum rain").standard_normal(2)
    leap = float(days.sum() - 365)
    (first, first_sd), (length, length_sd) = PLUM_ONSET_DAY, PLUM_LENGTH_DAYS
    onset = first + leap + float(np.clip(first_sd * draw[0], -20.0, 25.0))
    end = onset + float(np.clip(length + length_sd * draw[1], *PLUM_BOUNDS_DAYS))
    day = (np.arange(int(days.sum()) * 24) + 0.5) / 24.0
    within = np.clip((day - onset) / 2.0 + 0.5, 0.0, 1.0) * np.clip((end - day) / 2.0 + 0.5, 0.0, 1.0)
    summer = np.isin(month_of_hour(days), (5, 6))
    return np.where(within > 0.0, within * PLUM_SHIFT, 0.0) + (1.0 - within) * summer * BETWEEN_SHIFT, onset, end


def _overlap(first: float, last: float, days: np.ndarray) -> np.ndarray:
    """Days of each month between two days of the year, ndarray (12,)."""
    ends = np.cumsum(days).astype(float)
    return np.clip(np.minimum(last, ends) - np.maximum(first, ends - days), 0.0, None)


def _events(key: tuple[int, int], what: str, per_month: np.ndarray, days: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Poisson events: hour of the year and three uniform numbers each."""
    rng = fields.stream(key, what)
    starts = np.r_[0, np.cumsum(days)[:-1]] * 24.0
    events = []
    for month, expected in enumerate(per_month):
        for _ in range(int(rng.poisson(expected))):
            draw = rng.random(4)
            events.append((float(starts[month] + draw[0] * days[month] * 24.0), draw[1:]))
    return events


def _winter_spells(key: tuple[int, int], days: np.ndarray) -> np.ndarray:
    """Shift of cloudiness by hour through overcast spells of the cold months."""
    hour = np.arange(int(days.sum()) * 24) + 0.5
    shift = np.zeros(len(hour))
    low, high = WINTER_SPELL_DAYS
    for start, draw in _events(key, "winter spell", WINTER_SPELLS_PER_MONTH, days):
        length = 24.0 * (low + (high - low) * draw[0])
        rise = np.clip((hour - start) / 24.0, 0.0, 1.0) * np.clip((start + length - hour) / 24.0, 0.0, 1.0)
        shift = np.minimum(shift, WINTER_SHIFT * rise)
    return shift


def _surges(key: tuple[int, int], lat_deg: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cold surges by hour and site: temperature falls within a day and comes back over days; wind at the front."""
    hours = int(days.sum()) * 24
    lag = (30.0 - lat_deg) * fields.KM_PER_DEGREE_NORTH / FRONT_KM_PER_H
    cold, gust = np.zeros((hours, len(lag))), np.zeros((hours, len(lag)))

    def since(arrival: float, first: float, last: float) -> tuple[slice, np.ndarray]:
        """Hours from the arrival of the front at a site; outside the slice the pulse is below 1e-15."""
        rows = slice(max(int(arrival + first), 0), max(min(int(arrival + last), hours), 0))
        return rows, np.arange(rows.start, max(rows.stop, rows.start)) + 0.5 - arrival

    for start, draw in _events(key, "cold surge", SURGES_PER_MONTH, days):
        fall = SURGE_COLD[0] + (SURGE_COLD[1] - SURGE_COLD[0]) * draw[0]
        blow = SURGE_WIND[0] + (SURGE_WIND[1] - SURGE_WIND[0]) * draw[1]
        memory = BACK_H[0] + (BACK_H[1] - BACK_H[0]) * draw[2]
        for s, late in enumerate(lag):
            rows, x = since(start + late, -1.0, FALL_H + 36.0 * memory)
            cold[rows, s] += fall * np.clip(x / FALL_H, 0.0, 1.0) * np.exp(-np.maximum(x - FALL_H, 0.0) / memory)
            rows, x = since(start + late, -90.0, 120.0)
            gust[rows, s] += blow * np.exp(-(((x - 16.0) / 16.0) ** 2))
    return cold, gust


def _with_surges(days: np.ndarray) -> np.ndarray:
    """Scale that leaves the variance 1 after Poisson surges came to a unit variance, by month.

    Campbell's theorem: a train of pulses has the variance rate * E(fall^2) * integral of the unit pulse squared;
    the pulse is a ramp of :data:`FALL_H` (a third of it) and an exponential (half its time).
    """
    low, high = SURGE_COLD
    square = (low**2 + low * high + high**2) / 3.0
    pulse_h = FALL_H / 3.0 + sum(BACK_H) / 4.0
    return np.asarray(1.0 / np.sqrt(1.0 + SURGES_PER_MONTH / (days * 24.0) * square * pulse_h))
