"""A page asks the database as often for fifty rows as for one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from core.store.models import (
    BagFile,
    Campaign,
    EvidenceFile,
    LoginSession,
    Notification,
    Report,
    ReportStep,
    User,
)
from tests.web.conftest import opened
from tests.web.site import Site


@pytest.fixture(scope="module")
def site(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(filled_folder, tmp_path_factory.mktemp("counts") / "data") as made:
        yield made


def count(site: Site, login: str, url: str) -> tuple[int, str]:
    """How many statements a page takes, and the page. It is asked for once before, so that nothing is new."""
    client = site.client(login)
    assert client.get(url).status_code == 200, url
    with site.statements() as statements:
        text = client.get(url).text
    return len(statements), text


#: Who, the address that shows few rows, the address that shows many, and what a row's link looks like.
LISTINGS = [
    ("office", "/office/reports?type={one}&region=410102&duty={duty}", "/office/reports", "/office/reports/"),
    ("office", "/office/units?q={name}", "/office/units", "/office/units/"),
    ("office", "/office/units/disable?all=1&q={name}", "/office/units/disable?all=1", "/office/units/"),
    ("inspector", "/review/?type={one}&region=410102", "/review/", "/review/"),
    ("auditor", "/audit/?object=no-such-object", "/audit/", "<tr>"),
    ("admin", "/people/?q=fx-clerk-sibling", "/people/", "<tr"),
    ("office", "/office/?region=410102", "/office/", "<tr"),
    ("fx-office-county", "/office/reports", "/office/reports?page=2", "/office/reports/"),
]


@pytest.mark.parametrize(("login", "few", "many", "mark"), LISTINGS, ids=lambda value: value)
def test_a_listing_takes_the_same_statements_for_few_rows_and_for_many(
    site: Site, login: str, few: str, many: str, mark: str
) -> None:
    unit = site.units["fx-clerk"]
    with site.inside() as session:
        duty = session.scalar(select(Report.duty_code).where(Report.unit_id == unit.id).limit(1))
    few = few.format(one=unit.unit_type, duty=duty, name="河南省")
    less, short = count(site, login, few)
    more, long = count(site, login, many)
    if login != "fx-office-county":
        assert long.count(mark) > short.count(mark), "the test compares two pages of the same length"
    assert more <= less + 1, f"{few}: {less} statements, {many}: {more}"
    assert more < 30


@contextmanager
def more_rows(site: Site, table: type, rows: list[dict[str, object]]) -> Iterator[None]:
    with site.inside() as session:
        session.execute(insert(table), rows)
        session.commit()
    yield


def test_the_inbox_takes_the_same_statements_for_one_notice_and_for_fifty(site: Site) -> None:
    who = site.actor("fx-lead")
    at = site.app.extensions["dudao"].clock.now()

    def notice(number: int) -> dict[str, object]:
        return {
            "user_id": who.user_id, "key": f"n{number}", "at": at, "title": ["甲", "A"], "body": ["乙", "B"],
            "url": "/", "tone": "info",
        }  # fmt: skip

    with more_rows(site, Notification, [notice(0)]):
        one, _text = count(site, "fx-lead", "/notices/")
    with more_rows(site, Notification, [notice(number) for number in range(1, 50)]):
        fifty, text = count(site, "fx-lead", "/notices/")
    assert text.count("甲") >= 49
    assert fifty == one


def test_the_account_page_takes_the_same_statements_for_one_session_and_for_fifty(site: Site) -> None:
    who = site.actor("fx-lead")
    one, _text = count(site, "fx-lead", "/account")
    at = site.app.extensions["dudao"].clock.now()
    rows: list[dict[str, object]] = [
        {
            "token_hash": f"{number:064}", "user_id": who.user_id, "created_at": at, "seen_at": at,
            "address": "10.0.0.1", "agent": "a browser",
        }
        for number in range(50)
    ]  # fmt: skip
    with more_rows(site, LoginSession, rows):
        fifty, text = count(site, "fx-lead", "/account")
    assert text.count("/end") >= 50
    assert fifty == one


def page_of_unit(site: Site, report_id: str) -> str:
    return f"/u/{site.units['fx-clerk'].unit_type}/reports/{report_id}"


@pytest.mark.parametrize(
    ("login", "address"),
    [
        ("fx-clerk", page_of_unit),
        ("office", lambda _site, report_id: f"/office/reports/{report_id}"),
        ("inspector", lambda _site, report_id: f"/review/{report_id}"),
    ],
    ids=["unit", "office", "review"],
)
def test_a_report_takes_the_same_statements_for_one_file_and_step_and_for_fifty(
    site: Site, login: str, address: Callable[[Site, str], str]
) -> None:
    report_id = site.reports(site.units["fx-clerk"].id, "accepted")[0]
    url = address(site, report_id)
    one, _text = count(site, login, url)
    with site.inside() as session:
        row = session.execute(select(Report).where(Report.id == report_id)).scalar_one()
        steps = session.scalars(select(ReportStep.version).where(ReportStep.report_id == report_id)).all()
        own = select(EvidenceFile.sha256, EvidenceFile.bag_id).where(EvidenceFile.unit_id == row.unit_id)
        sha256, bag_id = session.execute(own.limit(1)).one()
        files = [
            {
                "id": f"{login[:4]}{number:028}", "report_id": report_id, "bag_id": bag_id, "unit_id": row.unit_id,
                "unit_type": row.unit_type, "region_path": row.region_path, "sha256": sha256, "name": f"{number}.jpg",
                "kind": "photo", "added_at": row.created_at, "added_by": row.created_by,
            }
            for number in range(50)
        ]  # fmt: skip
        history = [
            {
                "report_id": report_id, "version": max(steps) + number + 1, "at": row.created_at,
                "user_id": row.created_by, "user_name": "甲", "action": "edit", "state": "accepted", "reason": "",
            }
            for number in range(50)
        ]  # fmt: skip
        session.execute(insert(EvidenceFile), files)
        session.execute(insert(ReportStep), history)
        submission = update(ReportStep).where(
            ReportStep.report_id == report_id, ReportStep.action == "submit"
        )
        session.execute(submission.values(files=[file["id"] for file in files]))
        session.commit()
    fifty, text = count(site, login, url)
    assert text.count("/files/") >= 50
    assert fifty == one


def test_a_units_home_takes_the_same_statements_however_much_it_has_reported(site: Site) -> None:
    unit_type = site.units["fx-clerk"].unit_type
    with site.inside() as session:
        busiest = site.units["fx-clerk"]
        rows = session.scalars(select(Report).where(Report.unit_id == busiest.id)).all()
        assert len(rows) > 5
        template = {column.name: getattr(rows[0], column.name) for column in Report.__table__.columns}
        many = [{**template, "id": f"{number:08}{0:024}"} for number in range(50)]
    before, _text = count(site, "fx-clerk", f"/u/{unit_type}/")
    with more_rows(site, Report, many):
        after, _text = count(site, "fx-clerk", f"/u/{unit_type}/")
    assert after == before < 20


def test_the_plugins_and_the_clauses_take_few_statements(site: Site) -> None:
    for url in ("/office/plugins", "/office/clauses"):
        statements, _text = count(site, "office", url)
        assert statements < 20, url


def test_the_states_of_files_take_the_same_statements_for_one_and_for_fifty(site: Site) -> None:
    unit = site.units["fx-clerk"]
    with site.inside() as session:
        ids = session.scalars(select(BagFile.id).where(BagFile.unit_id == unit.id).limit(50)).all()
    assert len(ids) > 5
    url = f"/u/{unit.unit_type}/bag/states"
    one, _text = count(site, "fx-clerk", f"{url}?id={ids[0]}")
    many, text = count(site, "fx-clerk", f"{url}?" + "&".join(f"id={bag_id}" for bag_id in ids))
    assert text.count('"state"') == len(ids)
    assert many == one < 12


def test_a_pack_of_the_campaign_takes_as_many_statements_as_there_are_hundreds_of_reports(site: Site) -> None:
    with site.inside() as session:
        campaign = session.scalars(select(Campaign.key)).one()
        reports = session.scalar(select(func.count(Report.id)).where(Report.submitted_at.is_not(None))) or 0
    unit = site.units["fx-clerk"]
    one, _text = count(site, "office", f"/office/packs/unit/{unit.id}")
    many, _text = count(site, "office", f"/office/packs/campaign/{campaign}")
    assert many <= one
    with site.statements() as statements:
        answer = site.post(
            "office", f"/office/packs/campaign/{campaign}", {"reason": "移交检察机关"}, buffered=True
        )
    assert answer.status_code == 200
    assert len(statements) < 20 + 4 * math.ceil(reports / 200)


def test_an_n_plus_one_would_be_noticed(site: Site) -> None:
    with site.inside() as session, site.statements() as statements:
        for user_id in session.scalars(select(User.id).limit(5)).all():
            session.execute(select(User.name).where(User.id == user_id))
    assert len(statements) == 6
