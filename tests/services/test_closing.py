"""Periods close once, in order, with the numbers of that moment, whatever happens to clock and schedulers (Q6)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from flask import Flask
from sqlalchemy import select

from core.app import create_app
from core.domain.calendar import due_at, periods
from core.jobs import entry, schedule
from core.services import campaigns, closing, plugins, progress, switching
from core.services.runtime import runtime
from core.store import migrations
from core.store.db import db
from core.store.models import Notification, OutboxTask, PeriodClosing
from tests.conftest import ZONE, actor, settings_for
from tests.services.helpers import (
    StoppedClock,
    add_unit,
    at,
    campaign,
    clerk,
    context,
    count,
    day,
    handed_in,
    later,
)
from tests.services.threads import together

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def every_period() -> list[tuple[datetime, str, int, str]]:
    """(deadline, code, number, key) of all that must be closed, in the order in which it must be."""
    return sorted(
        (due_at(period, duty.grace, ZONE), duty.code, period.number, period.key)
        for duty in campaign().duties
        for period in periods(duty.cadence, campaign().calendar)
    )


def closings() -> list[PeriodClosing]:
    db.session.expire_all()
    return list(db.session.scalars(select(PeriodClosing).order_by(PeriodClosing.number)))


def pending() -> list[str]:
    """What is owed by now, as the outbox has it."""
    return list(
        db.session.scalars(
            select(OutboxTask.id).where(
                OutboxTask.done_at.is_(None),
                OutboxTask.failed_at.is_(None),
                OutboxTask.due_at <= runtime().clock.now(),
            )
        )
    )


def work() -> None:
    for task_id in pending():
        entry.run(task_id)


class Machines:
    """Two schedulers and workers on one database, each an application of its own that can be restarted."""

    def __init__(self, first: Flask, rng: random.Random) -> None:
        self.settings = first.extensions["dudao"].settings
        self.first = first
        self.rng = rng
        self.apps = [first, create_app(self.settings)]

    def at(self, moment: datetime) -> None:
        """The machines' clocks, apart by up to a second."""
        for number, app in enumerate(self.apps):
            app.extensions["dudao"].clock = StoppedClock(ZONE, moment=moment + number * SECOND / 2)

    def restart(self) -> None:
        self.stop()
        self.apps[1] = create_app(self.settings)

    def stop(self) -> None:
        with self.apps[1].app_context():
            db.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def tick(self) -> None:
        """Both schedulers at once; then workers take what is owed, in any order, some of it twice at once."""
        db.session.rollback()
        for app in self.apps:
            together(app, [closing.owe_closings] * 2)
        ids = pending()
        self.rng.shuffle(ids)
        db.session.rollback()
        for task_id in ids:
            if self.rng.random() < 0.3:
                together(self.first, [lambda t=task_id: entry.run(t)] * 2)  # type: ignore[misc]
            else:
                with context(self.rng.choice(self.apps)):
                    entry.run(task_id)


def through_the_campaign(machines: Machines, rng: random.Random) -> None:
    outage = (day(11, 9, 12), day(11, 12, 12))
    midnight, latest = day(10, 27, 0), day(10, 26)
    while midnight <= day(12, 8, 0):
        moments = [midnight - SECOND, midnight, midnight + SECOND]
        moments += rng.choice([[], [midnight - HOUR, midnight + HOUR], [midnight + HOUR, midnight - HOUR]])
        for moment in moments:
            if not outage[0] < moment < outage[1]:
                latest = max(latest, moment)
                machines.at(moment)
                machines.tick()
                assert all(row.due_at <= latest + SECOND for row in closings())
        if rng.random() < 0.3:
            machines.restart()
        midnight += timedelta(days=1)
    machines.at(day(12, 8, 1))
    machines.tick()


def test_through_the_campaign_each_period_closes_exactly_once_and_in_order(any_app: Flask) -> None:
    """All midnights with two schedulers, restarts, jumps of an hour, and three days without power."""
    rng = random.Random(6)
    with Machines(any_app, rng) as machines:
        through_the_campaign(machines, rng)
    wanted = every_period()
    done = closings()
    assert [row.number for row in done] == list(range(1, len(wanted) + 1))
    assert [(row.due_at, row.duty_code, row.period_key) for row in done] == [
        (d, c, k) for d, c, _n, k in wanted
    ]
    assert all(row.closed_at >= row.due_at for row in done)
    told = Counter(db.session.scalars(select(Notification.user_id)))
    with_units = sum(row.owed > 0 for row in done)
    offices = {actor("office").user_id, actor("fx-office-province").user_id}
    assert told == dict.fromkeys(offices, with_units)
    assert not pending()


def test_what_was_missed_in_an_outage_is_closed_in_one_go_and_in_order(app: Flask) -> None:
    at(day(12, 20))
    assert closing.owe_closings() == len({due for due, *_rest in every_period()})
    work()
    assert [(row.due_at, row.duty_code) for row in closings()] == [(d, c) for d, c, *_rest in every_period()]
    assert closing.owe_closings() == 0 and not pending()


def test_a_period_closes_at_its_deadline_and_not_a_second_before(app: Flask) -> None:
    """Week 2 ends on 11-08; with a day of grace it closes on 11-10 at midnight."""
    at(day(11, 10, 0) - SECOND)
    schedule.tick()
    work()
    closed = {(row.duty_code, row.period_key) for row in closings()}
    assert ("CAR-03", "week-1") in closed and ("CAR-03", "week-2") not in closed
    later(SECOND)
    schedule.tick()
    work()
    assert ("CAR-03", "week-2") in {(row.duty_code, row.period_key) for row in closings()}


