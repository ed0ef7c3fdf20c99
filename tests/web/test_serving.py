"""Whatever gives evidence bytes gives them to the right people, as what they are, under closed headers (F3, F6)."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pillow_heif
import pytest
from PIL import Image
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from core.domain.downloads import disposition
from core.domain.files import Scan
from core.services import opening
from core.services.runtime import Runtime
from core.store.evidence import EvidenceStore
from core.store.models import AuditRecord, Notification
from tests.web import evidence
from tests.web.conftest import opened
from tests.web.deeds import CLERK, INSPECTOR
from tests.web.evidence import Put, film, make_mask, paper, picture, put, table
from tests.web.site import Site
from tests.web.test_files import archive

OWN, OTHERS = (CLERK, "fx-lead"), (INSPECTOR, "office", "fx-office-city")
STRANGERS = ("fx-clerk-sibling", "fx-clerk-other-type", "fx-inspector-outside")
#: Roles that hold no permission for files at all.
OUTSIDE = ("fx-auditor", "fx-admin")
INLINE = {"image/jpeg", "image/png", "image/webp", "video/mp4"}
CLOSED = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


def heic() -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), (10, 200, 30))).save(stream)
    return stream.getvalue()


FILES: list[tuple[str, Callable[[], bytes], str]] = [
    ("现场.jpg", picture, "image/jpeg"),
    ("现场.png", lambda: picture("PNG"), "image/png"),
    ("现场.webp", lambda: picture("WEBP"), "image/webp"),
    ("现场.heic", heic, "image/heic"),
    ("活动.mp4", film, "video/mp4"),
    ("活动.mov", lambda: film(kind="mov"), "video/quicktime"),
    ("方案.pdf", paper, "application/pdf"),
    ("统计.xlsx", table, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("名单.csv", "姓名,次数\n甲,3\n".encode, "text/csv"),
    ("说明.txt", "说明文字".encode, "text/plain"),
    ("打包.zip", lambda: archive("a.txt"), "application/zip"),
]


@pytest.fixture(scope="module")
def served(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that collects drafts with files."""
    with opened(filled_folder, tmp_path_factory.mktemp("served") / "data") as site:
        yield site


@pytest.fixture(scope="module")
def files(served: Site) -> dict[str, Put]:
    """One file of every kind, uploaded and examined."""
    return {name: put(served, make(), name) for name, make, _type in FILES}


def get(site: Site, login: str, url: str, **more: Any) -> TestResponse:
    answer = site.client(login).get(url, **more)
    answer.get_data()
    answer.close()
    return answer


def assert_closed(answer: TestResponse) -> None:
    for name, value in CLOSED.items():
        assert answer.headers[name] == value, name
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ") and policy.endswith("sandbox")
    assert "script" not in policy and "unsafe" not in policy


@pytest.mark.parametrize(("name", "media_type"), [(name, kind) for name, _make, kind in FILES])
def test_every_address_of_every_kind_of_file_gives_bytes_as_they_are_under_closed_headers(
    served: Site, files: dict[str, Put], name: str, media_type: str
) -> None:
    made = files[name]
    addresses = [(login, f"/files/{made.use_id}") for login in (*OWN, *OTHERS)]
    addresses += [(login, f"/files/bag/{made.bag_id}") for login in OWN]
    for login, url in addresses:
        for ending in ("", "?download=1"):
            answer = get(served, login, url + ending)
            assert answer.status_code == 200
            assert answer.data == made.content and answer.content_length == len(made.content)
            assert answer.headers["Content-Type"] == media_type
            inline = media_type in INLINE and not ending
            shown, *_names = answer.headers["Content-Disposition"].split(";")
            assert shown == ("inline" if inline else "attachment")
            assert_closed(answer)
            assert answer.headers["ETag"] == f'"{made.sha256}"'


@pytest.mark.parametrize("name", [name for name, _make, _kind in FILES])
def test_every_preview_is_a_picture_of_ours_under_closed_headers(
    served: Site, files: dict[str, Put], name: str
) -> None:
    made = files[name]
    with served.inside():
        found = opening.find_use(served.actor(CLERK), made.use_id)
    assert bool(found.previews) == (Path(name).suffix not in (".xlsx", ".csv", ".txt", ".zip"))
    for preview in found.previews:
        bytes_seen = set()
        for login, base in (
            (CLERK, f"/files/{made.use_id}"),
            (CLERK, f"/files/bag/{made.bag_id}"),
            (INSPECTOR, f"/files/{made.use_id}"),
            ("office", f"/files/{made.use_id}"),
        ):
            answer = get(served, login, f"{base}/preview/{preview.name}")
            assert (answer.status_code, answer.mimetype) == (200, "image/webp")
            assert answer.data[8:12] == b"WEBP"
            assert_closed(answer)
            bytes_seen.add(answer.data)
        assert len(bytes_seen) == 3, "the unit's own twice the same, each other viewer's with a watermark"


