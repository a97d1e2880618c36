"""Which table cell a printed number comes from, kept in the file and read back from it.

A paragraph that shows a value has an id of its own (``w14:paraId``, an attribute that Word writes on every paragraph),
and a custom XML part of the file says which key (``table/row/column``) an id has.  Word loads the part as one
small file and never draws it; thousands of bookmarks or content controls would slow it down.  The value is the first
run of the paragraph, a unit may follow in another.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from lxml import etree

from gridsim.report.docx.wordml import W14, W, attribute

URN = "urn:gridsim:report:numbers"
STORE = "http://schemas.openxmlformats.org/officeDocument/2006/customXml"
#: identifies the part inside the file; the same in all reports
STORE_ID = "{6B1C9D52-7A54-4E0B-9C0E-5F1D2A3B4C5D}"
PROPERTIES_TYPE = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"


def add_keys(part: Part, keys: Iterable[tuple[str, str]]) -> None:
    """Add the custom XML part to a document: pairs of paragraph id and key."""
    cells = "".join(f"<c p={attribute(anchor)} k={attribute(key)}/>" for anchor, key in keys)
    package = part.package
    name = package.next_partname("/customXml/item%d.xml")
    number = name.idx
    content = _xml(f'<numbers xmlns="{URN}">{cells}</numbers>')
    item = Part(name, "application/xml", content, package)
    about = _xml(
        f'<ds:datastoreItem xmlns:ds="{STORE}" ds:itemID="{STORE_ID}">'
        f'<ds:schemaRefs><ds:schemaRef ds:uri="{URN}"/></ds:schemaRefs></ds:datastoreItem>'
    )
    properties = Part(PackURI(f"/customXml/itemProps{number}.xml"), PROPERTIES_TYPE, about, package)
    item.relate_to(properties, RELATIONSHIP_TYPE.CUSTOM_XML_PROPS)
    part.relate_to(item, RELATIONSHIP_TYPE.CUSTOM_XML)


def docx_numbers(file: str | Path | IO[bytes]) -> dict[str, tuple[str, ...]]:
    """Texts of a Word report by the key of the table cell they come from.

    Parameters
    ----------
    file : path or binary file
        A report that :func:`gridsim.report.docx.docx_bytes` made, also one that was edited in Word.

    Returns
    -------
    dict of str to tuple of str
        ``table/row/column`` -> texts, in the order of the document.  A value may be printed several times
        (in another unit), and tables with several rows of one name give the same key to each.
    """
    with zipfile.ZipFile(file) as archive:
        items = [name for name in archive.namelist() if name.startswith("customXml/item") and "Props" not in name]
        roots = [etree.fromstring(archive.read(name)) for name in items]
        document = etree.fromstring(archive.read("word/document.xml"))
    keys = {c.get("p"): c.get("k") for root in roots if root.tag == f"{{{URN}}}numbers" for c in root}
    found: dict[str, list[str]] = {}
    for paragraph in document.iter(f"{W}p"):
        key = keys.get(paragraph.get(f"{W14}paraId"))
        if key is not None:
            first = paragraph.find(f"{W}r")
            words = [] if first is None else [t.text or "" for t in first.iter(f"{W}t")]
            found.setdefault(key, []).append("".join(words))
    return {key: tuple(texts) for key, texts in found.items()}


def _xml(text: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}'.encode()
