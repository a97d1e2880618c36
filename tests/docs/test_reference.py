"""docs/reference.md is what the declarations say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
assert _spec and _spec.loader
make_reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_reference)


def test_reference_is_current():
    written = (DOCS / "reference.md").read_text("utf-8")
    assert written == make_reference.page(), "run python docs/make_reference.py and commit docs/reference.md"


def test_every_table_and_unit_is_there():
    text = make_reference.page()
    for table in make_reference.TABLES:
        assert f"### {table}\n" in text
    for suffix in make_reference.SUFFIXES:
        assert f"| `{suffix}` |" in text
