"""Looking at evidence and masking it, in a real browser: by mouse, by keyboard, on a screen and on a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Response

from tests.e2e.conftest import SCREENS, Demo, Person, arrive, set_language
from tests.e2e.test_accessible import RULES
from tests.e2e.test_story import keep_picture
from tests.web.evidence import film, paper, picture

UNIT = "/u/carriers"


@dataclass(frozen=True)
class Sent:
    """A file in a draft: its use, and the bag's file."""

    use_id: str
    bag_id: str


def send(clerk: Person, name: str, kind: str, content: bytes, due: str = "CAR-03/week-3") -> Sent:
    """A new draft with one file, as a browser without scripts sends it; waits until the worker has looked at it."""
    clerk.go(f"{UNIT}/duties/{due}/new")
    token = clerk.page.locator("input[name=csrf_token]").first.input_value()
    answer = clerk.context.request.post(
        f"{clerk.demo.url}{UNIT}/duties/{due}/new",
        multipart={
            "csrf_token": token,
            "do": "save",
            "files": {"name": name, "mimeType": kind, "buffer": content},
        },
    )
    assert answer.status == 200, answer.status
    found = re.search(r"/files/([0-9a-f]{32})", answer.text())
    assert found, "the draft shows its file"
    bag_id = ""
    for _try in range(120):
        clerk.go(f"/files/{found[1]}/view")
        html = clerk.page.content()
        masking = re.search(r"/bag/([0-9a-f]{32})/mask", html)
        bag_id = masking[1] if masking else ""
        if "/preview/page-1.webp" in html:
            return Sent(found[1], bag_id)
        clerk.page.wait_for_timeout(500)
    raise AssertionError("no preview was made")


def open_day(clerk: Person) -> str:
    """A day of the daily duty, which takes films, that is not reported yet."""
    for number in range(18, 0, -1):
        due = f"GEN-03/day-{number}"
        if clerk.context.request.get(f"{clerk.demo.url}{UNIT}/duties/{due}/new").status == 200:
            return due
    raise AssertionError("everything is reported")


@pytest.fixture(scope="module")
def sent(chromium: Browser, demo: Demo) -> dict[str, Sent]:
    clerk = arrive(chromium, demo, "carriers-reporter", locale="zh_Hans_CN", width=1280)
    files = {
        "picture": send(clerk, "营业厅现场.jpg", "image/jpeg", picture(size=(1200, 900))),
        "paper": send(clerk, "活动方案.pdf", "application/pdf", paper(3)),
        "film": send(clerk, "活动视频.mp4", "video/mp4", film(20, codec="libvpx-vp9"), open_day(clerk)),
    }
    clerk.context.close()
    return files


def tidy(person: Person, what: str) -> None:
    """The page is accessible and fits the screen."""
    found = Axe().run(person.page, options=RULES).response["violations"]
    assert [f"{item['id']}: {item['nodes'][0]['html'][:200]}" for item in found] == [], what
    assert not person.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), what


def until(element: Locator, said: str) -> None:
    """Wait until something is true of an element; the page's content policy lets no other waiting run there."""
    for _try in range(100):
        if element.evaluate(said):
            return
        element.page.wait_for_timeout(100)
    raise AssertionError(said)


def size(image: Locator) -> tuple[float, float]:
    box = image.bounding_box()
    assert box is not None
    return box["width"], box["height"]


@pytest.mark.parametrize(("locale", "width"), SCREENS)
def test_a_picture_is_zoomed_and_turned_by_button_and_by_key(
    chromium: Browser, demo: Demo, sent: dict[str, Sent], locale: str, width: int
) -> None:
    person = arrive(chromium, demo, "inspector", locale=locale, width=width)
    set_language(person, locale)
    person.go(f"/files/{sent['picture'].use_id}/view")
    image, said = person.page.locator("[data-sheet] img"), person.page.locator("[data-size]")
    until(image, "image => image.naturalWidth > 0")
    first = size(image)
    assert said.text_content() == "100%" and first[0] <= width
    tidy(person, "a picture")
    keep_picture(person, f"viewer-{locale}-{width}")
    person.page.locator("[data-do=in]").click()
    assert size(image)[0] == pytest.approx(first[0] * 1.25, rel=0.01)
    stage = person.page.locator("[data-stage]")
    stage.focus()
    for key in ("+", "r"):
        person.page.keyboard.press(key)
    assert said.text_content() == "156% · 90°"
    turned = size(image)
    assert turned[1] > turned[0], "a picture that was wide stands upright"
    assert stage.evaluate("s => s.scrollHeight > s.clientHeight")
    keep_picture(person, f"viewer-turned-{locale}-{width}")
    tidy(person, "a turned picture")
    person.page.keyboard.press("0")
    assert size(image) == pytest.approx(first, abs=1)
    person.page.keyboard.press("-")
    assert said.text_content() == "80%"
    person.page.locator("body").click(position={"x": 2, "y": 2})
    person.page.evaluate("document.activeElement.blur()")
    person.page.keyboard.press("r")
    assert said.text_content() == "80%", "keys work inside of the viewer alone"
    assert person.complaints == []
    person.context.close()


