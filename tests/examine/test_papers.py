"""What is known of a PDF after a look inside, what viewers see of it, and what it is told to hold."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from PIL import Image

from core.domain.files import Examined, FileState
from core.examine import launch, papers, pdf_names
from core.examine.answers import Task
from tests.examine.made_pdfs import locked, many_pages, object_stream, one_page, scanned, stream


def look(folder: Path, data: bytes) -> Examined:
    path, out = folder / "file", folder / "out"
    path.write_bytes(data)
    out.mkdir(exist_ok=True)
    return launch.examine(path, "方案.pdf", "application/pdf", out)


def test_pages_are_counted_and_drawn(tmp_path: Path) -> None:
    found = look(tmp_path, scanned())
    assert (found.state, found.facts) == (FileState.READY, {"pages": 3})
    names = [preview.name for preview in found.previews]
    assert names == ["thumb.webp", "page-1.webp", "page-2.webp", "page-3.webp"]
    assert all(max(preview.width, preview.height) == 1600 for preview in found.previews[1:])
    with Image.open(tmp_path / "out" / "page-1.webp") as shown:
        assert len(shown.convert("L").getcolors(300) or []) > 50


def test_what_is_written_is_seen(tmp_path: Path) -> None:
    look(tmp_path, one_page(drawn=b"BT /F1 90 Tf 60 400 Td (PLAN) Tj ET"))
    with Image.open(tmp_path / "out" / "page-1.webp") as shown:
        darkest, _ = shown.convert("L").getextrema()
    assert isinstance(darkest, (int, float))
    assert darkest < 60


def test_a_form_that_is_filled_in_is_seen(tmp_path: Path) -> None:
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (W) /Rect [50 50 550 750] /P 3 0 R /F 4"
        b" /AP << /N 7 0 R >> >>"
    )
    drawn = stream(b"0 0 500 700 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 500 700]")
    catalogue, page = b"/AcroForm << /Fields [6 0 R] >>", b"/Annots [6 0 R]"
    look(tmp_path, one_page(catalogue, page, [field, drawn], drawn=b""))
    with Image.open(tmp_path / "out" / "page-1.webp") as shown:
        grey = shown.convert("L")
        assert grey.getpixel((grey.width // 2, grey.height // 2)) == 0


def test_the_first_twenty_pages_are_drawn(tmp_path: Path) -> None:
    found = look(tmp_path, many_pages(25))
    assert (found.state, found.facts, len(found.previews)) == (FileState.READY, {"pages": 25}, 21)
    assert found.previews[-1].name == "page-20.webp"


def test_pages_that_take_too_long_are_left_out_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "DRAWING", 0.15)
    path = tmp_path / "file"
    path.write_bytes(many_pages(20))
    found = papers.examine(Task(path, "方案.pdf", "application/pdf", tmp_path))
    assert found.state is FileState.ATTENTION
    assert 1 <= len(found.previews) < 21
    assert "没有显示" in found.said[-1].zh


def test_a_password_is_said_to_be_in_the_way(tmp_path: Path) -> None:
    found = look(tmp_path, locked(b"secret"))
    assert (found.state, found.previews) == (FileState.ATTENTION, ())
    assert "密码" in found.said[0].zh
    assert look(tmp_path, locked(b"")).state is FileState.READY


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<< /S /JavaScript /JS (x) >>", {"JavaScript", "JS"}),
        (b"/JS(x)", {"JS"}),
        (b"/JS 12 0 R", {"JS"}),
        (b"/JS <4142>", {"JS"}),
        (b"noise /JS\x80noise", set()),
        (b"/JavaScripts", set()),
        (b"/LaunchPad", set()),
        (b"/S/Launch/F(x)", {"Launch"}),
        (b"/#4Aava#53cript ", {"JavaScript"}),
        (b"/#4c#61#75#6e#63#68", {"Launch"}),
        (b"/Name#20With#20Blanks", set()),
        (b"/EmbeddedFiles 3 0 R", {"EmbeddedFiles"}),
        (b"/XFA[", {"XFA"}),
        (b"/OpenAction [3 0 R /Fit]", set()),
        (b"/URI (https://example.org)", set()),
        (b"(text about JavaScript)", set()),
        (b"", set()),
    ],
)
def test_names_of_active_content_are_found_however_they_are_written(data: bytes, expected: set[str]) -> None:
    assert pdf_names.found(data) == expected


def test_object_streams_are_looked_into_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    script = b"<< /S /JavaScript >>"
    assert pdf_names.found(object_stream(script)) == {"JavaScript"}
    assert pdf_names.found(object_stream(b"<< >>")) == set()
    assert pdf_names.found(stream(zlib.compress(script), b"/Filter /FlateDecode")) == set()
    assert pdf_names.found(object_stream(script)[:-40] + b" endstream") in ({"?"}, {"JavaScript"}, set())
    monkeypatch.setattr(pdf_names, "MOST_STREAMS", 3)
    assert pdf_names.found(object_stream(b"<< >>") * 4) == {"?"}
    monkeypatch.setattr(pdf_names, "MOST_STREAM", 10)
    assert pdf_names.found(object_stream(b"<< >>" * 9 + script)) == set()


def test_a_sentence_names_what_was_found_once() -> None:
    (said,) = papers._about({"JS", "JavaScript", "Launch"})
    assert "脚本、启动程序的命令" in said.zh or "启动程序的命令、脚本" in said.zh
    assert said.zh.count("脚本") == 1
    assert "scripts" in said.en
