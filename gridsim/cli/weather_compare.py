"""``gridsim weather compare`` and ``gridsim weather yield``: sources against one another and published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from gridsim.cli.console import caught, language_of, out
from gridsim.cli.weather_check import Place, place_of
from gridsim.report.catalogue import Texts, read_texts


def compare(
    a: Annotated[Path, typer.Argument(help="year folder, .epw or .csv file, or climate tables (climatology.csv)")],
    b: Annotated[Path, typer.Argument(help="the other one")],
    site: Annotated[list[str] | None, typer.Option(help="only this site; repeatable")] = None,
    place: Place = None,
    target: Annotated[
        Path | None, typer.Option("--out", help="folder for compare.csv, summary.csv, compare.png")
    ] = None,
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """Sums, durations, memory, dependence, ramps, daily courses, spells of two sources, with tolerances."""
    from gridsim.weather.compare import compare as differences_of
    from gridsim.weather.compare import read_source, summarised

    texts = read_texts(language_of(lang))
    with caught():
        left, right = (read_source(p, place=place_of(place), names=site or []) for p in (a, b))
        differences = differences_of(left, right)
        summary = summarised(differences)
    _print(_compared(summary, texts), (left.name, right.name), texts)
    off = int((~differences["ok"]).sum())
    out.print(texts("weather_compare.counts", off=off, compared=len(differences)), markup=False)
    if target is not None:
        from gridsim.report.drawn import drawn
        from gridsim.report.figures.weather_compare import weather_figure

        target.mkdir(parents=True, exist_ok=True)
        for name, table in (("compare", differences), ("summary", summary)):
            table.to_csv(target / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
        names = (left.name, right.name)
        picture = drawn(lambda: weather_figure(differences, names, texts), lang=lang)
        (target / "compare.png").write_bytes(picture.png)


def yields(
    paths: Annotated[list[Path], typer.Argument(help="year folders, .epw or .csv files, side by side")],
    site: Annotated[list[str] | None, typer.Option(help="only this site; repeatable")] = None,
    place: Place = None,
    turbine: Annotated[str, typer.Option(help="turbine class of the standard wind farm")] = "4.0MW",
    hub_height: Annotated[float, typer.Option(help="its hub height, m")] = 110.0,
    target: Annotated[Path | None, typer.Option("--out", help="CSV of the table")] = None,
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """Full-load hours, capacity factor by season, evening peak, wind-sun correlation beside published ranges."""
    from gridsim.weather.compare import read_weather
    from gridsim.yields import StandardPlants, yield_table

    texts = read_texts(language_of(lang))
    plants = StandardPlants(turbine=turbine, hub_height_m=hub_height)
    with caught():
        tables = {
            str(path): yield_table(read_weather(path, place=place_of(place), names=site or []), plants)
            for path in paths
        }
    together = pd.concat([t.assign(weather=name) for name, t in tables.items()], ignore_index=True)
    words = {w: texts.word("weather_compare", w) for w in ("carrier", "figure", "published")}
    rows: list[tuple[str, ...]] = []
    for (carrier, figure), group in together.groupby(["carrier", "figure"], sort=False):
        of_source = group.set_index("weather")
        means = [_figure(of_source, name) for name in tables]
        low, high = group["published_low"].iloc[0], group["published_high"].iloc[0]
        published = "" if pd.isna(low) else f"{low:g}-{high:g}"
        names = texts.word("weather_compare", str(carrier)), texts.word("weather_compare", str(figure))
        rows.append((*names, *means, published))
    _print_table((words["carrier"], words["figure"], *tables, words["published"]), rows)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        together.to_csv(target, index=False, encoding="utf-8-sig", lineterminator="\n")


def _figure(of_source: pd.DataFrame, name: str) -> str:
    """Mean of the sites and in brackets the lowest and highest; empty if the source lacks it."""
    found = of_source[of_source.index == name]
    if found.empty:
        return ""
    mean, low, high = found[["mean", "lowest", "highest"]].to_numpy(float)[0]
    return f"{mean:.4g} ({low:.4g} .. {high:.4g})"


def _compared(summary: pd.DataFrame, texts: Texts) -> list[tuple[str, ...]]:
    return [
        (
            texts.word("weather_statistic", r["statistic"]),
            f"{r['within']}/{r['compared']}",
            f"{r['mean_a']:.4g}",
            f"{r['mean_b']:.4g}",
            f"{r['worst']:+.3g} {r['unit']}",
            f"{r['tolerance']:g}",
            " ".join(t for t in (texts.word("weather_compare", r["site"]), str(r["key"])) if t),
        )
        for r in summary.to_dict("records")
    ]


def _print(rows: list[tuple[str, ...]], names: tuple[str, str], texts: Texts) -> None:
    words = [texts.word("weather_compare", h) for h in ("figure", "ok", "worst", "tolerance", "where")]
    _print_table((words[0], words[1], *names, *words[2:]), rows)


def _print_table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table on a terminal, plain lines in a pipe."""
    if not out.is_terminal:
        for row in (heads, *rows):
            out.print("  " + " | ".join(row), markup=False)
        return
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    out.print(table, soft_wrap=False)
