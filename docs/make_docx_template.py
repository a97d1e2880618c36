"""Write gridsim/report/templates/report_zh.docx and report_en.docx: the Word files that reports are printed into.

``python docs/make_docx_template.py`` writes them; a test checks that they are current.  A template of one's own needs
``{{ body }}`` and the styles of headings only: docs/howto/report.md.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

FOLDER = Path(__file__).parents[1] / "gridsim" / "report" / "templates"
EPOCH = (1980, 1, 1, 0, 0, 0)

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
W14, W15 = (f"http://schemas.microsoft.com/office/word/{year}/wordml" for year in ("2010", "2012"))
NAMES = f'xmlns:w="{W}" xmlns:r="{R}" xmlns:mc="{MC}" xmlns:w14="{W14}" xmlns:w15="{W15}" mc:Ignorable="w14 w15"'
TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

#: family of type -> Latin and Chinese face.  Where a face is missing, Word and LibreOffice take one of the same kind.
SONG, HEI, FANG = ("Times New Roman", "宋体"), ("Arial", "黑体"), ("Times New Roman", "仿宋")
#: face -> other name, kind (what takes its place where it is missing), for the table of fonts
FONTS = {
    "宋体": ("SimSun", "roman"),
    "黑体": ("SimHei", "swiss"),
    "仿宋": ("FangSong", "roman"),
    "Times New Roman": ("", "roman"),
    "Arial": ("", "swiss"),
}
#: A4 in twentieths of a point, margins 25 mm, binding on the left 28 mm
PAGE = '<w:pgSz w:w="11906" w:h="16838"/>'
MARGINS = (
    '<w:pgMar w:top="1417" w:right="1417" w:bottom="1417" w:left="1587" w:header="850" w:footer="850" w:gutter="0"/>'
)


@dataclass(frozen=True)
class Style:
    """A paragraph style: size [pt], family, bold, alignment, indents [1/100 character or twips], space [pt].

    ``exact`` is the height of a line [pt], so that pages are alike whatever face is at hand; 0: the face says.
    """

    name: str
    id: str
    size: float = 12
    family: tuple[str, str] = SONG
    bold: bool = False
    align: str = "left"
    first_line: int = 0
    left: int = 0
    before: float = 0
    after: float = 0
    exact: float = 0.0
    keep_next: bool = False
    keep_lines: bool = False
    new_page: bool = False
    level: int | None = None
    colour: str = ""
    border: str = ""
    fill: str = ""


STYLES = (
    Style("heading 1", "Heading1", 16, HEI, True, before=6, after=12, keep_next=True, new_page=True, level=0),
    Style("heading 2", "Heading2", 14, HEI, True, before=12, after=6, keep_next=True, level=1),
    Style("heading 3", "Heading3", 12, HEI, True, before=9, after=4, keep_next=True, level=2),
    Style("toc 1", "TOC1", 12, SONG, True, before=5, exact=19),
    Style("toc 2", "TOC2", 11, left=420, exact=18),
    Style("table of figures", "TableofFigures", 10.5, exact=17),
    Style("caption", "Caption", 10.5, HEI, align="center", before=8, after=4, exact=15),
    Style("header", "Header", 9, align="center", colour="404040", border="bottom"),
    Style("footer", "Footer", 9, align="center"),
    Style("Report Title", "ReportTitle", 22, HEI, True, align="center", before=110, after=18, exact=34),
    Style("Report Subtitle", "ReportSubtitle", 15, FANG, align="center", after=8),
    Style("Report Cover Line", "ReportCoverLine", 15, FANG, align="center", before=10),
    Style("Report Cover Mark", "ReportCoverMark", 14, HEI, align="left", after=4),
    Style("Report Cover Note", "ReportCoverNote", 10.5, FANG, align="both", before=4, exact=16),
    Style("Report Contents", "ReportContents", 16, HEI, True, align="center", before=12, after=10, keep_next=True),
    Style("Report Body", "ReportBody", 12, align="both", first_line=200, before=2, after=2, exact=21),
    Style("Report Lead", "ReportLead", 12, SONG, True, first_line=200, before=6, after=2, keep_next=True, exact=21),
    Style("Report Item", "ReportItem", 12, align="both", first_line=200, before=1, after=1, exact=20),
    Style("Report Note", "ReportNote", 9, FANG, before=1, after=1, keep_lines=True, exact=13),
    Style("Report Statement", "ReportStatement", 11, FANG, align="both", first_line=200, before=4, after=4, exact=18),
    Style(
        "Report Missing", "ReportMissing", 11, FANG, left=160, before=4, after=4, border="left", fill="FFF5DC", exact=18
    ),
    Style("Report Unit", "ReportUnit", 9, align="right", after=2, keep_next=True, exact=13),
    Style("Report Head", "ReportHead", 9, HEI, align="center", exact=12),
    Style("Report Cell", "ReportCell", 9, exact=12),
    Style("Report Number", "ReportNumber", 9, align="right", exact=12),
    Style("Report Small Head", "ReportSmallHead", 7.5, HEI, align="center", exact=10),
    Style("Report Small Cell", "ReportSmallCell", 7.5, exact=10),
    Style("Report Small Number", "ReportSmallNumber", 7.5, align="right", exact=10),
    Style("Report Figure", "ReportFigure", 9, align="center", before=8, keep_next=True),
    Style("Report Break", "ReportBreak", 2, exact=1),
    Style("Report Tile", "ReportTile", 9, align="center", colour="404040", exact=13),
    Style("Report Tile Number", "ReportTileNumber", 18, HEI, True, align="center", before=2, after=2, exact=24),
    Style("Report Verdict", "ReportVerdict", 10.5, align="both", before=2, after=2, exact=15),
    Style("Report Verdict Word", "ReportVerdictWord", 15, HEI, True, align="center", colour="FFFFFF", exact=22),
)
#: words on the cover and over the lists, by language
WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "mark": "密级：",
        "mark_choose": "（请选择）",
        "marks": "公开,内部资料,秘密",
        "by": "编制单位：",
        "by_fill": "（请填写编制单位）",
        "data": "数据来源说明：",
        "contents": "目　录",
        "tables": "表目录",
        "figures": "图目录",
        "page": "第 {} 页",
    },
    "en": {
        "mark": "Classification: ",
        "mark_choose": "(choose)",
        "marks": "Public,Internal,Confidential",
        "by": "Prepared by: ",
        "by_fill": "(name of the organisation)",
        "data": "Data: ",
        "contents": "Contents",
        "tables": "Tables",
        "figures": "Figures",
        "page": "Page {}",
    },
}


def fonts(family: tuple[str, str]) -> str:
    """The faces of a family for all kinds of characters."""
    latin, chinese = family
    return f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{chinese}" w:cs="{latin}"/>'


def style(s: Style) -> str:
    """One paragraph style; the parts stand in the order of the schema."""
    flags = "<w:keepNext/><w:keepLines/>" if s.keep_next else ""
    flags += "<w:pageBreakBefore/>" if s.new_page else ""
    flags += "<w:keepLines/>" if s.keep_lines and not s.keep_next else ""
    side = {"bottom": '<w:bottom w:val="single" w:sz="6" w:space="1" w:color="7F7F7F"/>'}.get(s.border, "")
    side = '<w:left w:val="single" w:sz="24" w:space="6" w:color="8A5A00"/>' if s.border == "left" else side
    border = f"<w:pBdr>{side}</w:pBdr>" if side else ""
    fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{s.fill}"/>' if s.fill else ""
    rule = f'w:line="{round(20 * s.exact)}" w:lineRule="exact"' if s.exact else 'w:line="240" w:lineRule="auto"'
    spacing = f'<w:spacing w:before="{round(20 * s.before)}" w:after="{round(20 * s.after)}" {rule}/>'
    first = f'w:firstLineChars="{s.first_line}" w:firstLine="{round(s.first_line / 100 * s.size * 20)}"'
    first = first if s.first_line else 'w:firstLineChars="0" w:firstLine="0"'
    indent = f'<w:ind w:left="{s.left}" {first}/>'
    outline = "" if s.level is None else f'<w:outlineLvl w:val="{s.level}"/>'
    grid = '<w:snapToGrid w:val="0"/>'
    colour = f'<w:color w:val="{s.colour}"/>' if s.colour else ""
    size = f'<w:sz w:val="{round(2 * s.size)}"/><w:szCs w:val="{round(2 * s.size)}"/>'
    weight = "<w:b/><w:bCs/>" if s.bold else '<w:b w:val="0"/><w:bCs w:val="0"/>'
    return (
        f'<w:style w:type="paragraph" w:customStyle="{int(s.name.startswith("Report"))}" w:styleId="{s.id}">'
        f'<w:name w:val="{s.name}"/><w:basedOn w:val="Normal"/><w:qFormat/>'
        f"<w:pPr>{flags}{border}{fill}{grid}{spacing}{indent}"
        f'<w:jc w:val="{s.align}"/>{outline}</w:pPr><w:rPr>{fonts(s.family)}{weight}{colour}{size}</w:rPr></w:style>'
    ).replace(' w:customStyle="0"', "")


def styles() -> str:
    """styles.xml."""
    edge = "".join(
        f'<w:{side} w:val="single" w:sz="{width}" w:space="0" w:color="404040"/>'
        for side, width in (("top", 8), ("left", 4), ("bottom", 8), ("right", 4), ("insideH", 4), ("insideV", 4))
    )
    room = "".join(
        f'<w:{side} w:w="{width}" w:type="dxa"/>'
        for side, width in (("top", 20), ("left", 60), ("bottom", 20), ("right", 60))
    )
    table = (
        '<w:style w:type="table" w:customStyle="1" w:styleId="ReportTable"><w:name w:val="Report Table"/>'
        '<w:basedOn w:val="TableNormal"/>'
        f"<w:tblPr><w:tblBorders>{edge}</w:tblBorders><w:tblCellMar>{room}</w:tblCellMar></w:tblPr></w:style>"
    )
    normal = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>'
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar>'
        '<w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>'
        '<w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
        '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/></w:style>'
    )
    defaults = (
        f'<w:docDefaults><w:rPrDefault><w:rPr>{fonts(SONG)}<w:sz w:val="24"/><w:szCs w:val="24"/>'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
    )
    return f"<w:styles {NAMES}>{defaults}{normal}{''.join(map(style, STYLES))}{table}</w:styles>"


def text(content: str) -> str:
    """A run."""
    return f'<w:r><w:t xml:space="preserve">{escape(content)}</w:t></w:r>'


def paragraph(style_id: str, content: str, properties: str = "") -> str:
    """A paragraph."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style_id}"/>{properties}</w:pPr>{content}</w:p>'


