"""Resumable uploads cell by cell: the protocol tus 1.0.0, its refusals in words, and exactly one file at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.services import bag as bags
from core.services import plugins, uploads
from core.services.upload_rows import parts
from core.services.work import chore
from core.store.db import db
from core.store.models import OutboxTask, Upload
from core.store.parts import Parts
from tests.conftest import move_clock
from tests.web.conftest import opened
from tests.web.deeds import CLERK, photo
from tests.web.site import Site
from tests.web.tus import URL, Tus, bag, checksum, content_of, lying_in_wait, metadata

TEXT = "短信已发送一千条。\n".encode() * 100
LEAD = "fx-lead"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def shared(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that collects uploads."""
    with opened(filled_folder, tmp_path_factory.mktemp("tus") / "data") as made:
        yield made


@pytest.fixture
def tus(shared: Site) -> Tus:
    return Tus(shared, CLERK)


def problem(answer: TestResponse, status: int, *words: str) -> dict[str, Any]:
    """A refusal as the protocol and the person need it."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    found: dict[str, Any] = answer.get_json()
    assert found["status"] == status and found["request_id"] and found["code"] and found["title"]
    for word in words:
        assert word in found["detail"], found["detail"]
    return found


def test_anybody_may_ask_what_the_server_can_do(shared: Site) -> None:
    answer = shared.visitor().client.options(URL)
    assert answer.status_code == 200
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,checksum,expiration,termination"
    assert answer.headers["Tus-Max-Size"] == str(2048 * 1024 * 1024)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_a_file_arrives_in_pieces_and_lies_in_the_bag(site: Site) -> None:
    tus, unit = Tus(site, CLERK), site.units[CLERK]
    answer = tus.create(len(TEXT), "值班记录.txt", unit=unit.id, note="  十一月 ")
    url = answer.headers["Location"]
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "0")
    assert answer.headers["Upload-Expires"].endswith("GMT") and url.startswith(URL)
    first = tus.patch(url, 0, TEXT[:1000])
    assert (first.status_code, first.headers["Upload-Offset"], first.data) == (204, "1000", b"")
    assert "Upload-Expires" in first.headers and "Dudao-File" not in first.headers
    seen = tus.head(url)
    assert (seen.status_code, seen.headers["Upload-Offset"]) == (200, "1000")
    assert seen.headers["Upload-Length"] == str(len(TEXT))
    assert seen.headers["Cache-Control"] == "no-store"
    assert seen.headers["Upload-Metadata"] == metadata(
        filename="值班记录.txt", unit=str(unit.id), note="  十一月 "
    )
    assert bag(site) == []
    last = tus.patch(url, 1000, TEXT[1000:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(TEXT)))
    [file] = bag(site)
    assert last.headers["Dudao-File"] == file.id
    assert (file.name, file.kind, file.note) == ("值班记录.txt", "document", "十一月")
    assert (file.unit_id, file.added_by, file.state) == (unit.id, site.actor_id(CLERK), "checking")
    assert content_of(site, file.sha256) == TEXT
    assert lying_in_wait(site) == []
    with site.inside() as session:
        owed = session.scalars(select(OutboxTask.key).where(OutboxTask.key.contains(file.id))).all()
    assert len(owed) == 1, "its examination is owed once"


def test_the_first_piece_may_come_with_the_creation(tus: Tus, shared: Site) -> None:
    before = len(bag(shared))
    begun = tus.create(len(TEXT), body=TEXT[:10])
    assert (begun.status_code, begun.headers["Upload-Offset"]) == (201, "10")
    assert tus.patch(begun.headers["Location"], 10, TEXT[10:]).status_code == 204
    whole = tus.create(len(TEXT), body=TEXT)
    assert (whole.status_code, whole.headers["Upload-Offset"]) == (201, str(len(TEXT)))
    assert whole.headers["Dudao-File"]
    assert len(bag(shared)) == before + 2


METHODS = [("POST", URL), ("HEAD", "{}"), ("PATCH", "{}"), ("DELETE", "{}"), ("POST", "{}")]


@pytest.mark.parametrize(("method", "where"), METHODS)
@pytest.mark.parametrize("version", ["", "0.2.2", "1.0.1"])
def test_another_version_of_the_protocol_is_refused(tus: Tus, method: str, where: str, version: str) -> None:
    url = where.format(tus.begin(100))
    answer = tus.ask(method, url, b"", Tus_Resumable=version, Upload_Offset="0", Upload_Length="100")
    assert answer.status_code == 412
    assert answer.headers["Tus-Version"] == "1.0.0"
    tus.ask("DELETE", url)


@pytest.mark.parametrize(("method", "where"), METHODS)
def test_whoever_may_not_upload_is_told_so_and_what_is_foreign_does_not_exist(
    site: Site, method: str, where: str
) -> None:
    mine = Tus(site, CLERK)
    url = mine.begin(100)
    target = where.format(url)
    headers: dict[str, Any] = {
        "Upload_Offset": "0",
        "Upload_Length": "100",
        "X_HTTP_Method_Override": "PATCH",
    }
    problem_or_head(Tus(site, "").ask(method, target, b"x", **headers), 401)
    problem_or_head(Tus(site, "fx-inspector-inside").ask(method, target, b"x", **headers), 403)
    if where == "{}":
        for stranger in (LEAD, "fx-clerk-sibling", "fx-clerk-other-type"):
            for there in (target, URL + "0" * 32, URL + "no-such"):
                problem_or_head(Tus(site, stranger).ask(method, there, b"x", **headers), 404)
    if method != "HEAD":
        problem(mine.ask(method, target, b"x", X_CSRFToken="stale", **headers), 400, "页面已过期")
    assert mine.offset(url) == 0


def problem_or_head(answer: TestResponse, status: int) -> None:
    if answer.request.method == "HEAD":
        assert (answer.status_code, answer.data) == (status, b"")
    else:
        problem(answer, status)


def test_a_piece_goes_where_the_upload_ends_and_nowhere_else(tus: Tus) -> None:
    url = tus.begin(100)
    assert tus.patch(url, 0, b"a" * 10).status_code == 204
    for wrong in (0, 9, 11, 99, 100, 10**15):
        answer = tus.patch(url, wrong, b"b")
        problem(answer, 409, "续传位置")
        assert answer.headers["Upload-Offset"] == "10"
    problem(tus.ask("PATCH", url, b"b", Upload_Offset="10", Content_Type="text/plain"), 415)
    for wrong_offset in ("", "-1", "ten", "1e1", "٣"):
        problem(
            tus.ask("PATCH", url, b"b", Upload_Offset=wrong_offset.encode().decode("latin-1")),
            400,
            "Upload-Offset",
        )
    problem(tus.patch(url, 10, b"b" * 91), 413, "现场.txt")
    assert tus.offset(url) == 10
    assert tus.patch(url, 10, b"").headers["Upload-Offset"] == "10"


def test_a_broken_connection_keeps_what_had_arrived(tus: Tus) -> None:
    url = tus.begin(1000)
    answer = tus.patch(url, 0, b"a" * 300, announced=900)
    assert answer.headers["Upload-Offset"] == "300"
    assert tus.offset(url) == 300


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_piece_that_changed_on_its_way_is_dropped(tus: Tus, algorithm: str) -> None:
    url = tus.begin(len(TEXT))
    piece = TEXT[:500]
    right = checksum(piece, algorithm)
    problem(tus.patch(url, 0, piece[:-1] + b"x", Upload_Checksum=right), 460, "请重传")
    assert tus.offset(url) == 0
    assert tus.patch(url, 0, piece, Upload_Checksum=right).status_code == 204
    cut = tus.patch(
        url, 500, TEXT[500:600], announced=900, Upload_Checksum=checksum(TEXT[500:1400], algorithm)
    )
    assert cut.status_code == 204, cut.text
    assert cut.headers["Upload-Offset"] == "500" == str(tus.offset(url)), "unverified bytes do not count"
    rest = TEXT[500:]
    assert tus.patch(url, 500, rest, Upload_Checksum=checksum(rest, algorithm)).headers["Dudao-File"]


@pytest.mark.parametrize("header", ["md5 AAAA", "sha1", "sha1 !!", "sha256 AAAA", "crc32 AAAAAA==", " "])
def test_a_checksum_that_cannot_be_read_is_refused(tus: Tus, header: str) -> None:
    url = tus.begin(10)
    problem(tus.patch(url, 0, b"abc", Upload_Checksum=header + "\t"), 400, "Upload-Checksum")
    assert tus.offset(url) == 0
    tus.ask("DELETE", url)


@pytest.mark.parametrize(
    ("length", "status"),
    [("", 400), ("-5", 400), ("x", 400), ("1.5", 400), ("9" * 30, 400), ("0", 422), (str(2**31 + 1), 413)],
)
def test_a_length_that_cannot_be_is_refused_before_anything_is_sent(
    tus: Tus, length: str, status: int
) -> None:
    answer = tus.ask("POST", URL, Upload_Length=length, Upload_Metadata=metadata(filename="a.txt"))
    problem(answer, status)


@pytest.mark.parametrize(
    "header", ["filename !!!", "filename YQ", "unit YWJj", "filename " + "A" * 9000, "unit LTE="]
)
def test_metadata_that_cannot_be_read_is_refused(tus: Tus, header: str) -> None:
    problem(tus.ask("POST", URL, Upload_Length="5", Upload_Metadata=header), 400, "Upload-Metadata")


@pytest.mark.parametrize("header", ["", "filename", "filename ,is_confidential", "other YQ=="])
def test_a_file_without_a_name_gets_one(tus: Tus, shared: Site, header: str) -> None:
    answer = tus.ask("POST", URL, Upload_Length="5", Upload_Metadata=header)
    last = tus.patch(answer.headers["Location"], 0, b"hello")
    assert next(file.name for file in bag(shared) if file.id == last.headers["Dudao-File"]) == "file.txt"


def test_the_unit_is_an_own_one(shared: Site) -> None:
    tus = Tus(shared, CLERK)
    for foreign in (shared.units["fx-clerk-sibling"].id, shared.units["fx-clerk-other-type"].id, 10**6):
        problem(tus.create(10, unit=foreign), 404)


def test_an_upload_may_be_given_up(tus: Tus, shared: Site) -> None:
    url = tus.begin(100)
    tus.patch(url, 0, b"abc")
    name = url.removeprefix(URL)
    assert [found for found in lying_in_wait(shared) if found.startswith(name)]
    assert tus.ask("DELETE", url).status_code == 204
    assert not [found for found in lying_in_wait(shared) if found.startswith(name)]
    assert tus.head(url).status_code == 410
    problem(tus.patch(url, 3, b"abc"), 410, "请重新上传")
    problem(tus.ask("DELETE", url), 410)


def test_a_creation_whose_answer_was_lost_is_the_same_upload_again(site: Site) -> None:
    tus = Tus(site, CLERK)
    header = metadata(filename="a.txt")
    wish: dict[str, Any] = {"Upload_Length": "50", "Upload_Metadata": header, "Idempotency_Key": "one"}
    url = tus.ask("POST", URL, **wish).headers["Location"]
    tus.patch(url, 0, b"abc")
    again = tus.ask("POST", URL, **wish)
    assert (again.status_code, again.headers["Location"], again.headers["Upload-Offset"]) == (201, url, "3")
    assert {name.partition(".")[0] for name in lying_in_wait(site)} == {url.removeprefix(URL)}
    problem(tus.ask("POST", URL, **wish | {"Upload_Length": "51"}), 409)


def test_a_creation_with_bytes_that_is_repeated_keeps_what_has_arrived(site: Site) -> None:
    tus = Tus(site, CLERK)
    wish: dict[str, Any] = {
        "Upload_Length": str(len(TEXT)),
        "Upload_Metadata": metadata(filename="a.txt"),
        "Idempotency_Key": "two",
    }
    url = tus.ask("POST", URL, TEXT[:40], **wish).headers["Location"]
    again = tus.ask("POST", URL, TEXT[:40], **wish)
    assert (again.status_code, again.headers["Location"], again.headers["Upload-Offset"]) == (201, url, "40")
    assert tus.patch(url, 40, TEXT[40:]).status_code == 204
    last = tus.ask("POST", URL, TEXT[:40], **wish)
    assert last.status_code == 201 and last.headers["Dudao-File"]


def test_a_client_that_can_only_post_says_what_it_means(tus: Tus) -> None:
    url = tus.begin(len(TEXT))
    first = tus.ask("POST", url, TEXT[:7], Upload_Offset="0", X_HTTP_Method_Override="PATCH")
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "7")
    assert tus.ask("POST", url, X_HTTP_Method_Override="HEAD").headers["Upload-Offset"] == "7"
    assert tus.ask("POST", url, X_HTTP_Method_Override="DELETE").status_code == 204
    assert tus.head(url).status_code == 410
    for other in ("", "PUT", "GET"):
        problem(tus.ask("POST", url, X_HTTP_Method_Override=other), 405)


def test_bytes_of_no_accepted_kind_are_refused_by_name_once_they_are_here(tus: Tus, shared: Site) -> None:
    before = len(bag(shared))
    url = tus.begin(200, "程序.jpg")
    problem(tus.patch(url, 0, b"MZ\x90\x00" + b"\0" * 196), 422, "程序.jpg", "请上传")
    assert tus.head(url).status_code == 410
    assert len(bag(shared)) == before
    problem(tus.create(200, "程序.jpg", body=b"MZ\x90\x00" + b"\0" * 196), 422, "程序.jpg")


def test_a_refusal_speaks_the_persons_language(site: Site) -> None:
    tus = Tus(site, CLERK)
    site.post(CLERK, "/language", {"locale": "en"})
    problem(tus.create(0), 422, "is empty")
    problem(tus.patch(URL + "0" * 32, 0, b"x"), 404, "Not found")


def test_after_a_day_an_upload_is_over_and_its_part_is_swept(site: Site) -> None:
    tus = Tus(site, CLERK)
    url = tus.begin(100)
    tus.patch(url, 0, b"abc")
    move_clock(site.app, timedelta(hours=23))
    site.forget(CLERK)
    assert tus.offset(url) == 3
    with site.inside():
        with chore("task.run", "a test") as done:
            assert uploads.expire(done) == 0
        assert uploads.under_way(db.session()) == {url.removeprefix(URL)}
    move_clock(site.app, timedelta(hours=1, minutes=1))
    site.forget(CLERK)
    assert tus.head(url).status_code == 410
    with site.inside():
        with chore("task.run", "a test") as done:
            assert uploads.expire(done) == 1
        assert uploads.under_way(db.session()) == set()
    assert lying_in_wait(site) == []
    problem(tus.patch(url, 3, b"abc"), 410)


def test_whoever_is_switched_off_meanwhile_is_refused_at_the_next_request(site: Site) -> None:
    tus, unit = Tus(site, CLERK), site.units[CLERK]
    url = tus.begin(100)
    site.token(CLERK)
    with site.inside():
        plugins.switch_from_command(unit.unit_type, False, "测试")
    problem(tus.patch(url, 0, b"abc"), 404)
    with site.inside():
        plugins.switch_from_command(unit.unit_type, True, "测试")
    assert tus.patch(url, 0, b"abc").status_code == 204
    site.disable_unit(unit.id, "整顿期间暂停")
    problem(tus.patch(url, 3, b"abc"), 403, "整顿期间暂停")
    problem(tus.create(5), 403, "整顿期间暂停")
    assert tus.head(url).status_code == 403
    site.disable(CLERK)
    problem(tus.patch(url, 3, b"abc"), 401, "重新登录")


def test_a_version_replaces_the_one_before(site: Site) -> None:
    tus = Tus(site, CLERK)
    first = tus.send(TEXT)
    second = tus.send(TEXT + b"more", replaces=first)
    assert [file.replaces for file in bag(site) if file.id == second] == [first]
    problem(tus.create(5, replaces="0" * 32), 404)
    problem(tus.create(5, replaces="a\0b"), 400)
    stranger = Tus(site, "fx-clerk-sibling")
    problem(stranger.create(5, replaces=first), 404)


class Crash(BaseException):
    """The process ends here."""


def crashing(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    def crash(*_args: object, **_more: object) -> None:
        raise Crash

    monkeypatch.setattr(module, name, crash)


def test_a_crash_before_the_row_ends_in_one_file_and_the_kept_bytes_are_never_touched(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    tus = Tus(site, CLERK)
    url = tus.begin(len(TEXT))
    for _time in range(2):
        with monkeypatch.context() as patched:
            crashing(patched, uploads, "_put_in_bag")
            with pytest.raises(Crash):
                tus.patch(url, tus.offset(url), TEXT[tus.offset(url) :])
        assert tus.offset(url) == len(TEXT) - 1, "the last byte counts with the row"
        assert bag(site) == []
    last = tus.patch(url, len(TEXT) - 1, TEXT[-1:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(TEXT)))
    [file] = bag(site)
    assert content_of(site, file.sha256) == TEXT
    assert lying_in_wait(site) == []


def test_a_crash_before_the_answer_ends_in_one_file(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    tus = Tus(site, CLERK)
    url = tus.begin(len(TEXT))
    tus.patch(url, 0, TEXT[:900])
    with monkeypatch.context() as patched:
        crashing(patched, Parts, "remove")
        with pytest.raises(Crash):
            tus.patch(url, 900, TEXT[900:])
    seen = tus.head(url)
    [file] = bag(site)
    assert (seen.headers["Upload-Offset"], seen.headers["Dudao-File"]) == (str(len(TEXT)), file.id)
    for offset in (900, len(TEXT)):
        again = tus.patch(url, offset, TEXT[offset:])
        assert (again.status_code, again.headers["Dudao-File"]) == (204, file.id)
    problem(tus.patch(url, 0, b"other"), 409)
    problem(tus.ask("DELETE", url), 410)
    assert [found.id for found in bag(site)] == [file.id]


def test_two_connections_never_add_to_one_upload(
    tus: Tus, shared: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tus.begin(100)
    tus.patch(url, 0, b"abc")
    monkeypatch.setattr("core.store.parts.LINGER", 0.1)
    with shared.inside(), parts().lock(url.removeprefix(URL)):
        problem(tus.patch(url, 3, b"def"), 423, "稍后再试")
        problem(tus.ask("DELETE", url), 423)
        # An offset told now may be another one a moment later.
        assert tus.head(url).status_code == 423
    assert tus.offset(url) == 3
    assert tus.patch(url, 3, b"def").status_code == 204


def test_who_asks_while_the_file_is_being_kept_hears_that_it_arrived(
    tus: Tus, shared: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy's patience is over while a large file is synced: the client that comes again does not begin anew."""
    url = tus.begin(10, "正在保存.txt")
    tus.patch(url, 0, b"123456789")
    real, keeping, go_on = uploads._put_in_bag, threading.Event(), threading.Event()

    def slowly(*asked: Any) -> Any:
        keeping.set()
        assert go_on.wait(30)
        return real(*asked)

    monkeypatch.setattr(uploads, "_put_in_bag", slowly)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(tus.patch, url, 9, b"0")
        assert keeping.wait(30)
        others = [pool.submit(tus.head, url), pool.submit(tus.patch, url, 9, b"0")]
        time.sleep(0.5)
        go_on.set()
        answers = [each.result() for each in (first, *others)]
    assert [answer.status_code for answer in answers] == [204, 200, 204]
    [file] = [each for each in bag(shared) if each.name == "正在保存.txt"]
    assert {answer.headers["Dudao-File"] for answer in answers} == {file.id}


