"""A duty sheet as a workbook: read as it is written, in both languages, and every mistake named by its cell."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from core.extend import discover
from core.extend.dutysheet.cells import COLUMNS
from core.extend.dutysheet.model import Sheet
from core.extend.dutysheet.write import workbook
from core.extend.dutysheet.xlsx import MOST_ROWS, PLUGIN_COLUMNS, SHEETS
from core.extend.host import PluginHost
from core.extend.sheet import SheetError, checked, declare, read
from tests.unit.sheets import TEMPLATE, bundled, facts, sheet_of
from tests.unit.sheets_drawn import sheets

#: The cells of each sheet, lines of values.
Book = dict[str, list[list[object]]]


@cache
def _template() -> Book:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        workbook(read(TEMPLATE), path)
        with CalamineWorkbook.from_path(path) as book:
            return {
                name: [list(line) for line in book.get_sheet_by_name(name).to_python()]
                for name in book.sheet_names
            }


def template() -> Book:
    """A fresh copy of the template's cells."""
    return {name: [list(line) for line in lines] for name, lines in _template().items()}


def save(book: Book, path: Path) -> None:
    with xlsxwriter.Workbook(
        path, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}
    ) as made:
        for name, lines in book.items():
            page = made.add_worksheet(name)
            for number, line in enumerate(lines):
                page.write_row(number, 0, line)


def read_book(book: Book) -> Sheet:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        save(book, path)
        return checked(path)[0]


def problems(book: Book) -> list[str]:
    with pytest.raises(SheetError) as caught:
        read_book(book)
    return caught.value.problems


def told(book: Book) -> list[str]:
    """What is wrong with a workbook, if anything."""
    try:
        read_book(book)
    except SheetError as error:
        return error.problems
    return []


def spot(book: Book, sheet: str, column: str, row: int) -> tuple[int, str]:
    """The number of a column and the address of its cell in a line, counted from 1."""
    number = book[sheet][0].index(column)
    return number, f"{sheet}!{chr(ord('A') + number)}{row}"


def test_the_template_as_a_workbook_says_the_same_as_in_toml() -> None:
    assert read_book(template()) == read(TEMPLATE)


@pytest.mark.parametrize("key", bundled())
def test_every_bundled_plugin_could_have_been_a_workbook(key: str, tmp_path: Path) -> None:
    plugin = bundled()[key]
    workbook(sheet_of(plugin), tmp_path / "sheet.xlsx")
    assert facts(declare(read(tmp_path / "sheet.xlsx"))) == facts(plugin)


