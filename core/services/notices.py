"""The inbox: notices to people, written by jobs, each once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import update

from core.domain.access import Actor, Everything, Permission, Role
from core.domain.text import Text
from core.domain.workflow import State
from core.services.work import Deed, deed, reading
from core.store.models import Notification, Report, ReportStep
from core.store.queries import people, records
from core.store.queries.records import NoticeRow
from core.store.upsert import insert_all_or_ignore


def decision(done: Deed, report_id: str, version: int) -> None:
    """Tell a unit's people that their report was accepted, returned or reopened.

    `version` is the decision's step: its words count, whatever happened to the report before this job ran.
    """
    report = done.session.get(Report, report_id)
    step = done.session.get(ReportStep, (report_id, version))
    if report is None or step is None:
        return
    its_people = people.with_role(done.session(), [Role.REPORTER, Role.LEAD], unit_id=report.unit_id)
    accepted = step.state == State.ACCEPTED
    word = Text("已通过", "accepted") if accepted else Text("被退回", "returned")
    send(
        done,
        its_people,
        key=f"decision:{report_id}:{version}",
        title=Text(f"{report.duty_code} 报告{word.zh}", f"Report {report.duty_code} was {word.en}"),
        body=Text(step.reason, step.reason),
        url=f"/u/{report.unit_type}/reports/{report_id}?unit={report.unit_id}",
        tone="success" if accepted else "warning",
    )


def send(done: Deed, to: Iterable[int], *, key: str, title: Text, body: Text, url: str, tone: str) -> None:
    """Put a notice in people's inboxes; the same key reaches a person once."""
    rows = [
        {
            "user_id": user_id,
            "key": key,
            "at": done.at,
            "title": title.to_json(),
            "body": body.to_json(),
            "url": url,
            "tone": tone,
        }
        for user_id in to
    ]
    insert_all_or_ignore(done.session(), Notification, rows)


def inbox(who: Actor, offset: int, limit: int) -> tuple[list[NoticeRow], int]:
    with reading(Everything("one's own inbox")) as session:
        return records.inbox(session(), who.user_id, offset, limit)


def unread(who: Actor) -> int:
    with reading(Everything("one's own inbox")) as session:
        return records.unread(session(), who.user_id)


def mark_read(who: Actor) -> None:
    """Mark all of one's notices as read."""
    with deed(who, Permission.SIGNED_IN, "notification.read") as done:
        done.session.execute(
            update(Notification)
            .where(Notification.user_id == who.user_id, Notification.read_at.is_(None))
            .values(read_at=done.at)
        )
        done.about("inbox", who.login)
