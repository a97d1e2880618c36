"""report.docx: the chapters printed into a template."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from pathlib import Path

from docx.document import Document
from lxml import etree

from gridsim.report.catalogue import Texts
from gridsim.report.docx import blocks
from gridsim.report.docx.arrange import POINT_MM, arranged, is_brief
from gridsim.report.docx.columns import fit_width
from gridsim.report.docx.contents import contents
from gridsim.report.docx.cover import cover_words
from gridsim.report.docx.keys import add_keys
from gridsim.report.docx.lists import Lists
from gridsim.report.docx.printing import Page, Printing
from gridsim.report.docx.sequences import HeadingNumbers
from gridsim.report.docx.tables import table
from gridsim.report.docx.template import block_places, fill_words, open_template, styles_of
from gridsim.report.docx.wordml import NAMESPACES, TWIPS, W, declarations
from gridsim.report.drawn import Drawn
from gridsim.report.model import Block, Chapter, Figure, Heading, Items, Paragraph, Table, Tiles, Verdict
from gridsim.store import Findings

#: the date of all parts of the file, so that the same report has the same bytes
EPOCH = (1980, 1, 1, 0, 0, 0)
#: room for a heading above a table on a page on its side [pt]
HEADING_PT = 40.0
#: settings that stand after w:updateFields in the schema
AFTER_UPDATE = (
    "hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids", "attachedSchema", "themeFontLang",
    "clrSchemeMapping", "doNotIncludeSubdocsInStats", "doNotAutoCompressPictures", "forceUpgrade", "captions",
    "readModeInkLockDown", "smartTagType", "shapeDefaults", "doNotEmbedSmartTags", "decimalSymbol", "listSeparator",
)  # fmt: skip


def docx_bytes(
    chapters: Sequence[Chapter],
    findings: Findings,
    texts: Texts,
    drawn: Mapping[str, Drawn],
    *,
    template: str | Path | None = None,
) -> bytes:
    """The Word file of a report.

    Parameters
    ----------
    chapters : sequence of Chapter
        What is printed.
    findings : Findings
        Where the words of the cover come from.
    texts : Texts
        Language.
    drawn : mapping
        Name of a figure -> its drawing.
    template : path, optional
        A Word document with the user's letterhead and styles in place of the package's own.

    Returns
    -------
    bytes
        The file.  The same report gives the same bytes.

    Raises
    ------
    InvalidInput
        A template that cannot be used.
    """
    document = open_template(template, texts.lang)
    words = cover_words(findings, texts)
    fill_words(document, words)
    places = block_places(document)
    section = _section_of(places["body"])
    page = _page(section)
    lists = Lists(document, texts("docx.item"))
    taken = frozenset(document.element.xpath("//@*[local-name()='paraId']"))
    brief = is_brief(chapters, page, drawn)
    printing = Printing(texts, styles_of(document), _picture(document), lists.items, taken, brief)
    numbers = HeadingNumbers(lists.headings)
    _fill(places["body"], _body(chapters, printing, numbers, page, drawn, section))
    for kind, place in (("heading", "contents"), ("table", "tables"), ("figure", "figures")):
        if place in places:
            _fill(places[place], contents(kind, printing, page))
    add_keys(document.part, printing.keys)
    _finish(document, words["title"], findings)
    return _zipped(document)


# --- text ----------------------------------------------------------------------------------------------------


def _body(
    chapters: Sequence[Chapter],
    printing: Printing,
    numbers: HeadingNumbers,
    page: Page,
    drawn: Mapping[str, Drawn],
    section: etree._Element,
) -> str:
    """All chapters; where pages turn, a section ends.  What follows the text in the template stays upright."""
    parts: list[str] = []
    turned = False
    breaks = _breaks(section, printing)
    for chapter in chapters:
        for block, is_turned in arranged(chapter, page, drawn):
            if is_turned != turned and parts:
                parts.append(breaks(turned))
            turned = is_turned
            parts.append(_printed(block, printing, numbers, page.turned if turned else page, turned, drawn))
    if turned:
        parts.append(breaks(turned))
    return "".join(parts)


def _printed(
    block: Chapter | Block,
    printing: Printing,
    numbers: HeadingNumbers,
    page: Page,
    turned: bool,
    drawn: Mapping[str, Drawn],
) -> str:
    match block:
        case Chapter():
            return blocks.chapter_head(block, printing, numbers)
        case Heading():
            return blocks.heading(block, printing, numbers)
        case Paragraph():
            return blocks.paragraph(block, printing)
        case Items():
            return blocks.items(block, printing)
        case Verdict():
            return blocks.verdict(block, printing, page)
        case Tiles():
            return blocks.tiles(block, printing, page)
        case Figure():
            return blocks.figure(block, printing, page, drawn)
        case Table():
            width, height = page.text_width / POINT_MM, page.text_height / POINT_MM
            fitted = fit_width(block, width_pt=width, page_pt=height - HEADING_PT if turned else math.inf)
            return table(block, fitted, printing, page_pt=height)


def _fill(place: etree._Element, content: str) -> None:
    """Put printed blocks in the place of a placeholder; a section that ends with it ends after them."""
    made = etree.fromstring(f"<w:body {declarations()}>{content}</w:body>")
    for element in made:
        place.addprevious(element)
    ends = place.find(f"{W}pPr/{W}sectPr")
    if ends is None:
        place.getparent().remove(place)
    else:
        for child in list(place):
            if child.tag != f"{W}pPr":
                place.remove(child)


# --- pages ---------------------------------------------------------------------------------------------------


def _section_of(place: etree._Element) -> etree._Element:
    """The properties of the section that a paragraph of the text is in: they stand where the section ends."""
    here = place.find(f"{W}pPr/{W}sectPr")
    if here is not None:
        return here
    for following in place.itersiblings():
        found = following if following.tag == f"{W}sectPr" else following.find(f"{W}pPr/{W}sectPr")
        if found is not None:
            return found
    raise AssertionError("a Word document ends in the properties of its last section")


def _page(section: etree._Element) -> Page:
    size, margins = section.find(f"{W}pgSz"), section.find(f"{W}pgMar")
    width, height = (int(size.get(f"{W}{name}")) / TWIPS for name in ("w", "h"))
    left, right, top, bottom = (int(margins.get(f"{W}{n}")) / TWIPS for n in ("left", "right", "top", "bottom"))
    return Page(width, height, width - left - right, height - abs(top) - abs(bottom))


def _breaks(section: etree._Element, printing: Printing) -> Callable[[bool], str]:
    """Makes the end of a section, upright or on its side, like the template's; pages count on after the first."""
    first = [True]

    def ends(turned: bool) -> str:
        made = deepcopy(section)
        if turned:
            _turn(made)
        _restart(made, first[0])
        if first[0]:
            _restart(section, False)
        first[0] = False
        return printing.paragraph("Report Break", "", etree.tostring(made, encoding="unicode"))

    return ends


