"""Chapter 6: power, energy and peak regulation in balance, month by month."""

from __future__ import annotations

from typing import Any

from gridsim.report import balances
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.fixed import fixed
from gridsim.report.model import Block
from gridsim.report.tables import Col, printed
from gridsim.store import Findings

ALL = "curtailment_percent"
SOURCES = ("load", "thermal", "hydro", "imports", "wind", "solar", "storage", "exchange", "unserved", "curtailed")


def balance(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Evening peaks, the year's energy, noons and valleys with the typical days, the months."""
    power = fixed(balances.power(findings, texts), "balance_power", texts)
    regulation = fixed(balances.regulation(findings, texts), "balance_regulation", texts)
    days = balances.days(findings, texts)
    months = (balances.power_by_month(findings, texts), balances.energy_by_month(findings, texts))
    return (
        *section(texts, "6.1", power),
        *section(texts, "6.2", balances.energies(findings, texts)),
        *section(texts, "6.3", regulation, *days, balances.must_run_cut(findings, texts)),
        *section(texts, "6.4", *months, province(findings, texts)),
    )


def province(findings: Findings, texts: Texts) -> Block:
    """The rest of the province by month."""
    columns = [
        Col("month", "month"),
        *(Col(f"{c}_gwh", "energy", label=f"province_{c}") for c in SOURCES),
        Col(ALL, "rate", label="rate_together"),
    ]
    table = findings.tables.get("province")
    total: dict[str, Any] | None = None
    if table is not None:
        total = {c.column: table[c.column].sum() for c in columns[1:-1] if c.column in table.columns}
        total |= {ALL: findings.summary.get("node_area_curtailment_percent")}
    notes = (texts("note.province"),)
    return printed(findings, "province", columns, texts=texts, key="month", total=total, notes=notes)
