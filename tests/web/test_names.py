"""A file's name on its whole way: as clients of three decades send it, as people see it, as a browser saves it.

Bytes are sent as they are on the wire, through the plain form and through tus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.store.models import BagFile, EvidenceFile
from tests.web.conftest import opened
from tests.web.deeds import CLERK, fillable, newest, photo
from tests.web.site import Site
from tests.web.tus import Tus

EDGE = "----edge"
LONG = "长" * 100

#: What is sent, and what people see.
NAMES: list[tuple[str, bytes, str]] = [
    ("Chinese", "现场.png".encode(), "现场.png"),
    ("GBK", "现场.png".encode("gbk"), "现场.png"),
    ("GB18030 with a rare sign", "㐂家.png".encode("gb18030"), "㐂家.png"),
    ("GBK with a backslash among its bytes", "乗客誠.png".encode("gbk"), "乗客誠.png"),
    ("emoji", "📷现场👮.png".encode(), "📷现场👮.png"),
    ("direction turned round", "a\u202egnp.exe.png".encode(), "agnp.exe.png"),
    ("invisible signs", "二\u200b维\ufeff码.png".encode(), "二维码.png"),
    ("a path", b"../../etc/passwd.png", "passwd.png"),
    ("a Windows path", "C:\\Users\\王某\\现场.png".encode(), "现场.png"),
    ("a Windows path in GBK", "D:\\资料\\王某\\现场.png".encode("gbk"), "现场.png"),
    ("a share", "\\\\server\\王某\\现场.png".encode(), "现场.png"),
    ("a wrong extension", "报告.exe".encode(), "报告.exe.png"),
    ("a stream of NTFS", b"a.png:hidden.exe", "a.png_hidden.exe.png"),
    ("signs that no system takes", b"a<b>|c?*.png", "a_b__c__.png"),
    ("composed otherwise", "e\u0301t\u00e9.png".encode(), "\u00e9t\u00e9.png"),
    ("dots only", b"...", "file.png"),
    ("300 bytes", f"{LONG}.png".encode(), "长" * 65 + ".png"),
    ("300 bytes in GBK", f"{LONG}.png".encode("gbk"), "长" * 65 + ".png"),
]
#: Bytes that are no text in any encoding: whatever is shown, the file is there and the name can be read.
BROKEN = [b"\xff\xfe\xfd.png", b"\x81.png", "现".encode()[:2] + b".png", b"\xc3\x28\xa0\xa1.png"]


@pytest.fixture(scope="module")
def shared(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that collects files."""
    with opened(filled_folder, tmp_path_factory.mktemp("names") / "data") as made:
        yield made


def part(head: str, name: bytes | None, content: bytes) -> bytes:
    file = b'; filename="' + name + b'"\r\nContent-Type: image/png' if name is not None else b""
    lead = f"--{EDGE}\r\nContent-Disposition: form-data; {head}".encode()
    return lead + file + b"\r\n\r\n" + content + b"\r\n"


def by_form(site: Site, name: bytes) -> TestResponse:
    """Save a new draft with a file of this name, as raw bytes of a form."""
    duty, period, entries = fillable(site, files=True)
    url = f"/u/{site.units[CLERK].unit_type}/duties/{duty.code}/{period.key}/new"
    fields = [("csrf_token", site.token(CLERK)), ("do", "save")]
    fields += [(field, value) for field, values in entries.items() for value in values]
    body = b"".join(part(f'name="{field}"', None, value.encode()) for field, value in fields)
    body += part('name="files"', name, photo()) + f"--{EDGE}--\r\n".encode()
    kind = f"multipart/form-data; boundary={EDGE}"
    return site.client(CLERK).post(url, data=body, content_type=kind)


def saved(site: Site, name: bytes) -> tuple[str, str, str]:
    """Id and name of the file that a form saved, and the text of one of the form's fields."""
    before = newest(site, site.units[CLERK].id).id
    assert by_form(site, name).status_code == 302
    made = newest(site, site.units[CLERK].id)
    assert made.id != before
    with site.inside() as session:
        row = session.scalars(select(EvidenceFile).where(EvidenceFile.report_id == made.id)).one()
    return row.id, row.name, str(made.entries)


@pytest.mark.parametrize(("sent", "shown"), [case[1:] for case in NAMES], ids=[case[0] for case in NAMES])
def test_a_name_comes_through_the_form_and_back_to_the_browser(shared: Site, sent: bytes, shown: str) -> None:
    """Fact M11: the whole form would vanish without a word; fact M13: and with it the borders of a path."""
    file_id, name, typed = saved(shared, sent.replace(b'"', b"%22"))
    assert name == shown
    assert len(typed) > 10, "what was typed beside it is there too"
    downloaded(shared, f"/files/{file_id}", shown)


@pytest.mark.parametrize(("sent", "shown"), [case[1:] for case in NAMES], ids=[case[0] for case in NAMES])
def test_a_name_comes_through_tus_and_back_to_the_browser(shared: Site, sent: bytes, shown: str) -> None:
    bag_id = Tus(shared, CLERK).send(photo(), sent)
    with shared.inside() as session:
        assert session.get_one(BagFile, bag_id).name == shown
    downloaded(shared, f"/files/bag/{bag_id}", shown)


@pytest.mark.parametrize("sent", BROKEN)
def test_a_name_that_is_no_text_still_gives_a_kept_file(shared: Site, sent: bytes) -> None:
    _file_id, by_plain_form, _typed = saved(shared, sent)
    bag_id = Tus(shared, CLERK).send(photo(), sent)
    with shared.inside() as session:
        by_tus = session.get_one(BagFile, bag_id).name
    for name in (by_plain_form, by_tus):
        assert name.endswith(".png") and len(name) > 4 and name.isprintable(), name


def downloaded(site: Site, url: str, name: str) -> None:
    """RFC 6266 and 8187: the name whole for today's browsers, harmless ASCII for those before."""
    answer = site.client(CLERK).get(url)
    assert answer.status_code == 200
    header = answer.headers["Content-Disposition"]
    answer.close()
    assert header.isascii() and header.isprintable()
    found = re.search(r"filename\*=UTF-8''([^;]+)", header)
    if found:
        assert unquote(found[1]) == name
    else:
        plain = re.search(r'filename="?([^";]+)"?', header)
        assert plain and plain[1] == name
    assert not re.search(r'filename="?[^";]*[/\\]', header)


def test_a_form_with_a_name_in_gbk_is_read_whole_or_not_at_all(shared: Site) -> None:
    """A form that breaks off in the middle is not saved by halves, whatever its names are."""
    before = newest(shared, shared.units[CLERK].id).id
    body = part('name="csrf_token"', None, shared.token(CLERK).encode())
    body += part('name="files"', "现场.png".encode("gbk"), photo())[:-40]
    url = f"/u/{shared.units[CLERK].unit_type}/duties"
    duty, period, _entries = fillable(shared, files=True)
    kind = f"multipart/form-data; boundary={EDGE}"
    headers = {"X-CSRFToken": shared.token(CLERK)}
    answer = shared.client(CLERK).post(
        f"{url}/{duty.code}/{period.key}/new", data=body, content_type=kind, headers=headers
    )
    assert answer.status_code == 400
    assert newest(shared, shared.units[CLERK].id).id == before
