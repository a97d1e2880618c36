"""Each check of the grid finds the fault planted for it, and nothing in a sound network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.network import Network, read_network
from gridsim.plausibility import great_circle_km
from gridsim.schema import TABLES
from gridsim.topology import COLUMNS, check_network, grid_graph
from tests.unit.folder_of_tables import TABLES as FILES
from tests.unit.folder_of_tables import edited, write_folder

SHARES = "demand,month,energy_share_pu\n" + "".join(f"岳阳,{m},{1 / 12:.6f}\n" for m in range(1, 13))


def network(tmp_path: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Network:
    return read_network(write_folder(tmp_path, {"base/demand_month.csv": SHARES, **(changes or {})}), "2030")


def found(net: Network, check: str) -> pd.DataFrame:
    table = check_network(net)
    assert list(table.columns) == list(COLUMNS)
    return table[table["check"] == check].reset_index(drop=True)


def one(net: Network, check: str) -> pd.Series:
    rows = found(net, check)
    assert len(rows) == 1, rows.to_string()
    return rows.iloc[0]


def cells(net: Network, table: str, **columns: object) -> Network:
    return net.with_cells(table, pd.DataFrame({k: [v] for k, v in columns.items()}))


def test_a_sound_network_has_no_error_and_no_warning(tmp_path: Path) -> None:
    table = check_network(network(tmp_path))
    assert set(table["severity"]) <= {"info"}, table.to_string()


def test_worst_comes_first(tmp_path: Path) -> None:
    changes = edited("line", "汉昌110,外网110,平江县,50", "汉昌110,外网110,平江县,500")
    net = network(tmp_path, changes | edited("area_link", ",1\n", ",0.9\n"))
    ranks = check_network(net)["severity"].map({"error": 0, "warning": 1, "info": 2})
    assert ranks.is_monotonic_increasing
    assert ranks.iloc[0] == 0


class TestConnection:
    def test_graph_has_one_edge_per_circuit_and_unit(self, tmp_path: Path) -> None:
        net = network(tmp_path)
        assert grid_graph(net).number_of_edges("汉昌110", "汉昌10") == 2
        assert not grid_graph(net).has_edge("汉昌110", "江北110")
        assert grid_graph(net, open_ties=True).has_edge("汉昌110", "江北110")

    def test_island_behind_an_open_tie(self, tmp_path: Path) -> None:
        row = one(network(tmp_path, edited("line", "62,LGJ-240,0", "62,LGJ-240,1")), "island")
        assert (row["severity"], row["element"], row["where"]) == ("error", "江北110", "汨罗市")
        assert row["fix"] == "close a normally open tie"

    def test_island_without_any_line(self, tmp_path: Path) -> None:
        bus = FILES["bus"] + "汉昌35,汉昌,平江县,35,,\n"
        row = one(network(tmp_path, {"base/bus.csv": bus}), "island")
        assert row["element"] == "汉昌35"
        assert row["fix"] == "add the missing branch or correct a bus name"

    def test_radial_station_with_a_tie_is_noted_without_one_warned_of(self, tmp_path: Path) -> None:
        rows = found(network(tmp_path), "dead end").set_index("element")
        assert rows.loc["汉昌-外网I回", "severity"] == "info"
        cut = "its outage cuts off 40 MW of load and 18 MW of plants"
        assert rows.loc["汉昌-外网I回", "what"] == f"{cut}; a normally open tie takes over"
        assert rows.loc["江北-外网I回", "what"].startswith("plant outlet")
        lines = "".join(row for row in FILES["line"].splitlines(keepends=True) if "汉昌-江北" not in row)
        rows = found(network(tmp_path / "b", {"base/line.csv": lines}), "dead end").set_index("element")
        assert rows.loc["汉昌-外网I回", "severity"] == "warning"
        assert rows.loc["汉昌-外网I回", "fix"] == "plan a second circuit, unit or tie"

    def test_double_circuit_and_double_unit_are_no_dead_end(self, tmp_path: Path) -> None:
        lines = FILES["line"] + "汉昌-外网II回,汉昌110,外网110,平江县,50,LGJ-240,0\n"
        assert set(found(network(tmp_path, {"base/line.csv": lines}), "dead end")["element"]) == {"江北-外网I回"}

    def test_single_unit_is_a_dead_end(self, tmp_path: Path) -> None:
        units = "".join(row for row in FILES["trafo"].splitlines(keepends=True) if "#2" not in row)
        rows = found(network(tmp_path, {"base/trafo.csv": units}), "dead end")
        assert "汉昌#1主变" in set(rows.loc[rows["severity"] == "warning", "element"])


class TestVoltageLevels:
    def test_line_between_two_levels(self, tmp_path: Path) -> None:
        net = network(tmp_path, edited("bus", "江北110,江北,汨罗市,110", "江北110,江北,汨罗市,220"))
        rows = found(net, "voltage level")
        assert rows["element"].tolist() == ["汉昌-江北I回", "江北-外网I回"]
        assert rows["what"].tolist() == ["joins 110 kV and 220 kV", "joins 220 kV and 110 kV"]
        assert set(rows["severity"]) == {"error"}

    def test_winding_at_the_wrong_bus(self, tmp_path: Path) -> None:
        changes = edited("trafo", "汉昌#1主变,汉昌,平江县,汉昌110,汉昌10", "汉昌#1主变,汉昌,平江县,汉昌110,江北110")
        row = one(network(tmp_path, changes), "voltage level")
        assert row["what"] == "lv winding of 10.5 kV at the 110 kV bus 江北110"
        assert row["fix"] == "correct lv_bus or vn_lv_kv"


class TestLoops:
    """Two 220/110 kV stations, joined at 220 kV; the 110 kV side closes a loop only if its tie is closed."""

    def looped(self, tmp_path: Path, *, tie_open: int) -> Network:
        upper = "外网220,外网,,220,,\n汉昌220,汉昌,平江县,220,,\n江北220,江北,汨罗市,220,,"
        bus = FILES["bus"].replace("外网110,外网,,110,,", upper)
        line = (
            "name,from_bus,to_bus,county,length_km,std_type,normally_open\n"
            "汉昌-外网I回,汉昌220,外网220,平江县,50,LGJ-240,0\n"
            "江北-外网I回,江北220,外网220,汨罗市,62,LGJ-240,0\n"
            f"汉昌-江北I回,汉昌110,江北110,平江县,60,LGJ-240,{tie_open}\n"
        )
        kind = FILES["trafo_type"] + "220/110 180 MVA,180,220,115,14,0.34,110,0.35,-8,8,1.25\n"
        trafo = FILES["trafo"] + (
            "汉昌#3主变,汉昌,平江县,汉昌220,汉昌110,220/110 180 MVA\n"
            "江北#1主变,江北,汨罗市,江北220,江北110,220/110 180 MVA\n"
        )
        changes = {"base/bus.csv": bus, "base/line.csv": line, "base/trafo_type.csv": kind, "base/trafo.csv": trafo}
        return network(tmp_path, changes | edited("area_link", "外网110", "外网220"))

    def test_closed_tie_makes_a_loop(self, tmp_path: Path) -> None:
        row = one(self.looped(tmp_path, tie_open=0), "loop 220/110 kV")
        assert (row["severity"], row["element"]) == ("warning", "汉昌, 江北")
        assert "along 汉昌-江北I回" in row["what"]
        assert "normally_open" in row["fix"]

    def test_open_tie_does_not(self, tmp_path: Path) -> None:
        assert found(self.looped(tmp_path, tie_open=1), "loop 220/110 kV").empty


PLANTED = [
    ("line", "汉昌-外网I回", {"x_ohm_per_km": 4.01}, "line parameters", "warning", "x = 4.01 ohm/km at 110 kV"),
    ("line", "汉昌-外网I回", {"max_i_ka": 0.7}, "line parameters", "warning", "ampacity does not rise"),
    ("line", "汉昌-外网I回", {"length_km": 30}, "line length", "warning", "30 km, but"),
    ("line", "汉昌-外网I回", {"length_km": 300}, "line length", "warning", "300 km for"),
    ("trafo", "汉昌#1主变", {"vk_percent": 60}, "transformer parameters", "warning", "vk_percent = 60, usual 2-30"),
    ("trafo", "汉昌#1主变", {"vkr_percent": 13}, "transformer parameters", "error", "vkr_percent = 13 is not below"),
    ("trafo", "汉昌#1主变", {"tap_pos": 9}, "transformer parameters", "error", "tap_pos 9 is outside -8 to 8"),
    ("load", "汉昌负荷", {"max_p_mw": 120}, "station capacity", "warning", "120 MW of load behind 100 MVA"),
    ("load", "汉昌负荷", {"max_p_mw": 60}, "station N-1", "info", "60 MW of load, 50 MVA left"),
    ("load", "汉昌负荷", {"max_p_mw": 60}, "loads", "warning", "loads add up to 60.0 MW, the peak is 40.0 MW"),
    ("demand", "岳阳", {"energy_gwh": 400}, "energy", "warning", "mean over peak is 1.14, usual 0.35-0.9"),
    ("area_link", "其余", {"bus": "外网110", "share_pu": 0.9}, "shares", "error", "share_pu adds up to 0.90000"),
    ("demand_month", "岳阳", {"month": 1, "energy_share_pu": 0.2}, "shares", "error", "adds up to 1.1166"),
    ("bus", "汉昌10", {"min_vm_pu": 1.2}, "band", "error", "min_vm_pu 1.2 is above max_vm_pu 1.07"),
    ("thermal", "江北热电", {"voltage_control": True}, "voltage set point", "error", "has no vm_pu"),
]


class TestValues:
    @pytest.mark.parametrize(("table", "name", "row", "check", "severity", "what"), PLANTED)
    def test_planted(
        self, tmp_path: Path, table: str, name: str, row: dict, check: str, severity: str, what: str
    ) -> None:
        rows = found(cells(network(tmp_path), table, **{TABLES[table].key[0]: name}, **row), check)
        assert what in rows.iloc[0]["what"]
        assert set(rows["severity"]) == {severity}

    def test_storage_given_in_the_wrong_unit(self, tmp_path: Path) -> None:
        head = "name,bus,county,max_p_mw,energy_mwh,efficiency_charge_percent,efficiency_discharge_percent"
        net = network(tmp_path, {"base/battery.csv": f"{head}\n储能,江北110,汨罗市,100,20,93,93\n"})
        assert one(net, "storage hours")["what"] == "20 MWh for 100 MW is 0.2 h"

    def test_section_without_branches(self, tmp_path: Path) -> None:
        net = network(tmp_path, {"base/section.csv": "name,max_p_mw,min_p_mw\n断面,100,-100\n"})
        assert one(net, "section")["what"] == "the section has no branch in service"

    def test_hydro_energy_beyond_its_rating(self, tmp_path: Path) -> None:
        hydro = "name,bus,county,kind,max_p_mw\n小水电,江北110,汨罗市,run_of_river,10\n"
        rows = (f"小水电,{m},{80 if m == 6 else 3},1,0\n" for m in range(1, 13))
        month = "hydro,month,energy_gwh,forced_pu,flex_pu\n" + "".join(rows)
        net = network(tmp_path, {"base/hydro.csv": hydro, "base/hydro_month.csv": month})
        assert one(net, "energy")["what"] == "month 6: 80 GWh do not fit through 10 MW"

    def test_distance_between_known_places(self) -> None:
        beijing, shanghai = (39.9042, 116.4074), (31.2304, 121.4737)
        km = great_circle_km(*(np.array([v]) for v in (*beijing, *shanghai)))
        assert km[0] == pytest.approx(1067, abs=2)
