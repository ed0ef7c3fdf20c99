"""What is not the actor's looks exactly like what does not exist (check Z2), and no query runs without a scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from core.domain.access import Everything, Reach, Scope
from core.domain.errors import ScopeMissing
from core.store.db import db
from core.store.models import (
    BagFile,
    EvidenceFile,
    Mask,
    Region,
    Report,
    TallyLeaf,
    TallyMetric,
    Unit,
    Upload,
)
from core.store.scope import set_scope
from tests.web.asking import Cell
from tests.web.conftest import opened
from tests.web.deeds import BOX
from tests.web.matrix import ACTORS, Matrix, Who, prepare
from tests.web.site import Site, steady, written
from tests.web.targets import REASON
from tests.web.tus import Tus

#: Actors who may use routes with ids, but not for every record.
LIMITED = ("fx-clerk", "fx-clerk-parent", "fx-inspector-outside", "fx-inspector-type", "fx-office-county")
#: What an address may name and every page may say.
WORDS = ("banks", "report", "unit", "campaign")
WHO = {who.login: who for who in ACTORS}


@pytest.fixture(scope="module")
def matrix(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with opened(filled_folder, tmp_path_factory.mktemp("foreign") / "data") as site:
        yield prepare(site, [WHO[login] for login in (*LIMITED, "fx-clerk-sibling")])


def seen(matrix: Matrix, who: Who, cell: Cell, method: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers of a cell, without what differs between any two answers."""
    answer = cell.ask(matrix.site, who.login, method, reason=REASON)
    ids = [value for value in cell.target.values.values() if len(str(value)) > 1 and value not in WORDS]
    body = steady(answer, cell.url, *ids)
    headers = {name: value for name, value in answer.headers if name not in ("X-Request-Id", "Set-Cookie")}
    headers["Content-Security-Policy"] = re.sub(r"nonce-[^']*", "nonce", headers["Content-Security-Policy"])
    return answer.status_code, body, headers


@pytest.mark.parametrize("login", LIMITED)
def test_foreign_and_missing_get_the_same_answer(matrix: Matrix, login: str) -> None:
    who = WHO[login]
    missing: dict[tuple[str, str], tuple[int, str, dict[str, str]]] = {}
    foreign: list[tuple[Cell, str]] = []
    for cell, wanted in matrix.cells(who):
        if wanted != 404 or cell.method == "OPTIONS" or cell.endpoint.endswith("static"):
            continue
        if cell.method == "HEAD" and not cell.headers:
            continue  # it is asked for beside GET
        if not cell.target.values:
            continue  # the address names nothing of anybody's, e.g. a page of a plugin
        methods = ("GET", "HEAD") if cell.method == "GET" else (cell.method,)
        for method in methods:
            if cell.target.answer == 404 and cell.target.name == "missing":
                missing.setdefault((cell.endpoint, method), seen(matrix, who, cell, method))
            else:
                foreign.append((cell, method))
    assert len(foreign) > 5
    different = []
    for cell, method in foreign:
        got = seen(matrix, who, cell, method)
        assert got[0] == 404
        if got != missing[cell.endpoint, method]:
            different.append(f"{method} {cell}")
    assert different == []


def test_a_form_that_names_a_foreign_file_changes_nothing(site: Site) -> None:
    own = site.reports(site.units["fx-clerk"].id, "returned", "accepted", "submitted")
    other = site.units["fx-clerk-sibling"]
    with site.inside() as session:
        foreign = session.scalar(select(EvidenceFile.id).where(EvidenceFile.unit_id == other.id).limit(1))
        session.execute(update(Report).where(Report.id == own[0]).values(state="returned"))
        session.commit()
        version = session.scalar(select(Report.version).where(Report.id == own[0]))
    assert foreign
    url = f"/u/{other.unit_type}/reports/{own[0]}"
    before = site.hash()
    for file_id in (foreign, "0" * 32, "nonsense"):
        data = {"do": "save", "version": str(version), "remove": file_id, "anything": "typed"}
        assert site.post("fx-clerk", url, data).status_code == 404
    assert site.hash() == before


def test_naming_a_foreign_unit_in_the_address_opens_nothing(site: Site) -> None:
    own, other = site.units["fx-clerk"], site.units["fx-clerk-sibling"]
    client = site.client("fx-clerk")
    plain = steady(client.get(f"/u/{own.unit_type}/"))
    for wanted in (str(other.id), "10000000", str(10**30), "-1", "abc"):
        asked = f"/u/{own.unit_type}/?unit={wanted}"
        page = steady(client.get(asked)).replace(f"?unit={wanted}", "")
        assert page == plain, wanted


