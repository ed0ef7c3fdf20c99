"""The yardstick: Flask and SQLAlchemy with nothing of ours but the database's settings.

One row inserted and committed for each write; fifty of many rows in a plain Jinja table for each read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, render_template_string, request
from sqlalchemy import create_engine, event, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from core.store.db import PRAGMAS

ROWS = 10_000
SHOWN = 50
INSERT, TABLE = "/insert", "/table"
_PAGE = """<!doctype html><title>Rows</title><table>
{%- for row in rows %}
<tr><td>{{ row.id }}</td><td>{{ row.unit }}</td><td>{{ row.duty }}</td>
<td>{{ row.state }}</td><td>{{ row.at }}</td></tr>
{%- endfor %}
</table>"""


class Base(DeclarativeBase):
    """Base of the one table."""


class Row(Base):
    __tablename__ = "row"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str]
    duty: Mapped[str]
    state: Mapped[str]
    at: Mapped[datetime]


def values(number: int) -> dict[str, object]:
    """A row's columns."""
    return {"unit": f"unit {number}", "duty": f"D-{number % 40}", "state": "new", "at": datetime.now(UTC)}


def create_app(file: str, rows: int = ROWS) -> Flask:
    """The application on a database file, which is made and filled where it is new."""
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", _prepare)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        if session.scalar(select(Row.id).limit(1)) is None:
            session.execute(insert(Row), [values(number) for number in range(rows)])
            session.commit()
    # Opened while starting: the server's processes must not share it.
    engine.dispose()
    app = Flask("baseline")

    @app.post(INSERT)
    def add() -> tuple[str, int]:
        with Session(engine) as session:
            session.add(Row(**values(int(request.form["number"]))))
            session.commit()
        return "", 201

    @app.get(TABLE)
    def table() -> str:
        with Session(engine) as session:
            newest = session.scalars(select(Row).order_by(Row.id.desc()).limit(SHOWN)).all()
            return render_template_string(_PAGE, rows=newest)

    return app


def _prepare(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for name, value in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()
