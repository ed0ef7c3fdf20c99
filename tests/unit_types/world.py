"""The seeded world with reports made by hand, so that a page's figures can be counted beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from core.services import campaigns, places
from core.services.places import NewUnit
from core.services.transitions import new_id
from core.store.models import EvidenceFile, FormVersion, PersonGrant, Report, ReportStep, Unit, User
from core.store.upsert import insert_or_ignore
from tests.conftest import NOW
from tests.web.site import Site

CHINESE = re.compile("[一-鿿]+")


@dataclass
class World:
    """A site, and the people and reports that a test of a plugin's pages wants."""

    site: Site
    made: int = 0

    def page(self, login: str, url: str, status: int = 200) -> str:
        """A page as somebody sees it."""
        answer = self.site.client(login).get(url)
        assert answer.status_code == status, f"{login} GET {url}: {answer.status_code}"
        return answer.text

    def words(self, login: str, url: str) -> str:
        """The words of a page's content, one blank between them."""
        main = re.search(r"<main.*?</main>", self.page(login, url), re.DOTALL)
        assert main
        return plain(main[0])

    def rows(self, login: str, url: str, caption: str) -> list[list[str]]:
        """The cells of a table's body, found by a word of its caption."""
        for table in re.findall(r"<table.*?</table>", self.page(login, url), re.DOTALL):
            if caption in plain(table.partition("</caption>")[0]):
                body = table.partition("<tbody>")[2]
                lines = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
                return [
                    [plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)]
                    for line in lines
                ]
        raise AssertionError(f"no table “{caption}” on {url}")

    def english(self, login: str, url: str) -> str:
        """The page in English; asserts that no Chinese is left but names of units and regions."""
        self.site.post(login, "/language", {"locale": "en"})
        words = self.words(login, url)
        with self.inside() as session:
            names = set(session.scalars(select(Unit.name)))
        text = words
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, "")
        left = {found for found in CHINESE.findall(text) if not re.search("[省市县区]$", found)}
        assert not left, left
        return words

    @contextmanager
    def inside(self) -> Iterator[Session]:
        with self.site.inside() as session:
            yield session

    def unit(self, unit_type: str, kind: str, number: int = 0) -> Unit:
        """One of the units of a kind, by id."""
        with self.inside() as session:
            wanted = select(Unit).where(Unit.unit_type == unit_type, Unit.kind == kind).order_by(Unit.id)
            found = session.scalars(wanted.offset(number).limit(1)).one()
            session.expunge(found)
            return found

    def parent(self, unit: Unit) -> Unit:
        with self.inside() as session:
            found = session.get_one(Unit, unit.parent_id)
            session.expunge(found)
            return found

    def works_for(self, login: str, unit: Unit) -> None:
        """Let an account work for another unit."""
        with self.inside() as session:
            user = select(User.id).where(User.login == login).scalar_subquery()
            session.execute(update(PersonGrant).where(PersonGrant.user_id == user).values(unit_id=unit.id))
            session.commit()

    def clear(self, duty: str) -> None:
        """Nobody has reported anything for a duty."""
        with self.inside() as session:
            gone = select(Report.id).where(Report.duty_code == duty)
            for table in (EvidenceFile, ReportStep):
                session.execute(delete(table).where(table.report_id.in_(gone)))
            session.execute(delete(Report).where(Report.duty_code == duty))
            session.commit()

    def report(
        self, unit: Unit, duty: str, period: str, record: Mapping[str, Any], state: str = "accepted"
    ) -> str:
        """A report of a unit; each is submitted a minute after the one before."""
        self.made += 1
        at = NOW - timedelta(days=1) + timedelta(minutes=self.made)
        with self.inside() as session:
            campaign = campaigns.current()
            assert campaign is not None
            rule = campaign.duty(duty)
            assert rule is not None
            schema = {"version": rule.schema.version, "schema": rule.schema.to_json()}
            insert_or_ignore(session, FormVersion, schema)
            user = session.scalars(select(User.id).where(User.login == f"{unit.unit_type}-reporter")).one()
            row = {
                "id": new_id(), "campaign_id": campaign.id, "unit_id": unit.id, "unit_type": unit.unit_type,
                "unit_kind": unit.kind, "region_code": unit.region_code, "region_path": unit.region_path,
                "duty_code": duty, "period_key": period, "state": state, "version": 3,
                "form_version": rule.schema.version, "entries": {}, "record": dict(record),
                "topics": record.get(rule.covers) or [] if rule.covers else [], "late": False, "created_at": at,
                "created_by": user, "submitted_at": at, "submitted_by": user, "reason": "",
            }  # fmt: skip
            session.execute(insert(Report).values(row))
            session.commit()
        return str(row["id"])

    def more_units(self, like: Unit, count: int) -> None:
        """So many more units of a unit's kind in its place."""
        with self.inside() as session:
            above = session.get(Unit, like.parent_id) if like.parent_id else None
            new = [
                NewUnit(
                    f"more-{number}", f"新增单位{number}", like.unit_type, like.kind, like.region_code,
                    above.code if above else None,
                )
                for number in range(count)
            ]  # fmt: skip
            places.add_units(new, date(2020, 10, 26))

    def statements(self, login: str, url: str) -> int:
        """How many statements a page takes; it is asked for once before, so that nothing is new."""
        self.page(login, url)
        with self.site.statements() as seen:
            self.page(login, url)
        return len(seen)

    def switch(self, plugin: str, *, on: bool) -> None:
        verb = "enable" if on else "disable"
        self.site.post("office", f"/office/plugins/{plugin}/{verb}", {"reason": "测试"})


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
