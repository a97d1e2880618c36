"""WordprocessingML as text: runs, paragraphs, fields, bookmarks.

Blocks are printed as text and parsed once; element by element it takes ten times as long.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "w15": "http://schemas.microsoft.com/office/word/2012/wordml",
}
W, W14 = f"{{{NAMESPACES['w']}}}", f"{{{NAMESPACES['w14']}}}"
#: twentieths of a point and English metric units in a millimetre
TWIPS, EMU = 1440 / 25.4, 36000

#: what XML 1.0 cannot hold
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def declarations() -> str:
    """The namespaces as attributes of a root element."""
    return " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


def plain_text(text: str) -> str:
    """Text as it may stand in XML."""
    return escape(_UNPRINTABLE.sub("", text))


def attribute(text: str) -> str:
    """Text as the quoted value of an attribute."""
    return quoteattr(_UNPRINTABLE.sub("", text))


def run(text: str, properties: str = "") -> str:
    """A run of text; line ends become line breaks."""
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{plain_text(line)}</w:t>' for line in text.split("\n"))
    return f"<w:r>{_properties('w:rPr', properties)}{lines}</w:r>"


def paragraph(style: str, content: str, properties: str = "", *, anchor: str = "") -> str:
    """A paragraph; ``style`` is an id of the document, ``anchor`` the paragraph's own id if something refers to it.

    ``properties`` stand after the style, in the order of the schema.
    """
    name = f' w14:paraId="{anchor}"' if anchor else ""
    return f'<w:p{name}><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{content}</w:p>'


def field(instruction: str, shown: str, properties: str = "") -> str:
    """A field with the result it has now."""
    code = f'<w:instrText xml:space="preserve"> {plain_text(instruction)} </w:instrText>'
    format_ = _properties("w:rPr", properties)
    parts = ('<w:fldChar w:fldCharType="begin"/>', code, '<w:fldChar w:fldCharType="separate"/>')
    opened = "".join(f"<w:r>{format_}{part}</w:r>" for part in parts)
    return f'{opened}{run(shown, properties)}<w:r>{format_}<w:fldChar w:fldCharType="end"/></w:r>'


def bookmark(name: str, number: int, content: str) -> str:
    """Content that can be referred to by a name."""
    start = f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>'
    return f'{start}{content}<w:bookmarkEnd w:id="{number}"/>'


def _properties(tag: str, inside: str) -> str:
    return f"<{tag}>{inside}</{tag}>" if inside else ""
