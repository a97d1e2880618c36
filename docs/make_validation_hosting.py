"""Writes docs/validation_hosting.md: the equipment level against what the grid company published for 2024 Q1.

``python docs/make_validation_hosting.py`` (about a minute).  The published facts stand in the network's table
``published_hosting``; the other numbers are computed from the study of 2025.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from gridsim.ac import unit_power  # noqa: E402
from gridsim.dispatch import solve_dispatch  # noqa: E402
from gridsim.equipment import EquipmentOptions, equipment_tables  # noqa: E402
from gridsim.network import Network  # noqa: E402
from gridsim.profiles import make_profiles  # noqa: E402
from gridsim.run_year import study_drivers  # noqa: E402
from gridsim.study import read_study, study_network  # noqa: E402

PAGE = ROOT / "docs" / "validation_hosting.md"
STUDY = ROOT / "studies" / "yueyang_2025.toml"
#: plants of a table and kind -> column of `county` with what stood at the end of 2020
AT_2020 = {
    ("wind", "utility"): "wind_2020_mw",
    ("solar", "utility"): "solar_utility_2020_mw",
    ("solar", "distributed"): "solar_distributed_2020_mw",
}
#: end of March 2024 between the ends of 2020 and 2025
SINCE_2020_PU = 3.25 / 5.0
FIRST_QUARTER = (1, 2, 3)


@dataclass(frozen=True)
class State:
    """A year's plants and what they did: the network, power into the grid by device, what wind and sun could give."""

    network: Network
    power_mw: Mapping[str, pd.DataFrame]
    available_mw: pd.DataFrame


def state_2025() -> State:
    """The study of 2025, dispatched without outage limits: they move no demand and no sun."""
    study = read_study(STUDY)
    network = study_network(study)
    profiles = make_profiles(network, study_drivers(study, network))
    dispatch = solve_dispatch(network, profiles, options=replace(study.options().dispatch, outage_limits=False))
    return State(network, unit_power(network, dispatch), dispatch.role("available"))


def scaled(state: State, share_pu: float) -> State:
    """Wind and sun of every county as far from 2020 to 2025 as ``share_pu``; demand and all other plants as in 2025."""
    network, power, available = state.network, dict(state.power_mw), state.available_mw.copy()
    county = network["county"].set_index("name")
    for device in ("wind", "solar"):
        table = network[device]
        kind = table["kind"] if "kind" in table else pd.Series("utility", table.index)
        now = table.groupby([table["county"], kind])["max_p_mw"].transform("sum")
        columns = [AT_2020[device, k] for k in kind]
        rows = zip(columns, table["county"])
        before = np.array([county.loc[c, column] if isinstance(c, str) else np.nan for column, c in rows], dtype=float)
        factor = pd.Series(((before + share_pu * (now - before)) / now).fillna(1.0).to_numpy(), table["name"])
        network = network.with_table(device, table.assign(max_p_mw=table["max_p_mw"] * factor.to_numpy()))
        power[device] = power[device] * factor.reindex(power[device].columns)
        available[factor.index] = available[factor.index] * factor
    return State(network, power, available)


def without_large_plants(state: State) -> State:
    """Wind and utility sun deliver nothing: feeding back by distributed generation alone."""
    power = dict(state.power_mw)
    for device in ("wind", "solar"):
        table = state.network[device].set_index("name").reindex(power[device].columns)
        large = (table["kind"] != "distributed").to_numpy() if "kind" in table else np.ones(len(table), dtype=bool)
        power[device] = power[device] * np.where(large, 0.0, 1.0)
    return State(state.network, power, state.available_mw)


def back_test(state: State) -> dict[str, pd.DataFrame]:
    """``hosting_equipment_county`` of every variant, by its name in the page."""
    then = scaled(state, SINCE_2020_PU)
    quarter = EquipmentOptions(months=FIRST_QUARTER)
    variants = {
        "2025, whole year": (state, EquipmentOptions()),
        "2025, January-March": (state, quarter),
        "2024 Q1 plants, whole year": (then, EquipmentOptions()),
        "2024 Q1 plants, January-March": (then, quarter),
        "2024 Q1 plants, January-March, distributed generation alone": (without_large_plants(then), quarter),
    }
    return {
        name: equipment_tables(s.network, s.power_mw, s.available_mw, options=options)["hosting_equipment_county"]
        for name, (s, options) in variants.items()
    }


