"""Evidence that is not what came any more: written down, and told to the administrators once."""

from __future__ import annotations

from sqlalchemy import select

from core.domain.access import Everything, Role
from core.domain.text import Text
from core.services import notices
from core.services.work import Deed, chore, reading
from core.store.models import Blob
from core.store.queries import people


def note(sha256: str) -> bool:
    """Write down that a kept file is damaged or lost; says whether that was news."""
    with reading(Everything("an original's own state")) as session:
        known = session.execute(select(Blob.damaged_at).where(Blob.sha256 == sha256)).first()
    if known is None or known.damaged_at is not None:
        return False
    with chore("evidence.damaged", "an original was found damaged") as done:
        done.about("blob", sha256)
        blob = done.session.get(Blob, sha256, with_for_update=True, populate_existing=True)
        if blob is None or blob.damaged_at is not None:
            done.outcome = "repeated"
            return False
        blob.damaged_at = done.at
        tell(
            done,
            f"damaged:{sha256}",
            Text("原件校验失败", "An original failed its check"),
            Text(
                f"一个佐证材料的原件已损坏或丢失，请从备份恢复。校验值 {sha256}",
                f"The original of a piece of evidence is damaged or lost; restore it from a backup. SHA-256 {sha256}",
            ),
        )
    return True


def tell(done: Deed, key: str, title: Text, body: Text) -> None:
    """Tell the administrators and the whole province's office of damage."""
    notices.send(
        done,
        people.with_role(done.session(), [Role.ADMIN, Role.OFFICE], everywhere=True),
        key=f"{key}:{done.at.isoformat()}",
        title=title,
        body=body,
        url="/notices/",
        tone="danger",
    )
