"""docs/howto_demand.md: its tables are read and do what it says, on the network of Yueyang."""

from __future__ import annotations

import io
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.demand import make_demand
from gridsim.network import read_network
from gridsim.schema import TABLES
from gridsim.sections import DemandSection, WeatherSection
from gridsim.station_demand import station_demand
from gridsim.weather.study_year import study_index

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto_demand.md").read_text("utf-8")


def _tables() -> dict[str, pd.DataFrame]:
    found = re.findall(r"`(\w+)\.csv`[^\n]*\n```csv\n(.*?)```", PAGE, re.DOTALL)
    return {name: pd.read_csv(io.StringIO(text)) for name, text in found}


def test_the_sections_are_those_of_a_study():
    blocks = [tomllib.loads(b) for b in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
    assert WeatherSection(**blocks[0]["weather"]).year == 2019
    assert DemandSection(**blocks[0]["demand"]).day_to_day == "auto"
    section = blocks[1]["demand"]
    assert DemandSection(**{**section, "points96": tuple(section["points96"])}).step_min == 60


def test_parts_of_the_demand_of_yueyang_leave_its_energy_and_peak():
    before = read_network(ROOT / "networks" / "yueyang", "2030")
    index = study_index(2030)
    network, tables = before, _tables()
    hours = tables["demand_hour"]
    tables["demand_hour"] = pd.concat([hours.assign(month=m) for m in range(1, 13)])
    for name, rows in tables.items():
        assert set(rows.columns) <= set(TABLES[name].columns)
        frame = pd.concat([before[name], rows], ignore_index=True)
        for column, declared in TABLES[name].columns.items():
            if declared.default is not None and not declared.required and column in frame:
                frame[column] = frame[column].where(frame[column].notna(), declared.default)
        network = network.with_table(name, frame)
    whole, parts = make_demand(before, index), make_demand(network, index)
    city = parts[["岳阳", "岳阳石化", "岳阳电动汽车"]].sum(axis=1)
    assert city.to_numpy() == pytest.approx(whole["岳阳"].to_numpy(), abs=1e-6)
    assert (city.sum() / 1000, city.max()) == pytest.approx((26_000.0, 5200.0), rel=1e-6)
    stations = station_demand(network, parts)
    assert stations["长岭炼化"].to_numpy() == pytest.approx(np.full(8760, 1200 / 8.76 / 2))
    assert stations.sum(axis=1).to_numpy() == pytest.approx(whole.sum(axis=1).to_numpy())
    old = station_demand(before, whole)
    night, rows = index.hour.isin([1, 2, 3]), before["load"].set_index("name")
    in_county = rows.index[(rows["county"] == "岳阳楼区") & (rows["demand"] == "岳阳")]
    elsewhere = rows.index[(rows["county"] == "华容县") & (rows["demand"] == "岳阳")]
    more = (stations / old).loc[night].mean()
    assert more[in_county].mean() > 1.1 * more[elsewhere].mean()


def test_demand_is_gross_distributed_pv_is_subtracted_nowhere():
    """Twice the roofs change no demand: they are plants, and their output is never netted from the load."""
    network = read_network(ROOT / "networks" / "yueyang", "2030")
    index = study_index(2030)
    solar = network["solar"]
    roofs = solar["kind"] == "distributed"
    assert roofs.any()
    doubled = network.with_table("solar", solar.assign(max_p_mw=solar["max_p_mw"] * np.where(roofs, 2.0, 1.0)))
    one, two = (station_demand(n, make_demand(n, index)) for n in (network, doubled))
    assert np.array_equal(one, two)
    rows = network["demand"].set_index("name")
    assert one.sum().sum() / 1000 == pytest.approx(rows.loc["湖南其余", "energy_gwh"])  # the province once