def page(state: State) -> str:
    """The text of docs/validation_hosting.md."""
    found = back_test(state)
    published = state.network["published_hosting"].set_index("county")["grade"]
    rows = [
        "| edition, variant | distributed generation, MW | red | yellow | green | same as published | 屈原 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| published, 2024 Q1 | not published | 屈原管理区 | none | 12 | | red |",
    ]
    for edition in ("2019", "2025"):
        for name, table in found.items():
            grade = table.set_index("county")[f"grade_{edition}"]
            cells = [
                f"{edition}, {name}", f"{table['connected_mw'].sum():.0f}",
                "、".join(grade.index[grade == "red"]) or "none", "、".join(grade.index[grade == "yellow"]) or "none",
                str(int((grade == "green").sum())), f"{int((grade == published.reindex(grade.index)).sum())} of 13",
                grade["屈原管理区"],
            ]  # fmt: skip
            rows.append("| " + " | ".join(cells) + " |")
    totals = {name: (t["additional_2019_mw"].sum(), t["open_mw"].sum()) for name, t in found.items()}
    old, new = totals["2024 Q1 plants, January-March"]
    return TEXT.format(table="\n".join(rows), old=f"{old / 10:.0f}", new=f"{new / 10:.0f}")


TEXT = """# Validation of the equipment level of hosting capacity

*Generated by `python docs/make_validation_hosting.py`; do not edit.* The equipment level (DL/T 2041,
`gridsim.equipment`) on the study of 2025 beside what the grid company of Hunan published for the first quarter
of 2024.

## What was published

State Grid Hunan, open capacity for distributed photovoltaics in its area, as of the end of April 2024 (seen
second-hand on a reprint): 773.57 x 10 MW in all; 15 red counties, among them Quyuan (屈原区) of Yueyang, which
accept no new applications; 17 yellow ones, none of them in Yueyang. So of Yueyang's thirteen counties one is
red; the twelve others are in neither list and are taken as green (functional districts may not be listed on
their own). County values were not published in what we have seen. These grades are the network's table
`published_hosting`.

## What the model says

County rule of the edition of 2019 here (the guide has none): red if every 110 kV station is red, green if every
one is green, yellow otherwise. "2024 Q1 plants": wind and sun of every county interpolated between the ends of
2020 and 2025 (`county.csv`; 65 % of the way, assumed); demand, grid and other plants are those of 2025.

{table}

## What agrees, what does not, and why

* **Agrees.** Quyuan is red in every variant of the edition of 2019 in which the large plants deliver, the urban
  districts are green or yellow. The cause in the model: its two stations hang on 依江, which feeds back into 220 kV
  at noon, so they are red though each alone is green.
* **Does not agree: too many red counties in the edition of 2019.** The reasons that can be told apart here: the
  year (2025 has a third more distributed generation than 2024 Q1), the season (January to March only), and the
  large plants: feeding back into 220 kV is counted against demand less all other generation, and here wind farms
  and utility photovoltaics at 110 kV cause most of it. With distributed generation alone, only 临湘二站 (beside a
  captive plant of 150 MW) feeds back in the first quarter, and Quyuan is not red either.
* **Which stations feed back depends on assumed data**: which 110 kV station hangs on which 220 kV station, where
  the plants connect and how demand is spread over stations are assumed in these tables (`sources.csv`). The
  back-test cannot tell a wrong connection from a wrong formula.
* **Edition of 2025: no county is red or yellow**, Quyuan included, because feeding back is allowed up to the
  reverse limit; its yellow grade needs registered projects, of which none are public. The grades of 2024 are
  older than this edition, so this is no contradiction, and "12 of 13" is no merit either: calling every county
  green gives the same.
* **Sums.** Without published county values only an order of magnitude can be compared: the thirteen counties may
  add {old} x 10 MW (2019) or {new} x 10 MW (2025) in the variant "2024 Q1 plants, January-March", beside 773.57 x
  10 MW for the whole province. Yueyang has about a tenth of the province's demand, so both are several times too
  much to be the published figure. The published one is a sum over what county grids accept, with lower voltage
  levels (35 and 10 kV lines, distribution transformers) that these tables do not have; ours is an upper limit
  from transformers of 220 and 110 kV alone.

What follows: with these tables the equipment level ranks counties and finds the zones that feed back; it does
not replace the published list.
"""


if __name__ == "__main__":
    PAGE.write_text(page(state_2025()), encoding="utf-8", newline="\n")
