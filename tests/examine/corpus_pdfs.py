"""PDFs: honest ones, damaged ones, locked ones, ones with active content plain and hidden, ones that never end."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

from tests.examine.corpus import ATTENTION, NOT_TAKEN, READY, REFUSED, STORED, Case
from tests.examine.made_pdfs import locked, many_pages, object_stream, one_page, pdf, scanned, stream
from tests.examine.made_pictures import packed

GROUP = "pdfs"


def cases() -> list[Case]:
    return [*_honest(), *_damaged(), *_locked(), *_active(), *_endless(), *_polyglots()]


def _case(
    name: str, data: bytes | Callable[[], bytes], allowed: frozenset[Any], *, honest: bool = False
) -> Case:
    return Case(name, GROUP, data, "方案.pdf", allowed, honest)


# --- the cases ----------------------------------------------------------------------------------------------------


def _honest() -> list[Case]:
    link = b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://example.org) >> >>]"
    field = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Zheng) /Rect [50 50 250 80] /P 3 0 R >>"
    good: list[tuple[str, bytes | Callable[[], bytes]]] = [
        ("PDF of one page", one_page()),
        ("PDF of 10 pages", many_pages(10)),
        ("PDF of 10000 pages", lambda: many_pages(10_000)),
        ("PDF of scans", scanned()),
        ("PDF with a link", one_page(page=link)),
        ("PDF that opens at its first page", one_page(b"/OpenAction [3 0 R /Fit]")),
        (
            "PDF with a form that is filled in",
            one_page(b"/AcroForm << /Fields [6 0 R] >>", b"/Annots [6 0 R]", [field]),
        ),
        ("PDF that may not be changed", locked(b"")),
        ("PDF with a second version behind it", _second_version()),
        ("PDF with an object stream", one_page(more=[object_stream(b"<< /Title (Plan) >>")])),
        ("PDF of a landscape page that is turned", one_page(page=b"/Rotate 90", box=b"0 0 842 595")),
        ("PDF with script words in its text", one_page(drawn=b"BT /F1 9 Tf (JavaScript, Launch, XFA) Tj ET")),
    ]
    return [_case(name, data, READY, honest=True) for name, data in good]


def _second_version() -> bytes:
    """What signing and filling in write: a further object and its table behind the end."""
    whole = one_page()
    before = whole.rindex(b"startxref") + 10
    place = len(whole)
    table = place + len(b"6 0 obj\n<< >>\nendobj\n")
    return (
        whole
        + b"6 0 obj\n<< >>\nendobj\nxref\n6 1\n%010d 00000 n \ntrailer\n" % place
        + b"<< /Size 7 /Root 1 0 R /Prev %d >>\n" % int(whole[before:].split()[0])
        + b"startxref\n%d\n%%%%EOF\n" % table
    )


def _damaged() -> list[Case]:
    whole = scanned()
    return [
        _case("PDF of a head only", b"%PDF-1.7\n%%EOF\n", REFUSED),
        _case("PDF cut in the middle", whole[: len(whole) // 2], REFUSED | ATTENTION),
        _case("PDF cut in its head", whole[:60], REFUSED),
        _case("PDF of noise", b"%PDF-1.7\n" + bytes(range(256)) * 40, REFUSED),
        _case("PDF without pages", pdf(b"<< /Type /Catalog >>"), REFUSED),
        _case(
            "PDF whose page is no page",
            one_page().replace(b"/Type /Page /Parent", b"/Type /Font /Parent"),
            REFUSED | STORED,
        ),
        _case(
            "PDF without its table, which readers mend",
            one_page().replace(b"startxref", b"startxxxx"),
            STORED,
        ),
        _case("PDF with broken packed data", _broken(), REFUSED | STORED),
        _case("empty PDF", b"", NOT_TAKEN),
    ]


def _broken() -> bytes:
    return one_page(more=[stream(b"\x78\x9c" + bytes(200), b"/Filter /FlateDecode")]).replace(
        b"/Contents 4", b"/Contents 6"
    )


def _locked() -> list[Case]:
    return [
        _case("PDF with a password", locked(b"secret"), ATTENTION),
        _case(
            "PDF with an unknown lock",
            one_page(more=[b"<< /Filter /Unknown /V 99 >>"], trailer=b"/Encrypt 6 0 R"),
            ATTENTION | REFUSED,
        ),
    ]


def _active() -> list[Case]:
    script = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
    attached = b"/Names << /EmbeddedFiles << /Names [(a.exe) 6 0 R] >> >>"
    within = [
        b"<< /Type /Filespec /F (a.exe) /EF << /F 7 0 R >> >>",
        stream(b"MZ" + bytes(50), b"/Type /EmbeddedFile"),
    ]
    ascii_hex = b"/Filter [/ASCIIHexDecode /FlateDecode]"

    def hex_packed(data: bytes) -> bytes:
        return zlib.compress(data).hex().encode() + b">"

    found: list[tuple[str, bytes]] = [
        ("PDF with JavaScript on opening", one_page(b"/OpenAction " + script)),
        ("PDF with JavaScript, hex-escaped", one_page(b"/OpenAction << /S /J#61vaScr#69pt /#4a#53 (x) >>")),
        ("PDF with JavaScript in an object stream", one_page(more=[object_stream(script)])),
        (
            "PDF with JavaScript, escaped, in an object stream",
            one_page(more=[object_stream(b"<< /S /Java#53cript /J#53 (x) >>")]),
        ),
        (
            "PDF with an object stream in two filters",
            one_page(more=[object_stream(script, hex_packed, ascii_hex)]),
        ),
        (
            "PDF with an object stream whose kind is escaped",
            one_page(more=[object_stream(script).replace(b"/ObjStm", b"/Obj#53tm")]),
        ),
        ("PDF with an object stream that cannot be read", one_page(more=[object_stream(script, bytes)])),
        (
            "PDF with an object stream in LZW",
            one_page(more=[object_stream(script, bytes, b"/Filter /LZWDecode")]),
        ),
        (
            "PDF with a script of its document",
            one_page(b"/Names << /JavaScript << /Names [(a) 6 0 R] >> >>", more=[script]),
        ),
        ("PDF with a script for its page", one_page(page=b"/AA << /O " + script + b" >>")),
        ("PDF that starts a program", one_page(b"/OpenAction << /S /Launch /F (cmd.exe) >>")),
        ("PDF that starts a program, escaped", one_page(b"/OpenAction << /S /La#75nch /F (cmd.exe) >>")),
        ("PDF with a file within", one_page(attached, more=within)),
        (
            "PDF with a dynamic form",
            one_page(b"/AcroForm << /XFA 6 0 R /Fields [] >>", more=[stream(b"<xdp:xdp/>")]),
        ),
        ("PDF that sends a form", one_page(b"/OpenAction << /S /SubmitForm /F (https://example.org) >>")),
        ("PDF that opens another file", one_page(b"/OpenAction << /S /GoToR /F (\\\\\\\\host\\\\share) >>")),
        ("PDF with a film within", one_page(page=b"/Annots [<< /Subtype /RichMedia /Rect [0 0 9 9] >>]")),
    ]
    return [_case(name, data, ATTENTION) for name, data in found]


def _endless() -> list[Case]:
    cycle = pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>",
    )
    liar = one_page().replace(b"/Count 1 ", b"/Count 2147483647 ")
    form = b"<< /Length 6 /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >> >>"
    itself = one_page(
        page=b"/Resources << /XObject << /X 6 0 R >> >>",
        drawn=b"/X Do",
        more=[form + b"\nstream\n/X Do \nendstream"],
    )
    shape = b"".join(
        b"%d %d m %d %d l " % (n % 595, n % 842, n * 7 % 595, n * 13 % 842) for n in range(40_000)
    )
    bomb = stream(
        zlib.compress(zlib.compress(bytes(200_000_000), 9), 9), b"/Filter [/FlateDecode /FlateDecode]"
    )
    return [
        _case("PDF whose page tree is a circle", cycle, REFUSED),
        _case("PDF that claims two thousand million pages", liar, REFUSED | STORED),
        _case("PDF with a drawing of itself", itself, REFUSED | STORED),
        _case("PDF of a page 200 inches wide", one_page(box=b"0 0 14400 14400"), READY, honest=True),
        _case("PDF of a page without bounds", one_page(box=b"0 0 1e30 1e30"), REFUSED | STORED),
        _case("PDF of a page of no size", one_page(box=b"0 0 0 0"), REFUSED | STORED),
        _case("PDF of a strip", one_page(box=b"0 0 1 100000"), REFUSED | STORED),
        _case("PDF that draws without end", lambda: one_page(drawn=(shape + b"S\n") * 60), REFUSED | STORED),
        _case(
            "PDF with packed drawing of 200 MB",
            lambda: one_page(more=[bomb]).replace(b"/Contents 4", b"/Contents 6"),
            REFUSED | STORED,
        ),
        _case(
            "PDF with an object stream of 200 MB",
            lambda: one_page(more=[object_stream(bytes(200_000_000))]),
            STORED,
        ),
        _case("PDF with a picture of 60000 x 60000", _picture_bomb(), REFUSED | STORED),
        _case(
            "PDF with 20000 object streams", lambda: one_page(more=[object_stream(b"<<>>")] * 20_000), STORED
        ),
    ]


def _picture_bomb() -> bytes:
    image = stream(
        zlib.compress(bytes(1_000_000), 9),
        b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
        b" /Filter /FlateDecode",
    )
    return one_page(
        page=b"/Resources << /XObject << /X 6 0 R >> >>", drawn=b"500 0 0 500 0 0 cm /X Do", more=[image]
    )


def _polyglots() -> list[Case]:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    return [
        _case("PDF with an archive behind it", one_page(after=packed()), REFUSED),
        _case("PDF with a page behind it", one_page(after=b"<html><script>alert(1)</script>"), REFUSED),
        _case("PDF behind a page", b"<html><script>alert(1)</script>" + one_page(), NOT_TAKEN),
        _case("PDF behind a picture", picture.getvalue() + one_page(), REFUSED),
    ]
