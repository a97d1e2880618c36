"""The command line: the only place that prints or catches.

One file per group of commands; each has functions, and here they get their names.  Exit codes: 0 = ran, whatever the
verdict; 1 = ``--fail-on-verdict`` and the target is missed; 2 = bad input, all problems listed; 3 = no trustworthy
solution.
"""

from __future__ import annotations

import typer

from gridsim.cli.explain import explain
from gridsim.cli.hosting import hosting
from gridsim.cli.marginal import marginal
from gridsim.cli.measures import measures
from gridsim.cli.network import check, shortcircuit
from gridsim.cli.report import report
from gridsim.cli.risk import risk
from gridsim.cli.run import run
from gridsim.cli.sweep import status, sweep
from gridsim.cli.weather import weather

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="gridsim: curtailment, overloads and verdict of a grid, explained.",
    pretty_exceptions_enable=False,
)
for _command in (run, measures, hosting, risk, report, check, shortcircuit, sweep, status, explain, marginal):
    app.command()(_command)
app.add_typer(weather, name="weather")


def main() -> None:
    """Entry point of the ``gridsim`` command."""
    app()
