"""The study file of docs/howto_measures.md on Yueyang's tables, and what the page says of kinds."""

from __future__ import annotations

import re
from pathlib import Path

from gridsim import read_study
from gridsim.measures.given import KINDS, given_measures
from gridsim.options import MeasureOptions
from gridsim.schema.planning import MEASURE_KINDS
from gridsim.study import study_network

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto_measures.md").read_text("utf-8")


def test_the_study_file_of_the_page_gives_its_measures(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    text = (ROOT / "studies" / "yueyang_2030.toml").read_text("utf-8")
    for folder in ("networks", "weather"):
        text = text.replace(f"../{folder}", (ROOT / folder).as_posix())
    (tmp_path / "study.toml").write_text(f"{text}\n{example}", "utf-8")
    study = read_study(tmp_path / "study.toml")
    assert study.measure_options() == MeasureOptions()  # the page shows the defaults
    made = given_measures(
        study.measure, study_network(study), study.options(), study.measure_options(), later=(), file="study.toml"
    )
    assert [(m.kind, m.origin) for m in made] == [("battery", "study"), ("thermal_minimum", "study")]
    assert made[0].cost.capital_cny == 4.0e8
    assert made[1].change == "40 → 30 %"


def test_every_kind_is_on_the_page_with_its_keys():
    rows = {k: line for line in PAGE.splitlines() if line.startswith("| `") for k in re.findall(r"`(\w+)`", line)}
    assert set(MEASURE_KINDS) <= rows.keys()
    for kind, (_, needed, may, _) in KINDS.items():
        assert [key for key in (*needed, *may) if key != "element" and f"`{key}" not in rows[kind]] == []
