"""A network folder: scenarios, years, references; every problem of a folder at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import InvalidInput, Problem
from gridsim.network import Network, read_network
from gridsim.schema import TABLES
from tests.unit.folder_of_tables import TABLES as FILES
from tests.unit.folder_of_tables import edited, write_folder

Changes = Mapping[str, str | bytes | None]


def network(tmp_path: Path, scenario: str | None = "2030", changes: Changes | None = None) -> Network:
    return read_network(write_folder(tmp_path / "net", changes), scenario)


def problems(tmp_path: Path, changes: Changes, scenario: str | None = "2030") -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        network(tmp_path, scenario, changes)
    return list(caught.value.problems)


def only(found: list[Problem]) -> Problem:
    assert len(found) == 1, [str(p) for p in found]
    return found[0]


class TestReading:
    def test_every_table_of_the_schema_is_there_sorted_by_key(self, tmp_path: Path) -> None:
        net = network(tmp_path)
        assert list(net.tables) == list(TABLES)
        assert net["wind"].empty
        for table, frame in net.tables.items():
            assert set(TABLES[table].columns) <= set(frame.columns)
            assert frame.equals(frame.sort_values(list(TABLES[table].key), ignore_index=True))
        assert (net.year, net.scenario, net.name) == (2030, "2030", "net")

    def test_row_order_has_no_meaning(self, tmp_path: Path) -> None:
        head, *rows = FILES["line"].splitlines()
        turned = {"base/line.csv": "\n".join([head, *reversed(rows)]) + "\n"}
        pd.testing.assert_frame_equal(network(tmp_path / "a")["line"], network(tmp_path / "b", changes=turned)["line"])

    def test_lines_in_service_are_those_not_normally_open(self, tmp_path: Path) -> None:
        line = network(tmp_path)["line"].set_index("name")
        assert line["in_service"].to_dict() == {"汉昌-外网I回": True, "江北-外网I回": True, "汉昌-江北I回": False}

    def test_overlay_and_year(self, tmp_path: Path) -> None:
        now, later = network(tmp_path, "2025")["solar"], network(tmp_path, "2030")["solar"]
        assert now.set_index("name")["max_p_mw"].to_dict() == {"汉昌分布式光伏": 12.0}
        assert later.set_index("name")["max_p_mw"].to_dict() == {"汉昌分布式光伏": 18.0, "江北光伏": 20.0}
        assert later["tilt_deg"].tolist() == [18.0, 18.0], "the empty cell of the overlay changes nothing"

    def test_last_year_in_service_counts(self, tmp_path: Path) -> None:
        solar = FILES["solar"].replace("in_service_from", "in_service_from,in_service_to")
        solar = solar.replace("平江县,0", "平江县,0,2025").replace("汨罗市,2028", "汨罗市,2026,9999")
        changes = {"base/solar.csv": solar, "scenarios/2030/solar.csv": None}
        assert network(tmp_path / "a", "2025", changes)["solar"]["name"].tolist() == ["汉昌分布式光伏"]
        assert network(tmp_path / "b", "2030", changes)["solar"]["name"].tolist() == ["江北光伏"]

    def test_rows_of_a_plant_that_is_not_there_go_with_it(self, tmp_path: Path) -> None:
        thermal = FILES["thermal"].replace("per_mwh", "per_mwh,in_service_from").replace("0.6,300", "0.6,300,2027")
        changes = {"base/thermal.csv": thermal}
        assert network(tmp_path / "a", "2025", changes)["maintenance"].empty
        assert len(network(tmp_path / "b", "2030", changes)["maintenance"]) == 1

    def test_standard_type_fills_the_electrical_cells(self, tmp_path: Path) -> None:
        line = network(tmp_path)["line"]
        assert line["x_ohm_per_km"].tolist() == [0.401] * 3
        assert network(tmp_path)["trafo"]["tap_max"].tolist() == [8, 8]

    def test_gbk_folder_reads_like_utf8(self, tmp_path: Path) -> None:
        gbk = {f"base/{name}.csv": text.encode("gbk") for name, text in FILES.items()}
        a, b = network(tmp_path / "a"), network(tmp_path / "b", changes=gbk)
        for table in TABLES:
            pd.testing.assert_frame_equal(a[table], b[table])
        assert a.files != b.files

    def test_files_carry_hashes(self, tmp_path: Path) -> None:
        files = network(tmp_path).files
        assert "base/line.csv" in files
        assert "scenarios/2030/solar.csv" in files
        assert all(len(digest) == 64 for digest in files.values())

    def test_base_alone_needs_no_scenario_when_nothing_has_a_lifetime(self, tmp_path: Path) -> None:
        net = network(tmp_path, None, edited("solar", ",2028", ",0"))
        assert (net.year, net.scenario) == (0, "base")
        assert len(net["solar"]) == 2

    def test_assumptions_of_the_scenario(self, tmp_path: Path) -> None:
        head = "table,name,column,scenario,status,confidence,source,note\n"
        sources = head + (
            "solar,江北光伏,max_p_mw,*,assumed,low,judgement,a\n"
            "solar,汉昌*,max_p_mw,2030,assumed,low,judgement,b\n"
            "solar,*,tilt_deg,2025,assumed,low,judgement,c\n"
            "line,*,*,*,published,high,handbook,d\n"
        )
        assert network(tmp_path / "a", "2030", {"sources.csv": sources}).assumed["note"].tolist() == ["a", "b"]
        assert network(tmp_path / "b", "2025", {"sources.csv": sources}).assumed["note"].tolist() == ["c"]


class TestBadInput:
    def test_unknown_bus_with_suggestion(self, tmp_path: Path) -> None:
        problem = only(problems(tmp_path, edited("load", "汉昌10,平江县", "汉昌11,平江县")))
        assert (problem.file, problem.row, problem.column) == ("net/base/load.csv", "2", "bus")
        assert problem.what.startswith("bus '汉昌11' is unknown; did you mean '汉昌1")
        assert "add '汉昌11' to the table 'bus'" in problem.fix

    def test_full_width_name_is_not_taken_for_the_plain_one(self, tmp_path: Path) -> None:
        problem = only(problems(tmp_path, edited("load", "汉昌10,平江县", "汉昌１０,平江县")))
        assert problem.what == "bus '汉昌１０' is unknown; did you mean '汉昌10'"

    def test_negative_rating(self, tmp_path: Path) -> None:
        problem = only(problems(tmp_path, edited("line_type", "0.525", "-0.525")))
        assert (problem.file, problem.row, problem.column) == ("net/base/line_type.csv", "2", "max_i_ka")
        assert problem.what == "-0.525 is not positive"

    def test_duplicate_name(self, tmp_path: Path) -> None:
        problem = only(problems(tmp_path, edited("trafo", "汉昌#2主变", "汉昌#1主变")))
        assert (problem.file, problem.row, problem.column) == ("net/base/trafo.csv", "3", "name")
        assert problem.what == "'汉昌#1主变' appears twice (first in row 2)"

    def test_one_name_for_two_units_of_different_tables(self, tmp_path: Path) -> None:
        changes = edited("thermal", "江北热电,江", "江北光伏,江") | edited("maintenance", "江北热电", "江北光伏")
        problem = only(problems(tmp_path, changes))
        assert problem.what == "'江北光伏' is also a row of the table 'thermal'"
        assert (problem.file, problem.row) == ("net/base/solar.csv", "3")

    def test_unknown_scenario_lists_those_that_exist(self, tmp_path: Path) -> None:
        problem = only(problems(tmp_path, {}, "2031"))
        assert problem.what == "scenario '2031' does not exist; did you mean '2030'"
        assert problem.fix == "use one of: 2025, 2030"

    def test_base_alone_with_lifetimes_asks_for_a_scenario(self, tmp_path: Path) -> None:
        problem = only(problems(tmp_path, {}, None))
        assert problem.what == "'solar' has rows with in_service_from, so the tables need a year"
        assert problem.fix == "choose a scenario: 2025, 2030"

    @pytest.mark.parametrize(
        ("toml", "column", "what"),
        [
            ("year = '2030'\n", "year", "year is '2030'"),
            ("yaer = 2030\n", "yaer", "unknown key 'yaer'; did you mean 'year'"),
            ("year = \n", "", "not valid TOML"),
        ],
    )
    def test_scenario_file(self, tmp_path: Path, toml: str, column: str, what: str) -> None:
        found = problems(tmp_path, {"scenarios/2030/scenario.toml": toml})
        assert any(p.column == column and what in p.what and p.file.endswith("2030/scenario.toml") for p in found)

    def test_unknown_table_file(self, tmp_path: Path) -> None:
        problem = only(problems(tmp_path, {"base/trafos.csv": "name\n"}))
        assert problem.file == "net/base/trafos.csv"
        assert "no table is called 'trafos'; did you mean 'trafo" in problem.what

    def test_missing_table(self, tmp_path: Path) -> None:
        found = problems(tmp_path, {"base/demand.csv": None})
        assert any("the table 'demand' is missing" in p.what and p.fix == "add demand.csv" for p in found)

    def test_bus_out_of_service(self, tmp_path: Path) -> None:
        bus = FILES["bus"].replace("max_vm_pu", "max_vm_pu,in_service_from").replace("1.00,1.07\n", "1.00,1.07,2028\n")
        bus = bus.replace("0.97,1.07\n", "0.97,1.07,0\n").replace("110,,\n", "110,,,0\n")
        found = problems(tmp_path, {"base/bus.csv": bus}, "2025")
        assert {(p.file, p.column) for p in found} == {
            ("net/base/load.csv", "bus"), ("net/base/solar.csv", "bus"), ("net/base/trafo.csv", "lv_bus"),
        }  # fmt: skip
        assert found[0].what == "bus '汉昌10' is not in service in 2025 (scenario 2025)"
        assert found[0].fix == "align in_service_from / in_service_to of the two"

    @pytest.mark.parametrize(
        ("place", "column", "what"),
        [
            (",", "bus", "neither bus nor area is given"),
            (",岳阳", "area", "area '岳阳' is the detailed grid, not a node"),
            ("江北110,其余", "bus", "both bus and area are given"),
        ],
    )
    def test_place_of_a_unit(self, tmp_path: Path, place: str, column: str, what: str) -> None:
        head = "name,bus,area,carrier,max_p_mw,min_p_pu,cost_cny_per_mwh"
        changes = {"base/thermal.csv": f"{head}\n江北热电,{place},cogeneration,30,0.6,300\n"}
        problem = only(problems(tmp_path, changes))
        assert (problem.file, problem.row, problem.column, problem.what) == ("net/base/thermal.csv", "2", column, what)

    def test_incomplete_months(self, tmp_path: Path) -> None:
        rows = "".join(f"岳阳,{m},0.08333\n" for m in (1, 2, 4, 5, 6, 7, 8, 9, 10, 12))
        problem = only(problems(tmp_path, {"base/demand_month.csv": "demand,month,energy_share_pu\n" + rows}))
        assert (problem.row, problem.column) == ("2", "month")
        assert problem.what == "'岳阳' has no row for month 3, 11"

    def test_element_of_a_section(self, tmp_path: Path) -> None:
        changes = {
            "base/section.csv": "name,max_p_mw,min_p_mw\n断面,100,-100\n",
            "base/section_branch.csv": "section,element_type,element,weight_pu\n断面,line,汉昌-外网II回,1\n",
        }
        problem = only(problems(tmp_path, changes))
        assert (problem.row, problem.column) == ("2", "element")
        assert problem.what == "line '汉昌-外网II回' is unknown; did you mean '汉昌-外网I回'"

    def test_overlay_cell_is_named_with_its_own_file(self, tmp_path: Path) -> None:
        problem = only(problems(tmp_path, {"scenarios/2030/load.csv": "name,bus,max_p_mw\n汉昌负荷,汉昌20,45\n"}))
        assert (problem.file, problem.row, problem.column) == ("net/scenarios/2030/load.csv", "2", "bus")

    def test_sources(self, tmp_path: Path) -> None:
        sources = (
            "table,name,column,scenario,status,confidence,source,note\n"
            "solar,*,max_mw,*,assumd,low,x,\n"
            "winds,*,*,2029,derived,low,x,\n"
        )
        found = problems(tmp_path, {"sources.csv": sources})
        assert {(p.row, p.column) for p in found} == {
            ("2", "column"), ("2", "status"), ("3", "table"), ("3", "scenario"),
        }  # fmt: skip

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="there is no folder 'base'"):
            read_network(tmp_path / "nowhere")

    def test_everything_at_once(self, tmp_path: Path) -> None:
        changes: dict[str, str | bytes | None] = {
            **edited("line", "std_type", "stdtype"),
            **edited("line_type", "0.132", "x0.132"),
            **edited("load", "汉昌10,平江县", "汉昌11,平江县"),
            **edited("county", "汨罗市,28.81", "平江县,28.81"),
            "base/thermal.csv": b"name,\xff\xff\n",
            "base/shunts.csv": "name\n",
            "scenarios/2030/solar.csv": "name,max_p_mw\n汉昌分布式光复,-1\n",
        }
        places = {(p.file, p.row, p.column) for p in problems(tmp_path, changes)}
        assert {
            ("net/base/line.csv", "1", "stdtype"),
            ("net/base/line_type.csv", "2", "r_ohm_per_km"),
            ("net/base/load.csv", "2", "bus"),
            ("net/base/county.csv", "3", "name"),
            ("net/base/thermal.csv", "1", ""),
            ("net/base/shunts.csv", "", ""),
            ("net/scenarios/2030/solar.csv", "2", "max_p_mw"),
            ("net/scenarios/2030/solar.csv", "2", "name"),
        } <= places


class TestChangedCopies:
    def test_with_cells_leaves_the_original_alone(self, tmp_path: Path) -> None:
        net = network(tmp_path)
        before = net["load"].copy(deep=True)
        changed = net.with_cells("load", pd.DataFrame({"name": ["汉昌负荷"], "max_p_mw": [44.0]}))
        assert changed["load"]["max_p_mw"].tolist() == [44.0]
        pd.testing.assert_frame_equal(net["load"], before)
        assert changed["line"].equals(net["line"])

    def test_with_cells_names_unknown_rows_and_bad_cells(self, tmp_path: Path) -> None:
        net = network(tmp_path)
        with pytest.raises(InvalidInput, match="there is no row '汉昌负苛'; did you mean '汉昌负荷'"):
            net.with_cells("load", pd.DataFrame({"name": ["汉昌负苛"], "max_p_mw": [44.0]}))
        with pytest.raises(InvalidInput, match="row 汉昌负荷, column max_p_mw: -1 is not positive"):
            net.with_cells("load", pd.DataFrame({"name": ["汉昌负荷"], "max_p_mw": [-1.0]}))

    def test_a_new_type_brings_its_values_but_not_over_the_rows_own(self, tmp_path: Path) -> None:
        net = network(tmp_path).with_cells("line", pd.DataFrame({"name": ["汉昌-外网I回"], "max_i_ka": [0.4]}))
        net = net.with_cells("line", pd.DataFrame({"name": ["汉昌-外网I回"], "std_type": ["LGJ-400"]}))
        line = net["line"].set_index("name")
        assert line.loc["汉昌-外网I回", ["x_ohm_per_km", "max_i_ka"]].tolist() == [0.386, 0.4]
        assert line.loc["江北-外网I回", "x_ohm_per_km"] == 0.401

    def test_closing_a_tie(self, tmp_path: Path) -> None:
        cells = pd.DataFrame({"name": ["汉昌-江北I回"], "normally_open": [False]})
        assert network(tmp_path).with_cells("line", cells)["line"]["in_service"].all()

    def test_with_table_sorts_and_checks_like_a_file(self, tmp_path: Path) -> None:
        net = network(tmp_path)
        turned = net["line"].iloc[::-1]
        pd.testing.assert_frame_equal(net.with_table("line", turned)["line"], net["line"])
        with pytest.raises(InvalidInput, match="bus '江北111' is unknown; did you mean '江北110'"):
            net.with_table("line", net["line"].replace({"from_bus": {"江北110": "江北111"}}))

    def test_in_service_cannot_contradict_normally_open(self, tmp_path: Path) -> None:
        net = network(tmp_path)
        with pytest.raises(InvalidInput, match="in_service True contradicts normally_open True"):
            net.with_table("line", net["line"].assign(in_service=True))

    def test_without_a_plant_its_outages_go(self, tmp_path: Path) -> None:
        net = network(tmp_path)
        assert net.with_table("thermal", net["thermal"].iloc[:0])["maintenance"].empty

    def test_removing_a_bus_that_is_used_is_refused(self, tmp_path: Path) -> None:
        net = network(tmp_path)
        with pytest.raises(InvalidInput, match="bus '汉昌10' is unknown"):
            net.with_table("bus", net["bus"].query("name != '汉昌10'"))

    def test_renaming_everywhere_at_once(self, tmp_path: Path) -> None:
        net = network(tmp_path)
        name = {"汉昌110": "汉昌A"}
        renamed = net.with_tables({
            "bus": net["bus"].replace({"name": name}),
            "line": net["line"].replace({"from_bus": name}),
            "trafo": net["trafo"].replace({"hv_bus": name}),
        })  # fmt: skip
        assert "汉昌A" in set(renamed["bus"]["name"])
        assert np.isclose(renamed["line"]["x_ohm_per_km"], 0.401).all()
