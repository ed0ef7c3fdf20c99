"""The pages for many units: from the list of units over what would change to the deed, and by a list of codes."""

from __future__ import annotations

import csv
import gc
import io
import re
from typing import Any

import pytest
from sqlalchemy import select

from core.store.models import Unit, UnitInterval
from tests.web.site import Site, written

OFFICE, CITY_OFFICE = "fx-office-province", "fx-office-city"


def off(site: Site) -> set[int]:
    """The units that are off."""
    with site.inside() as session:
        on = select(UnitInterval.unit_id).where(UnitInterval.ends.is_(None))
        return set(session.scalars(select(Unit.id).where(Unit.id.not_in(on))))


def of_type(site: Site, unit_type: str) -> dict[str, int]:
    with site.inside() as session:
        rows = session.execute(
            select(Unit.code, Unit.id).where(Unit.unit_type == unit_type).order_by(Unit.id)
        )
        return {row.code: row.id for row in rows}


def fields(page: str) -> dict[str, Any]:
    """What the confirmation's form carries, to be sent as a browser sends it."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', page):
        if name not in ("csrf_token", "locale", "next"):
            found.setdefault(name, []).append(value)
    return found


def test_ticked_units_are_looked_at_then_switched(site: Site) -> None:
    ids = list(of_type(site, "courts").values())[:3]
    units = site.client(OFFICE).get("/office/units?type=courts").text
    assert all(f'name="unit" value="{unit_id}"' in units for unit_id in ids)
    before = site.hash()
    query = "&".join(f"unit={unit_id}" for unit_id in ids)
    page = site.client(OFFICE).get(f"/office/units/disable?type=courts&q=&{query}").text
    assert site.hash() == before
    form = fields(page)
    assert form == {"unit": [str(i) for i in ids], "type": ["courts"], "expected": ["3"]}
    assert all(f'href="/office/units/{unit_id}"' in page for unit_id in ids)
    assert site.post(OFFICE, "/office/units/disable", form).status_code == 422
    assert off(site) == set()
    answer = site.post(OFFICE, "/office/units/disable", {**form, "reason": "撤并"})
    assert (answer.status_code, answer.location) == (302, "/office/units?type=courts")
    assert off(site) == set(ids)
    again = site.post(OFFICE, "/office/units/disable", {**form, "reason": "撤并"})
    assert again.status_code == 409 and "再核对" in again.text and "没有可改" in again.text


def test_all_that_a_filter_finds_are_switched_not_one_page_only(site: Site) -> None:
    ids = set(of_type(site, "carriers").values())
    assert len(ids) > 50
    page = site.client(OFFICE).get("/office/units/disable?all=1&type=carriers").text
    form = fields(page)
    assert form == {"all": ["1"], "type": ["carriers"], "expected": [str(len(ids))]}
    assert site.post(OFFICE, "/office/units/disable", {**form, "reason": "整顿"}).status_code == 302
    assert off(site) == ids
    back = fields(site.client(OFFICE).get("/office/units/enable?all=1&state=off").text)
    assert site.post(OFFICE, "/office/units/enable", {**back, "reason": "恢复"}).status_code == 302
    assert off(site) == set()


def test_a_unit_leads_to_all_below_it(site: Site) -> None:
    with site.inside() as session:
        top = session.scalar(select(Unit.parent_id).where(Unit.parent_id.is_not(None)).limit(1))
    page = site.client(OFFICE).get(f"/office/units/{top}").text
    assert f"/office/units/disable?below={top}" in page
    form = fields(site.client(OFFICE).get(f"/office/units/disable?below={top}").text)
    answer = site.post(OFFICE, "/office/units/disable", {**form, "reason": "撤并"})
    assert answer.location == f"/office/units/{top}"
    assert str(len(off(site))) == form["expected"][0] > "1"


def test_a_filter_does_not_reach_beyond_the_scope(site: Site) -> None:
    away = site.units["fx-clerk-other-region"]
    for choice in (f"unit={away.id}", f"below={away.id}"):
        assert site.client(CITY_OFFICE).get(f"/office/units/disable?{choice}").status_code == 404
        name, _equals, value = choice.partition("=")
        data = {name: value, "reason": "撤并"}
        assert site.post(CITY_OFFICE, "/office/units/disable", data).status_code == 404
    assert site.post(CITY_OFFICE, "/office/units/disable", {"all": "1", "reason": "撤并"}).status_code == 302
    with site.inside() as session:
        paths = session.scalars(select(Unit.region_path).where(Unit.id.in_(off(site)))).all()
    assert paths and all(path.startswith("/410000/410100/") for path in paths)


def upload(site: Site, content: bytes, login: str = OFFICE, **more: str) -> Any:
    data = {"file": (io.BytesIO(content), "名单 2020.csv"), "do": "look", "state": "", **more}
    return site.post(login, "/office/units/list", data, content_type="multipart/form-data")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_table_is_sent_looked_at_and_done(site: Site, encoding: str) -> None:
    (one, first), (two, second), *_rest = of_type(site, "banks").items()
    site.token(OFFICE)
    since, before = site.last_record(), site.hash()
    page = upload(site, f"单位编码,状态,理由\r\n{one},停用,撤并\r\n{two},off,\r\n".encode(encoding))
    assert page.status_code == 200 and site.hash() == before
    assert site.audit_since(since) == [], "looking is no deed"
    form = fields(page.text)
    assert form == {"source": ["名单 2020.csv"], "state": [""], "do": ["switch"], "expected": ["2"]}
    text = re.search(r'name="list"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    assert text
    sent = {**form, "list": text[1], "reason": "整顿"}
    assert site.post(OFFICE, "/office/units/list", {**sent, "reason": ""}).status_code == 422
    assert (
        site.post(OFFICE, "/office/units/list", sent, content_type="multipart/form-data").status_code == 302
    )
    assert off(site) == {first, second}
    record = site.audit_since(since)[-1]
    assert (record.action, record.detail["source"]) == ("unit.disable", "名单 2020.csv")
    assert record.detail["reasons"] == {str(first): "撤并"}
    assert site.post(OFFICE, "/office/units/list", sent).status_code == 409


def test_wrong_rows_are_shown_in_a_table_and_nothing_is_done(site: Site) -> None:
    one = next(iter(of_type(site, "banks")))
    before = site.hash()
    page = upload(
        site, f"code,state\n{one},off\n<b>x</b>,off\n{one},on\n".encode(), do="switch", reason="整顿"
    )
    assert page.status_code == 422 and site.hash() == before
    assert "第 3 行" in page.text and "&lt;b&gt;x" in page.text and "第 4 行" in page.text
    assert page.text.count("<tr>") == 3
    for content in (b"", b"\xff\xfe\0\0", b"\x89PNG\xff\xff", "名称\n甲,乙".encode()):
        assert upload(site, content).status_code == 422
    assert site.hash() == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_table_of_megabytes_is_refused(site: Site) -> None:
    assert upload(site, b"x" * 3_000_000).status_code == 413
    gc.collect()  # Werkzeug leaves the part that it was reading to the garbage collector: now, not in another test


def test_five_thousand_rows_fit_into_the_form(site: Site) -> None:
    rows = "".join(f"some-unit-code-of-a-usual-length-{number:06},停用,撤并\n" for number in range(5000))
    page = site.post(OFFICE, "/office/units/list", {"list": "code,state,reason\n" + rows, "state": ""})
    assert page.status_code == 422 and "5000" in page.text


def test_the_table_comes_with_the_filters_units_and_can_be_sent_back(site: Site) -> None:
    answer = site.client(OFFICE).get("/office/units/units.csv?type=banks&region=410100")
    assert answer.headers["Content-Disposition"] == "attachment; filename=units.csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert list(rows[0]) == ["code", "name", "region", "type", "state"]
    known = of_type(site, "banks")
    assert 0 < len(rows) < len(known) and {row["code"] for row in rows} <= known.keys()
    assert {row["state"] for row in rows} == {"启用"}
    page = upload(site, answer.data.replace("启用".encode(), "停用".encode(), 1))
    assert page.status_code == 200 and fields(page.text)["expected"] == ["1"]
    site.post(OFFICE, "/language", {"locale": "en"})
    english = site.client(OFFICE).get("/office/units/units.csv?type=banks").data
    assert b",on\r\n" in english and upload(site, english).status_code == 200


def test_a_name_is_no_formula_in_the_table(site: Site) -> None:
    with site.inside() as session:
        session.query(Unit).filter_by(id=site.units["fx-clerk"].id).update({"name": "=1+1"})
        session.commit()
    text = site.client(OFFICE).get("/office/units/units.csv").text
    assert ",'=1+1," in text


def test_nothing_chosen_is_said_so(site: Site) -> None:
    for query in ("", "?unit=abc", "?below=", "?all="):
        page = site.client(OFFICE).get(f"/office/units/disable{query}")
        assert page.status_code == 200 and "还没有选单位" in page.text
    with site.statements() as statements:
        assert site.post(OFFICE, "/office/units/disable", {"reason": "撤并"}).status_code == 422
    assert written(statements) == set()
