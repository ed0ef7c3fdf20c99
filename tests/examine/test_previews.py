"""Previews: of fixed sizes, upright, of the pixels alone."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from core.domain.files import Preview
from core.examine import previews

RED, GREEN, BLUE, YELLOW = (220, 20, 20), (20, 200, 20), (20, 20, 220), (230, 220, 20)


def four(width: int = 400, height: int = 200) -> Image.Image:
    """A picture with another colour in each corner, clockwise from the top left."""
    image = Image.new("RGB", (width, height))
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (width // 2, height // 2, width, height))
    image.paste(YELLOW, (0, height // 2, width // 2, height))
    return image


def corners(image: Image.Image) -> list[str]:
    """The colours of the corners, clockwise from the top left."""
    width, height = image.size
    named = {"red": RED, "green": GREEN, "blue": BLUE, "yellow": YELLOW}
    pixels = np.asarray(image.convert("RGB")).astype(int)
    spots = [
        (height // 8, width // 8),
        (height // 8, width - width // 8),
        (height - height // 8, width - width // 8),
        (height - height // 8, width // 8),
    ]
    return [min(named, key=lambda name: int(abs(pixels[spot] - named[name]).sum())) for spot in spots]


def opened(path: Path) -> Image.Image:
    with Image.open(path, formats=("WEBP",)) as image:
        image.load()
        return image


@pytest.mark.parametrize(
    ("size", "page", "thumb"),
    [
        ((4000, 3000), (1600, 1200), (320, 240)),
        ((3000, 4000), (1200, 1600), (240, 320)),
        ((1600, 1600), (1600, 1600), (320, 320)),
        ((200, 100), (200, 100), (200, 100)),
        ((1, 1), (1, 1), (1, 1)),
        ((8000, 2), (1600, 1), (320, 1)),
    ],
)
def test_sizes_are_fixed_and_nothing_is_enlarged(
    tmp_path: Path, size: tuple[int, int], page: tuple[int, int], thumb: tuple[int, int]
) -> None:
    saved = previews.all_sizes(Image.new("RGB", size, RED), tmp_path)
    assert saved == [Preview("thumb.webp", *thumb), Preview("page-1.webp", *page)]
    assert [opened(tmp_path / preview.name).size for preview in saved] == [thumb, page]


def test_only_the_first_page_has_a_thumbnail(tmp_path: Path) -> None:
    assert previews.all_sizes(four(), tmp_path, 7) == [Preview("page-7.webp", 400, 200)]


@pytest.mark.parametrize(
    ("orientation", "seen"),
    [
        (1, ["red", "green", "blue", "yellow"]),
        (2, ["green", "red", "yellow", "blue"]),
        (3, ["blue", "yellow", "red", "green"]),
        (4, ["yellow", "blue", "green", "red"]),
        (5, ["red", "yellow", "blue", "green"]),
        (6, ["yellow", "red", "green", "blue"]),
        (7, ["blue", "green", "red", "yellow"]),
        (8, ["green", "blue", "yellow", "red"]),
        (9, ["red", "green", "blue", "yellow"]),
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_preview_is_upright_and_turned_once(
    tmp_path: Path, orientation: int, seen: list[str], form: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    four().save(buffer, form, exif=exif)
    with Image.open(buffer) as image:
        for made in (image, previews.upright(image)):
            previews.all_sizes(made, tmp_path)
            size = (200, 400) if orientation in range(5, 9) else (400, 200)
            assert opened(tmp_path / "page-1.webp").size == size
            for name in ("thumb.webp", "page-1.webp"):
                assert corners(opened(tmp_path / name)) == seen


def test_nothing_but_pixels_is_left(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRETMAKER"
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "SECRETCOMMENT")
    buffer = io.BytesIO()
    four().save(buffer, "PNG", exif=exif, icc_profile=b"SECRETPROFILE" * 20, pnginfo=info, dpi=(300, 300))
    with Image.open(buffer) as image:
        previews.all_sizes(image, tmp_path)
    for name in ("thumb.webp", "page-1.webp"):
        data = (tmp_path / name).read_bytes()
        assert not any(word in data for word in (b"SECRET", b"EXIF", b"ICCP", b"XMP", b"VP8X"))
        assert not {"exif", "icc_profile", "xmp"} & opened(tmp_path / name).info.keys()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB", "L"])
def test_white_stands_behind_what_is_transparent(tmp_path: Path, mode: str) -> None:
    if mode in {"RGBA", "LA"}:
        image = Image.new(mode, (40, 40), (0,) * len(mode))
    else:
        image = Image.new(mode, (40, 40), 0)
        image.info["transparency"] = (0, 0, 0) if mode == "RGB" else 0
    previews.save(image, tmp_path, "a.webp", 320)
    assert np.asarray(opened(tmp_path / "a.webp")).min() > 250


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LA", "PA", "HSV", "I", "I;16", "F"]
)
def test_every_kind_of_pixels_becomes_three_colours(tmp_path: Path, mode: str) -> None:
    image = Image.new("L", (2000, 1000), 200)
    kind = {"I": "I;16", "I;16": "I;16"}.get(mode, mode)
    if kind == "I;16":
        deep = Image.fromarray(np.full((1000, 2000), 200 * 257, np.uint16))
        image = deep if mode == "I;16" else deep.convert("I")
    elif mode in {"RGB", "L", "1", "F", "LA", "PA", "P"}:
        image = image.convert(mode)
    else:
        image = image.convert("RGB").convert(mode)
    previews.all_sizes(image, tmp_path)
    pixels = np.asarray(opened(tmp_path / "page-1.webp"))
    assert pixels.shape == (800, 1600, 3)
    assert abs(pixels.astype(int).mean() - 200) < 12


def test_a_broken_orientation_turns_nothing(tmp_path: Path) -> None:
    image = four()
    image.info["exif"] = b"Exif\0\0II*\0\xff\xff\xff\xff broken"
    previews.save(image, tmp_path, "a.webp", 320)
    assert corners(opened(tmp_path / "a.webp")) == ["red", "green", "blue", "yellow"]
