"""The how-to on weather names every check and repair, and its table of yields is that of today's typical year."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridsim.weather.canonical import read_canonical
from gridsim.weather.quality_fix import DEFAULT_RULES, ON_REQUEST
from gridsim.weather.quality_rules import RULES
from gridsim.yields import yield_table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto_weather_quality.md").read_text("utf-8")


def test_every_check_and_every_repair_is_explained():
    assert [c for c in RULES if f"| `{c}` |" not in PAGE] == []
    assert [r for r in (*DEFAULT_RULES, *ON_REQUEST) if f"`{r}`" not in PAGE] == []


def test_the_table_of_yields_is_current():
    """Numbers within 2 % of what the command gives for all sites today."""
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith(("| wind | `", "| solar | `"))]
    written = {(r[1].strip(), r[2].strip(" `")): float(r[4].split("(")[0]) for r in rows}
    table = yield_table(read_canonical(ROOT / "weather/yueyang/typical"))
    found = {(r["carrier"], r["figure"]): r["mean"] for r in table.to_dict("records")}
    assert written.keys() == found.keys()
    for key, value in written.items():
        assert value == pytest.approx(found[key], rel=0.02, abs=0.001), key
