"""Evidence from a phone on a bad network: uploads that go on, in a real browser against the whole product."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, CDPSession, FilePayload, Page, Request

from tests.e2e.conftest import SCREENS, Demo, Person, arrive, set_language
from tests.e2e.wire import Wire, wire

PICTURES = Path(__file__).resolve().parents[2] / "build" / "pictures"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
FORM = "/u/carriers/duties/CAR-03/week-3/new"
CLERK = "carriers-reporter"
SUBMIT, SAVE = (f"button[name=do][value={what}]:not([tabindex='-1'])" for what in ("submit", "save"))
#: Bytes a second of a slow phone.
SLOW = 100_000


def picture(name: str, seed: int, side: int = 64) -> FilePayload:
    """A picture that cannot be compressed: three bytes for each pixel."""
    content = BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(seed).randbytes(side * side * 3)).save(content, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


@contextmanager
def clerk(
    chromium: Browser, demo: Demo, *, locale: str = "zh_Hans_CN", width: int = 1280
) -> Iterator[Person]:
    person = arrive(chromium, demo, CLERK, locale=locale, width=width)
    set_language(person, locale)
    person.page.on("dialog", lambda dialog: dialog.accept())
    yield person
    person.context.close()


@contextmanager
def through_a_wire(chromium: Browser, demo: Demo) -> Iterator[tuple[Person, Wire]]:
    """A clerk whose connection to the server can be cut."""
    port = int(demo.url.rsplit(":", 1)[1])
    with wire(port) as cable, clerk(chromium, Demo(cable.url, demo.password)) as person:
        yield person, cable


def network(person: Person) -> CDPSession:
    session = person.context.new_cdp_session(person.page)
    session.send("Network.enable")
    return session


def conditions(session: CDPSession, *, speed: int = -1) -> None:
    values = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
    session.send("Network.emulateNetworkConditions", values)


def pieces(page: Page) -> list[Request]:
    """The requests that carry uploads, as they are made from now on."""
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request) if "/api/v1/uploads/" in request.url else None)
    return seen


def line(page: Page, name: str) -> Any:
    return page.locator("[data-lines] > li", has_text=name)


def arrives(page: Page, name: str, seconds: int = 30) -> Any:
    found = line(page, name)
    found.locator("[data-pick] input:checked, [data-result]:not([hidden])").first.wait_for(
        timeout=seconds * 1000
    )
    assert found.get_attribute("data-state") == "arrived"
    return found


def under_way(page: Page, name: str) -> int:
    """Wait until some of a file has been sent; says how many percent."""
    page.wait_for_function(
        "name => [...document.querySelectorAll('[data-lines] > li')].some(li => li.textContent.includes(name)"
        " && li.dataset.state === 'sending' && li.querySelector('progress').value >= 15)",
        arg=name,
        timeout=30_000,
    )
    return int(line(page, name).locator("progress").evaluate("bar => bar.value"))


def keep_picture(person: Person, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    person.page.screenshot(path=str(PICTURES / f"{name}.png"), full_page=True)


def fill(page: Page) -> None:
    page.fill("[name=sent_at]", "2020-11-11T10:30")
    page.select_option("select[name=fraud_type]", index=1)
    page.fill("[name=wording]", "凡是刷单返利都是诈骗，请不要转账。")
    for name, value in (("recipients", "12000"), ("messages", "12345"), ("share_of_users", "80")):
        page.fill(f"[name={name}]", value)


@pytest.mark.parametrize(("locale", "width"), SCREENS)
def test_several_files_travel_at_once_and_are_submitted_when_they_have_arrived(
    chromium: Browser, demo: Demo, locale: str, width: int
) -> None:
    mark = f"{locale}-{width}"
    with clerk(chromium, demo, locale=locale, width=width) as person:
        page = person.page
        person.go(FORM)
        fill(page)
        session = network(person)
        conditions(session, speed=SLOW)
        files = [
            picture(f"现场{number}-{mark}.png", seed, 600)
            for number, seed in enumerate(random.Random(mark).sample(range(10**6), 3))
        ]
        page.set_input_files("input[name=files]", files)
        under_way(page, f"现场0-{mark}")
        states = [item.get_attribute("data-state") for item in page.locator("[data-lines] > li").all()]
        assert states.count("waiting") == 1, "two travel at a time"
        assert page.evaluate("new FormData(document.querySelector('form[enctype]')).getAll('bag')") == []
        assert re.search(r"[KM]B / .*MB · \d+%", line(page, f"现场0-{mark}").text_content() or "")
        page.locator(SUBMIT).click()
        page.locator(".upload-hold").wait_for()
        assert "3" in (page.locator(".upload-hold").text_content() or ""), "it says how many are lacking"
        keep_picture(person, f"uploads-under-way-{mark}")
        found = Axe().run(page, options=RULES).response["violations"]
        assert [f"{item['id']}: {item['nodes'][0]['html'][:200]}" for item in found] == []
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        with page.expect_navigation(timeout=30_000):
            conditions(session)
        assert page.url.rstrip("/").endswith("/u/carriers"), "it was submitted by itself"
        assert person.complaints == []


def test_a_cut_connection_goes_on_where_it_stopped(chromium: Browser, demo: Demo) -> None:
    with through_a_wire(chromium, demo) as (person, cable):
        page, session = person.page, network(person)
        person.go(FORM)
        conditions(session, speed=SLOW)
        seen = pieces(page)
        page.set_input_files("input[name=files]", picture("断线.png", 11, 600))
        under_way(page, "断线")
        cable.cut()
        resting = line(page, "断线").and_(page.locator("[data-state=resting]"))
        resting.wait_for()
        assert "再试" in (resting.text_content() or "")
        keep_picture(person, "uploads-offline")
        page.wait_for_timeout(2500)
        assert resting.count(), "it keeps trying"
        cable.mend()
        conditions(session)
        arrives(page, "断线")
        assert [request.method for request in seen].count("POST") == 1, "nothing began anew"
        offsets = [int(r.headers["upload-offset"]) for r in seen if r.method == "PATCH"]
        assert offsets[0] == 0 and offsets[-1] > 0


def test_a_reload_goes_on_where_it_stopped_and_offers_what_had_arrived(chromium: Browser, demo: Demo) -> None:
    with clerk(chromium, demo) as person:
        page, session = person.page, network(person)
        person.go(FORM)
        page.set_input_files("input[name=files]", picture("到了.png", 21))
        arrives(page, "到了")
        conditions(session, speed=SLOW)
        half = picture("一半.png", 22, 600)
        page.set_input_files("input[name=files]", half)
        under_way(page, "一半")
        page.reload()
        again = line(page, "一半")
        again.wait_for()
        assert again.get_attribute("data-state") == "again"
        assert re.search(r"上次传到 [1-9]\d*%.*再选一次", again.text_content() or "")
        ticked = page.locator("input[name=bag]:checked:enabled")
        ticked.wait_for()
        assert "到了.png" in (page.locator(".bag-choice", has=ticked).text_content() or "")
        keep_picture(person, "uploads-reloaded")
        seen = pieces(page)
        conditions(session)
        page.set_input_files("input[name=files]", half)
        arrives(page, "一半")
        assert "POST" not in [request.method for request in seen]
        offsets = [int(r.headers["upload-offset"]) for r in seen if r.method == "PATCH"]
        assert offsets and offsets[0] > 0


def test_pausing_going_on_and_giving_up(chromium: Browser, demo: Demo) -> None:
    with clerk(chromium, demo) as person:
        page, session = person.page, network(person)
        person.go(FORM)
        conditions(session, speed=SLOW)
        page.set_input_files("input[name=files]", picture("停一停.png", 31, 600))
        under_way(page, "停一停")
        mine = line(page, "停一停")
        mine.get_by_role("button", name="暂停").click()
        assert mine.get_attribute("data-state") == "paused"
        page.locator(SUBMIT).click()
        assert "有 1 个文件没传完" in (page.locator(".upload-hold").text_content() or "")
        mine.get_by_role("button", name="继续").click()
        conditions(session)
        arrives(page, "停一停")
        conditions(session, speed=SLOW)
        page.set_input_files("input[name=files]", picture("不要了.png", 32, 600))
        under_way(page, "不要了")
        with page.expect_request(lambda request: request.method == "DELETE"):
            line(page, "不要了").get_by_role("button", name="取消").click()
        line(page, "不要了").wait_for(state="detached")
        assert page.evaluate("Object.keys(JSON.parse(localStorage['dudao-uploads'])).length") >= 1


def test_a_draft_is_saved_while_a_file_is_on_its_way(chromium: Browser, demo: Demo) -> None:
    with clerk(chromium, demo) as person:
        page, session = person.page, network(person)
        person.go(FORM)
        page.set_input_files("input[name=files]", picture("先到.png", 41))
        arrives(page, "先到").locator("[data-reason] input").fill("证明先到")
        conditions(session, speed=SLOW)
        page.set_input_files("input[name=files]", picture("在路上.png", 42, 700))
        under_way(page, "在路上")
        page.fill("[name=wording]", "先存一下")
        page.locator(SAVE).click()
        page.get_by_text("草稿已保存").wait_for()
        assert "/u/carriers/reports/" in page.url, "a reload comes back to the draft"
        assert line(page, "在路上").get_attribute("data-state") == "sending"
        attached = page.locator("[data-part=attached] li")
        assert "先到.png" in (attached.text_content() or "")
        assert attached.locator("input[type=text]").input_value() == "证明先到"
        keep_picture(person, "uploads-draft")
        conditions(session)
        arrives(page, "在路上")
        person.press(SAVE)
        assert page.input_value("[name=wording]") == "先存一下"
        assert page.locator("[data-part=attached] li").count() == 2
        assert person.complaints == []


def test_a_picture_is_pasted_and_a_file_is_dropped(chromium: Browser, demo: Demo) -> None:
    with clerk(chromium, demo) as person:
        page = person.page
        person.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=demo.url)
        person.go("/bag")
        page.evaluate(
            """async () => {
                const drawn = new OffscreenCanvas(40, 30);
                drawn.getContext("2d").fillRect(Math.random() * 20, 3, 20, 20);
                const blob = await drawn.convertToBlob({ type: "image/png" });
                await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
            }"""
        )
        page.keyboard.press("Control+V")
        arrives(page, "粘贴的图片")
        data = page.evaluate_handle(
            """() => {
                const data = new DataTransfer();
                data.items.add(new File(["项目,次数\\n宣传," + Math.random()], "拖来的.csv", { type: "text/csv" }));
                return data;
            }"""
        )
        page.dispatch_event(".file-drop", "dragenter", {"dataTransfer": data})
        assert "is-over" in (page.locator(".file-drop").get_attribute("class") or "")
        page.dispatch_event(".file-drop", "drop", {"dataTransfer": data})
        arrives(page, "拖来的.csv")
        page.locator("[data-all-arrived] a").wait_for()
        assert person.complaints == []


def test_the_checks_answer_while_the_page_is_open(chromium: Browser, demo: Demo) -> None:
    with clerk(chromium, demo) as person:
        page = person.page
        person.go("/bag")
        broken: FilePayload = {
            "name": "坏的.png",
            "mimeType": "image/png",
            "buffer": b"\x89PNG\r\n\x1a\n" + b"x" * 200,
        }
        page.set_input_files("input[name=files]", [picture("好的.png", 51), broken])
        good, bad = arrives(page, "好的.png"), arrives(page, "坏的.png")
        good.get_by_text("可用").wait_for(timeout=40_000)
        bad.get_by_text("不能用").wait_for(timeout=40_000)
        assert bad.locator(".file-said").count(), "a sentence says why and what to do"
        assert page.locator("[data-states] [role=status]").text_content(), "it is said aloud"


def test_what_is_too_large_is_refused_before_anything_is_sent(chromium: Browser, demo: Demo) -> None:
    with clerk(chromium, demo) as person:
        page = person.page
        person.go("/bag")
        seen = pieces(page)
        page.evaluate(
            """() => {
                const data = new DataTransfer();
                const huge = new File(["x"], "太大.mp4", { type: "video/mp4" });
                Object.defineProperty(huge, "size", { value: 3 * 2 ** 30 });
                const event = new DragEvent("drop", { bubbles: true, cancelable: true });
                Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], files: [huge] } });
                document.querySelector(".file-drop").dispatchEvent(event);
            }"""
        )
        refused = line(page, "太大.mp4").and_(page.locator("[data-state=refused]"))
        refused.wait_for()
        assert "超过 3.0 GB" not in (refused.text_content() or "")
        assert "超过 2 GB" in (refused.text_content() or "")
        assert seen == []


@pytest.mark.parametrize(("locale", "width"), [("zh_Hans_CN", 360), ("en", 1280)], ids=["phone", "desktop"])
def test_without_javascript_the_plain_forms_work(
    chromium: Browser, demo: Demo, locale: str, width: int
) -> None:
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 900}, locale="zh-CN"
    )
    context.add_cookies([{"name": "dudao_locale", "value": locale, "url": demo.url}])
    page = context.new_page()
    person = Person(context, page, demo)
    person.go("/login")
    page.fill("#login", CLERK)
    page.fill("#password", demo.password)
    person.press("main button[type=submit]")
    set_language(person, locale)
    person.go("/bag")
    name = f"无脚本-{locale}.png"
    page.fill("#note", "门头照")
    page.set_input_files("input[name=files]", picture(name, width))
    keep_picture(person, f"bag-plain-{locale}-{width}")
    person.press("#add button[name=do]")
    assert name in (page.locator(".bag-list").text_content() or "")
    keep_picture(person, f"bag-plain-kept-{locale}-{width}")
    person.go(FORM)
    fill(page)
    page.locator(".bag-choice", has_text=name).locator("input[type=checkbox]").check()
    page.set_input_files("#file-files", picture(f"随表-{locale}.png", width + 1))
    keep_picture(person, f"fill-plain-{locale}-{width}")
    person.press(SAVE)
    attached = page.locator("[data-part=attached]").text_content() or ""
    assert name in attached and f"随表-{locale}.png" in attached
    context.close()


@pytest.mark.parametrize(("locale", "width"), [("zh_Hans_CN", 360), ("en", 1280)], ids=["phone", "desktop"])
def test_the_bag_is_accessible_and_fits_the_screen(
    chromium: Browser, demo: Demo, locale: str, width: int
) -> None:
    with clerk(chromium, demo, locale=locale, width=width) as person:
        page = person.page
        person.go("/bag")
        page.set_input_files("input[name=files]", picture(f"袋-{locale}.png", width + 7))
        arrives(page, f"袋-{locale}.png")
        wrong = []
        for query in ("", "?view=all", "?view=day&day=2020-11-12"):
            person.go(f"/u/carriers/bag{query}")
            for more in page.locator(".file-more summary").all()[:2]:
                more.click()
            keep_picture(person, f"bag{query[6:9]}-{locale}-{width}")
            found = Axe().run(page, options=RULES).response["violations"]
            wrong += [f"{query}: {item['id']}: {item['nodes'][0]['html'][:200]}" for item in found]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wrong.append(f"{query}: wider than {width} px")
        assert wrong == []
        assert person.complaints == []