@pytest.mark.parametrize(
    ("login", "url"),
    [
        ("fx-office-county", "/office/reports"),
        ("fx-office-city", "/office/reports"),
        ("fx-inspector-type", "/office/reports"),
        ("fx-inspector-outside", "/review/"),
        ("fx-inspector-type", "/review/"),
        ("fx-office-county", "/office/units"),
        ("fx-office-county", "/office/units?region=410200"),
        ("fx-office-county", "/office/reports?region=410200"),
    ],
)
def test_a_listing_shows_only_what_is_in_scope(shared_site: Site, login: str, url: str) -> None:
    who = WHO[login]
    text = shared_site.client(login).get(url).text
    reports = set(re.findall(r"/(?:reports|review)/([0-9a-f]{32})", text))
    unit_ids = {int(found) for found in re.findall(r"/office/units/(\d+)", text)}
    with shared_site.inside() as session:
        rows = session.execute(
            select(Report.region_path, Report.unit_type)
            .where(Report.id.in_(reports))
            .union(select(Unit.region_path, Unit.unit_type).where(Unit.id.in_(unit_ids)))
        ).all()
    assert rows or "410200" in url, "nothing is listed: the test would prove nothing"
    own_type = shared_site.units["fx-clerk"].unit_type
    for region_path, unit_type in rows:
        assert region_path.startswith(who.region)
        assert not who.one_type or unit_type == own_type


def test_a_region_outside_the_scope_is_no_dashboard(shared_site: Site) -> None:
    client = shared_site.client("fx-office-county")
    outside, unknown = (client.get(f"/office/?region={code}") for code in ("410200", "999999"))
    assert (outside.status_code, unknown.status_code) == (404, 404)
    assert steady(outside, "410200") == steady(unknown, "999999")


def test_switching_a_unit_outside_the_scope_changes_nothing(site: Site) -> None:
    before = site.hash()
    for login, owner in (
        ("fx-office-county", "fx-clerk-sibling"),
        ("fx-office-city", "fx-clerk-other-region"),
    ):
        for verb in ("disable", "enable"):
            url = f"/office/units/{site.units[owner].id}/{verb}"
            assert site.post(login, url, {"reason": REASON}).status_code == 404
    assert site.hash() == before


SCOPED = (Report, EvidenceFile, BagFile, Unit, TallyLeaf, TallyMetric)


def test_a_query_before_anyone_said_for_whom_is_refused(shared_site: Site) -> None:
    with shared_site.app.app_context():
        session = db.session()
        for ask in (
            lambda: session.scalars(select(Report)),
            lambda: session.get(Unit, 1),
            lambda: session.execute(select(func.count(Report.id))),
            lambda: session.execute(select(Region.name).join(Unit, Unit.region_code == Region.code)),
            lambda: session.execute(update(Report).values(state="accepted")),
            lambda: session.scalars(select(Region)),
        ):
            with pytest.raises(ScopeMissing):
                ask()
        set_scope(db.session, Everything("a test"))
        assert session.get(Unit, 1)
        set_scope(db.session, None)
        with pytest.raises(ScopeMissing):
            session.scalars(select(Unit))
        db.session.remove()


def opens_nothing(table: type[Any], site: Site) -> None:
    with site.app.app_context():
        for scope in (
            Scope(),
            Scope((Reach(unit_id=10**6),)),
            Scope((Reach(region_path="/990000/"),)),
            Scope((Reach(unit_types=frozenset()),)),
            Scope((Reach(region_path="/410000/410100/", unit_types=frozenset({"no_such_type"})),)),
            Scope((Reach(region_path="%"),)),
        ):
            set_scope(db.session, scope)
            other = aliased(table)
            within = select(table).subquery()
            for count in (
                select(func.count()).select_from(table),
                select(func.count()).select_from(other),
                select(func.count()).select_from(within),
                select(func.count()).select_from(Region).join(table, table.region_path == Region.path),
            ):
                assert db.session.scalar(count) == 0, f"{scope}: {count}"
        set_scope(db.session, Everything("a test"))
        assert (db.session.scalar(select(func.count()).select_from(table)) or 0) > 0
        db.session.remove()


@pytest.mark.parametrize("table", SCOPED, ids=lambda table: table.__name__)
def test_an_empty_scope_and_a_foreign_reach_open_nothing(shared_site: Site, table: type[Any]) -> None:
    opens_nothing(table, shared_site)


def test_nor_do_they_open_masks_and_uploads(site: Site) -> None:
    unit = site.units["fx-clerk"]
    with site.inside() as session:
        pictures = select(BagFile.id).where(BagFile.unit_id == unit.id, BagFile.kind == "photo")
        bag_id = session.scalars(pictures.limit(1)).one()
    assert site.post("fx-clerk", f"/u/{unit.unit_type}/bag/{bag_id}/mask", BOX).status_code == 302
    Tus(site, "fx-clerk").begin(10)
    for table in (Mask, Upload):
        opens_nothing(table, site)


def test_a_scope_limits_updates_too(site: Site) -> None:
    with site.app.app_context(), site.statements() as statements:
        set_scope(db.session, Scope((Reach(region_path="/990000/"),)))
        db.session.execute(update(Report).values(state="accepted"))
        db.session.commit()
        set_scope(db.session, Everything("a test"))
        left = db.session.scalar(select(func.count(Report.id)).where(Report.state == "submitted"))
        db.session.remove()
    assert left and written(statements) == {"report"}
