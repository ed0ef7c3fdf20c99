"""What a plugin that is off must not do: be reviewed, be counted at a closing; and small promises of the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from core.domain.errors import Invalid, NotNow
from core.services import closing, people, plugins, reports, review
from core.services.people import Application
from core.services.work import chore
from core.store.db import db
from core.store.models import AuditRecord, PeriodClosing
from core.store.queries import reports as queries
from core.store.queries.reviews import QueueFilter
from tests.conftest import actor
from tests.services.helpers import (
    add_unit,
    clerk,
    filled,
    handed_in,
    later,
    photo,
    returned,
    stored,
    version,
)


def test_a_report_of_a_plugin_that_is_off_cannot_be_decided(any_app: Flask) -> None:
    report_id = handed_in(clerk(add_unit("one")), "CAR-03", "week-3")
    plugins.switch(actor("office"), "carriers", False, "暂停")
    with pytest.raises(NotNow):
        review.claim(actor("inspector"), report_id)
    assert stored(report_id).state == "submitted"
    plugins.switch(actor("office"), "carriers", True, "恢复")
    review.claim(actor("inspector"), report_id)


def test_the_next_one_is_never_of_a_duty_that_is_left_out(app: Flask) -> None:
    handed_in(clerk(add_unit("one")), "CAR-03", "week-3")
    everything_else = QueueFilter(duty_code="CAR-03", without=("CAR-03",))
    assert review.claim_next(actor("inspector"), everything_else) is None


def test_duties_of_everybody_are_owed_by_nobody_at_a_closing_while_they_are_off(app: Flask) -> None:
    plugins.switch(actor("office"), "common", False, "暂停")
    later(timedelta(days=2))
    with chore("period.close", "a test") as done:
        assert closing.close_until(done, done.at)
    rows = db.session.scalars(select(PeriodClosing)).all()
    owed = {row.duty_code[:3] for row in rows if row.owed}
    assert "GEN" not in owed
    assert "CAR" in owed


def test_readers_see_the_files_of_the_last_submission_not_of_the_draft_after_it(app: Flask) -> None:
    who = clerk(add_unit("one"))
    report_id = handed_in(who, "CAR-03", "week-3")
    returned(report_id, actor("inspector"))
    before = [file.id for file in queries.view(db.session(), report_id, as_submitted=True).files]  # type: ignore[union-attr]
    wish = filled(
        stored(report_id).unit_id,
        "CAR-03",
        "week-3",
        report_id=report_id,
        version=version(report_id),
        uploads=[photo(9)],
    )
    reports.save(who, wish, submit=False)
    seen, own = (queries.view(db.session(), report_id, as_submitted=how) for how in (True, False))
    assert seen is not None and own is not None
    assert [file.id for file in seen.files] == before
    assert len(own.files) == len(before) + 1


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_a_role_for_everything_takes_no_region(app: Flask, role: str) -> None:
    with pytest.raises(Invalid) as refused:
        people.apply(
            actor("admin"), Application("somebody", "某人", role, region_code="410100"), "a-long-enough-one"
        )
    assert set(refused.value.fields) == {"region"}


def test_a_strangers_choice_of_language_is_no_refusal(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/login").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/language", data={"csrf_token": token, "locale": "en", "next": "/login"})
    assert answer.status_code == 302
    assert db.session.query(AuditRecord).filter_by(action="account.language").count() == 0
