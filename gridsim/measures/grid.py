"""Measures on the grid: larger conductors, another circuit, another transformer unit, higher limits of a section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gridsim.interchange import LIMITS
from gridsim.measures.measure import Edit, Measure, Quantities, Rejected, drafted, row_of
from gridsim.network import Network

#: what a conductor brings along
CONDUCTOR = ("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "max_i_ka", "max_i_spring_ka", "max_i_winter_ka")
#: a larger conductor carries at least so much more, or it is no measure
LEAST_GAIN = 1.1
#: cables have many times the capacitance of overhead lines; neither is the next size of the other
SAME_MAKE = 3.0
#: capacitance below that of any line, where a table has none. [nF/km]
LEAST_NF_PER_KM = 1.0
#: end of the name of what is added
ADDED = " 新增"


def line_uprate(network: Network, lines: Sequence[str], std_type: str | None = None) -> Measure | Rejected:
    """Larger conductors on a line, on all of its circuits that are named.

    Parameters
    ----------
    network : Network
    lines : sequence of str
        Circuits of the table ``line``.
    std_type : str, optional
        Conductor; by default the next larger one in use at the same voltage.
    """
    table = network["line"].set_index("name")
    first = row_of(network["line"], lines[0])
    element = "+".join(lines)
    if bool(table.loc[list(lines), "is_equivalent"].any()):
        return Rejected("line_uprate", element, "equivalent_branch")
    wanted = std_type or _next_conductor(network, lines[0])
    if wanted is None:
        return Rejected("line_uprate", element, "no_larger_conductor", f"{first['max_i_ka']:g} kA")
    kind = row_of(network["line_type"], wanted)
    values = {c: float(kind[c]) for c in CONDUCTOR}
    edits = tuple(Edit("line", {"name": name, "std_type": wanted, **values}) for name in lines)
    before = first["std_type"] if isinstance(first["std_type"], str) else f"{first['max_i_ka']:g} kA"
    length = float(table.loc[list(lines), "length_km"].sum())
    change = f"{before} → {wanted} ({first['max_i_ka']:g} → {values['max_i_ka']:g} kA), {length:g} km"
    quantities = Quantities(length_km=length, vn_kv=_voltage(network, first["from_bus"]))
    return drafted("line_uprate", element, change, edits, quantities)


def _next_conductor(network: Network, line: str) -> str | None:
    """The smallest type in use at the line's voltage, of its make, that carries :data:`LEAST_GAIN` times as much."""
    table = network["line"].set_index("name")
    vn = network["bus"].set_index("name")["vn_kv"]
    mine = row_of(network["line"], line)
    used = table.loc[(table["from_bus"].map(vn) == vn[mine["from_bus"]]).to_numpy(), "std_type"].dropna().unique()
    types = network["line_type"].set_index("name")
    types = types[types.index.isin(used)]
    make = types["c_nf_per_km"].clip(lower=LEAST_NF_PER_KM) / max(float(mine["c_nf_per_km"]), LEAST_NF_PER_KM)
    alike = (make < SAME_MAKE) & (make > 1.0 / SAME_MAKE)
    larger = types[alike & (types["max_i_ka"] >= LEAST_GAIN * mine["max_i_ka"])].sort_values("max_i_ka")
    return None if larger.empty else str(larger.index[0])


def second_circuit(network: Network, line: str) -> Measure | Rejected:
    """One more circuit like an existing one, in the sections it is in."""
    row = row_of(network["line"], line)
    if bool(row["is_equivalent"]):
        return Rejected("second_circuit", line, "equivalent_branch")
    edits = (_copy("line", row), *_in_sections(network, "line", line))
    change = f"+ 1 × {row['std_type'] if isinstance(row['std_type'], str) else line}, {row['length_km']:g} km"
    quantities = Quantities(length_km=float(row["length_km"]), vn_kv=_voltage(network, row["from_bus"]))
    return drafted("second_circuit", line, change, edits, quantities)


def trafo_unit(network: Network, unit: str) -> Measure | Rejected:
    """One more transformer unit like an existing one, in the sections it is in."""
    table = "trafo" if unit in set(network["trafo"]["name"]) else "trafo3w"
    row = row_of(network[table], unit)
    rating_mva = float(row["sn_mva" if table == "trafo" else "sn_hv_mva"])
    edits = (_copy(table, row), *_in_sections(network, table, unit))
    quantities = Quantities(rating_kva=1e3 * rating_mva, vn_kv=_voltage(network, row["hv_bus"]))
    return drafted("trafo_unit", unit, f"+ {rating_mva:g} MVA", edits, quantities)


def section_limit(network: Network, section: str, p_mw: float) -> Measure | Rejected:
    """Limits of a section, those of the year and of the seasons, further apart by ``p_mw`` each way."""
    row = row_of(network["section"], section)
    edits = []
    for table, name in (("section", "name"), ("section_season", "section")):
        frame = network[table]
        keys = [name] if table == "section" else [name, "season"]
        for cells in frame.loc[frame[name] == section, [*keys, *LIMITS]].to_dict("records"):
            wider = {"max_p_mw": cells["max_p_mw"] + p_mw, "min_p_mw": cells["min_p_mw"] - p_mw}
            named = {str(k): v for k, v in cells.items()}
            edits.append(Edit(table, {**named, **wider}))
    up, down = row["max_p_mw"], row["min_p_mw"]
    change = f"{up:g} → {up + p_mw:g} MW, {down:g} → {down - p_mw:g} MW"
    return drafted("section_limit", section, change, tuple(edits), Quantities(power_kw=1e3 * p_mw))


def raised_section(network: Network, section: str, percent: float) -> Measure | Rejected:
    """Limits of a section further apart by a share of the larger one."""
    row = row_of(network["section"], section)
    return section_limit(network, section, float(percent / 100.0 * max(row["max_p_mw"], -row["min_p_mw"])))


def parallel(network: Network, line: str) -> list[str]:
    """Circuits between the two buses of a line, itself included, sorted."""
    table = network["line"]
    ends = [frozenset(pair) for pair in zip(table["from_bus"], table["to_bus"])]
    mine = ends[int(np.flatnonzero(table["name"] == line)[0])]
    return sorted(str(n) for n, pair, on in zip(table["name"], ends, table["in_service"]) if pair == mine and on)


def _copy(table: str, row: Mapping[str, Any]) -> Edit:
    cells = {k: v for k, v in row.items() if v is not None and v == v}
    return Edit(table, {**cells, "name": f"{row['name']}{ADDED}"}, is_new=True)


def _in_sections(network: Network, table: str, element: str) -> tuple[Edit, ...]:
    """The new branch in every section that its twin is in: a section is measured on all of its circuits."""
    rows = network["section_branch"]
    mine = rows[(rows["element_type"] == table) & (rows["element"] == element)]
    return tuple(
        Edit("section_branch", {**{str(k): v for k, v in r.items()}, "element": f"{element}{ADDED}"}, is_new=True)
        for r in mine.to_dict("records")
    )


def _voltage(network: Network, bus: str) -> float:
    return float(network["bus"].set_index("name")["vn_kv"][bus])
