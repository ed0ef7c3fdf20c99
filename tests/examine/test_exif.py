"""When and where, as devices write it; what no clock and no receiver can have meant is missing."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from core.examine import exif
from tests.examine.made_pictures import encoded, into_jpeg, jpeg, place, scene, with_exif

ZHENGZHOU = place((34, 44, 47.8), "N", (113, 37, 31.1), "E")


def facts(data: bytes) -> dict[str, Any]:
    return exif.of(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2020:11:12 09:30:00", "2020-11-12T09:30:00"),
        ("2020:11:12 09:30:00\0", "2020-11-12T09:30:00"),
        ("2020-11-12 09:30:00", "2020-11-12T09:30:00"),
        ("2020/11/12 09:30:00", "2020-11-12T09:30:00"),
        ("2020-11-12T09:30:00+08:00", "2020-11-12T09:30:00"),
        (b"2020:11:12 09:30:00", "2020-11-12T09:30:00"),
        ("2020:11:12 24:05:00", "2020-11-12T00:05:00"),
        ("2020:02:29 00:00:00", "2020-02-29T00:00:00"),
        ("2019:02:29 00:00:00", None),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("1904:01:01 00:00:00", None),
        ("1970:01:01 00:00:00", None),
        ("1970:01:01 08:00:00", None),
        ("1980:01:01 00:00:00", None),
        ("2000:01:01 00:00:00", None),
        ("2020:13:01 00:00:00", None),
        ("2020:11:12 25:00:00", None),
        ("2020:11:12", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (20201112, None),
    ],
)
def test_a_moment_is_what_the_device_wrote_or_missing(written: object, expected: str | None) -> None:
    assert exif.moment(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+08:00", "+08:00"),
        ("+0800", "+08:00"),
        ("+8", "+08:00"),
        ("-05:30", "-05:30"),
        ("Z", "+00:00"),
        ("+08:00\0", "+08:00"),
        ("+14:00", "+14:00"),
        ("-12:00", "-12:00"),
        ("+15:00", None),
        ("-13:00", None),
        ("+08:75", None),
        ("   :  ", None),
        ("CST", None),
        (None, None),
    ],
)
def test_an_offset_is_whole_or_missing(written: object, expected: str | None) -> None:
    assert exif.offset(written) == expected


def test_time_offset_place_and_device_are_read() -> None:
    data = with_exif(
        {0x010F: "HUAWEI", 0x0110: "HUAWEI P40"}, {0x9003: "2020:11:12 09:30:00", 0x9011: "+08:00"}, ZHENGZHOU
    )
    assert facts(data) == {
        "taken": "2020-11-12T09:30:00",
        "zone": "+08:00",
        "gps": [34.746611, 113.625306],
        "device": "HUAWEI P40",
    }


def test_without_an_offset_no_zone_is_made_up() -> None:
    assert facts(with_exif({}, {0x9003: "2020:11:12 09:30:00"})) == {"taken": "2020-11-12T09:30:00"}


def test_the_moment_of_making_digital_stands_in_and_that_of_an_edit_does_not() -> None:
    assert facts(
        with_exif({}, {0x9003: "0000:00:00 00:00:00", 0x9004: "2020:11:12 09:30:00", 0x9012: "+08:00"})
    ) == {
        "taken": "2020-11-12T09:30:00",
        "zone": "+08:00",
    }
    assert facts(with_exif({0x0132: "2020:11:12 09:30:00"})) == {}


@pytest.mark.parametrize("form", ["PNG", "WEBP", "HEIF"])
def test_other_formats_keep_the_same_block(form: str) -> None:
    block = Image.Exif()
    block[0x010F] = "Maker"
    block.get_ifd(0x8769)[0x9003] = "2020:11:12 09:30:00"
    assert facts(encoded(scene(64, 64), form, exif=block))["taken"] == "2020-11-12T09:30:00"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (ZHENGZHOU, [34.746611, 113.625306]),
        (place((34, 44, 47.8), "S", (113, 37, 31.1), "W"), [-34.746611, -113.625306]),
        (place((34.7466, 0, 0), "N", (113.6253, 0, 0), "E"), [34.7466, 113.6253]),
        (place((34, 44.796, 0), "n", (113, 37.518, 0), "e"), [34.7466, 113.6253]),
        (place((0, 0, 0), "N", (113, 0, 0), "E"), [0.0, 113.0]),
        (place((0, 0, 0), "N", (0, 0, 0), "E"), None),
        (place((91, 0, 0), "N", (113, 0, 0), "E"), None),
        (place((34, 0, 0), "N", (181, 0, 0), "E"), None),
        (place((34, 60, 0), "N", (113, 0, 0), "E"), None),
        (place((34, 0, 61), "N", (113, 0, 0), "E"), None),
        (place((34, 0, 0), "X", (113, 0, 0), "E"), None),
        (place((34, 0, 0), "", (113, 0, 0), "E"), None),
        (place((34, 0, 0), "NS", (113, 0, 0), "E"), None),
        ({**ZHENGZHOU, 9: "V"}, None),
        ({**ZHENGZHOU, 9: "A"}, [34.746611, 113.625306]),
        ({**ZHENGZHOU, 2: (IFDRational(34, 0), IFDRational(0, 0), IFDRational(0, 1))}, None),
        ({**ZHENGZHOU, 2: (34, 44)}, None),
        ({**ZHENGZHOU, 2: "34.7"}, None),
        ({2: ZHENGZHOU[2], 4: ZHENGZHOU[4]}, None),
        ({1: "N", 2: ZHENGZHOU[2]}, None),
        ({}, None),
    ],
)
def test_a_place_has_both_its_numbers_and_its_sides_or_is_missing(
    written: dict[int, Any], expected: list[float] | None
) -> None:
    assert exif._position(written).get("gps") == expected


def test_a_device_is_a_line_without_what_no_page_should_show() -> None:
    assert exif.device("Apple", "iPhone 11") == {"device": "Apple iPhone 11"}
    assert exif.device("HUAWEI", "HUAWEI P40") == {"device": "HUAWEI P40"}
    assert exif.device(b"Canon\0\0", " EOS\n80D\u202e ") == {"device": "Canon EOS 80D"}
    assert exif.device("x" * 500, None) == {"device": "x" * 40}
    assert exif.device(None, 5) == {}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize(
    "block",
    [
        b"Exif\0\0" + bytes(range(256)),
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(20),
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\0",
        b"Exif\0\0",
    ],
)
def test_a_broken_block_tells_nothing_and_hurts_nothing(block: bytes) -> None:
    assert facts(into_jpeg(0xE1, block)) == {}


def test_no_block_tells_nothing() -> None:
    assert facts(jpeg()) == {}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (
            {"creation_time": "2020-11-12T01:30:00.000000Z"},
            {"taken": "2020-11-12T01:30:00", "zone": "+00:00"},
        ),
        ({"creation_time": "1904-01-01T00:00:00.000000Z"}, {}),
        ({"creation_time": "1970-01-01T00:00:00.000000Z"}, {}),
        (
            {
                "creation_time": "2020-11-12T01:30:00Z",
                "com.apple.quicktime.creationdate": "2020-11-12T09:30:00+0800",
            },
            {"taken": "2020-11-12T09:30:00", "zone": "+08:00"},
        ),
        (
            {
                "creation_time": "2020-11-12T01:30:00Z",
                "com.apple.quicktime.creationdate": "2020-11-12T09:30:00",
            },
            {"taken": "2020-11-12T01:30:00", "zone": "+00:00"},
        ),
        ({"com.apple.quicktime.location.ISO6709": "+34.7466+113.6253+110.0/"}, {"gps": [34.7466, 113.6253]}),
        ({"location": "+34.7466+113.6253/"}, {"gps": [34.7466, 113.6253]}),
        ({"location": "+00.0000+000.0000/"}, {}),
        ({"location": "+95.0000+113.0000/"}, {}),
        ({"location": "somewhere"}, {}),
        (
            {"com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 11"},
            {"device": "Apple iPhone 11"},
        ),
        ({}, {}),
    ],
)
def test_a_films_tags_tell_the_same(tags: dict[str, str], expected: dict[str, Any]) -> None:
    assert exif.of_film(tags) == expected
