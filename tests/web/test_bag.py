"""The evidence bag over HTTP, as a browser without JavaScript meets it (features 30, 36, 38)."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from core.domain.declare import Evidence
from core.services import agenda, bag, campaigns, evidence
from core.services.evidence import Upload
from core.services.runtime import runtime
from core.store.models import BagFile, EvidenceFile
from core.store.queries import units
from tests.conftest import move_clock
from tests.web.deeds import CLERK, fillable, newest, photo
from tests.web.site import Site, written
from tests.web.tus import Tus

STRANGERS = ["office", "fx-inspector-inside", "fx-auditor", "fx-admin"]
SIBLING, OTHER_TYPE = "fx-clerk-sibling", "fx-clerk-other-type"


def bag_url(site: Site, login: str = CLERK) -> str:
    return f"/u/{site.units[login].unit_type}/bag"


def send(site: Site, *files: tuple[str, bytes], login: str = CLERK, **more: Any) -> TestResponse:
    """Send files by the plain form of the bag's page."""
    data = {"do": "add", **more, "files": [(io.BytesIO(content), name) for name, content in files]}
    return site.post(login, bag_url(site, login), data, content_type="multipart/form-data")


def kept(site: Site, login: str = CLERK) -> list[BagFile]:
    """What the account's unit has put into its bag in this test, the oldest first."""
    with site.inside() as session:
        start = site.app.extensions["dudao"].clock.now() - timedelta(minutes=5)
        mine = (
            BagFile.unit_id == site.units[login].id,
            BagFile.added_at > start,
            BagFile.removed_at.is_(None),
        )
        return list(session.scalars(select(BagFile).where(*mine).order_by(BagFile.added_at)))


def set_state(site: Site, bag_id: str, state: str, *said: list[str]) -> None:
    """What the worker's checks would write."""
    with site.inside() as session:
        at = site.app.extensions["dudao"].clock.now()
        values = {"state": state, "said": list(said), "checked_at": at}
        session.execute(update(BagFile).where(BagFile.id == bag_id).values(values))
        session.commit()


def page(site: Site, query: str = "", login: str = CLERK) -> str:
    answer = site.client(login).get(bag_url(site, login) + query)
    assert answer.status_code == 200
    return answer.text


def test_several_files_are_kept_and_shown_the_newest_first(site: Site) -> None:
    answer = send(site, ("甲.png", photo()), ("乙.jpg", photo((1, 2, 3), "JPEG")), note="11月12日 门头")
    assert answer.status_code == 302
    first, second = kept(site)
    assert (first.name, second.name, first.note, first.state) == (
        "甲.png",
        "乙.jpg",
        "11月12日 门头",
        "checking",
    )
    text = page(site)
    assert text.index("乙.jpg") < text.index("甲.png")
    assert text.count("11月12日 门头") >= 2
    assert "检查中" in text and f'data-checking="{first.id}"' in text


def test_what_is_refused_is_named_and_the_rest_is_kept(site: Site) -> None:
    html = b"<!doctype html><script>alert(1)</script>"
    answer = send(site, ("好.png", photo()), ("网页.jpg", html), ("空.png", b""))
    assert answer.status_code == 422
    assert "网页.jpg" in answer.text and "空.png" in answer.text
    assert [file.name for file in kept(site)] == ["好.png"]


def test_a_form_without_files_says_so(site: Site) -> None:
    answer = site.post(CLERK, bag_url(site), {"do": "add"})
    assert answer.status_code == 422 and "请先选择文件" in answer.text
    assert site.post(CLERK, bag_url(site), {}).status_code == 400


def test_the_quota_is_told_before_and_refuses_by_name(site: Site) -> None:
    made = site.app.extensions["dudao"]
    with site.inside() as session:
        left = bag.room(session, site.units[CLERK].id)
    settings = made.settings
    made.settings = replace(settings, unit_files=settings.unit_files - left.files + 1)
    assert "还能放 1 个文件" in page(site)
    answer = send(site, ("甲.png", photo()), ("乙.png", photo((9, 9, 9))))
    assert answer.status_code == 422
    assert "乙.png" in answer.text and "材料袋已满" in answer.text
    assert [file.name for file in kept(site)] == ["甲.png"]
    made.settings = replace(settings, unit_bytes=settings.unit_bytes - left.bytes + 3000)
    assert "共 3 KB" in page(site), "less what has come since"
    assert "材料袋已满" in send(site, ("表.csv", "甲,1\n".encode() * 1000)).text


def test_states_tell_the_script_how_far_the_checks_are(site: Site) -> None:
    send(site, ("甲.png", photo()), ("乙.png", photo((9, 9, 9))))
    first, second = kept(site)
    said = ["拍摄时间不在本期内，请核对", "Taken outside of this period; check it"]
    set_state(site, second.id, "attention", said)
    answer = site.client(CLERK).get(f"{bag_url(site)}/states?id={first.id}&id={second.id}&id=nothing")
    assert answer.mimetype == "application/json" and "no-store" in answer.headers["Cache-Control"]
    assert answer.json is not None
    one, two = answer.json["files"]
    assert (one["id"], one["state"], one["said"], one["used"]) == (first.id, "checking", [], False)
    assert (two["state"], two["said"]) == ("attention", [said[0]])
    assert "拍摄时间不在本期内" in page(site) and "请留意" in page(site)


