"""What is known of a film after a look inside, and what viewers see of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from core.domain.files import Examined, FileState
from core.examine import films, launch
from core.examine.answers import Task
from tests.examine.corpus_films import box, film, referring

MP4, MOV = "video/mp4", "video/quicktime"


def look(folder: Path, data: bytes, media_type: str = MP4) -> Examined:
    path, out = folder / "file", folder / "out"
    path.write_bytes(data)
    out.mkdir(exist_ok=True)
    return launch.examine(path, "巡查", media_type, out)


def test_a_film_has_a_length_a_size_a_poster_and_hashes(tmp_path: Path) -> None:
    found = look(tmp_path, film())
    assert found.state is FileState.READY
    assert found.facts == {"width": 320, "height": 240, "seconds": 2.0}
    assert [(preview.name, preview.width, preview.height) for preview in found.previews] == [
        ("thumb.webp", 320, 240),
        ("page-1.webp", 320, 240),
    ]


def test_a_film_has_the_hashes_of_its_poster(tmp_path: Path) -> None:
    assert "full" in look(tmp_path, film(size=(640, 480), scenery="busy")).hashes


def test_the_containers_time_is_universal(tmp_path: Path) -> None:
    found = look(tmp_path, film(tags=(("creation_time", "2020-11-12T01:30:00Z"),)))
    assert (found.facts["taken"], found.facts["zone"]) == ("2020-11-12T01:30:00", "+00:00")


def test_the_devices_own_time_comes_first_and_its_place_is_read(tmp_path: Path) -> None:
    tags = (
        ("creation_time", "2020-11-12T01:30:00Z"),
        ("com.apple.quicktime.creationdate", "2020-11-12T09:30:00+0800"),
        ("com.apple.quicktime.location.ISO6709", "+34.7466+113.6253+110/"),
        ("com.apple.quicktime.make", "Apple"),
        ("com.apple.quicktime.model", "iPhone 11"),
    )
    facts = look(tmp_path, film("mov", tags=tags), MOV).facts
    assert (facts["taken"], facts["zone"]) == ("2020-11-12T09:30:00", "+08:00")
    assert facts["gps"] == [34.7466, 113.6253]
    assert facts["device"] == "Apple iPhone 11"


@pytest.mark.parametrize("when", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_a_clock_that_was_never_set_tells_nothing(tmp_path: Path, when: str) -> None:
    assert "taken" not in look(tmp_path, film(tags=(("creation_time", when),))).facts


@pytest.mark.parametrize("turned", [90, -90, 180])
def test_a_film_is_shown_as_it_was_held(tmp_path: Path, turned: int) -> None:
    found = look(tmp_path, film(turned=turned))
    upright = (320, 240) if turned == 180 else (240, 320)
    assert (found.facts["width"], found.facts["height"]) == upright
    with Image.open(tmp_path / "out" / "page-1.webp") as shown:
        picture = shown.convert("RGB")
    # The scene's brightest corner is at its lower right; a turn against the clock brings it where it belongs.
    corners = {
        (right, lower): sum(_colour(picture, right, lower)[:2])
        for right in (False, True)
        for lower in (False, True)
    }
    expected = {90: (True, False), -90: (False, True), 180: (False, False)}[turned]
    assert max(corners, key=lambda corner: corners[corner]) == expected


def _colour(picture: Image.Image, right: bool, lower: bool) -> tuple[int, ...]:
    place = (picture.width - 9 if right else 8, picture.height - 9 if lower else 8)
    small = picture.crop((place[0] - 4, place[1] - 4, place[0] + 4, place[1] + 4)).resize(
        (1, 1), Image.Resampling.BOX
    )
    colour = small.getpixel((0, 0))
    assert isinstance(colour, tuple)
    return tuple(int(part) for part in colour)


def test_a_film_whose_data_lie_elsewhere_never_meets_the_decoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(films, "_look", opened.append)
    path = tmp_path / "file"
    path.write_bytes(referring(box(b"url ", b"\0\0\0\0", b"file:///etc/passwd\0")))
    found = films.examine(Task(path, "巡查.mp4", MP4, tmp_path))
    assert found.state is FileState.REFUSED
    assert "文件以外" in found.said[0].zh
    assert not opened


def test_data_within_the_file_are_what_is_referred_to(tmp_path: Path) -> None:
    assert look(tmp_path, referring(box(b"url ", b"\0\0\0\1"))).state is FileState.READY
    assert look(tmp_path, referring(box(b"alis", b"\0\0\0\1")), MOV).state is FileState.READY


def test_without_the_component_a_film_is_kept_and_said_not_to_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "av", None)
    path = tmp_path / "file"
    path.write_bytes(film())
    found = films.examine(Task(path, "巡查.mp4", MP4, tmp_path))
    assert found.state is FileState.ATTENTION
    assert not found.previews
    path.write_bytes(film()[:500])
    assert films.examine(Task(path, "巡查.mp4", MP4, tmp_path)).state is FileState.REFUSED
