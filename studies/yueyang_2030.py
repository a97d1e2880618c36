"""岳阳 2030 的一个变化：送出限额降 20 %，丰水年。Copy this file and change what you want to know.

Run it with ``python studies/yueyang_2030.py``; results go to out/yueyang_2030_export (or a folder given as argument).
"""

import sys
from pathlib import Path

from gridsim import read_study, run_study, write_findings, write_report

HERE = Path(__file__).parent
out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out") / "yueyang_2030_export"

study = read_study(HERE / "yueyang_2030.toml")
study = study.with_changes(limits={"export_mw": 5600.0}, hydro={"year": "wet"})

findings = run_study(study)
write_findings(findings, out)
write_report(findings, out, lang="zh")

for name in ("curtailment_percent", "curtailment_percent_provincial", "curtailment_percent_local", "verdict"):
    print(name, findings.summary[name])
print(findings.tables["curtailment_by_cause"].to_string(index=False))