def test_another_units_files_are_as_if_they_were_not_there(site: Site) -> None:
    send(site, ("甲.png", photo()))
    [mine] = kept(site)
    for login in (SIBLING, OTHER_TYPE):
        base = bag_url(site, login)
        assert mine.id not in page(site, "?view=all", login)
        assert site.client(login).get(f"{base}/states?id={mine.id}").json == {"files": []}
        for address in (mine.id, "0" * 32):
            assert site.post(login, f"{base}/{address}/describe", {"note": "偷看"}).status_code == 404
            assert site.post(login, f"{base}/{address}/remove").status_code == 404
            assert send(site, ("丙.png", photo()), login=login, replaces=address).status_code == 404
    assert kept(site)[0].note == ""


@pytest.mark.parametrize("login", STRANGERS)
def test_nobody_else_has_a_bag(site: Site, login: str) -> None:
    base = bag_url(site)
    with site.statements() as statements:
        for path in (base, f"{base}/states?id=x", "/bag"):
            assert site.client(login).get(path).status_code in (403, 404)
        assert site.post(login, base, {"do": "add"}).status_code in (403, 404)
    assert written(statements) == set()
    assert 'href="/bag"' not in site.client(login).get("/account").text


def test_the_menu_leads_to_the_own_bag(site: Site) -> None:
    assert 'href="/bag"' in site.client(CLERK).get("/account").text
    answer = site.client(CLERK).get("/bag")
    assert (answer.status_code, answer.location) == (302, bag_url(site))


def test_the_home_page_says_how_many_files_wait_to_be_used(site: Site) -> None:
    home = f"/u/{site.units[CLERK].unit_type}/"
    before = site.client(CLERK).get(home).text
    assert "个文件还没用" not in before
    send(site, ("甲.png", photo()), ("乙.png", photo((9, 9, 9))))
    assert "材料袋里有 2 个文件还没用" in site.client(CLERK).get(home).text


def test_a_note_is_written_and_a_file_removed(site: Site) -> None:
    send(site, ("甲.png", photo()))
    [file] = kept(site)
    one = f"{bag_url(site)}/{file.id}"
    assert site.post(CLERK, f"{one}/describe", {"note": "  门头照  "}).status_code == 302
    assert kept(site)[0].note == "门头照"
    assert site.post(CLERK, f"{one}/remove").status_code == 302
    assert kept(site) == [] and site.post(CLERK, f"{one}/remove").status_code == 404


def test_a_new_version_replaces_and_the_old_one_stays(site: Site) -> None:
    send(site, ("甲.png", photo()))
    [old] = kept(site)
    assert send(site, ("甲2.png", photo((9, 9, 9))), replaces=old.id).status_code == 302
    old, new = kept(site)
    assert new.replaces == old.id
    text = page(site, "?view=all")
    assert "已有新版本" in text and "是替换旧文件的新版本" in text


def test_what_there_was_on_a_day(site: Site) -> None:
    send(site, ("第一天.png", photo()))
    move_clock(site.app, timedelta(days=1))
    site.forget(CLERK)
    send(site, ("第二天.png", photo((9, 9, 9))))
    first, second = page(site, "?view=day&day=2020-11-12"), page(site, "?view=day&day=2020-11-13")
    assert "第一天.png" in first and "第二天.png" not in first
    assert "第一天.png" in second and "第二天.png" in second
    assert "file-more" not in first, "the past is only looked at"
    for senseless in ("", "9999-12-31", "0001-01-01", "2020-13-45", "昨天"):
        page(site, f"?view=day&day={senseless}")


def new_report(site: Site, data: dict[str, Any]) -> TestResponse:
    duty, period, entries = fillable(site, files=True)
    url = f"/u/{site.units[CLERK].unit_type}/duties/{duty.code}/{period.key}/new"
    return site.post(CLERK, url, {**entries, **data}, content_type="multipart/form-data")


def form(site: Site) -> str:
    duty, period, _entries = fillable(site, files=True)
    url = f"/u/{site.units[CLERK].unit_type}/duties/{duty.code}/{period.key}/new"
    return site.client(CLERK).get(url).text


def test_files_of_the_bag_are_ticked_in_a_report_each_with_its_reason(site: Site) -> None:
    send(site, ("甲.png", photo()), ("乙.png", photo((9, 9, 9))))
    first, second = kept(site)
    text = form(site)
    assert f'name="bag" value="{first.id}"' in text and f'name="reason-{second.id}"' in text
    data = {"do": "save", "bag": [first.id, second.id], f"reason-{second.id}": "证明已发放宣传单"}
    assert new_report(site, data).status_code == 302
    made = newest(site, site.units[CLERK].id)
    with site.inside() as session:
        uses = session.scalars(select(EvidenceFile).where(EvidenceFile.report_id == made.id)).all()
        assert {use.bag_id: use.reason for use in uses} == {first.id: "", second.id: "证明已发放宣传单"}
    own = site.client(CLERK).get(f"/u/{site.units[CLERK].unit_type}/reports/{made.id}").text
    assert "证明已发放宣传单" in own and f'name="bag" value="{first.id}"' not in own
    listing = page(site, "?view=all")
    assert f"/reports/{made.id}" in listing
    assert site.post(CLERK, f"{bag_url(site)}/{first.id}/remove").status_code == 409