def test_a_part_that_is_gone_is_said_to_be(tus: Tus, shared: Site) -> None:
    url = tus.begin(100)
    with shared.inside():
        parts().remove(url.removeprefix(URL))
    assert tus.head(url).status_code == 410
    problem(tus.patch(url, 0, b"abc"), 410, "请重新上传")


def full(*_args: object) -> int:
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_told_and_what_arrived_is_kept(
    tus: Tus, shared: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tus.begin(len(TEXT))
    tus.patch(url, 0, TEXT[:100])
    with monkeypatch.context() as patched:
        patched.setattr("core.store.parts._fill", full)
        problem(tus.patch(url, 100, TEXT[100:]), 507, "存储空间不足")
        patched.setattr("core.services.upload_rows.Parts.make", full)
        problem(tus.create(10), 507, "存储空间不足")
    assert tus.offset(url) == 100
    assert tus.patch(url, 100, TEXT[100:]).status_code == 204


def test_bytes_whose_sync_failed_are_never_tried_again(
    tus: Tus, shared: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tus.begin(len(TEXT))
    before = len(bag(shared))

    def fails(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", fails)
        problem(tus.patch(url, 0, TEXT), 507, "保存失败")
    assert tus.head(url).status_code == 410
    assert len(bag(shared)) == before


def limit(site: Site, login: str, *, files: int, megabytes: int) -> None:
    """Leave an account's unit so much room, and let a file have a megabyte."""
    unit_id, runtime = site.units[login].id, site.app.extensions["dudao"]
    with site.inside() as session:
        left = bags.room(session, unit_id)
    runtime.settings = replace(
        runtime.settings,
        max_file=MEGABYTE,
        unit_files=runtime.settings.unit_files - left.files + files,
        unit_bytes=runtime.settings.unit_bytes - left.bytes + megabytes * MEGABYTE,
    )


def test_no_more_begins_than_the_quota_takes_in_files_and_bytes(site: Site) -> None:
    tus = Tus(site, CLERK)
    limit(site, CLERK, files=100, megabytes=2)
    problem(tus.create(MEGABYTE + 1), 413, "1 MB")
    assert [tus.create(MEGABYTE).status_code for _ in range(3)] == [201, 201, 422]
    problem(tus.create(1), 422, "材料袋已满")
    assert Tus(site, "fx-clerk-other-type").create(1000).status_code == 201, "another unit has its own room"


def test_a_person_has_no_more_than_twenty_uploads_open(site: Site) -> None:
    tus = Tus(site, CLERK)
    urls = [tus.begin(5) for _ in range(20)]
    refused = tus.create(5)
    problem(refused, 429, "20 个文件")
    assert refused.headers["Retry-After"] == "60"
    tus.patch(urls[0], 0, b"hello")
    tus.begin(5)
    with site.inside():
        actor = site.actor(CLERK)
        open_ones = uploads.unfinished(actor, site.units[CLERK].id)
    assert len(open_ones) == 20 and {each.offset for each in open_ones} == {0}


def test_the_quota_is_exact_to_one_file_under_fifty_at_once(site: Site) -> None:
    """F8: fifty begin at once, five fit; on PostgreSQL the unit's lock does what SQLite's one writer does here."""
    limit(site, CLERK, files=5, megabytes=100)
    token = site.token(CLERK)
    cookie = site.client(CLERK).get_cookie("dudao")
    assert cookie is not None

    def begin(_number: int) -> int:
        client = site.app.test_client()
        client.set_cookie("dudao", cookie.value)
        headers = {"Tus-Resumable": "1.0.0", "X-CSRFToken": token, "Upload-Length": "5"}
        return client.post(URL, headers=headers).status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(begin, range(50)))
    assert sorted(set(answers)) == [201, 422]
    assert answers.count(201) == 5


def test_a_creation_and_a_finished_file_leave_a_record_each_and_a_piece_none(site: Site) -> None:
    tus = Tus(site, CLERK)
    site.token(CLERK)
    since = site.last_record()
    url = tus.begin(len(TEXT))
    for start in range(0, 1000, 100):
        tus.patch(url, start, TEXT[start : start + 100])
    tus.head(url)
    [created] = site.audit_since(since)
    assert (created.action, created.outcome, created.object_id) == (
        "evidence.upload",
        "done",
        url.removeprefix(URL),
    )
    problem(tus.patch(url, 7, b"x"), 409)
    last = tus.patch(url, 1000, TEXT[1000:])
    _created, refused, added = site.audit_since(since)
    assert (refused.action, refused.outcome) == ("evidence.upload", "conflict")
    assert (added.action, added.outcome, added.object_id) == (
        "evidence.add",
        "done",
        last.headers["Dudao-File"],
    )
    assert added.detail["upload"] == url.removeprefix(URL)


def test_a_large_body_is_read_for_pieces_alone(tus: Tus, shared: Site) -> None:
    """A form of another kind is not read beyond what a form may have; a stranger's piece is not read at all."""
    big = b"x" * 3_000_000
    assert tus.ask("POST", URL, big, Upload_Length="5", Content_Type="text/plain").status_code in (201, 413)
    url = tus.begin(len(big) + 1)
    assert tus.patch(url, 0, big).headers["Upload-Offset"] == str(len(big))
    assert tus.ask("PATCH", url, big, Content_Type="multipart/form-data; boundary=x").status_code in (
        413,
        415,
    )
    assert Tus(shared, "").patch(url, 0, big).status_code in (401, 413)


def test_pictures_of_two_units_are_two_files_of_one_content(site: Site) -> None:
    first = Tus(site, CLERK).send(photo(), "甲.png")
    second = Tus(site, "fx-clerk-other-type").send(photo(), "乙.png")
    files = {file.id: file for file in bag(site)}
    assert files[first].sha256 == files[second].sha256
    assert (files[first].name, files[second].name) == ("甲.png", "乙.png")


def test_rows_say_nothing_of_how_far_an_upload_has_come(tus: Tus, shared: Site) -> None:
    url = tus.begin(1000)
    with shared.statements() as statements:
        for start in range(0, 500, 100):
            tus.patch(url, start, b"a" * 100)
    written = [text for text in statements if not text.startswith("SELECT")]
    assert [text for text in written if "login_session" not in text] == []
    with shared.inside() as session:
        assert session.get_one(Upload, url.removeprefix(URL)).ended_at is None
