"""Evidence is served as what its bytes are, in place only where a browser can do no harm (checks F3, M12, M13)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.store.models import EvidenceFile
from tests.web.conftest import opened
from tests.web.deeds import CLERK, fillable, newest, photo
from tests.web.site import Site, written

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def sheet() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.add_worksheet().write_string(0, 0, "=1+1")
    return stream.getvalue()


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name in names:
            made.writestr(name, "content")
    return stream.getvalue()


def upload(site: Site, content: bytes, name: str) -> TestResponse:
    """Save a new draft with one file."""
    duty, period, entries = fillable(site, files=True)
    url = f"/u/{site.units[CLERK].unit_type}/duties/{duty.code}/{period.key}/new"
    data: dict[str, Any] = {"do": "save", **entries, "files": (io.BytesIO(content), name)}
    return site.post(CLERK, url, data, content_type="multipart/form-data")


def attached(site: Site) -> list[tuple[str, str]]:
    """Id and name of the files of the newest draft."""
    made = newest(site, site.units[CLERK].id)
    with site.inside() as session:
        rows = select(EvidenceFile.id, EvidenceFile.name).where(EvidenceFile.report_id == made.id)
        return [(row.id, row.name) for row in session.execute(rows)]


@pytest.fixture(scope="module")
def uploads(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that collects drafts with files."""
    with opened(filled_folder, tmp_path_factory.mktemp("uploads") / "data") as site:
        yield site


ACCEPTED = [
    ("现场.png", photo(), "image/png", True),
    ("现场.jpg", photo(kind="JPEG"), "image/jpeg", True),
    ("现场.webp", photo(kind="WEBP"), "image/webp", True),
    ("方案.pdf", PDF, "application/pdf", False),
    ("统计表.xlsx", sheet(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", False),
    ("名单.csv", "姓名,次数\n甲,3\n".encode("gb18030"), "text/csv", False),
    ("说明.txt", "说明文字".encode(), "text/plain", False),
    ("真是图片.txt", photo(), "image/png", True),
    ("其实是文档.jpg", PDF, "application/pdf", False),
]


@pytest.mark.parametrize(
    ("name", "content", "media_type", "inline"), ACCEPTED, ids=lambda value: str(value)[:20]
)
def test_a_file_is_served_bit_for_bit_as_what_it_is(
    uploads: Site, name: str, content: bytes, media_type: str, inline: bool
) -> None:
    assert upload(uploads, content, name).status_code == 302
    [(file_id, shown)] = attached(uploads)
    assert shown.split(".")[0] == name.split(".")[0]
    for login in (CLERK, "office", "fx-inspector-inside"):
        answer = uploads.client(login).get(f"/files/{file_id}")
        assert answer.status_code == 200
        assert answer.data == content
        assert answer.mimetype == media_type
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("inline" if inline else "attachment"), disposition
        assert "filename*=UTF-8''" in disposition
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "no-store" in answer.headers["Cache-Control"]
        answer.close()


REFUSED = [
    ("网页伪装.jpg", HTML),
    ("网页.html", HTML),
    ("图.svg", SVG),
    ("图.jpg", SVG),
    ("程序.jpg", b"MZ\x90\x00" + b"\0" * 200),
    ("脚本.txt", b"#!/bin/sh\nrm -rf /\n"),
    ("动图.gif", b"GIF89a" + b"\0" * 50),
    ("印刷.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n\0"),
    ("星空.jpg", b"SIMPLE  =                    T\0" + b"\0" * 100),
    ("宏.xlsx", archive("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin")),
    ("空.jpg", b"\0" * 10),
]


@pytest.mark.parametrize(("name", "content"), REFUSED, ids=lambda value: str(value)[:20])
def test_a_file_of_no_accepted_kind_is_refused_by_name_and_nothing_typed_is_lost(
    uploads: Site, name: str, content: bytes
) -> None:
    _duty, _period, entries = fillable(uploads, files=True)
    answer = upload(uploads, content, name)
    assert answer.status_code == 422
    assert name.split(".")[0] in answer.text
    assert attached(uploads) == []
    typed = next(values[0] for values in entries.values() if values and len(values[0]) > 10)
    assert typed[:10] in answer.text


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("现场.png", "现场.png"),
        ("短信平台截图.png", "短信平台截图.png"),
        ("../../etc/passwd.png", "passwd.png"),
        ("a\u202egnp.exe.png", "agnp.exe.png"),
        ("二\u200b维\ufeff码.png", "二维码.png"),
        ("报告.exe", "报告.exe.png"),
    ],
)
def test_a_file_keeps_its_chinese_name_and_loses_what_could_deceive(
    uploads: Site, sent: str, shown: str
) -> None:
    assert upload(uploads, photo(), sent).status_code == 302
    [(_file_id, name)] = attached(uploads)
    assert name == shown


