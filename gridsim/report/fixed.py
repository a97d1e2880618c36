"""Tables of the report with a number of their own, which readers look for: 表3-1 is the ledger of transformers.

Further tables of a chapter are numbered after its fixed ones, so that these keep their numbers whether there is data
for the others or not.
"""

from __future__ import annotations

from dataclasses import replace

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Paragraph, Table

#: name of a table -> chapter and index
FIXED: dict[str, tuple[str, int]] = {
    "conclusions": ("2", 1),
    "transformers": ("3", 1),
    "lines": ("3", 2),
    "installed": ("3", 3),
    "curtailment_now": ("3", 4),
    "demand_by_county": ("4", 1),
    "units": ("4", 2),
    "balance_power": ("6", 1),
    "balance_regulation": ("6", 2),
    "simulation": ("7", 1),
    "county_months": ("7", 2),
    "causes": ("7", 3),
    "weather_years": ("7", 4),
    "heavy": ("8", 1),
    "voltage": ("8", 2),
    "hosting_equipment_2025": ("9", 1),
    "hosting_county": ("9", 2),
    "measures": ("10", 1),
}


def fixed(block: Block, name: str, texts: Texts) -> Block:
    """A table under its fixed name and caption, or the sentence in its place with the number that it leaves open.

    Parameters
    ----------
    block : Block
        A table, or the paragraph that stands for it.
    name : str
        Key of :data:`FIXED`; its caption is the text ``fixed.<name>``.
    texts : Texts
    """
    caption = texts(f"fixed.{name}")
    if isinstance(block, Table):
        return replace(block, name=name, caption=caption)
    if isinstance(block, Paragraph):
        chapter, index = FIXED[name]
        number = texts("caption.table", chapter=chapter, index=index)
        return replace(block, text=texts("sentence.open_table", number=number, caption=caption, text=block.text))
    return block
