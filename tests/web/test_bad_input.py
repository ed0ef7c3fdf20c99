"""Whatever is sent, the answer is no failure of ours, shows no traceback, and saves nothing by half (check H5)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from werkzeug.test import TestResponse

from core.app import create_app
from core.web.policy import READING
from tests import servers
from tests.conftest import settings_for
from tests.web.conftest import TEMPLATES, opened
from tests.web.deeds import CLERK, Deed, settle, walk
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
}


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
    url = servers.fresh_database(server, like=template)
    import shutil

    shutil.copytree(source, folder)
    app = create_app(settings_for(folder, database_url=url))
    app.jinja_env.bytecode_cache = TEMPLATES
    yield Site(app)
    with app.app_context():
        from core.store.db import db

        db.session.remove()
        db.engine.dispose()


def calm(answer: TestResponse, what: str) -> None:
    assert answer.status_code < 500, f"{what}: {answer.status_code}"
    text = answer.get_data()
    assert b"Traceback" not in text and b"sqlalchemy" not in text and b"site-packages" not in text, what
    answer.close()


def encoded(data: dict[str, Any], token: str) -> bytes:
    """A form's body, with whatever bytes are in it."""
    pairs = [("csrf_token", token)]
    for name, value in data.items():
        pairs += [(name, item) for item in (value if isinstance(value, list) else [value])]
    return urlencode(pairs).encode()


def send(site: Site, deed: Deed, data: dict[str, Any], url: str | None = None) -> TestResponse:
    return site.client(deed.login).post(
        url or deed.url,
        data=encoded(data, site.token(deed.login)),
        content_type="application/x-www-form-urlencoded",
        environ_base={"REMOTE_ADDR": f"10.1.{hash(str(data)) % 250}.{hash(deed.url) % 250}"},
    )


def test_no_field_of_any_form_can_be_filled_so_that_the_server_fails(site: Site) -> None:
    """Each field of each changing route gets everything nasty, once alone and once with all fields nasty."""
    seen = set()
    for deed in walk(site):
        site.token(deed.login)
        fields = [name for name in deed.data if name != "do"]
        if deed.endpoint not in seen:
            for number, (kind, value) in enumerate(NASTY.items()):
                nasty = {name: value for name in fields} | {"unasked": value, "key": value, "next": value}
                calm(send(site, deed, nasty), f"{deed.endpoint}, all fields: {kind}")
                if fields:
                    one = fields[number % len(fields)]
                    if (deed.endpoint, one) != ("account.password", "old"):
                        calm(send(site, deed, {**deed.data, one: value}), f"{deed.endpoint}, {one}: {kind}")
                settle(site, deed)
        seen.add(deed.endpoint)
        site.token(deed.login)
        answer = site.post(deed.login, deed.url, deed.data)
        calm(answer, deed.endpoint)
        settle(site, deed)
    assert seen == {r.endpoint for r in site.app.url_map.iter_rules() if set(r.methods or ()) - READING}
