"""Evidence: bytes, the bag in which a unit keeps its files, their uses in reports, and what is known of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.store.db import Base
from core.store.scope import Scoped
from core.store.types import Instant


class Blob(Base):
    """Bytes that were stored once under their SHA-256. The row is written after the file is safely stored."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Instant)
    damaged_at: Mapped[datetime | None] = mapped_column(Instant)


class BlobFacts(Base):
    """What examining and scanning some bytes found: see `core.domain.files`."""

    __tablename__ = "blob_facts"

    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), primary_key=True)
    examined_at: Mapped[datetime] = mapped_column(Instant)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    previews: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    scan: Mapped[str] = mapped_column(String(12), index=True)
    scan_why: Mapped[list[str]] = mapped_column(JSON)
    scanned_at: Mapped[datetime] = mapped_column(Instant)


class BagFile(Scoped, Base):
    """A file in its unit's evidence bag. `replaces` is the version before it; removing keeps row and bytes.

    State and sentences are the unit's own, per file and not per bytes: that another unit has the same bytes must
    not show.
    """

    __tablename__ = "bag_file"
    __table_args__ = (Index("bag_file_of_unit", "unit_id", "removed_at", "added_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    unit_type: Mapped[str] = mapped_column(String(40))
    region_path: Mapped[str] = mapped_column(String(60))
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")
    replaces: Mapped[str | None] = mapped_column(ForeignKey("bag_file.id"))
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(12), index=True)
    said: Mapped[list[list[str]]] = mapped_column(JSON)
    checked_at: Mapped[datetime | None] = mapped_column(Instant)


class EvidenceFile(Scoped, Base):
    """A bag file's use in a report: what it proves there, and what the inspector said of it there.

    Hash, name and kind are those of the moment of use. Removing it keeps row and bytes.
    """

    __tablename__ = "evidence_file"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("report.id"), index=True)
    bag_id: Mapped[str] = mapped_column(ForeignKey("bag_file.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    unit_type: Mapped[str] = mapped_column(String(40))
    region_path: Mapped[str] = mapped_column(String(60))
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    #: "", "good" or "bad", with the inspector's reason.
    verdict: Mapped[str] = mapped_column(String(8), default="")
    verdict_reason: Mapped[str] = mapped_column(Text, default="")
    verdict_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    verdict_at: Mapped[datetime | None] = mapped_column(Instant)


class Upload(Scoped, Base):
    """A resumable upload under way (tus 1.0). Its offset is the length of its part file, never a row's."""

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    unit_type: Mapped[str] = mapped_column(String(40))
    region_path: Mapped[str] = mapped_column(String(60))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    bag_id: Mapped[str | None] = mapped_column(ForeignKey("bag_file.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class PictureHash(Base):
    """A picture's perceptual hash of 64 bits in four indexed bands of 16: see `core.store.queries.likeness`."""

    __tablename__ = "picture_hash"
    __table_args__ = (
        UniqueConstraint("sha256", "variant", name="picture_hash_once"),
        # With the hash beside its band a search reads the indexes alone.
        *(Index(f"picture_hash_band{number}", f"band{number}", "bits") for number in range(4)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    variant: Mapped[str] = mapped_column(String(20))
    bits: Mapped[int] = mapped_column(BigInteger)
    band0: Mapped[int]
    band1: Mapped[int]
    band2: Mapped[int]
    band3: Mapped[int]


class Resemblance(Base):
    """Two pictures that look alike, the smaller hash first: a hint for inspectors, never a verdict.

    `level` is "same" (one picture, changed) or "alike" (perhaps only the layout); `detail` says how it was found.
    """

    __tablename__ = "resemblance"

    first: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), primary_key=True)
    second: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), primary_key=True, index=True)
    level: Mapped[str] = mapped_column(String(8))
    distance: Mapped[int]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    found_at: Mapped[datetime] = mapped_column(Instant)


class Mask(Scoped, Base):
    """Boxes over a bag file's picture. While one stands, others than the unit see the masked copy only."""

    __tablename__ = "mask"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    bag_id: Mapped[str] = mapped_column(ForeignKey("bag_file.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    unit_type: Mapped[str] = mapped_column(String(40))
    region_path: Mapped[str] = mapped_column(String(60))
    boxes: Mapped[list[list[float]]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    previews: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
