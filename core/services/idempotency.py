"""The same key again: the same answer, never a second deed (check K7)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select, update

from core.domain.errors import Conflict
from core.domain.text import Text
from core.services.work import Deed
from core.store.models import Idempotency
from core.store.upsert import insert_or_ignore

Answer = dict[str, Any]


def fingerprint(*parts: Any) -> str:
    """A digest of what was asked, to tell a repetition from another request under the same key."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def repeated(done: Deed, key: str | None, asked: str) -> Answer | None:
    """Claim the key for this transaction, or give the answer of the deed that had it first.

    On PostgreSQL a second insert waits for the first one's end, so that of many at once exactly one goes on.
    """
    if not key:
        return None
    row = {"user_id": done.actor.user_id, "key": key, "fingerprint": asked, "answer": {}, "at": done.at}
    if insert_or_ignore(done.session(), Idempotency, row):
        return None
    known = done.session.scalars(
        select(Idempotency).where(Idempotency.user_id == done.actor.user_id, Idempotency.key == key)
    ).one()
    if known.fingerprint != asked:
        raise Conflict(
            Text(
                "这个提交编号已用于另一份内容，请刷新页面后再提交",
                "This key was used for other content; reload and submit again",
            )
        )
    done.outcome = "repeated"
    return known.answer


def remember(done: Deed, key: str | None, answer: Answer) -> None:
    """Keep the deed's answer for the key's next use."""
    if key:
        done.session.execute(
            update(Idempotency)
            .where(Idempotency.user_id == done.actor.user_id, Idempotency.key == key)
            .values(answer=answer),
            execution_options={"synchronize_session": False},
        )
