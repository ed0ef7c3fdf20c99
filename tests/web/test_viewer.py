"""The page that shows a file, and the lists and decisions that lead to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.domain.files import Scan
from core.store.models import BlobFacts, EvidenceFile, Report
from tests.web import evidence
from tests.web.conftest import opened
from tests.web.deeds import CLERK, INSPECTOR, fillable, newest
from tests.web.evidence import Put, film, make_mask, paper, picture, put, table
from tests.web.site import Site


@pytest.fixture(scope="module")
def viewed(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(filled_folder, tmp_path_factory.mktemp("viewed") / "data") as site:
        yield site


def page(site: Site, login: str, url: str) -> str:
    answer = site.client(login).get(url)
    assert answer.status_code == 200, url
    assert "script-src 'self' 'nonce-" in answer.headers["Content-Security-Policy"]
    outside = re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]*', answer.text)
    assert outside == [], "nothing is loaded from outside"
    return answer.text


def test_a_picture_is_shown_by_its_preview_with_what_is_known_of_it(viewed: Site) -> None:
    made = put(viewed, picture(), "现场.jpg")
    with viewed.inside() as session:
        row = session.get_one(BlobFacts, made.sha256)
        row.facts = {
            **row.facts, "taken": "2020-11-11T09:30:00", "zone": "+08:00", "gps": [34.7466, 113.6254],
            "device": "Model <X>",
        }  # fmt: skip
        session.commit()
    for login, base in (
        (CLERK, f"/files/{made.use_id}"),
        (CLERK, f"/files/bag/{made.bag_id}"),
        (INSPECTOR, f"/files/{made.use_id}"),
        ("office", f"/files/{made.use_id}"),
    ):
        text = page(viewed, login, f"{base}/view")
        assert f'src="{base}/preview/page-1.webp"' in text and "viewer.js" in text
        assert f'href="{base}?download=1"' in text
        for fact in ("2020-11-11 09:30:00 +08:00", "34.7466", "Model &lt;X&gt;", made.sha256, "640 × 480"):
            assert fact in text
    assert f"/bag/{made.bag_id}/mask" in page(viewed, CLERK, f"/files/{made.use_id}/view")
    assert "/mask" not in page(viewed, INSPECTOR, f"/files/{made.use_id}/view")


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (Scan.CLEAN, "已查毒，未发现病毒"),
        (Scan.NOT_SCANNED, "未查毒：原因"),
        (Scan.FAILED, "查毒失败：原因"),
    ],
)
def test_the_scanners_word_is_told_as_it_is(viewed: Site, verdict: Scan, word: str) -> None:
    made = put(viewed, picture(seed=3), "现场.jpg")
    evidence.set_scan(viewed, made.sha256, verdict)
    text = page(viewed, INSPECTOR, f"/files/{made.use_id}/view")
    assert word in text
    if verdict is not Scan.CLEAN:
        assert "未发现病毒" not in text


def test_pages_of_a_paper_stand_below_each_other_with_links(viewed: Site) -> None:
    made = put(viewed, paper(3), "方案.pdf")
    text = page(viewed, INSPECTOR, f"/files/{made.use_id}/view")
    assert re.findall(r'/preview/(page-\d)\.webp"', text) == ["page-1", "page-2", "page-3"]
    assert re.findall(r'href="#(page-\d)"', text) == re.findall(r'id="(page-\d)"', text)
    long = put(viewed, paper(22), "长.pdf")
    text = page(viewed, INSPECTOR, f"/files/{long.use_id}/view")
    assert text.count("data-sheet>") == 20 and "共 22 页" in text


def test_a_film_has_a_poster_and_controls(viewed: Site) -> None:
    made = put(viewed, film(), "活动.mp4")
    text = page(viewed, INSPECTOR, f"/files/{made.use_id}/view")
    [tag] = re.findall(r"<video[^>]*>", text)
    for part in ("controls", 'preload="metadata"', f'src="/files/{made.use_id}"', "page-1.webp"):
        assert part in tag
    other = put(viewed, film(kind="mov"), "活动.mov")
    text = page(viewed, INSPECTOR, f"/files/{other.use_id}/view")
    assert "<video" not in text and "page-1.webp" in text, (
        "no browser is sure to play it: poster and download"
    )


def test_a_tables_first_rows_and_a_texts_beginning_are_text(viewed: Site) -> None:
    sheet = put(viewed, table(), "统计.xlsx")
    text = page(viewed, INSPECTOR, f"/files/{sheet.use_id}/view")
    assert "<td>单位2</td>" in text and "=1+1&lt;b&gt;" in text
    csv = put(viewed, "姓名,次数\n甲,3\n".encode("gb18030"), "名单.csv")
    assert "<td>姓名</td>" in page(viewed, INSPECTOR, f"/files/{csv.use_id}/view")
    words = put(viewed, "活动说明 <b>粗</b>".encode(), "说明.txt")
    assert "活动说明 &lt;b&gt;粗" in page(viewed, INSPECTOR, f"/files/{words.use_id}/view")


def test_a_masked_picture_has_no_way_to_its_original_but_with_a_reason(viewed: Site) -> None:
    made = put(viewed, picture(seed=8), "遮挡.jpg")
    mask_id = make_mask(viewed, made.bag_id, made=False)
    url = f"/files/{made.use_id}/view"
    waiting = page(viewed, INSPECTOR, url)
    assert "正在生成" in waiting and "/preview/" not in waiting
    evidence.work_mask(viewed, mask_id)
    text = page(viewed, INSPECTOR, url)
    assert "下载原件" not in text and "download=1" not in text
    assert f'action="/files/{made.use_id}/original"' in text and 'name="reason"' in text
    assert f"/files/{made.use_id}/preview/page-1.webp" in text
    own = page(viewed, CLERK, url)
    assert "/original" not in own and "download=1" in own and "只看得到遮挡后的图片" in own


def in_review(site: Site, files: list[Put]) -> tuple[str, int]:
    """The newest draft as a report that the inspector has claimed, with the last files in it."""
    made = newest(site, site.units[CLERK].id)
    duty, _period, entries = fillable(site, files=True)
    url = f"/u/{site.units[CLERK].unit_type}/reports/{made.id}"
    data = {"do": "submit", "version": made.version, **entries, "bag": [file.bag_id for file in files]}
    assert site.post(CLERK, url, data).status_code == 302, duty.code
    assert site.post(INSPECTOR, f"/review/{made.id}/claim").status_code == 302
    return made.id, newest(site, site.units[CLERK].id).version


def uses(site: Site, report_id: str) -> list[str]:
    with site.inside() as session:
        rows = select(EvidenceFile.id).where(EvidenceFile.report_id == report_id)
        return list(session.scalars(rows.order_by(EvidenceFile.added_at)))


def test_the_review_page_judges_each_file_and_the_unit_reads_it(viewed: Site) -> None:
    put(viewed, picture(seed=12), "好.jpg")
    report_id, version = in_review(viewed, [])
    [use_id] = uses(viewed, report_id)
    url = f"/review/{report_id}"
    text = page(viewed, INSPECTOR, url)
    assert f'href="/files/{use_id}/view"' in text and f"/files/{use_id}/preview/page-1.webp" in text
    assert "可用" in text and "未查毒" in text
    assert text.count(f'name="verdict-{use_id}"') == 3 and f'name="why-{use_id}"' in text
    form = {"version": version, f"verdict-{use_id}": "bad", f"why-{use_id}": "", "reason": "请换照片"}
    sent = viewed.post(INSPECTOR, f"{url}/return", form)
    assert sent.status_code == 422
    assert f'href="#why-{use_id}"' in sent.text and "请换照片" in sent.text
    assert re.search(rf'name="verdict-{use_id}" value="bad" checked', sent.text)
    form[f"why-{use_id}"] = "照片里看不出日期"
    assert viewed.post(INSPECTOR, f"{url}/return", form).status_code == 302
    with viewed.inside() as session:
        row = session.get_one(EvidenceFile, use_id)
        assert (row.verdict, row.verdict_reason) == ("bad", "照片里看不出日期")
        assert session.get_one(Report, report_id).state == "returned"
    for login, where in (
        (CLERK, f"/u/{viewed.units[CLERK].unit_type}/reports/{report_id}"),
        ("office", f"/office/reports/{report_id}"),
    ):
        assert "照片里看不出日期" in page(viewed, login, where)


def test_the_lists_of_others_show_the_masked_copy_alone(viewed: Site) -> None:
    made = put(viewed, picture(seed=14), "遮挡.jpg")
    report_id, _version = in_review(viewed, [])
    mask_id = make_mask(viewed, made.bag_id, made=False)
    for login, url in ((INSPECTOR, f"/review/{report_id}"), ("office", f"/office/reports/{report_id}")):
        text = page(viewed, login, url)
        assert "有遮挡" in text and "/preview/" not in text
    evidence.work_mask(viewed, mask_id)
    assert f"/files/{made.use_id}/preview/page-1.webp" in page(viewed, INSPECTOR, f"/review/{report_id}")
