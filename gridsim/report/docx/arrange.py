"""Which pages are on their side: wide tables, and what is too short to have an upright page of its own beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from gridsim.report.docx.blocks import picture_size
from gridsim.report.docx.columns import fit, height_pt, text_em
from gridsim.report.docx.printing import Page
from gridsim.report.drawn import Drawn
from gridsim.report.model import Block, Chapter, Figure, Heading, Items, Paragraph, Table, Tiles, Verdict

POINT_MM = 25.4 / 72
#: height of a line of text, of a chapter's head and a section's, of a row of tiles, of a caption [mm]
LINE_MM, CHAPTER_MM, SECTION_MM, TILES_MM, CAPTION_MM = 7.4, 22.0, 14.0, 24.0, 10.0
TEXT_PT = 12.0
#: upright blocks beside a page on its side that fill less of a page than this go on such a page, too
SHORT = 0.4
#: chapters of a report of fewer pages begin no new page
BRIEF_PAGES = 8


def arranged(chapter: Chapter, page: Page, drawn: Mapping[str, Drawn]) -> list[tuple[Chapter | Block, bool]]:
    """A chapter's head and blocks, each with whether its page is on its side.

    A wide table turns its page, and so do tables of the same columns.  A heading goes with what follows it.  Upright
    blocks before, between or after turned ones in the chapter are turned too if they would leave most of an upright
    page empty.
    """
    blocks: list[Chapter | Block] = [chapter, *chapter.blocks]
    portrait, landscape = page.text_width / POINT_MM, page.turned.text_width / POINT_MM
    turned = [isinstance(b, Table) and fit(b, portrait_pt=portrait, landscape_pt=landscape).landscape for b in blocks]
    heads = {_heads(b) for b, is_turned in zip(blocks, turned) if isinstance(b, Table) and is_turned}
    turned = [is_turned or (isinstance(b, Table) and _heads(b) in heads) for b, is_turned in zip(blocks, turned)]
    for k in range(len(blocks) - 2, -1, -1):
        turned[k] |= isinstance(blocks[k], Chapter | Heading) and turned[k + 1]
    heights = [_height(b, page, drawn) for b in blocks]
    return list(zip(blocks, _joined(turned, heights, page.text_height * SHORT)))


def _heads(table: Table) -> tuple[str, ...]:
    return tuple(h.label for h in table.headers)


def is_brief(chapters: Sequence[Chapter], page: Page, drawn: Mapping[str, Drawn]) -> bool:
    """Whether a report is so short that its chapters follow each other on a page."""
    heights = (_height(block, page, drawn) for chapter in chapters for block in (chapter, *chapter.blocks))
    return sum(heights) < BRIEF_PAGES * page.text_height


def _joined(turned: Sequence[bool], heights: Sequence[float], short: float) -> list[bool]:
    if not any(turned):
        return list(turned)
    out: list[bool] = []
    for is_turned, group in groupby(zip(turned, heights), key=lambda pair: pair[0]):
        members = list(group)
        out += [is_turned or sum(h for _, h in members) < short] * len(members)
    return out


def _height(block: Chapter | Block, page: Page, drawn: Mapping[str, Drawn]) -> float:
    """Height of a block on an upright page, about. [mm]"""
    return _HEIGHTS[type(block)](block, page, drawn)


def _text(text: str, page: Page) -> float:
    return (1 + text_em(text) * TEXT_PT * POINT_MM // page.text_width) * LINE_MM


def _table(block: Table, page: Page) -> float:
    fitted = fit(block, portrait_pt=page.text_width / POINT_MM, landscape_pt=page.turned.text_width / POINT_MM)
    return height_pt(block, fitted) * POINT_MM


_HEIGHTS: dict[type, Callable[..., float]] = {
    Chapter: lambda b, page, drawn: CHAPTER_MM,
    Heading: lambda b, page, drawn: SECTION_MM,
    Paragraph: lambda b, page, drawn: _text(b.text, page),
    Items: lambda b, page, drawn: sum(_text(i, page) for i in (b.lead, *b.items)),
    Verdict: lambda b, page, drawn: sum(_text(i, page) for i in (b.headline, *b.reasons)),
    Tiles: lambda b, page, drawn: TILES_MM * (1 + len(b.tiles) // 3),
    Table: lambda b, page, drawn: _table(b, page),
    Figure: lambda b, page, drawn: picture_size(drawn[b.name], page)[1] + CAPTION_MM + len(b.notes) * LINE_MM,
}
