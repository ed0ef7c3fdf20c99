"""Evidence rules by what is usual: ``Photos(at_least=2)``, ``Documents()``."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.declare import NO_EVIDENCE, Evidence, Example, FileKind
from core.domain.text import Titled

__all__ = ["NO_EVIDENCE", "AnyFiles", "Documents", "Example", "Photos", "PhotosOrVideos", "Sheets"]


def Photos(
    at_least: int = 0,
    at_most: int = 9,
    hint: Titled = "",
    *,
    good: Example | None = None,
    bad: Example | None = None,
) -> Evidence:
    """Photographs or screenshots: JPEG, PNG, WebP, HEIC."""
    return _rule(["photo"], at_least, at_most, hint, good, bad)


def PhotosOrVideos(
    at_least: int = 0,
    at_most: int = 9,
    hint: Titled = "",
    *,
    good: Example | None = None,
    bad: Example | None = None,
) -> Evidence:
    """Photographs, or short films (MP4, MOV)."""
    return _rule(["photo", "video"], at_least, at_most, hint, good, bad)


def Documents(
    at_least: int = 1,
    at_most: int = 9,
    hint: Titled = "",
    *,
    photos: bool = False,
    good: Example | None = None,
    bad: Example | None = None,
) -> Evidence:
    """Documents (PDF, Word, text) or sheets; also photographs of one with ``photos=True``."""
    kinds: list[FileKind] = ["document", "sheet", "photo"] if photos else ["document", "sheet"]
    return _rule(kinds, at_least, at_most, hint, good, bad)


def Sheets(
    at_least: int = 1,
    at_most: int = 9,
    hint: Titled = "",
    *,
    good: Example | None = None,
    bad: Example | None = None,
) -> Evidence:
    """Tables: xlsx, csv, or their PDF print."""
    return _rule(["sheet", "document"], at_least, at_most, hint, good, bad)


def AnyFiles(
    at_least: int = 0,
    at_most: int = 9,
    hint: Titled = "",
    *,
    good: Example | None = None,
    bad: Example | None = None,
) -> Evidence:
    """Any accepted kind of file but archives."""
    return _rule(["photo", "video", "document", "sheet"], at_least, at_most, hint, good, bad)


def _rule(
    kinds: Sequence[FileKind],
    at_least: int,
    at_most: int,
    hint: Titled,
    good: Example | None,
    bad: Example | None,
) -> Evidence:
    return Evidence(at_least=at_least, at_most=at_most, kinds=kinds, hint=hint, good=good, bad=bad)
