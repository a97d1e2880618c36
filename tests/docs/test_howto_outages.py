"""The examples of docs/howto_outages.md, laid over Yueyang's tables as they stand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim import read_study
from gridsim.dispatch.dc import limits
from gridsim.network import Network
from gridsim.study import study_network

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto_outages.md").read_text("utf-8")
TIE = "岳阳500kV联络断面"


@pytest.fixture(scope="module")
def study_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of 2030 with the files and the option of the page."""
    root = tmp_path_factory.mktemp("howto")
    shutil.copytree(ROOT / "networks" / "yueyang", root / "yueyang")
    for text in re.findall(r"```csv\n(.*?)```", PAGE, flags=re.DOTALL):
        path = "scenarios/2030/section_season.csv" if text.startswith("section,") else "base/branch_outage.csv"
        assert path in PAGE
        (root / "yueyang" / path).write_text(text, "utf-8")
    (option,) = re.findall(r"```toml\n\[dispatch\]\n(.*?)```", PAGE, flags=re.DOTALL)
    text = (ROOT / "studies" / "yueyang_2030.toml").read_text("utf-8").replace("../networks/yueyang", "yueyang")
    text = re.sub(r"^\[dispatch\].*\n", "[dispatch]\n" + option, text, flags=re.MULTILINE)
    text = re.sub(r"^(export|import)_mw.*\n", "", text, flags=re.MULTILINE)
    (root / "study.toml").write_text(text if option in text else f"{text}\n[dispatch]\n{option}", "utf-8")
    return root / "study.toml"


@pytest.fixture(scope="module")
def network(study_path: Path) -> Network:
    return study_network(read_study(study_path))


def year(network: Network) -> pd.DatetimeIndex:
    return pd.date_range(f"{network.year}-01-01", periods=8760, freq="h", tz="Asia/Shanghai")


def test_option_reads(study_path):
    assert read_study(study_path).options().dispatch.line_rating == "ambient"


def test_calendar_takes_the_branches_out_in_their_days(network):
    index = year(network)
    found, _, model = limits(network, index, power_factor_pu=0.95, reference=None)
    days = {}
    for row in network["branch_outage"].itertuples():
        out = found.states.out[found.states.of_step][:, list(model.element).index(row.element)]
        days[row.element] = (out.sum() / 24, index[out][0].strftime("%m-%d"), index[out][-1].strftime("%m-%d"))
    assert days == {
        "国能岳阳电厂-岳阳北II回": (15, "04-10", "04-24"),
        "国能岳阳电厂-岳阳北I回": (9, "01-01", "12-31"),
        "岳阳北#1主变": (8, "10-08", "10-15"),
    }
    gone = found.states.out[1:]
    assert all((m[: len(model)][o] == 0.0).all() for m, o in zip(found.matrices[1:], gone)), (
        "what is out carries nothing"
    )
    assert not any(np.allclose(m, found.matrix) for m in found.matrices[1:])


def test_section_has_the_limits_of_its_season(network):
    index = year(network)
    found, _, _ = limits(network, index, power_factor_pu=0.95, reference=None)
    upper = pd.Series(found.upper_mw[:, list(found.name).index(TIE)], index=index).groupby(index.month).agg(set)
    most = float(network["section"].set_index("name").loc[TIE, "max_p_mw"])
    expected = {m: 6400.0 if 6 <= m <= 9 else 7300.0 if m in (12, 1, 2) else most for m in range(1, 13)}
    assert {month: values.pop() for month, values in upper.items()} == expected
