"""docs/howto_plain.md: its folder is read, its code runs and gives the figures it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto_plain.md").read_text("utf-8")


def test_the_page_does_what_it_says(tmp_path, monkeypatch, capsys):
    tables = re.findall(r"`base/(\w+)\.csv`\n```csv\n(.*?)```", PAGE, re.DOTALL)
    assert len(tables) == 8
    (tmp_path / "my_case" / "base").mkdir(parents=True)
    for name, text in tables:
        (tmp_path / "my_case" / "base" / f"{name}.csv").write_text(text, "utf-8")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    first, flow_model, matpower = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(first, names)
    assert names["dispatch"].cost_cny == pytest.approx(5300.0)
    exec(flow_model + matpower, names)
    assert names["dispatch"].cost_cny == pytest.approx(93100.7, abs=0.05)
    assert "93100.7" in capsys.readouterr().out