def control(number: int, name: str, kind: str, shown: str) -> str:
    """A content control that the user fills in."""
    about = f'<w:alias w:val="{name}"/><w:tag w:val="{name}"/><w:id w:val="{number}"/>'
    return f"<w:sdt><w:sdtPr>{about}{kind}</w:sdtPr><w:sdtContent>{text(shown)}</w:sdtContent></w:sdt>"


def page_number() -> str:
    """The number of the page as a field."""
    parts = (
        '<w:fldChar w:fldCharType="begin"/>',
        '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        "<w:t>1</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
    )
    return "".join(f"<w:r>{part}</w:r>" for part in parts)


def section(numbering: str, *, decorated: bool) -> str:
    """Properties of a section; the cover has neither header nor footer."""
    of = '<w:headerReference w:type="default" r:id="rId10"/><w:footerReference w:type="default" r:id="rId11"/>'
    return (
        f'<w:sectPr>{of if decorated else ""}<w:type w:val="nextPage"/>{PAGE}{MARGINS}{numbering}'
        '<w:cols w:space="425"/></w:sectPr>'
    )


def document(words: Mapping[str, str]) -> str:
    """document.xml: cover, lists, text."""
    choices = "".join(f'<w:listItem w:displayText="{w}" w:value="{w}"/>' for w in words["marks"].split(","))
    mark = control(1001, "classification", f"<w:dropDownList>{choices}</w:dropDownList>", words["mark_choose"])
    by = control(1002, "prepared_by", "<w:text/>", words["by_fill"])
    month = control(1003, "month", "<w:text/>", "{{ month }}")
    break_ = '<w:pgNumType w:fmt="upperRoman" w:start="1"/>'
    parts = [
        paragraph("ReportCoverMark", text(words["mark"]) + mark),
        paragraph("ReportTitle", text("{{ title }}")),
        paragraph("ReportSubtitle", text("{{ subtitle }}")),
        paragraph("ReportSubtitle", text("{{ scenario }}")),
        paragraph("ReportCoverLine", text(words["by"]) + by, '<w:spacing w:before="3400" w:after="0"/>'),
        paragraph("ReportCoverLine", month),
        paragraph("ReportCoverNote", text(words["data"] + "{{ data_statement }}"), '<w:spacing w:before="1700"/>'),
        paragraph("ReportCoverNote", text("{{ units }}")),
        paragraph("ReportCoverNote", text("{{ made }}"), section("", decorated=False)),
        paragraph("ReportContents", text(words["contents"])),
        paragraph("ReportBody", text("{{ contents }}")),
        paragraph("ReportContents", text(words["tables"]), "<w:pageBreakBefore/>"),
        paragraph("ReportBody", text("{{ tables }}")),
        paragraph("ReportContents", text(words["figures"])),
        paragraph("ReportBody", text("{{ figures }}")),
        paragraph("ReportBreak", "", section(break_, decorated=True)),
        paragraph("ReportBody", text("{{ body }}")),
        section('<w:pgNumType w:start="1"/>', decorated=True),
    ]
    return f"<w:document {NAMES}><w:body>{''.join(parts)}</w:body></w:document>"


