"""Pictures found again: hashes of parts, then a comparison place by place, on drawn pictures with honest controls."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.bench import likeness as measured
from core.bench import pictures
from core.examine import compare, hashes
from core.store.queries import likeness

SMALL = (480, 360)
CHANGES = list(pictures.CHANGES)


def of(picture: Image.Image) -> list[int]:
    return [int(digits, 16) for digits in hashes.of(picture).values()]


def level(one: Image.Image, other: Image.Image) -> str:
    return compare.of(pictures.preview(one), pictures.preview(other)).level


def test_the_index_turns_the_bits_that_a_mirror_turns() -> None:
    assert hashes.MIRROR == likeness.MIRROR
    assert hashes.MIRROR.bit_count() == sum(column % 2 for _row, column in hashes._FREQUENCIES)


def test_hashes_are_few_and_sixteen_digits_long() -> None:
    found = hashes.of(pictures.scene(1, SMALL))
    assert 2 <= len(found) <= hashes.PARTS + 2
    assert "full" in found
    for name, digits in found.items():
        assert len(name) <= 20
        assert len(digits) == 16
        assert int(digits, 16) >= 0


def test_the_same_picture_has_the_same_hashes_however_it_is_turned_and_stored() -> None:
    picture = pictures.scene(2, SMALL)
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[0x0112] = 6
    whole = int(hashes.of(picture)["full"], 16)
    assert (int(hashes.of(turned)["full"], 16) ^ whole).bit_count() <= 2
    see_through = picture.convert("RGBA")
    assert (int(hashes.of(see_through)["full"], 16) ^ whole).bit_count() == 0


def test_the_mirror_image_has_the_mirrored_hash() -> None:
    for seed in range(6):
        picture = pictures.scene(seed, SMALL)
        there = int(hashes.of(picture)["full"], 16) ^ hashes.MIRROR
        assert (int(hashes.of(pictures.mirrored(picture))["full"], 16) ^ there).bit_count() <= 1


def _falls_of_light() -> dict[str, Image.Image]:
    across, down = np.meshgrid(np.linspace(-1, 1, 400), np.linspace(-1, 1, 300))
    chance = np.random.default_rng(1)
    values = {
        "one colour": 200 + 0 * across,
        "from left to right": 128 + 120 * across,
        "slanting": 128 + 60 * across + 60 * down,
        "darker to the edge": 240 - 60 * (across**2 + down**2),
        "a blank wall with noise": 200 - 40 * (across - 0.3) ** 2 + chance.normal(0, 4, across.shape),
        "noise": 128 + chance.normal(0, 8, across.shape),
    }
    return {name: Image.fromarray(value.clip(0, 255).astype(np.uint8)) for name, value in values.items()}


@pytest.mark.parametrize("name", list(_falls_of_light()))
def test_a_picture_of_almost_nothing_has_no_hash(name: str) -> None:
    picture = _falls_of_light()[name]
    assert hashes.of(picture) == {}
    assert hashes.of(pictures.recompress(picture.convert("RGB"), 60)) == {}


def test_tiny_and_narrow_pictures_are_no_trouble() -> None:
    for size in ((1, 1), (3, 2), (1, 500), (2000, 2), (17, 16)):
        hashes.of(Image.effect_noise(size, 90).convert("RGB"))


def test_changed_pictures_are_found_again() -> None:
    """Each change is tried on a quarter of the originals; the whole set is the soak run's."""
    tried, found = Counter[str](), Counter[str]()
    known = []
    for seed in range(60):
        original = pictures.scene(seed, SMALL)
        known.append(of(original))
        for name in CHANGES[seed % 4 :: 4]:
            tried[name] += 1
            found[name] += (
                measured.distance(of(pictures.CHANGES[name](original, seed)), known[-1]) <= likeness.RADIUS
            )
    shares = {name: found[name] / tried[name] for name in CHANGES}
    for name, share in shares.items():
        assert share >= (0.75 if "20 %" in name else 0.85), (name, share)
    assert sum(found.values()) / sum(tried.values()) >= 0.95, shares
    alike = [
        (a, b)
        for a in range(60)
        for b in range(a)
        if measured.distance(known[a], known[b]) <= likeness.RADIUS
    ]
    assert alike == []


@pytest.mark.parametrize("name", [name for name in CHANGES if "words" not in name])
def test_a_changed_picture_is_called_the_same(name: str) -> None:
    original = pictures.scene(5)
    found = compare.of(pictures.preview(original), pictures.preview(pictures.CHANGES[name](original, 5)))
    assert found.level == "same"
    assert found.differs == ()
    assert found.mirrored == ("mirrored" in name)


def test_words_over_a_picture_are_shown_where_they_are() -> None:
    original = pictures.scene(6)
    found = compare.of(original, pictures.watermarked(original))
    assert found.level == "alike"
    assert all(top > 0.8 for _left, top, _width, _height in found.differs)


def test_where_a_cut_picture_lies_in_its_original_is_told() -> None:
    original = pictures.scene(7)
    cut = pictures.cropped(original, 0.2, (0.25, 0.75))
    inside = compare.of(original, cut).crop
    assert inside == pytest.approx((0.05, 0.15, 0.8, 0.8), abs=0.01)
    around = compare.of(cut, original).crop
    assert around == pytest.approx((-0.0625, -0.1875, 1.25, 1.25), abs=0.015)


def test_two_weeks_of_one_platform_are_never_the_same() -> None:
    """The fact that made a second look necessary: their hashes are equal, or nearly (M21)."""
    near = 0
    for layout in range(4):
        one, other = pictures.platform(layout, 1), pictures.platform(layout, 2)
        near += measured.distance(of(one), of(other)) <= likeness.RADIUS
        assert level(one, other) == "alike"
        assert level(one, pictures.resized(other, 0.4)) != "same"
        assert level(pictures.recompress(one, 40), other) != "same"
    assert near >= 3, "the controls are too easy"


def test_one_figure_that_differs_is_seen_and_shown() -> None:
    one = pictures.platform(3, 1)
    other = one.copy()
    box = (212, 206, 260, 230)
    other.paste(pictures.platform(3, 2).crop(box), box)
    found = compare.of(one, other)
    assert found.level == "alike"
    ((left, top, width, height),) = found.differs
    assert left < 236 / 1280 < left + width
    assert top < 218 / 720 < top + height


def test_another_photograph_of_the_same_scene_is_not_the_same() -> None:
    for seed in range(4):
        assert level(*pictures.same_scene(seed)) != "same"


def test_other_pictures_are_dropped() -> None:
    for seed in range(3):
        assert level(pictures.scene(seed), pictures.scene(seed + 50)) == "other"
    assert level(pictures.scene(1), Image.new("RGB", SMALL, "white")) == "other"


def test_files_are_compared_as_the_child_gets_them(tmp_path: Path) -> None:
    original = pictures.scene(8, SMALL)
    for name, picture in (("a.webp", original), ("b.webp", pictures.brighter(original, 0.8))):
        picture.save(tmp_path / name, quality=80)
    assert compare.compare(tmp_path / "a.webp", tmp_path / "b.webp", tmp_path).level == "same"


@pytest.mark.soak
def test_five_hundred_originals_are_found_again() -> None:
    found = measured.run(measured.FULL, print)
    for line in measured.lines(found):
        print(line)
    assert found.index.exact
    for one in found.recall:
        assert one.found >= (0.85 if "20 %" in one.change else 0.9), one
    for control in found.controls:
        assert "same" not in control.compared, control
