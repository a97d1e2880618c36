"""networks/yueyang holds what the study says it holds, and says where each value comes from."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from gridsim.network import Network, read_network, scenario_names
from gridsim.schema import SOURCE_COLUMNS, TABLES
from gridsim.topology import check_network, grid_graph

FOLDER = Path(__file__).parents[2] / "networks" / "yueyang"
COUNTIES = {
    "岳阳楼区", "云溪区", "君山区", "岳阳县", "华容县", "湘阴县", "平江县", "汨罗市", "临湘市",
    "屈原管理区", "南湖新区", "经开区", "城陵矶新港区",
}  # fmt: skip


@pytest.fixture(scope="module", params=["2025", "2030"])
def net(request: pytest.FixtureRequest) -> Network:
    return read_network(FOLDER, request.param)


@pytest.fixture(scope="module")
def of_2025() -> Network:
    return read_network(FOLDER, "2025")


@pytest.fixture(scope="module")
def of_2030() -> Network:
    return read_network(FOLDER, "2030")


@pytest.fixture(scope="module")
def sources() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "sources.csv", dtype=str, keep_default_na=False)


def in_city(net: Network, table: str) -> pd.DataFrame:
    return net[table].dropna(subset="county")


def city_mw(net: Network, table: str, kind: str | None = None) -> float:
    frame = in_city(net, table)
    return float(frame.loc[frame["kind"] == kind if kind else slice(None), "max_p_mw"].sum())


class TestWhatTheStudySays:
    def test_scenarios(self) -> None:
        assert scenario_names(FOLDER) == ["2025", "2030"]

    @pytest.mark.parametrize(("scenario", "counts"), [("2025", (3, 17, 82)), ("2030", (3, 22, 94))])
    def test_substations(self, scenario: str, counts: tuple[int, int, int]) -> None:
        station = read_network(FOLDER, scenario)["station"]
        by_level = station[station["kind"] == "substation"].groupby("vn_kv").size()
        assert tuple(by_level[[500.0, 220.0, 110.0]]) == counts

    def test_counties(self, net: Network) -> None:
        assert set(net["county"]["name"]) == COUNTIES
        for table, spec in TABLES.items():
            if "county" in spec.columns:
                assert set(net[table]["county"].dropna()) <= COUNTIES

    def test_wind_and_sun_reach_four_gigawatts_in_2030(self, of_2030: Network) -> None:
        assert city_mw(of_2030, "wind") == pytest.approx(900, abs=1e-6)
        assert city_mw(of_2030, "wind") + city_mw(of_2030, "solar") == pytest.approx(4000, abs=1e-6)

    def test_sun_grows_by_1300_mw_from_2020_to_2025(self, of_2025: Network) -> None:
        county = of_2025["county"].set_index("name")
        before = county["solar_utility_2020_mw"] + county["solar_distributed_2020_mw"]
        now = in_city(of_2025, "solar").groupby("county")["max_p_mw"].sum().reindex(county.index).fillna(0.0)
        assert (now - before).sum() == pytest.approx(1300, abs=1e-6)
        assert (now >= before).all(), "no county loses sun"
        assert (now - before)["平江县"] == pytest.approx(160, abs=1e-6)

    @pytest.mark.parametrize(("scenario", "mw"), [("2025", 4100.0), ("2030", 5200.0)])
    def test_city_load(self, scenario: str, mw: float) -> None:
        net = read_network(FOLDER, scenario)
        assert in_city(net, "load")["max_p_mw"].sum() == pytest.approx(mw, abs=1e-6)
        assert net["demand"].set_index("name").loc["岳阳", "peak_mw"] == mw

    @pytest.mark.parametrize(
        ("scenario", "thermal", "pumped", "battery"), [("2025", 6902, 0, 250), ("2030", 12102, 2600, 500)]
    )
    def test_other_plants(self, scenario: str, thermal: float, pumped: float, battery: float) -> None:
        net = read_network(FOLDER, scenario)
        assert city_mw(net, "thermal") == pytest.approx(thermal)
        assert city_mw(net, "pumped_storage") == pytest.approx(pumped)
        assert city_mw(net, "battery") == pytest.approx(battery)

    def test_tie_section(self, of_2025: Network, of_2030: Network) -> None:
        for net, circuits, limits in ((of_2025, 7, (5000, -4000)), (of_2030, 8, (7000, -5000))):
            tie = net["section"].query("kind == 'tie'").iloc[0]
            assert (net["section_branch"]["section"] == tie["name"]).sum() == circuits
            assert (tie["max_p_mw"], tie["min_p_mw"]) == limits

    def test_rest_of_hunan(self, of_2025: Network, of_2030: Network) -> None:
        def rest(net: Network, table: str) -> float:
            return net[table].loc[net[table]["area"].notna(), "max_p_mw"].sum()

        assert rest(of_2025, "load") == 46640 - 4100
        assert rest(of_2025, "wind") == 11300 - 400
        assert rest(of_2025, "hydro") == 16700 - 60
        assert rest(of_2030, "load") == 59000 - 5200
        assert rest(of_2030, "solar") == 13000 + 21000 - 1250 - 1850
        assert rest(of_2030, "pumped_storage") == 6800 - 2600


class TestTheTablesFitTogether:
    def test_no_error(self, net: Network) -> None:
        table = check_network(net)
        assert table[table["severity"] == "error"].empty, table.to_string()

    def test_warnings_are_the_known_ones(self, net: Network) -> None:
        table = check_network(net)
        warnings = table[table["severity"] == "warning"]
        assert set(warnings["check"]) == {"dead end", "loop 500/220 kV"}
        assert warnings.loc[warnings["check"] == "loop 500/220 kV", "element"].tolist() == ["岳阳北, 昆山, 罗城"]
        assert (warnings["check"] == "dead end").sum() == {2025: 9, 2030: 6}[net.year]

    def test_110_kv_is_operated_open(self, net: Network) -> None:
        assert not check_network(net)["check"].eq("loop 220/110 kV").any()

    def test_every_bus_is_fed(self, net: Network) -> None:
        assert nx.is_connected(grid_graph(net))

    def test_every_110_kv_station_has_its_transformers_and_10_kv_bus(self, net: Network) -> None:
        station = net["station"]
        names = set(station.loc[(station["kind"] == "substation") & (station["vn_kv"] == 110), "name"])
        assert set(net["trafo"]["station"]) == names
        assert {f"{n}10" for n in names} <= set(net["bus"]["name"])

    def test_distributed_sun_stands_at_the_10_kv_buses(self, net: Network) -> None:
        roofs = in_city(net, "solar").query("kind == 'distributed'")
        vn = net["bus"].set_index("name")["vn_kv"]
        assert (roofs["bus"].map(vn) == 10).all()
        assert len(roofs) == {2025: 82, 2030: 94}[net.year]

    def test_impedances_are_referred_to_the_smaller_winding(self, net: Network) -> None:
        """昆山 750 MVA: nameplate 14 / 28 / 44 % on 750 MVA, tertiary 225 MVA."""
        unit = net["trafo3w"].set_index("name").loc["昆山#1主变"]
        assert unit[["vk_hv_percent", "vk_mv_percent", "vk_lv_percent"]].tolist() == pytest.approx([14, 8.4, 13.2])

    def test_equivalents_stay_out_of_the_counties(self, net: Network) -> None:
        line = net["line"]
        assert line.loc[line["is_equivalent"], "county"].isna().all()
        assert line.loc[~line["is_equivalent"], "county"].notna().all()
        assert line["is_equivalent"].sum() == 4

    def test_published_lengths(self, of_2025: Network) -> None:
        length = of_2025["line"].set_index("name")["length_km"]
        published = {
            "岳阳北-益阳东I回": 118.0, "昆山-坪田牵引站I回": 13.2, "罗城-平江北I回": 50.2, "汉昌-平江北I回": 16.5,
        }  # fmt: skip
        assert {name: length[name] for name in published} == published

    def test_planned_outages_match_the_availability_of_the_province(self, net: Network) -> None:
        """About 44 days per large unit and year: 0.88 on average, like the monthly figures of the fleets."""
        plan, thermal = net["maintenance"], net["thermal"].set_index("name")
        days = pd.to_datetime("2025-" + plan["to_day"]) - pd.to_datetime("2025-" + plan["from_day"])
        unit_days = ((days.dt.days + 1) * plan["units"]).groupby(plan["thermal"]).sum()
        coal = unit_days[[n for n in unit_days.index if thermal.loc[n, "carrier"] == "coal"]]
        mean = 1 - coal.sum() / 365 / thermal.loc[coal.index, "units"].sum()
        assert mean == pytest.approx(net["thermal_month"]["availability_pu"].mean(), abs=0.01)
        assert not plan["from_day"].between("06-01", "08-31").any(), "no outage begins in summer"

    def test_any_year_between_the_two_can_be_read(self, tmp_path: Path) -> None:
        """Lifetimes agree with each other in every year, not only in the two that have a scenario."""
        (tmp_path / "base").symlink_to(FOLDER / "base")
        for year in (2024, 2026, 2027, 2028, 2029, 2031):
            folder = tmp_path / "scenarios" / str(year)
            folder.mkdir(parents=True)
            (folder / "scenario.toml").write_text(f"year = {year}\n", encoding="utf-8")
            net = read_network(tmp_path, str(year))
            assert nx.is_connected(grid_graph(net, open_ties=True)), year


class TestSources:
    def test_every_number_has_a_source(self, net: Network, sources: pd.DataFrame) -> None:
        here = sources[sources["scenario"].isin(["*", net.scenario])]
        without = []
        for table, spec in TABLES.items():
            keys = net[table][spec.key[0]]
            for column, declared in spec.columns.items():
                rows = here[here["table"].isin([table, "*"]) & here["column"].isin([column, "*"])]
                if declared.kind == "float":
                    used = set(keys[net[table][column].notna()])
                    without += [(table, column, n) for n in used if not any(fnmatchcase(n, p) for p in rows["name"])]
        assert not without

    def test_every_source_is_about_something(self, sources: pd.DataFrame, of_2025: Network, of_2030: Network) -> None:
        for row in sources.itertuples():
            known = {n for net in (of_2025, of_2030) for n in net[row.table][TABLES[row.table].key[0]]}
            assert any(fnmatchcase(n, row.name) for n in known), (row.table, row.name)

    def test_no_place_where_a_copy_was_found_is_given_as_publisher(self, sources: pd.DataFrame) -> None:
        text = sources["source"] + sources["note"]
        assert tuple(sources.columns) == SOURCE_COLUMNS
        assert not text.str.contains(r"github|https?:|www\.|\.html|\.com/|\.cn/", case=False).any()
        assert (sources["source"] != "").all()

    def test_the_plan_is_cited(self, sources: pd.DataFrame) -> None:
        plan = sources[sources["source"].str.contains("岳阳市碳达峰实施方案")]
        stations = plan[(plan["table"] == "station") & (plan["column"] == "vn_kv")]
        for count in ("220 kV 变电站 8 座", "110 kV 变电站 18 座", "35 kV 变电站 6 座"):
            assert stations["source"].str.contains(count).any()
        assert (stations["note"] != "").all(), "the difference to the tables is explained"

    def test_assumptions_come_with_the_network(self, net: Network) -> None:
        assert len(net.assumed) > 50
        assert set(net.assumed["status"]) == {"assumed"}
        assert "岳阳500kV联络断面" in set(net.assumed["name"])
