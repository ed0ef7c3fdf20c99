"""A report's states over HTTP: whatever is not in the table is refused, and nothing is written (check W2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from core.domain.access import Grant, Reach, Role
from core.services import people
from core.services.people import NewPerson
from core.store.models import Report, ReportStep, User
from tests.conftest import PASSWORD, move_clock
from tests.web.conftest import opened
from tests.web.deeds import CLERK, fillable, newest
from tests.web.site import Site, written

CLERKS = (CLERK, "fx-lead")
HOLDER, OTHER = "fx-inspector-inside", "inspector"
OFFICE = "fx-office-city"
STRANGERS = ("fx-clerk-sibling", "fx-inspector-outside", "auditor", "admin", "")
STATES = ("draft", "submitted", "in_review", "accepted", "returned", "withdrawn")
ACTIONS = ("save", "submit", "withdraw", "claim", "release", "accept", "return", "reopen")
EDITABLE = ("draft", "returned", "withdrawn")

#: (state, action, who) → the state that comes of it; everything else is refused.
ALLOWED: dict[tuple[str, str, str], str] = {
    **{(state, "save", clerk): state for state in EDITABLE for clerk in CLERKS},
    **{(state, "submit", clerk): "submitted" for state in EDITABLE for clerk in CLERKS},
    **{("submitted", "withdraw", clerk): "withdrawn" for clerk in CLERKS},
    ("submitted", "claim", HOLDER): "in_review",
    ("submitted", "claim", OTHER): "in_review",
    ("in_review", "claim", HOLDER): "in_review",
    ("in_review", "release", HOLDER): "submitted",
    ("in_review", "accept", HOLDER): "accepted",
    ("in_review", "return", HOLDER): "returned",
    ("accepted", "reopen", OFFICE): "returned",
}


@dataclass(frozen=True)
class Case:
    """A report of the clerk's unit that can be put into any state."""

    site: Site
    report_id: str
    entries: dict[str, list[str]]
    holder_id: int

    def put(self, state: str) -> int:
        """Put the report into a state; answers with its version."""
        claimed = self.holder_id if state == "in_review" else None
        now = self.site.app.extensions["dudao"].clock.now()
        with self.site.inside() as session:
            session.execute(
                delete(ReportStep).where(ReportStep.report_id == self.report_id, ReportStep.version > 2)
            )
            session.execute(
                update(Report)
                .where(Report.id == self.report_id)
                .values(
                    state=state,
                    version=2,
                    claimed_by=claimed,
                    claimed_at=now if claimed else None,
                    submitted_at=None if state in ("draft", "withdrawn") else now,
                    submitted_by=self.site.actor_id(CLERK),
                )
            )
            session.commit()
        return 2

    def state(self) -> tuple[str, int]:
        with self.site.inside() as session:
            row = session.execute(
                select(Report.state, Report.version).where(Report.id == self.report_id)
            ).one()
        return row.state, row.version

    def post(self, login: str, action: str, version: int, **more: Any) -> int:
        own = f"/u/{self.site.units[CLERK].unit_type}/reports/{self.report_id}"
        data: dict[str, Any] = {"version": version, "reason": "请补充材料", **more}
        if action in ("save", "submit"):
            return self.site.post(login, own, {"do": action, **self.entries, **data}).status_code
        url = {
            "withdraw": f"{own}/withdraw",
            "reopen": f"/office/reports/{self.report_id}/reopen",
        }.get(action, f"/review/{self.report_id}/{action}")
        return self.site.post(login, url, data).status_code


