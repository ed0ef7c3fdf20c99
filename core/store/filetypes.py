"""What a file is, by its bytes: a closed list of what evidence may be. The name is never believed.

A library that names hundreds of formats would guess an Office file's kind from its extension; a closed list says no.
"""

from __future__ import annotations

import codecs
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from core.domain.declare import FileKind
from core.store.zips import bounded

HEAD = 4096
#: How much of a text, and of a part that lists an Office file's types, is looked at.
LONGEST_TEXT = 4 * 1024 * 1024
LONGEST_PART = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileType:
    """A recognised type: the kind that evidence rules speak of, media type, extension of a download."""

    kind: FileKind
    media_type: str
    extension: str
    aliases: tuple[str, ...] = ()


JPEG = FileType("photo", "image/jpeg", ".jpg", (".jpeg",))
PNG = FileType("photo", "image/png", ".png")
WEBP = FileType("photo", "image/webp", ".webp")
HEIC = FileType("photo", "image/heic", ".heic", (".heif",))
MP4 = FileType("video", "video/mp4", ".mp4", (".m4v",))
MOV = FileType("video", "video/quicktime", ".mov")
PDF = FileType("document", "application/pdf", ".pdf")
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = FileType("document", _OFFICE + "wordprocessingml.document", ".docx")
XLSX = FileType("sheet", _OFFICE + "spreadsheetml.sheet", ".xlsx")
CSV = FileType("sheet", "text/csv", ".csv")
TXT = FileType("document", "text/plain", ".txt")
ZIP = FileType("archive", "application/zip", ".zip")

ALL = (JPEG, PNG, WEBP, HEIC, MP4, MOV, PDF, DOCX, XLSX, CSV, TXT, ZIP)
#: The only types that a browser may show in place; everything else is downloaded.
INLINE = frozenset({JPEG.media_type, PNG.media_type, WEBP.media_type})

#: Of these methods `zipfile` unpacks no more than is asked for; of others a few bytes become gigabytes at once.
_BOUNDED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
#: What `zipfile` raises for broken archives.
_BROKEN = (
    zipfile.BadZipFile,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zlib.error,
)

_SIGNATURES = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"%PDF-", PDF))
_HEIC_BRANDS = {b"heic", b"heix", b"heif", b"mif1", b"hevc", b"msf1"}
_MP4_BRANDS = {
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"M4V ",
    b"dash",
    b"3gp4",
    b"3gp5",
}


def recognise(path: Path, name: str) -> FileType | None:
    """The type of a stored file, or None where it is not one that evidence may be.

    `name` only tells a table from a plain text: both are text, and a wrong guess harms nobody.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    for signature, found in _SIGNATURES:
        if head.startswith(signature):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _container(head[8:12])
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(path)
    if _is_text(path, head):
        return CSV if name.lower().endswith(".csv") else TXT
    return None


def as_sent(media_type: str, kind: str) -> str:
    """The type of bytes as one unit sent them: the same text is a table to whoever named it so."""
    if media_type in (TXT.media_type, CSV.media_type):
        return CSV.media_type if kind == CSV.kind else TXT.media_type
    return media_type


def _container(brand: bytes) -> FileType | None:
    if brand in _HEIC_BRANDS:
        return HEIC
    if brand == b"qt  ":
        return MOV
    return MP4 if brand in _MP4_BRANDS else None


def _archive(path: Path) -> FileType | None:
    if not bounded(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                return None
            if "[Content_Types].xml" not in names:
                return ZIP
            types = archive.getinfo("[Content_Types].xml")
            if types.compress_type not in _BOUNDED:
                return None
            with archive.open(types) as types_file:
                macros = b"macroenabled" in types_file.read(LONGEST_PART).lower()
    except _BROKEN:
        return None
    if macros:
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None


def _is_text(path: Path, head: bytes) -> bool:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if not start or b"\0" in head or start.startswith((b"<", b"mz", b"#!")):
        return False
    with path.open("rb") as file:
        content = file.read(LONGEST_TEXT)
        cut = bool(file.read(1))
    return any(_decodes(content, encoding, cut=cut) for encoding in ("utf-8", "gb18030"))


def _decodes(content: bytes, encoding: str, *, cut: bool) -> bool:
    """Whether bytes are text; a character that only the limit of reading has cut is no error of the file."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(content, final=not cut)
    except UnicodeDecodeError:
        return False
    return not any(ord(sign) < 32 and sign not in "\t\n\r\f" for sign in text)