def test_a_clock_that_jumps_back_closes_nothing_twice(app: Flask) -> None:
    at(day(11, 10, 0))
    schedule.tick()
    work()
    before = [(row.number, row.closed_at) for row in closings()]
    for _time in range(3):
        later(-HOUR)
        assert closing.owe_closings() == 0
        later(HOUR)
        assert closing.owe_closings() == 0
        work()
    assert [(row.number, row.closed_at) for row in closings()] == before


def test_a_closing_has_the_numbers_of_its_moment(app: Flask) -> None:
    """As the dashboard shows them then; what comes later changes the dashboard, not the closing."""
    unit_id = add_unit("one")
    at(day(11, 9, 23))
    for seed in range(3):
        handed_in(clerk(unit_id), "CAR-03", "week-2", seed)
    at(day(11, 10, 0))
    schedule.tick()
    work()

    def shown() -> tuple[int, int, int, int]:
        overview = progress.overview(actor("office"), campaign(), None)
        assert overview is not None
        part = next(
            i.progress for i in overview.periods if (i.duty.code, i.period.key) == ("CAR-03", "week-2")
        )
        return part.owed, part.filed, part.done, part.late

    def closed() -> tuple[int, int, int, int]:
        row = next(row for row in closings() if (row.duty_code, row.period_key) == ("CAR-03", "week-2"))
        return row.owed, row.filed, row.done, row.late

    then = shown()
    assert closed() == then
    late = clerk(add_unit("two"))
    for seed in range(3):
        handed_in(late, "CAR-03", "week-2", seed)
    later(SECOND)
    schedule.tick()
    work()
    assert shown() == (then[0] + 1, then[1] + 1, then[2], then[3] + 1)
    assert closed() == then


def test_the_offices_notice_says_how_many_are_missing(app: Flask) -> None:
    at(day(11, 10, 0))
    schedule.tick()
    work()
    row = next(row for row in closings() if (row.duty_code, row.period_key) == ("CAR-03", "week-2"))
    notice = db.session.scalars(
        select(Notification).where(
            Notification.user_id == actor("office").user_id, Notification.key.contains("CAR-03:week-2")
        )
    ).one()
    assert (
        f"应报 {row.owed}，已报 {row.filed}，未报 {row.owed - row.filed}，迟报 {row.late}" in notice.body[0]
    )
    assert "2020-11-02 至 2020-11-08" in notice.body[0]
    assert count(Notification, Notification.user_id == actor("zz-office").user_id) == 0


def test_a_period_that_nobody_owes_closes_without_a_word(app: Flask) -> None:
    plugins.switch(actor("office"), "carriers", False, "暂停")
    at(day(11, 10, 0))
    schedule.tick()
    work()
    row = next(row for row in closings() if (row.duty_code, row.period_key) == ("CAR-03", "week-2"))
    assert (row.owed, row.filed) == (0, 0)
    assert count(Notification, Notification.key.contains("CAR-")) == 0
    assert count(Notification, Notification.key.contains("GEN-")) > 0


def test_a_type_that_is_off_counts_neither_as_owing_nor_as_having_filed(app: Flask) -> None:
    """A duty of everybody, closed while one type is off: never more filed than owed."""
    plugins.switch(actor("office"), "education", False, "暂停")
    at(day(11, 10, 0))
    schedule.tick()
    work()
    assert [(r.duty_code, r.period_key) for r in closings() if r.filed > r.owed or r.done > r.filed] == []
    overview = progress.overview(actor("office"), campaign(), None)
    assert overview is not None
    row = next(row for row in closings() if row.duty_code == "GEN-01")
    part = next(i.progress for i in overview.periods if i.duty.code == "GEN-01")
    assert (row.owed, row.filed) == (part.owed, part.filed)


def test_a_second_campaign_with_the_same_duties_has_closings_and_notices_of_its_own(app: Flask) -> None:
    at(day(12, 20))
    schedule.tick()
    work()
    first = count(PeriodClosing), count(Notification)
    campaigns.publish(campaigns.read_notice() | {"key": "second"}, weeks_later=9)
    at(datetime(2021, 2, 20, tzinfo=ZONE))
    schedule.tick()
    work()
    assert count(PeriodClosing) == 2 * first[0]
    assert count(Notification) == 2 * first[1]


def test_units_switched_after_a_closing_change_nothing_in_it(app: Flask) -> None:
    unit_id = add_unit("one")
    at(day(11, 12))
    schedule.tick()
    work()
    before = [(row.number, row.owed, row.filed) for row in closings()]
    switching.switch_unit(actor("office"), unit_id, False, "撤并")
    later(SECOND)
    schedule.tick()
    work()
    assert [(row.number, row.owed, row.filed) for row in closings()] == before


def test_without_a_campaign_there_is_nothing_to_close(tmp_path: Path, app: Flask) -> None:
    empty = create_app(settings_for(tmp_path / "empty"))
    with context(empty):
        migrations.upgrade()
        assert closing.owe_closings() == 0
        db.engine.dispose()


@pytest.mark.parametrize("first", ["early", "late"])
def test_jobs_that_run_out_of_order_still_close_in_order(any_app: Flask, first: str) -> None:
    """The later job closes what the earlier one was owed for, in its place; the earlier one then has nothing to do."""
    at(day(11, 3, 0))
    schedule.tick()
    at(day(11, 10, 0))
    schedule.tick()
    ids = db.session.scalars(select(OutboxTask.id).order_by(OutboxTask.due_at, OutboxTask.key)).all()
    for task_id in ids if first == "early" else reversed(ids):
        entry.run(task_id)
    done = [(row.due_at, row.duty_code) for row in closings()]
    assert done == sorted(done)
    assert len(done) == len({(row.duty_code, row.period_key) for row in closings()})
    assert not pending()
