"""report.docx: native tables, fields that come to the numbers of the report, keys that can be read back, templates."""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from pathlib import Path

import docx
import pytest
from docx.shared import Mm
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from matplotlib.figure import Figure as Drawing

from gridsim.errors import InvalidInput
from gridsim.report.catalogue import LANGUAGES, read_texts
from gridsim.report.docx import default_template, docx_bytes, docx_numbers, template_problems
from gridsim.report.docx.columns import fit, fit_width, text_em
from gridsim.report.docx.sequences import HeadingNumbers, Numbered, Sequences
from gridsim.report.docx.tables import FOLDED_ROWS
from gridsim.report.docx.wordml import NAMESPACES, W14, W
from gridsim.report.drawn import Drawn
from gridsim.report.model import (
    Block,
    Cell,
    Chapter,
    Figure,
    Header,
    Heading,
    Items,
    Paragraph,
    Table,
    Tile,
    Tiles,
    Verdict,
)
from gridsim.store import Findings

ROOT = Path(__file__).parents[2]
FINDINGS = Findings(
    {"area": "岳阳", "area_en": "Yueyang", "year": 2030, "scenario": "2030"},
    {"gridsim": "0.1.0", "created": "2026-11-23T01:00:00"},
    {},
    {},
)
#: children of some elements in the order of the schema (ECMA-376, part 1, 17); Word refuses another
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs snapToGrid spacing ind jc "
    "outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i color sz szCs lang",
    "tblPr": "tblStyle tblW jc tblInd tblBorders tblLayout tblCellMar tblLook tblCaption",
    "trPr": "cantSplit tblHeader",
    "tcPr": "tcW gridSpan vMerge shd vAlign",
    "sectPr": "headerReference footerReference type pgSz pgMar pgNumType cols docGrid",
}


def picture(width: float = 6.0, height: float = 3.0) -> Drawn:
    """A picture of a size. [inch]"""
    stream = io.BytesIO()
    Drawing(figsize=(width, height)).savefig(stream, format="png", dpi=300)
    return Drawn(b"", stream.getvalue(), round(300 * width), round(300 * height))


def small_table(*, number: str = "表1-1", rows: int = 3, columns: int = 3, folded: bool = False) -> Table:
    """Counties and numbers in one unit, with a total."""
    head = (Header("县区"), *(Header(f"第{k}列", "万千瓦", True) for k in range(1, columns)))
    body = tuple(
        (
            Cell("　其中：君山区", f"county/{r}/name"),
            *(Cell(f"{r}.{k}", f"county/{r}/c{k}", "", True) for k in range(1, columns)),
        )
        for r in range(rows)
    )
    total = (Cell("合计"), *(Cell("9.9", f"county//c{k}", "bad", True) for k in range(1, columns)))
    return Table("分县区", head, body, total, ("口径说明。",), folded, number)


def chapters(*more: Block) -> tuple[Chapter, ...]:
    """A report with a block of every kind."""
    tiles = Tiles((Tile("弃电率", Cell("2.29", "summary//rate", "bad", True), "%", "说明"),) * 2)
    first = (
        Verdict("conditional", "有条件", "结论句。", ("原因一", "原因二"), "条件："),
        tiles,
        Heading("总体结论", "1.1"),
        Paragraph("正文 <&> 一段。"),
        Items("可确认：", ("一", "二")),
        small_table(),
        Paragraph("缺数据。", "missing"),
        Heading("图", "1.2"),
        Figure("map", "接线图", "说明文字", Drawing, ("图注。",), "图1-1"),
        *more,
    )
    second = (Paragraph("声明。", "statement"), small_table(number="表A-1"))
    return (Chapter("one", "主要结论", first, "1"), Chapter("app", "附表", second, "附录A"))


def printed(*more: Block, lang: str = "zh", template: Path | None = None) -> bytes:
    return docx_bytes(chapters(*more), FINDINGS, read_texts(lang), {"map": picture()}, template=template)


def part(file: bytes, name: str = "word/document.xml") -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return etree.fromstring(archive.read(name))


def words(element: etree._Element) -> str:
    return "".join(t.text or "" for t in element.iter(f"{W}t"))


def find(root: etree._Element, path: str) -> list[etree._Element]:
    return root.xpath(path, namespaces=NAMESPACES)


