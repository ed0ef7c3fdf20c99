"""The evidence bag: upload now, say later what it proves; one file in several reports; quotas; versions by date."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.domain.access import Actor
from core.domain.errors import Invalid, Missing, NotNow
from core.domain.files import FileState
from core.jobs import entry
from core.services import bag, damage, reports
from core.services.reports import Saved
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import AuditRecord, BagFile, Blob, EvidenceFile, OutboxTask
from core.store.queries import bag as queries
from tests.conftest import NOW
from tests.services.helpers import add_unit, at, clerk, count, filled, handed_in, home, jpeg, stored, version


def put(who: Actor, seed: int = 1, name: str = "现场.jpg", **more: str) -> str:
    """A photograph in the bag of the person's unit."""
    kept = runtime().evidence.put(io.BytesIO(jpeg(seed)), name, 10_000_000)
    return bag.add(who, home(who), kept, name, **more)


def saved(who: Actor, code: str, period: str, *ids: str, submit: bool = True, **more: Any) -> Saved:
    return reports.save(
        who, filled(home(who), code, period, uploads=(), bag=ids, **more), submit=submit
    )


@pytest.fixture
def school(app: Flask) -> Actor:
    return clerk(add_unit("test-hall", kind="hall"), "carriers-reporter")


def use(report_id: str) -> EvidenceFile:
    return db.session.scalars(
        select(EvidenceFile).where(EvidenceFile.report_id == report_id, EvidenceFile.removed_at.is_(None))
    ).one()


def test_a_file_waits_in_the_bag_until_it_is_used(school: Actor) -> None:
    bag_id = put(school)
    assert queries.unsorted_count(db.session(), home(school)) == 1
    done = saved(school, "CAR-04", "week-2", bag_id)
    assert done.ok, done.problems
    assert queries.unsorted_count(db.session(), home(school)) == 0
    (seen,) = queries.several(db.session(), home(school), [bag_id])
    assert [used.report_id for used in seen.uses] == [done.answer["id"]]


def test_one_file_serves_two_reports_each_with_its_own_reason(school: Actor) -> None:
    bag_id = put(school)
    first = saved(school, "CAR-04", "week-2", bag_id, reasons={bag_id: "窗口提醒"})
    second = saved(school, "CAR-05", "week-2", bag_id, reasons={bag_id: "讲解现场"})
    assert first.ok
    assert second.ok
    told = [use(done.answer["id"]) for done in (first, second)]
    assert [row.reason for row in told] == ["窗口提醒", "讲解现场"]
    assert len({row.sha256 for row in told}) == 1
    assert count(Blob, Blob.sha256 == told[0].sha256) == 1


def test_the_same_file_is_used_once_in_a_report(school: Actor) -> None:
    bag_id = put(school)
    done = saved(school, "CAR-04", "week-2", bag_id, bag_id, submit=False)
    again = reports.save(
        school,
        replace(
            filled(home(school), "CAR-04", "week-2", uploads=(), bag=[bag_id]),
            report_id=done.answer["id"],
            version=done.answer["version"],
        ),
        submit=False,
    )
    assert len(again.answer["files"]) == 1


def test_another_units_file_is_missing(app: Flask, school: Actor) -> None:
    other = clerk(add_unit("other-hall", kind="hall"))
    bag_id = put(other)
    with pytest.raises(Missing):
        saved(school, "CAR-04", "week-2", bag_id)
    for refused in (
        lambda: bag.describe(school, bag_id, "x"),
        lambda: bag.remove(school, bag_id),
        lambda: put(school, 2, replaces=bag_id),
    ):
        with pytest.raises(Missing):
            refused()


def test_a_file_of_another_kind_is_named_and_not_used(school: Actor) -> None:
    kept = runtime().evidence.put(io.BytesIO("说明\n".encode()), "说明.txt", 1000)
    bag_id = bag.add(school, home(school), kept, "说明.txt")
    done = saved(school, "CAR-04", "week-2", bag_id)
    assert "“说明.txt”不是可以接受的文件" in done.problems[0].zh
    assert done.answer["files"] == []


def refuse(bag_id: str) -> None:
    db.session.execute(update(BagFile).where(BagFile.id == bag_id).values(state=FileState.REFUSED))
    db.session.commit()


def test_a_refused_file_proves_nothing(school: Actor) -> None:
    bag_id = put(school)
    refuse(bag_id)
    done = saved(school, "CAR-04", "week-2", bag_id)
    assert "没有通过检查" in done.problems[0].zh
    assert stored(done.answer["id"]).state == "draft"


def test_a_file_that_was_refused_after_it_was_attached_must_go_before_submitting(school: Actor) -> None:
    bag_id = put(school)
    draft = saved(school, "CAR-04", "week-2", bag_id, submit=False)
    refuse(bag_id)
    report_id = draft.answer["id"]
    again = replace(
        filled(home(school), "CAR-04", "week-2", uploads=()), report_id=report_id, version=version(report_id)
    )
    told = [problem.zh for problem in reports.save(school, again, submit=True).problems]
    assert told == [
        "“现场.jpg”没有通过检查，请移除它，换一个文件再提交",
        "还缺 1 个佐证材料（至少 1 个）",
    ]
    mended = replace(
        again, version=version(report_id), remove=[use(report_id).id], bag=[put(school, 3)]
    )
    assert reports.save(school, mended, submit=True).ok


