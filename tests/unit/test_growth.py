"""New plants in a county: where they are connected, what they take after, what is wrong said at once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from gridsim.errors import InvalidInput
from gridsim.growth import Addition, connection_points, with_additions, with_demand
from gridsim.network import Network, read_network

YUEYANG = Path(__file__).parents[2] / "networks" / "yueyang"


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network(YUEYANG, scenario="2030")


def added(network: Network, *additions: Addition) -> Network:
    return with_additions(network, additions)


def test_new_megawatts_arrive_and_nothing_else_changes(network):
    new = added(network, Addition(county="汨罗市", p_mw=120.0), Addition(county="汨罗市", p_mw=30.0, carrier="wind"))
    for carrier, mw in (("solar", 120.0), ("wind", 30.0)):
        extra = new[carrier][~new[carrier]["name"].isin(network[carrier]["name"])]
        assert extra["max_p_mw"].sum() == pytest.approx(mw, abs=1e-9)
        assert set(extra["county"]) == {"汨罗市"}
        old = new[carrier][new[carrier]["name"].isin(network[carrier]["name"])].reset_index(drop=True)
        assert old.equals(network[carrier])
    assert new["battery"].equals(network["battery"])


def test_existing_rule_follows_the_plants_that_stand_there(network):
    """汨罗市's utility photovoltaics stand at four buses: a new MW is spread as they are."""
    share = connection_points(network, Addition(county="汨罗市", p_mw=1.0))
    table = network["solar"]
    mine = table[(table["county"] == "汨罗市") & (table["kind"] == "utility")].groupby("bus")["max_p_mw"].sum()
    assert share.sum() == pytest.approx(1.0)
    assert share.to_dict() == pytest.approx((mine / mine.sum()).to_dict())


def test_headroom_by_hand(network):
    """A 10 kV bus's room is the rating of its transformers less the roofs on it."""
    addition = Addition(county="华容县", p_mw=1.0, kind="distributed", rule="headroom")
    share = connection_points(network, addition)
    units = pd.concat([network["trafo"], network["trafo3w"].rename(columns={"sn_lv_mva": "sn_mva"})])
    units, roofs = units[units["county"] == "华容县"], network["solar"]
    room = {}
    for bus in units["lv_bus"].unique():
        on_roofs = roofs.loc[roofs["bus"] == bus, "max_p_mw"].sum()
        room[bus] = units.loc[units["lv_bus"] == bus, "sn_mva"].sum() - on_roofs
    room = {bus: mva for bus, mva in room.items() if mva > 0 and bus.endswith("10") and not bus.endswith("110")}
    assert share.to_dict() == pytest.approx({bus: mva / sum(room.values()) for bus, mva in room.items()})


def test_one_point_with_storage(network):
    """100 MW with 15 % and 2 h: 15 MW and 30 MWh at the same bus."""
    bus = network["bus"].loc[(network["bus"]["county"] == "平江县") & (network["bus"]["vn_kv"] == 110), "name"].iloc[0]
    new = added(
        network,
        Addition(county="平江县", p_mw=100.0, rule="one_point", bus=bus, storage_percent=15.0, storage_h=2.0),
    )
    (store,) = new["battery"][~new["battery"]["name"].isin(network["battery"]["name"])].to_dict("records")
    assert (store["bus"], store["county"], store["max_p_mw"], store["energy_mwh"]) == (bus, "平江县", 15.0, 30.0)


def test_technology_of_the_nearest_county_where_the_county_has_none(network):
    """云溪区 has no wind farm; the new one takes after a neighbour's."""
    assert not (network["wind"]["county"] == "云溪区").any()
    new = added(network, Addition(county="云溪区", p_mw=50.0, carrier="wind"))
    extra = new["wind"][~new["wind"]["name"].isin(network["wind"]["name"])]
    assert extra["max_p_mw"].sum() == pytest.approx(50.0)
    assert set(extra["turbine"]) <= set(network["wind"]["turbine"])


def test_zero_is_the_same_network(network):
    assert added(network, Addition(county="平江县", p_mw=0.0)) is network


def test_all_that_is_wrong_at_once(network):
    with pytest.raises(InvalidInput) as bad:
        added(
            network,
            Addition(county="平江", p_mw=10.0),
            Addition(county="平江县", p_mw=10.0, carrier="wind", kind="distributed"),
            Addition(county="平江县", p_mw=10.0, rule="one_point", bus="长寿"),
        )
    text = [str(p) for p in bad.value.problems]
    assert len(text) == 3
    assert "[[addition]] 1" in text[0]
    assert "平江县" in text[0]
    assert "photovoltaic" in text[1]
    assert "长寿" in text[2]


def test_demand_grows_in_peak_and_energy(network):
    grown = with_demand(network, 1.1)["demand"].set_index("name")
    before = network["demand"].set_index("name")
    for column in ("peak_mw", "energy_gwh"):
        assert grown[column].to_dict() == pytest.approx((1.1 * before[column]).to_dict())