@pytest.mark.parametrize("ending", ["", "/preview/thumb.webp", "/preview/page-1.webp", "/view"])
def test_nobody_else_gets_anything(served: Site, files: dict[str, Put], ending: str) -> None:
    made = files["现场.jpg"]
    for base in (f"/files/{made.use_id}", f"/files/bag/{made.bag_id}"):
        for login in STRANGERS:
            if login.startswith("fx-inspector") and "bag" in base:
                continue
            answer, missing = get(served, login, base + ending), get(served, login, f"/files/{'0' * 32}")
            assert answer.status_code == 404
            assert len(answer.data) == len(missing.data)
        for login in OUTSIDE:
            assert get(served, login, base + ending).status_code == 403
        assert get(served, "", base + ending).status_code == 302
    for login in OTHERS:
        assert get(served, login, f"/files/bag/{made.bag_id}{ending}").status_code == 403


@pytest.mark.parametrize(
    "name", ["thumb.png", "page-99.webp", "m0-thumb.webp", "..%2f..%2fetc%2fpasswd", ".hidden", "a" * 200]
)
def test_a_preview_that_was_never_made_is_missing(served: Site, files: dict[str, Put], name: str) -> None:
    made = files["现场.jpg"]
    assert get(served, CLERK, f"/files/{made.use_id}/preview/{name}").status_code == 404
    assert get(served, CLERK, f"/files/bag/{made.bag_id}/preview/{name}").status_code == 404


RANGES = [
    ("bytes=0-9", 206, slice(0, 10)),
    ("bytes=100-", 206, slice(100, None)),
    ("bytes=-7", 206, slice(-7, None)),
    ("bytes=5-5", 206, slice(5, 6)),
    ("bytes=0-999999999", 206, slice(None)),
    ("bytes=999999999-", 416, None),
    ("bytes=0-1,4-5", 200, slice(None)),
    ("lines=0-1", 200, slice(None)),
    ("bytes=x", 200, slice(None)),
]


@pytest.mark.parametrize(("asked", "status", "part"), RANGES)
def test_a_film_can_be_asked_for_in_parts(
    served: Site, files: dict[str, Put], asked: str, status: int, part: slice | None
) -> None:
    made = files["活动.mp4"]
    answer = get(served, INSPECTOR, f"/files/{made.use_id}", headers={"Range": asked})
    assert answer.status_code == status
    assert_closed(answer)
    if part is None:
        assert answer.data == b"" and answer.headers["Content-Range"] == f"bytes */{len(made.content)}"
        return
    assert answer.data == made.content[part]
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.content_length == len(answer.data)
    if status == 206:
        assert answer.headers["Content-Range"].endswith(f"/{len(made.content)}")
    assert "media-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_stale_part_is_answered_with_the_whole(served: Site, files: dict[str, Put]) -> None:
    url = f"/files/{files['活动.mp4'].use_id}"
    fresh = {"Range": "bytes=0-9", "If-Range": f'"{files["活动.mp4"].sha256}"'}
    stale = {"Range": "bytes=0-9", "If-Range": '"something else"'}
    assert get(served, CLERK, url, headers=fresh).status_code == 206
    assert get(served, CLERK, url, headers=stale).status_code == 200


def test_head_says_the_same_without_bytes_and_what_is_known_is_not_sent_again(
    served: Site, files: dict[str, Put]
) -> None:
    url = f"/files/{files['现场.jpg'].use_id}"
    whole, head = get(served, CLERK, url), served.client(CLERK).head(url)
    changing = {"Date", "X-Request-Id", "Set-Cookie"}
    same = {name: value for name, value in whole.headers.items() if name not in changing}
    assert same == {name: value for name, value in head.headers.items() if name not in changing}
    assert head.data == b""
    head.close()
    again = get(served, CLERK, url, headers={"If-None-Match": whole.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert_closed(again)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("现场.png", "file.png"),
        ("a b (1).pdf", "a b (1).pdf"),
        ('quo"te\\s;.txt', "quo_te_s_.txt"),
        ("2020年 report.csv", "2020 report.csv"),
        ("😀.jpg", "file.jpg"),
        ("çédille.zip", "cedille.zip"),
        ("noextension", "noextension"),
        ("行\r\nSet-Cookie: x.txt", "__Set-Cookie_ x.txt"),
    ],
)
def test_a_name_is_plain_for_old_clients_and_whole_for_others(name: str, plain: str) -> None:
    value = disposition(name, inline=False)
    assert value.startswith(f'attachment; filename="{plain}"; ')
    assert value.isascii() and value.isprintable()
    assert unquote(value.split("filename*=UTF-8''")[1]) == name


