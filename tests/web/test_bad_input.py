"""Whatever is sent, the answer is no failure of ours, shows no traceback, and saves nothing by half (check H5)."""

from __future__ import annotations

import gc
import io
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from core.app import create_app
from core.store.db import db
from core.web.policy import READING
from tests import servers
from tests.conftest import move_clock, settings_for
from tests.web.asking import PIECE, TUS
from tests.web.bodies import send
from tests.web.conftest import TEMPLATES, opened
from tests.web.deeds import CLERK, newest, settle, walk
from tests.web.nasty import EACH, SHOWN, STORED, nasty_for
from tests.web.site import Site


@pytest.fixture(scope="module")
def plain(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on SQLite, for what never reaches the database."""
    with opened(filled_folder, tmp_path_factory.mktemp("plain") / "data") as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, filled_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site on each database: they refuse different things."""
    folder = tmp_path_factory.mktemp("bad") / "data"
    if request.param == "sqlite":
        with opened(filled_folder, folder) as made:
            yield made
        return
    server = request.getfixturevalue("postgres_server")
    template, source = request.getfixturevalue("filled_database")
    shutil.copytree(source, folder)
    with servers.fresh_database(server, like=template) as url:
        app = create_app(settings_for(folder, database_url=url))
        app.jinja_env.bytecode_cache = TEMPLATES
        yield Site(app)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def calm(answer: TestResponse, what: str) -> None:
    assert answer.status_code < 500, f"{what}: {answer.status_code}"
    text = answer.get_data()
    assert b"Traceback" not in text and b"sqlalchemy" not in text and b"site-packages" not in text, what
    answer.close()


#: Forms whose every answer checks a password: slow on purpose.
COSTLY = ("account.sign_in", "account.password", "people.add")


def test_no_field_of_any_form_can_be_filled_so_that_the_server_fails(site: Site) -> None:
    """All fields of each changing route together get everything nasty, and each one alone its share of it."""
    seen = set()
    for deed in walk(site):
        site.token(deed.login)
        fields = [name for name in deed.data if name != "do"]
        if deed.endpoint not in seen:
            for number, kind, value in nasty_for(site):
                nasty = dict.fromkeys(fields, value) | {"unasked": value, "key": value, "next": value}
                if deed.endpoint in COSTLY and kind not in STORED:
                    continue
                if number % 3 == 0:
                    calm(send(site, deed, nasty), f"{deed.endpoint}, all fields: {kind}")
                for one in fields if kind in EACH else fields[number % max(1, len(fields)) :][:1]:
                    calm(send(site, deed, {**deed.data, one: value}), f"{deed.endpoint}, {one}: {kind}")
            settle(site, deed)
        seen.add(deed.endpoint)
        site.token(deed.login)
        calm(deed.post(site), deed.endpoint)
        settle(site, deed)
    assert seen == {r.endpoint for r in site.app.url_map.iter_rules() if set(r.methods or ()) - READING}
    move_clock(site.app, timedelta(minutes=6))  # the tries to sign in are forgotten


LISTINGS: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "office": [
        ("/office/", ("region", "page")),
        ("/office/reports", ("region", "type", "duty", "state", "page")),
        ("/office/units", ("region", "type", "q", "state", "page")),
        ("/office/units/disable", ("unit", "all", "below", "region", "type", "q", "state")),
        ("/office/units/list", ("region", "type", "q", "state")),
        ("/office/units/units.csv", ("region", "type", "q", "state")),
        ("/office/clauses", ("page",)),
        ("/office/plugins", ("page",)),
        ("/u/education/schools", ("region", "page")),
        ("/u/carriers/operators", ("unit",)),
        ("/u/banks/outlets", ("unit",)),
    ],
    "inspector": [("/review/", ("region", "type", "duty", "page"))],
    "auditor": [("/audit/", ("actor", "action", "outcome", "object", "since", "until", "page"))],
    "admin": [("/people/", ("q", "page"))],
    "fx-clerk": [
        ("/notices/", ("page",)),
        ("/account", ("page",)),
        ("/", ("unit",)),
        ("/u/banks/bag", ("view", "day", "unit", "page")),
        ("/u/banks/bag?view=all", ("day", "page")),
        ("/u/banks/bag?view=day", ("day", "page")),
        ("/u/banks/bag/states", ("id",)),
    ],
    "": [("/login", ("next",))],
}
#: Names that a function of the framework might take for its own.
RESERVED = (
    "_external",
    "_scheme",
    "_anchor",
    "_method",
    "_host",
    "endpoint",
    "values",
    "self",
    "unit",
    "unit_type",
)