@pytest.mark.parametrize("sent", ["C:Users王某现场.png", "C:\\Users\\王某\\现场.png", "长" * 150 + ".png"])
def test_a_name_loses_its_owners_folder_and_its_excess(uploads: Site, sent: str) -> None:
    """Fact M13: Werkzeug drops the backslashes of a path, and with them the border of the user's name."""
    assert upload(uploads, photo(), sent).status_code == 302
    [(_file_id, name)] = attached(uploads)
    assert "王某" not in name and "Users" not in name
    assert name.endswith(".png") and 5 <= len(name.encode()) <= 204


def test_two_files_of_one_chinese_name_stay_two_files(uploads: Site) -> None:
    duty, period, entries = fillable(uploads, files=True)
    url = f"/u/{uploads.units[CLERK].unit_type}/duties/{duty.code}/{period.key}/new"
    first, second = photo((1, 2, 3)), photo((4, 5, 6))
    data = {
        "do": "save",
        **entries,
        "files": [(io.BytesIO(first), "现场.png"), (io.BytesIO(second), "现场.png")],
    }
    assert uploads.post(CLERK, url, data, content_type="multipart/form-data").status_code == 302
    bodies = set()
    for file_id, _name in attached(uploads):
        answer = uploads.client(CLERK).get(f"/files/{file_id}")
        bodies.add(answer.data)
        answer.close()
    assert bodies == {first, second}


def test_a_file_can_be_asked_for_in_part_and_again(uploads: Site) -> None:
    upload(uploads, PDF, "方案.pdf")
    [(file_id, _name)] = attached(uploads)
    client = uploads.client("office")
    part = client.get(f"/files/{file_id}", headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.data) == (206, b"%PDF-")
    assert part.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    again = client.get(f"/files/{file_id}", headers={"If-None-Match": part.headers["ETag"]})
    assert again.status_code == 304
    stranger = uploads.client("fx-clerk-sibling").get(
        f"/files/{file_id}", headers={"If-None-Match": part.headers["ETag"]}
    )
    assert stranger.status_code == 404, "whoever may not have it does not learn that it is unchanged"
    for answer in (part, again, stranger):
        answer.close()


@pytest.mark.parametrize("with_header_token", [False, True], ids=["form token", "header token"])
def test_a_form_that_arrives_empty_because_of_a_gbk_file_name_is_not_saved(
    uploads: Site, with_header_token: bool
) -> None:
    """Fact M11: Werkzeug drops the whole form when one file name is not UTF-8."""
    duty, period, _entries = fillable(uploads, files=True)
    url = f"/u/{uploads.units[CLERK].unit_type}/duties/{duty.code}/{period.key}/new"
    token = uploads.token(CLERK)
    edge = b"----edge"
    body = (
        b"--" + edge + b'\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + token.encode() + b"\r\n--"
        + edge + b'\r\nContent-Disposition: form-data; name="do"\r\n\r\nsubmit\r\n--'
        + edge + b'\r\nContent-Disposition: form-data; name="files"; filename="' + "现场.png".encode("gbk")
        + b'"\r\nContent-Type: image/png\r\n\r\n' + photo() + b"\r\n--" + edge + b"--\r\n"
    )  # fmt: skip
    headers = {"X-CSRFToken": token} if with_header_token else {}
    before = newest(uploads, uploads.units[CLERK].id).id
    with uploads.statements() as statements:
        answer = uploads.client(CLERK).post(
            url, data=body, content_type=f"multipart/form-data; boundary={edge.decode()}", headers=headers
        )
    saved = newest(uploads, uploads.units[CLERK].id).id != before
    if saved:  # a parser that reads such names must keep the file too
        assert len(attached(uploads)) == 1
    else:
        assert answer.status_code == 400
        assert written(statements) == set()