def test_of_a_masked_picture_others_get_the_masked_copy_alone(served: Site) -> None:
    made = put(served, picture(seed=21), "遮挡.jpg")
    url = f"/files/{made.use_id}"
    before = get(served, INSPECTOR, f"{url}/preview/page-1.webp")
    assert evidence.white_in_the_middle(before.data)
    mask_id = make_mask(served, made.bag_id, made=False)
    for login in OTHERS:
        for ending in ("", "?download=1", "/preview/thumb.webp", "/preview/page-1.webp"):
            answer = get(served, login, url + ending)
            assert answer.status_code in (403, 404), "withheld at once, before the copy is made"
            assert b"WEBP" not in answer.data[:20] and made.content[:50] not in answer.data
    evidence.work_mask(served, mask_id)
    for login in OTHERS:
        refused = get(served, login, url)
        assert refused.status_code == 403
        assert f"{url}/view" in refused.text and "理由" in refused.text
        for name in ("thumb.webp", "page-1.webp", f"m{mask_id}-page-1.webp"):
            answer = get(served, login, f"{url}/preview/{name}")
            assert answer.status_code == 200
            assert_closed(answer)
            assert not evidence.white_in_the_middle(answer.data)
    for login in OWN:
        for base in (url, f"/files/bag/{made.bag_id}"):
            assert get(served, login, base).data == made.content
            assert evidence.white_in_the_middle(get(served, login, f"{base}/preview/page-1.webp").data)
            masked = get(served, login, f"{base}/preview/m{mask_id}-page-1.webp")
            assert not evidence.white_in_the_middle(masked.data)


def test_the_original_behind_a_mask_is_given_for_a_reason_that_is_recorded(served: Site) -> None:
    made = put(served, picture(seed=22), "原件.jpg")
    make_mask(served, made.bag_id)
    url = f"/files/{made.use_id}/original"
    since = served.last_record()
    for reason in ("", "    ", "四个字吗"):
        answer = served.post(INSPECTOR, url, {"reason": reason})
        assert answer.status_code == 422
        assert "至少 5 个字" in answer.text and made.content[:50] not in answer.data
    assert [row.outcome for row in served.audit_since(since)] == ["invalid"] * 3
    since = served.last_record()
    given = served.post(INSPECTOR, url, {"reason": "核对照片里的日期"})
    assert (given.status_code, given.data) == (200, made.content)
    assert_closed(given)
    given.close()
    [record] = served.audit_since(since)
    assert (record.action, record.outcome, record.actor) == ("evidence.open_original", "done", INSPECTOR)
    assert (record.object_id, record.unit_id) == (made.use_id, served.units[CLERK].id)
    assert record.detail["reason"] == "核对照片里的日期"
    for login, status in (("fx-clerk-sibling", 404), ("fx-inspector-outside", 404), ("fx-auditor", 403)):
        assert served.post(login, url, {"reason": "核对照片里的日期"}).status_code == status


@pytest.mark.parametrize("why", ["infected", "refused"])
def test_what_is_infected_or_refused_is_given_to_nobody_and_shown_as_such(served: Site, why: str) -> None:
    made = put(served, picture(seed=31 if why == "infected" else 32), "病毒.jpg")
    if why == "infected":
        evidence.set_scan(served, made.sha256, Scan.INFECTED)
    else:
        evidence.set_state(served, made.bag_id, "refused")
    bases = [(login, f"/files/{made.use_id}") for login in (*OWN, *OTHERS)]
    bases += [(login, f"/files/bag/{made.bag_id}") for login in OWN]
    word = "发现病毒" if why == "infected" else "没有通过检查"
    for login, base in bases:
        for ending in ("", "?download=1", "/preview/thumb.webp", "/preview/page-1.webp"):
            answer = get(served, login, base + ending)
            assert answer.status_code == 403
            assert word in answer.text
        page = get(served, login, f"{base}/view")
        assert page.status_code == 200 and word in page.text
        assert "下载原件" not in page.text and "/preview/" not in page.text
    denied = served.post(INSPECTOR, f"/files/{made.use_id}/original", {"reason": "一定要看原件"})
    assert denied.status_code == 403 and made.content[:50] not in denied.data


