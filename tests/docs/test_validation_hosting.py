"""docs/validation_hosting.md says what the program finds and what was published."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from gridsim.network import read_network

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "validation_hosting.md"


@pytest.fixture(scope="module")
def script():
    path = ROOT / "docs" / "make_validation_hosting.py"
    spec = importlib.util.spec_from_file_location("make_validation_hosting", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def test_what_was_published():
    """屈原 red, Yueyang's twelve others in neither list: the same in the table and on the page."""
    published = read_network(ROOT / "networks" / "yueyang", "2025")["published_hosting"]
    grade = published.set_index("county")["grade"]
    assert grade["屈原管理区"] == "red" and (grade.drop("屈原管理区") == "green").all() and len(grade) == 13
    assert published["open_mw"].isna().all()
    text = PAGE.read_text("utf-8")
    assert "| published, 2024 Q1 | not published | 屈原管理区 | none | 12 | | red |" in text
    assert all(fact in text for fact in ("773.57", "15 red counties", "17 yellow"))


@pytest.mark.slow
def test_the_page_is_current(script):
    """The back-test again: the page as it stands, and what it states."""
    state = script.state_2025()
    assert script.page(state) == PAGE.read_text("utf-8")
    found = {name: t.set_index("county") for name, t in script.back_test(state).items()}
    for name, table in found.items():
        alone = name.endswith("alone")
        assert (table.loc["屈原管理区", "grade_2019"] == "red") is not alone
        assert (table["grade_2025"] == "green").all()
    red = {name: int((t["grade_2019"] == "red").sum()) for name, t in found.items()}
    assert red["2025, whole year"] > red["2024 Q1 plants, January-March"] > 1