def test_a_used_file_cannot_be_removed_and_a_free_one_keeps_its_row(school: Actor) -> None:
    bag_id, free = put(school), put(school, 2)
    saved(school, "CAR-04", "week-2", bag_id)
    with pytest.raises(NotNow):
        bag.remove(school, bag_id)
    bag.remove(school, free)
    row = db.session.get(BagFile, free)
    assert row is not None
    assert row.removed_at is not None
    with pytest.raises(Missing):
        saved(school, "CAR-05", "week-2", free)


def test_what_came_with_a_form_lies_in_the_bag_too(school: Actor) -> None:
    report_id = handed_in(school, "CAR-04", "week-2")
    (seen,), total = queries.page(db.session(), home(school), unsorted=False, offset=0, limit=10)
    assert total == 1
    assert seen.id == use(report_id).bag_id


def test_each_file_that_arrives_is_examined_once_whatever_its_bytes(app: Flask, school: Actor) -> None:
    other = clerk(add_unit("other-hall", kind="hall"))
    ids = {put(school), put(school), put(other)}
    owed = select(OutboxTask.key).where(OutboxTask.job == "examine_file")
    assert {key.partition(":")[2] for key in db.session.scalars(owed)} >= ids
    states = db.session.scalars(select(BagFile.state).where(BagFile.id.in_(ids))).all()
    assert states == [FileState.CHECKING] * 3


def limit(app: Flask, **changes: Any) -> None:
    runtime().settings = replace(runtime().settings, **changes)


def test_the_quota_of_files_is_exact_and_named(app: Flask, school: Actor) -> None:
    limit(app, unit_files=2)
    put(school)
    put(school, 2)
    with pytest.raises(Invalid, match="材料袋已满"):
        put(school, 3)
    done = reports.save(school, filled(home(school), "CAR-04", "week-2"), submit=True)
    assert "材料袋已满" in done.problems[0].zh
    assert stored(done.answer["id"]).state == "draft"


def test_the_quota_of_bytes_counts_what_is_there_and_frees_what_was_removed(app: Flask, school: Actor) -> None:
    limit(app, unit_bytes=len(jpeg(1)) + len(jpeg(2)))
    first = put(school)
    put(school, 2)
    with pytest.raises(Invalid):
        put(school, 3)
    bag.remove(school, first)
    put(school, 1)


def test_a_day_takes_twice_the_quota_at_most_however_much_is_removed(app: Flask, school: Actor) -> None:
    """The bytes of what was removed stay: nobody fills the disk by uploading and removing."""
    limit(app, unit_bytes=2 * len(jpeg(1)))
    for number in range(3):
        bag.remove(school, put(school, 1 + number % 2))
    put(school)
    with pytest.raises(Invalid):
        put(school, 2)
    at(NOW + timedelta(days=1, seconds=1))
    put(school, 2)


def test_the_same_text_is_a_table_to_one_unit_and_a_text_to_another(app: Flask, school: Actor) -> None:
    other, content = clerk(add_unit("other-hall", kind="hall")), "甲,3\n乙,4\n".encode()
    ids = []
    for who, name in ((other, "名单.txt"), (school, "名单.csv")):
        bag_id = bag.add(who, home(who), runtime().evidence.put(io.BytesIO(content), name, 1000), name)
        entry.run(db.session.scalars(select(OutboxTask.id).where(OutboxTask.key == f"examine_file:{bag_id}")).one())
        ids.append((who, bag_id))
    seen = [queries.several(db.session(), home(who), [bag_id])[0] for who, bag_id in ids]
    assert [(view.kind, view.media_type) for view in seen] == [
        ("document", "text/plain"),
        ("sheet", "text/csv"),
    ]


def test_bytes_that_come_again_mend_what_was_damaged(school: Actor) -> None:
    bag_id = put(school)
    sha256 = db.session.get_one(BagFile, bag_id).sha256
    path = runtime().evidence.path(sha256)
    assert path is not None
    path.unlink()
    assert damage.note(sha256)
    bag.remove(school, bag_id)
    put(school)
    assert db.session.get_one(Blob, sha256).damaged_at is None
    last = db.session.scalars(select(AuditRecord).order_by(AuditRecord.id.desc()).limit(1)).one()
    assert last.action == "evidence.add" and last.detail["mended"] is True


def test_what_we_had_on_that_day(school: Actor) -> None:
    first = put(school)
    at(NOW + timedelta(days=1))
    second = put(school, 2, replaces=first)
    at(NOW + timedelta(days=2))
    bag.remove(school, second)

    def there(days: int) -> list[str]:
        moment = NOW + timedelta(days=days, hours=1)
        return [view.id for view in queries.as_of(db.session(), home(school), moment, 0, 10)[0]]

    assert there(-1) == []
    assert there(0) == [first]
    assert there(1) == [second]
    assert there(2) == []


def test_a_newer_version_is_named_at_the_older_one(school: Actor) -> None:
    first = put(school)
    second = put(school, 2, replaces=first)
    seen = {view.id: view for view in queries.several(db.session(), home(school), [first, second])}
    assert seen[first].newer == second
    assert seen[second].replaces == first


def test_a_note_is_kept_and_each_deed_is_recorded(school: Actor) -> None:
    bag_id = put(school)
    bag.describe(school, bag_id, "  一楼大厅  ")
    bag.remove(school, bag_id)
    row = db.session.get(BagFile, bag_id)
    assert row is not None
    assert row.note == "一楼大厅"
    records = db.session.scalars(
        select(AuditRecord.action).where(AuditRecord.object_id == bag_id).order_by(AuditRecord.id)
    ).all()
    assert records == ["evidence.add", "evidence.describe", "evidence.remove"]
