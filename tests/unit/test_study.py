"""The study file: strict, relative to itself, one changed cell, every mistake with its line and a way out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny_study

from gridsim.errors import InvalidInput
from gridsim.interchange import with_tie_limits
from gridsim.options import SimulationOptions
from gridsim.run_year import study_drivers
from gridsim.sensitivity import SENSITIVITIES
from gridsim.study import Study, read_study, study_network

MINIMAL = '[network]\nfolder = "network"\nscenario = "2030"\n[weather]\nfolder = "weather"\n'


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "study.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    with pytest.raises(InvalidInput) as bad:
        read_study(written(tmp_path, text))
    return [str(p) for p in bad.value.problems]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_study.write_study(tmp_path_factory.mktemp("study")).parent


def study_with(folder: Path, text: str) -> Study:
    path = folder / "changed.toml"
    path.write_text(tiny_study.STUDY + text, "utf-8")
    return read_study(path)


def test_defaults_are_those_of_the_options(tmp_path):
    study = read_study(written(tmp_path, 'name = "x"\n' + MINIMAL))
    assert study.options() == SimulationOptions()
    assert len(study.sha256) == 64


def test_every_option_reaches_the_simulation(tmp_path):
    study = read_study(
        written(
            tmp_path,
            'name = "x"\n'
            + MINIMAL
            + '[hydro]\nyear = "dry"\n[ac]\nenabled = false\n'
            + '[dispatch]\nwindow_h = 72\nshare = "vertex"\n[penalties]\ncurtailment_cny_per_mwh = 50.0\n'
            + "[commitment]\nreserve_percent = 3.0\n",
        )
    )
    options = study.options()
    assert (options.hydro_year, options.ac) == ("dry", False)
    assert (options.dispatch.window_h, options.dispatch.share) == (72.0, "vertex")
    assert options.dispatch.penalties.curtailment_cny_per_mwh == 50.0
    assert options.dispatch.commitment.reserve_percent == 3.0


def test_paths_are_relative_to_the_study_file(folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    study = read_study(folder / "study.toml")
    assert study.resolve(study.network.folder) == (folder / "network").resolve()
    assert len(study_network(study)["wind"]) == 2


def test_measured_demand_is_read_beside_the_study_file(folder, monkeypatch, tmp_path):
    year = study_network(read_study(folder / "study.toml")).year
    header = ",".join(["日期", *(f"{15 * k // 60}:{15 * k % 60:02d}" for k in range(1, 97))])
    days = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
    rows = [f"{d}," + ",".join(f"{50 + 0.1 * k:.1f}" for k in range(96)) for d in days]
    (folder / "小城.csv").write_text("\n".join([header, *rows]), "gbk")
    monkeypatch.chdir(tmp_path)
    study = study_with(folder, '\n[demand]\npoints96 = ["小城.csv"]\nstep_min = 60\n')
    drivers = study_drivers(study, study_network(study))
    assert drivers.demand_mw["小城"].iloc[:2].to_list() == pytest.approx([50.15, 50.55])
    assert drivers.demand_mw["外省"].max() == pytest.approx(600.0)
    assert drivers.files["小城.csv"]


def test_a_byte_order_mark_does_not_matter(tmp_path):
    assert read_study(written(tmp_path, b"\xef\xbb\xbf" + ('name = "x"\n' + MINIMAL).encode())).name == "x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'name = "x"\n' + MINIMAL + "\n[target]\ncurtailment_procent = 5.0\n",
            "study.toml, row 9, column target.curtailment_procent: unknown key 'curtailment_procent'. "
            "Did you mean 'curtailment_percent'?",
        ),
        (
            'name = "x"\n[wether]\nfolder = "w"\n' + MINIMAL,
            "study.toml, row 2, column wether: unknown key 'wether'. Did you mean 'weather'?",
        ),
        (MINIMAL, "study.toml, column name: this key is missing. Add it"),
        (
            'name = "x"\n' + MINIMAL.replace('scenario = "2030"\n', ""),
            "study.toml, row 2, column network.scenario: this key is missing. Add it",
        ),
        (
            'name = "x"\n' + MINIMAL + "[target]\ncurtailment_percent = 0.0  # 全额消纳\n",
            "study.toml, row 8, column target.curtailment_percent: Input should be greater than 0; got 0.0. "
            "Correct the value",
        ),
        (
            'name = "x"\n' + MINIMAL + '[hydro]\nyear = "平"\n',
            "study.toml, row 8, column hydro.year: Input should be 'dry', 'normal' or 'wet'; got '平'. "
            "Correct the value",
        ),
        (
            'name = "x"\n' + MINIMAL + '[limits]\nexport_mw = "7000"\n',
            "study.toml, row 8, column limits.export_mw: Input should be a valid number; got '7000'. Correct the value",
        ),
        (
            'name = "x"\n' + MINIMAL + '[series]\navailable = "a.csv"\n',
            "study.toml, row 8, column series.available: Input should be a valid tuple; got 'a.csv'. Correct the value",
        ),
        (
            'change = 3\nname = "x"\n' + MINIMAL,
            "study.toml, row 1, column change: Input should be a valid tuple; got 3. Correct the value",
        ),
        (
            'name = "x"\nsha256 = "0"\n' + MINIMAL,
            "study.toml, column sha256: this key is set by the reader. Remove it",
        ),
    ],
    ids=["key", "section", "missing key", "missing in section", "bound", "choice", "text", "list", "changes", "ours"],
)
def test_one_mistake(tmp_path, text, expected):
    assert problems(tmp_path, text) == [expected]


def test_all_mistakes_at_once(tmp_path):
    found = problems(
        tmp_path,
        'nmae = "x"\n'
        + MINIMAL
        + "[target]\ncurtailment_percent = -1.0\n"
        + '[[change]]\ntable = "line"\nname = "l"\ncolumn = "c"\nvalue = 1.0\n'
        + '[[change]]\ntable = "line"\nname = "l"\ncolum = "c"\nvalue = 2.0\n',
    )
    places = [p.split(":")[0] for p in found]
    assert places == [
        "study.toml, column name",
        "study.toml, row 8, column target.curtailment_percent",
        "study.toml, row 14, column change.1.column",
        "study.toml, row 17, column change.1.colum",
        "study.toml, row 1, column nmae",
    ]
    assert "Did you mean 'column'?" in found[3]
    assert "Did you mean 'name'?" in found[4]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\xff\xfe", "byte 0 is not UTF-8. Save the study file as UTF-8"),
        (tiny_study.STUDY.encode("gbk"), "is not UTF-8. Save the study file as UTF-8"),
        (b"[network\n", "not valid TOML: "),
    ],
)
def test_a_file_that_is_no_toml(tmp_path, content, what):
    (found,) = problems(tmp_path, content)
    assert what in found


def test_no_file(tmp_path):
    with pytest.raises(InvalidInput, match=r"nowhere\.toml: the file cannot be read .*Give the path of a study file"):
        read_study(tmp_path / "nowhere.toml")


def test_limits_of_the_tie_replace_those_of_the_tables(folder):
    network = study_network(study_with(folder, "[limits]\nexport_mw = 33.0\nimport_mw = 22.0\n"))
    assert network["section"][["max_p_mw", "min_p_mw"]].to_numpy().tolist() == [[33.0, -22.0]]
    network = study_network(study_with(folder, "[limits]\nexport_mw = 33.0\n"))
    assert network["section"][["max_p_mw", "min_p_mw"]].to_numpy().tolist() == [[33.0, -80.0]]


SEASONS_OF_TIE = "section,season,max_p_mw,min_p_mw\n外送断面,summer,40,-60\n外送断面,winter,90,-70\n"


@pytest.fixture
def seasonal(tmp_path: Path) -> Path:
    """A study of its own, whose tie has limits of the summer and the winter."""
    folder = tiny_study.write_study(tmp_path / "study").parent
    write_seasons(folder, SEASONS_OF_TIE)
    return folder


def write_seasons(folder: Path, rows: str) -> None:
    (path,) = folder.glob("*/base/section.csv")
    path.with_name("section_season.csv").write_text(rows, "utf-8")


def limits_by_season(network) -> list[list[float]]:
    return network["section_season"].sort_values("season")[["max_p_mw", "min_p_mw"]].to_numpy().tolist()


def test_limits_of_the_tie_replace_those_of_every_season(seasonal):
    """Limits of a season stand in place of the year's, so those of a study have to reach them too."""
    network = study_network(study_with(seasonal, "[limits]\nexport_mw = 33.0\n"))
    assert network["section"][["max_p_mw", "min_p_mw"]].to_numpy().tolist() == [[33.0, -80.0]]
    assert limits_by_season(network) == [[33.0, -60.0], [33.0, -70.0]]
    network = study_network(study_with(seasonal, "[limits]\nimport_mw = 22.0\n"))
    assert limits_by_season(network) == [[40.0, -22.0], [90.0, -22.0]]


