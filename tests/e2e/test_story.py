"""The whole path, as its people walk it: a clerk reports, an inspector returns, the clerk mends, the office sees it."""

from __future__ import annotations

import re
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator

from tests.e2e.conftest import SCREENS, Demo, Person, arrive, set_language

PICTURES = Path(__file__).resolve().parents[2] / "build" / "pictures"
REASON = {"zh_Hans_CN": "截图里看不到发送时间，请补一张完整的", "en": "The screenshot lacks the time of sending"}


def screenshot(number: int) -> dict[str, object]:
    """A platform's screenshot as a real JPEG."""
    picture = Image.new("RGB", (640, 400), "white")
    draw = ImageDraw.Draw(picture)
    for line in range(8):
        draw.text((30, 30 + line * 40), f"2020-11-1{line} 10:00  sent {1000 + number * 7 + line}", fill="black")
    content = BytesIO()
    picture.save(content, "JPEG")
    return {"name": "短信平台截图.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def keep_picture(person: Person, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    person.page.screenshot(path=str(PICTURES / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("locale", "width"), SCREENS)
def test_a_weekly_report_goes_from_the_clerk_to_the_office_and_back(
    chromium: Browser, demo: Demo, locale: str, width: int
) -> None:
    mark = f"{locale}-{width}"
    reason = f"{REASON[locale]} ({mark})"
    office = arrive(chromium, demo, "office", locale=locale, width=width)
    set_language(office, locale)
    before = messages_sum(office)

    clerk = arrive(chromium, demo, "carriers-reporter", locale=locale, width=width)
    set_language(clerk, locale)
    keep_picture(clerk, f"unit-home-{mark}")
    clerk.go("/u/carriers/duties/CAR-03/week-3/new")
    fill_message(clerk, 12_345)
    clerk.press("button[name=do][value=submit]:not([tabindex='-1'])")
    assert clerk.page.locator("[role=alert]").count(), "evidence is missing: the page says so"
    assert clerk.page.input_value("[name=messages]") == "12345", "nothing typed is lost"
    clerk.page.set_input_files("input[name=files]", screenshot(1))  # type: ignore[arg-type]
    keep_picture(clerk, f"unit-fill-{mark}")
    clerk.press("button[name=do][value=submit]:not([tabindex='-1'])")
    assert clerk.page.url.rstrip("/").endswith("/u/carriers"), clerk.page.url

    inspector = arrive(chromium, demo, "inspector", locale=locale, width=width)
    set_language(inspector, locale)
    keep_picture(inspector, f"review-queue-{mark}")
    open_newest(inspector)
    image = wait_for_picture(inspector)
    image.scroll_into_view_if_needed()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640, "evidence beside the report"
    keep_picture(inspector, f"review-{mark}")
    return_report(inspector, "")
    assert inspector.page.locator("[name=reason]").get_attribute("aria-invalid") == "true", "a reason is needed"
    return_report(inspector, reason)

    address = wait_for_notice(clerk, reason)
    clerk.go("/u/carriers/")
    clerk.sees(reason)
    keep_picture(clerk, f"unit-returned-{mark}")
    clerk.go(address)
    assert clerk.page.input_value("[name=messages]") == "12345", "what was sent is there to mend"
    clerk.page.set_input_files("input[name=files]", screenshot(2))  # type: ignore[arg-type]
    clerk.press("button[name=do][value=submit]:not([tabindex='-1'])")

    open_newest(inspector)
    inspector.press("form[action$='/accept'] button[data-key=a]")

    assert messages_sum(office) == before + 12_345, "the office sees the number change"
    office.go("/office/")
    keep_picture(office, f"dashboard-{mark}")
    for person in (office, clerk, inspector):
        assert person.complaints == [], person.complaints
        person.context.close()


def fill_message(person: Person, messages: int) -> None:
    page = person.page
    page.fill("[name=sent_at]", "2020-11-11T10:30")
    choose(person, "fraud_type", "fake_order_rebates")
    page.fill("[name=wording]", "凡是刷单返利都是诈骗，请不要转账。")
    page.fill("[name=recipients]", "12000")
    page.fill("[name=messages]", str(messages))
    page.fill("[name=share_of_users]", "80")


def choose(person: Person, name: str, value: str) -> None:
    """Choose an option, whether the page draws a list or buttons."""
    field = person.page.locator(f"select[name={name}]")
    if field.count():
        field.select_option(value)
    else:
        person.page.locator(f"input[name={name}][value={value}]").check()


def messages_sum(office: Person) -> int:
    """The sum of messages sent, as the office's dashboard shows it."""
    office.go("/office/")
    row = office.page.locator("tr", has=office.page.locator("a[href*='duty=CAR-03'][href*='state=accepted']"))
    metric = row.locator("dl > div").filter(has_text=re.compile("发送短信|Messages")).first
    return int(re.sub(r"\D", "", metric.locator("dd").text_content() or ""))


def open_newest(inspector: Person) -> None:
    """Claim the carrier's report: the last in the queue of its duty."""
    inspector.go("/review/?duty=CAR-03&type=carriers")
    while inspector.page.locator("a[rel=next]").count():
        inspector.press("a[rel=next]")
    forms = inspector.page.locator("form[action$='/claim'] button")
    with inspector.page.expect_navigation():
        forms.last.click()


def return_report(inspector: Person, reason: str) -> None:
    """Write a reason, press return, and say yes to the question."""
    inspector.page.fill("[name=reason]", reason)
    inspector.page.locator("button[formaction$='/return']").click()
    with inspector.page.expect_navigation():
        inspector.page.locator("dialog[open] button[value=yes]").click()


def wait_for_picture(inspector: Person) -> Locator:
    """The preview of the evidence; it stands there as soon as the worker has looked into the file."""
    image = inspector.page.locator("main img[src^='/files/']").first
    for _try in range(60):
        if image.count():
            return image
        inspector.page.wait_for_timeout(500)
        inspector.page.reload()
    raise AssertionError("the file was not examined")


def wait_for_notice(clerk: Person, reason: str) -> str:
    """The worker brings the notice through real Redis and RQ; answers with the address it leads to."""
    for _try in range(60):
        clerk.go("/notices/")
        if reason in (clerk.page.locator("main").text_content() or ""):
            address = clerk.page.locator("main a[href*='/u/carriers/reports/']").first.get_attribute("href")
            assert address is not None
            return address
        time.sleep(0.5)
    raise AssertionError("no notice arrived")
