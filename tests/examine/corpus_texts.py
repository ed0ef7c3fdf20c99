"""Plain texts and tables as text, honest and odd; and honest files under odd names."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.examine.corpus import AWAY, NOT_TAKEN, READY, REFUSED, STORED, Case, Outcome
from tests.unit.files import picture

TEXTS, NAMES = "texts", "names"
Outcomes = frozenset[Outcome]
#: Up to here a text is looked at when it arrives.
_AT_ARRIVAL = 4 * 1024 * 1024
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_WORDS = "单位名称：示范学校\n参加人数：120 人\n负责人签字：\n"
_TABLE = "单位,人数\n第一小学,120\n第二小学,98\n"


def cases() -> list[Case]:
    return [*_honest_texts(), *_honest_tables(), *_odd_texts(), *_odd_tables(), *_names()]


def txt(name: str, data: bytes | Callable[[], bytes], allowed: Outcomes, *, honest: bool = False) -> Case:
    return Case(name, TEXTS, data, "说明.txt", allowed, honest)


def table(name: str, data: bytes | Callable[[], bytes], allowed: Outcomes, *, honest: bool = False) -> Case:
    return Case(name, TEXTS, data, "成绩.csv", allowed, honest)


def _honest_texts() -> list[Case]:
    return [
        txt("UTF-8", _WORDS.encode(), READY, honest=True),
        txt("UTF-8 with a mark", _WORDS.encode("utf-8-sig"), READY, honest=True),
        txt("GBK", _WORDS.encode("gbk"), READY, honest=True),
        txt("GB 18030 with rare letters", ("龘𠮷㐀" + _WORDS).encode("gb18030"), READY, honest=True),
        txt("emoji", "👩‍👩‍👧 宣传 📣\n".encode(), READY, honest=True),
        txt("ASCII", b"plain words\n", READY, honest=True),
        txt("Windows lines", _WORDS.replace("\n", "\r\n").encode(), READY, honest=True),
        txt("old Mac lines", _WORDS.replace("\n", "\r").encode(), READY, honest=True),
        txt("form feed", b"page one\x0cpage two\n", READY, honest=True),
        txt("one letter", b"a", READY, honest=True),
        txt("20 MB", lambda: _WORDS.encode() * 200_000, READY, honest=True),
    ]


def _honest_tables() -> list[Case]:
    broken = '单位,备注\n甲,"两行\n备注"\n乙,"他说""好"""\n'
    return [
        table("commas", _TABLE.encode(), READY, honest=True),
        table("commas, GBK", _TABLE.encode("gbk"), READY, honest=True),
        table("commas, with a mark", _TABLE.encode("utf-8-sig"), READY, honest=True),
        table("semicolons", _TABLE.replace(",", ";").encode(), READY, honest=True),
        table("tabs", _TABLE.replace(",", "\t").encode(), READY, honest=True),
        table("line breaks and quotes in cells", broken.encode(), READY, honest=True),
        table("one column", "单位\n甲\n乙\n".encode(), READY, honest=True),
        table(
            "negatives and phone numbers", "单位,电话\n甲,+86 371 0000\n乙,-5\n".encode(), READY, honest=True
        ),
        table("a million rows", lambda: b"1,2,3\n" * 1_000_000, READY, honest=True),
    ]


