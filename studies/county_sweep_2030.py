"""各县区再接入光伏后的弃电率：曲线与热力图。先运行 gridsim sweep studies/county_sweep_2030.toml

``python studies/county_sweep_2030.py [folder of the sweep]`` draws what is finished so far.
"""

import sys
from pathlib import Path

from gridsim import open_sweep
from gridsim.report.figures.sweeps import curves, heat_map, save_figure

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out") / "county_sweep_2030"
sweep = open_sweep(folder)
table = sweep.table()
rate, local = "curtailment_percent_system_cause", "curtailment_percent_local"
axis = {"x": "added_mw", "x_label": "县内新增光伏 / MW"}

target = {"limit": 5.0, "limit_label": "目标 5 %"}


def by_county():
    return curves(table, y=rate, by="county", y_label="全市弃电率 / %", **axis, **target)


def local_part():
    return heat_map(table, y="county", value=local, value_label="网架原因弃电率 / %", digits=2, **axis)


save_figure(by_county, folder / "figures" / "curves_city")
save_figure(local_part, folder / "figures" / "heat_map_local")
print(sweep.counts())
done = table[table["status"] == "done"]
print(done.pivot_table(index="county", columns="added_mw", values=rate).round(2).to_string())
