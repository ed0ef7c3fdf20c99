"""What is known of a picture after a look inside, and what viewers see of it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from core.domain.files import Examined, FileState
from core.examine import launch, pictures, tails
from core.examine.answers import Task
from tests.examine.made_pictures import (
    busy,
    encoded,
    heic,
    into_jpeg,
    jpeg,
    packed,
    place,
    png,
    webp,
    with_exif,
)


def look(folder: Path, data: bytes, media_type: str = "image/jpeg") -> Examined:
    path, out = folder / "file", folder / "out"
    path.write_bytes(data)
    out.mkdir(exist_ok=True)
    return launch.examine(path, "现场", media_type, out)


@pytest.mark.parametrize(
    ("data", "media_type", "size"),
    [
        (jpeg(), "image/jpeg", (640, 480)),
        (png(), "image/png", (320, 240)),
        (webp(), "image/webp", (320, 240)),
        (heic(), "image/heic", (640, 480)),
    ],
)
def test_each_format_is_decoded_shown_and_hashed(
    tmp_path: Path, data: bytes, media_type: str, size: tuple[int, int]
) -> None:
    found = look(tmp_path, data, media_type)
    assert found.state is FileState.READY
    assert (found.facts["width"], found.facts["height"]) == size
    assert [preview.name for preview in found.previews] == ["thumb.webp", "page-1.webp"]
    for preview in found.previews:
        with Image.open(tmp_path / "out" / preview.name) as shown:
            assert shown.size == (preview.width, preview.height)


def test_a_large_picture_is_shown_small_and_known_large(tmp_path: Path) -> None:
    found = look(tmp_path, jpeg(4000, 3000))
    assert (found.facts["width"], found.facts["height"]) == (4000, 3000)
    assert [(preview.width, preview.height) for preview in found.previews] == [(320, 240), (1600, 1200)]


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, "red"), (3, "white"), (6, "blue"), (8, "green")],
)
def test_a_picture_is_shown_as_it_was_held(tmp_path: Path, orientation: int, corner: str) -> None:
    """Corners: red, green above; blue, white below; the one that comes to the top left says how it was turned."""
    image = Image.new("RGB", (400, 200), "red")
    image.paste("lime", (200, 0, 400, 100))
    image.paste("blue", (0, 100, 200, 200))
    image.paste("white", (200, 100, 400, 200))
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = look(tmp_path, encoded(image, "JPEG", exif=exif))
    sideways = orientation > 4
    assert (found.facts["width"], found.facts["height"]) == ((200, 400) if sideways else (400, 200))
    with Image.open(tmp_path / "out" / "page-1.webp") as shown:
        colour = shown.convert("RGB").getpixel((20, 20))
    near = {"red": (255, 0, 0), "white": (255, 255, 255), "blue": (0, 0, 255), "green": (0, 255, 0)}[corner]
    assert isinstance(colour, tuple)
    assert sum(abs(one - other) for one, other in zip(colour, near, strict=True)) < 60


def test_what_the_device_wrote_is_known_and_not_in_what_is_shown(tmp_path: Path) -> None:
    data = with_exif(
        {0x010F: "SecretMaker"},
        {0x9003: "2020:11:12 09:30:00", 0x9011: "+08:00"},
        place((34, 44, 47.8), "N", (113, 37, 31.1), "E"),
    )
    found = look(tmp_path, data)
    assert found.facts["taken"] == "2020-11-12T09:30:00"
    assert found.facts["zone"] == "+08:00"
    assert found.facts["gps"] == [34.746611, 113.625306]
    for preview in found.previews:
        content = (tmp_path / "out" / preview.name).read_bytes()
        assert b"SecretMaker" not in content
        with Image.open(io.BytesIO(content)) as shown:
            assert not shown.getexif()
            assert not {"exif", "xmp", "icc_profile"} & set(shown.info)


def test_the_thumbnail_of_the_unhidden_original_is_not_shown(tmp_path: Path) -> None:
    """A thumbnail in the EXIF block may show what was cut off: only the picture's own pixels are shown."""
    inner = encoded(Image.new("RGB", (160, 120), "lime"), "JPEG")
    # One directory of one entry, then that of the thumbnail: where it begins, how long it is.
    head = b"Exif\0\0II*\0\x08\0\0\0\0\0\x0e\0\0\0\x02\0"
    entries = b"\x01\x02\x04\0\x01\0\0\0" + (44).to_bytes(4, "little")
    entries += b"\x02\x02\x04\0\x01\0\0\0" + len(inner).to_bytes(4, "little")
    data = into_jpeg(
        0xE1, head + entries + bytes(4) + inner, encoded(Image.new("RGB", (640, 480), "red"), "JPEG")
    )
    found = look(tmp_path, data)
    assert found.state is FileState.READY
    with Image.open(tmp_path / "out" / "thumb.webp") as shown:
        colour = shown.convert("RGB").getpixel((5, 5))
    assert isinstance(colour, tuple)
    assert colour[0] > 200
    assert colour[1] < 60


def test_without_the_component_a_heic_file_is_kept_and_said_not_to_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "pillow_heif", None)
    path = tmp_path / "file"
    path.write_bytes(heic())
    found = pictures.examine(Task(path, "IMG.HEIC", "image/heic", tmp_path))
    assert found.state is FileState.ATTENTION
    assert "HEIC" in found.said[0].zh
    assert not found.previews
    path.write_bytes(heic() + packed())
    assert pictures.examine(Task(path, "IMG.HEIC", "image/heic", tmp_path)).state is FileState.REFUSED


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (b"", "fine"),
        (b"\0" * 5000, "fine"),
        (b"\r\n", "fine"),
        (jpeg(64, 64), "fine"),
        (b"\0\0\0\x1cftypisom" + bytes(100), "fine"),
        (b"\0\0\0\x1cftypisom" + b"<html " + bytes(100), "hostile"),
        (b"\0\0\0\0SEFH" + bytes(40) + b"SEFT", "fine"),
        (b"MotionPhoto_Data" + bytes(40), "fine"),
        (b"\0\1notes of a phone", "odd"),
        (packed(), "hostile"),
        (b"junk" * 99 + packed(), "hostile"),
        (b"\0\0<HTML>", "hostile"),
        (b"  <script src=x>", "hostile"),
        (b"\n<?php echo 1;", "hostile"),
        (b"MZ\x90\0", "hostile"),
        (b"\x7fELF\x02", "hostile"),
        (b"#!/bin/sh\n", "hostile"),
        (b"%PDF-1.4\n", "hostile"),
        (b"PK\x03\x04 without a list", "hostile"),
        (b"noise PK\x05\x06 by chance" + b"x" * 200, "odd"),
        (b"noise PK\x03\x04 by chance", "odd"),
    ],
)
def test_a_tail_is_a_phones_own_or_odd_or_made_to_be_run(tail: bytes, expected: str) -> None:
    assert tails.judge(tail) == expected


def test_a_picture_with_its_hashes_is_the_same_however_it_is_packed(tmp_path: Path) -> None:
    one = look(tmp_path, encoded(busy(800, 600), "PNG"), "image/png").hashes
    other = look(tmp_path, encoded(busy(800, 600), "JPEG", quality=60)).hashes
    assert all(len(value) == 16 for value in one.values())
    assert (int(one["full"], 16) ^ int(other["full"], 16)).bit_count() <= 12
