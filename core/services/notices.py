"""The inbox: notices to people, written by jobs, each once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update

from core.domain.access import Actor, Everything, Permission, Role
from core.domain.text import Text
from core.domain.workflow import State
from core.services.work import Deed, deed, reading
from core.store.models import BagFile, EvidenceFile, Notification, Report, ReportStep, Unit
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


#: A report that stands before the office: its unit cannot just mend it unseen.
_HANDED_IN = (State.SUBMITTED, State.IN_REVIEW, State.ACCEPTED)


def file_refused(done: Deed, row: BagFile, *, always: bool = False) -> None:
    """Tell a unit's people of a file that turned out to be unusable after its report was submitted.

    `always` where it matters even if no submitted report uses it.
    """
    uses = done.session.execute(
        select(EvidenceFile.id, Report.id, Report.duty_code)
        .join(Report, Report.id == EvidenceFile.report_id)
        .where(
            EvidenceFile.bag_id == row.id,
            EvidenceFile.removed_at.is_(None),
            Report.state.in_(_HANDED_IN),
        )
    ).all()
    where = [
        (
            use_id,
            Text(f"报告 {duty} 的佐证材料不能用", f"Evidence of report {duty} cannot be used"),
            f"/u/{row.unit_type}/reports/{report_id}?unit={row.unit_id}",
        )
        for use_id, report_id, duty in uses
    ]
    if always and not where:
        title = Text("材料袋里的文件不能用", "A file of the evidence bag cannot be used")
        where = [(row.id, title, f"/u/{row.unit_type}/bag?unit={row.unit_id}")]
    whom = people.with_role(done.session(), [Role.REPORTER, Role.LEAD], unit_id=row.unit_id) if where else []
    why = Text(*row.said[0]) if row.said else Text("")
    for what, title, url in where:
        send(
            done,
            whom,
            key=f"file_refused:{what}",
            title=title,
            body=Text(f"“{row.name}”：{why.zh}", f"“{row.name}”: {why.pick('en')}"),
            url=url,
            tone="danger",
        )


def infected(done: Deed, row: BagFile, virus: Text) -> None:
    """Tell the office of a file in which a virus was found."""
    unit = done.session.get_one(Unit, row.unit_id)
    send(
        done,
        people.with_role(done.session(), [Role.OFFICE], everywhere=True),
        key=f"infected:{row.id}",
        title=Text("佐证材料中发现病毒", "A virus was found in evidence"),
        body=Text(
            f"{unit.name}上传的“{row.name}”：{virus.zh}。文件已停用，任何人都不能打开",
            f"“{row.name}” of {unit.name}: {virus.en}. The file is shut away, nobody can open it",
        ),
        url="/notices/",
        tone="danger",
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
