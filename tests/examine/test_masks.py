"""Masked copies: what is hidden is gone, wherever a picture may have kept it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from core.domain.files import Box, FileState, Preview
from core.examine import launch, masks
from tests.examine.test_previews import corners, four, opened

FORMS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
SECRET = (250, 0, 250)


def secret(width: int = 800, height: int = 600) -> Image.Image:
    """A grey picture with a number in a colour that is nowhere else: a quarter from the left, half from the top."""
    image = Image.new("RGB", (width, height), (128, 128, 128))
    image.paste(SECRET, (width // 4, height // 2, width // 2, height * 5 // 8))
    return image


HIDDEN = Box(0.25, 0.5, 0.25, 0.125)


def written(folder: Path, image: Image.Image, media_type: str, **options: object) -> Path:
    pillow_heif.register_heif_opener()
    path = folder / "original"
    with path.open("wb") as file:
        image.save(file, FORMS[media_type], **options)
    return path


def traces(image: Image.Image) -> int:
    """Pixels that still look like the hidden ones."""
    pixels = np.asarray(image.convert("RGB")).astype(int)
    return int(((pixels[..., 0] > 160) & (pixels[..., 1] < 90)).sum())


@pytest.mark.parametrize("media_type", FORMS)
def test_the_hidden_pixels_are_gone_in_every_size(tmp_path: Path, media_type: str) -> None:
    path = written(tmp_path, secret(), media_type)
    with Image.open(path) as before:
        assert traces(before) > 10_000
    found = masks.mask(path, media_type, [HIDDEN], tmp_path, "m7")
    assert found.state is FileState.READY
    assert found.previews == (Preview("m7-thumb.webp", 320, 240), Preview("m7-page-1.webp", 800, 600))
    for name in ("m7-thumb.webp", "m7-page-1.webp"):
        assert traces(opened(tmp_path / name)) == 0
    pixels = np.asarray(opened(tmp_path / "m7-page-1.webp")).astype(int)
    assert pixels[304:371, 204:396].max() < 8
    assert abs(pixels[:280] - 128).max() < 16


def test_a_hidden_part_tells_nothing_of_what_was_there(tmp_path: Path) -> None:
    """Two pictures that differ only where they are hidden give the very same bytes."""
    made = []
    for colour in (SECRET, (0, 255, 0)):
        image = Image.new("RGB", (700, 500), (90, 120, 150))
        image.paste(colour, (101, 101, 333, 222))
        path = written(tmp_path, image, "image/png")
        boxes = [Box(101 / 700, 101 / 500, 232 / 700, 121 / 500)]
        masks.mask(path, "image/png", boxes, tmp_path, "m1-")
        made.append([(tmp_path / name).read_bytes() for name in ("m1-thumb.webp", "m1-page-1.webp")])
    assert made[0] == made[1]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_is_where_the_viewer_drew_it(tmp_path: Path, orientation: int) -> None:
    """Hidden is the left half of the top of what is seen, whichever way the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = written(tmp_path, four(), "image/jpeg", exif=exif, quality=95)
    masks.mask(path, "image/jpeg", [Box(0, 0, 0.5, 0.5)], tmp_path, "m1")
    shown = opened(tmp_path / "m1-page-1.webp")
    pixels = np.asarray(shown).astype(int)
    height, width = pixels.shape[:2]
    assert (width, height) == ((200, 400) if orientation >= 5 else (400, 200))
    assert pixels[: height // 2 - 4, : width // 2 - 4].max() < 8
    assert pixels[: height // 2 - 4, width // 2 + 4 :].max(axis=2).min() > 100
    masks.mask(path, "image/jpeg", [Box(0.9, 0.9, 0.01, 0.01)], tmp_path, "m2")
    assert corners(opened(tmp_path / "m2-page-1.webp"))[1:] == corners(shown)[1:]


def test_no_thumbnail_of_the_original_and_no_exif_is_left(tmp_path: Path) -> None:
    small = io.BytesIO()
    secret(160, 120).save(small, "JPEG")
    exif = Image.Exif()
    exif[0x010F] = "SECRETMAKER"
    data = b"Exif\0\0" + _with_thumbnail(exif, small.getvalue())
    path = written(tmp_path, secret(), "image/jpeg", exif=data, comment=b"SECRETCOMMENT")
    with Image.open(path) as before:
        assert small.getvalue() in before.info["exif"]
    masks.mask(path, "image/jpeg", [HIDDEN], tmp_path, "m1")
    for made in tmp_path.glob("m1-*"):
        content = made.read_bytes()
        assert content[12:16] == b"VP8 "
        assert not any(word in content for word in (b"SECRET", b"Exif", b"EXIF", b"\xff\xd8\xff"))


def _with_thumbnail(exif: Image.Exif, thumbnail: bytes) -> bytes:
    """An EXIF block with a second directory that holds a small JPEG of the picture."""
    maker = b"SECRETMAKER\0"
    start = 8 + 2 + 12 + 4
    second = start + len(maker)
    first = b"\1\0" + b"\x0f\1\2\0" + len(maker).to_bytes(4, "little") + start.to_bytes(4, "little")
    place = second + 2 + 24 + 4
    entries = b"\1\2\4\0\1\0\0\0" + place.to_bytes(4, "little")
    entries += b"\2\2\4\0\1\0\0\0" + len(thumbnail).to_bytes(4, "little")
    head = b"II*\0\x08\0\0\0" + first + second.to_bytes(4, "little") + maker
    return head + b"\2\0" + entries + b"\0\0\0\0" + thumbnail


def test_edges_fall_outwards() -> None:
    image = Image.new("RGB", (10, 10), "white")
    shown = np.asarray(masks.hide(image, [Box(0.25, 0.25, 0.5, 0.5)]))[..., 0]
    black = {(int(row), int(column)) for row, column in np.argwhere(shown == 0)}
    assert black == {(row, column) for row in range(2, 8) for column in range(2, 8)}
    blocks = np.asarray(masks.hide(Image.new("RGB", (64, 64), "white"), [Box(0.3, 0.3, 0.1, 0.1)], 16))[
        ..., 0
    ]
    assert (blocks[16:32, 16:32] == 0).all()
    assert (blocks == 0).sum() == 256


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixels_is_hidden(mode: str) -> None:
    image = Image.new("L", (64, 64), 255)
    image = Image.fromarray(np.full((64, 64), 65535, np.uint16)) if mode == "I;16" else image.convert(mode)
    shown = masks.hide(image, [Box(0.5, 0.5, 0.5, 0.5)])
    pixels = np.asarray(shown.convert("RGB"))
    assert (pixels[32:, 32:] == 0).all()
    assert (pixels[:32, :32] == 255).all()


def test_what_was_transparent_is_black_too_where_it_is_hidden(tmp_path: Path) -> None:
    """Colours under full transparency are still in the file: they go with the rest."""
    image = Image.new("RGBA", (100, 100), (*SECRET, 0))
    path = written(tmp_path, image, "image/png")
    masks.mask(path, "image/png", [Box(0, 0, 1, 0.5)], tmp_path, "m1")
    pixels = np.asarray(opened(tmp_path / "m1-page-1.webp"))
    assert pixels[:46].max() < 8
    assert pixels[54:].min() > 247


def test_a_large_jpeg_is_masked_within_the_memory_of_a_smaller_one(tmp_path: Path) -> None:
    path = written(tmp_path, secret(9000, 6000), "image/jpeg", quality=60)
    found = masks.mask(path, "image/jpeg", [HIDDEN], tmp_path, "m1")
    assert found.previews[1] == Preview("m1-page-1.webp", 1600, 1067)
    assert traces(opened(tmp_path / "m1-page-1.webp")) == 0


@pytest.mark.parametrize("media_type", FORMS)
def test_the_child_masks_too(tmp_path: Path, media_type: str) -> None:
    path, out = written(tmp_path, secret(), media_type), tmp_path / "out"
    out.mkdir()
    found = launch.mask(path, media_type, [HIDDEN], out, "m9")
    assert [preview.name for preview in found.previews] == ["m9-thumb.webp", "m9-page-1.webp"]
    assert traces(opened(out / "m9-page-1.webp")) == 0


@pytest.mark.parametrize("media_type", FORMS)
def test_a_damaged_picture_leaves_no_copy(tmp_path: Path, media_type: str) -> None:
    path = written(tmp_path, secret(), media_type)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = masks.mask(path, media_type, [HIDDEN], tmp_path, "m1")
    assert found.state is FileState.REFUSED
    assert not found.previews
    assert not list(tmp_path.glob("m1*"))
