"""Making a world larger, to see what a page costs then; and what stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Enum, Integer, Numeric, String, Table, insert, select
from sqlalchemy.exc import SQLAlchemyError

from core.domain.workflow import State
from core.services.places import NewUnit, add_units
from core.services.transitions import new_id
from core.store.db import begin_writing, db
from core.store.models import Report
from core.testing.subject import Subject
from core.testing.worlds import NOW, Reporter

MANY = 50
#: What rows of another unit say.
ELSEWHERE = "elsewhere-"


def grow(subject: Subject) -> None:
    """Fifty more reports of each person's unit, fifty more units below it, fifty rows in each own table."""
    with subject.world.inside():
        for person in subject.world.own:
            own = db.session.scalars(select(Report).where(Report.unit_id == person.unit_id).limit(MANY)).all()
            db.session.rollback()
            copies = [_copy(own[number % len(own)]) for number in range(MANY)] if own else []
            units = _more_units(person)
            copies += [_copy(own[0], unit_id=unit) for unit in units] if own else []
            begin_writing(db.session())
            if copies:
                db.session.execute(insert(Report), copies)
            db.session.commit()
    add_rows(subject, MANY, first=2)


def _copy(row: Report, **changes: Any) -> dict[str, Any]:
    known = {column.name: getattr(row, column.name) for column in Report.__table__.columns}
    return known | {"id": new_id()} | changes


def _more_units(person: Reporter) -> list[int]:
    parent = f"{person.unit_type}-{person.kind}-1"
    new = [
        NewUnit(f"{parent}-{number}", f"Unit {number}", person.unit_type, person.kind, "410102", parent)
        for number in range(MANY)
    ]
    return list(add_units(new, date(2020, 10, 26)).values())


def add_rows(subject: Subject, last: int, first: int = 1, *, elsewhere: bool = False) -> None:
    """Rows of a unit in the plugin's own tables, or of a unit elsewhere; a table that refuses them stays as it is."""
    tables = subject.plugin.tables.metadata.sorted_tables if subject.plugin.tables is not None else []
    with subject.world.inside():
        report = db.session.scalar(select(Report.id).limit(1)) or ""
        for table in tables:
            begin_writing(db.session())
            # The last unit of the first kind stands in another city.
            unit = subject.world.own[0].unit_id + (2 if elsewhere else 0)
            rows = [_row(table, number, unit, report, elsewhere) for number in range(first, last + 1)]
            try:
                db.session.execute(insert(table), rows)
                db.session.commit()
            except (SQLAlchemyError, TypeError, ValueError):
                db.session.rollback()


def _row(table: Table, number: int, unit_id: int, report: str, elsewhere: bool) -> dict[str, Any]:
    return {
        column.name: _value(column, number + 500 * elsewhere, unit_id, report, ELSEWHERE if elsewhere else "")
        for column in table.columns
        if not (column.nullable or column.default is not None or column.foreign_keys) or column.primary_key
    }


def _value(column: Column[Any], number: int, unit_id: int, report: str, mark: str) -> Any:
    kind = column.type
    if "unit" in column.name and isinstance(kind, Integer):
        return unit_id
    if "report" in column.name and isinstance(kind, String):
        return report
    if isinstance(kind, Enum):
        return kind.enums[0]
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(NOW)
    if isinstance(kind, Date):
        return date(2020, 11, 12)
    return (
        number
        if isinstance(kind, (Integer, Numeric))
        else f"{mark}{number}"[-(getattr(kind, "length", None) or 20) :]
    )


def words_in_reports() -> str:
    """Everything that units wrote, in one text."""
    found = [str(record) for record in db.session.scalars(select(Report.record))]
    db.session.rollback()
    return "\n".join(found)


def addresses(subject: Subject, place: str) -> Iterator[tuple[str, str]]:
    """Who sees the core's pages that have a place for panels, and where."""
    world = subject.world
    people = world.own
    if place == "unit.home":
        yield from ((person.login, f"/u/{person.unit_type}/") for person in people)
    elif place == "office.dashboard":
        yield from (("office", f"/office/{query}") for query in ("", "?region=410102"))
    elif place == "office.unit":
        yield from (("office", f"/office/units/{person.unit_id}") for person in people)
    else:
        for report, unit_type, login in _reports(subject):
            if place == "review.report":
                yield "inspector", f"/review/{report}"
            else:
                yield login, f"/u/{unit_type}/reports/{report}"


def _reports(subject: Subject) -> list[tuple[str, str, str]]:
    """One submitted report of each duty, with a person of its unit."""
    logins = {person.unit_id: person.login for person in subject.world.own}
    with subject.world.inside():
        rows = db.session.scalars(
            select(Report).where(
                Report.unit_id.in_(logins), Report.state.in_((State.SUBMITTED, State.ACCEPTED))
            )
        ).all()
    one = {row.duty_code: (row.id, row.unit_type, logins[row.unit_id]) for row in rows}
    return list(one.values())
