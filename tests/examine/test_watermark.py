"""The viewer's name and the time are all over a preview, to be read and not in the way."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFont

from core.web import watermark

VIEWER = ("示例检查员", "inspector", "2020-11-12 09:00")


def preview(colour: tuple[int, int, int], size: tuple[int, int] = (1600, 1200)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "WEBP", quality=80)
    return buffer.getvalue()


def difference(data: bytes, stamped: bytes) -> NDArray[np.int16]:
    """By how much each pixel has become lighter or darker."""
    before, after = (
        np.asarray(Image.open(io.BytesIO(each)).convert("L"), np.int16) for each in (data, stamped)
    )
    changed: NDArray[np.int16] = np.abs(before - after)
    return changed


@pytest.fixture
def no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(watermark, "_FOLDERS", ())
    for cached in (watermark._chinese, watermark._font, watermark._words):
        cached.cache_clear()
    yield
    for cached in (watermark._chinese, watermark._font, watermark._words):
        cached.cache_clear()


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (200, 30, 30)])
@pytest.mark.parametrize("size", [(1600, 1200), (320, 240)])
def test_it_can_be_seen_on_dark_and_light_and_hides_little(
    colour: tuple[int, int, int], size: tuple[int, int]
) -> None:
    data = preview(colour, size)
    changed = difference(data, watermark.stamp(data, *VIEWER))
    assert changed.max() > 30
    assert 0.01 < (changed > 12).mean() < 0.25
    assert changed.mean() < 12


def test_it_is_everywhere_so_that_no_part_can_be_cut_out_without_it() -> None:
    data = preview((120, 120, 120))
    changed = difference(data, watermark.stamp(data, *VIEWER)) > 12
    assert all(
        changed[y : y + 400, x : x + 400].any() for y in range(0, 1200, 400) for x in range(0, 1600, 400)
    )


def test_another_viewer_and_another_moment_look_different() -> None:
    data = preview((120, 120, 120), (640, 480))
    made = {
        watermark.stamp(data, *VIEWER),
        watermark.stamp(data, "另一人", "another", VIEWER[2]),
        watermark.stamp(data, VIEWER[0], VIEWER[1], "2020-11-12 09:01"),
    }
    assert len(made) == 3
    assert watermark.stamp(data, *VIEWER) == watermark.stamp(io.BytesIO(data), *VIEWER)


@pytest.mark.usefixtures("no_chinese_font")
def test_without_chinese_letters_the_login_is_written() -> None:
    data = preview((120, 120, 120), (640, 480))
    assert watermark._chinese() is None
    by_login = watermark.stamp(data, *VIEWER)
    assert by_login == watermark.stamp(data, "谁都一样", VIEWER[1], VIEWER[2])
    assert by_login != watermark.stamp(data, VIEWER[0], "another", VIEWER[2])
    assert difference(data, by_login).max() > 30


def test_with_chinese_letters_the_name_is_written() -> None:
    path = watermark._chinese()
    if path is None:
        pytest.skip("this system has no font with Chinese letters")
    font = watermark._font(24)
    assert isinstance(font, ImageFont.FreeTypeFont)
    missing = font.getmask("\U0010fffe").getbbox()
    assert font.getmask("督").getbbox() != missing
    data = preview((120, 120, 120), (640, 480))
    assert watermark.stamp(data, *VIEWER) == watermark.stamp(data, VIEWER[0], "another", VIEWER[2])


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_only_previews_of_ours_are_opened(form: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (10, 10)).save(buffer, form)
    with pytest.raises(OSError, match="cannot identify"):
        watermark.stamp(buffer.getvalue(), *VIEWER)
    with pytest.raises(ValueError, match="as large"):
        watermark.stamp(preview((0, 0, 0), (1601, 10)), *VIEWER)


def test_it_costs_less_than_a_page() -> None:
    data = preview((120, 120, 120))
    watermark.stamp(data, *VIEWER)
    begin = time.process_time()
    for _ in range(3):
        watermark.stamp(data, *VIEWER)
    assert (time.process_time() - begin) / 3 < 0.5
