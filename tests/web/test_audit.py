"""Every deed and every refusal has exactly one record, written with the deed or not at all (check L1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from core.store.models import AuditRecord
from core.web.policy import READING, Policy
from tests.conftest import Browser
from tests.web.asking import Deed
from tests.web.deeds import CLERK, settle, walk
from tests.web.site import Site, written
from tests.web.tus import Tus, checksum

#: Whoever holds none of the permissions that a deed of this account needs.
STRANGERS = {
    "fx-clerk": "fx-auditor",
    "fx-inspector-inside": "fx-admin",
    "fx-office-province": "fx-clerk-sibling",
    "fx-admin": "fx-office-city",
}
ADDRESS = "203.0.113.77"


def policies(site: Site) -> dict[str, Policy]:
    found: dict[str, Policy] = site.app.extensions["dudao_policies"]
    return found


def the_record(site: Site, since: int, answer: TestResponse, what: str) -> AuditRecord:
    """The one record that a request left, with from where and when."""
    found = site.audit_since(since)
    assert len(found) == 1, f"{what}: {len(found)} records"
    [record] = found
    assert record.request_id == answer.headers["X-Request-Id"] != "", what
    assert record.address == ADDRESS, what
    assert record.at.tzinfo is not None, what
    return record


def post(site: Site, deed: Deed, **more: Any) -> TestResponse:
    typed = {"csrf_token": site.token(deed.login), **deed.data, **more}
    return deed.send(site, typed, environ_base={"REMOTE_ADDR": ADDRESS})


def test_each_deed_leaves_exactly_one_record_of_who_where_what_and_how_it_ended(site: Site) -> None:
    known = policies(site)
    seen = set()
    for deed in walk(site):
        site.token(deed.login)
        since = site.last_record()
        answer = post(site, deed)
        assert answer.status_code == deed.status, deed.endpoint
        record = the_record(site, since, answer, deed.endpoint)
        assert (record.outcome, record.action) == ("done", deed.action or known[deed.endpoint].audit)
        assert record.actor == (deed.login or "auditor"), deed.endpoint
        assert record.actor_id, deed.endpoint
        assert record.object_type and record.object_id, deed.endpoint
        assert deed.object_id in (None, record.object_id), deed.endpoint
        seen.add(deed.endpoint)
        settle(site, deed)
    assert seen == {r.endpoint for r in site.app.url_map.iter_rules() if set(r.methods or ()) - READING}


def test_each_refusal_of_a_stranger_a_visitor_and_a_stale_page_leaves_one_record(site: Site) -> None:
    known = policies(site)
    for deed in walk(site):
        site.token(deed.login)
        action = known[deed.endpoint].audit
        stranger = STRANGERS.get(deed.login)
        permission = known[deed.endpoint].permission.value
        if permission not in ("public", "signed_in"):
            assert stranger, deed.login
            refusal(site, deed, action, stranger, 403, "denied")
        if permission != "public":
            refusal(site, deed, action, "", 401 if deed.api else 302, "denied")
        since = site.last_record()
        stale = post(site, deed, csrf_token="stale")
        assert stale.status_code == 400
        record = the_record(site, since, stale, f"{deed.endpoint} with a stale token")
        assert (record.action, record.outcome, record.actor) == (action, "invalid", deed.login), deed.endpoint
        assert post(site, deed).status_code == deed.status, deed.endpoint
        settle(site, deed)


def refusal(site: Site, deed: Deed, action: str | None, login: str, status: int, outcome: str) -> None:
    token = site.token(login)
    since = site.last_record()
    typed = {**deed.data, "csrf_token": token}
    answer = deed.send(site, typed, login=login, environ_base={"REMOTE_ADDR": ADDRESS})
    assert answer.status_code == status, f"{deed.endpoint} as {login!r}"
    record = the_record(site, since, answer, f"{deed.endpoint} as {login!r}")
    assert (record.action, record.outcome, record.actor) == (action, outcome, login), deed.endpoint
    assert record.detail["path"] == deed.url


#: What is wrong with a deed, and what is answered: nothing typed, an old version, an unknown thing.
WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "unit.create": ({"do": "submit", "summary": "", "measures": ""}, 422, "invalid"),
    "unit.change": ({"version": "0"}, 409, "conflict"),
    "unit.withdraw": ({"version": "0"}, 409, "conflict"),
    "bag.upload": ({"files": ""}, 422, "invalid"),
    "bag.describe": ({"note": "a\0b"}, 400, "invalid"),
    "masks.save": ({"left": "x"}, 422, "invalid"),
    "files.original": ({"reason": ""}, 422, "invalid"),
    "packs.make": ({"reason": "移交"}, 422, "invalid"),
    "uploads.create": ({"Upload-Length": "many"}, 400, "invalid"),
    "uploads.append": ({"Upload-Offset": "7"}, 409, "conflict"),
    "uploads.end": ({"Tus-Resumable": "0.2.2"}, 412, "invalid"),
    "uploads.instead": ({"X-HTTP-Method-Override": "BREW"}, 405, "denied"),
    "review.release": ({"version": "0"}, 409, "conflict"),
    "review.return_": ({"reason": " "}, 422, "invalid"),
    "review.accept": ({"version": "0"}, 409, "conflict"),
    "office.reopen": ({"reason": ""}, 422, "invalid"),
    "office.disable_unit": ({"reason": ""}, 422, "invalid"),
    "office.enable_unit": ({"reason": ""}, 422, "invalid"),
    "switching.disable": ({"reason": ""}, 422, "invalid"),
    "switching.enable": ({"reason": ""}, 422, "invalid"),
    "switching.switch_list": ({"list": "no-such-code"}, 422, "invalid"),
    "plugin_admin.disable": ({"reason": ""}, 422, "invalid"),
    "plugin_admin.enable": ({"reason": ""}, 422, "invalid"),
    "plugin_admin.put_back": ({"reason": ""}, 422, "invalid"),
    "people.add": ({"role": "emperor"}, 422, "invalid"),
    "account.language": ({"locale": "tlh"}, 400, "invalid"),
    "account.password": ({"old": "not the password"}, 422, "invalid"),
    "account.sign_in": ({"password": "not the password"}, 401, "denied"),
}
#: Deeds without anything to get wrong but the address itself.
NOTHING_TO_TYPE = {
    "review.claim", "review.claim_next", "people.disable", "people.enable", "people.reset_password",
    "notices.read", "account.end_session", "account.logout", "bag.remove", "bag.cancel",
    "masks.remove",
}  # fmt: skip


def test_each_wrong_form_leaves_one_record_of_what_was_wrong(site: Site) -> None:
    known = policies(site)
    seen = set()
    for deed in walk(site):
        site.token(deed.login)
        if deed.endpoint in WRONG:
            wrong, status, outcome = WRONG[deed.endpoint]
            since = site.last_record()
            if deed.endpoint == "unit.create":
                answer = site.post(deed.login, deed.url, wrong, environ_base={"REMOTE_ADDR": ADDRESS})
            else:
                answer = post(site, deed, **wrong)
            assert answer.status_code == status, deed.endpoint
            record = the_record(site, since, answer, f"{deed.endpoint}, wrong")
            assert (record.outcome, record.action) == (outcome, known[deed.endpoint].audit), deed.endpoint
            seen.add(deed.endpoint)
        assert post(site, deed).status_code == deed.status, deed.endpoint
        settle(site, deed)
    assert seen == set(WRONG)
    assert seen | NOTHING_TO_TYPE == {
        r.endpoint for r in site.app.url_map.iter_rules() if set(r.methods or ()) - READING
    }


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


def test_a_deed_that_cannot_be_recorded_does_not_happen_and_its_failure_is_recorded(
    site: Site, refusing: Refusing
) -> None:
    known = policies(site)
    hashed = {"unit.change", "bag.upload", "masks.save", "uploads.append", "review.accept", "people.add"}
    for deed in walk(site):
        site.token(deed.login)
        since = site.last_record()
        before = site.hash() if deed.endpoint in hashed else ""
        refusing.left = 1
        answer = post(site, deed)
        assert (answer.status_code, refusing.left) == (500, 0), deed.endpoint
        record = the_record(site, since, answer, f"{deed.endpoint}, failing")
        assert record.outcome == "failed", deed.endpoint
        assert record.action == known[deed.endpoint].audit, deed.endpoint
        assert record.actor == deed.login, deed.endpoint
        assert before in ("", deed.endpoint in hashed and site.hash()), deed.endpoint
        again = post(site, deed)
        assert again.status_code == deed.status, f"{deed.endpoint} was done although it failed"
        settle(site, deed)


def test_while_the_audit_table_refuses_everything_nothing_is_done_and_no_answer_says_it_was(
    site: Site, refusing: Refusing
) -> None:
    for deed in walk(site):
        site.token(deed.login)
        refusing.left = 100
        since = site.last_record()
        answer = post(site, deed)
        assert answer.status_code == 500, deed.endpoint
        assert "Traceback" not in answer.text and "audit_record" not in answer.text
        assert site.audit_since(since) == []
        refusing.left = 0
        assert post(site, deed).status_code == deed.status, deed.endpoint
        settle(site, deed)


def test_reading_leaves_no_record(shared_site: Site) -> None:
    browser = shared_site.browser("office")
    since = shared_site.last_record()
    for url in ("/office/", "/office/reports", "/account"):
        browser.get(url)
    assert shared_site.audit_since(since) == []


def test_a_piece_in_the_middle_of_a_file_leaves_no_record_and_a_refused_one_does(site: Site) -> None:
    """The upload's beginning and its end have theirs; thousands of pieces in between would bury everything else."""
    client = Tus(site, CLERK)
    url = client.begin(30)
    since = site.last_record()
    for begins in (0, 10):
        assert client.patch(url, begins, b"0123456789").status_code == 204
    assert site.audit_since(since) == []
    assert client.patch(url, 5, b"0123456789").status_code == 409
    assert client.patch(url, 20, b"01234", Upload_Checksum=checksum(b"others")).status_code == 460
    assert [row.outcome for row in site.audit_since(since)] == ["conflict", "invalid"]
    since = site.last_record()
    assert client.patch(url, 20, b"0123456789").status_code == 204
    assert [(row.action, row.outcome) for row in site.audit_since(since)] == [("evidence.add", "done")]