def query(values: dict[str, str | bytes]) -> str:
    return "&".join(f"{name}={quote(value)}" for name, value in values.items())


def with_query(url: str, more: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{more}"


def test_no_filter_or_page_number_makes_a_listing_fail(site: Site) -> None:
    for login, listings in LISTINGS.items():
        client = site.client(login)
        for url, names in listings:
            for number, kind, value in nasty_for(site):
                if kind in SHOWN:
                    continue
                name = names[number % len(names)]
                # An unknown region is answered before any other filter is read.
                others = {other: value for other in names if other != "region"}
                for asked in ({name: value}, others) if kind in STORED else ({name: value},):
                    calm(client.get(with_query(url, query(asked))[:60_000]), f"{url} {kind} in {list(asked)}")


@pytest.mark.parametrize("number", ["-1", "0", str(10**9), str(10**30), "abc", "", "1.5", "1e3", "٣"])
def test_any_page_number_is_a_page(plain: Site, number: str) -> None:
    for login, listings in LISTINGS.items():
        for url, names in listings:
            if "page" in names:
                answer = plain.client(login).get(with_query(url, f"page={quote(number)}"))
                assert answer.status_code == 200, url


@pytest.mark.parametrize("name", RESERVED)
def test_no_name_in_the_address_is_taken_for_the_frameworks_own(plain: Site, name: str) -> None:
    for login, listings in LISTINGS.items():
        for url, names in listings:
            if "page" in names:
                value = quote("javascript" if name == "_scheme" else "https://evil.example")
                asked = with_query(url, f"page=2&{name}={value}&{name}=1&_external=1")
                answer = plain.client(login).get(asked)
                text = answer.text
                calm(answer, f"{url} with {name}")
                assert not re.search(r'href="(?:javascript:|https?:|//)', text), url


PATHS = [
    "/u/%00/", "/people/%00/disable", "/files/%00", "/review/a%00b", "/office/plugins/%00/enable",
    "/u/..%2f..%2fetc/", "/u/banks/duties/%ff/%fe/new", "/u/banks/reports/" + "a" * 5000,
    "/files/..%2f..%2fsecret.key", "/files/%2e%2e", "/static/..%2f..%2fconfig.py", "/static/%2e%2e/%2e%2e/app.py",
    "/static/....//....//etc/passwd", "/static/%00", "/bootstrap/static/..%5c..%5c", "/office/units/-1",
    "/office/units/0", "/office/units/99999999999999999999", "/office/reports/%27", "/office/reports/%E5%8F%8D",
    "/people/%27/disable", "/review/%0d%0a", "//evil.example/", "/%2f%2fevil.example", "/account/sessions/0/end",
    "/account/sessions/99999999999/end", "/office/plugins/..%2f/enable", "/people/" + "长" * 300 + "/enable",
    "/files/bag/%00", "/files/bag/..%2f..%2fsecret.key", "/files/" + "0" * 32 + "/preview/..%2f..%2fsecret.key",
    "/files/bag/" + "0" * 32 + "/preview/%2e%2e", "/files/a/view", "/files/%ff/original", "/api/v1/uploads/%00",
    "/api/v1/uploads/..%2f..%2fsecret.key", "/api/v1/uploads//etc/passwd", "/u/banks/bag/%00/mask",
    "/u/banks/bag/..%2f/describe", "/u/carriers/bag/" + "a" * 5000 + "/unmask", "/office/packs/unit/" + "9" * 30,
    "/office/packs/unit/-1", "/office/packs/unit/%D9%A3", "/office/packs/unit/%C2%B2", "/office/packs/report/%27",
    "/office/packs/campaign/..%2f..", "/office/packs/report/%00", "/office/packs/no-such-kind/1",
    "/examples/..%2f../config.py", "/examples/banks/..%2f__init__.py", "/examples/banks/%00",
    "/review/%00/files/%00/like/%00", "/review/a/files/b/like/..%2f",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_no_path_makes_the_server_fail_or_leave_the_site(site: Site, path: str) -> None:
    for login in ("office", "fx-clerk", "admin"):
        client = site.client(login)
        for method in ("GET", "POST", "HEAD", "PATCH", "DELETE"):
            api = {**TUS, **PIECE, "Upload-Offset": "0", "X-CSRFToken": site.token(login)}
            data = {"csrf_token": site.token(login), "reason": "移交检察机关"} if method == "POST" else None
            answer = client.open(path, method=method, data=data, headers=None if data else api)
            location = answer.headers.get("Location", "/").removeprefix("http://localhost")
            assert location.startswith("/") and not location.startswith(("//", "/\\")), path
            calm(answer, f"{method} {path} as {login!r}")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_form_of_too_many_parts_is_refused_whole(plain: Site) -> None:
    deed = next(walk(plain))
    before = newest_id(plain)
    data = {**deed.data, "csrf_token": plain.token(deed.login), "files": (io.BytesIO(b"x"), "a.txt")}
    data |= {f"field-{number}": "x" for number in range(600)}
    answer = plain.client(deed.login).post(deed.url, data=data, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert newest_id(plain) == before
    del answer
    gc.collect()  # Werkzeug leaves the part that it was reading to the garbage collector: now, not in another test


def test_a_text_of_many_megabytes_is_refused_whole(plain: Site) -> None:
    deed = next(walk(plain))
    before = newest_id(plain)
    data = {**deed.data, "csrf_token": plain.token(deed.login), "more": "x" * 3_000_000}
    for kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        answer = plain.client(deed.login).post(deed.url, data=data, content_type=kind)
        assert answer.status_code == 413, kind
    assert newest_id(plain) == before


def newest_id(plain: Site) -> str:
    return newest(plain, plain.units[CLERK].id).id


BODIES: list[tuple[str, bytes]] = [
    ("multipart/form-data", b"no boundary was named"),
    ("multipart/form-data; boundary=x", b"--x\r\nnot a header\r\n\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--x--"),
    ("multipart/form-data; boundary=x", b"\xff" * 1000),
    ("multipart/form-data; boundary=" + "x" * 500, b"--x--"),
    ("application/json", b'{"csrf_token": "x", "a": ' + b"[" * 20_000),
    ("application/json", b"\xff\xfe"),
    ("text/plain", b"csrf_token=x"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"c\0s\0r\0f\0"),
    ("application/x-www-form-urlencoded", b"&&&===;;;%%%zz%"),
    ("", b"anything"),
    ("nonsense/\xe9", b"anything"),
]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("content_type", "body"), BODIES, ids=lambda value: str(value)[:40])
def test_a_body_that_is_no_form_is_refused_and_saves_nothing(
    plain: Site, content_type: str, body: bytes
) -> None:
    deed = next(walk(plain))
    before = newest_id(plain)
    for headers in ({}, {"X-CSRFToken": plain.token(deed.login)}):
        answer = plain.client(deed.login).post(
            deed.url, data=body, content_type=content_type, headers=headers
        )
        assert answer.status_code in (400, 413, 415, 422), answer.status_code
    assert newest_id(plain) == before, "a form that arrived as nothing was saved"
    del answer
    gc.collect()


@pytest.mark.parametrize(
    "header", ["Accept-Language", "User-Agent", "Referer", "Idempotency-Key", "Range", "Cookie"]
)
def test_no_header_makes_a_page_fail(plain: Site, header: str) -> None:
    for value in ("x" * 20_000, "\xff\xfe", "%00", "bytes=0-0,1-2,-5", "zh;q=abc,*", "=;=;,", "a=\x7f"):
        environment = {f"HTTP_{header.upper().replace('-', '_')}": value}
        calm(plain.app.test_client().get("/login", environ_overrides=environment), f"{header}: {value[:20]}")
        deed = next(walk(plain))
        if header != "Cookie":
            answer = plain.post(deed.login, deed.url, deed.data, environ_overrides=environment)
            calm(answer, f"{header}: {value[:20]}")