@pytest.fixture(scope="module")
def case(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with opened(filled_folder, tmp_path_factory.mktemp("workflow") / "data") as site:
        duty, period, entries = fillable(site)
        url = f"/u/{site.units[CLERK].unit_type}/duties/{duty.code}/{period.key}/new"
        assert site.post(CLERK, url, {"do": "save", **entries}).status_code == 302
        made = newest(site, site.units[CLERK].id)
        with site.inside() as session:
            holder = session.scalars(select(User.id).where(User.login == HOLDER)).one()
        yield Case(site, made.id, entries, holder)


@pytest.mark.parametrize("state", STATES)
def test_only_what_the_table_allows_can_be_done(case: Case, state: str) -> None:
    wrong = []
    for action in ACTIONS:
        for login in (*CLERKS, HOLDER, OTHER, OFFICE, *STRANGERS):
            version = case.put(state)
            with case.site.statements() as statements:
                status = case.post(login, action, version)
            wanted = ALLOWED.get((state, action, login))
            now, then = case.state()
            if wanted is not None:
                if (status, now) != (302, wanted):
                    wrong.append(f"{login} could not {action} a {state} report: {status}, now {now}")
            elif status not in (302 if login == "" else 403, 403, 404, 409) or (now, then) != (
                state,
                version,
            ):
                wrong.append(f"{login or 'a visitor'} could {action} a {state} report: {status}, now {now}")
            elif written(statements):
                wrong.append(f"{login} was refused, but wrote {written(statements)}")
    assert wrong == []


@pytest.mark.parametrize("action", ["save", "submit", "withdraw", "release", "accept", "return", "reopen"])
@pytest.mark.parametrize("version", [0, 1, 3, 10**12])
def test_an_old_page_does_nothing(case: Case, action: str, version: int) -> None:
    [(state, _action, login), *_rest] = [key for key in ALLOWED if key[1] == action]
    case.put(state)
    assert case.post(login, action, version) == 409
    assert case.state() == (state, 2)


@pytest.mark.parametrize(
    ("state", "action", "login"), [("in_review", "return", HOLDER), ("accepted", "reopen", OFFICE)]
)
@pytest.mark.parametrize("reason", ["", "   ", "\n\t\u3000"])
def test_sending_a_report_back_needs_a_reason(
    case: Case, state: str, action: str, login: str, reason: str
) -> None:
    case.put(state)
    assert case.post(login, action, 2, reason=reason) == 422
    assert case.state() == (state, 2)


def test_a_claim_lapses_after_twenty_minutes_and_not_before(case: Case) -> None:
    version = case.put("in_review")
    assert case.post(OTHER, "claim", version) == 409
    with case.site.inside() as session:
        earlier = case.site.app.extensions["dudao"].clock.now() - timedelta(minutes=21)
        session.execute(update(Report).where(Report.id == case.report_id).values(claimed_at=earlier))
        session.commit()
    assert case.post(OTHER, "claim", version) == 302
    assert case.post(HOLDER, "accept", case.state()[1]) == 409
    assert case.post(OTHER, "accept", case.state()[1]) == 302


@contextmanager
def both_roles(site: Site, login: str, *grants: Grant) -> Iterator[str]:
    with site.inside():
        people.add_people([NewPerson(login, login, PASSWORD, grants)], known_password=True)
    yield login
    site.disable(login)


def test_nobody_reviews_a_report_of_an_own_unit(case: Case) -> None:
    site = case.site
    reporter = Grant(Role.REPORTER, Reach(unit_id=site.units[CLERK].id))
    with both_roles(site, "both-roles", reporter, Grant(Role.INSPECTOR, Reach())) as login:
        version = case.put("submitted")
        assert case.post(login, "claim", version) == 403
        assert case.state() == ("submitted", version)
        me = site.actor(login).user_id
        for action in ("accept", "return", "release"):
            replace(case, holder_id=me).put("in_review")
            assert case.post(login, action, 2) == 403, action
            assert case.state() == ("in_review", 2)
        case.put("submitted")
        kind = site.units[CLERK]
        for _time in range(3):
            site.post(
                login, "/review/next", {"type": kind.unit_type, "region": kind.region_path.split("/")[-2]}
            )
            assert case.state()[0] == "submitted", "the queue offered an own report"


def test_nobody_reviews_what_he_submitted_for_another_unit(case: Case) -> None:
    site = case.site
    with both_roles(site, "once-a-clerk", Grant(Role.INSPECTOR, Reach())) as login:
        case.put("submitted")
        with site.inside() as session:
            mine = site.actor_id(login)
            session.execute(update(Report).where(Report.id == case.report_id).values(submitted_by=mine))
            session.commit()
        assert case.post(login, "claim", 2) == 403
        assert case.state() == ("submitted", 2)


def test_whoever_comes_second_keeps_his_text_and_sees_what_is_stored(case: Case) -> None:
    version = case.put("draft")
    assert case.post(CLERK, "save", version) == 302
    name = next(name for name, values in case.entries.items() if values and len(values[0]) > 8)
    data = {"do": "save", "version": version, **case.entries, name: ["这是后来的人写的内容，不应丢失"]}
    own = f"/u/{case.site.units[CLERK].unit_type}/reports/{case.report_id}"
    with case.site.statements() as statements:
        answer = case.site.post("fx-lead", own, data)
    assert answer.status_code == 409
    assert "这是后来的人写的内容" in answer.text and case.entries[name][0] in answer.text
    assert written(statements) == set()


def test_a_report_that_was_filed_late_says_so_and_a_returned_one_stays_punctual(site: Site) -> None:
    duty, period, entries = fillable(site)
    new = f"/u/{site.units[CLERK].unit_type}/duties/{duty.code}/{period.key}/new"
    assert site.post(CLERK, new, {"do": "save", **entries}).status_code == 302
    made = newest(site, site.units[CLERK].id)
    move_clock(site.app, timedelta(days=30))
    site.forget(CLERK)
    url = f"/u/{site.units[CLERK].unit_type}/reports/{made.id}"
    assert site.post(CLERK, url, {"do": "submit", "version": made.version, **entries}).status_code == 302
    assert newest(site, site.units[CLERK].id).late is True
