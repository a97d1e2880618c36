"""岳阳 2030 县区承载力：与 gridsim hosting studies/yueyang_2030_hosting.toml 相同，可在此修改后再算。"""

from pathlib import Path

from gridsim import hosting_capacity, read_study, write_findings, write_report

if __name__ == "__main__":  # 多进程计算需要这一行
    study = read_study(Path(__file__).with_suffix(".toml"))
    folder = Path("out") / "yueyang_2030_hosting"
    findings = hosting_capacity(study, folder=folder)
    table = findings.tables["hosting_system"]
    print(table[table["headline"]][["county", "mix", "capacity_mw", "above_bound", "criterion", "element"]])
    write_report(findings, write_findings(findings, folder))
