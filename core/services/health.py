"""Signs of life."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.domain.access import Everything
from core.services.work import reading


def database_answers() -> bool:
    """Whether the database answers now."""
    with reading(Everything("a sign of life")) as session:
        try:
            session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
    return True
