"""Evidence bytes: written once under their SHA-256, never altered (design idea 5).

Order of a durable write: a part file in `incoming`, fsync, rename, fsync of the folder; only then the caller writes the
row. A failed fsync is never tried again into a success: the kernel may have dropped the pages.
"""

from __future__ import annotations

from core.config import Settings
from core.store.evidence.base import (
    CHUNK,
    EvidenceStore,
    StorageFailed,
    Stored,
    TooLarge,
    Unrecognised,
    is_hash,
)
from core.store.evidence.folder import EvidenceFolder
from core.store.evidence.names import LONGEST_NAME, shown_name
from core.store.evidence.s3 import EvidenceBucket

__all__ = [
    "CHUNK",
    "LONGEST_NAME",
    "EvidenceBucket",
    "EvidenceFolder",
    "EvidenceStore",
    "StorageFailed",
    "Stored",
    "TooLarge",
    "Unrecognised",
    "is_hash",
    "open_store",
    "shown_name",
]


def open_store(settings: Settings) -> EvidenceStore:
    """The store that the settings name."""
    if settings.evidence_url.startswith("s3://"):
        return EvidenceBucket(settings.evidence_url, settings.spool)
    return EvidenceFolder(settings.evidence_url)