def test_a_unit_is_not_told_of_bytes_that_were_checked_for_others_only(served: Site) -> None:
    """The oracle: the same bytes were infected, or examined, somewhere else already."""
    first = put(served, picture(seed=41), "甲.jpg")
    evidence.set_scan(served, first.sha256, Scan.INFECTED)
    second = put(served, first.content, "乙.jpg", examine=False)
    assert second.bag_id != first.bag_id
    assert get(served, CLERK, f"/files/{second.use_id}").data == second.content
    page = get(served, CLERK, f"/files/{second.use_id}/view").text
    assert "还在检查" in page and "病毒" not in page and "/preview/" not in page
    assert get(served, CLERK, f"/files/{second.use_id}/preview/thumb.webp").status_code == 404
    assert get(served, INSPECTOR, f"/files/{second.use_id}").status_code == 403, (
        "but nobody else gets a virus"
    )


def stored_path(site: Site, sha256: str) -> Path:
    run: Runtime = site.app.extensions["dudao"]
    path = run.evidence.path(sha256)
    assert path is not None
    return path


def alarms(site: Site, sha256: str) -> tuple[int, int]:
    """How many records of the damage, and how many notices of it, there are."""
    with site.inside() as session:
        records = select(func.count(AuditRecord.id)).where(
            AuditRecord.action == "evidence.damaged", AuditRecord.object_id == sha256
        )
        notices = select(func.count(Notification.id)).where(Notification.key.startswith(f"damaged:{sha256}"))
        return session.scalar(records) or 0, session.scalar(notices) or 0


@pytest.mark.parametrize("how", ["a flipped byte", "cut", "swapped", "missing"])
def test_an_original_that_is_not_what_came_is_not_served_and_raises_one_alarm(served: Site, how: str) -> None:
    number = ["a flipped byte", "cut", "swapped", "missing"].index(how)
    made = put(served, picture(seed=51 + number), "损坏.jpg")
    path = stored_path(served, made.sha256)
    before, _notices = alarms(served, made.sha256)
    path.chmod(0o600)
    content = bytearray(made.content)
    if how == "a flipped byte":
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
    elif how == "cut":
        path.write_bytes(made.content[:-1])
    elif how == "swapped":
        path.write_bytes(picture(seed=99))
    else:
        path.unlink()
    for login in (CLERK, INSPECTOR, "office"):
        for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": f'"{made.sha256}"'}):
            answer = get(served, login, f"/files/{made.use_id}", headers=headers)
            assert answer.status_code == 410
            assert "原件校验失败" in answer.text
    assert evidence.damaged_at(served, made.sha256) is not None
    records, notices = alarms(served, made.sha256)
    assert records == before + 1 and notices >= 1
    assert "原件校验失败" in get(served, INSPECTOR, f"/files/{made.use_id}/view").text
    assert alarms(served, made.sha256) == (records, notices)
    path.write_bytes(made.content)
    assert get(served, CLERK, f"/files/{made.use_id}").data == made.content, "restored, it is served again"


