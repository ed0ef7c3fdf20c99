"""Archives: honest ones, names that lead out or mislead, programs inside, bombs, twisted directories."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from tests.examine.corpus import ATTENTION, AWAY, NOT_TAKEN, READY, REFUSED, STORED, Case, Outcome
from tests.examine.corpus_papers import PROGRAM
from tests.examine.made_zips import (
    by_lzma,
    encrypted,
    end_record,
    honest_entry,
    large_form,
    one_body,
    overlapping,
    packed,
    put_together,
    raw_zip,
    special,
    streamed,
    twice,
    zeros,
)
from tests.unit.files import archive, docx, picture, workbook

GROUP = "archives"
Outcomes = frozenset[Outcome]


def cases() -> list[Case]:
    return [*_zips(), *_zip_names(), *_zip_contents(), *_zip_bombs(), *_twisted()]


def zipped(name: str, data: bytes | Callable[[], bytes], allowed: Outcomes, *, honest: bool = False) -> Case:
    return Case(name, GROUP, data, "材料.zip", allowed, honest)


def _zips() -> list[Case]:
    photo = picture("JPEG")
    gbk = [honest_entry("宣传照片/现场.jpg".encode("gb18030"), photo)]
    slash = [honest_entry("誠信.jpg".encode("gb18030"), photo)]  # its second byte is a backslash
    assert b"\\" in slash[0][0]
    return [
        zipped("photos", archive({f"照片/{number}.jpg": photo for number in range(20)}), READY, honest=True),
        zipped(
            "a thousand photos",
            archive({f"{number}.jpg": photo for number in range(1000)}),
            READY,
            honest=True,
        ),
        zipped("names in GBK", raw_zip(gbk), READY, honest=True),
        zipped("names in GBK that end in a backslash", raw_zip(slash), READY, honest=True),
        zipped(
            "names in UTF-8 without a flag",
            raw_zip([honest_entry("照片.jpg".encode(), photo)]),
            READY,
            honest=True,
        ),
        zipped(
            "documents inside", archive({"方案.docx": docx(), "成绩.xlsx": workbook()}), READY, honest=True
        ),
        zipped("not packed, only put together", put_together(), READY, honest=True),
        zipped("written as a stream", streamed(), READY, honest=True),
        zipped("large form (zip64)", large_form(), READY, honest=True),
        zipped(
            "saved page inside", archive({"页面.html": b"<html></html>", "a.css": b"x"}), READY, honest=True
        ),
        zipped("text that begins with MZ", archive({"说明.txt": b"MZ is two letters"}), READY, honest=True),
        zipped("empty", archive({}), ATTENTION),
    ]


def _zip_names() -> list[Case]:
    def named(name: str, allowed: Outcomes, entry: str, data: bytes = b"x") -> Case:
        return zipped(name, raw_zip([honest_entry(entry.encode(), data)], flags=0x800), allowed)

    return [
        named("folder above", REFUSED, "../evil.txt"),
        named("folder above by backslash", REFUSED, "..\\..\\evil.txt"),
        named("folder above within", REFUSED, "a/../../evil.txt"),
        named("folder above with spaces", REFUSED, "a/ .. /evil.txt"),
        named("absolute path", REFUSED, "/etc/cron.d/evil"),
        named("share", REFUSED, "\\\\192.0.2.1\\share\\evil.txt"),
        named("drive", REFUSED, "C:\\Windows\\evil.txt"),
        named("drive without a slash", REFUSED, "c:evil.txt"),
        named("zero byte", REFUSED, "photo.jpg\0.txt"),
        named("backslashes as an old program writes them", ATTENTION, "照片\\现场.jpg"),
        named("line break", ATTENTION, "a\r\nb.txt"),
        named("reading direction turned", ATTENTION, "照片\u202egpj.txt"),
        named("zero width", ATTENTION, "照\u200b片.jpg"),
        named("device", ATTENTION, "资料/CON.txt"),
        named("device with a number", ATTENTION, "COM1.jpg"),
        named("stream", STORED | REFUSED, "a.txt:evil.exe"),
        named("dot at the end", ATTENTION, "照片.jpg."),
        named("escaped folder above is a plain name", READY, "%2e%2e%2fevil.txt"),
        named("full-width dots are a plain name", READY, "．．／evil.txt"),
        zipped("link", special(0o120777, b"/etc/passwd"), REFUSED),
        zipped("device file", special(0o020666, b""), REFUSED),
        zipped("pipe", special(0o010666, b""), REFUSED),
        zipped("same name twice", twice(), REFUSED),
        zipped("names that differ in case", archive({"a.JPG": b"1", "A.jpg": b"2"}), ATTENTION),
        zipped(
            "names in two forms of Unicode", archive({"e\u0301.txt": b"1", "\u00e9.txt": b"2"}), ATTENTION
        ),
    ]


def _zip_contents() -> list[Case]:
    inner = archive({"a.txt": b"a"})
    return [
        *(
            zipped(f"holds {name}", archive({name: b"x"}), REFUSED)
            for name in (
                "安装.exe",
                "a.SCR",
                "a.bat",
                "a.ps1",
                "a.vbs",
                "a.lnk",
                "a.hta",
                "a.apk",
                "a.docm",
                "a.msi",
            )
        ),
        zipped("program as a photo", archive({"照片.jpg": PROGRAM}), REFUSED),
        zipped("Linux program", archive({"readme": b"\x7fELF" + bytes(60)}), REFUSED),
        zipped("program with two extensions", archive({"照片.jpg.exe": b"x"}), REFUSED),
        zipped("program with dots and spaces", archive({"照片.exe. .": b"x"}), REFUSED),
        zipped("program with the direction turned", archive({"照片\u202egpj.exe": b"x"}), REFUSED),
        zipped("program with a zero width sign", archive({"evil.e\u200bxe": b"x"}), REFUSED),
        zipped("program in full-width letters", archive({"evil．ｅｘｅ": b"x"}), REFUSED),
        zipped("no program, foreign letters", archive({"evil.\u0435\u0445\u0435": b"x"}), STORED),
        zipped("script", archive({"a.js": b"x"}), ATTENTION),
        zipped("shortcut to a page", archive({"官网.url": b"[InternetShortcut]"}), ATTENTION),
        zipped("zip in a zip", archive({"more.zip": inner}), ATTENTION),
        zipped("zip in a zip as a photo", archive({"a.jpg": inner}), ATTENTION),
        zipped("RAR in a zip", archive({"a.dat": b"Rar!\x1a\x07\x00" + bytes(20)}), ATTENTION),
        zipped("encrypted", encrypted(archive({"a.txt": b"secret"})), REFUSED),
        zipped("packed by LZMA", by_lzma(), REFUSED),
    ]


def _zip_bombs() -> list[Case]:
    large = 600 * 1024 * 1024
    part = bytes(7 * 1024 * 1024)
    crc, thin = zlib.crc32(part), packed(part)
    return [
        zipped("600 MB of zeros", lambda: raw_zip([(b"a.txt", zeros(600), large, 0)]), REFUSED),
        zipped("600 MB said to be 4", lambda: raw_zip([(b"a.txt", zeros(600), 4, 0)]), REFUSED),
        zipped("600 MB said to be 7", lambda: raw_zip([(b"a.txt", zeros(600), 7 << 20, crc)]), REFUSED),
        zipped(
            "100 entries of 7 MB",
            lambda: raw_zip([(b"%d" % n, thin, len(part), crc) for n in range(100)]),
            REFUSED,
        ),
        zipped("entries that lie in each other", overlapping, REFUSED),
        zipped("one body, listed 50 times", lambda: one_body(thin, len(part), crc), REFUSED),
        zipped("20,000 entries", lambda: archive({f"{n}.txt": b"" for n in range(20_000)}), AWAY),
    ]


def _twisted() -> list[Case]:
    data = b"words " * 100
    name, body, size, crc = honest_entry(b"a.txt", data)
    whole = raw_zip([(name, body, size, crc)])
    hidden = archive({"a.txt": b"a"})
    begin = hidden.index(b"PK\x01\x02")
    padding = bytes(range(256)) * 400
    end = hidden.index(b"PK\x05\x06")
    moved = hidden[:begin] + padding + hidden[begin:end] + end_record(1, end - begin, begin + len(padding))
    return [
        zipped("checksum wrong", raw_zip([(name, body, size, crc ^ 1)]), REFUSED),
        zipped("longer than said", raw_zip([(name, body, size - 10, crc)]), REFUSED),
        zipped("shorter than said", raw_zip([(name, body, size + 10, crc)]), REFUSED),
        zipped("no packed stream", raw_zip([(name, b"\xff" * 40, size, crc)]), REFUSED),
        zipped("stored with two sizes", raw_zip([(name, data, 10, crc)], method=0), REFUSED),
        zipped("two names for one entry", whole.replace(b"a.txt", b"b.exe", 1), REFUSED),
        zipped(
            "entry beyond the end",
            whole.replace(struct.pack("<I", 0) + b"a.txt", struct.pack("<I", 9**9) + b"a.txt"),
            AWAY,
        ),
        zipped("bytes hidden before the directory", moved, ATTENTION),
        zipped("directory cut off", whole[:-30], NOT_TAKEN),
        zipped("nothing but a head", b"PK\x03\x04 no archive at all", NOT_TAKEN),
    ]