def test_sensitivities_of_the_tie_scale_every_season(seasonal):
    network = study_network(study_with(seasonal, ""))
    year = network["section"][["max_p_mw", "min_p_mw"]].to_numpy()
    variant = {s.name: s.variant for s in SENSITIVITIES}["export_limit_minus_20"]
    changed, _ = variant(network, SimulationOptions())
    assert changed["section"][["max_p_mw", "min_p_mw"]].to_numpy() == pytest.approx(0.8 * year)
    assert np.array(limits_by_season(changed)) == pytest.approx(np.array([[32.0, -48.0], [72.0, -56.0]]))


def test_internal_sections_keep_their_limits(seasonal):
    network = study_network(study_with(seasonal, ""))
    network = network.with_table("section", network["section"].assign(kind="internal"))
    assert limits_by_season(with_tie_limits(network, lambda old: old * 0.0)) == [[40.0, -60.0], [90.0, -70.0]]


def test_a_changed_limit_that_no_season_would_use_is_refused(seasonal):
    write_seasons(seasonal, SEASONS_OF_TIE + "外送断面,spring,50,-50\n")
    change = '[[change]]\ntable = "section"\nname = "外送断面"\ncolumn = "max_p_mw"\nvalue = 5.0\n'
    with pytest.raises(InvalidInput, match="has limits for every season"):
        study_network(study_with(seasonal, change))


