"""One CSV file: what is read, and what each bad cell, column or byte is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import Problem
from gridsim.tables import Sheet, complete_frame, frame_sheet, overlay, read_sheet

HEADER = "name,r_ohm_per_km,x_ohm_per_km,c_nf_per_km,max_i_ka,max_i_spring_ka,max_i_winter_ka"
LINE = "name,from_bus,to_bus,length_km,normally_open"
MONTH = "demand,month,energy_share_pu"
OUTAGE = "thermal,units,from_day,to_day"
GOOD = "LGJ-240,0.132,0.401,8.976,0.525,0.648,0.713"


def read(
    tmp_path: Path, content: str | bytes, table: str = "line_type", *, complete: bool = True
) -> tuple[Sheet | None, list[Problem]]:
    path = tmp_path / f"{table}.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    problems: list[Problem] = []
    sheet, _ = read_sheet(path, table, label=path.name, complete=complete, problems=problems)
    return sheet, problems


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, [str(p) for p in problems]
    return problems[0]


class TestWhatIsRead:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
    def test_utf8_with_and_without_mark_and_gbk_read_the_same(self, tmp_path: Path, encoding: str) -> None:
        sheet, problems = read(tmp_path, "name,lat_deg,lon_deg\n平江县,28.7,113.58\n".encode(encoding), "county")
        assert not problems
        assert sheet is not None
        assert sheet.frame["name"].tolist() == ["平江县"]

    def test_blanks_around_a_value_and_empty_rows_do_not_matter(self, tmp_path: Path) -> None:
        sheet, problems = read(tmp_path, f"{HEADER},,\n\n LGJ-240 , 0.132 ,0.401,8.976,0.525,0.648,0.713,,\n,,,,,,,,\n")
        assert not problems
        assert sheet is not None
        assert sheet.frame.loc[0, "name"] == "LGJ-240"
        assert sheet.frame.loc[0, "r_ohm_per_km"] == 0.132
        assert sheet.origin == (("line_type.csv", "3"),)

    def test_an_empty_optional_cell_is_absent_not_zero(self, tmp_path: Path) -> None:
        sheet, problems = read(tmp_path, "name,station,vn_kv,min_vm_pu,county\n昆山35,昆山,35,,\n", "bus")
        assert not problems
        assert sheet is not None
        done = complete_frame(sheet, None, problems)
        assert np.isnan(done.loc[0, "min_vm_pu"])
        assert done.loc[0, "county"] is None
        assert done.loc[0, "in_service_to"] == 9999

    def test_types_and_defaults(self, tmp_path: Path) -> None:
        text = "name,from_bus,to_bus,length_km,normally_open\nA,a,b,1.5,TRUE\nB,a,b,2,\n"
        sheet, problems = read(tmp_path, text, "line")
        assert not problems
        assert sheet is not None
        done = complete_frame(sheet, None, problems)
        assert done["normally_open"].tolist() == [True, False]
        assert done["normally_open"].dtype.kind == "b"
        assert done.dtypes["in_service_from"] == np.int64
        assert done["corridor"].tolist() == ["", ""]


class TestBadCells:
    @pytest.mark.parametrize(
        ("cell", "what", "fix"),
        [
            ("-0.4", "-0.4 is not positive", "write a value above 0"),
            ("0", "0 is not positive", "write a value above 0"),
            ("abc", "text 'abc' in a number column", "write a number"),
            ("０.４", "'０.４' has full-width digits", "write 0.4 in plain digits"),
            ("0.4\u3000", "has full-width digits or blanks", "write 0.4 in plain digits"),
            ('"1,200"', "'1,200' has a comma in the number", "write 1200 (no thousands separator)"),
            ("0.4Ω", "'0.4Ω' is not a plain number", "write 0.4 if that is meant"),
            ("#N/A", "'#N/A' is an error value of Excel", "repair the formula"),
            ("nan", "text 'nan' in a number column", "leave the cell empty"),
            ("1e999", "inf is not a finite number", "write a finite number"),
            ("", "the cell is empty", "fill it (series reactance per circuit)"),
        ],
    )
    def test_number(self, tmp_path: Path, cell: str, what: str, fix: str) -> None:
        _, problems = read(tmp_path, f"{HEADER}\n{GOOD}\nLGJ-300,0.1,{cell},9,0.5,0.6,0.7\n")
        problem = only(problems)
        assert (problem.file, problem.row, problem.column) == ("line_type.csv", "3", "x_ohm_per_km")
        assert what in problem.what
        assert fix in problem.fix

    @pytest.mark.parametrize(
        ("table", "header", "row", "column", "what", "fix"),
        [
            ("county", "name,lat_deg,lon_deg", "A,91,113", "lat_deg", "91 is above 90", "at most 90"),
            ("demand_month", MONTH, "A,1.5,0.1", "month", "1.5 is not a whole number", "write 2"),
            ("area", "name,kind", "A,detaled", "kind", "did you mean 'detailed'", "use one of: detailed, node"),
            ("line", LINE, "A,a,b,1,maybe", "normally_open", "'maybe' is not a yes/no value", "write 1 or 0"),
            ("maintenance", OUTAGE, "A,1,3月1日,03-20", "from_day", "'3月1日' is not a day", "as MM-DD"),
            ("maintenance", OUTAGE, "A,1,02-30,03-20", "from_day", "'02-30' is not a day", "as MM-DD"),
        ],
    )
    def test_other_kinds(
        self, tmp_path: Path, table: str, header: str, row: str, column: str, what: str, fix: str
    ) -> None:
        _, problems = read(tmp_path, f"{header}\n{row}\n", table)
        problem = only(problems)
        assert (problem.row, problem.column) == ("2", column)
        assert what in problem.what
        assert fix in problem.fix

    def test_all_at_once(self, tmp_path: Path) -> None:
        rows = "A,x,-1,9,0.5,0.6,0.7\nB,0.1,0.4,9,0.5,1,2,3\nA,0.1,0.4,9,0.5,0.6,0.7\n"
        _, problems = read(tmp_path, f"{HEADER}\n{rows}")
        places = [(p.row, p.column) for p in problems]
        assert sorted(places) == [("2", "r_ohm_per_km"), ("2", "x_ohm_per_km"), ("3", ""), ("4", "name")]
        assert "'A' appears twice (first in row 2)" in [p.what for p in problems]

    def test_row_numbers_count_the_lines_of_a_quoted_cell(self, tmp_path: Path) -> None:
        text = 'name,lat_deg,lon_deg,kind\nA,28,113,"two\nlines"\nB,x,113,\n'
        _, problems = read(tmp_path, text, "county")
        assert only(problems).row == "4"


class TestBadFiles:
    def test_misspelt_column_is_one_problem_with_the_right_name(self, tmp_path: Path) -> None:
        _, problems = read(tmp_path, f"{HEADER.replace('x_ohm_per_km', 'x_ohm_pr_km')}\n{GOOD}\n")
        problem = only(problems)
        assert (problem.row, problem.column) == ("1", "x_ohm_pr_km")
        assert problem.what == "unknown column 'x_ohm_pr_km'; did you mean 'x_ohm_per_km'"
        assert problem.fix == "rename it to 'x_ohm_per_km'"

    def test_missing_column(self, tmp_path: Path) -> None:
        _, problems = read(tmp_path, "name,lat_deg\nA,28\n", "county")
        problem = only(problems)
        assert (problem.file, problem.row, problem.column) == ("county.csv", "1", "lon_deg")
        assert "column 'lon_deg' is missing" in problem.what
        assert problem.fix == "add the column 'lon_deg'"

    def test_repeated_column(self, tmp_path: Path) -> None:
        _, problems = read(tmp_path, "name,lat_deg,lon_deg,lat_deg\nA,28,113,28\n", "county")
        assert "column 'lat_deg' appears twice" in only(problems).what

    def test_undecodable_bytes_name_the_line(self, tmp_path: Path) -> None:
        content = "name,lat_deg,lon_deg\n平江县,28,113\n".encode() + b"\xff\xfe,28,113\n"
        sheet, problems = read(tmp_path, content, "county")
        problem = only(problems)
        assert sheet is None
        assert problem.row == "3"
        assert "byte 0xff" in problem.what
        assert "neither UTF-8 nor GBK" in problem.what
        assert "UTF-8" in problem.fix

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            ("name,kind\n".encode("utf-16"), "UTF-16"),
            (b"PK\x03\x04rest", "Excel workbook"),
            (b"", "the file is empty"),
            (b"name;lat_deg;lon_deg\nA;28;113\n", "not separated by commas"),
        ],
    )
    def test_not_a_csv_file(self, tmp_path: Path, content: bytes, what: str) -> None:
        sheet, problems = read(tmp_path, content, "county")
        assert sheet is None
        assert what in only(problems).what

    def test_row_with_too_few_or_too_many_cells(self, tmp_path: Path) -> None:
        _, problems = read(tmp_path, "name,lat_deg,lon_deg\nA,28,113,9\nB,28\n", "county")
        assert ("2", "the row has 4 cells, the header 3") in [(p.row, p.what) for p in problems]
        assert ("3", "the row has 2 cells, the header 3") in [(p.row, p.what) for p in problems]


class TestOverlay:
    BASE = "name,lat_deg,lon_deg,area_km2\n平江县,28.7,113.6,4118\n汨罗市,28.8,113.1,\n"

    def lay(self, tmp_path: Path, text: str) -> tuple[pd.DataFrame, list[Problem]]:
        base, problems = read(tmp_path, self.BASE, "county")
        over, more = read(tmp_path, text, "county", complete=False)
        assert base is not None
        assert over is not None
        problems += more
        return complete_frame(overlay(base, over, problems), None, problems), problems

    def test_empty_cell_leaves_the_base(self, tmp_path: Path) -> None:
        frame, problems = self.lay(tmp_path, "name,lat_deg,area_km2\n平江县,,4000\n汨罗市,28.9,\n")
        assert not problems
        assert frame["lat_deg"].tolist() == [28.7, 28.9]
        assert frame["area_km2"].iloc[0] == 4000
        assert np.isnan(frame["area_km2"].iloc[1])

    def test_column_the_base_file_does_not_have(self, tmp_path: Path) -> None:
        frame, problems = self.lay(tmp_path, "name,kind,wind_2020_mw\n汨罗市,县级市,3\n")
        assert not problems
        assert frame["kind"].tolist() == ["", "县级市"]
        assert frame["wind_2020_mw"].tolist() == [0.0, 3.0]

    def test_new_row(self, tmp_path: Path) -> None:
        frame, problems = self.lay(tmp_path, "name,lat_deg,lon_deg\n临湘市,29.5,113.5\n")
        assert not problems
        assert frame["name"].tolist() == ["平江县", "汨罗市", "临湘市"]
        assert frame["lat_deg"].tolist() == [28.7, 28.8, 29.5]

    def test_unknown_key_without_the_required_columns(self, tmp_path: Path) -> None:
        _, problems = self.lay(tmp_path, "name,area_km2\n平江,4000\n")
        problem = only(problems)
        assert (problem.row, problem.column) == ("2", "name")
        assert problem.what.startswith("'平江' is not in the base table; did you mean '平江县'")
        assert problem.what.endswith("and as a new row it lacks lat_deg, lon_deg")
        assert "correct the name to change an existing row" in problem.fix


def test_frame_is_checked_like_a_file_and_names_rows_by_key() -> None:
    problems: list[Problem] = []
    frame = pd.DataFrame({"demand": ["岳阳", "岳阳"], "month": [1, 13], "energy_share_pu": [0.5, -0.1]})
    frame_sheet(frame, "demand_month", complete=True, problems=problems)
    assert [(p.file, p.row, p.column) for p in problems] == [
        ("table demand_month", "岳阳 / 13", "month"),
        ("table demand_month", "岳阳 / 13", "energy_share_pu"),
    ]


def test_missing_electrical_value_without_a_type(tmp_path: Path) -> None:
    types, problems = read(tmp_path, f"{HEADER}\n{GOOD}\n")
    assert types is not None
    text = "name,from_bus,to_bus,length_km,std_type,x_ohm_per_km\nA,a,b,1,LGJ-240,0.5\nB,a,b,1,,0.4\n"
    sheet, _ = read(tmp_path, text, "line")
    assert sheet is not None
    done = complete_frame(sheet, complete_frame(types, None, problems), problems)
    assert done.loc[0, "x_ohm_per_km"] == 0.5, "a value of the row's own wins over its type"
    assert done.loc[0, "r_ohm_per_km"] == 0.132
    assert {(p.row, p.column) for p in problems} == {
        ("3", c) for c in ("r_ohm_per_km", "c_nf_per_km", "max_i_ka", "max_i_spring_ka", "max_i_winter_ka")
    }
    assert problems[0].what == "neither the row nor a std_type gives r_ohm_per_km"
