"""``gridsim weather``: the commands' answers and exit codes."""

from __future__ import annotations

from typer.testing import CliRunner

from gridsim.cli import app
from gridsim.drivers import SOURCES


def test_sources_are_listed_with_a_line_each():
    result = CliRunner().invoke(app, ["weather", "sources"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(SOURCES)
    assert all(len(line.split()) > 3 for line in lines)
