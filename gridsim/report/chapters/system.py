"""Chapter 3: the power system as it is: grid, plants, demand, curtailment."""

from __future__ import annotations

from gridsim.report import courses, security
from gridsim.report import grid as blocks
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.fixed import fixed
from gridsim.report.model import Block
from gridsim.report.tables import missing
from gridsim.store import Findings


def system(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Stations and lines, plants, demand, curtailment of the present year."""
    grid = (
        *blocks.grid_map(findings, texts),
        fixed(missing(texts, "transformers"), "transformers", texts),
        fixed(missing(texts, "lines"), "lines", texts),
        security.capacity_load(findings, texts),
    )
    plants = (fixed(missing(texts, "installed"), "installed", texts), *courses.installed(findings, texts))
    return (
        *section(texts, "3.1", *grid),
        *section(texts, "3.2", *plants),
        *section(texts, "3.3", courses.load_curves(findings, texts)),
        *section(texts, "3.4"),
    )