def _odd_texts() -> list[Case]:
    late = b"words\n" * (_AT_ARRIVAL // 6 + 1000)
    return [
        txt("empty", b"", NOT_TAKEN),
        txt("blank", b" \n\t\r\n", NOT_TAKEN),
        txt("zero byte", b"text\0more", NOT_TAKEN),
        txt("zero byte far behind", lambda: late + b"\0", REFUSED),
        txt("program far behind", lambda: late + b"MZ\x90\0\x03" + bytes(range(256)), REFUSED),
        txt("archive far behind", lambda: late + b"PK\x03\x04\x14\0\0\0", REFUSED),
        txt("escape signs of a terminal", b"\x1b[31mred\x1b[0m", NOT_TAKEN),
        txt("backspaces", b"harmless\x08\x08\x08\x08evil", NOT_TAKEN),
        txt("delete sign", b"text\x7fmore", AWAY | STORED),
        txt("UTF-16", _WORDS.encode("utf-16"), NOT_TAKEN),
        txt("UTF-32", _WORDS.encode("utf-32"), NOT_TAKEN),
        txt("neither UTF-8 nor GB 18030", b"abc\xff\xfe\xfd and more", NOT_TAKEN),
        txt("half a letter at the end", _WORDS.encode("gbk") + b"\xd6", NOT_TAKEN),
        txt("unreadable bytes far behind", lambda: late + b"\xff\xff\xff", STORED | REFUSED),
        txt("page", b"<!DOCTYPE html><script>alert(1)</script>", NOT_TAKEN),
        txt("page after blanks and a mark", b"\xef\xbb\xbf \n<html>", NOT_TAKEN),
        txt("drawing", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", NOT_TAKEN),
        txt("program for a shell", b"#!/bin/sh\nrm -rf /\n", NOT_TAKEN),
        txt("PHP", b"<?php system($_GET['a']); ?>", NOT_TAKEN),
        txt("script within words", b"see below\n<script>alert(1)</script>\n", STORED),
        txt("commands", b"@echo off\r\ndel *.*\r\n", STORED),
        txt("MZ as letters", b"MZ is a word too\n", NOT_TAKEN),
        txt("test virus", EICAR, STORED),
        txt("playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", STORED),
        txt("PostScript", b"%!PS-Adobe-3.0\n(%pipe%id) (r) file\n", STORED),
        txt("rich text", b"{\\rtf1 {\\object\\objdata 0105}}", STORED),
        txt("mail with a program", b"MIME-Version: 1.0\nContent-Type: text/html\n\n<html></html>\n", STORED),
        txt("signs that turn the direction", "安全\u202egpj.exe\u202c\n".encode(), READY),
        txt("zero width signs", "密\u200b码\u200d：\ufeff一\n".encode(), READY),
        txt("letters on letters", ("a" + "\u0301" * 5000).encode(), READY),
        txt("one line of 8 MB", lambda: b"x" * 8_000_000, READY),
        txt("letters that stand for halves", b"\xed\xa0\xbd\xed\xb8\x80 text", AWAY | STORED),
        txt("random bytes", random.Random(7).randbytes(4096), NOT_TAKEN),
    ]


def _odd_tables() -> list[Case]:
    starts = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        "\t=1",
        "＝1",
        "=cmd|'/c calc'!A0",
        '=HYPERLINK("http://192.0.2.1")',
    ]
    return [
        table("cells that look like formulas", "\n".join(f"{start},x" for start in starts).encode(), READY),
        table("quote that never ends", b'a,"b\n' + b"c,d\n" * 50_000, READY),
        table("ten thousand columns", b",".join([b"1"] * 10_000) + b"\n" + b"2\n", READY),
        table("one row of 8 MB", lambda: b"1," * 4_000_000, READY),
        table("one cell of 3 MB", lambda: b'a,"' + b"y" * 3_000_000 + b'"\n', READY),
        table("rows of uneven length", b"a\nb,c\nd,e,f,g\n\n,,\nh\n", READY),
        table("nothing but commas", b",,,\n" * 100, READY),
        table("nothing but quotes", b'"' * 10_001, READY),
        table("markup in cells", b"a,<script>alert(1)</script>\n<img src=x onerror=alert(1)>,b\n", READY),
        table("lines in three fashions", b"a,b\r\nc,d\re,f\n", READY),
        table("separators of Unicode in cells", "a,b\u2028c\nd,e\x85f\n".encode(), READY),
        table("sep= as a spreadsheet writes it", b"sep=;\na;b\nc;d\n", READY),
        table("page as a table", b"<table><tr><td>1</td></tr></table>", NOT_TAKEN),
        table("zero bytes in a table", b"a,b\nc,\0\n", NOT_TAKEN),
        table("picture as a table", picture("PNG"), READY),
        table(
            "letter cut by the limit of reading",
            lambda: b"a" * (1024 * 1024 - 1) + "字\n".encode() * 10,
            READY,
        ),
        table("two encodings", "单位,人数\n".encode() + "第一小学,3\n".encode("gbk"), AWAY | STORED),
    ]


# --- names --------------------------------------------------------------------------------------------------------

#: Names as devices, people and attackers send them.
ODD_NAMES = {
    "folder above": "../../etc/passwd.jpg",
    "folder above by backslash": "..\\..\\Windows\\win.jpg",
    "folder above, escaped": "%2e%2e%2f%2e%2e%2fetc%2fpasswd.jpg",
    "folder above, escaped twice": "%252e%252e%252fpasswd.jpg",
    "folder above in full width": "．．／．．／passwd.jpg",
    "folder above in overlong bytes": "..\udcc0\udcaf..\udcc0\udcafpasswd.jpg",
    "folder above with dots between": "....//....//passwd.jpg",
    "absolute path": "/etc/shadow.jpg",
    "drive": "C:\\fakepath\\现场.jpg",
    "share": "\\\\192.0.2.1\\c$\\a.jpg",
    "device path": "\\\\?\\C:\\a.jpg",
    "zero byte": "photo.jpg\0.exe",
    "line breaks": "a\r\nSet-Cookie: x=1\r\n\r\n.jpg",
    "tab and bell": "a\tb\x07.jpg",
    "escape signs": "\x1b[31ma.jpg",
    "reading direction turned": "照片\u202egpj.exe",
    "direction marks": "\u200f\u200e\u2066照片\u2069.jpg",
    "zero width": "照\u200b片\ufeff.jpg",
    "homoglyph extension": "照片.\u0458pg",
    "full-width extension": "照片．ｊｐｇ",
    "two extensions": "照片.jpg.exe",
    "device": "CON.jpg",
    "device with an extension": "com1.tar.jpg",
    "device without one": "NUL",
    "stream": "a.jpg:evil.exe",
    "stream of the folder": "a.jpg::$DATA",
    "dots and spaces at the end": "照片.jpg. . .",
    "nothing but dots": "...",
    "nothing but spaces": "   ",
    "nothing": "",
    "begins with a dash": "-rf.jpg",
    "hidden file": ".htaccess",
    "quotes": "a\"b'c`d.jpg",
    "markup": "<img src=x onerror=alert(1)>.jpg",
    "signs of a shell": "$(id);`id`|&.jpg",
    "signs of a database": "'; DROP TABLE reports; --.jpg",
    "signs of a template": "{{7*7}}${7*7}.jpg",
    "formula": "=cmd|'/c calc'!A0.jpg",
    "85 Han letters": "督" * 85,
    "85 Han letters and an extension": "督" * 85 + ".jpg",
    "255 bytes": "a" * 251 + ".jpg",
    "5,000 letters": "长" * 5000 + ".jpg",
    "letters apart (NFD)": "cafe\u0301 e\u0301cole.jpg",
    "letters together (NFC)": "caf\u00e9.jpg",
    "GBK bytes taken for Latin letters": "现场.jpg".encode("gbk").decode("latin-1"),
    "GBK bytes that are no UTF-8": "现场.jpg".encode("gbk").decode("utf-8", "surrogateescape"),
    "UTF-8 taken for Latin letters": "现场.jpg".encode().decode("latin-1"),
    "emoji": "📷👩‍👩‍👧🇨🇳.jpg",
    "letters of a private use": "\ue000\uf8ff.jpg",
    "half a letter": "\ud83d.jpg",
    "letters on letters": "a" + "\u0301" * 300 + ".jpg",
    "line separators": "a\u2028b\u2029c.jpg",
    "percent at the end": "100%.jpg",
    "only an extension": ".jpg",
    "extension in capitals": "IMG_0001.JPG",
}


def _names() -> list[Case]:
    return [Case(name, NAMES, picture("JPEG"), odd, READY, honest=True) for name, odd in ODD_NAMES.items()]
