"""Lists of unit codes: what is understood, and that each wrong row is named with what to do."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cli import main
from core.domain.errors import Invalid
from core.services import unit_lists
from core.services.choices import Listed
from core.services.unit_lists import MOST_ROWS, WrongRows, decoded, read
from core.services.work import SYSTEM
from core.store.db import db
from core.store.models import AuditRecord
from core.store.queries import units as queries
from tests.conftest import actor
from tests.services.helpers import OTHER_CITY, add_unit, count


@pytest.fixture
def ids(app: Flask) -> dict[str, int]:
    return {code: add_unit(code) for code in ("A-1", "A-2", "A-3")}


def understood(text: str, on: bool | None = False) -> dict[bool, Listed]:
    return read(actor("office"), text, "a.csv", on)


@pytest.mark.parametrize(
    "text",
    [
        "A-1\nA-2\n",
        "code\nA-1\nA-2",
        "\n\n 编码 \r\n A-1 \r\n\r\nA-2\r\n",
        "code,state\nA-1,off\nA-2,停用",
        "name;state;单位编码\n甲;OFF;A-1\n乙;;A-2",
        "code\tname\tstate\nA-1\t甲\t停用\nA-2\t乙\toff\n",
        'code,name,state\n"A-1","甲\n乙",停用\nA-2,丙,\n',
        "Code,STATE,extra\nA-1,Off,x,y,z\nA-2",
        "A-1\rA-2\r",
    ],
)
def test_a_list_may_be_written_in_many_ways(ids: dict[str, int], text: str) -> None:
    assert understood(text) == {False: Listed("a.csv", (ids["A-1"], ids["A-2"]))}


def test_a_list_may_go_both_ways_and_give_reasons(ids: dict[str, int]) -> None:
    parts = understood("code,state,reason\nA-1,启用,复业\nA-2,停用,撤并\nA-3,,", True)
    assert parts == {
        False: Listed("a.csv", (ids["A-2"],), {ids["A-2"]: "撤并"}),
        True: Listed("a.csv", (ids["A-1"], ids["A-3"]), {ids["A-1"]: "复业"}),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_file_may_be_utf_8_or_gb18030(ids: dict[str, int], encoding: str) -> None:
    text = decoded("单位编码,状态\r\nA-1,停用\r\n".encode(encoding))
    assert understood(text, None) == {False: Listed("a.csv", (ids["A-1"],))}


@pytest.mark.parametrize(
    "content", [b"\xff\xfeA\0-\x001\0", b"\x89PNG\r\n\x1a\n\0\0\xff\xff", b"\x80\x81\xff"]
)
def test_what_is_no_text_is_refused_in_words(app: Flask, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        decoded(content)
    assert "CSV" in refused.value.message.zh


def test_each_wrong_row_is_named_with_what_to_do(ids: dict[str, int]) -> None:
    add_unit("B-1", region=OTHER_CITY)
    text = "\n".join(
        [
            "code,state,reason", "A-1,停用,", "no-such,停用,", ",停用,撤并", "A-2,maybe,", "A-1,启用,", "B-1,停用,",
            "A-3,,", "A-2,停用," + "长" * 501,
        ]
    )  # fmt: skip
    with pytest.raises(WrongRows) as refused:
        read(actor("zz-office"), text, "a.csv", None)
    found = [(problem.line, problem.code) for problem in refused.value.problems]
    assert found == [(3, "no-such"), (4, ""), (5, "A-2"), (6, "A-1"), (7, "B-1"), (8, "A-3"), (9, "A-2")]
    words = {problem.line: problem.message.zh for problem in refused.value.problems}
    assert "第 2 行" in words[6] and words[3] == words[7]
    assert all(problem.message.en for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "空"),
        ("code,state\n\n ,\n", "空"),
        ("名称,状态\n甲,停用", "code"),
        ("A-1,停用", "code"),
        ("code\n" + "x\n" * (MOST_ROWS + 1), str(MOST_ROWS)),
        ("code\n" + "x" * 200_000, "读不懂"),
    ],
    ids=["nothing", "only a head", "no code column", "no head", "too many", "a huge cell"],
)
def test_a_list_that_cannot_be_read_is_refused_whole(ids: dict[str, int], text: str, word: str) -> None:
    with pytest.raises(Invalid) as refused:
        understood(text)
    assert word in refused.value.message.zh
    assert not isinstance(refused.value, WrongRows)


def test_as_many_rows_as_allowed_are_read_at_once(app: Flask) -> None:
    known = [row.code for row in queries.list_units(db.session(), queries.UnitFilter(), 0, 300)[0]]
    missing = [f"none-{number}" for number in range(MOST_ROWS - len(known))]
    with pytest.raises(WrongRows) as refused:
        understood("\n".join(["code", *known, *missing]))
    assert len(refused.value.problems) == len(missing)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.one_of(
        st.text(),
        st.text('code,\t;"\n\rA-123停用on '),
        st.binary().map(lambda b: b.decode("gb18030", "replace")),
    )
)
def test_whatever_is_sent_is_read_or_refused(ids: dict[str, int], text: str) -> None:
    try:
        parts = read(SYSTEM, text.replace("\0", ""), "a.csv", False)
    except Invalid:
        return
    assert {unit_id for part in parts.values() for unit_id in part.ids} <= set(ids.values())


@pytest.mark.parametrize("seed", range(3))
def test_any_file_is_decoded_or_refused(app: Flask, seed: int) -> None:
    rng = random.Random(seed)
    for _number in range(300):
        try:
            unit_lists.decoded(rng.randbytes(rng.randrange(40))).encode()
        except Invalid:
            continue


@pytest.fixture
def run(app: Flask, data_folder: Path, tmp_path: Path) -> object:
    """The command on the same installation, with a list in a file."""

    def command(text: str, *options: str) -> Result:
        file = tmp_path / "list.csv"
        file.write_bytes(text.encode("gb18030"))
        db.session.rollback()
        return CliRunner().invoke(
            main, ["units", "switch", str(file), *options], env={"DUDAO_DATA": str(data_folder)}
        )

    return command


def test_the_command_switches_all_or_none(ids: dict[str, int], run) -> None:  # type: ignore[no-untyped-def]
    before = count(AuditRecord)
    wrong = run("code\nA-1\nno-such\n", "--off", "--reason", "撤并")
    assert wrong.exit_code == 1 and "list.csv:3: no-such" in wrong.output
    assert run("A-1\n", "--off").exit_code == 1, "no reason"
    assert run("A-1\n", "--reason", "撤并").exit_code == 1, "no direction"
    assert count(AuditRecord) == before
    done = run("编码,状态\nA-1,停用\nA-2,\n", "--off", "--reason", "撤并")
    assert (done.exit_code, done.output) == (0, "2 units switched, 0 stood so already\n")
    db.session.expire_all()
    facts = queries.several(db.session(), list(ids.values()))
    assert [unit.enabled for unit in facts] == [False, False, True]
    assert facts[0].disabled_reason == "撤并"
    record = db.session.query(AuditRecord).order_by(AuditRecord.id.desc()).first()
    assert record is not None
    assert (record.actor, record.action, record.detail["source"]) == ("system", "unit.disable", "list.csv")
    assert "1 units switched, 1 stood so already" in run("A-2\nA-3\n", "--off", "--reason", "撤并").output
