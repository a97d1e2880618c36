"""气象年、负荷、送出限额对弃电率的影响：龙卷风图与达标概率。先运行 gridsim sweep studies/uncertainty_2030.toml

``python studies/uncertainty_2030.py [folder of the sweep]``
"""

import sys
from pathlib import Path

from gridsim import open_sweep
from gridsim.report.figures.sweeps import curves, save_figure, tornado

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out") / "uncertainty_2030"
table = open_sweep(folder).table()
rate, base = "curtailment_percent_system_cause", {"weather_year": 2019, "demand_pu": 1.0, "export_mw": 7000.0}
words = {"weather_year": "气象年", "demand_pu": "负荷倍数", "export_mw": "送出限额 / MW"}
at_base = table[table["export_mw"] == base["export_mw"]]


def one_at_a_time():
    return tornado(table, value=rate, base=base, value_label="全市弃电率 / %", limit=5.0, axis_labels=words)


def by_year():
    labels = {"x_label": "气象年", "y_label": "全市弃电率 / %", "limit": 5.0, "limit_label": "目标 5 %"}
    return curves(at_base, x="weather_year", y=rate, by="demand_pu", **labels)


save_figure(one_at_a_time, folder / "figures" / "tornado")
save_figure(by_year, folder / "figures" / "years")
done = table[table["status"] == "done"]
print(f"{len(done)} of {len(table)} cases; target met in {100.0 * (done[rate] <= 5.0).mean():.0f} % of them")
print(done.groupby("demand_pu")[rate].describe()[["min", "50%", "max"]].round(2).to_string())