@pytest.fixture(scope="module")
def file() -> bytes:
    return printed()


# --- the file ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_part_is_well_formed_and_names_are_unique(lang: str) -> None:
    made = printed(lang=lang)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == len(archive.namelist())
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name))
    root = part(made)
    for path in (
        "//w:bookmarkStart/@w:id",
        "//w:bookmarkStart/@w:name",
        "//wp:docPr/@id",
        "//@w14:paraId",
        "//w:sdt//w:id/@w:val",
    ):
        found = find(root, path)
        assert found
        assert len(found) == len(set(found)), path
    assert all(int(i, 16) < 0x80000000 for i in find(root, "//@w14:paraId"))
    assert set(find(root, "//w:bookmarkEnd/@w:id")) == set(find(root, "//w:bookmarkStart/@w:id"))


def test_elements_stand_in_the_order_of_the_schema(file: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        roots = [etree.fromstring(archive.read(f"word/{n}.xml")) for n in ("document", "styles", "numbering")]
    for root in roots:
        for name, order in ORDER.items():
            for element in root.iter(f"{W}{name}"):
                names = [etree.QName(child).localname for child in element]
                places = [order.split().index(n) for n in names]
                assert places == sorted(places), (name, names)


def test_every_style_and_list_that_is_used_is_there(file: bytes) -> None:
    root, styles, lists = part(file), part(file, "word/styles.xml"), part(file, "word/numbering.xml")
    used = set(find(root, "//w:pStyle/@w:val | //w:tblStyle/@w:val"))
    assert used - set(find(styles, "//w:style/@w:styleId")) == set()
    assert set(find(root, "//w:numId/@w:val")) - {"0"} - set(find(lists, "//w:num/@w:numId")) == set()
    links = set(find(root, "//w:hyperlink/@w:anchor"))
    assert links - set(find(root, "//w:bookmarkStart/@w:name")) == set()


def test_python_docx_reads_it_again(file: bytes) -> None:
    document = docx.Document(io.BytesIO(file))
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == ["主要结论", "附表"]
    assert len(document.tables) == 4
    assert document.core_properties.title == "岳阳2030年新能源消纳与电网承载分析"
    assert len(document.inline_shapes) == 1


def test_the_same_report_has_the_same_bytes(file: bytes) -> None:
    assert printed() == file


def test_no_address_leads_outside(file: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert not any(b'TargetMode="External"' in archive.read(n) for n in archive.namelist())


def test_signs_that_xml_cannot_hold_are_left_out() -> None:
    assert "甲乙" in words(part(printed(Paragraph("甲\x07乙"))))


# --- numbers and their keys ----------------------------------------------------------------------------------


def test_every_printed_value_is_read_back_by_its_key(file: bytes) -> None:
    """Two tables of three rows: each key twice; the headline number stands in two tiles."""
    numbers = docx_numbers(io.BytesIO(file))
    assert numbers["summary//rate"] == ("2.29", "2.29")
    assert numbers["county/2/c1"] == ("2.1", "2.1")
    assert numbers["county//c2"] == ("9.9", "9.9")
    assert numbers["county/0/name"] == ("其中：君山区",) * 2
    assert len(numbers) == 1 + 3 * 3 + 2


def test_a_changed_number_is_seen(file: bytes, tmp_path: Path) -> None:
    """A person edits one cell in Word: the key says which."""
    document = docx.Document(io.BytesIO(file))
    document.tables[2].rows[1].cells[1].paragraphs[0].runs[0].text = "7.7"
    document.save(tmp_path / "edited.docx")
    before, after = docx_numbers(io.BytesIO(file)), docx_numbers(tmp_path / "edited.docx")
    assert {k: v for k, v in after.items() if before[k] != v} == {"county/0/c1": ("7.7", "0.1")}


# --- captions, headings, contents ----------------------------------------------------------------------------


def test_captions_are_fields_and_show_the_number_of_the_report(file: bytes) -> None:
    captions = find(part(file), "//w:p[w:pPr/w:pStyle/@w:val='Caption']")
    assert [words(p) for p in captions] == ["表1-1　分县区", "图1-1　接线图", "表A-1　分县区"]
    codes = [[(i.text or "").strip() for i in p.iter(f"{W}instrText")] for p in captions]
    assert codes[0] == ["STYLEREF 1 \\s", "SEQ 表 \\* ARABIC \\r 1"]
    assert codes[1][1] == "SEQ 图 \\* ARABIC \\r 1"


def test_the_caption_of_a_table_is_above_it_and_that_of_a_figure_below(file: bytes) -> None:
    body = list(part(file).find(f"{W}body"))
    table = next(e for e in body if e.tag == f"{W}tbl" and "君山区" in words(e))
    before = [words(e) for e in body[: body.index(table)]]
    assert before[-2:] == ["表1-1　分县区", "单位：万千瓦"]
    drawing = next(e for e in body if find(e, ".//w:drawing"))
    assert words(body[body.index(drawing) + 1]) == "图1-1　接线图"
    assert find(drawing, ".//wp:docPr/@descr") == ["说明文字"]


@given(st.lists(st.tuples(st.sampled_from("12A"), st.integers(1, 9)), max_size=12))
def test_fields_count_to_the_numbers_given(numbers: list[tuple[str, int]]) -> None:
    """Word counts: one more than the last, from one again in a new chapter; ``\\r n`` sets n."""
    sequences, last, of = Sequences(), 0, ""
    for chapter, index in numbers:
        code = sequences.number("表", chapter, index)
        last = int(code.split("\\r")[1]) if "\\r" in code else (last + 1 if chapter == of else 1)
        of = chapter
        assert last == index


def test_headings_are_counted_or_printed() -> None:
    """A chapter in order keeps its list; a section that counting would not number so is plain text."""
    made: list[tuple[str, int, bool]] = []

    def new_list(prefix: str, start: int, letter: bool) -> int:
        made.append((prefix, start, letter))
        return len(made)

    numbers = HeadingNumbers(new_list)
    assert numbers.chapter("1") == numbers.chapter("2") == Numbered(1, 1)
    assert numbers.section("2.1") == Numbered(2, 1)
    assert numbers.section("2.1.1") == Numbered(3, 1)
    assert numbers.section("2.3") == Numbered(2, plain="2.3")
    assert numbers.section("") == Numbered(3)
    assert numbers.chapter("附录A") == Numbered(1, 2)
    assert numbers.section("A.1") == Numbered(2, 2)
    assert numbers.chapter("附录C") == Numbered(1, 3)
    assert made == [("", 1, False), ("附录", 1, True), ("附录", 3, True)]


def test_contents_are_filled_in_and_page_numbers_are_fields(file: bytes) -> None:
    lines = find(part(file), "//w:p[w:hyperlink]")
    expected = ["1 主要结论", "1.1 总体结论", "1.2 图", "附录A 附表"]
    assert [words(p) for p in lines] == [*expected, "表1-1　分县区", "表A-1　分县区", "图1-1　接线图"]
    assert all("PAGEREF" in "".join(i.text or "" for i in p.iter(f"{W}instrText")) for p in lines)
    starts = find(part(file), "//mc:Choice[@Requires='w15']/w:instrText")
    assert [s.text.split()[0] for s in starts] == ["TOC"] * 3
    assert find(part(file, "word/settings.xml"), "//w:updateFields/@w:val") == ["true"]


def test_fields_open_and_close(file: bytes) -> None:
    kinds = find(part(file), "//w:fldChar/@w:fldCharType")
    assert kinds.count("begin") == kinds.count("separate") == kinds.count("end") > 10


# --- tables --------------------------------------------------------------------------------------------------


def test_a_table_repeats_its_head_and_keeps_its_rows_whole(file: bytes) -> None:
    table = find(part(file), "//w:tbl[contains(., '君山区')]")[0]
    rows = table.findall(f"{W}tr")
    assert len(rows) == 1 + 3 + 1
    assert [bool(find(r, "w:trPr/w:tblHeader")) for r in rows] == [True] + [False] * 4
    assert all(find(r, "w:trPr/w:cantSplit") for r in rows)
    assert words(rows[1]) == "其中：君山区0.10.2"
    assert find(rows[1], ".//w:ind/@w:left") == ["180"]
    assert [s for r in rows[1:] for s in find(r, ".//w:pStyle/@w:val")] == [
        "ReportCell",
        "ReportNumber",
        "ReportNumber",
    ] * 4
    assert all(find(c, ".//w:b") for c in rows[-1].findall(f"{W}tc"))


def test_different_units_stand_in_the_head() -> None:
    head = (Header("县"), Header("负荷", "万千瓦", True), Header("容量(MVA)", "MVA", True))
    table = Table("表", head, ((Cell("甲"), Cell("1", "", "", True), Cell("2", "", "", True)),), number="表1-2")
    row = find(part(printed(table)), "//w:tbl[contains(., '负荷')]/w:tr")[0]
    assert words(row) == "县负荷(万千瓦)容量(MVA)"


def test_labels_that_share_a_beginning_get_a_head_of_two_rows() -> None:
    head = (
        Header("项目"),
        Header("夏：市", "万千瓦", True),
        Header("夏：省", "万千瓦", True),
        Header("冬：市", "h", True),
    )
    table = Table("表", head, ((Cell("甲"), *(Cell("1", "", "", True),) * 3),), number="表1-2")
    grid = find(part(printed(table)), "//w:tbl[contains(., '项目')]")[0]
    upper, lower, _ = grid.findall(f"{W}tr")
    assert [words(c) for c in upper.findall(f"{W}tc")] == ["项目", "夏", "冬：市(h)"]
    assert [words(c) for c in lower.findall(f"{W}tc")] == ["", "市(万千瓦)", "省(万千瓦)", ""]
    assert find(upper, ".//w:gridSpan/@w:val") == ["2"]
    assert all(find(r, "w:trPr/w:tblHeader") for r in (upper, lower))


def test_a_long_folded_table_is_cut_with_a_sentence() -> None:
    text = words(part(printed(small_table(number="表1-2", rows=FOLDED_ROWS + 9, folded=True))))
    assert f"以上为前 {FOLDED_ROWS} 行，共 {FOLDED_ROWS + 9} 行；全表见 tables/county.csv。" in text
    assert f"{FOLDED_ROWS - 1}.1" in text
    assert f"{FOLDED_ROWS}.1" not in text


def test_a_wide_table_turns_its_page_and_pages_count_on() -> None:
    """14 columns of 12 digits: 14 x (12 x 7.5/2 + 6) = 714 pt, more than a page is wide (441) and than it is high."""
    wide = Table(
        "宽表", tuple(Header(f"列{k}", "h", True) for k in range(14)), ((Cell("123456.78901", "", "", True),) * 14,)
    )
    root = part(printed(*(Paragraph("长" * 900),), wide))
    sections = find(root, "//w:sectPr")
    assert [s.find(f"{W}pgSz").get(f"{W}orient") for s in sections] == [None, None, None, "landscape", None]
    starts = [n.get(f"{W}start") for s in sections for n in s.findall(f"{W}pgNumType")]
    assert starts == ["1", "1", None, None]
    turned = sections[3]
    size, margins = turned.find(f"{W}pgSz"), turned.find(f"{W}pgMar")
    room = int(size.get(f"{W}w")) - int(margins.get(f"{W}left")) - int(margins.get(f"{W}right"))
    grid = find(root, "//w:tbl[contains(., '123456.78901')]")[0]
    assert sum(int(w) for w in find(grid, "w:tblGrid/w:gridCol/@w:w")) <= room
    assert "landscape" not in etree.tostring(part(printed())).decode()


def test_chapters_of_a_short_report_begin_no_page() -> None:
    """40 paragraphs of 900 signs are 40 x 28 lines of 7.4 mm: 34 pages."""
    path = "//w:p[w:pPr/w:pStyle/@w:val='Heading1']/w:pPr/w:pageBreakBefore/@w:val"
    assert find(part(printed()), path) == ["0", "0"]
    assert find(part(printed(*(Paragraph("长" * 900),) * 40)), path) == []


def test_width_of_text() -> None:
    """Four Chinese characters, a digit, a point: 4 + 0.5 + 0.5."""
    assert text_em("最大负荷1.") == 5.0


@given(
    st.lists(st.tuples(st.text("风电0.", min_size=1, max_size=30), st.booleans()), min_size=1, max_size=22),
    st.integers(1, 4),
)
def test_columns_fill_the_page_and_never_leave_it(columns: list[tuple[str, bool]], rows: int) -> None:
    table = Table(
        "表", tuple(Header(t[:6], "h", n) for t, n in columns), (tuple(Cell(t, "", "", n) for t, n in columns),) * rows
    )
    for fitted, width in (
        (fit(table, portrait_pt=441.0, landscape_pt=688.0), None),
        (fit_width(table, width_pt=441.0), 441.0),
    ):
        page = width or (688.0 if fitted.landscape else 441.0)
        assert sum(fitted.widths_pt) == pytest.approx(page, abs=0.01)
        assert min(fitted.widths_pt) > 0


def test_numbers_are_not_broken_where_they_fit() -> None:
    """Ten columns of 5 digits (2.5 em) at 9 pt need 10 x (2.5 x 9 + 6) = 285 pt of 441: each has at least 28.5."""
    table = Table("表", (Header("风", "", True),) * 10, ((Cell("12345", "", "", True),) * 10,))
    fitted = fit(table, portrait_pt=441.0, landscape_pt=688.0)
    assert (fitted.size_pt, fitted.landscape) == (9.0, False)
    assert min(fitted.widths_pt) >= 28.5


def test_a_figure_keeps_its_shape_and_stays_on_the_page() -> None:
    """12 x 6 inch on text 157 mm wide (210 less margins of 28 and 25): 157 x 78.5 mm."""
    figure = Figure("map", "图", "", Drawing, number="图1-1")
    made = docx_bytes((Chapter("c", "章", (figure,), "1"),), FINDINGS, read_texts("zh"), {"map": picture(12, 6)})
    extent = find(part(made), "//wp:extent")[0]
    across, down = int(extent.get("cx")), int(extent.get("cy"))
    assert across == pytest.approx(Mm(157), rel=0.001)
    assert across == pytest.approx(2 * down, rel=0.001)


# --- templates -----------------------------------------------------------------------------------------------


def maker():
    spec = importlib.util.spec_from_file_location("make_docx_template", ROOT / "docs" / "make_docx_template.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_templates_are_what_the_script_makes(lang: str) -> None:
    """Part by part: how zlib packs them may differ."""
    there, made = default_template(lang), maker().parts(lang)
    assert len(there) < 200_000
    with zipfile.ZipFile(io.BytesIO(there)) as archive:
        parts = {name: archive.read(name).decode("utf-8").split("\n", 1)[1] for name in archive.namelist()}
    assert parts == made, "run python docs/make_docx_template.py"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_cover_is_filled_in(lang: str) -> None:
    root = part(printed(lang=lang))
    text = words(root)
    assert "{{" not in text
    expected = {
        "zh": ("岳阳2030年新能源消纳与电网承载分析", "2026年11月", "密级：", "编制单位：", "数据来源说明："),
        "en": ("Yueyang", "11/2026", "Classification:", "Prepared by:", "Data:"),
    }
    assert [w for w in expected[lang] if w not in text] == []
    first = find(root, "//w:sectPr")[0]
    assert find(first, "w:headerReference | w:footerReference") == []
    assert "PAGE" in words_of_fields(part(printed(lang=lang), "word/footer1.xml"))


def words_of_fields(root: etree._Element) -> str:
    return "".join(i.text or "" for i in root.iter(f"{W}instrText"))


def letterhead(path: Path, *placeholders: str, headings: int = 3) -> Path:
    """A template as a user makes it: a new document, the name of the institute in the header."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "某某设计院 {{ title }}"
    for placeholder in placeholders:
        document.add_paragraph(placeholder)
    document.add_paragraph("（签章）")
    for level in range(headings + 1, 4):
        style = document.styles[f"Heading {level}"]
        style.element.getparent().remove(style.element)
    document.save(path)
    return path


def test_a_template_of_ones_own(tmp_path: Path) -> None:
    """Its header and page stay; its own text stands before and after; styles that it lacks are added."""
    path = letterhead(tmp_path / "院.docx", "封面", "{{contents}}", "{{ body }}")
    made = printed(template=path)
    document = docx.Document(io.BytesIO(made))
    assert document.sections[0].header.paragraphs[0].text == "某某设计院 岳阳2030年新能源消纳与电网承载分析"
    texts = [p.text for p in document.paragraphs]
    assert texts[0] == "封面"
    assert texts[-1] == "（签章）"
    assert document.styles["Report Cell"].font.size.pt == 9
    assert document.sections[0].page_width == docx.Document().sections[0].page_width
    assert docx_numbers(io.BytesIO(made)) == docx_numbers(io.BytesIO(printed()))
    root, styles = part(made), part(made, "word/styles.xml")
    assert (
        set(find(root, "//w:pStyle/@w:val | //w:tblStyle/@w:val")) - set(find(styles, "//w:style/@w:styleId")) == set()
    )
    assert "w14" in root.nsmap
    assert set(root.get(f"{{{NAMESPACES['mc']}}}Ignorable").split()) >= {"w14", "w15"}
    assert find(part(made, "word/settings.xml"), "//w:updateFields/@w:val") == ["true"]


def test_a_placeholder_may_be_split_as_word_splits_it(tmp_path: Path) -> None:
    path = letterhead(tmp_path / "t.docx", "{{ body }}")
    document = docx.Document(path)
    paragraph = document.paragraphs[0].insert_paragraph_before("")
    for piece in ("《{", "{ ti", "tle", " }}》（{{ye", "ar}}）"):
        paragraph.add_run(piece)
    document.save(path)
    assert (
        docx.Document(io.BytesIO(printed(template=path))).paragraphs[0].text
        == "《岳阳2030年新能源消纳与电网承载分析》（2030）"
    )


def test_a_wide_last_chapter_leaves_the_end_of_the_template_upright(tmp_path: Path) -> None:
    wide = Table(
        "宽表", tuple(Header(f"列{k}", "h", True) for k in range(14)), ((Cell("123456.78901", "", "", True),) * 14,)
    )
    path = letterhead(tmp_path / "t.docx", "{{ body }}")
    made = docx_bytes((Chapter("c", "章", (wide,), "1"),), FINDINGS, read_texts("zh"), {}, template=path)
    assert [s.orientation for s in docx.Document(io.BytesIO(made)).sections] == [1, 0]


def wrong(path: Path) -> list[str]:
    problems = template_problems(path)
    assert all(p.fix and p.file == str(path) for p in problems)
    with pytest.raises(InvalidInput):
        printed(template=path)
    return [p.what for p in problems]


def test_bad_templates_say_what_is_missing_all_at_once(tmp_path: Path) -> None:
    assert "cannot be read" in wrong(tmp_path / "none.docx")[0]
    (tmp_path / "text.docx").write_text("hello", "utf-8")
    assert wrong(tmp_path / "text.docx") == ["the template is no Word document (.docx)"]
    with zipfile.ZipFile(tmp_path / "zip.docx", "w") as archive:
        archive.writestr("a.txt", "a")
    assert wrong(tmp_path / "zip.docx") == ["the template is no Word document (.docx)"]
    assert wrong(letterhead(tmp_path / "a.docx", "{{ boddy }}", headings=1)) == [
        "the template has no placeholder {{ body }}",
        "unknown placeholder {{ boddy }}",
        "the template lacks the styles heading 2, heading 3",
    ]
    assert wrong(letterhead(tmp_path / "b.docx", "here: {{ body }}")) == [
        "the placeholder {{ body }} cannot be filled where it stands"
    ]
    assert wrong(letterhead(tmp_path / "c.docx", "{{ body }}", "{{ body }}")) == [
        "the placeholder {{ body }} cannot be filled where it stands"
    ]


def test_the_templates_of_the_package_are_good_templates(tmp_path: Path) -> None:
    for lang in LANGUAGES:
        path = tmp_path / f"{lang}.docx"
        path.write_bytes(default_template(lang))
        assert template_problems(path) == []
        assert printed(lang=lang, template=path) == printed(lang=lang)


def test_paragraph_ids_of_the_template_are_not_used_again(tmp_path: Path) -> None:
    taken = find(part(printed()), "//@w14:paraId")[0]
    path = letterhead(tmp_path / "t.docx", "{{ body }}")
    document = docx.Document(path)
    document.paragraphs[-1]._p.set(f"{W14}paraId", taken)
    document.save(path)
    ids = find(part(printed(template=path)), "//@w14:paraId")
    assert len(ids) == len(set(ids))