def test_a_large_original_is_hashed_once_an_hour_unless_it_changes(
    served: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = put(served, picture(seed=61), "大.jpg")
    monkeypatch.setattr(opening, "HASHED_EACH_TIME", 10)
    hashed = 0
    real = hashlib.sha256

    def counted(*given: Any) -> Any:
        nonlocal hashed
        hashed += 1
        return real(*given)

    monkeypatch.setattr(opening, "hashlib", SimpleNamespace(sha256=counted))
    url = f"/files/{made.use_id}"
    for _time in range(3):
        assert get(served, CLERK, url).data == made.content
    assert hashed == 1
    later = time.monotonic() + 3601
    monkeypatch.setattr(opening, "time", SimpleNamespace(monotonic=lambda: later))
    get(served, CLERK, url)
    assert hashed == 2
    path = stored_path(served, made.sha256)
    path.chmod(0o600)
    path.write_bytes(bytes([made.content[0] ^ 1]) + made.content[1:])
    assert get(served, CLERK, url).status_code == 410
    assert hashed == 3


#: Headers that say how bytes are sent, not what they are.
OF_THE_WAY = {"Date", "X-Request-Id", "Set-Cookie", "Content-Length", "Accept-Ranges", "X-Accel-Redirect"}


def kept_headers(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_THE_WAY}


@pytest.fixture
def offloaded(served: Site) -> Iterator[Callable[[str], None]]:
    run: Runtime = served.app.extensions["dudao"]
    before = run.settings

    def choose(offload: str) -> None:
        run.settings = replace(before, offload=offload)

    yield choose
    run.settings = before


@pytest.mark.parametrize("name", ["现场.jpg", "活动.mp4", "方案.pdf"])
def test_nginx_sends_the_file_under_the_same_headers(
    served: Site, files: dict[str, Put], offloaded: Callable[[str], None], name: str
) -> None:
    made = files[name]
    plain = get(served, INSPECTOR, f"/files/{made.use_id}")
    offloaded("nginx:/protected/")
    handed = get(served, INSPECTOR, f"/files/{made.use_id}")
    sha = made.sha256
    assert handed.headers["X-Accel-Redirect"] == f"/protected/{sha[:2]}/{sha[2:4]}/{sha}"
    assert (handed.status_code, handed.data) == (200, b"")
    assert kept_headers(handed) == kept_headers(plain)


def test_offloading_comes_after_the_same_checks(
    served: Site, files: dict[str, Put], offloaded: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def link(_store: Any, sha256: str, **how: Any) -> str:
        asked.append({"sha256": sha256, **how})
        return "https://store.example/signed"

    run: Runtime = served.app.extensions["dudao"]
    monkeypatch.setattr(type(run.evidence), "link", link)
    masked = put(served, picture(seed=71), "遮.jpg")
    make_mask(served, masked.bag_id)
    refused = put(served, picture(seed=72), "拒.jpg")
    evidence.set_state(served, refused.bag_id, "refused")
    broken = put(served, picture(seed=73), "坏.jpg")
    stored_path(served, broken.sha256).unlink()
    for how in ("nginx:/protected/", "s3"):
        offloaded(how)
        for made, status in ((masked, 403), (refused, 403), (broken, 410)):
            answer = get(served, INSPECTOR, f"/files/{made.use_id}?download=1")
            assert answer.status_code == status
            assert "X-Accel-Redirect" not in answer.headers and "Location" not in answer.headers
        for login in STRANGERS:
            assert get(served, login, f"/files/{files['方案.pdf'].use_id}").status_code == 404
    assert asked == []


def test_a_download_goes_to_the_store_for_minutes_and_what_is_shown_in_place_does_not(
    served: Site, files: dict[str, Put], offloaded: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def link(_store: Any, sha256: str, **how: Any) -> str:
        asked.append({"sha256": sha256, **how})
        return "https://store.example/signed"

    run: Runtime = served.app.extensions["dudao"]
    monkeypatch.setattr(type(run.evidence), "link", link)
    offloaded("s3")
    made, shown = files["方案.pdf"], files["现场.jpg"]
    answer = get(served, INSPECTOR, f"/files/{made.use_id}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://store.example/signed")
    assert_closed(answer)
    [how] = asked
    assert how["seconds"] <= 300 and not how["inline"]
    assert (how["name"], how["media_type"]) == ("方案.pdf", "application/pdf")
    assert get(served, INSPECTOR, f"/files/{shown.use_id}").data == shown.content
    assert get(served, INSPECTOR, f"/files/{shown.use_id}?download=1").status_code == 302


class Elsewhere:
    """A store without local files: bytes come through a reader that can seek and nothing more."""

    def __init__(self, inner: EvidenceStore) -> None:
        self.inner = inner

    def path(self, _sha256: str) -> None:
        return None

    def open(self, sha256: str) -> io.BytesIO:
        with self.inner.open(sha256) as file:
            return io.BytesIO(file.read())


def test_from_a_store_without_files_bytes_are_streamed_in_parts_too(
    served: Site, files: dict[str, Put], monkeypatch: pytest.MonkeyPatch
) -> None:
    run: Runtime = served.app.extensions["dudao"]
    monkeypatch.setattr(run, "evidence", Elsewhere(run.evidence))
    made = files["现场.jpg"]
    url = f"/files/{made.use_id}"
    assert get(served, CLERK, url).data == made.content
    part = get(served, CLERK, url, headers={"Range": "bytes=3-8"})
    assert (part.status_code, part.data) == (206, made.content[3:9])
    assert get(served, CLERK, url, headers={"Range": "bytes=99999999-"}).status_code == 416
