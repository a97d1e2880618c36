"""Tests import their helpers (``toy``, ``fake_findings``) by name from these folders."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE / "cases"):
    sys.path.insert(0, str(folder))
