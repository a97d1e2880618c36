"""The results folder: all or nothing, as it was when read back, never over somebody's files."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_findings import fake_findings

from gridsim import store
from gridsim.errors import InvalidInput
from gridsim.store import Findings, check_results_folder, read_findings, write_findings


@pytest.fixture(scope="module")
def findings() -> Findings:
    return fake_findings()


def small(value: float = 1.5, name: str = "county") -> Findings:
    return Findings(
        {"available_gwh": value}, {"seed": 7}, {name: pd.DataFrame({"county": ["平江县"], "a_mw": [value]})}
    )


def everything_in(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_year_comes_back_as_it_was(findings: Findings, tmp_path: Path) -> None:
    write_findings(findings, tmp_path / "结果 2030")
    back = read_findings(tmp_path / "结果 2030")
    assert back.tables.keys() == findings.tables.keys()
    for name, table in findings.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], table.reset_index(drop=True), check_exact=True)
    assert back.hourly.keys() == findings.hourly.keys()
    for name, frame in findings.hourly.items():
        pd.testing.assert_frame_equal(back.hourly[name], frame, check_exact=True)
    assert back.summary == json.loads(json.dumps(findings.summary))
    assert back.manifest == findings.manifest


def test_awkward_values_come_back(tmp_path: Path) -> None:
    time = pd.date_range("2030-01-01", periods=3, freq="D", tz="Asia/Shanghai")
    table = pd.DataFrame(
        {
            "name": ["001", "NA", ""],
            "comma": ['a,"b"', "换\n行", "nan"],
            "a_mw": [0.1 + 0.2, np.nan, -0.0],
            "n": [1, 2, 3],
            "ok": [True, False, True],
            "time": time,
            "count": pd.array([1, None, 3], dtype="Int64"),
        }
    )
    empty = pd.DataFrame({"element": pd.Series([], dtype=object), "a_mw": pd.Series([], dtype=float)})
    hourly = {"flow": pd.DataFrame({"甲-乙I回": [1.0, np.nan, 3.0]}, index=time)}
    write_findings(
        Findings({}, {}, {"t": table, "empty": empty, "none": pd.DataFrame(), "by_weather_year/2019/t": table}, hourly),
        tmp_path / "r",
    )
    back = read_findings(tmp_path / "r")
    pd.testing.assert_frame_equal(back.tables["t"], table, check_exact=True)
    pd.testing.assert_frame_equal(back.tables["by_weather_year/2019/t"], table, check_exact=True)
    pd.testing.assert_frame_equal(back.tables["empty"], empty)
    assert back.tables["none"].empty
    pd.testing.assert_frame_equal(back.hourly["flow"], hourly["flow"], check_freq=False)


def test_summary_holds_plain_json_and_no_nan(tmp_path: Path) -> None:
    summary = {
        "year": np.int64(2030),
        "rate": np.float64("nan"),
        "reasons": ("一",),
        "ok": np.True_,
        "carriers": {"wind": {"a": np.float32(2)}},
    }
    write_findings(Findings(summary, {"at": pd.Timestamp("2030-01-01")}), tmp_path / "r")
    text = (tmp_path / "r/summary.json").read_text("utf-8")
    assert json.loads(text) == {
        "year": 2030,
        "rate": None,
        "reasons": ["一"],
        "ok": True,
        "carriers": {"wind": {"a": 2.0}},
    }
    assert "NaN" not in text


def test_a_spreadsheet_can_open_the_tables(tmp_path: Path) -> None:
    write_findings(small(), tmp_path / "r")
    assert (tmp_path / "r/tables/county.csv").read_bytes().startswith("\ufeffcounty,a_mw\n平江县,1.5\n".encode())


def test_a_table_saved_again_as_gbk_is_read(tmp_path: Path) -> None:
    write_findings(small(), tmp_path / "r")
    (tmp_path / "r/tables/county.csv").write_bytes("county,a_mw\r\n平江县,2.5\r\n".encode("gbk"))
    assert read_findings(tmp_path / "r").tables["county"].to_dict("list") == {"county": ["平江县"], "a_mw": [2.5]}


def test_a_spoilt_table_is_named(tmp_path: Path) -> None:
    write_findings(small(), tmp_path / "r")
    (tmp_path / "r/tables/county.csv").write_text("county,a_mw\n平江县,many\n", "utf-8")
    with pytest.raises(InvalidInput, match=r"county\.csv"):
        read_findings(tmp_path / "r")


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("step", ["write table", "write manifest", "swap", "disk full", "interrupt"])
def test_a_failure_changes_nothing(before: bool, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "r"
    if before:
        write_findings(small(1.0), folder)
    was = everything_in(tmp_path)
    if step == "write table":
        monkeypatch.setattr(pd.DataFrame, "to_csv", _raising(RuntimeError("boom")))
    elif step == "disk full":
        monkeypatch.setattr(pd.DataFrame, "to_csv", _raising(OSError(28, "No space left on device")))
    elif step == "interrupt":
        monkeypatch.setattr(store, "_sha256", _raising(KeyboardInterrupt()))
    elif step == "write manifest":
        write_json = store._write_json
        monkeypatch.setattr(
            store,
            "_write_json",
            lambda p, v: _raising(OSError(5, "io"))() if p.name == store.MANIFEST else write_json(p, v),
        )
    else:
        rename = Path.rename
        monkeypatch.setattr(
            Path, "rename", lambda a, b: _raising(OSError(16, "busy"))() if ".new-" in a.name else rename(a, b)
        )
    with pytest.raises((InvalidInput, RuntimeError, KeyboardInterrupt)):
        write_findings(small(2.0), folder)
    monkeypatch.undo()
    assert everything_in(tmp_path) == was
    assert [p.name for p in tmp_path.iterdir()] == (["r"] if before else [])


def _raising(error: BaseException):
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_killed_writer_leaves_nothing_that_looks_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.shutil, "rmtree", lambda *_, **__: None)  # as after kill -9: nobody cleans up
    monkeypatch.setattr(pd.DataFrame, "to_csv", _raising(RuntimeError("killed")))
    with pytest.raises(RuntimeError):
        write_findings(small(), tmp_path / "r")
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".r.new-")
    with pytest.raises(InvalidInput, match="not a complete results folder"):
        read_findings(left)


def test_new_results_replace_old_ones_and_their_reports(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write_findings(small(1.0, "old"), folder)
    (folder / "report.html").write_text("old", "utf-8")
    (folder / "figures").mkdir()
    (folder / "figures/map.png").write_bytes(b"old")
    write_findings(small(2.0, "new"), folder)
    assert set(everything_in(folder)) == {"manifest.json", "summary.json", "tables/new.csv"}
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_what_the_user_put_there_stays(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write_findings(small(1.0), folder)
    (folder / "备注.docx").write_bytes(b"mine")
    (folder / "tables/我的.xlsx").write_bytes(b"mine too")
    write_findings(small(2.0), folder)
    kept = everything_in(folder)
    assert kept["备注.docx"] == b"mine"
    assert kept["tables/我的.xlsx"] == b"mine too"
    (folder / "tables/extra.csv").write_bytes(b"a\n1\n")
    with pytest.raises(InvalidInput, match="in the way"):
        write_findings(small(3.0, "extra"), folder)
    assert (folder / "tables/extra.csv").read_bytes() == b"a\n1\n"


@pytest.mark.parametrize("content", ["thesis.docx", "manifest.json", "tables/a.csv"])
def test_a_foreign_folder_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "r" / content).parent.mkdir(parents=True)
    (tmp_path / "r" / content).write_text('{"results": "none"}', "utf-8")
    was = everything_in(tmp_path)
    for attempt in (lambda: check_results_folder(tmp_path / "r"), lambda: write_findings(small(), tmp_path / "r")):
        with pytest.raises(InvalidInput, match="nothing was written"):
            attempt()
    assert everything_in(tmp_path) == was


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("x", "utf-8")
    with pytest.raises(InvalidInput, match="is a file"):
        write_findings(small(), tmp_path / "r")
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_findings(small(), tmp_path / "r" / "below")
    assert (tmp_path / "r").read_text("utf-8") == "x"


def test_an_empty_and_a_missing_folder_are_fine(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new/deep"):
        check_results_folder(tmp_path / name)
        assert write_findings(small(), tmp_path / name) == (tmp_path / name).resolve()
        assert read_findings(tmp_path / name).manifest == {"seed": 7}


@pytest.mark.parametrize("name", ["../evil", "/abs", "a/../../b", ""])
def test_a_table_name_cannot_leave_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not a file name"):
        write_findings(small(name=name), tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


def test_a_lost_file_is_named(tmp_path: Path) -> None:
    write_findings(small(), tmp_path / "r")
    (tmp_path / "r/tables/county.csv").unlink()
    with pytest.raises(InvalidInput, match=r"county\.csv.*is missing"):
        read_findings(tmp_path / "r")


def test_findings_are_not_changed_by_writing(findings: Findings, tmp_path: Path) -> None:
    was = {name: pd.util.hash_pandas_object(table).sum() for name, table in findings.tables.items()}
    manifest = json.dumps(findings.manifest)
    write_findings(findings, tmp_path / "r")
    assert {name: pd.util.hash_pandas_object(table).sum() for name, table in findings.tables.items()} == was
    assert json.dumps(findings.manifest) == manifest


def test_the_same_findings_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_findings(fake_findings(), tmp_path / name)
    assert everything_in(tmp_path / "a") == everything_in(tmp_path / "b")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-23T01:00:00", datetime(2026, 11, 23, 1)),
        ("2026-11-23T09:00:00+08:00", datetime(2026, 11, 23, 1)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_findings_say_when_they_were_made_in_utc(written: str | None, read: datetime | None) -> None:
    assert Findings({}, {} if written is None else {"created": written}).created == read