def settings() -> str:
    """settings.xml: fields are updated when the file is opened; the file is one of Word 2013 and later."""
    name = "http://schemas.microsoft.com/office/word"
    compat = f'<w:compatSetting w:name="compatibilityMode" w:uri="{name}" w:val="15"/>'
    return (
        f'<w:settings {NAMES}><w:zoom w:percent="100"/><w:defaultTabStop w:val="420"/>'
        '<w:characterSpacingControl w:val="compressPunctuation"/><w:updateFields w:val="true"/>'
        f"<w:compat><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/>"
        f"<w:ulTrailSpace/><w:adjustLineHeightInTable/><w:useFELayout/>{compat}</w:compat>"
        '<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'
    )


def font_table() -> str:
    """fontTable.xml: what kind each face is, and its name in English."""
    faces = []
    for name, (other, kind) in FONTS.items():
        second = f'<w:altName w:val="{other}"/>' if other else ""
        charset = "86" if other else "00"
        faces.append(
            f'<w:font w:name="{name}">{second}<w:charset w:val="{charset}"/><w:family w:val="{kind}"/>'
            '<w:pitch w:val="variable"/></w:font>'
        )
    return f"<w:fonts {NAMES}>{''.join(faces)}</w:fonts>"


def theme() -> str:
    """theme1.xml: colours and faces that Word offers; a Word document has one, nothing in ours refers to it."""
    colours = {"dk1": "000000", "lt1": "FFFFFF", "dk2": "1C2730", "lt2": "F4F7F9"}
    colours |= dict(
        zip((f"accent{k}" for k in range(1, 7)), ("0072B2", "D55E00", "009E73", "E69F00", "56B4E9", "CC79A7"))
    )
    colours |= {"hlink": "0072B2", "folHlink": "5B6873"}
    scheme = "".join(f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in colours.items())
    faces = "".join(
        f'<a:{kind}><a:latin typeface="{latin}"/><a:ea typeface="{chinese}"/><a:cs typeface=""/></a:{kind}>'
        for kind, (latin, chinese) in (("majorFont", HEI), ("minorFont", SONG))
    )
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    formats = (
        f"<a:fillStyleLst>{fill * 3}</a:fillStyleLst>"
        f"<a:lnStyleLst>{f'<a:ln>{fill}</a:ln>' * 3}</a:lnStyleLst>"
        f"<a:effectStyleLst>{'<a:effectStyle><a:effectLst/></a:effectStyle>' * 3}</a:effectStyleLst>"
        f"<a:bgFillStyleLst>{fill * 3}</a:bgFillStyleLst>"
    )
    return (
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="gridsim"><a:themeElements>'
        f'<a:clrScheme name="gridsim">{scheme}</a:clrScheme><a:fontScheme name="gridsim">{faces}</a:fontScheme>'
        f'<a:fmtScheme name="gridsim">{formats}</a:fmtScheme></a:themeElements></a:theme>'
    )


