"""``gridsim weather ...``: where weather comes from, and whether to believe it.

One function per command; :data:`weather` collects them.  A command of some length lives in a file of its own beside
this one and is added at the end.
"""

from __future__ import annotations

import typer

from gridsim.cli.console import out
from gridsim.cli.synthesise import synthesise
from gridsim.cli.weather_check import check
from gridsim.cli.weather_compare import compare, yields
from gridsim.cli.weather_fetch import fetch
from gridsim.cli.weather_import import import_

weather = typer.Typer(
    no_args_is_help=True,
    help="Weather: fetch, import, check, compare, synthesise.",
    pretty_exceptions_enable=False,
)


@weather.command()
def sources() -> None:
    """The weather sources a study may name (key source of its section weather)."""
    from gridsim.drivers import SOURCES

    for name, source in SOURCES.items():
        first = (source.__doc__ or "").strip().partition("\n")[0]
        out.print(f"{name:12s} {first}", markup=False)


weather.command()(synthesise)
weather.command()(fetch)
weather.command()(check)
weather.command()(compare)
weather.command("yield")(yields)
weather.command("import")(import_)
