"""The Word file that a report is printed into: the package's own, or one with the user's letterhead.

A template is a Word document with ``{{ body }}`` in a paragraph of its own.  Other placeholders may stand anywhere,
also in headers, footers and text boxes; the styles of the template are used, and those it lacks are added.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from importlib import resources
from pathlib import Path

from docx import Document as open_document
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from lxml import etree

from gridsim.errors import Problem, raise_if
from gridsim.report.docx.printing import ADDED, HEADINGS
from gridsim.report.docx.wordml import W

#: placeholders for blocks: each stands alone in a paragraph of the text
BLOCKS = ("body", "contents", "tables", "figures")
#: placeholders for words
WORDS = ("title", "subtitle", "area", "year", "scenario", "month", "made", "data_statement", "units")
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def default_template(lang: str) -> bytes:
    """The template of the package in one language; ``docs/make_docx_template.py`` makes it."""
    return resources.files("gridsim.report").joinpath("templates", f"report_{lang}.docx").read_bytes()


def open_template(template: str | Path | None, lang: str) -> Document:
    """The template as a document, with every style that a report needs.

    Parameters
    ----------
    template : path, optional
        The user's own; the package's if not given.
    lang : {"zh", "en"}
        Language of the package's template.

    Raises
    ------
    InvalidInput
        The file is no Word document, lacks ``{{ body }}`` or the styles of headings, or has a placeholder that is not
        known; all problems at once.
    """
    if template is None:
        return open_document(io.BytesIO(default_template(lang)))
    raise_if(template_problems(template))
    document = open_document(io.BytesIO(Path(template).read_bytes()))
    _add_styles(document, open_document(io.BytesIO(default_template(lang))))
    return document


def template_problems(template: str | Path) -> list[Problem]:
    """All that is wrong with a template.  Cheap: call it before a long run."""
    file, how = str(template), "Give a Word document saved as .docx (in Word or WPS: Save as, Word document)."
    try:
        document = open_document(io.BytesIO(Path(template).read_bytes()))
    except OSError as error:
        return [Problem(file, f"the template cannot be read: {error.strerror or error}", how)]
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError, etree.XMLSyntaxError):
        return [Problem(file, "the template is no Word document (.docx)", how)]
    return [*_placeholder_problems(document, file), *_style_problems(document, file)]


def styles_of(document: Document) -> dict[str, str]:
    """Ids of a document's styles by name, as Word stores it (``heading 1`` whatever the language of Word)."""
    found = document.styles.element.iter(f"{W}style")
    return {style.find(f"{W}name").get(f"{W}val"): style.get(f"{W}styleId") for style in found}


def fill_words(document: Document, words: Mapping[str, str]) -> None:
    """Put words in the place of their placeholders, in the text and in all headers and footers."""
    for root in _roots(document):
        for paragraph in root.iter(f"{W}p"):
            pieces = _pieces(paragraph)
            for found in reversed(list(_PLACEHOLDER.finditer("".join(p.text or "" for p in pieces)))):
                if found[1] in words:
                    _replace(pieces, found.start(), found.end(), words[found[1]])


def block_places(document: Document) -> dict[str, etree._Element]:
    """The paragraphs of the text that stand for blocks, by placeholder."""
    places = {}
    for paragraph in document.element.body.findall(f"{W}p"):
        found = _PLACEHOLDER.fullmatch(_text(paragraph).strip())
        if found and found[1] in BLOCKS:
            places[found[1]] = paragraph
    return places


def _placeholder_problems(document: Document, file: str) -> Iterator[Problem]:
    names = [name for root in _roots(document) for p in root.iter(f"{W}p") for name in _PLACEHOLDER.findall(_text(p))]
    places = block_places(document)
    if "body" not in names:
        how = "Write {{ body }} in a paragraph of its own where the chapters are to begin."
        yield Problem(file, "the template has no placeholder {{ body }}", how)
    for name in dict.fromkeys(names):
        if name in BLOCKS and (name not in places or names.count(name) > 1):
            how = "Let it stand once, alone in a paragraph of the text, outside tables, text boxes and headers."
            yield Problem(file, f"the placeholder {{{{ {name} }}}} cannot be filled where it stands", how)
        elif name not in (*BLOCKS, *WORDS):
            how = f"Known are {', '.join((*BLOCKS, *WORDS))}."
            yield Problem(file, f"unknown placeholder {{{{ {name} }}}}", how)


def _style_problems(document: Document, file: str) -> Iterator[Problem]:
    lacking = [name for name in HEADINGS if name not in styles_of(document)]
    if lacking:
        how = (
            "Word stores a style once it is used: give a line each style (标题 1-3), save, delete the lines and save "
            "again; or begin with the template of the package."
        )
        yield Problem(file, f"the template lacks the styles {', '.join(lacking)}", how)


def _add_styles(document: Document, source: Document) -> None:
    """Add the styles that a template lacks, from the template of the package."""
    there, ids = styles_of(document), styles_of(source)
    by_name = {s.find(f"{W}name").get(f"{W}val"): s for s in source.styles.element.iter(f"{W}style")}
    normal = next((s.get(f"{W}styleId") for s in document.styles.element if s.get(f"{W}default") == "1"), None)
    for name in (*ADDED, "Report Table"):
        if name in there:
            continue
        style = deepcopy(by_name[name])
        style.set(f"{W}styleId", _free(ids[name], set(there.values())))
        based = style.find(f"{W}basedOn")
        if based is not None and (normal is None or style.get(f"{W}type") == "table"):
            style.remove(based)
        elif based is not None:
            based.set(f"{W}val", normal)
        for link in (*style.findall(f"{W}next"), *style.findall(f"{W}link")):
            style.remove(link)
        document.styles.element.append(style)
        there[name] = style.get(f"{W}styleId")


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "x"
    return name


def _roots(document: Document) -> list[etree._Element]:
    """The text, and all headers and footers."""
    kinds = (RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER)
    related = [r.target_part.element for r in document.part.rels.values() if r.reltype in kinds]
    return [document.element, *related]


def _pieces(paragraph: etree._Element) -> list[etree._Element]:
    """The pieces of text of a paragraph; Word splits words as it likes.  A text box in it has paragraphs of its own."""
    return [t for t in paragraph.iter(f"{W}t") if next(t.iterancestors(f"{W}p")) is paragraph]


def _text(paragraph: etree._Element) -> str:
    return "".join(t.text or "" for t in _pieces(paragraph))


def _replace(pieces: list[etree._Element], start: int, end: int, value: str) -> None:
    """Put a value in the place of characters that may be spread over several pieces."""
    at = 0
    for piece in pieces:
        text = piece.text or ""
        low, high = max(start - at, 0), min(end - at, len(text))
        if low < high:
            piece.text = text[:low] + (value if start >= at else "") + text[high:]
            piece.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        at += len(text)
