"""The page on which a unit masks a picture: real number fields, without the script too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.store.models import Mask
from tests.web import evidence
from tests.web.conftest import opened
from tests.web.deeds import CLERK, INSPECTOR
from tests.web.evidence import Put, make_mask, picture, put
from tests.web.site import Site

GOOD = {"left": ["10", "62.5"], "top": ["20", "0"], "width": ["30", "37.5"], "height": ["5.5", "100"]}


@pytest.fixture(scope="module")
def masks(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(filled_folder, tmp_path_factory.mktemp("masks") / "data") as site:
        yield site


@pytest.fixture(scope="module")
def made(masks: Site) -> Put:
    return put(masks, picture(seed=5), "现场.jpg")


def page_of(site: Site, bag_id: str, deed: str = "mask", login: str = CLERK) -> str:
    return f"/u/{site.units[login].unit_type}/bag/{bag_id}/{deed}"


def boxes(site: Site, bag_id: str) -> list[list[float]]:
    with site.inside() as session:
        mask_id = evidence.standing(site, bag_id)
        return session.get_one(Mask, mask_id).boxes if mask_id else []


def test_boxes_are_typed_in_percent_kept_and_shown_again(masks: Site, made: Put) -> None:
    url = page_of(masks, made.bag_id)
    empty = masks.client(CLERK).get(url).text
    assert empty.count('name="left"') == 4, "three spare rows and the script's template"
    assert f"/files/bag/{made.bag_id}/preview/page-1.webp" in empty
    since = masks.last_record()
    assert masks.post(CLERK, url, GOOD).status_code == 302
    [record] = masks.audit_since(since)
    assert (record.action, record.object_id, record.detail["boxes"]) == ("evidence.mask", made.bag_id, 2)
    assert boxes(masks, made.bag_id) == [[0.1, 0.2, 0.3, 0.055], [0.625, 0, 0.375, 1.0]]
    again = masks.client(CLERK).get(url).text
    values = re.findall(r'name="(\w+)" min[^>]*value="([^"]*)"', again)[:8]
    assert [value for _name, value in values] == ["10", "20", "30", "5.5", "62.5", "0", "37.5", "100"]
    assert "正在生成" in again and "取消遮挡" in again


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"left": "10", "top": "10", "width": "10"}, "遮挡框 1"),
        ({"left": "90", "top": "10", "width": "20", "height": "10"}, "遮挡框 1"),
        ({"left": "a", "top": "b", "width": "c", "height": "d"}, "遮挡框 1"),
        ({"left": "-1", "top": "10", "width": "20", "height": "10"}, "遮挡框 1"),
        ({"left": "NaN", "top": "10", "width": "20", "height": "10"}, "遮挡框 1"),
        ({"left": "1e99999", "top": "10", "width": "20", "height": "10"}, "遮挡框 1"),
        ({"left": "1e9999999", "top": "10", "width": "20", "height": "10"}, "遮挡框 1"),
        ({"left": "10", "top": "10", "width": "0", "height": "10"}, "遮挡框 1"),
        ({}, "请先画出"),
        ({side: ["1"] * 51 for side in ("left", "top", "width", "height")}, "最多 50 个"),
    ],
)
def test_what_is_no_box_is_named_and_nothing_typed_is_lost(
    masks: Site, made: Put, typed: dict[str, Any], told: str
) -> None:
    before = evidence.standing(masks, made.bag_id)
    answer = masks.post(CLERK, page_of(masks, made.bag_id), typed)
    assert answer.status_code == 422
    assert told in answer.text
    if "left" in typed and isinstance(typed["left"], str):
        assert f'value="{typed["left"]}"' in answer.text
    assert evidence.standing(masks, made.bag_id) == before


def test_a_mask_taken_off_shows_others_everything_again(masks: Site) -> None:
    file = put(masks, picture(seed=6), "现场.jpg")
    make_mask(masks, file.bag_id)
    since = masks.last_record()
    assert masks.post(CLERK, page_of(masks, file.bag_id, "unmask")).status_code == 302
    assert [(row.action, row.outcome) for row in masks.audit_since(since)] == [("evidence.unmask", "done")]
    answer = masks.client(INSPECTOR).get(f"/files/{file.use_id}")
    assert answer.data == file.content
    answer.close()
    masks.post(CLERK, page_of(masks, file.bag_id, "unmask"))
    assert masks.audit_since(since)[-1].outcome == "repeated"


@pytest.mark.parametrize("deed", ["mask", "unmask"])
def test_nobody_else_masks(masks: Site, made: Put, deed: str) -> None:
    url = page_of(masks, made.bag_id, deed)
    for login, status in (
        ("fx-clerk-sibling", 404),
        ("fx-clerk-other-type", 404),
        (INSPECTOR, 403),
        ("office", 403),
    ):
        assert masks.post(login, url, GOOD).status_code == status, login
    assert masks.client("fx-clerk-sibling").get(page_of(masks, made.bag_id)).status_code == 404


def test_only_pictures_can_be_masked(masks: Site) -> None:
    file = put(masks, evidence.paper(1), "方案.pdf")
    assert masks.client(CLERK).get(page_of(masks, file.bag_id)).status_code == 404
    assert masks.post(CLERK, page_of(masks, file.bag_id), GOOD).status_code == 404
    page = masks.client(CLERK).get(f"/files/{file.use_id}/view").text
    assert "/mask" not in page