@pytest.mark.parametrize(("locale", "width"), [("zh_Hans_CN", 1280), ("en", 360)])
def test_the_pages_of_a_paper_are_turned(
    chromium: Browser, demo: Demo, sent: dict[str, Sent], locale: str, width: int
) -> None:
    person = arrive(chromium, demo, "inspector", locale=locale, width=width)
    set_language(person, locale)
    person.go(f"/files/{sent['paper'].use_id}/view")
    assert person.page.locator("[data-sheet]").count() == 3
    third = person.page.locator("[data-page]").nth(2)
    third.click()
    assert third.get_attribute("aria-current") == "true"
    top = person.page.evaluate(
        "document.querySelector('#page-3').getBoundingClientRect().top"
        " - document.querySelector('[data-stage]').getBoundingClientRect().bottom"
    )
    assert top < 0, "the third page is in sight"
    tidy(person, "pages")
    keep_picture(person, f"viewer-pages-{locale}-{width}")
    assert person.complaints == []
    person.context.close()


@pytest.mark.parametrize(("locale", "width"), [("zh_Hans_CN", 1280), ("en", 360)])
def test_a_film_plays_and_is_asked_for_in_parts(
    chromium: Browser, demo: Demo, sent: dict[str, Sent], locale: str, width: int
) -> None:
    person = arrive(chromium, demo, "inspector", locale=locale, width=width)
    set_language(person, locale)
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    person.page.on("response", keep)
    person.go(f"/files/{sent['film'].use_id}/view")
    film_shown = person.page.locator("video")
    until(film_shown, "film => film.readyState >= 1")
    assert film_shown.evaluate("v => v.duration") == pytest.approx(20, abs=1)
    tidy(person, "a film")
    keep_picture(person, f"viewer-film-{locale}-{width}")
    film_shown.evaluate("v => { v.muted = true; v.currentTime = 15; return v.play(); }")
    until(film_shown, "film => film.currentTime > 15.2")
    parts = [answer for answer in answers if answer.url.endswith(f"/files/{sent['film'].use_id}")]
    assert parts and {answer.status for answer in parts} == {206}
    assert person.complaints == []
    person.context.close()


def fields(person: Person, row: int = 0) -> dict[str, float]:
    names = ("left", "top", "width", "height")
    return {
        name: float(person.page.locator(f"[data-box] [name={name}]").nth(row).input_value()) for name in names
    }


