"""What is said of each mistake in a duty sheet in TOML: its place, in both languages, all at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.extend.sheet import SheetError, read
from tests.unit.sheets_toml import SMALL, problems, told

#: A line, what stands there instead, and the place that must be named.
MISTAKES = [
    ('key = "parcels"', 'key = "Parcels"', "key"),
    ('key = "parcels"', "", "key"),
    ('title = "寄递"', 'title = ""', "title"),
    ('title = "寄递"', 'title = ["a", "b", "c"]', "title"),
    ('version = "1.0"', "version = 1.0", "version"),
    ('version = "1.0"', "", "version"),
    ('version = "1.0"', 'version = "1.0"\ncolour = "red"', "colour"),
    ('version = "1.0"', 'version = "1.0"\nplugin = "red"', "plugin"),
    ('version = "1.0"', 'version = "1.0"\nunit_type = "A B"', "unit_type"),
    ("[kinds.depot]", "[kinds.Depot]", "kinds.Depot"),
    ('title = ["网点", "Depot"]', 'title = ["网点", 3]', "kinds.depot.title"),
    ('title = ["网点", "Depot"]', 'title = ["", "Depot"]', "kinds.depot.title"),
    ("front_line = true", 'front_line = "maybe"', "kinds.depot.front_line"),
    ("front_line = true", "front_line = 1", "kinds.depot.front_line"),
    ("front_line = true", "frontline = true", "kinds.depot.frontline"),
    ("[duties.PCL-01]", '[duties."PCL 1"]', "duties.PCL 1"),
    ('title = ["随件发放宣传单", "Leaflets"]', "", "duties.PCL-01.title"),
    ('who = ["depot"]', "", "duties.PCL-01.who"),
    ('who = ["depot"]', "who = []", "duties.PCL-01.who"),
    ('who = ["depot"]', 'who = ["shop"]', "duties.PCL-01.who"),
    ('who = ["depot"]', 'who = ["depot", "网点"]', "duties.PCL-01.who"),
    ('who = ["depot"]', "who = [1]", "duties.PCL-01.who"),
    ('due = "每周2次"', "", "duties.PCL-01.due"),
    ('due = "每周2次"', 'due = "10月30日"', "duties.PCL-01.due"),
    ('due = "每周2次"', 'due = "每周0次"', "duties.PCL-01.due"),
    ('due = "每周2次"', 'due = "第10阶段"', "duties.PCL-01.due"),
    ('due = "每周2次"', 'due = "第1、1阶段"', "duties.PCL-01.due"),
    ('due = "每周2次"', 'due = "一次，第0阶段结束"', "duties.PCL-01.due"),
    ('due = "每周2次"', 'due = "一次，活动结束后999天"', "duties.PCL-01.due"),
    ('due = "每周2次"', "due = 2020-10-30", "duties.PCL-01.due"),
    ('evidence = "照片"', 'evidence = "相片"', "duties.PCL-01.evidence"),
    ('evidence = "照片"', "", "duties.PCL-01.at_least"),
    ('evidence = "照片"', 'evidence = "无"\nevidence_hint = "看得清"', "duties.PCL-01.evidence_hint"),
    ("at_least = 1", "at_least = -1", "duties.PCL-01.at_least"),
    ("at_least = 1", "at_least = 10", "duties.PCL-01.at_least"),
    ("at_least = 1", "at_least = 3\nat_most = 2", "duties.PCL-01.at_most"),
    ("at_least = 1", 'at_least = "几个"', "duties.PCL-01.at_least"),
    ("at_least = 1", "at_least = 1.5", "duties.PCL-01.at_least"),
    ('clauses = ["3.2.40"]', "clauses = [3.2]", "duties.PCL-01.clauses"),
    ("grace = 2", "grace = -1", "duties.PCL-01.grace"),
    ('covers = "ways"', 'covers = "total"', "duties.PCL-01.covers"),
    ('covers = "ways"', 'covers = "roads"', "duties.PCL-01.covers"),
    ("[duties.PCL-01.fields.total]", "[duties.PCL-01.fields.Total]", "duties.PCL-01.fields.Total"),
    ("[duties.PCL-01.fields.total]", "[duties.PCL-01.fields.class]", "duties.PCL-01.fields.class"),
    ("[duties.PCL-01.fields.total]", "[duties.PCL-01.fields.data]", "duties.PCL-01.fields.data"),
    ('title = "总数"', "", "duties.PCL-01.fields.total.title"),
    ('kind = "whole"', 'kind = "number"', "duties.PCL-01.fields.total.kind"),
    ('kind = "whole"', "", "duties.PCL-01.fields.total.kind"),
    ('kind = "whole"', 'kind = "text"', "duties.PCL-01.fields.total.minimum"),
    ("minimum = 1", "minimum = 901", "duties.PCL-01.fields.total.maximum"),
    ("minimum = 1", 'minimum = "一"', "duties.PCL-01.fields.total.minimum"),
    ("maximum = 900", "maximum = 10000000000000", "duties.PCL-01.fields.total.maximum"),
    ("minimum = 1", "minimum = true", "duties.PCL-01.fields.total.minimum"),
    ("minimum = 1", "decimals = 2", "duties.PCL-01.fields.total.decimals"),
    ('unit = "件"', "unit = false", "duties.PCL-01.fields.total.unit"),
    ('rules = ["at_most total"]', 'rules = ["at_most ways"]', "duties.PCL-01.fields.leaflets.rules"),
    ('rules = ["at_most total"]', 'rules = ["at_most saved"]', "duties.PCL-01.fields.leaflets.rules"),
    ('rules = ["at_most total"]', 'rules = ["at_most"]', "duties.PCL-01.fields.leaflets.rules"),
    ('rules = ["at_most total"]', 'rules = ["inside_period"]', "duties.PCL-01.fields.leaflets.rules"),
    ('rules = ["at_most total"]', 'rules = ["nice"]', "duties.PCL-01.fields.leaflets.rules"),
    ('share_of = "total"', 'share_of = "leaflets"', "duties.PCL-01.fields.leaflets.share_of"),
    ('share_of = "total"', 'share_of = "said"', "duties.PCL-01.fields.leaflets.share_of"),
    ('options = "ways"', 'options = "roads"', "duties.PCL-01.fields.ways.options"),
    ('options = "ways"', "", "duties.PCL-01.fields.ways.options"),
    ("required = false", 'required = "perhaps"', "duties.PCL-01.fields.ways.required"),
    ("min_length = 2", "min_length = 91", "duties.PCL-01.fields.said.max_length"),
    ("min_length = 2", "min_length = 0", "duties.PCL-01.fields.said.min_length"),
    ("default = true", 'default = "perhaps"', "duties.PCL-01.fields.agreed.default"),
    ("summed = true", 'summed = "perhaps"', "duties.PCL-01.fields.saved.summed"),
    ("summed = true", "maximum = 9", "duties.PCL-01.fields.saved.maximum"),
    ("at_most = 3", "at_most = 0", "duties.PCL-01.fields.visits.at_most"),
    ('kind = "decimal"', 'kind = "rows"', "duties.PCL-01.fields.visits.fields.hours.kind"),
    (
        'kind = "decimal"',
        'kind = "decimal"\nduty = "PCL-01"',
        "duties.PCL-01.fields.visits.fields.hours.duty",
    ),
    ("decimals = 2", "decimals = 7", "duties.PCL-01.fields.visits.fields.hours.decimals"),
    ("[options.ways]", "[options.roads]", "duties.PCL-01.fields.ways.options"),
    ('sms = "短信"', "", "options.ways"),
    ('sms = "短信"', "sms = 3", "options.ways.sms"),
    ('sms = "短信"', 'sms = ""', "options.ways.sms"),
    ('sms = "短信"', '"文字" = "短信"', "options.ways.文字"),
    ("[inspection.ready]", '[inspection."!"]', "inspection.!"),
    ('title = "是否备有宣传单？"', "", "inspection.ready.title"),
    ("undercover = true", 'kind = "depot"', "inspection.ready.kind"),
    ("undercover = true", 'undercover = "perhaps"', "inspection.ready.undercover"),
    ('title = "收到过宣传单吗？"', 'title = "？"\nasked_of = 3', "callbacks.leaflet.asked_of"),
]


@pytest.mark.parametrize(("line", "instead", "place"), MISTAKES)
def test_a_mistake_is_named_by_its_place_and_in_both_languages(line: str, instead: str, place: str) -> None:
    assert line in SMALL
    found = problems(SMALL.replace(line, instead, 1))
    assert any(problem.startswith(f"{place}: ") for problem in found), found
    assert all(" · " in problem for problem in found), found


def test_fields_of_kind_other_than_rows_have_none_of_their_own_and_tables_have_some() -> None:
    [first, *_] = problems(SMALL.replace('kind = "rows"\nat_most = 3', 'kind = "text"'))
    assert first.startswith("duties.PCL-01.fields.visits.kind: ")
    without = SMALL.split("[duties.PCL-01.fields.visits.fields.hours]")[0]
    found = problems(f"{without}[options.ways]\na = '甲'")
    assert [problem.split(": ")[0] for problem in found] == ["duties.PCL-01.fields.visits"]


def test_a_duty_without_fields_and_a_sheet_without_anything_are_refused() -> None:
    head = SMALL.split("[duties.PCL-01.fields.total]")[0].replace('covers = "ways"', "")
    assert [problem.split(": ")[0] for problem in problems(head)] == ["duties.PCL-01"]
    assert [problem.split(": ")[0] for problem in problems('key = "no"\ntitle = "无"\nversion = "1"')] == [
        "key"
    ]


def test_all_mistakes_are_told_at_once() -> None:
    text = SMALL
    for line, instead, _place in (MISTAKES[0], MISTAKES[12], MISTAKES[22], MISTAKES[38]):
        text = text.replace(line, instead, 1)
    assert len(problems(text)) == 4


@pytest.mark.parametrize("table", ["kinds", "duties", "options", "inspection", "callbacks"])
def test_a_table_that_is_none_is_named(table: str) -> None:
    head = 'key = "parcels"\ntitle = "寄递"\nversion = "1.0"\n'
    assert any(problem.startswith(f"{table}: ") for problem in problems(f"{head}{table} = 3"))
    assert any(problem.startswith(f"{table}.one: ") for problem in problems(f"{head}{table} = {{one = 3}}"))


@pytest.mark.parametrize("content", [b"key = ", b"\xff\xfe", b"key = 'a'\nkey = 'b'", b"\x00"])
def test_a_file_that_is_no_toml_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(SheetError, match=r"broken\.toml: "):
        read(path)


def test_a_missing_file_and_another_kind_of_file_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match=r"gone\.toml: "):
        read(tmp_path / "gone.toml")
    with pytest.raises(SheetError, match=r"sheet\.ods: "):
        read(tmp_path / "sheet.ods")


_LINES = SMALL.splitlines()
_STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(),
    st.lists(st.one_of(st.integers(), st.text())),
    st.dictionaries(st.text(), st.text(), max_size=2),
)


@given(st.sampled_from([number for number, line in enumerate(_LINES) if " = " in line]), _STRANGE)
@settings(max_examples=200)
def test_whatever_stands_in_a_line_it_is_taken_or_its_place_is_named(number: int, value: object) -> None:
    name = _LINES[number].partition(" = ")[0]
    table = next((line[1:-1] for line in reversed(_LINES[:number]) if line.startswith("[")), "")
    path = f"{table}.{name}".lstrip(".")
    line = "" if value is None else f"{name} = {_toml(value)}"
    found = told("\n".join([*_LINES[:number], line, *_LINES[number + 1 :]]))
    # A kind or a list that changes is felt by the field's other lines.
    near = (f"{path}: ", *((f"{table}.", f"{table}: ") if table else ()), "sheet.toml: ")
    assert not found or any(problem.startswith(near) for problem in found), (path, found)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(key)} = {json.dumps(text)}" for key, text in value.items())
        return f"{{{pairs}}}"
    return json.dumps(value)
