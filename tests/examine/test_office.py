"""What is shown of documents and workbooks, and what is said of those that reach out."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from core.domain.files import Examined, FileState
from core.examine import office, sheets
from core.examine.answers import Task
from core.store.filetypes import DOCX, XLSX
from tests.examine.made_office import book_of, document, field, paragraph, related, sheet_of, text
from tests.unit.files import docx

#: A cell's moment has no zone.
NINE_THIRTY = dt.datetime(2020, 11, 12, 9, 30)  # noqa: DTZ001


def word(folder: Path, data: bytes) -> Examined:
    path = folder / "bytes"
    path.write_bytes(data)
    return office.examine(Task(path, "方案.docx", DOCX.media_type, folder))


def workbook(folder: Path, data: bytes) -> Examined:
    path = folder / "bytes"
    path.write_bytes(data)
    return office.examine(Task(path, "成绩.xlsx", XLSX.media_type, folder))


def made(fill: Callable[[Any], None], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **options}) as book:
        fill(book)
    return buffer.getvalue()


# --- documents ----------------------------------------------------------------------------------------------------


def test_the_text_is_shown_paragraph_by_paragraph(tmp_path: Path) -> None:
    stops = '<w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr>'
    body = (
        f"<w:p>{stops}<w:r>{text('反诈')}</w:r><w:r>{text('宣传')}<w:tab/>{text('方案')}</w:r></w:p>"
        + paragraph(text("一"), "<w:br/>", text("二"))
        + paragraph("<w:delText>删去的</w:delText>", text("三"))
        + field("TOC")
    )
    found = word(tmp_path, docx({"word/document.xml": document(body)}))
    assert found == Examined(FileState.READY, facts={"text": "反诈宣传\t方案\n一\n二\n三"})


def test_text_that_stands_there_twice_for_older_programs_is_shown_once(tmp_path: Path) -> None:
    choice = (
        f"<mc:Choice>{paragraph(text('框'))}</mc:Choice><mc:Fallback>{paragraph(text('框'))}</mc:Fallback>"
    )
    body = document(f'<mc:A xmlns:mc="urn:x">{choice}</mc:A>')
    assert word(tmp_path, docx({"word/document.xml": body})).facts["text"] == "框"


def test_no_more_than_4000_signs_are_shown_and_none_that_cannot_be_seen(tmp_path: Path) -> None:
    body = document(paragraph(text("安\u202e全\u200b")) * 10_000)
    shown = word(tmp_path, docx({"word/document.xml": body})).facts["text"]
    assert len(shown) == office.LONGEST_TEXT
    assert set(shown) == {"安", "全", "\n"}


def test_whatever_prefix_the_writer_chose(tmp_path: Path) -> None:
    plain = '<document xmlns="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><body><p><r><t>甲</t></r></p></body></document>'
    other = plain.replace("<", "<q:").replace("<q:/", "</q:").replace("xmlns", "xmlns:q")
    for body in (plain, other):
        assert word(tmp_path, docx({"word/document.xml": body.encode()})).facts["text"] == "甲"


def test_the_sentence_names_where_a_document_would_go(tmp_path: Path) -> None:
    found = word(tmp_path, related("attachedTemplate", "http://192.0.2.1/x.dotm", "settings"))
    assert found.state is FileState.ATTENTION
    assert "http://192.0.2.1/x.dotm" in found.said[0].zh
    assert "http://192.0.2.1/x.dotm" in found.said[0].en


def test_a_long_list_of_targets_is_cut(tmp_path: Path) -> None:
    rels = "".join(
        f'<Relationship Id="r{n}" Type="x/image" TargetMode="External" Target="http://192.0.2.1/{n}{"y" * 900}"/>'
        for n in range(500)
    )
    data = docx({"word/_rels/document.xml.rels": f"<Relationships>{rels}</Relationships>".encode()})
    (said,) = word(tmp_path, data).said
    assert len(said.zh) < 400
    assert "…" in said.zh


# --- workbooks ----------------------------------------------------------------------------------------------------


def test_the_first_rows_are_shown_as_a_person_reads_them(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("成绩")
        sheet.write_row(0, 0, ["单位", "人数", "日期", "时刻", "率", "合格"])
        sheet.write_row(1, 0, ["甲", 98])
        sheet.write_datetime(1, 2, dt.date(2020, 11, 12), book.add_format({"num_format": "yyyy/m/d"}))
        sheet.write_datetime(1, 3, NINE_THIRTY, book.add_format({"num_format": 22}))
        sheet.write_number(1, 4, 0.1 + 0.2)
        sheet.write_boolean(1, 5, True)
        sheet.write_formula(3, 1, "=SUM(B2:B2)", None, 98)
        sheet.write_rich_string(3, 3, "粗", book.add_format({"bold": True}), "体字")
        sheet.write_number(4, 0, 13800000000)
        sheet.write_number(5, 0, 5, book.add_format({"num_format": '"day" 0 [Red]'}))

    found = workbook(tmp_path, made(fill))
    assert found.state is FileState.READY
    assert found.facts["rows"] == [
        ["单位", "人数", "日期", "时刻", "率", "合格"],
        ["甲", "98", "2020-11-12", "2020-11-12 09:30", "0.3", "TRUE"],
        ["", "98", "", "粗体字"],
        ["13800000000"],
        ["5"],
    ]
    assert found.facts["sheets"] == ["成绩"]


def test_days_are_counted_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        style = book.add_format({"num_format": 14})
        book.add_worksheet().write_datetime(0, 0, dt.date(2020, 11, 12), style)

    assert workbook(tmp_path, made(fill, date_1904=True)).facts["rows"] == [["2020-11-12"]]
    assert workbook(tmp_path, made(fill)).facts["rows"] == [["2020-11-12"]]


def test_texts_within_the_cells_are_read_too(tmp_path: Path) -> None:
    rows = '<row><c t="inlineStr"><is><r><t>内</t></r><r><t>文</t></r></is></c><c t="str"><f>A1</f><v>果</v></c></row>'
    assert workbook(tmp_path, sheet_of(rows)).facts["rows"] == [["内文", "果"]]


def test_fifty_rows_of_twenty_cells_at_most(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        for row in range(80):
            sheet.write_row(row, 0, [f"{row}-{column}" + "长" * 200 for column in range(30)])

    rows = workbook(tmp_path, made(fill)).facts["rows"]
    assert len(rows) == sheets.MOST_ROWS
    assert {len(row) for row in rows} == {sheets.MOST_COLUMNS}
    assert rows[49][19].startswith("49-19长")
    assert {len(cell) for row in rows for cell in row} == {sheets.LONGEST_CELL}


def test_the_first_sheet_that_is_seen_is_shown_and_hidden_ones_are_named(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        secret, shown, deep = (book.add_worksheet(name) for name in ("底稿", "成绩", "名单"))
        secret.write(0, 0, "底")
        shown.write(0, 0, "面")
        shown.activate()
        shown.set_first_sheet()
        secret.hide()
        deep.very_hidden()

    found = workbook(tmp_path, made(fill))
    assert found.state is FileState.ATTENTION
    assert found.facts == {
        "rows": [["面"]],
        "sheets": ["底稿", "成绩", "名单"],
        "hidden_sheets": ["底稿", "名单"],
    }
    assert "底稿, 名单" in found.said[0].zh


@pytest.mark.parametrize(
    "value",
    ["=1+1", "+86 371", "-5", "@SUM(A1)", "＝1", "=cmd|'/c calc'!A0", "<script>alert(1)</script>", "'"],
)
def test_what_looks_like_a_formula_is_a_text_and_stays_whole(tmp_path: Path, value: str) -> None:
    def fill(book: Any) -> None:
        book.add_worksheet().write_string(0, 0, value)

    assert workbook(tmp_path, made(fill)).facts["rows"] == [[value]]


def test_a_cell_in_the_last_corner_costs_nothing(tmp_path: Path) -> None:
    """A library that lays the sheet out in memory asks for half a terabyte and is killed."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    assert workbook(tmp_path, sheet_of(rows)).facts["rows"][0] == ["1"]


def test_a_text_that_is_listed_too_far_behind_is_an_ellipsis(tmp_path: Path) -> None:
    texts = b"<sst>" + b"<si><t>x</t></si>" * 600_000 + b"</sst>"
    rows = '<row><c t="s"><v>1</v></c><c t="s"><v>599999</v></c></row>'
    found = workbook(tmp_path, sheet_of(rows, **{"xl/sharedStrings.xml": texts}))
    assert found.facts["rows"] == [["x", "…"]]


def test_a_workbook_that_names_no_sheet_shows_no_rows(tmp_path: Path) -> None:
    found = workbook(tmp_path, book_of({"xl/workbook.xml": b"<workbook/>"}))
    assert found.facts == {"rows": [], "sheets": [], "hidden_sheets": []}