@given(sheets())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_sheet_written_as_a_workbook_is_read_back_the_same(sheet: Sheet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workbook(sheet, Path(folder) / "sheet.xlsx")
        assert read(Path(folder) / "sheet.xlsx") == sheet


def test_sheets_and_columns_may_have_their_english_names_stand_in_any_order_and_have_notes_beside_them() -> (
    None
):
    english = {chinese: name for name, chinese in SHEETS.items()}
    book: Book = {"Notes": [["写给同事的话", 3.5]], "Sheet9": []}
    for title, (head, *lines) in reversed(template().items()):
        name = english[title]
        columns = PLUGIN_COLUMNS if name == "plugin" else COLUMNS[name]
        words = {chinese: word for word, chinese in columns.items()}
        turned: list[list[object]] = [
            [words[str(cell)].upper().replace("_", " ") for cell in head],
            [],
            *lines,
        ]
        book[name.title()] = [line[::-1] for line in turned]
    items = {chinese: word for word, chinese in COLUMNS["plugin"].items()}
    for line in book["Plugin"][2:]:
        line[-1] = items[str(line[-1])]
    assert read_book(book) == read(TEMPLATE)


def test_numbers_and_switches_may_be_typed_as_people_do() -> None:
    book = template()
    for sheet, column, row, value in (
        ("单位性质", "一线", 3, True),
        ("字段", "最小", 2, "１"),
        ("字段", "最大", 10, 24.0),
        ("职责", "宽限天数", 3, " 2 "),
        ("字段", "必填", 2, "YES"),
        ("字段", "类型", 2, " Metric"),
        ("字段", "规则", 7, "不大于staff"),
        ("职责", "责任单位", 3, "寄递公司，寄递网点"),
    ):
        book[sheet][row - 1][spot(book, sheet, column, row)[0]] = value
    assert read_book(book) == read(TEMPLATE)


#: Sheet, column and line of the template, what stands there instead.
MISTAKES = [
    ("单位类别", "内容", 2, "Parcels"),
    ("单位类别", "内容", 2, None),
    ("单位类别", "项目", 2, "颜色"),
    ("单位类别", "项目", 3, "标识"),
    ("单位类别", "内容", 4, True),
    ("单位类别", "英文", 3, False),
    ("单位性质", "标识", 2, "A"),
    ("单位性质", "标识", 3, "company"),
    ("单位性质", "名称", 2, None),
    ("单位性质", "一线", 3, "也许"),
    ("职责", "编号", 2, "PCL"),
    ("职责", "编号", 3, "PCL-01"),
    ("职责", "职责", 2, " "),
    ("职责", "责任单位", 2, "商店"),
    ("职责", "责任单位", 2, None),
    ("职责", "期次", 2, date(2020, 10, 30)),
    ("职责", "期次", 2, "10月30日"),
    ("职责", "期次", 2, "每周0次"),
    ("职责", "期次", 3, None),
    ("职责", "佐证材料", 2, "相片"),
    ("职责", "至少", 2, "一些"),
    ("职责", "至少", 2, 10),
    ("职责", "至多", 2, 0),
    ("职责", "宽限天数", 2, 1.5),
    ("职责", "须覆盖字段", 2, "note"),
    ("字段", "职责编号", 2, "PCL-09"),
    ("字段", "职责编号", 2, None),
    ("字段", "所属表格", 9, "visits"),
    ("字段", "字段", 2, "9"),
    ("字段", "字段", 3, "leaflets"),
    ("字段", "字段", 2, "files"),
    ("字段", "名称", 2, None),
    ("字段", "类型", 2, "数字"),
    ("字段", "类型", 2, None),
    ("字段", "必填", 2, "也许"),
    ("字段", "单位", 3, "种"),
    ("字段", "英文单位", 3, "ways"),
    ("字段", "最小", 2, "少"),
    ("字段", "最大", 2, -1),
    ("字段", "最少字数", 4, 501),
    ("字段", "最多字数", 2, 10),
    ("字段", "小数位数", 10, 9),
    ("字段", "占比于", 7, "trained"),
    ("字段", "汇总", 2, "是"),
    ("字段", "默认", 2, "是"),
    ("字段", "选项表", 3, "roads"),
    ("字段", "选项表", 3, None),
    ("字段", "最多行数", 8, 51),
    ("字段", "规则", 5, "全部选择"),
    ("字段", "规则", 7, "不大于 held_on"),
    ("字段", "规则", 7, "不错"),
    ("选项", "选项表", 2, "A"),
    ("选项", "值", 2, "文字"),
    ("选项", "值", 3, "label"),
    ("选项", "值", 2, None),
    ("选项", "名称", 2, None),
    ("检查项目", "标识", 2, None),
    ("检查项目", "问题", 2, None),
    ("检查项目", "单位性质", 2, "商店"),
    ("检查项目", "仅暗访", 2, "也许"),
    ("回访问题", "单位性质", 2, "商店"),
    ("回访问题", "英文询问对象", 2, "students"),
]


@pytest.mark.parametrize(("sheet", "column", "row", "value"), MISTAKES)
def test_a_mistake_is_named_by_its_cell(sheet: str, column: str, row: int, value: object) -> None:
    book = template()
    number, place = spot(book, sheet, column, row)
    book[sheet][row - 1][number] = value
    if (sheet, column, row) == ("职责", "至少", 2) and value == 10:
        book[sheet][row - 1][spot(book, sheet, "至多", row)[0]] = None
    named = {problem.split(": ")[0] for problem in problems(book)}
    assert place in named, named


@pytest.mark.parametrize("sheet", ["单位类别", "职责", "字段"])
def test_a_sheet_that_is_needed_and_missing_is_named(sheet: str) -> None:
    book = template()
    del book[sheet]
    assert any(problem.startswith("sheet.xlsx: ") and sheet in problem for problem in problems(book))


@pytest.mark.parametrize(
    ("sheet", "column"),
    [("单位类别", "内容"), ("职责", "期次"), ("字段", "类型"), ("选项", "值"), ("字段", "职责编号")],
)
def test_a_column_that_is_needed_and_missing_is_named_once(sheet: str, column: str) -> None:
    book = template()
    number = book[sheet][0].index(column)
    for line in book[sheet]:
        del line[number : number + 1]
    found = problems(book)
    assert sum(column in problem and problem.startswith(f"{sheet}!1: ") for problem in found) == 1, found


def test_strange_sheets_columns_and_lines_are_named() -> None:
    book = template()
    book["职责表"] = [["编号"]]
    book["Duties"] = [["code"]]
    book["职责"][0][-1] = "备注栏"
    book["字段"][0][-1] = "名称"
    book["选项"][0].append(None)
    book["选项"][1] += [None, "多余"]
    named = {problem.split(": ")[0] for problem in problems(book)}
    last = {name: chr(ord("A") + len(book[name][0]) - 1) for name in ("职责", "字段")}
    assert {"职责表", "Duties", f"职责!{last['职责']}1", f"字段!{last['字段']}1", "选项!F2"} <= named


def test_a_workbook_of_endless_lines_is_refused() -> None:
    book = template()
    book["选项"] += [["channels", f"v{number}", "值"] for number in range(MOST_ROWS)]
    assert any(problem.startswith("选项: ") for problem in problems(book))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"key = 'a'"])
def test_a_file_that_is_no_workbook_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(content)
    with pytest.raises(SheetError, match=r"broken\.xlsx: "):
        read(path)


def test_a_missing_workbook_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match=r"gone\.xlsx: "):
        read(tmp_path / "gone.xlsx")


_CELLS = [
    (name, row, column)
    for name, lines in _template().items()
    for row, line in enumerate(lines)
    for column in range(len(line))
]
_STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**13), 10**13),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(date(1950, 1, 1)),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40),
    st.sampled_from(
        ["是", "每日", "照片", "company", "leaflets", "channels", "PCL-01", "表格", "所有单位", "_x0041_"]
    ),
)


@given(st.lists(st.tuples(st.sampled_from(_CELLS), _STRANGE), min_size=1, max_size=3))
@settings(deadline=None, max_examples=150)
def test_whatever_stands_in_cells_the_workbook_is_taken_or_cells_are_named(
    changes: list[tuple[tuple[str, int, int], object]],
) -> None:
    book = template()
    for (sheet, row, column), value in changes:
        book[sheet][row][column] = value
    for problem in told(book):
        place = problem.split(": ")[0]
        assert place.partition("!")[0] in SHEETS.values(), problem
        assert " · " in problem


def test_a_workbook_in_the_folder_is_a_plugin(tmp_path: Path) -> None:
    save(template(), tmp_path / "parcels.xlsx")
    (tmp_path / "~$parcels.xlsx").write_bytes(b"what an office program leaves while the file is open")
    registry = PluginHost().load(item for item in discover.find(tmp_path) if item.source.startswith("sheet"))
    assert registry.quarantined == ()
    assert list(registry.plugins) == ["parcels"]
