"""Pictures: honest ones, damaged ones, bombs, foreign formats under a picture's name, polyglots, odd EXIF."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image, PngImagePlugin

from tests.examine.corpus import ATTENTION, AWAY, NOT_TAKEN, READY, REFUSED, STORED, Case
from tests.examine.made_pictures import (
    EOI,
    SOI,
    chunk,
    encoded,
    heic,
    into_jpeg,
    jpeg,
    moving,
    packed,
    place,
    png,
    png_of,
    progressive_bomb,
    scene,
    webp,
    with_exif,
)

GROUP = "pictures"


def cases() -> list[Case]:
    return [*_honest(), *_damaged(), *_bombs(), *_foreign(), *_polyglots(), *_exif()]


def _case(
    name: str,
    data: bytes | Callable[[], bytes],
    allowed: frozenset[Any],
    filename: str = "现场.jpg",
    *,
    honest: bool = False,
) -> Case:
    return Case(name, GROUP, data, filename, allowed, honest)


# --- the cases ----------------------------------------------------------------------------------------------------


def _honest() -> list[Case]:
    good: list[tuple[str, bytes | Callable[[], bytes], str]] = [
        ("plain JPEG", jpeg(), "现场.jpg"),
        ("JPEG of 12 megapixels", lambda: jpeg(4000, 3000), "现场.jpg"),
        ("JPEG of 108 megapixels (M19)", lambda: jpeg(12000, 9000), "现场.jpg"),
        ("progressive JPEG", encoded(scene(640, 480), "JPEG", progressive=True), "现场.jpg"),
        ("grey JPEG", encoded(scene(640, 480).convert("L"), "JPEG"), "扫描.jpg"),
        ("CMYK JPEG", encoded(scene(640, 480).convert("CMYK"), "JPEG"), "印刷.jpg"),
        ("JPEG under a PNG's name", jpeg(), "截图.png"),
        ("PNG", png(), "截图.png"),
        ("PNG with transparency", encoded(scene(320, 240).convert("RGBA"), "PNG"), "截图.png"),
        ("PNG with a palette", encoded(scene(320, 240).convert("P"), "PNG"), "截图.png"),
        ("PNG of 16 bits", encoded(Image.new("I;16", (64, 64), 40_000), "PNG"), "扫描.png"),
        ("PNG of one pixel", png_of(1, 1), "点.png"),
        ("tall screenshot", lambda: encoded(scene(1080, 12_000), "PNG"), "长截图.png"),
        ("WebP", webp(), "现场.webp"),
        ("WebP without loss", encoded(scene(320, 240), "WEBP", lossless=True), "现场.webp"),
        ("HEIC", heic(), "IMG_0001.HEIC"),
        ("JPEG with filling behind it", jpeg() + bytes(4096), "现场.jpg"),
        ("JPEG with a second picture behind it (gain map)", jpeg() + jpeg(320, 240), "现场.jpg"),
        (
            "motion photo: JPEG with a film behind it",
            jpeg() + b"\0\0\0\x18ftypmp42" + bytes(9000),
            "MVIMG.jpg",
        ),
        ("JPEG with a colour profile", encoded(scene(64, 64), "JPEG", icc_profile=_profile()), "现场.jpg"),
        (
            "JPEG with a restart interval",
            encoded(scene(640, 480), "JPEG", restart_marker_blocks=4),
            "现场.jpg",
        ),
    ]
    return [_case(name, data, READY, filename, honest=True) for name, data, filename in good]


def _profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _damaged() -> list[Case]:
    crc = bytearray(png())
    crc[-20] ^= 0xFF
    head = bytearray(png())
    head[29] ^= 0xFF
    return [
        _case("JPEG cut in the middle", jpeg()[: len(jpeg()) // 2], REFUSED),
        _case("JPEG cut in its head", jpeg()[:100], REFUSED),
        _case("JPEG of a head and noise", SOI + b"\xff\xe0" + bytes(range(256)) * 8, REFUSED),
        _case("JPEG without a scan", jpeg()[: jpeg().index(b"\xff\xda")] + EOI, REFUSED),
        _case("JPEG of no size", _resized(0, 0), REFUSED),
        _case("JPEG of three bytes", b"\xff\xd8\xff", AWAY),
        _case("empty file", b"", NOT_TAKEN),
        _case("PNG cut in the middle", png()[: len(png()) // 2], REFUSED, "截图.png"),
        _case("PNG with a wrong checksum of its data", bytes(crc), REFUSED, "截图.png"),
        _case("PNG with a wrong checksum of its head", bytes(head), REFUSED, "截图.png"),
        _case("PNG without data", b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), REFUSED, "截图.png"),
        _case("PNG whose packed data end early", _ends_early(), REFUSED, "截图.png"),
        _case("WebP cut in the middle", webp()[: len(webp()) // 2], REFUSED, "现场.webp"),
        _case("WebP of a head only", b"RIFF\x04\0\0\0WEBP", REFUSED, "现场.webp"),
        _case("HEIC cut in the middle", heic()[: len(heic()) // 2], REFUSED, "IMG_0001.HEIC"),
        _case("HEIC of a head only", heic()[:40], REFUSED, "IMG_0001.HEIC"),
        _case("HEIC with noise for pixels", heic()[:-3000] + bytes(3000), REFUSED | STORED, "IMG_0001.HEIC"),
    ]


def _ends_early() -> bytes:
    """All checksums are right, but the pixels are half of what they should be."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0))
    packed_rows = zlib.compress(bytes(64 * 193))
    body = chunk(b"IDAT", packed_rows[: len(packed_rows) // 2])
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


def _resized(width: int, height: int) -> bytes:
    """The same JPEG with another size in its head."""
    whole = bytearray(jpeg())
    at = whole.index(b"\xff\xc0") + 5
    whole[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(whole)


def _bombs() -> list[Case]:
    text = zlib.compress(bytes(50 * 1024 * 1024), 9)
    texts = [chunk(b"zTXt", b"k%d\0\0" % number + zlib.compress(bytes(900_000), 9)) for number in range(200)]
    return [
        _case(
            "PNG of 150 megapixels (M18)",
            lambda: png_of(15_000, 10_000, depth=1, colour=0),
            REFUSED,
            "图.png",
        ),
        _case("PNG of 30000 x 30000, palette", lambda: _claims(30_000, 30_000), REFUSED, "图.png"),
        _case("PNG that claims 2147483647 x 1", lambda: _claims(2_147_483_647, 1), REFUSED, "图.png"),
        _case(
            "PNG of 119 megapixels, four channels",
            lambda: png_of(11_900, 10_000, colour=6),
            REFUSED,
            "图.png",
        ),
        _case("JPEG that claims 65000 x 65000", _resized(65_000, 65_000), REFUSED),
        _case("JPEG of 3000 scans (M16)", lambda: progressive_bomb(3000), REFUSED),
        _case("JPEG of 120 scans", lambda: progressive_bomb(120), REFUSED),
        _case("PNG with a text of 50 MB", png_of(8, 8, chunk(b"zTXt", b"k\0\0" + text)), REFUSED, "图.png"),
        _case("PNG with 200 texts", png_of(8, 8, *texts), REFUSED, "图.png"),
        _case(
            "PNG with an international text of 50 MB",
            png_of(8, 8, chunk(b"iTXt", b"k\0\1\0\0\0" + text)),
            REFUSED,
            "图.png",
        ),
        _case(
            "PNG with a profile of 50 MB",
            png_of(8, 8, chunk(b"iCCP", b"k\0\0" + text)),
            REFUSED | STORED,
            "图.png",
        ),
        _case(
            "JPEG with a false profile",
            into_jpeg(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000)),
            REFUSED | STORED,
        ),
        _case("APNG of 300 frames", lambda: moving("PNG", 300), REFUSED, "动.png"),
        _case("WebP of 300 frames", lambda: moving("WEBP", 300), REFUSED, "动.webp"),
        _case("APNG of 3 frames", moving("PNG", 3), ATTENTION, "动.png"),
        _case("WebP of 3 frames", moving("WEBP", 3), ATTENTION, "动.webp"),
        _case("WebP of 16383 x 16383", lambda: _webp_claims(16_383, 16_383), REFUSED, "图.webp"),
        _case("HEIC that claims 60000 x 60000", _heic_claims(60_000, 60_000), REFUSED, "IMG.HEIC"),
    ]


def _claims(width: int, height: int) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
    body = chunk(b"PLTE", bytes(3)) + chunk(b"IDAT", zlib.compress(bytes(1_000_000), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + body


def _webp_claims(width: int, height: int) -> bytes:
    canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    plain = webp()[12:]
    body = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas + plain
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _heic_claims(width: int, height: int) -> bytes:
    whole = bytearray(heic())
    at = whole.index(b"ispe") + 8
    whole[at : at + 8] = struct.pack(">II", width, height)
    return bytes(whole)


def _foreign() -> list[Case]:
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n(/tmp/x) (w) file\nshowpage\n%%EOF\n"
    fits = b"".join(
        line.ljust(80)
        for line in (
            b"SIMPLE  =                    T",
            b"BITPIX  =                    8",
            b"NAXIS   =                    2",
            b"NAXIS1  =                60000",
            b"NAXIS2  =                60000",
            b"END",
        )
    ).ljust(2880)
    psd = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 30_000, 30_000, 8, 3) + bytes(200)
    svg = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    return [
        _case("EPS named .jpg (M17)", eps, AWAY | STORED),
        _case("EPS behind a JPEG's first bytes", b"\xff\xd8\xff" + eps, REFUSED),
        _case(
            "DOS EPS named .jpg",
            b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 32, len(eps)) + bytes(20) + eps,
            NOT_TAKEN,
        ),
        _case("FITS named .jpg (M15)", fits + gzip.compress(bytes(1_000_000)), AWAY),
        _case("PSD named .jpg", psd, NOT_TAKEN),
        _case("SVG named .png", svg, NOT_TAKEN, "图.png"),
        _case("SVG in UTF-16", svg.decode().encode("utf-16"), NOT_TAKEN, "图.png"),
        _case("GIF", encoded(scene(32, 32), "GIF"), NOT_TAKEN, "图.gif"),
        _case(
            "GIF with an archive behind it (GIFAR), named .jpg",
            encoded(scene(32, 32), "GIF") + packed(),
            NOT_TAKEN,
        ),
        _case("BMP named .jpg", encoded(scene(32, 32), "BMP"), NOT_TAKEN),
        _case("TIFF named .jpg", encoded(scene(32, 32), "TIFF"), NOT_TAKEN),
        _case("ICO named .png", encoded(scene(32, 32), "ICO"), NOT_TAKEN, "图.png"),
        _case(
            "MVG named .jpg",
            b"push graphic-context\nimage over 0,0 0,0 'https://example.org/x'\n",
            STORED | AWAY,
        ),
        _case("a page behind a JPEG's first bytes", b"\xff\xd8\xff<html><script>alert(1)</script>", REFUSED),
        _case(
            "a page behind a PNG's first bytes",
            png()[:8] + b"<html><script>alert(1)</script>",
            REFUSED,
            "图.png",
        ),
        _case("AVIF brand in a HEIC's clothes", heic().replace(b"hvc1", b"av01"), REFUSED, "IMG.HEIC"),
        _case("PNG named .heic", png(), READY, "IMG.HEIC"),
    ]


def _polyglots() -> list[Case]:
    page, php = b"<html><script>alert(1)</script></html>", b"<?php system($_GET['c']); ?>"
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    return [
        _case("JPEG with an archive behind it", jpeg() + packed(), REFUSED),
        _case("JPEG with a page behind it", jpeg() + page, REFUSED),
        _case("JPEG with PHP behind it", jpeg() + php, REFUSED),
        _case("JPEG with a program behind it", jpeg() + b"MZ" + bytes(300), REFUSED),
        _case("JPEG with a PDF behind it", jpeg() + b"%PDF-1.7\n", REFUSED),
        _case("JPEG with unknown data behind it", jpeg() + b"secret notes" * 40, ATTENTION),
        _case("JPEG, a second picture, then an archive", jpeg() + jpeg(320, 240) + packed(), REFUSED),
        _case("PNG with an archive behind it", png() + packed(), REFUSED, "图.png"),
        _case("PNG with a page behind it", png() + page, REFUSED, "图.png"),
        _case("WebP with PHP behind it", webp() + php, REFUSED, "图.webp"),
        _case("HEIC with an archive behind it", heic() + packed(), REFUSED, "IMG.HEIC"),
        _case("JPEG with PHP in its comment", into_jpeg(0xFE, php), STORED),
        _case("JPEG with a page in a segment", into_jpeg(0xED, page), STORED),
        _case("PNG with a script in its text", encoded(scene(32, 32), "PNG", pnginfo=info), STORED, "图.png"),
    ]


def _exif() -> list[Case]:
    thumbnail = b"Exif\0\0" + b"II*\0\x08\0\0\0\0\0\x0e\0\0\0" + struct.pack("<H", 2) + bytes(24)
    good = place((34, 44, 47.8), "N", (113, 37, 31.1), "E")
    nonsense = place((0, 0, 0), "N", (0, 0, 0), "E")
    loop = b"Exif\0\0II*\0\x08\0\0\0\0\0\x08\0\0\0"
    odd: list[tuple[str, bytes]] = [
        (
            "EXIF with time, offset and place",
            with_exif({271: "Maker"}, {0x9003: "2020:11:12 09:30:00"}, good),
        ),
        ("EXIF with a place of zeros", with_exif({}, {}, nonsense)),
        ("EXIF with a place beyond the pole", with_exif({}, {}, place((91, 0, 0), "N", (200, 0, 0), "E"))),
        (
            "EXIF with a script as device",
            with_exif({271: "<script>alert(1)</script>", 272: "'\"><img src=x>"}),
        ),
        ("EXIF with a time of zeros", with_exif({}, {0x9003: "0000:00:00 00:00:00"})),
        ("EXIF with a time that is none", with_exif({}, {0x9003: "2020:13:45 99:99:99"})),
        ("EXIF that is noise", into_jpeg(0xE1, b"Exif\0\0" + bytes(range(256)) * 4)),
        ("EXIF that refers to itself", into_jpeg(0xE1, loop)),
        ("EXIF with a thumbnail beyond the end", into_jpeg(0xE1, thumbnail)),
        ("EXIF of 60 kB", with_exif({0x9286: "字" * 20_000})),
        ("EXIF with orientation 6", with_exif({0x0112: 6})),
        ("EXIF with orientation 99", with_exif({0x0112: 99})),
    ]
    return [_case(name, data, READY, honest=True) for name, data in odd]