def drag(person: Person, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw on the picture, from and to in fractions of it."""
    stage = person.page.locator("[data-stage]")
    stage.scroll_into_view_if_needed()
    area: Any = stage.bounding_box()

    def point(at: tuple[float, float]) -> tuple[float, float]:
        return area["x"] + at[0] * area["width"], area["y"] + at[1] * area["height"]

    person.page.mouse.move(*point(start))
    person.page.mouse.down()
    person.page.mouse.move(*point(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)))
    person.page.mouse.move(*point(end))
    person.page.mouse.up()


@pytest.mark.parametrize(("locale", "width"), SCREENS)
def test_a_mask_is_drawn_moved_by_keys_saved_and_seen_by_others(
    chromium: Browser, demo: Demo, sent: dict[str, Sent], locale: str, width: int
) -> None:
    clerk = arrive(chromium, demo, "carriers-reporter", locale=locale, width=width)
    set_language(clerk, locale)
    url = f"{UNIT}/bag/{sent['picture'].bag_id}/mask"
    clerk.go(url)
    while clerk.page.locator("[data-remove]").count():
        clerk.page.locator("[data-remove]").first.click()
    drag(clerk, (0.3, 0.3), (0.6, 0.7))
    drawn = fields(clerk)
    assert drawn == pytest.approx({"left": 30, "top": 30, "width": 30, "height": 40}, abs=1)
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowUp"):
        clerk.page.keyboard.press(key)
    moved = {
        "left": drawn["left"] + 1,
        "top": drawn["top"] + 1,
        "width": drawn["width"] + 1,
        "height": drawn["height"] - 1,
    }
    assert fields(clerk) == pytest.approx(moved, abs=0.11)
    clerk.page.locator("[data-add]").click()
    assert fields(clerk, 1) == {"left": 40, "top": 40, "width": 20, "height": 20}
    clerk.page.keyboard.press("Delete")
    assert clerk.page.locator("[data-box]").count() == 1
    tidy(clerk, "masking")
    keep_picture(clerk, f"mask-{locale}-{width}")
    clerk.press("form[data-mask] .action-bar button[type=submit]")
    assert clerk.page.locator("[data-box]").count() == 1, "the box is there again"
    inspector = arrive(chromium, demo, "inspector", locale=locale, width=width)
    set_language(inspector, locale)
    for _try in range(120):
        inspector.go(f"/files/{sent['picture'].use_id}/view")
        if inspector.page.locator("[data-sheet] img").count():
            break
        inspector.page.wait_for_timeout(500)
    colour = inspector.page.locator("[data-sheet] img").evaluate(
        """async (image) => {
          await image.decode();
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [1, 1];
          const paint = canvas.getContext("2d");
          const [w, h] = [image.naturalWidth, image.naturalHeight];
          paint.drawImage(image, w * 0.4, h * 0.4, w * 0.15, h * 0.2, 0, 0, 1, 1);
          return [...paint.getImageData(0, 0, 1, 1).data];
        }"""
    )
    assert max(colour[:3]) < 150, "what was white is hidden"
    tidy(inspector, "a masked picture")
    keep_picture(inspector, f"viewer-masked-{locale}-{width}")
    assert inspector.complaints == []
    assert clerk.complaints == []
    clerk.context.close()
    inspector.context.close()


def test_without_scripts_the_picture_stands_there_and_boxes_are_typed(
    chromium: Browser, demo: Demo, sent: dict[str, Sent]
) -> None:
    clerk = arrive(chromium, demo, "carriers-reporter", locale="zh_Hans_CN", width=1280)
    plain = chromium.new_context(java_script_enabled=False, storage_state=clerk.context.storage_state())
    page = plain.new_page()
    page.goto(f"{demo.url}/files/{sent['paper'].use_id}/view")
    assert page.locator("[data-sheet] img").count() == 3
    assert not page.locator("[data-tools]").is_visible()
    page.goto(f"{demo.url}{UNIT}/bag/{sent['picture'].bag_id}/mask")
    spare = page.locator("[data-box]").last
    for name, value in (("left", "1"), ("top", "2"), ("width", "3"), ("height", "4")):
        spare.locator(f"[name={name}]").fill(value)
    page.locator("form[data-mask] .action-bar button[type=submit]").first.click()
    filled = [one.input_value() for one in page.locator("[data-box] [name=width]").all()]
    assert "3" in filled
    plain.close()
    clerk.context.close()


@pytest.mark.parametrize(("locale", "width"), SCREENS)
def test_an_inspector_says_of_each_file_what_it_is_worth(
    chromium: Browser, demo: Demo, locale: str, width: int
) -> None:
    person = arrive(chromium, demo, "inspector", locale=locale, width=width)
    set_language(person, locale)
    person.go("/review/?type=education")
    person.press("form[action='/review/next'] button")
    assert person.page.locator(".judged .evidence").count(), "the report has files"
    tidy(person, "a review")
    keep_picture(person, f"review-files-{locale}-{width}")
    first = person.page.locator(".judged > li").first
    first.locator("input[value=bad]").check()
    person.page.locator("form[data-once] .action-bar button").first.click()
    person.page.locator(".judged .field-error").first.wait_for()
    assert person.page.locator(".judged > li").first.locator("input[value=bad]").is_checked()
    tidy(person, "a review with a mistake")
    keep_picture(person, f"review-mistake-{locale}-{width}")
    with person.page.expect_navigation():
        person.page.locator(".judged .evidence-view").first.click()
    assert "/view" in person.page.url
    assert person.complaints == []
    person.context.close()
