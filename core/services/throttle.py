"""Slowing down password guessing, in the database: the same with several processes, after a restart, without Redis.

At most 10 failed checks per account and per address in 5 minutes, 1,000 in all (check N1).
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import delete, func, select

from core.domain.access import Everything
from core.domain.errors import Throttled
from core.domain.text import Text
from core.services.runtime import runtime
from core.services.work import Deed, reading
from core.store.db import begin_writing, one_at_a_time
from core.store.models import LoginAttempt

WINDOW = timedelta(minutes=5)
PER_ACCOUNT, PER_ADDRESS, IN_ALL = 10, 10, 1000


def admit(login: str, address: str, device: str = "") -> None:
    """Count a try before its password is checked, or raise Throttled.

    Counting first keeps parallel tries within the limit. A browser that the person has signed in from before
    (`device`) has a count of its own, so that a stranger's guessing does not lock the person out.
    """
    now = runtime().clock.now()
    account = _account(login, device)
    with reading(Everything("failed logins concern no unit")) as session:
        begin_writing(session())
        one_at_a_time(session(), "login")
        session.execute(delete(LoginAttempt).where(LoginAttempt.at < now - WINDOW))
        of_account, of_address, total = session.execute(
            select(
                func.count().filter(LoginAttempt.account == account),
                func.count().filter(LoginAttempt.address == address),
                func.count(LoginAttempt.id),
            )
        ).one()
        if of_account < PER_ACCOUNT and of_address < PER_ADDRESS and total < IN_ALL:
            session.add(LoginAttempt(at=now, account=account, address=address))
            session.commit()
            return
        session.rollback()
    minutes = int(WINDOW.total_seconds() // 60)
    raise Throttled(
        Text(
            f"登录失败次数过多，请 {minutes} 分钟后再试",
            f"Too many failed attempts; try again in {minutes} minutes",
        ),
        int(WINDOW.total_seconds()),
    )


def forget(done: Deed, login: str, device: str = "") -> None:
    """A right password ends the count."""
    done.session.execute(delete(LoginAttempt).where(LoginAttempt.account == _account(login, device)))


def _account(login: str, device: str) -> str:
    """A name as typed may be a password in the wrong field: only its hash is kept."""
    return hashlib.sha256(f"{login}\0{device}".encode()).hexdigest()
