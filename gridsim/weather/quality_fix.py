"""Repairs of a weather record: only those asked for, every changed cell in a log, nothing in place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.weather.canonical import COLUMNS, ZONE, quantity, wind_columns
from gridsim.weather.quality import SiteRecord
from gridsim.weather.quality_air import foreign_unit
from gridsim.weather.quality_sun import CLEAR_SKY_FACTOR, DHI, DNI, GHI, NIGHT_DEG, SLACK, agreed_middle, upper_bound
from gridsim.weather.quality_time import missing_stamps, stamps_of, usual_step
from gridsim.weather.sky import Sky, noon_of, sky_over

#: repairs that ``--fix`` makes, in this order
DEFAULT_RULES = ("codes", "duplicates", "off_grid", "gaps", "night", "clip")
#: repairs that change what the record claims to be: only by name
ON_REQUEST = ("zone", "shift", "units")
LOG_COLUMNS = ("file", "site", "time", "column", "old", "new", "rule")
#: factors and offsets to canonical units
TO_CANONICAL: dict[str, tuple[float, float]] = {
    "K": (1.0, -273.15),
    "kPa": (1000.0, 0.0),
    "hPa": (100.0, 0.0),
    "kW/m2": (1000.0, 0.0),
    "kJ/m2": (1.0 / 3.6, 0.0),
    "J/m2": (1.0 / 3600.0, 0.0),
}
#: extraterrestrial irradiance below which a clearness says nothing. [W/m2]
FAINT = 20.0


@dataclass(frozen=True)
class Repairs:
    """Which repairs, and how far they go.

    Attributes
    ----------
    rules : tuple of str
        Of :data:`DEFAULT_RULES` and :data:`ON_REQUEST`.
    max_gap_h : float
        Longest gap that is filled: straight lines; irradiance keeps the clearness of the hours around. [h]
    clear_sky_factor : float
        Global irradiance is clipped at this multiple of the clear sky (plus 10 W/m2) and at the extraterrestrial;
        direct and diffuse by the same share.
    shift_h : float
        Rule ``shift``: added to every stamp. [h]
    """

    rules: tuple[str, ...] = DEFAULT_RULES
    max_gap_h: float = 3.0
    clear_sky_factor: float = CLEAR_SKY_FACTOR
    shift_h: float = 0.0


class _Log:
    """Changed cells of one record."""

    def __init__(self, record: SiteRecord) -> None:
        self._record = record
        self.parts: list[pd.DataFrame] = []

    def cells(self, before: pd.DataFrame, after: pd.DataFrame, rule: str) -> pd.DataFrame:
        """Log where two frames of one shape differ; gives ``after``."""
        old, new = before.to_numpy(float), after.to_numpy(float)
        row, column = np.nonzero(~((old == new) | (np.isnan(old) & np.isnan(new))))
        names = np.asarray(before.columns, dtype=object)[column]
        self._add(pd.DatetimeIndex(before.index)[row], names, old[row, column], new[row, column], rule)
        return after

    def stamps(self, old: pd.DatetimeIndex, new: pd.DatetimeIndex | None, rule: str) -> None:
        """Log stamps that were moved, or dropped (``new`` None)."""
        moved = np.array([""] * len(old), dtype=object) if new is None else new.map(str).to_numpy(object)
        self._add(old, np.array(["time"] * len(old), dtype=object), old.map(str).to_numpy(object), moved, rule)

    def _add(self, time: pd.DatetimeIndex, column: np.ndarray, old: np.ndarray, new: np.ndarray, rule: str) -> None:
        if len(time):
            part = {"time": time.map(str), "column": column, "old": old, "new": new, "rule": rule}
            self.parts.append(pd.DataFrame({"file": self._record.file, "site": self._record.site, **part}))

    def table(self) -> pd.DataFrame:
        parts = [p.astype({"old": object, "new": object}) for p in self.parts]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(LOG_COLUMNS))


def repair(record: SiteRecord, repairs: Repairs) -> tuple[SiteRecord, pd.DataFrame]:
    """Repair one record.

    Parameters
    ----------
    record : SiteRecord
        Not changed.
    repairs : Repairs

    Returns
    -------
    (SiteRecord, DataFrame)
        The repaired record, sorted, stamps in the index; and the log with :data:`LOG_COLUMNS`, one row per changed
        cell and rule (column ``time`` for stamps that were moved or dropped).

    Raises
    ------
    InvalidInput
        Unknown rules; stamps without zone and no rule ``zone``; a wrong clock or unit where the sun is to be
        darkened or clipped by it: the repair would destroy a good record.
    """
    _check(record, repairs)
    log = _Log(record)
    if record.frame.empty:
        return record, log.table()
    frame = _stamped(record, repairs, log)
    step = usual_step(pd.DatetimeIndex(frame.index))
    if "units" in repairs.rules:
        frame = log.cells(frame, _in_canonical_units(frame), "units")
    if "codes" in repairs.rules:
        frame = log.cells(frame, _without_codes(frame), "codes")
    if "duplicates" in repairs.rules:
        frame = _merged(frame, log)
    frame = frame.sort_index(kind="stable")
    if "off_grid" in repairs.rules:
        frame = _on_grid(frame, step, log)
    if "gaps" in repairs.rules and not frame.index.has_duplicates:
        frame = _with_short_gaps(frame, step, repairs.max_gap_h)
        frame = log.cells(frame, _filled(frame, record, step, repairs.max_gap_h), "gaps")
        frame = frame[frame.notna().any(axis=1)]  # gaps too long to fill stay gaps
    for rule, function in (("night", _dark), ("clip", _clipped)):
        if rule in repairs.rules and GHI in frame:
            _refuse_foreign_sun(frame, record, step)
            sky = _sky(frame, record, step)
            frame = log.cells(frame, function(frame, sky, repairs), rule)
    frame.attrs = dict(record.frame.attrs)
    return replace(record, frame=frame), log.table()


def _check(record: SiteRecord, repairs: Repairs) -> None:
    known = (*DEFAULT_RULES, *ON_REQUEST)
    problems = [
        Problem("--repair", f"there is no repair {r!r}", f"choose among {', '.join(known)}")
        for r in repairs.rules
        if r not in known
    ]
    if stamps_of(record.frame).tz is None and "zone" not in repairs.rules:
        fix = f"say --repair zone to read them as {ZONE}"
        problems.append(Problem(record.file, "stamps have no time zone", fix, column="time"))
    raise_if(problems)


def _stamped(record: SiteRecord, repairs: Repairs, log: _Log) -> pd.DataFrame:
    """Numbers of the record with its stamps as index; zone and shift if asked for."""
    stamps = stamps_of(record.frame)
    if stamps.tz is None:
        zoned = stamps.tz_localize(ZONE)
        log.stamps(stamps, zoned, "zone")
        stamps = zoned
    if "shift" in repairs.rules and repairs.shift_h:
        moved = stamps + pd.Timedelta(hours=repairs.shift_h)
        log.stamps(stamps, moved, "shift")
        stamps = moved
    values = record.frame.drop(columns=[c for c in ("time",) if c in record.frame]).select_dtypes("number")
    return values.astype(float).set_axis(stamps.tz_convert(ZONE).rename(None), axis=0)


def _in_canonical_units(frame: pd.DataFrame) -> pd.DataFrame:
    out = frame.copy()
    for column in frame.columns:
        values = frame[column].dropna()
        unit = foreign_unit(column, float(values.median()), float(values.quantile(0.999))) if len(values) else None
        if unit:
            factor, offset = TO_CANONICAL[unit]
            out[column] = frame[column] * factor + offset
    return out


def _without_codes(frame: pd.DataFrame) -> pd.DataFrame:
    """Values out of physical bounds as missing; a column in another unit is left to the rule ``units``."""
    out = frame.copy()
    for column in frame.columns:
        values = frame[column].dropna()
        foreign = len(values) and foreign_unit(column, float(values.median()), float(values.quantile(0.999)))
        if (column in COLUMNS or wind_columns([column])) and not foreign:
            out[column] = frame[column].where(frame[column].between(quantity(column).low, quantity(column).high))
    return out


def _merged(frame: pd.DataFrame, log: _Log) -> pd.DataFrame:
    """One row per stamp: the mean of what its rows say."""
    again = frame.index.duplicated(keep="first")
    if not again.any():
        return frame
    log.stamps(pd.DatetimeIndex(frame.index[again]), None, "duplicates")
    first = frame[~again]
    twice = frame.index[again].unique()
    mean = frame[frame.index.isin(twice)].groupby(level=0).mean()
    out = first.copy()
    same = np.isclose(out.loc[mean.index], mean, rtol=0.0, atol=1e-9, equal_nan=True)
    out.loc[mean.index] = mean.where(~same, out.loc[mean.index])
    return log.cells(first, out, "duplicates")


def _on_grid(frame: pd.DataFrame, step: pd.Timedelta, log: _Log) -> pd.DataFrame:
    """Without the stamps that stand between those of the usual step."""
    phase = pd.DatetimeIndex(frame.index).asi8 % step.value
    phases, counts = np.unique(phase, return_counts=True)
    off = phase != phases[counts.argmax()]
    log.stamps(pd.DatetimeIndex(frame.index[off]), None, "off_grid")
    return frame[~off]


def _with_short_gaps(frame: pd.DataFrame, step: pd.Timedelta, max_gap_h: float) -> pd.DataFrame:
    """Empty rows for gaps that are short enough to be filled."""
    absent = missing_stamps(pd.DatetimeIndex(frame.index), step)
    if not len(absent):
        return frame
    run = np.cumsum(np.r_[True, np.diff(absent.asi8) > step.value])
    short = np.bincount(run)[run] * step <= pd.Timedelta(hours=max_gap_h)
    return frame.reindex(frame.index.union(absent[short]))


def _filled(frame: pd.DataFrame, record: SiteRecord, step: pd.Timedelta, max_gap_h: float) -> pd.DataFrame:
    """Short runs of missing cells filled; the sun by its clearness, direct from what global and diffuse leave."""
    longest = pd.Timedelta(hours=max_gap_h) / step
    short = {c: _short_runs(frame[c].to_numpy(), longest) for c in frame.columns}
    if not any(m.any() for m in short.values()):
        return frame
    out = frame.copy()
    rows = np.arange(len(frame), dtype=float)
    sky = _sky(frame, record, step)
    height = sky.cos_zenith[:, 0]
    above = height * sky.beam_extra_w_per_m2[:, 0]
    for column, mask in short.items():
        values = frame[column].to_numpy()
        good = np.isfinite(values)
        if not mask.any() or column == DNI:
            continue
        if column in (GHI, DHI):
            lit = good & (above > FAINT)
            clearness = np.interp(rows, rows[lit], values[lit] / above[lit]) if lit.any() else np.zeros(len(rows))
            new = clearness * above
        else:
            new = np.interp(rows, rows[good], values[good])
        out[column] = np.where(mask, new, values)
    if DNI in frame and GHI in frame and DHI in frame and short[DNI].any():
        beam = (out[GHI] - out[DHI]).to_numpy() / np.maximum(height, 0.065)
        beam = np.where(height > 0.05, np.clip(beam, 0.0, sky.beam_extra_w_per_m2[:, 0]), 0.0)
        out[DNI] = np.where(short[DNI], beam, frame[DNI].to_numpy())
    return out


def _short_runs(values: np.ndarray, longest: float) -> np.ndarray:
    """Missing cells in runs of at most ``longest``, with a value on both sides."""
    empty = np.isnan(values)
    at = np.flatnonzero(empty)
    mask = np.zeros(len(values), bool)
    if not len(at):
        return mask
    run = np.cumsum(np.r_[True, np.diff(at) > 1])
    mask[at[np.bincount(run)[run] <= longest]] = True
    known = np.flatnonzero(~empty)
    if not len(known):
        return np.zeros(len(values), bool)
    mask[: known[0]] = mask[known[-1] + 1 :] = False
    return mask


def _sky(frame: pd.DataFrame, record: SiteRecord, step: pd.Timedelta) -> Sky:
    """The sun over the intervals that the check judges the record by."""
    index = pd.DatetimeIndex(frame.index)
    half = step.total_seconds() / 120.0
    middle = half if record.middle_min is None else record.middle_min
    if GHI in frame:
        noon = noon_of(frame[GHI].to_numpy(float), index, step, record.lat_deg, record.lon_deg)
        middle = agreed_middle([noon], middle, step)
    place = (np.array([v]) for v in (record.lat_deg, record.lon_deg, record.elevation_m))
    return sky_over(index + pd.Timedelta(minutes=middle - half), step, *place)


def _refuse_foreign_sun(frame: pd.DataFrame, record: SiteRecord, step: pd.Timedelta) -> None:
    """Night and clear sky say nothing of a record with a wrong clock or unit."""
    values = frame[GHI].dropna()
    unit = foreign_unit(GHI, float(values.median()), float(values.quantile(0.999))) if len(values) else ""
    step_min = step.total_seconds() / 60.0
    middle = step_min / 2.0 if record.middle_min is None else record.middle_min
    noon = noon_of(frame[GHI].to_numpy(float), pd.DatetimeIndex(frame.index), step, record.lat_deg, record.lon_deg)
    off = (noon.offset_min - middle) / 60.0
    problems = []
    if unit:
        fix = "say --repair units too, or leave out night and clip"
        problems.append(Problem(record.file, f"irradiance is in {unit}", fix, row=record.site, column=GHI))
    if abs(off) * 60.0 > step_min + 15.0:
        fix = f"say --repair shift --shift-hours {off:+.1f} too if the zone is wrong, or leave out night and clip"
        problems.append(
            Problem(record.file, f"noon is {off:+.1f} h off the sun's", fix, row=record.site, column="time")
        )
    raise_if(problems)


def _dark(frame: pd.DataFrame, sky: Sky, _repairs: Repairs) -> pd.DataFrame:
    """No irradiance at night."""
    night = sky.high_deg[:, 0] < NIGHT_DEG
    return frame.assign(**{c: frame[c].where(~(night & (frame[c] > 0.0)), 0.0) for c in (GHI, DNI, DHI) if c in frame})


def _clipped(frame: pd.DataFrame, sky: Sky, repairs: Repairs) -> pd.DataFrame:
    """Irradiance at most what is credible; its parts keep their shares."""
    bound = upper_bound(sky, factor=repairs.clear_sky_factor)[:, 0]
    over = frame[GHI].to_numpy() > bound
    share = np.where(over, bound / np.where(over, frame[GHI].to_numpy(), 1.0), 1.0)
    parts = {c: np.where(over, frame[c] * share, frame[c]) for c in (GHI, DNI, DHI) if c in frame}
    if DNI in parts:
        most = sky.beam_extra_w_per_m2[:, 0]
        parts[DNI] = np.where(parts[DNI] > most + SLACK, most, parts[DNI])
    return frame.assign(**parts)
