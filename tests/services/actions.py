"""A bustling month in small: several people do at random whatever the product lets them, refusals included."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core.domain.access import Actor
from core.domain.calendar import periods
from core.domain.errors import DudaoError
from core.domain.workflow import State
from core.jobs import entry
from core.services import plugins, reports, review, switching
from core.services.evidence import Upload
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import OutboxTask, Report
from tests.conftest import ZONE, actor
from tests.services.helpers import at, campaign, clerk, document, evidence_for, filled, photo, typed

#: What the units of the bustle may be asked for.
DUTIES = ("CAR-02", "CAR-03", "CAR-06", "GEN-01", "GEN-03", "GEN-04", "GEN-05")


@dataclass
class Bustle:
    """The people of some units, their inspectors and their office, acting in an order that a seed decides."""

    rng: random.Random
    clerks: Sequence[Actor]
    inspectors: Sequence[Actor]
    office: Actor
    duties: Sequence[str] = DUTIES
    done: Counter[str] = field(default_factory=Counter)

    def act(self, times: int, *, alone: bool = True) -> None:
        """Act so often. Not `alone`: others act on the same world, so nothing that concerns all is switched."""
        deeds: list[Callable[[], bool]] = [
            self.save,
            *[self.submit] * 5,
            self.withdraw,
            self.claim,
            self.claim,
        ]
        deeds += [self.decide, self.decide, self.decide, self.reopen, self.release, self.switch_unit]
        if alone:
            deeds += [self.wait, self.switch_plugin, self.work]
        for _number in range(times):
            deed = self.rng.choice(deeds)
            try:
                self.done[deed.__name__ if deed() else "nothing to do"] += 1
            except DudaoError as refusal:
                self.done[f"refused: {refusal.code}"] += 1
            db.session.rollback()

    def save(self) -> bool:
        return self._fill(submit=False)

    def submit(self) -> bool:
        return self._fill(submit=True)

    def _fill(self, *, submit: bool) -> bool:
        who = self.rng.choice(self.clerks)
        (unit_id,) = who.unit_ids
        editable = self._some(State.DRAFT, State.RETURNED, State.WITHDRAWN, units=[unit_id])
        code = self.rng.choice(self.duties)
        at_hand: dict[str, Any] = {}
        if editable is not None and self.rng.random() < 0.6:
            code, period = editable.duty_code, editable.period_key
            at_hand = {"report_id": editable.id, "version": editable.version - (self.rng.random() < 0.1)}
        else:
            period = self._period(code)
        entries = typed(code, period, self.rng.randrange(50))
        if self.rng.random() < 0.1:
            entries = entries | {name: [""] for name in list(entries)[:1]}
        wish = filled(unit_id, code, period, entries=entries, uploads=self._files(code), **at_hand)
        return reports.save(who, replace(wish, key=self._key()), submit=submit).ok

    def _key(self) -> str | None:
        return f"key-{self.rng.randrange(30)}" if self.rng.random() < 0.2 else None

    def _files(self, code: str) -> list[Upload]:
        if self.rng.random() < 0.1:
            return [document(self.rng.randrange(9)), photo(self.rng.randrange(9))]
        return evidence_for(code, self.rng.randrange(9))

    def _period(self, code: str) -> str:
        """One of the duty's periods, most often one that has begun."""
        duty = next(duty for duty in campaign().duties if duty.code == code)
        known = periods(duty.cadence, campaign().calendar)
        begun = [period for period in known if period.starts <= runtime().clock.today()]
        return self.rng.choice(begun[-4:] if begun and self.rng.random() < 0.95 else known).key

    def withdraw(self) -> bool:
        who = self.rng.choice(self.clerks)
        report = self._some(State.SUBMITTED, State.IN_REVIEW, units=who.unit_ids)
        return report is not None and bool(reports.withdraw(who, report.id, report.version))

    def claim(self) -> bool:
        report = self._some(State.SUBMITTED, State.IN_REVIEW)
        return report is not None and bool(review.claim(self.rng.choice(self.inspectors), report.id))

    def decide(self) -> bool:
        who, report = self.rng.choice(self.inspectors), self._some(State.IN_REVIEW)
        if report is None:
            return False
        if self.rng.random() < 0.6:
            return bool(review.accept(who, report.id, report.version))
        return bool(review.return_(who, report.id, report.version, "请补充"))

    def release(self) -> bool:
        report = self._some(State.IN_REVIEW)
        return report is not None and bool(
            review.release(self.rng.choice(self.inspectors), report.id, report.version)
        )

    def reopen(self) -> bool:
        report = self._some(State.ACCEPTED)
        return report is not None and bool(reports.reopen(self.office, report.id, report.version, "复核"))

    def switch_unit(self) -> bool:
        (unit_id,) = self.rng.choice(self.clerks).unit_ids
        on = self.rng.random() < 0.75
        switching.switch_unit(self.office, unit_id, on, "启用" if on else "停用")
        return True

    def switch_plugin(self) -> bool:
        on = self.rng.random() < 0.9
        plugins.switch(self.office, "carriers", on, "启用" if on else "停用")
        return True

    def wait(self) -> bool:
        """Up to two days go by, until shortly after the campaign; then it begins again."""
        now = runtime().clock.now() + timedelta(minutes=self.rng.randrange(2880))
        at(now if now < datetime(2020, 12, 4, tzinfo=ZONE) else datetime(2020, 10, 27, 8, tzinfo=ZONE))
        return True

    def work(self) -> bool:
        """The background work that is owed by now."""
        ids = db.session.scalars(select(OutboxTask.id).where(OutboxTask.done_at.is_(None))).all()
        for task_id in ids:
            entry.run(task_id)
        return bool(ids)

    def _some(self, *states: State, units: Iterable[int] = ()) -> Report | None:
        """Some report in one of the states, of these units or of all in the bustle."""
        own = list(units) or [unit for who in self.clerks for unit in who.unit_ids]
        found = db.session.scalars(
            select(Report)
            .where(Report.unit_id.in_(own), Report.state.in_(states))
            .order_by(Report.created_at, Report.id)
        ).all()
        return self.rng.choice(found) if found else None


def bustle(seed: int, unit_ids: Sequence[int]) -> Bustle:
    return Bustle(
        random.Random(seed),
        [clerk(unit_id) for unit_id in unit_ids],
        [actor("inspector"), actor("fx-inspector-inside")],
        actor("office"),
    )
