"""What nobody types: for every field, filter and page number."""

from __future__ import annotations

from tests.web.site import Site

LONG = "长x" * 50_000
NASTY: dict[str, str | bytes] = {
    "100 kB": LONG,
    "NUL": "a\0b",
    "bad UTF-8": b"\xff\xfe\xc3\x28",
    "GBK": "现场".encode("gbk"),
    "a lone surrogate": b"\xed\xa0\x80",
    "a huge number": "9" * 400,
    "a number over 64 bits": str(2**63),
    "a negative number": "-1",
    "a number with an exponent": "1e400",
    "not a number": "NaN",
    "infinity": "-Infinity",
    "Arabic digits": "١٢٣",
    "markup": "<script>alert(1)</script>'\"`{{7*7}}${7*7}%(x)s%s",
    "SQL": "' OR 1=1 --",
    "LIKE": "%_\\",
    "bidi": "\u202eabc\u2066",
    "emoji": "👨‍👩‍👧" * 40,
    "a path": "../../../etc/passwd",
    "lines": "a\r\nb\r\n\r\nc",
    "nothing": "",
    "a date that is none": "2020-02-30",
    "a year far away": "9999-12-31T23:59:59+14:00",
    "the year nought": "0000-00-00",
    "the year one": "0001-01-01",
}
#: What could go wrong only where it is shown again; it is sent with forms alone.
SHOWN = ("bidi", "emoji", "a path", "lines", "markup", "SQL", "infinity", "Arabic digits")
#: What the databases differ about: PostgreSQL gets these, SQLite everything.
STORED = (
    "100 kB",
    "NUL",
    "bad UTF-8",
    "a lone surrogate",
    "a huge number",
    "a number over 64 bits",
    "the year one",
)
#: What each single field gets.
EACH = ("100 kB", "a number over 64 bits")


def nasty_for(site: Site) -> list[tuple[int, str, str | bytes]]:
    """What is sent to a site, numbered."""
    sqlite = str(site.app.config["SQLALCHEMY_DATABASE_URI"]).startswith("sqlite")
    kinds = [kind for kind in NASTY if sqlite or kind in STORED]
    return [(number, kind, NASTY[kind]) for number, kind in enumerate(kinds)]
