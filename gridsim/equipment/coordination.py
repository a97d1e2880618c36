"""System and equipment level of a county together: 局部服从整体, the smaller of both, element by element."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.equipment.editions import grade_of

#: readings of the system level that make its interval: the smaller is the headline
READINGS = (("pro_rata", "all"), ("pro_rata", "local"))
_ORDER = ("green", "yellow", "red")


def coordinated(equipment: pd.DataFrame, system: pd.DataFrame | None = None, *, mix: str | None = None) -> pd.DataFrame:
    """Coordinated capacity, C1, C2 and grade of every county.

    Both levels are intervals of the capacity that may stand in the county, what is connected included: of the
    equipment S_D with no and with all stores charging; of the system what is connected plus the smaller and the
    larger of the readings :data:`READINGS`.  The smaller ends and the larger ends of both are compared each with its
    like; the lower end decides.

    Parameters
    ----------
    equipment : DataFrame
        Table ``hosting_equipment_county``.
    system : DataFrame, optional
        Table ``hosting_system``; without it the equipment level stands alone.
    mix : str, optional
        Mix of the system level; default the first one of its table.

    Returns
    -------
    DataFrame
        ``county, mix, system_low_mw, system_high_mw, above_bound, equipment_low_mw, equipment_high_mw,
        coordinated_low_mw, coordinated_high_mw, connected_mw, c1_mw, registered_mw, c2_mw, grade, decided_by,
        contradiction``; empty system columns where the county has no trustworthy answer; ``decided_by`` is system or
        equipment; ``contradiction``: the equipment's upper end lies below the system's lower one.
    """
    county = equipment.reset_index(drop=True)
    connected = county["connected_mw"].to_numpy(dtype=float)
    if set(county["edition"]) == {"2019"}:
        low = high = connected + county["open_mw"].to_numpy(dtype=float)
    else:
        low, high = (county[c].to_numpy(dtype=float) for c in ("capacity_mw", "capacity_high_mw"))
    of_system = _system(county["county"], system, mix)
    system_low, system_high = (connected + of_system[c].to_numpy(dtype=float) for c in ("low", "high"))
    least, most = np.fmin(low, system_low), np.fmin(high, system_high)
    c1 = least - connected
    c2 = c1 - county["registered_mw"].to_numpy(dtype=float)
    return pd.DataFrame({
        "county": county["county"], "mix": of_system["mix"].to_numpy(), "system_low_mw": system_low,
        "system_high_mw": system_high, "above_bound": of_system["above_bound"].to_numpy(), "equipment_low_mw": low,
        "equipment_high_mw": high, "coordinated_low_mw": least, "coordinated_high_mw": most, "connected_mw": connected,
        "c1_mw": c1, "registered_mw": county["registered_mw"], "c2_mw": c2,
        "grade": [_worse(a, b) for a, b in zip(county["grade"], grade_of(c1, c2))],
        "decided_by": np.where(system_low < low, "system", "equipment"), "contradiction": high < system_low,
    })  # fmt: skip


def _system(counties: pd.Series, system: pd.DataFrame | None, mix: str | None) -> pd.DataFrame:
    """Added capacity of the system level by county: ``low``, ``high``, ``above_bound``, ``mix``."""
    empty = pd.DataFrame({"low": np.nan, "high": np.nan, "above_bound": False, "mix": ""}, index=counties)
    if system is None or system.empty:
        return empty
    chosen = str(system["mix"].iloc[0]) if mix is None else mix
    wanted = np.array([pair in READINGS for pair in zip(system["accounting"], system["scope"])])
    mine = system[wanted & (system["mix"] == chosen).to_numpy()]
    usable = _true(mine["ok"]) if "ok" in mine else True
    mine = mine[usable & mine["capacity_mw"].notna()]
    if {"searched", "headline"} <= set(mine.columns):  # a reading that was not searched is no upper end
        mine = mine[_true(mine["searched"]) | _true(mine["headline"])]
    by = mine.groupby("county")["capacity_mw"]
    beyond = _true(mine["above_bound"]) if "above_bound" in mine else None
    found = pd.DataFrame({"low": by.min(), "high": by.max()}).assign(mix=chosen)
    found["above_bound"] = False if beyond is None else beyond.groupby(mine["county"]).all()
    out = found.reindex(counties)
    return out.assign(mix=out["mix"].fillna(""), above_bound=out["above_bound"].map(lambda v: v is True or v == 1.0))


def _true(flags: pd.Series) -> pd.Series:
    """Flags of a table, also after they were written and read."""
    return flags.astype(str).str.lower().isin(("true", "1", "1.0"))


def _worse(one: object, other: object) -> str:
    return max((str(one), str(other)), key=_ORDER.index)


def against_published(county: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Coordinated counties beside what was published last: ``published_quarter, published_grade, published_mw,
    difference_mw, agrees``; empty where nothing was published."""
    last = published.sort_values("quarter", kind="stable").drop_duplicates("county", keep="last").set_index("county")
    last = last.reindex(county["county"])
    grade = last["grade"].to_numpy(dtype=object)
    known = pd.notna(grade)
    published_mw = last["open_mw"].to_numpy(dtype=float)
    return county.assign(
        published_quarter=last["quarter"].to_numpy(dtype=object), published_grade=grade, published_mw=published_mw,
        difference_mw=county["c1_mw"].to_numpy(dtype=float) - published_mw,
        agrees=pd.Series(county["grade"].to_numpy(dtype=object) == grade, dtype=object).where(known, None).to_numpy(),
    )  # fmt: skip