def relations(rows: Mapping[str, tuple[str, str]]) -> str:
    """A .rels part: id -> kind, target."""
    made = "".join(f'<Relationship Id="{i}" Type="{kind}" Target="{to}"/>' for i, (kind, to) in rows.items())
    name = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{name}">{made}</Relationships>'


def parts(lang: str) -> dict[str, str]:
    """All parts of the file by name."""
    words = WORDS[lang]
    before, after = words["page"].split("{}")
    kinds = {"document": "document.main"} | {n: n for n in ("styles", "settings", "fontTable", "numbering")}
    kinds |= {"header1": "header", "footer1": "footer"}
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{TYPES}.{kind}+xml"/>' for name, kind in kinds.items()
    )
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    package = "application/vnd.openxmlformats-package"
    core = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{types}"><Default Extension="rels" ContentType="{package}.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}'
            '<Override PartName="/word/theme/theme1.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'theme+xml"/>'
            f'<Override PartName="/docProps/core.xml" ContentType="{package}.core-properties+xml"/></Types>'
        ),
        "_rels/.rels": relations(
            {
                "rId1": (f"{RELATIONS}/officeDocument", "word/document.xml"),
                "rId2": (
                    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
                    "docProps/core.xml",
                ),
            }
        ),
        "docProps/core.xml": (
            f'<cp:coreProperties xmlns:cp="{core}" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            "<dc:creator>gridsim</dc:creator></cp:coreProperties>"
        ),
        "word/document.xml": document(words),
        "word/_rels/document.xml.rels": relations(
            {
                f"rId{k}": (f"{RELATIONS}/{kind}", f"{name}.xml")
                for k, kind, name in (
                    (1, "styles", "styles"),
                    (2, "settings", "settings"),
                    (3, "fontTable", "fontTable"),
                    (4, "numbering", "numbering"),
                    (5, "theme", "theme/theme1"),
                    (10, "header", "header1"),
                    (11, "footer", "footer1"),
                )
            }
        ),
        "word/styles.xml": styles(),
        "word/settings.xml": settings(),
        "word/theme/theme1.xml": theme(),
        "word/fontTable.xml": font_table(),
        "word/numbering.xml": f"<w:numbering {NAMES}/>",
        "word/header1.xml": f"<w:hdr {NAMES}>{paragraph('Header', text('{{ title }}'))}</w:hdr>",
        "word/footer1.xml": (
            f"<w:ftr {NAMES}>{paragraph('Footer', text(before) + page_number() + text(after))}</w:ftr>"
        ),
    }


def write(path: Path, lang: str) -> None:
    """The template of a language; the same bytes every time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts(lang).items():
            part = zipfile.ZipInfo(name, EPOCH)
            part.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(part, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{content}')


if __name__ == "__main__":
    for language in WORDS:
        write(FOLDER / f"report_{language}.docx", language)
        print(FOLDER / f"report_{language}.docx")