def test_a_record_is_one_line_whatever_was_sent(site: Site) -> None:
    """CR, LF, terminal codes and direction marks must not forge a second line of the trail."""
    for login in ("fx-office-province", "fx-clerk", "auditor"):
        site.token(login)
    since = site.last_record()
    nasty = "a\r\n2020-11-12 office 通过\x1b[2K\u202e\u2028"
    site.post("fx-office-province", "/office/units/1/disable", {"reason": nasty})
    site.client("fx-clerk").post("/people/%0d%0aoffice/disable", data={"csrf_token": site.token("fx-clerk")})
    visitor = Browser(site.app.test_client())
    visitor.client.post(
        "/login", data={"csrf_token": visitor.token("/login"), "login": nasty, "password": "x"}
    )
    records = site.audit_since(since)
    assert len(records) == 3
    for record in records:
        for text in (record.actor, record.object_id, record.object_type, record.address, record.request_id):
            assert text.isprintable(), repr(text)
    page = site.client("auditor").get("/audit/").text
    assert "\x1b" not in page and "\u202e" not in page and "\u2028" not in page


def test_a_repeated_form_is_recorded_as_repeated_and_done_once(site: Site) -> None:
    deed = next(walk(site))
    first = post(site, deed, key="the same key")
    since = site.last_record()
    second = post(site, deed, key="the same key")
    assert (first.status_code, first.location) == (second.status_code, second.location)
    record = the_record(site, since, second, "repeated")
    assert record.outcome == "repeated"
    with site.statements() as statements:
        post(site, deed, key="the same key")
    assert "report" not in written(statements)
    other = {**deed.data, next(iter(set(deed.data) - {"do"})): "other"}
    conflict = site.post(deed.login, deed.url, {**other, "key": "the same key"})
    assert conflict.status_code == 409