def _turn(section: etree._Element) -> None:
    """Put a page on its side: the top margin of the upright page comes to the left."""
    size, margins = section.find(f"{W}pgSz"), section.find(f"{W}pgMar")
    width, height = size.get(f"{W}w"), size.get(f"{W}h")
    size.set(f"{W}w", height)
    size.set(f"{W}h", width)
    size.set(f"{W}orient", "landscape")
    old = {name: margins.get(f"{W}{name}") for name in ("left", "right", "top", "bottom")}
    for new, name in (("left", "top"), ("right", "bottom"), ("top", "left"), ("bottom", "right")):
        margins.set(f"{W}{new}", old[name].lstrip("-"))


def _restart(section: etree._Element, keep: bool) -> None:
    numbering = section.find(f"{W}pgNumType")
    if numbering is not None and not keep:
        numbering.attrib.pop(f"{W}start", None)


# --- the file ------------------------------------------------------------------------------------------------


def _picture(document: Document) -> Callable[[bytes], str]:
    return lambda png: document.part.get_or_add_image(io.BytesIO(png))[0]


def _finish(document: Document, title: str, findings: Findings) -> None:
    """Namespaces, fields that Word updates on opening, properties."""
    root = document.element
    ignorable = f"{{{NAMESPACES['mc']}}}Ignorable"
    prefixes = [p for p in root.nsmap if p]
    etree.cleanup_namespaces(root, top_nsmap=NAMESPACES, keep_ns_prefixes=[*prefixes, *NAMESPACES])
    names = (root.get(ignorable) or "").split()
    root.set(ignorable, " ".join(dict.fromkeys([*names, "w14", "w15"])))
    settings = document.settings.element
    if settings.find(f"{W}updateFields") is None:
        update = etree.SubElement(settings, f"{W}updateFields", {f"{W}val": "true"})
        after = [child for child in settings if etree.QName(child).localname in AFTER_UPDATE]
        if after:
            after[0].addprevious(update)
    about = document.core_properties
    about.title, about.author, about.last_modified_by, about.revision = title, "gridsim", "gridsim", 1
    created = findings.created or datetime(*EPOCH[:3])
    about.created, about.modified = created, created


def _zipped(document: Document) -> bytes:
    """The file with fixed dates of its parts; pictures are compressed already."""
    raw, out = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, how in _parts(source):
            part = zipfile.ZipInfo(name, EPOCH)
            part.compress_type = how
            target.writestr(part, source.read(name))
    return out.getvalue()


def _parts(source: zipfile.ZipFile) -> Iterator[tuple[str, int]]:
    for name in source.namelist():
        yield name, zipfile.ZIP_STORED if name.endswith((".png", ".jpeg", ".jpg")) else zipfile.ZIP_DEFLATED
