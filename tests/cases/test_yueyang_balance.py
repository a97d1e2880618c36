"""Yueyang 2030 end to end: the balances of the report close and lie where a planner expects them."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def tables(yueyang_2030) -> dict[str, pd.DataFrame]:
    return yueyang_2030.findings.tables


def test_power_balance_of_the_evening_peaks(tables) -> None:
    """Peaks of the tables (5.2 and 59 GW); installed 122.8 GW; the province's reserve margin is thin, not absurd."""
    sheet = tables["balance_power"]
    evening = sheet[sheet["moment"] == "evening_peak"].set_index(["area", "month"])
    assert len(evening) == 36
    both, city = evening.loc["both"], evening.loc["岳阳"]
    assert both["load_mw"].max() == pytest.approx(59_000.0, rel=1e-3)
    assert city["load_mw"].max() == pytest.approx(5_200.0, rel=1e-3)
    assert both["installed_mw"].between(115_000.0, 130_000.0).all()
    assert (both["reserve_mw"] / both["load_mw"]).between(0.109, 0.16).all()
    tight = both["surplus_mw"] / both["need_mw"]
    assert 0.0 < tight.min() < 0.25
    assert tight.idxmin() in (7, 8)
    assert (both["installed_wind_mw"] * 0.05).to_numpy() == pytest.approx(both["credited_wind_mw"].to_numpy())
    lost = both[["maintenance_mw", "forced_mw", "auxiliary_mw", "constrained_mw"]].sum(axis=1)
    own = both["credited_mw"] - both["credited_imports_mw"]
    assert (lost + own - both["installed_mw"]).abs().max() < 1e-6
    assert city["import_limit_mw"].unique().tolist() == [5000.0]


def test_maintenance_is_in_spring_and_autumn(tables) -> None:
    sheet = tables["balance_power"]
    out = sheet[(sheet["moment"] == "evening_peak") & (sheet["area"] == "both")].set_index("month")["maintenance_mw"]
    assert out[[4, 5, 10, 11]].min() > out[[1, 7, 8, 12]].max()


def test_energy_closes_and_utilisation_is_plausible(tables) -> None:
    """302 TWh; coal 1,500-3,500 h, hydro 2,800-3,600, wind 1,800-2,200, sun 850-1,100, links above 3,500."""
    balance = tables["balance"]
    energy = balance[(balance["kind"] == "energy") & balance["month"].notna()]
    sums = energy.pivot_table(index=["area", "month"], columns="side", values="energy_gwh", aggfunc="sum")
    assert (sums["supply"] - sums["draw"]).abs().max() < 1e-3
    both = energy[energy["area"] == "both"]
    assert both.loc[both["item"] == "load", "energy_gwh"].sum() == pytest.approx(302_000.0, rel=1e-3)
    hours = both.groupby("item")["utilisation_h"].sum()
    assert 1500 < hours["coal"] < 3500
    assert 2800 < hours["hydro"] < 3600
    assert 1800 < hours["wind"] < 2200
    assert 850 < hours["solar"] < 1100
    assert 3500 < hours["imports"] < 5000
    assert both.loc[both["item"] == "must_run_cut", "energy_gwh"].sum() == pytest.approx(0.0, abs=1e-6)


def test_regulation_explains_the_curtailment_of_its_hours(tables) -> None:
    """Curtailed at noon or in the valley is what plant at its minimum and the stores as they were leave over."""
    balance = tables["balance"]
    rows = balance[(balance["kind"] == "regulation") & (balance["source"].isna() | (balance["source"] == ""))]
    rows = rows.pivot_table(index=["area", "month", "moment"], columns="item", values="p_mw")
    assert (rows["required"] - rows["down_used"] - rows["curtailed"]).abs().max() < 1e-4
    sheet = tables["balance_regulation"]
    both = sheet[sheet["area"] == "both"].set_index(["month", "moment"])
    assert (both["curtailed_mw"] + both["margin_mw"]).min() > -1e-3
    assert (both["margin_possible_mw"] - both["margin_mw"]).min() > -1e-3
    noon = both.xs("noon", level="moment")
    assert noon["margin_mw"].idxmin() in (4, 5, 6)
    assert noon.loc[noon["margin_mw"].idxmin(), "curtailed_mw"] > 3000.0
    assert ("festival" in both.index.get_level_values("moment")) and both.loc[(2, "festival"), "load_mw"] < 27_000.0
