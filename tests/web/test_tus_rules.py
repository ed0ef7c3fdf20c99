"""The rules that hold for every route, for those that programs use: access, tokens, records (checks Z1, H3, L1, L3).

The tests of all other routes post forms; these speak the protocol of uploads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from core.store.models import AuditRecord
from core.web.policy import Policy
from tests.conftest import Browser
from tests.web.conftest import opened
from tests.web.deeds import CLERK
from tests.web.matrix import ACTORS, ROLES, Who
from tests.web.site import Site, written
from tests.web.targets import REASON
from tests.web.tus import URL, Tus, bag, metadata

ADDRESS = "203.0.113.77"
CONTENT = b"hello, world"
#: Every route of uploads that needs a person: its endpoint, method, address, and whether it needs an upload.
ROUTES = [
    ("uploads.create", "POST", URL, False),
    ("uploads.offset", "HEAD", URL + "{}", True),
    ("uploads.append", "PATCH", URL + "{}", True),
    ("uploads.end", "DELETE", URL + "{}", True),
    ("uploads.instead", "POST", URL + "{}", True),
]
CHANGING = [route for route in ROUTES if route[1] != "HEAD"]


def test_these_are_all_routes_of_programs(site: Site) -> None:
    policies: dict[str, Policy] = site.app.extensions["dudao_policies"]
    assert {name for name, policy in policies.items() if policy.api} == {route[0] for route in ROUTES}
    assert all(policies[name].audit for name, *_rest in CHANGING)


def send(site: Site, login: str, method: str, url: str, token: str | None = None) -> TestResponse:
    """The same wish as anybody: a creation, a first piece, an end."""
    sent = {
        "Upload_Length": str(len(CONTENT) + 1),
        "Upload_Metadata": metadata(filename="说明.txt"),
        "Upload_Offset": "0",
        "X_HTTP_Method_Override": "PATCH",
    }
    if token is not None:
        sent["X_CSRFToken"] = token
    return Tus(site, login).ask(method, url, CONTENT if url != URL else b"", **sent)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def prepared(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site with everybody signed in, an upload of the clerk's, then an account and a unit disabled."""
    with opened(filled_folder, tmp_path_factory.mktemp("tus-rules") / "data") as site:
        for who in ACTORS:
            site.token(who.login)
        name = Tus(site, CLERK).begin(1000).removeprefix(URL)
        site.disable("fx-disabled")
        site.disable_unit(site.units["fx-clerk-disabled-unit"].id, REASON)
        yield site, name


def expected(who: Who, needs_upload: bool, upload: str, name: str) -> set[int]:
    if who.anonymous:
        return {401}
    if not ROLES["report"] & who.roles:
        return {403}
    if needs_upload and (who.login != CLERK or upload != name):
        return {404}
    if who.state == "unit disabled":
        return {403}
    return {200, 201, 204, 409}


@pytest.mark.parametrize("who", ACTORS, ids=lambda who: who.login or "anonymous")
def test_every_cell_is_as_declared(prepared: tuple[Site, str], who: Who) -> None:
    site, name = prepared
    for endpoint, method, url, needs_upload in sorted(ROUTES, key=lambda route: route[1] == "DELETE"):
        for upload in (name, "0" * 32, "no-such") if needs_upload else ("",):
            if method == "DELETE" and who.login == CLERK and upload == name:
                continue  # the others need it still
            answer = send(site, who.login, method, url.format(upload))
            wanted = expected(who, needs_upload, upload, name)
            assert answer.status_code in wanted, f"{endpoint} {upload}: {answer.status_code}, not {wanted}"


@pytest.mark.parametrize(("endpoint", "method", "url", "needs_upload"), CHANGING)
def test_without_a_token_of_ones_own_nothing_changes(
    site: Site, endpoint: str, method: str, url: str, needs_upload: bool
) -> None:
    there = url.format(Tus(site, CLERK).begin(1000).removeprefix(URL))
    old = Browser(site.fresh("fx-auditor").client).token()
    for token in ("", "nonsense", site.token("fx-clerk-sibling"), old):
        with site.statements() as statements:
            answer = send(site, CLERK, method, there, token)
        assert answer.status_code == 400, f"{endpoint} with {token!r}"
        assert written(statements) == set()
    assert Tus(site, CLERK).offset(URL + there.removeprefix(URL)) == 0 if needs_upload else True


@pytest.mark.parametrize(("endpoint", "method", "url", "needs_upload"), CHANGING)
def test_each_refusal_leaves_one_record(
    site: Site, endpoint: str, method: str, url: str, needs_upload: bool
) -> None:
    there = url.format(Tus(site, CLERK).begin(1000).removeprefix(URL))
    refusals = [
        ("", None, 401, "denied"),
        ("fx-auditor", None, 403, "denied"),
        (CLERK, "stale", 400, "invalid"),
    ]
    if needs_upload:
        refusals.append(("fx-clerk-sibling", None, 404, "denied"))
    for login, token, status, outcome in refusals:
        site.token(login)
        since = site.last_record()
        answer = send(site, login, method, there, token)
        assert answer.status_code == status, endpoint
        [record] = site.audit_since(since)
        assert (record.action, record.outcome, record.actor) == ("evidence.upload", outcome, login)
        assert record.request_id == answer.headers["X-Request-Id"]
        assert record.detail["path"] == there


class Refusing:
    """The audit table, refusing the next rows."""

    def __init__(self) -> None:
        self.left = 0

    def __call__(self, _mapper: object, _connection: object, _target: object) -> None:
        if self.left > 0:
            self.left -= 1
            raise OperationalError("INSERT INTO audit_record", {}, Exception("disk I/O error"))


@pytest.fixture
def refusing() -> Iterator[Refusing]:
    made = Refusing()
    event.listen(AuditRecord, "before_insert", made)
    yield made
    event.remove(AuditRecord, "before_insert", made)


def test_what_cannot_be_recorded_does_not_happen(site: Site, refusing: Refusing) -> None:
    """L3: no upload begins, no file comes into the bag, none is given up; afterwards all of it works."""
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    tus = Tus(site, CLERK)
    site.token(CLERK)
    refusing.left = 1
    assert tus.create(len(CONTENT)).status_code == 500
    url = tus.begin(len(CONTENT))
    refusing.left = 1
    failed = tus.patch(url, 0, CONTENT)
    assert (failed.status_code, failed.mimetype) == (500, "application/problem+json")
    assert "Traceback" not in failed.text
    assert bag(site) == [] and tus.offset(url) == len(CONTENT) - 1
    refusing.left = 1
    assert tus.ask("DELETE", url).status_code == 500
    assert tus.patch(url, len(CONTENT) - 1, CONTENT[-1:]).status_code == 204
    assert len(bag(site)) == 1
