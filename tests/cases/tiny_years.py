"""The tiny study with synthetic weather in place of its given series: any number of weather years, in seconds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import tiny_study

CLIMATE = Path(__file__).parents[2] / "weather" / "yueyang"
#: site of the tiny study -> site of Yueyang's climate
SITES = {"东县": "大云山", "西县": "岳阳县", "外省": "长沙"}


def files(weather: str) -> dict[str, str | bytes | None]:
    """Changes for :func:`tiny_study.write_study`: no series, a climate, ``weather`` as lines of the section."""
    sites = pd.read_csv(CLIMATE / "sites.csv").set_index("name")
    known = {name: like if like in sites.index else sites.index[0] for name, like in SITES.items()}
    few = sites.loc[list(known.values())].assign(name=list(known)).reset_index(drop=True)
    few = few[["name", *(c for c in few.columns if c != "name")]]
    study = tiny_study.STUDY.replace('[series]\navailable = ["series.csv"]\n\n', "")
    study = study.replace('folder = "weather"\n', f'folder = "weather"\nsource = "synthetic"\n{weather}\n')
    assert "series" not in study
    assert weather in study
    return {
        "study.toml": study,
        "series.csv": None,
        "weather/sites.csv": few.to_csv(index=False),
        "weather/climatology.csv": (CLIMATE / "climatology.csv").read_text("utf-8"),
    }


def write_study(folder: Path, weather: str) -> Path:
    """Write the study, e.g. ``write_study(folder, "years = [2015, 2016]")``; returns the path of the study."""
    return tiny_study.write_study(folder, files(weather))
