"""Appendices: boundary conditions in detail, stations one by one, parameters, reproduction, terms."""

from __future__ import annotations

from gridsim.report import appendix, ledgers
from gridsim.report.assumptions import inputs, options_table
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.counties import plants
from gridsim.report.judgement import check_table
from gridsim.report.model import Block, Cell, Header, Paragraph, Table
from gridsim.store import Findings

#: terms of appendix E by their texts, with the column or table of the results that holds them
TERMS = {
    "theoretical": "theoretical_gwh",
    "available": "available_gwh",
    "used": "used_gwh",
    "curtailed": "curtailed_gwh",
    "curtailment_rate": "curtailment_percent",
    "utilisation": "utilisation_percent",
    "system_cause": "system_gwh",
    "special_cause": "special_gwh",
    "provincial": "provincial_gwh",
    "local": "local_gwh",
    "section": "section",
    "thermal_limit": "limit_summer_mw",
    "n1": "n1",
    "heavy": "hours_over_80",
    "overload": "hours_over_100",
    "reverse": "max_reverse_percent",
    "capacity_load_ratio": "capacity_load_ratio",
    "hosting": "hosting_equipment_county",
    "c1": "c1_mw",
    "c2": "c2_mw",
    "tau": "tau_max_pu",
    "grades": "grade",
    "distributed": "solar_distributed",
    "controllable": "controllable_pu",
    "demand": "demand_by_county",
    "load_factor": "load_factor_percent",
    "peak_valley": "peak_valley_mw",
    "coincidence": "coincidence_percent",
    "guaranteed": "guaranteed_percent",
    "full_load": "full_load_h",
    "power_balance": "balance_power",
    "energy_balance": "balance_energy",
    "regulation_balance": "balance_regulation",
    "must_run": "commitment",
    "minimum_output": "min_output_percent",
    "forced_hydro": "hydro_forced_mw",
    "reserve": "reserve",
    "pumped_storage": "stores",
    "round_trip": "round_trip_percent",
    "large_small_mode": "moment",
    "weather_year": "weather_years",
    "unavoidable": "unavoidable",
}


def boundary_details(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Limits, penalties and every other option of the run."""
    found = options_table(findings, texts)
    return found or (Paragraph(texts("missing.options"), "missing"),)


def stations(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Transformers and lines of the lower levels, and plants, one by one."""
    return (
        *section(texts, "B.1", ledgers.transformers(findings, texts, main=False)),
        *section(texts, "B.2", ledgers.lines(findings, texts, main=False)),
        *section(texts, "B.3", plants(findings, texts)),
    )


def parameters(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Every assumed input."""
    return (Paragraph(texts("parameters.lead")), *inputs(findings, texts))


def reproduction(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """What another person needs to get the same, and the independent re-computation."""
    return (
        *section(texts, "D.1", *appendix.reproduction(findings, texts)),
        *section(texts, "D.2", check_table(findings, texts)),
    )


def terms(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Terms of the field with what they mean here and where the results hold them."""
    head = tuple(Header(texts(f"column.{c}")) for c in ("term", "meaning", "in_results"))
    rows = tuple(
        (Cell(texts(f"glossary.{name}")), Cell(texts(f"glossary_meaning.{name}")), Cell(column, f"terms/{name}"))
        for name, column in TERMS.items()
    )
    return (Table(texts("table.terms"), head, rows, name="terms"),)