def test_one_changed_cell(folder):
    text = '[[change]]\ntable = "wind"\nname = "东风风电场"\ncolumn = "max_p_mw"\nvalue = 120.0\n'
    network = study_network(study_with(folder, text))
    assert network["wind"].set_index("name")["max_p_mw"].to_dict() == {"东风风电场": 120.0, "外省风电": 240.0}


def test_changes_of_what_is_not_there_are_all_named(folder):
    cells = [("winds", "东风风电场", "max_p_mw"), ("wind", "东风风电厂", "max_p_mw"), ("wind", "外省风电", "max_p_mv")]
    text = "".join(f'[[change]]\ntable = "{t}"\nname = "{n}"\ncolumn = "{c}"\nvalue = 1.0\n' for t, n, c in cells)
    with pytest.raises(InvalidInput) as bad:
        study_network(study_with(folder, text))
    assert [str(p) for p in bad.value.problems] == [
        "changed.toml, column change.table: unknown table 'winds'. Did you mean 'wind'?",
        "changed.toml, column change.name: unknown name '东风风电厂'. Did you mean '东风风电场'?",
        "changed.toml, column change.column: unknown column 'max_p_mv'. Did you mean 'max_p_mw'?",
    ]


def test_a_changed_cell_is_checked_like_a_cell_of_the_file(folder):
    text = '[[change]]\ntable = "wind"\nname = "东风风电场"\ncolumn = "max_p_mw"\nvalue = -5.0\n'
    with pytest.raises(InvalidInput, match=r"东风风电场, column max_p_mw: -5 is below 0"):
        study_network(study_with(folder, text))


def test_with_changes_leaves_the_original_alone(folder):
    study = read_study(folder / "study.toml")
    changed = study.with_changes(limits={"export_mw": 12.0}, name="other")
    assert (changed.limits.export_mw, changed.name) == (12.0, "other")
    assert (study.limits.export_mw, study.name) == (None, "小城 2030")
    with pytest.raises(ValueError, match="export_mw"):
        study.with_changes(limits={"export_mw": -1.0})
    with pytest.raises(ValueError, match="frozen"):
        study.name = "again"