def test_a_file_that_is_used_may_be_used_again_and_a_refused_one_never(site: Site) -> None:
    send(site, ("甲.png", photo()), ("乙.png", photo((9, 9, 9))))
    first, second = kept(site)
    set_state(site, second.id, "refused", ["图片打不开，请重新拍照", "It does not open"])
    assert f'value="{second.id}"' not in form(site)
    assert new_report(site, {"do": "save", "bag": first.id}).status_code == 302
    assert f'name="bag" value="{first.id}"' in form(site), "one file may serve several reports"
    assert new_report(site, {"do": "save", "bag": first.id}).status_code == 302
    assert len(re.findall(r"/reports/[0-9a-f]{32}", page(site, "?view=all"))) >= 2
    answer = new_report(site, {"do": "submit", "bag": second.id})
    assert answer.status_code == 422 and "乙.png" in answer.text


def test_a_foreign_file_cannot_be_used(site: Site) -> None:
    send(site, ("甲.png", photo()), login=SIBLING)
    [foreign] = kept(site, SIBLING)
    assert new_report(site, {"do": "save", "bag": foreign.id}).status_code == 404


def test_what_evidence_lacks_is_listed_with_links(site: Site) -> None:
    url, kinds = needing(site)
    text = site.post(CLERK, url, {"do": "submit"}).text
    assert '<a href="#evidence">还缺' in text
    assert re.search(r'<a href="#evidence">可以传的和已有的：[^<]*0 个', text), kinds


def needing(site: Site) -> tuple[str, tuple[str, ...]]:
    """The form of a duty of the unit that needs files."""
    with site.inside() as session:
        campaign = campaigns.current()
        unit = units.unit(session, site.units[CLERK].id)
        assert campaign is not None and unit is not None
        items = agenda.of_unit(campaign, unit, frozenset(runtime().registry.plugins)).items
        item = next(
            i for i in items if i.obligation.duty.evidence.at_least and i.urgency in ("due_now", "due_today")
        )
        duty, period = item.obligation.duty, item.obligation.period
    return f"/u/{site.units[CLERK].unit_type}/duties/{duty.code}/{period.key}/new", duty.evidence.kinds


def test_ticks_and_reasons_stay_where_somebody_else_was_first(site: Site) -> None:
    send(site, ("甲.png", photo()))
    [file] = kept(site)
    assert new_report(site, {"do": "save"}).status_code == 302
    made = newest(site, site.units[CLERK].id)
    _duty, _period, entries = fillable(site, files=True)
    url = f"/u/{site.units[CLERK].unit_type}/reports/{made.id}"
    data = {**entries, "do": "save", "version": 0, "bag": file.id, f"reason-{file.id}": "门头"}
    answer = site.post(CLERK, url, data)
    assert answer.status_code == 409
    assert f'value="{file.id}" checked' in answer.text and 'value="门头"' in answer.text


def test_the_bag_takes_the_same_statements_for_one_file_and_for_fifty(site: Site) -> None:
    send(site, ("甲.png", photo()))

    def count() -> int:
        page(site)
        with site.statements() as statements:
            page(site)
        return len(statements)

    one = count()
    who = site.actor(CLERK)
    with site.inside():
        for number in range(40):
            (item,), _refused = evidence.keep(
                [Upload(f"{number}.png", io.BytesIO(photo((number, 0, 0))))], Evidence()
            )
            bag.add(who, site.units[CLERK].id, item.stored, item.name)
    assert count() == one < 25


def test_what_was_not_sent_whole_is_listed_and_can_be_cancelled(site: Site) -> None:
    tus = Tus(site, CLERK)
    before = site.client(CLERK).get(bag_url(site)).text
    assert "data-unfinished" not in before
    url = tus.begin(3000, "现场录像.mp4")
    tus.patch(url, 0, b"a" * 1200)
    other = Tus(site, SIBLING).begin(10, "别家的.mp4")
    text = page(site)
    assert "没传完的文件：1 个" in text and "现场录像.mp4" in text and "别家的.mp4" not in text
    cancel = re.search(r'action="([^"]+/uploads/[^"]+/cancel[^"]*)"', text)
    assert cancel is not None
    assert site.post(CLERK, cancel[1]).status_code == 302
    assert "data-unfinished" not in page(site) and tus.head(url).status_code == 410
    again = site.post(CLERK, cancel[1])
    assert again.status_code == 409 and "已结束" in again.text
    foreign = cancel[1].replace(url.rpartition("/")[2], other.rpartition("/")[2])
    assert site.post(CLERK, foreign).status_code == 404
    assert Tus(site, SIBLING).head(other).status_code == 200
