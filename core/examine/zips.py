"""A zip read with care: its directory is not believed, its bytes are counted as they come out.

The standard library would read entries that lie over each other, as often as they are listed (CVE-2024-0450), and
stops where the directory says that an entry ends.
"""

from __future__ import annotations

import codecs
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.domain.text import Text
from core.examine import words
from core.examine.answers import Refused
from core.examine.readable import encoded_name, one_line

#: What all packed entries may become together, and how much one may grow once it is a large one.
MOST_BYTES = 512 * 1024 * 1024
MOST_GROWTH, LARGE = 200, 32 * 1024 * 1024
MOST_ENTRIES = 10_000
CHUNK = 1024 * 1024
_LOCAL = struct.Struct("<4s22xHH")
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
#: Looked up while imports are still allowed: the child is shut in afterwards.
codecs.lookup("cp437")

ENCRYPTED = Text(
    "文件设了密码，无法检查，也无法核对内容，请去掉密码后再传",
    "The file is protected by a password and cannot be checked: remove the password and upload it again",
)
TOO_MANY = Text(
    f"文件里的条目超过 {MOST_ENTRIES} 个，请分成几个再传",
    f"The file holds more than {MOST_ENTRIES} entries: split it and upload the parts",
)
GROWS = Text(
    "文件展开后异常地大，可能是压缩炸弹，请解压后重新打包再传",
    "The file becomes unusually large when it is unpacked: unpack it, pack it anew and upload it again",
)
TWISTED = Text(
    "文件的目录和内容对不上（重叠、重名或大小不符），请用常用软件重新打包或另存后再传",
    "The file's directory does not fit its content (entries overlap, share a name or have other sizes): "
    "pack or save it anew with a common program and upload it again",
)
METHOD = Text(
    "文件用了不常见的压缩方式，无法检查，请用普通的 ZIP 方式重新打包再传",
    "The file is packed in an unusual way and cannot be checked: pack it as an ordinary ZIP and upload it again",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its name as meant, where its bytes begin, how many they are packed and unpacked."""

    name: str
    start: int
    packed: int
    size: int
    crc: int
    deflated: bool
    folder: bool


class Zip:
    """The entries of an open archive; raises Refused where it is not what an honest program writes."""

    def __init__(self, file: BinaryIO, infos: list[zipfile.ZipInfo], directory: int) -> None:
        self._file = file
        if len(infos) > MOST_ENTRIES:
            raise Refused(TOO_MANY)
        self.entries = [self._entry(info) for info in infos]
        self._no_overlap(infos, directory)
        names = [entry.name for entry in self.entries]
        if len(set(names)) < len(names):
            raise Refused(TWISTED)
        if sum(entry.size for entry in self.entries if entry.deflated) > MOST_BYTES:
            raise Refused(GROWS)
        #: Bytes that belong to no entry and to no directory: something else may be hidden there.
        self.unlisted = directory - sum(entry.packed for entry in self.entries) - self._headers

    def _entry(self, info: zipfile.ZipInfo) -> Entry:
        name = encoded_name(info.orig_filename, utf8=bool(info.flag_bits & 0x800))
        _no_trick(info, name)
        return Entry(
            name,
            self._start(info),
            info.compress_size,
            info.file_size,
            info.CRC,
            info.compress_type == zipfile.ZIP_DEFLATED,
            info.is_dir(),
        )

    def _start(self, info: zipfile.ZipInfo) -> int:
        """Where an entry's bytes begin, after its own header; which must name it as the directory does."""
        self._file.seek(max(info.header_offset, 0))
        head = self._file.read(_LOCAL.size)
        if info.header_offset < 0 or len(head) < _LOCAL.size:
            raise Refused(words.DAMAGED)
        signature, name, extra = _LOCAL.unpack(head)
        encoding = "utf-8" if info.flag_bits & 0x800 else "cp437"
        if signature != b"PK\x03\x04" or self._file.read(name) != info.orig_filename.encode(encoding):
            raise Refused(TWISTED)
        return info.header_offset + _LOCAL.size + int(name) + int(extra)

    def _no_overlap(self, infos: list[zipfile.ZipInfo], directory: int) -> None:
        """Each entry ends before the next begins, and the last before the directory."""
        spans = sorted(
            (info.header_offset, entry.start + entry.packed)
            for info, entry in zip(infos, self.entries, strict=True)
        )
        self._headers = sum(
            entry.start - info.header_offset for info, entry in zip(infos, self.entries, strict=True)
        )
        begins = [begin for begin, _ in spans[1:]] + [directory]
        if any(end > begin for (_, end), begin in zip(spans, begins, strict=bool(spans))):
            raise Refused(TWISTED)

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """An entry's bytes, piece by piece; raises Refused where they are not what the directory says."""
        self._file.seek(entry.start)
        checksum, size = 0, 0
        try:
            for chunk in self._inflated(entry.packed) if entry.deflated else self._raw(entry.packed):
                size += len(chunk)
                if size > entry.size:
                    raise Refused(TWISTED)
                checksum = zlib.crc32(chunk, checksum)
                yield chunk
        except zlib.error as error:
            raise Refused(words.DAMAGED) from error
        if size != entry.size or checksum != entry.crc:
            raise Refused(words.DAMAGED)

    def _raw(self, left: int) -> Iterator[bytes]:
        while left and (chunk := self._file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk

    def _inflated(self, packed: int) -> Iterator[bytes]:
        # An entry may be read while another is: each remembers its own place.
        unpack, place, end = (
            zlib.decompressobj(-zlib.MAX_WBITS),
            self._file.tell(),
            self._file.tell() + packed,
        )
        held = b""
        while not unpack.eof:
            if not held:
                self._file.seek(place)
                held = self._file.read(min(65536, end - place))
                place += len(held)
            chunk = unpack.decompress(held, CHUNK)
            if not chunk and not held:
                return
            held = unpack.unconsumed_tail
            if chunk:
                yield chunk


def _no_trick(info: zipfile.ZipInfo, name: str) -> None:
    """Refuse what no honest program writes, or what cannot be looked into."""
    if info.flag_bits & 0x2041:
        raise Refused(ENCRYPTED)
    if info.compress_type not in _METHODS:
        raise Refused(METHOD)
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise Refused(_leads_out(name))
    parts = [part.strip() for part in name.replace("\\", "/").split("/")]
    drive = len(name) > 1 and name[1] == ":" and name[0].isalpha()
    if "\0" in name or ".." in parts or not parts[0] or drive:
        raise Refused(_leads_out(name))
    if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size:
        raise Refused(TWISTED)
    if info.file_size > LARGE and info.file_size > MOST_GROWTH * info.compress_size:
        raise Refused(GROWS)


def _leads_out(name: str) -> Text:
    shown = one_line(name)[:60]
    return Text(
        f"文件里有指向别处的条目“{shown}”（绝对路径、上级目录或链接），请重新打包再传",
        f"The file holds an entry that leads elsewhere, {shown!r} (an absolute path, a folder above, a link): "
        "pack it anew and upload it again",
    )


@contextmanager
def opened(path: Path) -> Iterator[Zip]:
    """The archive at a path; raises Refused where it cannot be read or is not honest."""
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                infos, directory = archive.infolist(), archive.start_dir
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            NotImplementedError,
            struct.error,
            OverflowError,
        ) as error:
            raise Refused(words.DAMAGED) from error
        yield Zip(file, infos, directory)
