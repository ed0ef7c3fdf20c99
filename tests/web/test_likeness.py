"""What inspectors see of resembling evidence, and that its unit sees nothing of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from core.bench import pictures
from core.domain.access import Actor
from core.store.models import EvidenceFile, Resemblance
from core.web.context import size
from tests.services.helpers import OTHER_CITY, add_unit, clerk
from tests.services.test_likeness import SIZE, files_in_order, jpeg, report_with, work_off
from tests.web.conftest import opened
from tests.web.deeds import CLERK
from tests.web.evidence import Put, put
from tests.web.site import Site, steady

INSIDE, OUTSIDE = "fx-inspector-inside", "fx-inspector-outside"
SCENE = pictures.scene(21, SIZE)


@dataclass(frozen=True)
class Pair:
    """Two reports of units in two cities, the second with a mirrored, smaller copy; each one's first file."""

    here: str
    here_file: str
    away: str
    away_file: str

    @property
    def address(self) -> str:
        return f"/review/{self.here}/files/{self.here_file}/like/{self.away_file}"


@pytest.fixture(scope="module")
def compared(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(filled_folder, tmp_path_factory.mktemp("compared") / "data") as site:
        yield site


@pytest.fixture(scope="module")
def pair(compared: Site) -> Pair:
    with compared.inside():
        here = report_with(clerk(add_unit("test-here")), jpeg(SCENE))
        changed = pictures.mirrored(pictures.resized(SCENE, 0.7))
        away = report_with(clerk(add_unit("test-away", region=OTHER_CITY)), jpeg(changed), seed=2)
        work_off()
        return Pair(here, files_in_order(here)[0], away, files_in_order(away)[0])


def get(site: Site, login: str, url: str, status: int = 200) -> str:
    answer = site.client(login).get(url)
    assert answer.status_code == status, url
    return answer.get_data(as_text=True)


def test_the_review_page_gives_a_hint_with_a_way_to_both_pictures(compared: Site, pair: Pair) -> None:
    text = get(compared, "inspector", f"/review/{pair.here}")
    assert "相似的材料" in text and "只作提示，由您判断" in text
    assert f'href="{pair.address}"' in text
    assert "test-away（测试）" in text and "请人工核对" in text
    assert "可能是同一张" in text
    assert "test-here（测试）" in get(compared, "inspector", f"/review/{pair.away}")


def test_both_pictures_stand_side_by_side_with_their_contexts(compared: Site, pair: Pair) -> None:
    text = get(compared, "inspector", pair.address)
    for use in (pair.here_file, pair.away_file):
        assert f'href="/files/{use}/preview/page-1.webp"' in text
        assert compared.client("inspector").get(f"/files/{use}/preview/page-1.webp").status_code == 200
    for words in (
        "test-here（测试）",
        "test-away（测试）",
        "请人工核对",
        "其中一张左右翻转",
        "CAR-03",
        "第3周",
    ):
        assert words in text
    assert 'style="' not in text
    assert "<rect" not in text, "nothing differs"
    english = compared.client("inspector").get(pair.address, headers={"Accept-Language": "en"})
    assert english.status_code == 200


def test_places_that_differ_are_framed_and_named(compared: Site, pair: Pair) -> None:
    with compared.inside() as session:
        row = session.scalars(select(Resemblance)).one()
        kept = row.level, row.detail
        row.level, row.detail = "alike", {**row.detail, "differs": [[0.7, 0.05, 0.2, 0.2]]}
        session.commit()
    text = get(compared, "inspector", pair.address)
    assert text.count("<rect") == 4, "two strokes in each picture"
    assert "不同处已用红框标出" in text and ("右上" in text or "左上" in text)
    assert "版面或场景相似" in get(compared, "inspector", f"/review/{pair.here}")
    with compared.inside() as session:
        row = session.scalars(select(Resemblance)).one()
        row.level, row.detail = kept
        session.commit()


def test_outside_the_scope_there_is_a_city_and_nothing_else(compared: Site, pair: Pair) -> None:
    text = get(compared, INSIDE, f"/review/{pair.here}")
    assert "开封市" in text and "不在您的审核范围" in text
    for secret in ("test-away", pair.away, pair.away_file, "/like/"):
        assert secret not in text
    get(compared, INSIDE, pair.address, 404)
    get(compared, OUTSIDE, pair.address, 404)
    get(compared, INSIDE, f"/files/{pair.away_file}/preview/page-1.webp", 404)


def test_only_what_resembles_is_set_side_by_side(compared: Site, pair: Pair) -> None:
    with compared.inside():
        third = report_with(clerk(add_unit("test-third")), jpeg(pictures.scene(22, SIZE)), seed=3)
        (unlike, *_more) = files_in_order(third)
    base = f"/review/{pair.here}/files/{pair.here_file}/like"
    for url in (
        f"{base}/{unlike}",
        f"{base}/{pair.here_file}",
        f"{base}/{'0' * 32}",
        f"/review/{pair.here}/files/{pair.away_file}/like/{pair.here_file}",
        f"/review/{'0' * 32}/files/{pair.here_file}/like/{pair.away_file}",
    ):
        get(compared, "inspector", url, 404)
    assert "相似的材料" not in get(compared, "inspector", f"/review/{third}")
    for login in (CLERK, "office", "auditor"):
        assert compared.client(login).get(pair.address).status_code in {403, 404}


def noise(seed: int) -> bytes:
    """A picture of which each seed makes another one, of much the same size."""
    return jpeg(pictures.scene(seed, SIZE))


def unit_pages(site: Site, made: Put) -> list[str]:
    unit_type = site.units[CLERK].unit_type
    with site.inside() as session:
        report = session.get_one(EvidenceFile, made.use_id).report_id
    urls = [
        "/",
        f"/u/{unit_type}/",
        f"/u/{unit_type}/bag",
        f"/u/{unit_type}/bag/states",
        f"/u/{unit_type}/reports/{report}",
        f"/files/{made.use_id}/view",
        f"/files/bag/{made.bag_id}/view",
        "/notices/",
    ]
    answers = [site.client(CLERK).get(url) for url in urls]
    known = (made.sha256, made.bag_id, made.use_id, report)
    return [f"{answer.status_code} {steady(answer, *known)}" for answer in answers]


def stranger(site: Site) -> Actor:
    with site.inside():
        return clerk(add_unit("test-stranger", region=OTHER_CITY))


def test_a_match_in_another_unit_changes_nothing_for_the_unit_that_was_first(site: Site) -> None:
    made = put(site, noise(31), "现场.jpg")
    unit_pages(site, made)  # the first look takes the message along that the draft was saved
    before = unit_pages(site, made)
    who = stranger(site)
    with site.inside() as session:
        report_with(who, made.content)
        again = Image.open(io.BytesIO(made.content))
        report_with(who, jpeg(pictures.cropped(again, 0.1)), "week-2", seed=2)
        work_off()
        assert session.scalars(select(Resemblance)).all()
    assert unit_pages(site, made) == before


def test_a_match_in_another_unit_changes_nothing_for_the_unit_that_comes_later(
    filled_folder: Path, tmp_path: Path
) -> None:
    """The same upload into two worlds, in one of which the bytes and a copy of them are known already."""
    content, pages = noise(32), []
    for name, known in (("known", True), ("new", False)):
        with opened(filled_folder, tmp_path / name) as site:
            who = stranger(site)
            with site.inside() as session:
                report_with(who, content if known else noise(33))
                kept = Image.open(io.BytesIO(content)) if known else pictures.scene(34, SIZE)
                report_with(who, jpeg(pictures.mirrored(kept)), "week-2", seed=2)
                work_off()
            made = put(site, content, "现场.jpg")
            with site.inside() as session:
                work_off()
                matched = (Resemblance.first == made.sha256) | (Resemblance.second == made.sha256)
                assert bool(session.scalars(select(Resemblance).where(matched)).all()) == known
            pages.append([page.replace(size(len(content)), "SIZE") for page in unit_pages(site, made)])
    assert pages[0] == pages[1]
