"""Evidence rules by what is usual: ``Photos(at_least=2)``, ``Documents()``."""

from __future__ import annotations

from core.domain.declare import NO_EVIDENCE, Evidence, FileKind
from core.domain.text import Titled

__all__ = ["NO_EVIDENCE", "AnyFiles", "Documents", "Photos", "PhotosOrVideos", "Sheets"]


def Photos(at_least: int = 0, at_most: int = 9, hint: Titled = "") -> Evidence:
    """Photographs or screenshots: JPEG, PNG, WebP, HEIC."""
    return Evidence(at_least=at_least, at_most=at_most, kinds=["photo"], hint=hint)


def PhotosOrVideos(at_least: int = 0, at_most: int = 9, hint: Titled = "") -> Evidence:
    """Photographs, or short films (MP4, MOV)."""
    return Evidence(at_least=at_least, at_most=at_most, kinds=["photo", "video"], hint=hint)


def Documents(at_least: int = 1, at_most: int = 9, hint: Titled = "", *, photos: bool = False) -> Evidence:
    """Documents (PDF, Word, text) or sheets; also photographs of one with ``photos=True``."""
    kinds: list[FileKind] = ["document", "sheet", "photo"] if photos else ["document", "sheet"]
    return Evidence(at_least=at_least, at_most=at_most, kinds=kinds, hint=hint)


def Sheets(at_least: int = 1, at_most: int = 9, hint: Titled = "") -> Evidence:
    """Tables: xlsx, csv, or their PDF print."""
    return Evidence(at_least=at_least, at_most=at_most, kinds=["sheet", "document"], hint=hint)


def AnyFiles(at_least: int = 0, at_most: int = 9, hint: Titled = "") -> Evidence:
    """Any accepted kind of file but archives."""
    return Evidence(
        at_least=at_least, at_most=at_most, kinds=["photo", "video", "document", "sheet"], hint=hint
    )
