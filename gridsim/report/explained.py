"""An explained hour as blocks of a report: what happened, what limits, who is cut and why, what a MW would do."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from gridsim.explain import SMALLEST_MW, HourExplained
from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Paragraph, Table
from gridsim.report.numbers import number
from gridsim.report.tables import Col, Names, cell, headers
from gridsim.store import Findings

#: rows of the balance: item, or item of the room under the item before it
ROWS = (
    "load", "coal", "gas", "biomass", "room.thermal_min", "room.thermal_max", "hydro", "room.hydro_min", "imports",
    "room.imports_reducible", "wind", "solar", "pumped_storage_generating", "battery_discharging",
    "pumped_storage_pumping", "battery_charging", "room.charging_possible", "exchange", "unserved", "must_run_cut",
    "curtailed_wind", "curtailed_solar",
)  # fmt: skip
#: plants that are listed one by one
MOST_PLANTS = 12
POWER = "power_mw"
CUT = (Col("available_mw", POWER), Col("curtailed_mw", POWER), Col("curtailed_percent", "rate"))
WHY = (Col("cause", "word:cause"), Col("element"), Col("outage"))
CHANGED = (Col("city_mw", "power_fine"), Col("both_mw", "power_fine"))


def explained_blocks(hour: HourExplained, findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Everything that is printed of an explained hour."""
    names = Names(findings, texts)
    return (
        Paragraph(headline(hour, texts, names), "statement"),
        _balance(hour, texts, names),
        *_causes(hour, texts, names),
        *_limits(hour, texts, names),
        *_who(hour, texts, names),
        *_marginal(hour, texts, names),
    )


def headline(hour: HourExplained, texts: Texts, names: Names) -> str:
    """The hour in two sentences."""
    time, minutes = f"{hour.time:%Y-%m-%d %H:%M}", f"{60.0 * hour.step_h:g}"
    available, cut = hour.available_mw(hour.city), hour.curtailed_mw(hour.city)
    own = {"time": time, "minutes": minutes, "city": names.area(hour.city), "available": number(available, POWER)}
    room = {r["item"]: number(r["p_mw"], POWER) for r in hour.headroom.to_dict("records")}
    if hour.curtailed_mw() > SMALLEST_MW:
        said = texts(
            "explain.cut",
            **own,
            cut=number(cut, POWER),
            percent=number(100.0 * cut / available if available > SMALLEST_MW else None, "rate"),
            both=number(hour.curtailed_mw(), POWER),
            both_available=number(hour.available_mw(), POWER),
            both_percent=number(100.0 * hour.curtailed_mw() / hour.available_mw(), "rate"),
        )
    else:
        said = texts("explain.nothing_cut", **own)
    return said + texts("explain.room", **{str(k): v for k, v in room.items()})


def _table(
    caption: str,
    frame: pd.DataFrame,
    columns: Sequence[Col],
    texts: Texts,
    names: Names,
    notes: Sequence[str] = (),
) -> Table:
    body = tuple(
        tuple(cell(value, column, texts, names) for value, column in zip(row, columns))
        for row in frame[[c.column for c in columns]].itertuples(index=False, name=None)
    )
    return Table(caption, headers(columns, texts), body, notes=tuple(notes))


def _balance(hour: HourExplained, texts: Texts, names: Names) -> Table:
    areas = [hour.city, *([hour.rest] if hour.rest else [])]
    known = {
        group: {(a, i): float(p) for a, i, p in frame.itertuples(index=False, name=None)}
        for group, frame in (("", hour.balance), ("room", hour.room))
    }
    rows = []
    for key in ROWS:
        group, _, item = key.rpartition(".")
        values = [known[group].get((a, item), 0.0) for a in areas]
        if any(abs(v) > SMALLEST_MW for v in values) or item == "load":
            label = texts(f"explain.{item}") if group else texts.word("item", item)
            rows.append([label, *values])
    columns = [Col("item"), *(Col(f"p{k}", POWER, label="item") for k in range(len(areas)))]
    frame = pd.DataFrame(rows, columns=[c.column for c in columns])
    table = _table(texts("explain.balance"), frame, columns, texts, names, (texts("explain.balance_note"),))
    heads = tuple(
        type(h)(names.area(areas[k - 1]), h.unit, h.is_number) if k else h for k, h in enumerate(table.headers)
    )
    return Table(table.caption, heads, table.rows, notes=table.notes)


def _causes(hour: HourExplained, texts: Texts, names: Names) -> tuple[Block, ...]:
    if hour.causes.empty:
        return ()
    return (
        _table(
            texts("explain.causes"), hour.causes, [*WHY, Col("city_mw", POWER), Col("both_mw", POWER)], texts, names
        ),
    )


def _limits(hour: HourExplained, texts: Texts, names: Names) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if hour.limits.empty:
        blocks.append(Paragraph(texts("explain.no_limit")))
    else:
        columns = [
            Col("element"), Col("outage"), Col("cause", "word:cause"), Col("direction", "word:direction"),
            Col("flow_mw", POWER), Col("limit_mw", POWER), Col("dual_cny_per_mwh", "value"), *CHANGED,
        ]  # fmt: skip
        notes = (texts("explain.limits_note"),)
        blocks.append(_table(texts("explain.limits"), hour.limits, columns, texts, names, notes))
    if len(hour.relief):
        columns = [
            Col("element"), Col("outage"), Col("unit", label="plant"), Col("doing", "word:explain_doing"),
            Col("p_mw", POWER), Col("relief_pu", "value"), Col("relief_mw", POWER),
        ]  # fmt: skip
        most = hour.relief.groupby(["element", "outage"], sort=False).head(MOST_PLANTS)
        blocks.append(_table(texts("explain.relief"), most, columns, texts, names))
    columns = [Col("element"), Col("flow_mw", POWER), Col("limit_mw", POWER), Col("loading_percent", "loading")]
    columns.append(Col("basis", "word:explain_basis"))
    blocks.append(_table(texts("explain.nearest"), hour.nearest, columns, texts, names))
    return tuple(blocks)


def _who(hour: HourExplained, texts: Texts, names: Names) -> tuple[Block, ...]:
    if hour.curtailed_mw() <= SMALLEST_MW:
        return ()
    county = [Col("county", "county"), *CUT, *WHY]
    shown = hour.counties[hour.counties["available_mw"] > SMALLEST_MW]
    shown = shown.assign(county=[names.area(c) for c in shown["county"]])
    cut = hour.plants[hour.plants["curtailed_mw"] > SMALLEST_MW]
    notes = [texts("explain.plants_note", shown=MOST_PLANTS, all=len(cut))] if len(cut) > MOST_PLANTS else []
    plants = cut.head(MOST_PLANTS).assign(county=[names.area(c) for c in cut["county"].head(MOST_PLANTS)])
    return (
        _table(texts("explain.counties"), shown, county, texts, names, (texts("explain.counties_note"),)),
        _table(texts("explain.plants"), plants, [Col("plant"), *county], texts, names, notes),
    )


def _marginal(hour: HourExplained, texts: Texts, names: Names) -> tuple[Block, ...]:
    if hour.marginal.empty:
        return ()
    frame = hour.marginal.assign(
        change=[texts.word("explain_change", c) for c in hour.marginal["change"]],
        place=[names.area(p) if p else texts("explain.any_county") for p in hour.marginal["place"]],
    )
    columns = [Col("change"), Col("place"), Col("outage"), Col("extra_mw", "power_fine"), *CHANGED]
    return (_table(texts("explain.marginal"), frame, columns, texts, names, (texts("explain.marginal_note"),)),)
